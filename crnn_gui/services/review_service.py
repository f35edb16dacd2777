"""The words under review in the annotation file's thread: taken in by portions, kept up to date, and asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from crnn_gui.services.store_service import StoreService
from crnn_gui.services.survey import FoundWord
from model.annotations import Edit, State, Word, WordChange

if TYPE_CHECKING:
    from model.review_queries import ReviewIndex, ReviewQuery
    from model.store import AnnotationStore

T = TypeVar("T")

_PORTION = 1000


@dataclass(eq=False, slots=True)
class _Held:
    """The index of one project. What it holds is only ever touched in the store's thread."""

    index: ReviewIndex | None = None
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class _Building:
    share: float


class ReviewService(QObject):
    """Answers questions about the words of all pages, once all of them are taken in.

    Signals:
        progressed: share of the words that is taken in, while an answer waits for the rest.
    """

    progressed = Signal(float)

    def __init__(self, store: StoreService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._held = _Held()
        self._changed: set[int] = set()
        self._is_building = False

    @property
    def is_building(self) -> bool:
        """Whether the answer that was told last was an early one."""
        return self._is_building

    def forget(self) -> None:
        """Take the words in anew with the next question: another project is open, or words came by an import."""
        self._held = _Held()
        self._changed.clear()

    def prepare(self) -> None:
        """Take all words in while nobody asks, in portions that let everything else go first."""
        self.ask(lambda _store, _index: None, lambda _: None)

    def mark(self, word_ids: Iterable[int]) -> None:
        """Say that words came, went or changed, or were read. They are looked at before the next answer."""
        self._changed.update(word_ids)

    def ask(
        self,
        question: Callable[[AnnotationStore, ReviewIndex], T],
        on_answer: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
        *,
        is_early: bool = False,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Call ``question(store, index)`` in the store's thread, and ``on_answer`` with the result in this one.

        Args:
            question: sees every edit that was made before.
            on_answer: not called when another project is open by then.
            on_error: gets what the question raised; without it the store tells of it.
            is_early: answer from the first portion as well, and once more when all words are in.
            is_wanted: looked at in both threads; a question that has been overtaken is not asked any more, for it may
                take a second in a large project.
        """
        held, changed = self._held, tuple(self._changed)
        self._changed.clear()

        def work(store: AnnotationStore) -> tuple[_Building | None, T | None]:
            building = _take_in(held, store, changed)
            assert held.index is not None, "made by _take_in"
            if (building is not None and not is_early) or not is_wanted():
                return building, None
            return building, question(store, held.index)

        def told(result: tuple[_Building | None, T | None]) -> None:
            if held is not self._held or not isValid(self):
                return
            building, answer = result
            self._is_building = building is not None
            if not is_wanted():
                return
            if building is None or is_early:
                on_answer(answer)  # type: ignore[arg-type]
            if building is not None:
                self.progressed.emit(building.share)
                self.ask(question, on_answer, on_error, is_wanted=is_wanted)

        def failed(error: Exception) -> None:
            if on_error is not None and is_wanted():
                on_error(error)

        self._store.read(work, told, failed if on_error is not None else None)

    def list_words(
        self,
        query: ReviewQuery,
        on_answer: Callable[[tuple[FoundWord, ...]], None],
        on_error: Callable[[Exception], None],
        *,
        limit: int,
        without: frozenset[int] = frozenset(),
        is_early: bool = False,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Find the first ``limit`` words of those that are wanted, and read them but for those known already."""

        def work(store: AnnotationStore, index: ReviewIndex) -> tuple[FoundWord, ...]:
            return found_words(store, (i for i in index.word_ids(query, limit) if i not in without))

        self.ask(work, on_answer, on_error, is_early=is_early, is_wanted=is_wanted)

    def read_words(self, word_ids: Iterable[int], on_answer: Callable[[tuple[FoundWord, ...]], None]) -> None:
        """Read words with their newest predictions, in this order."""
        wanted = tuple(word_ids)
        self.ask(lambda store, _: found_words(store, wanted), on_answer)

    def count(
        self,
        query: ReviewQuery,
        on_answer: Callable[[dict[State, int]], None],
        on_error: Callable[[Exception], None],
        *,
        is_wanted: Callable[[], bool],
    ) -> None:
        """Count the words of each state that the other filters let through."""
        self.ask(lambda _, index: index.counts(query), on_answer, on_error, is_wanted=is_wanted)

    def weights(self, on_answer: Callable[[dict[str, tuple[str, int]]], None]) -> None:
        """Find the weights that read words last, by hash: their name, and how many words."""

        def work(store: AnnotationStore, index: ReviewIndex) -> dict[str, tuple[str, int]]:
            names = {record.hash: record.name for record in store.weights_history()}
            return {key: (names.get(key, key), words) for key, words in index.weights().items()}

        self.ask(work, on_answer)

    def prepare_edit(
        self,
        title: str,
        word_ids: Iterable[int],
        make: Callable[[FoundWord], Word | None],
        on_answer: Callable[[Edit], None],
    ) -> None:
        """Read words with their newest predictions, and return the edit that ``make`` makes of those that are there.

        Args:
            make: returns the word as it is to be, or None to leave it alone; it runs in the store's thread.
        """
        wanted = tuple(word_ids)

        def work(store: AnnotationStore) -> Edit:
            # By portions: to let go of ten thousands of values at once would hold every thread up.
            portions = (wanted[start : start + _PORTION] for start in range(0, len(wanted), _PORTION))
            made = ((found.word, make(found)) for ids in portions for found in found_words(store, ids))
            return Edit(title, tuple(WordChange(before, after) for before, after in made if after is not None))

        self._store.read(work, on_answer)


def found_words(store: AnnotationStore, word_ids: Iterable[int]) -> tuple[FoundWord, ...]:
    """Return words with their newest predictions, in the order of the ids."""
    wanted = tuple(word_ids)
    words = {word.id: word for word in store.words_by_id(wanted)}
    predictions = store.predictions_for(words)
    return tuple(FoundWord(words[i], predictions.get(i)) for i in wanted if i in words)


def _take_in(held: _Held, store: AnnotationStore, changed: Iterable[int]) -> _Building | None:
    """Bring the index a portion further and up to date; return how far it is while that is not all."""
    from model.review_queries import ReviewIndex

    if held.index is None:
        held.index = ReviewIndex(store)
    if held.share < 1:
        held.share = held.index.take_in()
    held.index.refresh(changed)
    return _Building(held.share) if held.share < 1 else None
