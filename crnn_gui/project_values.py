"""Values that tell of a project: which one is open, a sentence for its user, and sums of counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from operator import add, sub
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from model.annotations import State
from model.store import Counts


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """Which project is open.

    Attributes:
        folder: what page paths are relative to.
        file: the annotation file.
        place: what to open to come back here: the folder of images or, where it stands alone, the annotation file.
        read_only: nothing can be changed, because another program has it open or the file cannot be written.
        owner: who has it open, when that is the reason.
    """

    folder: Path
    file: Path
    place: Path
    read_only: bool = False
    owner: str = ""

    @property
    def name(self) -> str:
        """What the project is called in the window's title."""
        return (self.place.stem if self.place == self.file else self.place.name) or str(self.place)

    @property
    def why_read_only(self) -> str:
        """The sentence for a person who wants to change something."""
        if self.owner:
            told = QCoreApplication.translate(
                "Project", "{file} is open for writing by {owner}, so nothing can be changed here."
            )
            return told.format(file=self.file.name, owner=self.owner)
        told = QCoreApplication.translate("Project", "{file} cannot be written to, so nothing can be changed here.")
        return told.format(file=self.file)


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the bar above the page, and the actions it offers (:meth:`ProjectState.act_on_notice`).

    Attributes:
        severity: "info", "warning" or "error".
        is_of_page: it speaks of the current page and goes when another one is opened.
    """

    severity: str
    text: str
    actions: tuple[str, ...] = ()
    is_of_page: bool = False


WITHOUT_WORDS = Counts(pages=1)
"""What is known of a page that nothing was marked on."""

_COUNTED = (State.VERIFIED, State.SUGGESTED, State.IGNORED, State.UNLABELLED)  # in the order of Counts


def count_states(states: Iterable[State], *, pages: int = 0) -> Counts:
    """Return the counts of words in these states."""
    found = Counter(states)
    return Counts(pages, found.total(), *(found[state] for state in _COUNTED))


def plus(a: Counts, b: Counts) -> Counts:
    """Return the sum of two counts; ``+`` would join them, as they are tuples."""
    return Counts(*map(add, a, b))


def minus(a: Counts, b: Counts) -> Counts:
    """Return the difference of two counts."""
    return Counts(*map(sub, a, b))


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of any number of counts."""
    return Counts(*map(sum, zip(*counts, strict=True)))
