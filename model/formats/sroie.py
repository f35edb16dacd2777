"""SROIE: one text file for each page, under the image's own name.

``x1,y1,x2,y2,x3,y3,x4,y4,TEXT`` on each line: whole pixels clockwise from the text's top-left; the text is the rest of
the line, with its commas. ``a.txt`` lies beside ``a.jpg`` or in a folder next to ``img/`` or ``images/``. UTF-8.
The data set itself is upper case; labels are written as they are unless ``--case lower``. "###" is illegible, as in
ICDAR's other tasks, and labels cannot begin or end with a space, because readers strip the lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.annotations import Box, LabelledCrop
from model.formats._box_lines import BOX, BoxLinesWriter, parse_quad, read_words, starts_with
from model.formats._pages import PageFormat, Pages, beside, first_sign, shown
from model.formats._shapes import legible
from model.formats.base import Refuse, Writer, register


@register
class Sroie(PageFormat):
    name = "sroie"
    title = "SROIE receipts"
    accepts = "a folder with IMAGE.txt (x1,y1,...,x4,y4,TEXT on each line) beside its images"
    can_write = True
    names_images = False

    def sniff(self, path: Path) -> str | None:
        pages = Pages(path, lambda place, reason: None)
        file = first_sign(path, (".txt",), lambda file: starts_with(BOX, file) and _has_image(pages, file))
        return f"{shown(path, file)} holds boxes and texts for an image of its name" if file else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        pages = Pages(path, refuse, part)
        for file in pages.files(self, (".txt",), lambda file: starts_with(BOX, file) or _has_image(pages, file)):
            yield from read_words(pages, file, file.stem, _parse_line)

    def writer(self, folder: Path) -> Writer:
        return BoxLinesWriter(folder, lambda page: beside(page, ".txt")[0])


def _has_image(pages: Pages, file: Path) -> bool:
    try:
        return bool(pages.called(file.stem, file))
    except ValueError:
        return False


def _parse_line(line: str) -> tuple[Box, str]:
    box, text = parse_quad(line)
    return box, legible(text)
