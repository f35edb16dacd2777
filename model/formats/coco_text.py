"""COCO-Text: one JSON file for all pages, also as TextOCR and with COCO's lists.

Grammar, other keys being passed over::

    {"imgs": {"1": {"id": 1, "file_name": "a.jpg", "width": 1, "height": 1, "set": "train"}},
     "anns": {"7": {"id": 7, "image_id": 1, "bbox": [left, top, width, height], "mask": [x1, y1, x2, y2, ...],
                    "utf8_string": "text", "legibility": "legible"}},
     "imgToAnns": {"1": [7]}}

``images`` and ``annotations`` as lists are read as well, and the outline may be called ``points`` (TextOCR) or
``segmentation`` (COCO). The outline counts; the box is for words without one. Illegible words are refused.
A page's part is its ``set``, else the one that the file is named after. The file is read twice, first for the images;
only their names are held.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from model.annotations import Box, LabelledCrop
from model.formats._crops import part_named
from model.formats._pages import PageFormat, Pages, first_sign, head_of, parts_in, shown
from model.formats._shapes import clockwise, number, outline, plain_numbers, plain_text, points_of, rectangle
from model.formats._trees import json_members
from model.formats.base import LabelledPage, Refuse, Writer, register

_FILE = "coco-text.json"
_SIGN = re.compile(r'"utf8_string"|"imgToAnns"')
_SET = re.compile(r'"set"\s*:\s*"([^"\\]{1,40})"')  # within a text, quotes are escaped
_OUTLINES = ("mask", "points", "segmentation")


@register
class CocoText(PageFormat):
    name = "coco-text"
    title = "COCO-Text"
    accepts = "a folder with a .json file like COCO-Text's (imgs and anns with utf8_string), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".json",), _is_coco_text)
        return f"{shown(path, file)} holds words as COCO-Text has them" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".json",), _is_coco_text):
            yield from _read_file(pages, file)

    def parts_told(self, path: Path) -> Iterator[str]:
        for file in Pages(path, lambda place, reason: None).files(self, (".json",), _is_coco_text):
            yield from parts_in(file, _SET)
            yield from filter(None, [part_named(file.stem)])

    def writer(self, folder: Path) -> Writer:
        return _CocoTextWriter(folder)


def _is_coco_text(file: Path) -> bool:
    return _SIGN.search(head_of(file)) is not None


def _read_file(pages: Pages, file: Path) -> Iterator[LabelledCrop]:
    names: dict[str, str] = {}
    for list_name in ("imgs", "images"):
        for key, image in json_members(file, list_name, pages.refuse):
            try:
                if not isinstance(image, dict):
                    raise ValueError("it is no JSON object")
                name = names[_id(image.get("id", key))] = pages.named(image.get("file_name"), file)
                for told in (image.get("set"), file.stem):
                    pages.tell_part(name, str(told))
            except ValueError as error:
                pages.refuse(f"{shown(pages.path, file)} image {key}", str(error))
    for list_name in ("anns", "annotations"):
        for key, word in json_members(file, list_name, lambda place, reason: None):  # told in the first reading
            place = f"{shown(pages.path, file)} word {key}"
            try:
                name, box, text = _parse_word(word, names)
            except ValueError as error:
                pages.refuse(place, str(error))
                continue
            if pages.is_read(name):
                yield LabelledCrop(f"{name} word {key}", pages.root / name, box, text, pages.part_of(name))


def _id(value: Any) -> str:
    """Return an id as text: they are whole numbers here and the keys of objects, which are texts, there."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _parse_word(word: Any, names: dict[str, str]) -> tuple[str, Box, str]:
    if not isinstance(word, dict):
        raise ValueError("it is no JSON object")
    name = names.get(_id(word.get("image_id")))
    if name is None:
        raise ValueError(f"there is no image {_id(word.get('image_id'))}")
    if word.get("legibility") == "illegible":
        raise ValueError("it is marked as illegible")
    return name, _parse_box(word), plain_text(word.get("utf8_string", ""))


def _parse_box(word: dict[str, Any]) -> Box:
    for name in _OUTLINES:
        corners = word.get(name)
        if isinstance(corners, list) and corners:
            is_nested = isinstance(corners[0], list) and len(corners[0]) > 2  # COCO: a list of polygons
            return outline(points_of(corners[0] if is_nested else corners))
    bounds = word.get("bbox")
    if not isinstance(bounds, list) or len(bounds) != 4:
        raise ValueError("it has neither an outline nor a bbox of four numbers")
    return rectangle(*map(number, bounds))


class _CocoTextWriter(Writer):
    """Writes the words as they come, and the images, which it holds as one line each, at the end."""

    def __init__(self, folder: Path) -> None:
        self._file: TextIO = (folder / _FILE).open("w", encoding="utf-8", newline="\n")
        self._file.write('{"cats": {},\n"anns": {')
        self._images: list[str] = []
        self._words_of: list[range] = []
        self._words = 0

    def fit(self, box: Box) -> Box:
        return clockwise(box)

    def add_page(self, page: LabelledPage) -> None:
        image_id = len(self._images) + 1
        image = {"id": image_id, "file_name": page.name, "width": page.width, "height": page.height, "set": page.part}
        self._images.append(json.dumps(image, ensure_ascii=False))
        first = self._words + 1
        for self._words, (box, text) in enumerate(page.words, first):
            word = _word(self._words, image_id, box, text)
            self._write_member(self._words, json.dumps(word, ensure_ascii=False), self._words == 1)
        self._words_of.append(range(first, self._words + 1))

    def finish(self) -> None:
        self._file.write('},\n"imgs": {')
        for image_id, image in enumerate(self._images, 1):
            self._write_member(image_id, image, image_id == 1)
        self._file.write('},\n"imgToAnns": {')
        for image_id, words in enumerate(self._words_of, 1):
            self._write_member(image_id, json.dumps(list(words)), image_id == 1)
        self._file.write("}}\n")
        self._file.close()

    def _write_member(self, key: int, value: str, is_first: bool) -> None:
        self._file.write(f'{"" if is_first else ","}\n"{key}": {value}')


def _word(number: int, image_id: int, box: Box, text: str) -> dict[str, Any]:
    left, top, right, bottom = box.bounds
    [[x, y], [width, height]] = plain_numbers([(left, top), (right - left, bottom - top)])
    return {
        "id": number,
        "image_id": image_id,
        "bbox": [x, y, width, height],
        "area": box.area,
        "mask": [v for point in plain_numbers(box.points) for v in point],
        "utf8_string": text,
        "legibility": "legible",
        "class": "others",
        "language": "na",
    }
