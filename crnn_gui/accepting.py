"""Accepting many readings unseen: how many, how many wrong among them, and a sample that is looked at first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.reviewing import Reviewing, accepted
from crnn_gui.services.survey import FoundWord
from model.acceptance import SAMPLE, Estimate, Foresight
from model.annotations import Edit, State, Word
from model.review_queries import Checked, ReviewQuery

if TYPE_CHECKING:
    from model.review_queries import ReviewIndex
    from model.store import AnnotationStore

MOST_CHECKED = 2000
"""Verified words that count, the newest."""

REST_MILLISECONDS = 120


class Stage(Enum):
    """How far it is."""

    CLOSED = auto()
    CHOOSING = auto()
    SAMPLING = auto()
    JUDGED = auto()
    CONTRADICTED = auto()


@dataclass(frozen=True, slots=True)
class Sampled:
    """The sample as far as it was looked at."""

    words: int = 0
    checked: int = 0
    wrong: int = 0


class Accepting(QObject):
    """Leads from a threshold over a sample to one step of undo.

    Signals:
        changed: stage, threshold, estimate or sample are others now.
        sample_drawn: tuple of the ids of the words to look at.
        ended: the words that the filters let through are wanted again.
        told: a sentence for the user.
    """

    changed = Signal()
    sample_drawn = Signal(object)
    ended = Signal()
    told = Signal(str)

    def __init__(self, document: ProjectDocument, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reviewing = reviewing
        self._stage = Stage.CLOSED
        self._query = ReviewQuery()
        self._threshold = 0.97
        self._estimate: Estimate | None = None
        self._before = Foresight()
        self._sample: dict[int, FoundWord] = {}
        self._verdicts: dict[int, bool] = {}
        self._round = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REST_MILLISECONDS)
        self._soon.timeout.connect(self._foresee)
        document.edited.connect(self._on_edited)
        document.project_changed.connect(self.cancel)

    @property
    def stage(self) -> Stage:
        return self._stage

    @property
    def threshold(self) -> float:
        """The least confidence of a reading that is accepted, in [0, 1]."""
        return self._threshold

    @property
    def estimate(self) -> Estimate | None:
        """How many would be accepted and how many of them are wrong; None while that is worked out."""
        return self._estimate

    @property
    def sampled(self) -> Sampled:
        """The sample as far as it was looked at."""
        wrong = sum(not right for right in self._verdicts.values())
        return Sampled(len(self._sample), len(self._verdicts), wrong)

    @property
    def query(self) -> ReviewQuery:
        """The words that would be accepted."""
        least = max(self._query.least, self._threshold)
        return replace(self._query, states=(State.SUGGESTED,), least=least, most=max(self._query.most, least))

    def begin(self, query: ReviewQuery) -> None:
        """Begin with the words that the wall's filters let through."""
        self._query = query
        self._choose()

    @Slot(float)
    def set_threshold(self, threshold: float) -> None:
        """Accept readings of at least this confidence."""
        self._threshold = threshold
        if self._stage is not Stage.CLOSED:
            self._choose()

    def _choose(self) -> None:
        was_sampling = bool(self._sample)
        self._sample, self._verdicts = {}, {}
        self._go(Stage.CHOOSING)
        if was_sampling:
            self.ended.emit()
        self._soon.start()

    @Slot()
    def draw_sample(self) -> None:
        """Choose words by chance, for a person to look at before the rest is accepted."""
        query = self.query

        def draw(store: AnnotationStore, index: ReviewIndex) -> tuple[Foresight, list[int]]:
            return Foresight(index.checked(MOST_CHECKED)), index.sample(query, SAMPLE)

        def drawn(result: tuple[Foresight, list[int]]) -> None:
            self._before, word_ids = result
            self._reviewing.words.read_words(word_ids, self._on_sample_read)

        self._ask(draw, drawn)

    def _on_sample_read(self, found: Iterable[FoundWord]) -> None:
        self._sample = {f.word.id: f for f in found}
        self._verdicts = {}
        if self._sample:
            self._go(Stage.SAMPLING)
            self.sample_drawn.emit(tuple(self._sample))

    @Slot()
    def accept(self) -> None:
        """Let the readings stand, in one step of undo."""
        query, least = self.query, self._threshold

        def make(found: FoundWord) -> Word | None:
            is_sure = found.prediction is not None and found.prediction.confidence >= least
            return accepted(found) if is_sure else None

        def accept(word_ids: list[int]) -> None:
            title = self.tr("Accept readings above {share} %").format(share=f"{least * 100:g}")
            self._reviewing.change(title, word_ids, make, self._on_accepted)

        self._ask(lambda _, index: index.word_ids(query), accept)

    def _on_accepted(self, count: int) -> None:
        told = self.tr("{count} readings were accepted. Undo takes all of them back in one step.")
        self.told.emit(told.format(count=f"{count:,}"))
        self.cancel()

    @Slot()
    def cancel(self) -> None:
        """Accept nothing more. What was decided on in the sample stays decided on."""
        if self._stage is Stage.CLOSED:
            return
        self._round += 1
        self._sample, self._verdicts, self._estimate = {}, {}, None
        self._soon.stop()
        self._go(Stage.CLOSED)
        self.ended.emit()

    def _go(self, stage: Stage) -> None:
        self._stage = stage
        self.changed.emit()

    @Slot()
    def _foresee(self) -> None:
        """Work out what the threshold comes to, from what is known by now."""
        query, sample = self.query, dict(self._seen)
        self._round += 1
        current = self._round

        def foresee(store: AnnotationStore, index: ReviewIndex) -> Estimate:
            known = {one.word_id: one for one in index.checked(MOST_CHECKED)} | sample
            return Foresight(known.values()).estimate(index.bins(query))

        def foreseen(estimate: Estimate) -> None:
            if current == self._round:
                self._estimate = estimate
                self.changed.emit()

        self._ask(foresee, foreseen)

    @property
    def _seen(self) -> dict[int, Checked]:
        """The words of the sample that were decided on. One that was left out instead was not read right either."""
        return {
            word_id: Checked(word_id, reading.confidence, right)
            for word_id, right in self._verdicts.items()
            if (reading := self._sample[word_id].prediction) is not None
        }

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        if self._stage is Stage.CLOSED:
            return
        if not edit.word_ids.isdisjoint(self._sample):
            for change in edit.changes:
                if change.word_id in self._sample:
                    self._judge(self._sample[change.word_id], change.after)
            self._conclude()
        self._soon.start()

    def _judge(self, found: FoundWord, after: Word | None) -> None:
        if after is not None and after.state() == State.UNLABELLED:  # the decision was taken back
            self._verdicts.pop(found.word.id, None)
        else:
            is_right = after is not None and not after.ignored and found.prediction is not None
            self._verdicts[found.word.id] = is_right and after.label == found.prediction.text  # type: ignore[union-attr]

    def _conclude(self) -> None:
        if len(self._verdicts) < len(self._sample):
            self._go(Stage.SAMPLING)
        elif self._before.contradicts(self._seen.values()):
            self._go(Stage.CONTRADICTED)
        else:
            self._estimate = None  # the sample has something to say to it
            self._go(Stage.JUDGED)

    def _ask(self, question: Callable[[AnnotationStore, ReviewIndex], object], on_answer: Callable[..., None]) -> None:
        self._reviewing.words.ask(question, on_answer, lambda error: self.told.emit(str(error)))
