"""``boxes.jsonl``: one page a line, as a JSON object.

``{"image": "a/b.jpg", "words": [{"quad": [[x, y], [x, y], [x, y], [x, y]], "text": "..."}]}``, the quad clockwise from
the top-left corner of the text, in pixels of the image after its EXIF orientation. Other keys are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from model.annotations import Box, LabelledCrop
from model.formats._lists import numbered_lines
from model.formats._pages import PageFormat, Pages
from model.formats._shapes import plain_text, points_of
from model.formats._trees import load_json
from model.formats.base import LabelledPage, Refuse, Writer, register

BOXES = "boxes.jsonl"


@register
class BoxesJsonl(PageFormat):
    name = "boxes-jsonl"
    title = "Pages with boxes.jsonl"
    accepts = f"a folder with {BOXES} (a JSON object with image and words on each line), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        if (path / BOXES).is_file():
            return f"it holds {BOXES}"
        return f"it is {BOXES}" if path.name == BOXES and path.is_file() else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        file = path / BOXES if path.is_dir() else path
        pages = Pages(path, refuse, part)
        for number, line in numbered_lines(file, refuse):
            place = f"{file.name} line {number}"
            try:
                name, words = _parse_page(line)
            except ValueError as error:
                refuse(place, str(error))
            else:
                yield from pages.crops(place, partial(pages.named, name, file), words, _parse_word)

    def writer(self, folder: Path) -> Writer:
        return _BoxesJsonlWriter(folder)


def _parse_page(line: str) -> tuple[str, list[Any]]:
    page = load_json(line)
    if not isinstance(page, dict) or not isinstance(page.get("image"), str) or not isinstance(page.get("words"), list):
        raise ValueError("the line must be a JSON object with a text 'image' and a list 'words'")
    return page["image"], page["words"]


def _parse_word(word: Any) -> tuple[Box, str]:
    if not isinstance(word, dict):
        raise ValueError("it is no JSON object")
    corners = points_of(word.get("quad"))
    if len(corners) != 4:
        raise ValueError("the 'quad' must be four [x, y] pairs of numbers")
    a, b, c, d = corners
    return Box((a, b, c, d)), plain_text(word.get("text"))


class _BoxesJsonlWriter(Writer):
    """Writes one line for each page."""

    def __init__(self, folder: Path) -> None:
        self._file: TextIO = (folder / BOXES).open("w", encoding="utf-8", newline="\n")

    def add_page(self, page: LabelledPage) -> None:
        line = {
            "image": page.name,
            "width": page.width,
            "height": page.height,
            "part": page.part,
            "words": [{"quad": box.points, "text": text} for box, text in page.words],
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        self._file.close()
