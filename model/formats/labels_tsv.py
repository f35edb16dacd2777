"""``labels.tsv``: one crop a line, its path relative to the file, a tab, its text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from model.annotations import LabelledCrop
from model.formats._lists import LinkGuard, clean_path, numbered_lines
from model.formats.base import EncodedCrop, Format, Kind, Refuse, Writer, register

LABELS = "labels.tsv"


@register
class LabelsTsv(Format):
    name = "labels-tsv"
    title = "Crops with labels.tsv"
    kind = Kind.CROPS
    accepts = f"a folder with {LABELS} (path, tab, text on each line), or such a .tsv file"
    can_write = True

    def sniff(self, path: Path) -> str | None:
        if (path / LABELS).is_file():
            return f"it holds {LABELS}"
        return "it is a .tsv file" if path.suffix.lower() == ".tsv" and path.is_file() else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        file = path / LABELS if path.is_dir() else path
        guard = LinkGuard(file.parent)
        for number, line in numbered_lines(file, refuse):
            place = f"{file.name} line {number}"
            name, tab, text = line.partition("\t")
            if not tab:
                refuse(place, "there is no tab between path and text")
                continue
            try:
                key = clean_path(name)
                guard.check(key)
            except ValueError as error:
                refuse(place, str(error))
            else:
                yield LabelledCrop(key, file.parent / key, None, text)

    def writer(self, folder: Path) -> Writer:
        return _LabelsTsvWriter(folder)


class _LabelsTsvWriter(Writer):
    """Writes crops as ``train/00000/00000001.png``, a thousand a folder; the part stands in the path only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        self._file: TextIO = (folder / LABELS).open("w", encoding="utf-8", newline="\n")

    def refusal(self, text: str) -> str | None:
        return "is broken over lines" if "\n" in text or "\r" in text else None

    def add_crop(self, crop: EncodedCrop) -> None:
        name = f"{crop.part}/{self._written // 1000:05}/{self._written:08}{crop.suffix}"
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crop.data)
        self._file.write(f"{name}\t{crop.text}\n")
        self._written += 1

    def finish(self) -> None:
        self._file.close()
