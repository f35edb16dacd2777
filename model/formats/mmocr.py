"""MMOCR's recognition sets: a JSON file for each part, and the older lists.

Grammar, as its ``RecogTextDataset`` and the readers before it have it::

    textrecog_train.json    {"metainfo": {"dataset_type": "TextRecogDataset", "task_name": "textrecog"},
                             "data_list": [{"instances": [{"text": "..."}], "img_path": "a/b.png"}, ...]}
    train_label.jsonl       {"filename": "b.png", "text": "..."}       a JSON object a line
    train_label.txt         b.png text                                  ONE space: neither may hold another one

Paths start from a folder that only MMOCR's configuration names; here it is the list's own, or ``imgs`` or ``images`` in
it, as the first image tells. Where a folder holds several kinds of list, JSON comes before JSON lines, before text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._crops import CropFormat, ListedImages, NumberedFiles, Source, head_of, read_json, text_file
from model.formats._lists import numbered_lines
from model.formats.base import EncodedCrop, Refuse, Writer, register
from model.images import IMAGE_SUFFIXES

IMAGES = "textrecog_imgs"

_SUFFIXES = (".json", ".jsonl", ".txt")
_METAINFO = {"dataset_type": "TextRecogDataset", "task_name": "textrecog"}


@register
class Mmocr(CropFormat):
    name = "mmocr"
    title = "MMOCR recognition"
    accepts = 'a folder with textrecog_train.json and its like, with *label.jsonl ("filename" and "text") or *label.txt'

    names = re.compile(r".*(label|textrecog|train|val|test).*\.(json|jsonl)|.*label\.txt")

    def is_source(self, path: Path) -> bool:
        head = head_of(path)
        if path.suffix == ".json":
            return '"data_list"' in head and '"text"' in head and '"polygon"' not in head and '"bbox"' not in head
        first = head.split("\n", 1)[0].rstrip()
        if path.suffix == ".jsonl":
            return '"filename"' in first and '"text"' in first
        name, _, text = first.partition(" ")
        return Path(name).suffix.lower() in IMAGE_SUFFIXES and "\t" not in first + text

    def preferred(self, found: list[Path]) -> list[Path]:
        best = min((_SUFFIXES.index(path.suffix) for path in found), default=0)
        return [path for path in found if path.suffix == _SUFFIXES[best]]

    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        images = ListedImages(source, folders=("imgs", "images"))
        rows = {".json": _json_rows, ".jsonl": _json_line_rows}.get(source.path.suffix, _text_rows)
        for place, name, text in rows(source.path, refuse):
            try:
                yield images.crop(name, text)
            except ValueError as error:
                refuse(place, str(error))

    def writer(self, folder: Path) -> Writer:
        return _MmocrWriter(folder)


_Rows = Iterator[tuple[str, str, str]]
"""Place, name of the image, text."""


def _json_rows(path: Path, refuse: Refuse) -> _Rows:
    document = read_json(path)
    entries = document.get("data_list") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise DatasetError(f"{path} must be a JSON object with a list 'data_list'.")
    for number, entry in enumerate(entries, 1):
        place = f"{path.name} entry {number}"
        texts = _texts(entry)
        if texts is None:
            refuse(place, "an entry must have a text 'img_path' and one instance with a text 'text'")
        else:
            yield place, entry["img_path"], texts


def _texts(entry: Any) -> str | None:
    instances = entry.get("instances") if isinstance(entry, dict) and isinstance(entry.get("img_path"), str) else None
    if not isinstance(instances, list) or len(instances) != 1 or not isinstance(instances[0], dict):
        return None
    text = instances[0].get("text")
    return text if isinstance(text, str) else None


def _json_line_rows(path: Path, refuse: Refuse) -> _Rows:
    for number, line in numbered_lines(path, refuse):
        place = f"{path.name} line {number}"
        row = parse_label(line)
        if row is None:
            refuse(place, "the line must be a JSON object with a text 'filename' and a text 'text'")
        else:
            yield place, *row


def _text_rows(path: Path, refuse: Refuse) -> _Rows:
    for number, line in numbered_lines(path, refuse):
        place = f"{path.name} line {number}"
        fields = line.split(" ")
        if len(fields) == 2:
            yield place, fields[0], fields[1]
        else:
            refuse(place, "the line must be a name, one space and a text without spaces")


def parse_label(line: str) -> tuple[str, str] | None:
    """Return the file name and text of ``{"filename": "b.png", "text": "..."}``, or None for anything else."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(row, dict) and isinstance(row.get("filename"), str) and isinstance(row.get("text"), str):
        return row["filename"], row["text"]
    return None


class _MmocrWriter(Writer):
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._images = NumberedFiles(folder)
        self._lists: dict[str, TextIO] = {}

    def add_crop(self, crop: EncodedCrop) -> None:
        is_first = crop.part not in self._lists
        if is_first:
            self._lists[crop.part] = text_file(self._folder / f"textrecog_{crop.part}.json")
            self._lists[crop.part].write(f'{{"metainfo": {json.dumps(_METAINFO)}, "data_list": [\n')
        name = self._images.write(crop, f"{IMAGES}/{crop.part}")
        entry = {"instances": [{"text": crop.text}], "img_path": name}
        self._lists[crop.part].write(("" if is_first else ",\n") + json.dumps(entry, ensure_ascii=False))

    def finish(self) -> None:
        for file in self._lists.values():
            file.write("\n]}\n")
            file.close()
