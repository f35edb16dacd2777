"""What a data set format is, and the registry of all of them.

A format is one module of this package: the class that recognises it, its grammar, its reader and, where it can be
written, its writer. The module registers itself::

    @register
    class LabelsTsv(Format):
        name = "labels-tsv"
        ...

Nothing else has to know: the command line, the application and the documentation list what is registered.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from model.errors import DatasetError, one_line
from model.events import Cause, Problem, Severity

if TYPE_CHECKING:
    from model.annotations import Box, LabelledCrop

PARTS = ("train", "val", "test")

REPORT = "report.json"
MADE_BY = "crnn-gui"
"""The file in which an export of ours accounts for every word, and what its key "made_by" says."""

KEPT_PROBLEMS = 10_000
"""Of this many rows that could not be read the reasons are kept; the rest are counted."""

_LONGEST_REASON = 400

Refuse = Callable[[str, str], None]
"""``refuse(place, reason)``: a row cannot be read. The place is file and line, the reason one clause."""

Row = tuple[str, str, str | None]
"""Key, text and part of one crop: all that a data set says of it before an image is touched."""


class Kind(StrEnum):
    """What one image file of a data set is."""

    CROPS = "crops"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class EncodedCrop:
    """A crop as it is written: the bytes of an image file, its suffix (".png"), its label and its part."""

    data: bytes
    suffix: str
    text: str
    part: str


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page as it is written.

    Attributes:
        name: path of its image from the export's folder, POSIX ("images/a.jpg"). An image that was left where it is
            has ".." in its path, or an absolute one on another drive.
        stem: a file name without suffix for what is said of this page; no other page of the export has it.
        width, height: pixels of the upright image.
        words: boxes, as :meth:`Writer.fit` gave them, and texts, which have passed :meth:`Writer.refusal`.
        part: "train", "val" or "test".
    """

    name: str
    stem: str
    width: int
    height: int
    words: Sequence[tuple[Box, str]]
    part: str


class Writer(ABC):
    """Writes one data set into an empty folder, crop by crop or page by page as the format's kind is."""

    def resume(self, earlier: Path) -> None:  # noqa: B027  most formats number nothing
        """Take over what an earlier export in this format numbered. It stays readable; called once, first of all."""

    def refusal(self, text: str) -> str | None:
        """Return why the format cannot carry this label, as a clause after "the label"; None when it can."""
        return None

    def fit(self, box: Box) -> Box:
        """Return the box as the format can hold it: itself, or for example with whole pixels."""
        return box

    def add_crop(self, crop: EncodedCrop) -> None:
        """Write one crop; its label has passed :meth:`refusal`. Formats of kind "crops" have this."""
        raise NotImplementedError

    def add_page(self, page: LabelledPage) -> None:
        """Write one page, whose image is in its place already. Formats of kind "pages" have this."""
        raise NotImplementedError

    @abstractmethod
    def finish(self) -> None:
        """Write what is known only at the end and close all files; also called when the export failed."""


class Format(ABC):
    """One way in which a data set lies on disk.

    Attributes:
        name: what ``--format`` takes.
        title: what a menu shows.
        kind: whether its images are crops or pages.
        accepts: what is recognised as this format, for the refusal of a folder that is none.
        rank: formats are asked in ascending order; a higher one recognises by weaker signs.
        is_guess: whether it is recognised by the names of images alone, which any photographs may have.
        can_write: whether :meth:`writer` exists.
        names_images: whether its files say where their images lie; otherwise they are found by their names.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    kind: ClassVar[Kind]
    accepts: ClassVar[str]
    rank: ClassVar[int] = 10
    is_guess: ClassVar[bool] = False
    can_write: ClassVar[bool] = False
    names_images: ClassVar[bool] = True

    @abstractmethod
    def sniff(self, path: Path) -> str | None:
        """Return why the path is a data set of this format ("it holds labels.tsv"), or None. Reads little."""

    @abstractmethod
    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        """Yield the crops in the data set's order, in bounded memory; bad rows go to ``refuse``.

        Raises:
            DatasetError: nothing can be read at all.
        """

    def rows(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[Row]:
        """Yield what :meth:`read` would, without asking the disk about any image where the format can do so."""
        for crop in self.read(path, part, refuse):
            yield crop.key, crop.text, crop.part

    def parts(self, path: Path) -> tuple[str, ...]:
        """Return which of ``PARTS`` the data set keeps apart; empty when it is one whole."""
        return ()

    def writer(self, folder: Path) -> Writer:
        """Return a writer into an existing empty folder."""
        raise NotImplementedError(f"{self.name} is read-only")


_formats: dict[str, Format] = {}

F = TypeVar("F", bound=type[Format])


def register(cls: F) -> F:
    """Make a format known under its name. Two formats of one name are a bug."""
    if cls.name in _formats:
        raise ValueError(f"two formats are called {cls.name!r}")
    _formats[cls.name] = cls()
    return cls


def formats() -> tuple[Format, ...]:
    """Return every format in the order in which they are asked."""
    return tuple(sorted(_formats.values(), key=lambda f: (f.rank, f.name)))


def get_format(name: str) -> Format:
    """Return the format of this name.

    Raises:
        DatasetError: there is none; the sentence lists those there are.
    """
    if name not in _formats:
        known = ", ".join(sorted(_formats))
        raise DatasetError(f"There is no data set format {name!r}; the formats are {known}.")
    return _formats[name]


@dataclass
class Dataset:
    """A data set on disk, recognised and not yet read.

    Attributes:
        format: the format's name.
        kind: whether its images are crops or pages.
        path: the folder or file that was opened.
        reason: why it is of this format: "it holds labels.tsv".
        parts: which of "train", "val" and "test" it keeps apart; empty when it is one whole.
        part: the one part that is read, or None for everything.
        problems: rows that the newest run of :meth:`crops` or :meth:`rows` could not read, the first
            ``KEPT_PROBLEMS`` of them.
        refused: how many rows that were.
    """

    format: str
    kind: Kind
    path: Path
    reason: str
    parts: tuple[str, ...] = ()
    part: str | None = None
    problems: list[Problem] = field(default_factory=list)
    refused: int = 0

    def crops(self) -> Iterator[LabelledCrop]:
        """Yield every crop that can be read, in the data set's order. Images are not opened."""
        self._reset()
        return get_format(self.format).read(self.path, self.part, self._refuse)

    def rows(self) -> Iterator[Row]:
        """Yield (key, text, part) of every crop, without asking the disk about any image."""
        self._reset()
        return get_format(self.format).rows(self.path, self.part, self._refuse)

    @property
    def root(self) -> Path:
        """The folder that the data set's paths start from."""
        return self.path if self.path.is_dir() else self.path.parent

    def _reset(self) -> None:
        self.problems.clear()
        self.refused = 0

    def _refuse(self, place: str, reason: str) -> None:
        self.refused += 1
        if len(self.problems) < KEPT_PROBLEMS:
            place, reason = one_line(place, _LONGEST_REASON), one_line(reason, _LONGEST_REASON)
            self.problems.append(Problem(place, Cause.UNREADABLE, Severity.ERROR, reason))


def report_of(root: Path) -> dict[str, Any]:
    """Return the report of the export of this program that a folder holds; {} when there is none."""
    try:
        report = json.loads((root / REPORT).read_text(encoding="utf-8"))
        is_ours = report["made_by"] == MADE_BY and isinstance(report["options"], dict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return report if is_ours else {}


def open_dataset(path: Path | str, *, format: str | None = None, part: str | None = None) -> Dataset:  # noqa: A002
    """Recognise a data set by looking, or open it as the format that is named.

    Args:
        path: a folder or a file.
        format: a format's name; None looks.
        part: "train", "val" or "test" to read only that part.

    Raises:
        DatasetError: the path is missing, is no data set, could be several, or has no such part.
    """
    path = Path(path).absolute()
    if not os.path.exists(path):  # noqa: PTH110  it never raises, whatever the name
        raise DatasetError(f"{path} does not exist.")
    chosen, reason = _recognise(path) if format is None else (get_format(format), f"--format {format}")
    parts = chosen.parts(path)
    if part is not None and part not in parts:
        has = f"it has {', '.join(parts)}" if parts else "it is not divided into parts"
        raise DatasetError(f"{path} has no part {part!r}: {has}.")
    return Dataset(chosen.name, chosen.kind, path, reason, parts, part)


def candidates(path: Path) -> list[tuple[Format, str]]:
    """Return the formats that a path is recognised as, with the reasons: none, one, or several that are as likely.

    Of several, an export of ours is what its report says.
    """
    found: list[tuple[Format, str]] = []
    for candidate in formats():
        if found and candidate.rank > found[0][0].rank:
            break
        if reason := candidate.sniff(path):
            found.append((candidate, reason))
    stated = report_of(path).get("format") if len(found) > 1 else None
    return [(f, reason) for f, reason in found if f.name == stated] or found


def _recognise(path: Path) -> tuple[Format, str]:
    found = candidates(path)
    if not found:
        accepted = "; ".join(f"{f.name}: {f.accepts}" for f in formats())
        raise DatasetError(f"{path} is no data set that is known here. Accepted are {accepted}.")
    if len(found) > 1:
        names = " and ".join(f"{f.name} ({reason})" for f, reason in found)
        raise DatasetError(f"{path} could be {names}; choose one with --format.")
    return found[0]


def table() -> list[dict[str, Any]]:
    """Return name, title, kind, accepts and can_write of every format, for lists and documentation."""
    return [
        {"name": f.name, "title": f.title, "kind": f.kind.value, "accepts": f.accepts, "can_write": f.can_write}
        for f in formats()
    ]
