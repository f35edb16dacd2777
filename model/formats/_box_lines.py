"""Text files of one word a line that begins with the eight coordinates of its box: ICDAR 2015 and SROIE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from model.annotations import Box, LabelledCrop
from model.formats._lists import numbered_lines
from model.formats._pages import Pages, head_of, shown
from model.formats._shapes import line_refusal, outline, points_in, whole_pixels
from model.formats.base import LabelledPage, Writer

BOX = re.compile(r"\s*((?:-?\d+(?:\.\d+)?\s*,\s*){7}-?\d+(?:\.\d+)?)\s*,(.*)", re.ASCII | re.DOTALL)


def starts_with(pattern: re.Pattern[str], file: Path) -> bool:
    """Whether the first line of a file that is not blank has this form."""
    return pattern.match(head_of(file).lstrip().partition("\n")[0]) is not None


def parse_quad(line: str) -> tuple[Box, str]:
    """Return the box and the rest of a line, which is its text.

    Raises:
        ValueError: it does not begin with eight numbers; the message is a clause.
    """
    match = BOX.fullmatch(line)
    if not match:
        raise ValueError("the line must be eight numbers and a text, with commas between them")
    return outline(points_in(match[1])), match[2]


def read_words(pages: Pages, file: Path, stem: str, parse: Callable[[str], tuple[Box, str]]) -> Iterator[LabelledCrop]:
    """Yield the words of one file; its image is the one of this stem."""
    place = shown(pages.path, file)
    lines = (line for _, line in numbered_lines(file, pages.refuse))
    return pages.crops(place, lambda: pages.called(stem, file), lines, parse)


class BoxLinesWriter(Writer):
    """Writes one file for each page, where a function of it says."""

    def __init__(self, folder: Path, place: Callable[[LabelledPage], str]) -> None:
        self._folder = folder
        self._place = place

    def refusal(self, text: str) -> str | None:
        return line_refusal(text)

    def fit(self, box: Box) -> Box:
        return outline(whole_pixels(box).points)

    def add_page(self, page: LabelledPage) -> None:
        file = self._folder / self._place(page)
        file.parent.mkdir(exist_ok=True)
        lines = [
            ",".join(str(int(v)) for point in box.points for v in point) + f",{text}\n" for box, text in page.words
        ]
        file.write_text("".join(lines), encoding="utf-8", newline="\n")

    def finish(self) -> None:
        pass
