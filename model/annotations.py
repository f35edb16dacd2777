"""The values of an annotation: pages, boxes, words, predictions, and the edits that change them.

Everything here is frozen and knows neither Qt nor SQLite nor torch. Coordinates are pixels of the page image after
its EXIF orientation was applied; x grows to the right, y downwards, and a pixel (i, j) covers [i, i+1) x [j, j+1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import Any

Point = tuple[float, float]


class State(StrEnum):
    """What is known of a word's text. Derived, never set: see :meth:`Word.state`."""

    UNLABELLED = "unlabelled"
    SUGGESTED = "suggested"
    VERIFIED = "verified"
    IGNORED = "ignored"


class Source(StrEnum):
    """Where a label came from."""

    TYPED = "typed"
    ACCEPTED = "accepted"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Box:
    """A quadrilateral around one word: four corners in reading order, clockwise from the text's top-left corner."""

    points: tuple[Point, Point, Point, Point]

    def __post_init__(self) -> None:
        if len(self.points) != 4 or not all(math.isfinite(v) for p in self.points for v in p):
            raise ValueError(f"a box needs four finite corners, got {self.points!r}")

    @classmethod
    def from_bounds(cls, left: float, top: float, right: float, bottom: float) -> Box:
        """Return the upright rectangle with these edges, in any order of opposite edges."""
        left, right = min(left, right), max(left, right)
        top, bottom = min(top, bottom), max(top, bottom)
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the smallest upright rectangle around the box."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.points
        return min(x1, x2, x3, x4), min(y1, y2, y3, y4), max(x1, x2, x3, x4), max(y1, y2, y3, y4)

    @property
    def is_upright(self) -> bool:
        """Whether the box is an axis-parallel rectangle whose text runs from left to right."""
        return self == Box.from_bounds(*self.bounds)

    @property
    def width(self) -> float:
        """Length of the text's baseline direction in pixels: the mean of the top and bottom edges."""
        a, b, c, d = self.points
        return (math.dist(a, b) + math.dist(d, c)) / 2

    @property
    def height(self) -> float:
        """Length across the text in pixels: the mean of the left and right edges."""
        a, b, c, d = self.points
        return (math.dist(a, d) + math.dist(b, c)) / 2

    @property
    def area(self) -> float:
        """Enclosed area in square pixels (shoelace formula)."""
        total = 0.0
        for (x1, y1), (x2, y2) in zip(self.points, self.points[1:] + self.points[:1], strict=True):
            total += x1 * y2 - x2 * y1
        return abs(total) / 2

    def moved(self, dx: float, dy: float) -> Box:
        """Return the box shifted by (dx, dy) pixels."""
        a, b, c, d = ((x + dx, y + dy) for x, y in self.points)
        return Box((a, b, c, d))

    def clamped(self, width: float, height: float) -> Box:
        """Return the box with every corner moved into a page of width x height pixels."""
        a, b, c, d = ((min(max(x, 0.0), width), min(max(y, 0.0), height)) for x, y in self.points)
        return Box((a, b, c, d))

    def contains(self, point: Point) -> bool:
        """Whether the point lies in the box or on its edge (even-odd rule over the four edges)."""
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in zip(self.points, self.points[1:] + self.points[:1], strict=True):
            if math.isclose(math.dist((x1, y1), (x, y)) + math.dist((x, y), (x2, y2)), math.dist((x1, y1), (x2, y2))):
                return True
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a prediction: its confidence in [0, 1] and its span as fractions of the crop's width."""

    char: str
    confidence: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another text the recogniser considered, with its confidence in [0, 1]."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The text a recogniser proposes for a crop, and the weights it came from (their content hash)."""

    text: str
    confidence: float
    characters: tuple[Character, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    weights: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """An image file of a project.

    Attributes:
        path: POSIX path relative to the folder of the annotation file, or absolute when it lies on another drive.
        width, height: size in pixels after EXIF orientation; 0 until the image was opened once.
        problem: why the image cannot be opened, in one sentence; empty when it can.
        verified: a human has said that the page is complete (a page without words can be verified too).
    """

    id: int
    path: str
    width: int = 0
    height: int = 0
    problem: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One box on a page with what humans said of it. Predictions are kept beside it, never in it.

    Attributes:
        label: the text a human stands behind (NFC), or None.
        ignored: not to be read, trained on or exported; a label is kept for when it is taken back.
        source, author, changed_at: where the label came from, who changed the word last and when (Unix seconds).
    """

    id: int
    page_id: int
    box: Box
    label: str | None = None
    ignored: bool = False
    source: Source | None = None
    author: str = ""
    changed_at: float = 0.0

    def state(self, prediction: Prediction | None = None) -> State:
        """Return the word's state, given the newest prediction for it."""
        if self.ignored:
            return State.IGNORED
        if self.label is not None:
            return State.VERIFIED
        return State.SUGGESTED if prediction is not None else State.UNLABELLED


@dataclass(frozen=True, slots=True)
class PageContent:
    """All that is known of one page.

    Attributes:
        words: in order of creation.
        predictions: the newest of each word, by its id.
        order: ids in the order a person gave them, for :func:`reading_order`; empty where nobody did.
    """

    page: Page
    words: tuple[Word, ...] = ()
    predictions: Mapping[int, Prediction] = field(default_factory=dict)
    order: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WordChange:
    """One word before and after an edit; None stands for a word that does not exist."""

    before: Word | None
    after: Word | None

    @property
    def word_id(self) -> int:
        word = self.after or self.before
        assert word is not None, "a change needs a word on one side"
        return word.id

    @property
    def page_id(self) -> int:
        word = self.after or self.before
        assert word is not None, "a change needs a word on one side"
        return word.page_id


class PageMark(StrEnum):
    """What can be said of a page as a whole: it is complete, or it lies in the trash."""

    VERIFIED = "verified"
    TRASHED = "trashed"


@dataclass(frozen=True, slots=True)
class PageChange:
    """A mark that a page gets (``is_set``) or loses; before, it was the other way round."""

    page_id: int
    mark: PageMark
    is_set: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """What one user action changed. It carries both sides, so it can be undone, journalled and replayed.

    Attributes:
        title: what the action was, for the Undo menu: "Draw word", "Type label".
        changes: the words it changed.
        undoes: True when this edit takes an earlier one back (it is journalled as such).
        pages: the marks of pages it changed.
        word_ids, page_ids: of its changes; known from the start, as there may be a hundred thousand of them.
    """

    title: str
    changes: tuple[WordChange, ...]
    undoes: bool = False
    pages: tuple[PageChange, ...] = ()
    word_ids: frozenset[int] = field(init=False, compare=False, repr=False)
    page_ids: frozenset[int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "word_ids", frozenset(change.word_id for change in self.changes))
        object.__setattr__(self, "page_ids", frozenset(change.page_id for change in self.changes))

    def inverted(self) -> Edit:
        """Return the edit that takes this one back."""
        changes = tuple(WordChange(c.after, c.before) for c in reversed(self.changes))
        pages = tuple(replace(c, is_set=not c.is_set) for c in self.pages)
        return replace(self, changes=changes, undoes=not self.undoes, pages=pages)

    def merged(self, later: Edit) -> Edit:
        """Return one edit for this one followed by ``later`` on the same words, as for the steps of one drag."""
        first = {c.word_id: c.before for c in self.changes}
        last = {c.word_id: c.after for c in later.changes}
        if first.keys() != last.keys():
            raise ValueError("only edits of the same words can be merged")
        return replace(later, changes=tuple(WordChange(first[i], last[i]) for i in first))


def reading_order(words: Iterable[Word], order: Sequence[int] = ()) -> list[Word]:
    """Return the words line by line, left to right, or in the order a person gave them.

    Two words share a line when their vertical centres are closer than half the smaller height. Lines are grown from
    the top, so a page of columns is read across; that is what a person tabbing through a form expects.

    Args:
        order: ids of words in a person's order. A word that it lacks comes after the one that is before it on the page.
    """
    natural = _line_by_line(words)
    by_id = {word.id: word for word in natural}
    ids = [i for i in dict.fromkeys(order) if i in by_id]
    if not ids:
        return natural
    known = set(ids)
    for before, word in zip([None, *natural], natural, strict=False):
        if word.id not in known:
            ids.insert(ids.index(before.id) + 1 if before is not None else 0, word.id)
            known.add(word.id)
    return [by_id[i] for i in ids]


def _line_by_line(words: Iterable[Word]) -> list[Word]:
    # Centre and height once for each word: pages have thousands of them, and are put in order at each step of a drag.
    places = sorted((*_centre_and_height(word.box), word.id, word) for word in words)
    rows: list[list[tuple[float, float, float, int, Word]]] = []
    for place in places:
        y, _, height, _, _ = place
        if rows:
            last_y, _, last_height, _, _ = rows[-1][-1]
            if abs(y - last_y) <= min(height, last_height) / 2:
                rows[-1].append(place)
                continue
        rows.append([place])
    return [place[-1] for row in rows for place in sorted(row, key=itemgetter(1, 3))]


def _centre_and_height(box: Box) -> tuple[float, float, float]:
    left, top, right, bottom = box.bounds
    return (top + bottom) / 2, (left + right) / 2, bottom - top


@dataclass(frozen=True, slots=True)
class PackedImage:
    """An image file inside a container: an LMDB database, a tar archive or a Parquet table.

    Attributes:
        container: absolute path of the container.
        key: the image's name there: a key, a member's name, a column's name.
        place: where it stands, for containers that are read by position: the offset of a tar member, a table's row.
    """

    container: Path
    key: str
    place: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders, the container and the image in it, as a path has them."""
        return (*self.container.parts, f"{self.place} {self.key}" if self.place else self.key)

    def __str__(self) -> str:
        return f"{self.parts[-1]} in {self.container}"


ImageSource = Path | PackedImage
"""Where the bytes of an image file come from."""


@dataclass(frozen=True, slots=True)
class LabelledCrop:
    """One crop of a data set: where its pixels come from and the text that stands for it.

    Attributes:
        key: names the crop to a person and is unique in the data set ("7/182_slinking_1.jpg", "receipt.jpg word 12").
        image: the image file: its absolute path, or its place in a container.
        box: the word's box on that image, or None when the whole image is the crop.
        text: the label as the data set has it; it may be unusable, which `checking` finds.
        part: "train", "val" or "test" where the data set says so.
        word_id: the word in an annotation file this crop came from.
    """

    key: str
    image: ImageSource
    box: Box | None
    text: str
    part: str | None = None
    word_id: int | None = None

    @property
    def file(self) -> Path:
        """The file that holds the pixels: the image, or the container it lies in."""
        return self.image.container if isinstance(self.image, PackedImage) else self.image


@dataclass(frozen=True, slots=True)
class WeightsRecord:
    """Weights that were made from, or tried on, this project.

    Attributes:
        hash: content hash of the file.
        path: where the file lies, POSIX, relative to the annotation file's folder or absolute.
        parent: hash of the weights it was trained from, or None.
        created_at: Unix seconds.
        metrics: what was measured, by name; JSON values.
        decision: what became of it, in one sentence.
        active: the recogniser uses it now. At most one is; with none, the starter weights are.
    """

    hash: str
    name: str
    path: str
    parent: str | None = None
    created_at: float = 0.0
    metrics: Mapping[str, Any] = field(default_factory=dict)
    decision: str = ""
    active: bool = False


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A training run of this project, from its start on.

    Attributes:
        name: that of the weights file it writes, without the suffix; no two runs share one.
        started_at, ended_at: Unix seconds; a run without an end is under way or was interrupted.
        verified: verified words of the project when it started.
        outcome: "better", "refused", "stopped" or "failed"; empty until the end.
        reason: the same in one sentence.
        options: how it trains, JSON values.
        curves: its curves, JSON values, as who draws them wants them.
        log: what it told, a line each.
    """

    name: str
    started_at: float
    ended_at: float | None = None
    verified: int = 0
    outcome: str = ""
    reason: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[str, ...] = ()
