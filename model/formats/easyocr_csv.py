"""EasyOCR's trainer: ``labels.csv`` and the images beside it, a folder for each part.

Grammar, as the trainer reads it (pandas with the separator ``^([^,]+),``)::

    filename,words
    00000001.png,all that follows the first comma, "quotes" and commas included

There is no quoting, so a file's name has no comma. White space at the end of a line is stripped. The trainer takes each
folder that holds no other folder; it also takes a column of nothing but numbers for numbers, and then needs at least
one label that is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._crops import CropFormat, ListedImages, NumberedFiles, Source, head_of, line_refusal, text_file
from model.formats._lists import numbered_lines
from model.formats.base import EncodedCrop, Refuse, Writer, register

LABELS = "labels.csv"
HEADER = "filename,words"

_FIELDS = re.compile("([^,]+),")


@register
class EasyOcrCsv(CropFormat):
    name = "easyocr-csv"
    title = "EasyOCR labels.csv"
    accepts = f"a folder with {LABELS}, or with one in each of train, val and test; its first line is {HEADER}"

    names = re.compile(re.escape(LABELS))

    def is_source(self, path: Path) -> bool:
        return head_of(path, 64).splitlines()[:1] == [HEADER]

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        images = ListedImages(source)
        lines = numbered_lines(source.path, refuse)
        if next(lines, (0, HEADER))[1].strip() != HEADER:
            raise DatasetError(f"The first line of {source.path} must be {HEADER}.")
        for number, line in lines:
            try:
                match = _FIELDS.match(line.strip())
                if not match:
                    raise ValueError("there is no comma between name and text")
                yield images.crop(match[1], line.strip()[match.end() :])
            except ValueError as error:
                refuse(f"{source.path.name} line {number}", str(error))

    def writer(self, folder: Path) -> Writer:
        return _EasyOcrWriter(folder)


class _EasyOcrWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = NumberedFiles(folder, flat=True)
        self._lists: dict[str, TextIO] = {}

    def refusal(self, text: str) -> str | None:
        return "ends with a space" if text != text.rstrip() else line_refusal(text)

    def add_crop(self, crop: EncodedCrop) -> None:
        if crop.part not in self._lists:
            self._lists[crop.part] = text_file(self._folder / crop.part / LABELS)
            self._lists[crop.part].write(f"{HEADER}\n")
        name = self._images.write(crop, crop.part)
        self._lists[crop.part].write(f"{Path(name).name},{crop.text}\n")

    def finish(self) -> None:
        for file in self._lists.values():
            file.close()
