"""``boxes.jsonl``: one page a line, as a JSON object.

``{"image": "a/b.jpg", "words": [{"quad": [[x, y], [x, y], [x, y], [x, y]], "text": "..."}]}``, the quad clockwise from
the top-left corner of the text, in pixels of the image after its EXIF orientation. Other keys are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from model.annotations import Box, LabelledCrop
from model.formats._lists import LinkGuard, clean_path, numbered_lines
from model.formats.base import Format, Kind, LabelledPage, Refuse, Writer, register

BOXES = "boxes.jsonl"


@register
class BoxesJsonl(Format):
    name = "boxes-jsonl"
    title = "Pages with boxes.jsonl"
    kind = Kind.PAGES
    accepts = f"a folder with {BOXES} (a JSON object with image and words on each line), or that file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        if (path / BOXES).is_file():
            return f"it holds {BOXES}"
        return f"it is {BOXES}" if path.name == BOXES and path.is_file() else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        file = path / BOXES if path.is_dir() else path
        guard = LinkGuard(file.parent)
        for number, line in numbered_lines(file, refuse):
            place = f"{file.name} line {number}"
            try:
                name, words = _parse_page(line)
                guard.check(name)
            except ValueError as error:
                refuse(place, str(error))
                continue
            for i, word in enumerate(words, 1):
                try:
                    box, text = _parse_word(word)
                except ValueError as error:
                    refuse(f"{place} word {i}", str(error))
                else:
                    yield LabelledCrop(f"{name} word {i}", file.parent / name, box, text)

    def writer(self, folder: Path) -> Writer:
        return _BoxesJsonlWriter(folder)


def _parse_page(line: str) -> tuple[str, list[Any]]:
    try:
        page = json.loads(line, parse_int=float)  # float() of a very long integer would overflow
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the line is not JSON: {error}") from error
    if not isinstance(page, dict) or not isinstance(page.get("image"), str) or not isinstance(page.get("words"), list):
        raise ValueError("the line must be a JSON object with a text 'image' and a list 'words'")
    return clean_path(page["image"]), page["words"]


def _parse_word(word: Any) -> tuple[Box, str]:
    if not isinstance(word, dict) or not isinstance(word.get("text"), str):
        raise ValueError("a word must be an object with a text 'text'")
    quad = word.get("quad")
    if not isinstance(quad, list) or len(quad) != 4 or not all(_is_point(p) for p in quad):
        raise ValueError("the 'quad' must be four [x, y] pairs of numbers")
    a, b, c, d = ((x, y) for x, y in quad)
    return Box((a, b, c, d)), word["text"]


def _is_point(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(v) is float for v in value)


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
