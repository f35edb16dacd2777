"""What can be done about each finding of training, and how it is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QObject, Signal

from crnn_gui.document import ProjectDocument
from crnn_gui.services.store_service import StoreService
from crnn_gui.training import RunSettings
from crnn_gui.wording import counted, marked
from model.annotations import Box, Word, WordChange
from model.checking import MIN_HEIGHT, MIN_WIDTH
from model.events import Cause
from model.export_images import Margin

LEAST_BATCH = 4
RATE_STEP = 10
"""A rate that is too high is too high by far: it is divided by so much."""

_REACH = 0.25
"""A box is widened on every side by this share of its height."""


class Remedy(StrEnum):
    """What a person can have done about a finding."""

    GO = "go"
    WIDEN = "widen"
    WIDTH = "width"
    EXCLUDE = "exclude"
    EXTEND = "extend"
    LOWER_RATE = "lower_rate"
    HALVE_BATCH = "halve_batch"
    FULL_PRECISION = "full_precision"
    START_OVER = "start_over"


FOR_WORDS = frozenset({Remedy.GO, Remedy.WIDEN, Remedy.EXCLUDE})
"""Remedies that need words of the project to be known."""

REMEDIES: dict[Cause, tuple[Remedy, ...]] = {
    Cause.MISSING: (Remedy.GO, Remedy.EXCLUDE),
    Cause.UNREADABLE: (Remedy.GO, Remedy.EXCLUDE),
    Cause.NOT_FINITE: (Remedy.GO, Remedy.EXCLUDE),
    Cause.CONSTANT: (Remedy.GO, Remedy.WIDEN, Remedy.EXCLUDE),
    Cause.TOO_SMALL: (Remedy.GO, Remedy.WIDEN, Remedy.EXCLUDE),
    Cause.EMPTY_LABEL: (Remedy.GO, Remedy.EXCLUDE),
    Cause.UNKNOWN_CHARACTER: (Remedy.EXTEND, Remedy.GO, Remedy.EXCLUDE),
    Cause.LABEL_TOO_LONG: (Remedy.GO, Remedy.WIDEN, Remedy.WIDTH, Remedy.EXCLUDE),
    Cause.MIXED_FORMS: (Remedy.GO, Remedy.EXCLUDE),
    Cause.DUPLICATE_CONFLICT: (Remedy.GO, Remedy.EXCLUDE),
    Cause.BAD_PARAMETERS: (Remedy.START_OVER, Remedy.LOWER_RATE),
    Cause.INITIAL_VALUES: (Remedy.START_OVER,),
    Cause.LEARNING_RATE: (Remedy.LOWER_RATE,),
    Cause.EXPLODING_GRADIENT: (Remedy.LOWER_RATE,),
    Cause.HALF_PRECISION: (Remedy.FULL_PRECISION,),
    Cause.NOT_NORMALISED: (Remedy.START_OVER,),
    Cause.POOL_STRIDE: (Remedy.START_OVER,),
    Cause.BATCH_TOO_LARGE: (Remedy.HALVE_BATCH,),
    Cause.COLLAPSED: (Remedy.LOWER_RATE,),
    Cause.UNKNOWN: (Remedy.LOWER_RATE, Remedy.START_OVER),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of trouble, as far as something can be done about it.

    Attributes:
        words: ids of the words concerned.
        width: of the strip in pixels, the least at which every label fits, where that helps.
        rate: the learning rate it happened at.
    """

    cause: Cause
    words: tuple[int, ...] = ()
    width: int | None = None
    rate: float | None = None

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What helps here."""
        return tuple(remedy for remedy in REMEDIES[self.cause] if self._can(remedy))

    def _can(self, remedy: Remedy) -> bool:
        if remedy is Remedy.WIDTH:
            return self.width is not None
        return bool(self.words) or remedy not in FOR_WORDS


def title(remedy: Remedy, finding: Finding) -> str:
    """Return what the remedy's button says."""
    translate = QCoreApplication.translate
    count, is_one = len(finding.words), len(finding.words) == 1
    widen = translate("Remedies", "Widen the {boxes}").format(boxes=counted(count, "box", "boxes"))
    ignore = translate("Remedies", "Ignore the {words}").format(words=counted(count, "word"))
    first = translate("Remedies", "Go to the first word")
    return {
        Remedy.GO: translate("Remedies", "Go to the word") if is_one else first,
        Remedy.WIDEN: translate("Remedies", "Widen the box") if is_one else widen,
        Remedy.WIDTH: translate("Remedies", "Train at width {width}").format(width=finding.width),
        Remedy.EXCLUDE: translate("Remedies", "Ignore the word") if is_one else ignore,
        Remedy.EXTEND: translate("Remedies", "Learn new characters"),
        Remedy.LOWER_RATE: translate("Remedies", "Lower the rate"),
        Remedy.HALVE_BATCH: translate("Remedies", "Halve the batch"),
        Remedy.FULL_PRECISION: translate("Remedies", "Train in full precision"),
        Remedy.START_OVER: translate("Remedies", "Start from the starter weights"),
    }[remedy]


def changed(settings: RunSettings, remedy: Remedy, finding: Finding, *, rate: float) -> RunSettings:
    """Return the choices for the next run with a remedy applied; one for words leaves them as they are.

    Args:
        rate: the peak learning rate of the run the finding is of.
    """
    match remedy:
        case Remedy.WIDTH:
            return replace(settings, width=finding.width)
        case Remedy.EXTEND:
            return replace(settings, new_characters="extend")
        case Remedy.LOWER_RATE:
            return replace(settings, learning_rate=float(f"{(settings.learning_rate or rate) / RATE_STEP:.3g}"))
        case Remedy.HALVE_BATCH:
            return replace(settings, batch=max(LEAST_BATCH, settings.batch // 2))
        case Remedy.FULL_PRECISION:
            return replace(settings, precision="fp32")
        case Remedy.START_OVER:
            return replace(settings, from_starter=True)
        case _:
            return settings


def is_open(settings: RunSettings, remedy: Remedy, finding: Finding) -> bool:
    """Whether a remedy would do anything: choices that are made already are not worth a button."""
    return remedy in FOR_WORDS or changed(settings, remedy, finding, rate=finding.rate or 1.0) != settings


class WordRemedies(QObject):
    """Changes words of any pages; each call is one step of undo.

    Signals:
        done: str, what was done, in one sentence.
    """

    done = Signal(str)

    def __init__(self, document: ProjectDocument, store: StoreService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._store = document, store

    def apply(self, remedy: Remedy, word_ids: Iterable[int]) -> None:
        """Ignore words, or widen their boxes."""
        if remedy is Remedy.EXCLUDE:
            told = self.tr("{words} left out from now on; Undo takes that back.")
            self._change(word_ids, marked("Edits", "Ignore"), lambda word: replace(word, ignored=True), told)
        elif remedy is Remedy.WIDEN:
            told = self.tr("{words} in wider boxes now; Undo takes that back.")
            self._change(word_ids, marked("Edits", "Widen box"), self._widened, told)

    def _widened(self, word: Word) -> Word:
        page = self._document.page_of(word.page_id)
        box = widened(word.box)
        return replace(word, box=box.clamped(page.width, page.height) if page.width else box)

    def _change(self, word_ids: Iterable[int], name: str, change: Callable[[Word], Word], told: str) -> None:
        ids = tuple(word_ids)

        def make(words: list[Word]) -> None:
            pairs = [(word, change(word)) for word in words]
            changes = [WordChange(before, after) for before, after in pairs if before != after]
            self._document.change_words(name, changes)
            if changes and not self._document.read_only:
                self.done.emit(told.format(words=counted(len(changes), "word")))

        self._store.read(lambda store: store.words_by_id(ids), make)


def widened(box: Box) -> Box:
    """Return a box that is larger on every side, and large enough to be read at all."""
    least = max((MIN_HEIGHT - box.height) / 2, (MIN_WIDTH - box.width) / 2)
    return Margin(max(1.0, least + 1, _REACH * box.height)).grown(box)
