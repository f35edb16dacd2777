"""Label Studio, its OCR template: one JSON file with a list of tasks.

Grammar, the rest being passed over::

    [{"data": {"ocr": "/data/local-files/?d=images/a.jpg"},
      "annotations": [{"result": [
        {"id": "w1", "type": "rectangle", "from_name": "bbox", "to_name": "image", "original_width": 1,
         "original_height": 1, "value": {"x": 1, "y": 1, "width": 8, "height": 8, "rotation": 0}},
        {"id": "w1", "type": "textarea", "from_name": "transcription", ..., "value": {..., "text": ["word"]}}]}]}]

Coordinates are percent of the image's width and height; ``rotation`` turns clockwise about the top-left corner. A shape
and its text have one id; shapes are of type ``rectangle``, ``rectanglelabels``, ``polygon`` or ``polygonlabels``. Of
several annotations the first that was not cancelled is read. The image is a path, or the address of an upload or of
local files, of which only the file's name counts. Texts of one word over several entries are joined by line breaks.

To open an export: a project with the OCR template, local storage at the export's folder, then import the file.
Percent of a width are not exact: boxes are kept to a millionth of a pixel.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TextIO
from urllib.parse import parse_qs, quote, unquote, urlsplit

from model.annotations import Box, LabelledCrop, Point
from model.formats._pages import PageFormat, Pages, first_sign, head_of, shown
from model.formats._shapes import clockwise, number, outline, plain_text, points_of
from model.formats._trees import json_members
from model.formats.base import LabelledPage, Refuse, Writer, register

_FILE = "label-studio.json"
_LOCAL = "/data/local-files/?d="
_UPLOADED = re.compile(r"[0-9a-f]{8}-")
_SIGN = re.compile(r'"(from_name|to_name)"\s*:')
_SHAPES = frozenset({"rectangle", "rectanglelabels", "polygon", "polygonlabels"})


@register
class LabelStudio(PageFormat):
    name = "label-studio"
    title = "Label Studio"
    accepts = "a folder with Label Studio's .json export (a list of OCR tasks), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".json",), _is_export)
        return f"{shown(path, file)} holds Label Studio's tasks" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".json",), _is_export):
            for key, task in json_members(file, "", refuse):
                place = f"{shown(path, file)} task {key}"
                try:
                    address, words = _parse_task(task)
                except ValueError as error:
                    refuse(place, str(error))
                else:
                    yield from pages.crops(place, partial(_image, pages, address, file), words, _parse_word)

    def writer(self, folder: Path) -> Writer:
        return _LabelStudioWriter(folder)


def _is_export(file: Path) -> bool:
    head = head_of(file).lstrip()
    return head.startswith("[") and _SIGN.search(head) is not None


def _parse_task(task: Any) -> tuple[str, list[list[Any]]]:
    """Return the address of a task's image, and the entries of each word: those of one id."""
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise ValueError("it is no task with data")
    addresses = [data[name] for name in ("ocr", "image", "captioning", *data) if isinstance(data.get(name), str)]
    if not addresses:
        raise ValueError("its data names no image")
    annotations = task.get("annotations") or task.get("completions") or task.get("predictions") or []
    if not isinstance(annotations, list):
        raise ValueError("its annotations are no list")
    usable = (a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled"))
    result = next(usable, {}).get("result", [])
    if not isinstance(result, list):
        raise ValueError("its result is no list")
    words: dict[str, list[Any]] = {}
    for place, entry in enumerate(result):
        is_word = isinstance(entry, dict) and entry.get("type") in {*_SHAPES, "textarea"}
        if is_word or not isinstance(entry, dict):
            words.setdefault(str(entry.get("id", place)) if is_word else str(place), []).append(entry)
    return addresses[0], list(words.values())


def _image(pages: Pages, address: str, file: Path) -> str:
    parts = urlsplit(address) if "\0" not in address else None
    query = parse_qs(parts.query).get("d") if parts else None
    path = query[0] if query else address
    if parts and not query and (parts.scheme in ("http", "https", "s3", "gs") or parts.path.startswith("/data/")):
        path = PurePosixPath(unquote(parts.path)).name
        if not (pages.root / path).is_file() and (bare := _UPLOADED.sub("", path, count=1)) != path:
            kept = pages.named(path, file)
            path = path if (pages.root / kept).is_file() else bare
    return pages.named(path, file)


def _parse_word(entries: list[Any]) -> tuple[Box, str]:
    shape = next((e for e in entries if isinstance(e, dict) and e.get("type") in _SHAPES), None)
    if shape is None:
        raise ValueError("it has no rectangle or polygon")
    values = [e.get("value") for e in entries]
    texts = [value["text"] for value in values if isinstance(value, dict) and value.get("text") is not None]
    lines = texts[-1] if texts else ""
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        lines = "\n".join(lines)
    return _parse_box(shape), plain_text(lines)


def _parse_box(shape: dict[str, Any]) -> Box:
    value = shape.get("value")
    if not isinstance(value, dict):
        raise ValueError("it has no value")
    width, height = number(shape.get("original_width")), number(shape.get("original_height"))
    if width <= 0 or height <= 0:
        raise ValueError("the size of its image is not positive")

    def pixels(x: float, y: float) -> Point:
        return round(x * width / 100, 6), round(y * height / 100, 6)

    if "points" in value:
        return outline([pixels(x, y) for x, y in points_of(value["points"])])
    x, y, w, h = (number(value.get(name)) for name in ("x", "y", "width", "height"))
    turn = math.radians(number(value.get("rotation") or 0))
    (left, top), (right, bottom) = pixels(x, y), pixels(x + w, y + h)
    if not turn:
        return Box.from_bounds(left, top, right, bottom)
    along, across = right - left, bottom - top
    cos, sin = math.cos(turn), math.sin(turn)
    corners = ((0.0, 0.0), (along, 0.0), (along, across), (0.0, across))
    return outline([(left + u * cos - v * sin, top + u * sin + v * cos) for u, v in corners])


class _LabelStudioWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._written = 0
        self._file: TextIO = (folder / _FILE).open("w", encoding="utf-8", newline="\n")
        self._file.write("[")

    def fit(self, box: Box) -> Box:
        a, b, c, d = ((round(x, 6), round(y, 6)) for x, y in clockwise(box).points)
        return outline((a, b, c, d))

    def add_page(self, page: LabelledPage) -> None:
        result = [
            entry
            for number, (box, text) in enumerate(page.words, 1)
            for entry in _entries(f"w{self._written + 1}-{number}", box, text, page)
        ]
        task = {"data": {"ocr": _LOCAL + quote(page.name)}, "annotations": [{"result": result}]}
        self._file.write((",\n" if self._written else "\n") + json.dumps(task, ensure_ascii=False))
        self._written += 1

    def finish(self) -> None:
        self._file.write("\n]\n")
        self._file.close()


def _entries(name: str, box: Box, text: str, page: LabelledPage) -> Iterator[dict[str, Any]]:
    """Yield the shape of a word and its text, both of one id."""
    size = {"original_width": page.width, "original_height": page.height, "image_rotation": 0}
    percent = [[100 * x / page.width, 100 * y / page.height] for x, y in box.points]
    (left, top), (right, bottom) = percent[0], percent[2]
    shape, value = "polygon", {"points": percent, "closed": True}
    if box.is_upright:
        value = {"x": left, "y": top, "width": right - left, "height": bottom - top, "rotation": 0}
        shape = "rectangle"
    for kind, from_name, more in ((shape, "bbox", {}), ("textarea", "transcription", {"text": [text]})):
        yield {"id": name, "type": kind, "from_name": from_name, "to_name": "image", **size, "value": value | more}
