"""What the page formats share: how their files and the images of their pages are found."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from model.annotations import Box, LabelledCrop
from model.errors import DatasetError
from model.formats._crops import part_named
from model.formats._lists import LinkGuard, clean_path, require_path
from model.formats.base import PARTS, REPORT, Format, Kind, LabelledPage, Refuse, report_of
from model.images import IMAGE_SUFFIXES

_IMAGE_FOLDERS = ("images", "img", "imgs", "image")
_HEAD = 1 << 16
_CHUNK, _LONGEST_SIGN = 1 << 20, 1 << 13  # characters
_LOOKED_INTO, _LOOKED_AT = 50, 8  # folders and files, to recognise a data set: MJSynth has thousands and millions

T = TypeVar("T")


# --- files ---


def files_of(path: Path, *suffixes: str, folders: int | None = None) -> Iterator[Path]:
    """Yield the files with one of these suffixes: the path itself if it is a file, else all in it and below, sorted.

    Hidden folders, and reports of exports of ours, are passed over. At most so many folders are looked into.
    """
    if path.is_file():
        if path.name.lower().endswith(suffixes):
            yield path
        return
    for root, below, names in islice(os.walk(path), folders):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if not name.lower().endswith(suffixes) or name.startswith(".") or not os.path.isfile(f"{root}/{name}"):  # noqa: PTH113
                continue  # what is no file, such as a pipe, would be waited for
            if name != REPORT or not report_of(Path(root)):
                yield Path(root, name)


def first_sign(path: Path, suffixes: tuple[str, ...], sign: Callable[[Path], bool]) -> Path | None:
    """Return the first of a few files with these suffixes, in a few folders, that shows the sign of a format."""
    few = islice(files_of(path, *suffixes, folders=_LOOKED_INTO), _LOOKED_AT)
    return next((file for file in few if sign(file)), None)


def head_of(file: Path) -> str:
    """Return the first characters of a text file, for recognising it: UTF-8 or UTF-16, whatever is neither replaced."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_HEAD)
    except OSError:
        return ""
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    return data.decode(encoding, errors="replace")


def parts_in(file: Path, sign: re.Pattern[str]) -> Iterator[str]:
    """Yield the parts that a text file names: what the one group of the sign finds, which is short.

    The whole file is looked through, in bounded memory; one that cannot be read has none, and is refused later.
    """
    with suppress(OSError):
        with file.open("rb") as opened:
            encoding = "utf-16" if opened.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
        with file.open(encoding=encoding, errors="replace") as text:
            kept = ""
            while chunk := text.read(_CHUNK):
                kept += chunk
                yield from filter(None, (part_named(found[1]) for found in sign.finditer(kept)))
                kept = kept[-_LONGEST_SIGN:]


def shown(path: Path, file: Path) -> str:
    """Return a file's name as it is told to a person who opened this path."""
    return file.name if file == path else file.relative_to(path).as_posix()


# --- images ---


class PageFormat(Format):
    """A format of whole pages. Parts are those of an export of ours, whose report says where each page went.

    A format whose files say so themselves implements ``parts_told``.
    """

    kind = Kind.PAGES

    def parts(self, path: Path) -> tuple[str, ...]:
        """Return which of ``PARTS`` the data set keeps apart; empty when it is one whole."""
        found = set(_parts_by_image(report_of(path if path.is_dir() else path.parent)).values())
        found = found or set(self.parts_told(path))
        return tuple(part for part in PARTS if part in found)

    def parts_told(self, path: Path) -> Iterator[str]:
        """Yield the parts that the files of a data set name, in any order and as often as they do."""
        return iter(())


@dataclass
class Pages:
    """The pages of a data set while it is read: finds their images and makes crops of their words.

    An image is looked for where its file says, as seen from that file and from the data set's folder; then under its
    name alone, because files name folders of the machine they were made on. It has to lie inside the data set, with
    all links followed, unless the data set is an export of ours that left the images in their place.

    Attributes:
        path: the data set.
        refuse: told what cannot be read.
        part: the part whose pages are read; None for all.
    """

    path: Path
    refuse: Refuse
    part: str | None = None
    _listings: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self.path if self.path.is_dir() else self.path.parent
        self._guard = LinkGuard(self.root)
        report = report_of(self.root)
        self._is_linked = bool(report) and report["options"].get("images") is False
        self._parts = _parts_by_image(report)

    def files(self, format: Format, suffixes: tuple[str, ...], sign: Callable[[Path], bool]) -> Iterator[Path]:  # noqa: A002
        """Yield the files that make up the data set: those with a format's sign, or all, when none has it.

        Files without the sign are broken, or of another kind in a folder that was forced to be read; each of them is
        for the format to refuse.

        Raises:
            DatasetError: there is no file with one of these suffixes.
        """
        if self.path.is_file():
            yield self.path
            return
        found = False
        for file in files_of(self.path, *suffixes):
            if sign(file):
                found = True
                yield file
        if found:
            return
        for file in files_of(self.path, *suffixes):
            found = True
            yield file
        if not found:
            raise DatasetError(f"{self.path} is no {format.name} data set; that is {format.accepts}.")

    def crops(
        self, place: str, find: Callable[[], str], words: Iterable[T], parse: Callable[[T], tuple[Box, str]]
    ) -> Iterator[LabelledCrop]:
        """Yield the crops of one page.

        Args:
            place: the file, and what in it, for refusals.
            find: returns the image's name, as `named` and `called` do, or raises ValueError.
            words: what the file says of each word.
            parse: turns that into box and text, or raises ValueError with a clause that says why it cannot.
        """
        try:
            name = find()
        except ValueError as error:
            self.refuse(place, str(error))
            return
        if not self.is_read(name):
            return
        part = self.part_of(name)
        for number, word in enumerate(words, 1):
            try:
                box, text = parse(word)
            except ValueError as error:
                self.refuse(f"{place} word {number}", str(error))
            else:
                yield LabelledCrop(f"{name} word {number}", self.root / name, box, text, part)

    def tell_part(self, name: str, told: str) -> None:
        """Note what a file says of a page's part, by its image's name. What was said before stays."""
        if part := part_named(told):
            self._parts.setdefault(os.path.normpath(name), part)

    def part_of(self, name: str) -> str | None:
        """Return the part of a page by its image's name; None where the data set is one whole."""
        return self._parts.get(os.path.normpath(name))

    def is_read(self, name: str) -> bool:
        """Whether a page, by its image's name, is of the part that is read."""
        return self.part in (None, self.part_of(name))

    def named(self, reference: object, file: Path) -> str:
        """Return the path below the data set's folder of the image that a file names.

        Raises:
            ValueError: it is no path, or leads out of the data set; the message is a clause.
        """
        if not isinstance(reference, str):
            raise ValueError(f"{reference!r} is no path of an image")
        require_path(reference)
        plain = reference.replace("\\", "/")
        folders = (file.parent, self.root, self.root / _IMAGE_FOLDERS[0], file.parent.parent)
        if self._is_linked:
            linked = (os.path.normpath(os.path.relpath(folder / plain, self.root)) for folder in folders)
            return next((name for name in linked if os.path.isfile(self.root / name)), plain)  # noqa: PTH113
        names = [plain, PurePosixPath(plain).name]
        inside = [name for n in names for folder in folders if (name := self._below(folder / n)) is not None]
        name = next((name for name in inside if os.path.isfile(self.root / name)), None)  # noqa: PTH113  any string
        if name is None:
            name = self._below(file.parent / plain) or clean_path(plain)
        self._guard.check(name)
        return name

    def called(self, stem: str, file: Path) -> str:
        """Return the path below the data set's folder of the image with this stem, beside a file or in images/.

        Raises:
            ValueError: there is none; the message is a clause.
        """
        parents = (file.parent, self.root, file.parent.parent)
        folders = [*parents, *(parent / name for parent in parents for name in _IMAGE_FOLDERS)]
        for folder in folders:
            below = self._below(folder)
            if below is not None and (name := self._listing(folder).get(stem)):
                name = PurePosixPath(below, name).as_posix()
                self._guard.check(name)
                return name
        raise ValueError(f"no image called {stem} lies beside it or in {_IMAGE_FOLDERS[0]}/")

    def _below(self, path: Path) -> str | None:
        """Return a path as seen from the root, POSIX; None when it leads out of it. Links are not followed."""
        relative = os.path.relpath(path, self.root).replace(os.sep, "/")
        return None if relative.split("/", 1)[0] == ".." or os.path.isabs(relative) else relative  # noqa: PTH117

    def _listing(self, folder: Path) -> dict[str, str]:
        """Return the images in a folder by stem."""
        key = str(folder)
        if key not in self._listings:
            names = sorted(os.listdir(folder), reverse=True) if folder.is_dir() else []  # noqa: PTH208
            paths = map(PurePosixPath, names)
            self._listings[key] = {p.stem: p.name for p in paths if p.suffix.lower() in IMAGE_SUFFIXES}
        return self._listings[key]


def _parts_by_image(report: dict[str, Any]) -> dict[str, str]:
    """Return the part of each page, by its image's path below the export's folder."""
    try:
        return {os.path.normpath(page["name"]): page["part"] for page in report["pages"] if page["part"] in PARTS}
    except (KeyError, TypeError):
        return {}


def beside(page: LabelledPage, suffix: str) -> tuple[str, str]:
    """Return where a file about one page is written, from the export's folder, and how it names its image.

    That is beside the image's copy, or at the top of the folder where the image was left in its place.
    """
    folder = PurePosixPath(page.name).parent
    if folder.is_absolute() or ".." in folder.parts:
        return f"{page.stem}{suffix}", page.name
    return (folder / f"{page.stem}{suffix}").as_posix(), PurePosixPath(page.name).name
