"""What the crop formats share: sources and their parts, images that a list names, and numbered files."""

from __future__ import annotations

import json
import os
import posixpath
import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TextIO

from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.formats._lists import LinkGuard, clean_path
from model.formats.base import PARTS, EncodedCrop, Format, Kind, Refuse

_PART_NAMES = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "evaluation": "test",
}  # fmt: skip


def part_named(name: str) -> str | None:
    """Return the part that a file or folder is named after: "train-00001", "MJ_valid", "textrecog_test"; else None."""
    return next((_PART_NAMES[word] for word in re.split("[^a-z]+", name.lower()) if word in _PART_NAMES), None)


def part_folders(path: Path) -> list[tuple[str, Path]]:
    """Return the folders in a folder that are named after parts, by part; none when it is no folder."""
    try:
        with os.scandir(path) as entries:
            folders = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return []
    named = [(part, path / name) for name in folders if (part := part_named(name))]
    return sorted(named, key=lambda entry: PARTS.index(entry[0]))


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, sorted, without the hidden ones; none when it is no folder."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))  # noqa: PTH208
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class Source:
    """A list, a folder or a container of crops.

    Attributes:
        path: where it lies.
        part: the part that its crops belong to.
        name: its POSIX path below the data set that was opened, "" when it is that itself.
    """

    path: Path
    part: str | None
    name: str

    def key(self, name: str) -> str:
        """Return the name of a crop in this container or folder, unique in the data set."""
        return posixpath.join(self.name, name)


class CropFormat(Format):
    """A format of crops whose data sets are made of sources, in one folder or in a folder for each part.

    Attributes:
        names: how the sources are called.
        folders: below the data set's own folder, where the sources may lie too.
    """

    kind = Kind.CROPS
    can_write = True
    names: ClassVar[re.Pattern[str]]
    folders: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def is_source(self, path: Path) -> bool:
        """Whether what is called like a source of this format looks like one. Reads little."""

    @abstractmethod
    def read_source(self, source: Source, refuse: Refuse) -> Iterator[LabelledCrop]:
        """Yield the crops of one source, as :meth:`Format.read` does."""

    def preferred(self, found: list[Path]) -> list[Path]:
        """Return those of several sources in one folder that are read: all, unless they repeat each other."""
        return found

    def sources(self, path: Path) -> list[Source]:
        """Return the sources that make up a data set. A file is one, whatever it looks like."""
        if path.is_file() or self._is_one(path):
            return [Source(path, part_named(path.stem), "")]
        for folder in (path, *(path / name for name in self.folders)):
            below = "" if folder == path else folder.name
            if found := self._sources_in(folder, None, below) or self._sources_in_parts(folder, below):
                return found
        return []

    def sniff(self, path: Path) -> str | None:
        if self._is_one(path):
            return f"it is {path.name}"
        names = [source.name for source in self.sources(path)] if path.is_dir() else []
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"it holds {', '.join(names[:3])}{more}" if names else None

    def parts(self, path: Path) -> tuple[str, ...]:
        found = {source.part for source in self.sources(path)}
        return tuple(part for part in PARTS if part in found)

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        sources = self.sources(path)
        if not sources:
            raise DatasetError(f"{path} is no data set of the format {self.name}; that is {self.accepts}.")
        for source in sources:
            if part is None or part == source.part:
                yield from self.read_source(source, refuse)

    def _is_one(self, path: Path) -> bool:
        return self.names.fullmatch(path.name) is not None and self.is_source(path)

    def _sources_in(self, folder: Path, part: str | None, below: str) -> list[Source]:
        called = [folder / name for name in names_in(folder) if self.names.fullmatch(name)]
        found = [path for path in called if self.is_source(path)]
        sources = [
            Source(entry, part or part_named(entry.stem), posixpath.join(below, entry.name))
            for entry in self.preferred(found)
        ]
        of_parts = [source for source in sources if source.part]  # beside them, a list of everything repeats them
        return sorted(of_parts, key=lambda source: PARTS.index(source.part or "")) or sources

    def _sources_in_parts(self, folder: Path, below: str) -> list[Source]:
        found = (
            self._sources_in(entry, part, posixpath.join(below, entry.name)) for part, entry in part_folders(folder)
        )
        return [source for sources in found for source in sources]


class ListedImages:
    """Makes crops of the rows of one list.

    The images' paths start from the list's folder. Where the first image is not found there, they start from one of
    ``folders`` in it, or from a folder above whose name the path repeats; what holds for the first row holds for all.
    """

    def __init__(self, source: Source, *, folders: tuple[str, ...] = ()) -> None:
        self._folder = source.path.parent
        self._part = source.part
        self._below = posixpath.dirname(source.name)
        self._folders = folders
        self._guard = LinkGuard(self._folder)
        self._start: tuple[str, str] | None = None

    def crop(self, name: str, text: str) -> LabelledCrop:
        """Return the crop of one row.

        Raises:
            ValueError: its path cannot be used; the message is a clause.
        """
        plain = clean_path(name)
        self._start = self._start or self._find_start(plain)
        repeated, folder = self._start
        inside = folder + plain.removeprefix(repeated)
        self._guard.check(inside)
        key = posixpath.join(self._below, inside)
        return LabelledCrop(key, self._folder / inside, None, text, self._part)

    def _find_start(self, first: str) -> tuple[str, str]:
        """Return what is dropped from the beginning of each path, and what is put there."""
        above = self._folder.parts
        starts = [("", "")] + [("", f"{folder}/") for folder in self._folders]
        starts += [("/".join(above[-depth:]) + "/", "") for depth in range(1, min(5, len(above)))]
        for repeated, folder in starts:
            if first.startswith(repeated) and (self._folder / (folder + first.removeprefix(repeated))).is_file():
                return repeated, folder
        return "", ""


class NumberedFiles:
    """Writes crops as ``00000/00000001.png``, a thousand a folder, or as ``00000001.png`` where they lie flat."""

    def __init__(self, folder: Path, *, flat: bool = False) -> None:
        self._folder = folder
        self._flat = flat
        self._written = 0

    def write(self, crop: EncodedCrop, below: str = "") -> str:
        """Write a crop's file and return its POSIX path from the folder, through ``below``."""
        number = f"{self._written:08}{crop.suffix}"
        name = posixpath.join(below, number if self._flat else f"{self._written // 1000:05}/{number}")
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(crop.data)
        self._written += 1
        return name


def text_file(path: Path) -> TextIO:
    """Open a UTF-8 file with LF line ends for writing, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w", encoding="utf-8", newline="\n")


def head_of(path: Path, size: int = 4096) -> str:
    """Return the first bytes of a file as text; what is no UTF-8 is left out. "" when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(size).decode("utf-8-sig", errors="ignore")
    except OSError:
        return ""


def read_json(path: Path, **options: Any) -> Any:
    """Return the value of a JSON file; ``options`` as of :func:`json.loads`.

    Raises:
        DatasetError: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), **options)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is not JSON in UTF-8: {error}.") from error


def line_refusal(text: str) -> str | None:
    """Return why a line of a text file cannot carry a label, as a clause after "the label"; None when it can."""
    return "is broken over lines" if "\n" in text or "\r" in text else None
