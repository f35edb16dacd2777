"""labelme and X-AnyLabeling: one JSON file for each page, beside its image.

Grammar::

    {"version": "5.5.0", "flags": {}, "imagePath": "a.jpg", "imageData": null, "imageHeight": 1, "imageWidth": 1,
     "shapes": [{"label": "text", "description": "what is read", "shape_type": "polygon", "points": [[x, y], ...],
                 "group_id": null, "flags": {}, "mask": null}]}

The text of a word is its ``description``. Files that keep the text in ``label`` are read with ``labelme-label``, which
is never guessed. A ``rectangle`` has two or four corners; a ``polygon``, ``rotation``, ``quadrilateral`` or
``oriented_rectangle`` begins at the text's top-left. Other shapes are no boxes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from model.annotations import Box, LabelledCrop
from model.formats._lists import read_small
from model.formats._pages import PageFormat, Pages, beside, first_sign, head_of, shown
from model.formats._shapes import clockwise, outline, plain_numbers, points_of
from model.formats._trees import load_json
from model.formats.base import LabelledPage, Refuse, Writer, register

_SIGN = re.compile(r'"shapes"\s*:\s*\[')
_LARGEST = 1 << 27  # bytes: some hold the whole photograph
_OUTLINES = frozenset({"polygon", "rotation", "quadrilateral", "oriented_rectangle"})


@register
class Labelme(PageFormat):
    name = "labelme"
    title = "labelme, X-AnyLabeling"
    accepts = "a folder with labelme's .json files (imagePath and shapes, texts in description), or one of them"
    can_write = True
    text_key: ClassVar[str] = "description"

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".json",), _is_labelme)
        return f"{shown(path, file)} holds labelme's shapes" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".json",), _is_labelme):
            place = shown(path, file)
            try:
                name, shapes = _parse_page(read_small(file, _LARGEST))
            except ValueError as error:
                refuse(place, str(error))
            except OSError as error:
                refuse(place, f"it cannot be read: {error.strerror or error}")
            else:
                yield from pages.crops(place, partial(pages.named, name, file), shapes, self._parse_shape)

    def _parse_shape(self, shape: Any) -> tuple[Box, str]:
        if not isinstance(shape, dict):
            raise ValueError("it is no JSON object")
        kind, points = shape.get("shape_type", "polygon"), points_of(shape.get("points"))
        text = shape.get(self.text_key) or ""
        if not isinstance(text, str):
            raise ValueError(f"its {self.text_key} is no text")
        if kind == "rectangle" and len(points) == 2:
            return Box.from_bounds(*points[0], *points[1]), text
        if kind in _OUTLINES or kind == "rectangle":
            return outline(points), text
        raise ValueError(f"its shape {kind!r} is no box")

    def writer(self, folder: Path) -> Writer:
        return _LabelmeWriter(folder)


@register
class LabelmeLabel(Labelme):
    name = "labelme-label"
    title = "labelme with the text as label"
    accepts = "a folder like labelme's with the texts in label, which is read so with --format only"
    can_write = False
    text_key = "label"

    def sniff(self, path: Path) -> str | None:
        return None


def _is_labelme(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _parse_page(data: bytes) -> tuple[str, list[Any]]:
    page = load_json(data)
    if not isinstance(page, dict) or not isinstance(page.get("shapes"), list):
        raise ValueError("it is no labelme file: it has no list 'shapes'")
    return page.get("imagePath", ""), page["shapes"]


class _LabelmeWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        file, image = beside(page, ".json")
        document: dict[str, Any] = {
            "version": "5.5.0",
            "flags": {},
            "shapes": [_shape(box, text) for box, text in page.words],
            "imagePath": image,
            "imageData": None,
            "imageHeight": page.height,
            "imageWidth": page.width,
        }
        text = json.dumps(document, ensure_ascii=False, indent=1)
        (self._folder / file).write_text(text + "\n", encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass


def _shape(box: Box, text: str) -> dict[str, Any]:
    a, _, c, _ = box.points
    return {
        "label": "text",
        "points": plain_numbers((a, c) if box.is_upright else box.points),
        "group_id": None,
        "description": text,
        "shape_type": "rectangle" if box.is_upright else "polygon",
        "flags": {},
        "mask": None,
    }
