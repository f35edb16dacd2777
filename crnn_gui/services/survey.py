"""Reading through all words of a project in portions, so that edits are never kept waiting behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from crnn_gui.services.store_service import StoreService
from model.annotations import Prediction, State, Word
from model.store import AnnotationStore

PORTION = 2000


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word of any page and the newest prediction for it."""

    word: Word
    prediction: Prediction | None


class Survey(QObject):
    """One reading of the words in one state, or of all.

    Signals:
        found: tuple of FoundWord, by page and in order of creation.
        ended: everything was told.
    """

    found = Signal(object)
    ended = Signal()

    def __init__(self, store: StoreService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._round = 0

    def start(self, state: State | None = None) -> None:
        """Begin; a reading under way is given up."""
        self._round += 1
        self._next(self._round, None, state)

    def stop(self) -> None:
        """Give the reading up."""
        self._round += 1

    def _next(self, current: int, words: Iterator[Word] | None, state: State | None) -> None:
        def read(store: AnnotationStore) -> tuple[Iterator[Word], tuple[FoundWord, ...]]:
            # The iterator goes from portion to portion, but is only ever moved here, in the store's thread.
            rest = store.words(state=state) if words is None else words
            portion = list(islice(rest, PORTION))
            predictions = store.predictions_for(word.id for word in portion)
            return rest, tuple(FoundWord(word, predictions.get(word.id)) for word in portion)

        def told(result: tuple[Iterator[Word], tuple[FoundWord, ...]]) -> None:
            # The list that asked may be gone with its window before the answer comes.
            if current != self._round or not isValid(self):
                return
            rest, found = result
            if found:
                self.found.emit(found)
                self._next(current, rest, state)
            else:
                self.ended.emit()

        self._store.read(read, told)
