"""Hugging Face's imagefolder: images with ``metadata.jsonl`` or ``metadata.csv``.

Grammar, as ``datasets.load_dataset("imagefolder", data_dir=...)`` reads it::

    metadata.jsonl    {"file_name": "00000/00000001.png", "text": "..."}      a JSON object a line
    metadata.csv      file_name,text                                          with a header, quoted as CSV is

``file_name`` starts from the list's folder. Each of the folders ``train``, ``validation`` and ``test`` has a list of
its own, or one list beside them names images in them. The text may stand under ``label`` or ``transcription`` too.

JSON lines are written: the CSV reader takes labels such as ``007`` and ``NA`` for a number and for nothing.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._crops import (
    CropFormat,
    ListedImages,
    NumberedFiles,
    Source,
    head_of,
    part_folders,
    part_named,
    text_file,
)
from model.formats._lists import is_encodable, numbered_lines
from model.formats.base import PARTS, EncodedCrop, Refuse, Writer, register

TEXT_FIELDS = ("text", "label", "transcription")
FOLDERS = {"train": "train", "val": "validation", "test": "test"}
"""What Hugging Face calls the parts."""

LISTS = ("metadata.jsonl", "metadata.csv")


@register
class ImageFolder(CropFormat):
    name = "imagefolder"
    title = "Hugging Face imagefolder"
    accepts = "a folder with metadata.jsonl or metadata.csv (file_name and text), or with one in each part's folder"

    names = re.compile("|".join(map(re.escape, LISTS)))

    def is_source(self, path: Path) -> bool:
        first = head_of(path).split("\n", 1)[0]
        return "file_name" in first and any(field in first for field in TEXT_FIELDS)

    def preferred(self, found: list[Path]) -> list[Path]:
        return [max(found, key=lambda path: path.suffix)] if found else []

    def parts(self, path: Path) -> tuple[str, ...]:
        found = {source.part for source in self.sources(path)}
        if found == {None}:  # one list of everything: the folders of its images are the parts
            folder = path if path.is_dir() else path.parent
            found = {part for part, _ in part_folders(folder)}
        return tuple(part for part in PARTS if part in found)

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        for crop in super().read(path, None, refuse):
            if part is None or part == crop.part:
                yield crop

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        images = ListedImages(source)
        rows = _csv_rows if source.path.suffix == ".csv" else _json_rows
        for number, row in rows(source.path, refuse):
            try:
                name, text = row.get("file_name"), next((row[f] for f in TEXT_FIELDS if f in row), None)
                if not isinstance(name, str) or not isinstance(text, str):
                    raise ValueError("a row must have a file_name and a text")
                crop = images.crop(name, text)
            except ValueError as error:
                refuse(f"{source.name or source.path.name} line {number}", str(error))
            else:
                folder = name.replace("\\", "/").rpartition("/")[0].removeprefix("./").split("/", 1)[0]
                yield crop if crop.part else replace(crop, part=part_named(folder))

    def writer(self, folder: Path) -> Writer:
        return _ImageFolderWriter(folder)


def _json_rows(path: Path, refuse: Refuse) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in numbered_lines(path, refuse):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield number, row
        else:
            refuse(f"{path.name} line {number}", "the line is no JSON object")


def _csv_rows(path: Path, refuse: Refuse) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            rows = csv.DictReader(file)
            for row in rows:
                if all(is_encodable(value) for value in row.values() if isinstance(value, str)):
                    yield rows.line_num, row
                else:
                    refuse(f"{path.name} line {rows.line_num}", "the line is not UTF-8")
    except (OSError, csv.Error) as error:
        raise DatasetError(f"{path} cannot be read as CSV: {error}.") from error


class _ImageFolderWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = {part: NumberedFiles(folder / name) for part, name in FOLDERS.items()}
        self._lists: dict[str, TextIO] = {}

    def add_crop(self, crop: EncodedCrop) -> None:
        if crop.part not in self._lists:
            self._lists[crop.part] = text_file(self._folder / FOLDERS[crop.part] / LISTS[0])
        row = {"file_name": self._images[crop.part].write(crop), "text": crop.text}
        self._lists[crop.part].write(json.dumps(row, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        for file in self._lists.values():
            file.close()
