"""The numbers beside the filters of the review wall."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.reviewing import WAITING, Reviewing
from model.annotations import State
from model.review_queries import STATES, ReviewQuery

RECOUNT_MILLISECONDS = 200


class WallFilter(StrEnum):
    """Words of which states hang on the wall."""

    TODO = "todo"
    VERIFIED = "verified"
    IGNORED = "ignored"
    ALL = "all"

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the words it lets through."""
        return _STATES[self]


_STATES = {
    WallFilter.TODO: WAITING,
    WallFilter.VERIFIED: (State.VERIFIED,),
    WallFilter.IGNORED: (State.IGNORED,),
    WallFilter.ALL: STATES,
}


class Tally(QObject):
    """How many words of each state the filters let through; asked for anew when words change.

    Signals:
        changed: the numbers are others now.
    """

    changed = Signal()

    def __init__(self, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reviewing = reviewing
        self._query = ReviewQuery()
        self._counts = dict.fromkeys(STATES, 0)
        self._round = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(RECOUNT_MILLISECONDS)
        self._soon.timeout.connect(self._count)

    def of(self, *states: State) -> int:
        """How many words are in one of these states."""
        return sum(self._counts[state] for state in states)

    def forget(self) -> None:
        """Count nothing: no project is open, or another one."""
        self._soon.stop()
        self._round += 1
        self._counts = dict.fromkeys(STATES, 0)

    def count(self, query: ReviewQuery) -> None:
        """Count what these filters let through."""
        self._query = query
        self._count()

    @Slot()
    def recount(self) -> None:
        """Count again when the hands have come to rest."""
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _count(self) -> None:
        self._round += 1
        query, current = self._query, self._round

        def told(counts: dict[State, int]) -> None:
            if counts != self._counts:
                self._counts = counts
                self.changed.emit()

        # The list tells what is wrong with the filters.
        words = self._reviewing.words
        words.count(query, told, lambda _error: None, is_wanted=lambda: current == self._round)
