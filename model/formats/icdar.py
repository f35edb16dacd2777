"""ICDAR text localisation, 2013 and 2015, and CVAT's export of that name: one text file for each page.

Grammar, one word a line in ``gt_img_1.txt`` for the image ``img_1.jpg``::

    x1,y1,x2,y2,x3,y3,x4,y4,text        2015: whole pixels clockwise from the text's top-left; the text is the rest
    left, top, right, bottom, "text"    2013, also with spaces alone; a quote in the text is \\"
    x1, y1, ..., x4, y4, "text"         CVAT's polygons: a space before the quote

UTF-8, often with a byte order mark. "###" means that nobody can read the word. We write the form of 2015, without a
mark, to ``gt/`` beside ``images/``. Readers strip their lines, so a label cannot begin or end with a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from model.annotations import Box, LabelledCrop
from model.formats._box_lines import BOX, BoxLinesWriter, parse_quad, read_words, starts_with
from model.formats._pages import PageFormat, Pages, first_sign, shown
from model.formats._shapes import legible, points_in
from model.formats.base import Refuse, Writer, register

_PREFIX = "gt_"
_NUMBER = r"-?\d+(?:\.\d+)?"
_RECTANGLE = re.compile(rf"\s*((?:{_NUMBER}\s*[,\s]\s*){{3}}{_NUMBER})(?:\s*,\s*|\s+)(\".*\")\s*", re.ASCII | re.DOTALL)


@register
class Icdar(PageFormat):
    name = "icdar"
    title = "ICDAR text localisation"
    accepts = 'a folder with gt_IMAGE.txt (x1,y1,...,x4,y4,text or left, top, right, bottom, "text" on each line)'
    can_write = True
    names_images = False

    def sniff(self, path: Path) -> str | None:
        file = first_sign(path, (".txt",), _is_ground_truth)
        return f"{shown(path, file)} holds boxes and texts" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".txt",), lambda file: file.name.startswith(_PREFIX)):
            yield from read_words(pages, file, file.stem.removeprefix(_PREFIX), _parse_line)

    def writer(self, folder: Path) -> Writer:
        return BoxLinesWriter(folder, lambda page: f"gt/{_PREFIX}{page.stem}.txt")


def _is_ground_truth(file: Path) -> bool:
    return file.name.startswith(_PREFIX) and (starts_with(BOX, file) or starts_with(_RECTANGLE, file))


def _parse_line(line: str) -> tuple[Box, str]:
    if BOX.match(line):
        box, text = parse_quad(line)
        return box, legible(_unquoted(text.strip()) if text.startswith(' "') else text)
    match = _RECTANGLE.fullmatch(line)
    if not match:
        raise ValueError("the line must be eight numbers and a text, or four and a quoted text")
    a, b = points_in(match[1])
    return Box.from_bounds(*a, *b), legible(_unquoted(match[2]))


def _unquoted(text: str) -> str:
    """Return a text without the quotes around it; a backslash inside them stands for the character after it."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    return re.sub(r'\\(["\\])', r"\1", text[1:-1])
