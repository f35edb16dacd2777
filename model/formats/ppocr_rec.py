"""PaddleOCR's recognition sets: ``rec_gt_train.txt`` and its like, and the dictionary of their characters.

Grammar, as its ``SimpleDataSet`` reads it::

    train/00000/00000001.png    label      a tab between the two; the line is split at every tab
    ["a.png", "b.png"]          label      several images of one label, as a JSON list

    dict.txt                               one character a line; the space is not in it (``use_space_char`` adds it)

Paths start from the list's folder (``data_dir``), or from a folder above it that they name. The part is in the list's
name; ``rec_gt.txt`` is everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from model.annotations import LabelledCrop
from model.formats._crops import CropFormat, ListedImages, NumberedFiles, Source, line_refusal, text_file
from model.formats._lists import numbered_lines
from model.formats.base import EncodedCrop, Refuse, Writer, register

DICTIONARY = "dict.txt"


@register
class PpocrRec(CropFormat):
    name = "ppocr-rec"
    title = "PaddleOCR recognition"
    accepts = "a folder with rec_gt_train.txt, rec_gt_val.txt, rec_gt_test.txt or rec_gt.txt, or such a list"
    rank = 12  # a folder of PPOCRLabel holds such a list of its crops beside its pages

    names = re.compile(r"rec_gt\w*\.txt")

    def is_source(self, path: Path) -> bool:
        return path.is_file()

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        images = ListedImages(source)
        for number, line in numbered_lines(source.path, refuse):
            try:
                fields = line.split("\t")
                if len(fields) != 2:
                    raise ValueError("the line must be a path, one tab and a text")
                for name in _names(fields[0]):
                    yield images.crop(name, fields[1])
            except ValueError as error:
                refuse(f"{source.path.name} line {number}", str(error))

    def writer(self, folder: Path) -> Writer:
        return _PpocrRecWriter(folder)


def _names(field: str) -> list[str]:
    """Return the images of a line; what begins with "[" and is no JSON list is a name, as it is to PaddleOCR."""
    if field.startswith("["):
        try:
            names = json.loads(field)
        except (ValueError, RecursionError):
            return [field]
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    return [field]


class _PpocrRecWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = NumberedFiles(folder)
        self._lists: dict[str, TextIO] = {}
        self._characters: set[str] = set()

    def refusal(self, text: str) -> str | None:
        return "holds a tab" if "\t" in text else line_refusal(text)

    def add_crop(self, crop: EncodedCrop) -> None:
        if crop.part not in self._lists:
            self._lists[crop.part] = text_file(self._folder / f"rec_gt_{crop.part}.txt")
        self._lists[crop.part].write(f"{self._images.write(crop, crop.part)}\t{crop.text}\n")
        self._characters.update(crop.text)

    def finish(self) -> None:
        for file in self._lists.values():
            file.close()
        with text_file(self._folder / DICTIONARY) as file:
            file.writelines(f"{char}\n" for char in sorted(self._characters - {" "}))
