"""The live yardstick: how often each weights have been right about the words a person has verified since."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.training import Training
from crnn_gui.wording import counted

LAST_WORDS = 200
"""Words of each weights that count, the newest: old ones may be of another kind of page."""

REFRESH_MILLISECONDS = 250


@dataclass(frozen=True, slots=True)
class Tested:
    """Weights, and whether they were right about each of the last words they were tested on, in order.

    Attributes:
        name: what a person knows the weights by.
    """

    name: str
    right: tuple[bool, ...]

    @property
    def share(self) -> float:
        """Share of the words read right, in [0, 1]."""
        return sum(self.right) / len(self.right)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the yardstick shows.

    Attributes:
        versions: all weights that were tested, in order of their newest test.
        current: those that read now, if they were tested.
        before: those that the current ones were trained from, if they were tested.
    """

    versions: tuple[Tested, ...] = ()
    current: Tested | None = None
    before: Tested | None = None

    @property
    def sentence(self) -> str:
        """Both figures in words; empty without any."""
        translate, now, before = QCoreApplication.translate, self.current, self.before
        if now is None and before is None:
            return ""
        if now is None:
            told = translate("Yardstick", "Before the last training, right on {before}.")
        elif before is None:
            told = translate("Yardstick", "{now} of the last {words} right.")
        else:
            told = translate("Yardstick", "{now} of the last {words} right; before the last training {before}.")
        return told.format(
            now=_percent(now), before=_percent(before), words=counted(len(now.right), "word") if now else ""
        )


def _percent(tested: Tested | None) -> str:
    return f"{100 * tested.share:.0f} %" if tested else ""


class Yardstick(QObject):
    """Keeps the measure true while words are verified, weights change and projects are opened.

    Signals:
        changed: Measured.
    """

    changed = Signal(object)

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        training: Training,
        predictor: PredictorService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._store, self._training, self._predictor = document, store, training, predictor
        self._measured = Measured()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REFRESH_MILLISECONDS)
        self._soon.timeout.connect(self._on_due)
        document.edited.connect(self._refresh)
        document.project_changed.connect(self._refresh)
        training.history_changed.connect(self._refresh)
        predictor.loaded.connect(self._refresh)

    @property
    def measured(self) -> Measured:
        """What is known now."""
        return self._measured

    @Slot()
    def _refresh(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _on_due(self) -> None:
        if self._document.project is None:
            self._show({})
        elif self._predictor.weights is not None:  # else their loading is waited for
            self._store.read(lambda store: store.verifications(LAST_WORDS), self._show)

    def _show(self, tested: dict[str, tuple[bool, ...]]) -> None:
        by_hash = {record.hash: record for record in self._training.history}

        def named(weights: str | None) -> Tested | None:
            name = by_hash[weights].name if weights in by_hash else self.tr("starter weights")
            return Tested(name, tested[weights]) if weights in tested else None

        weights = self._predictor.weights
        current = weights.hash if weights is not None else None
        record = by_hash.get(current or "")
        foreign = [weights for weights in tested if weights not in by_hash]
        # The starter weights have no record; those of an earlier version of the program had another hash.
        before = (record.parent or next(reversed(foreign), None)) if record else None
        versions = tuple(found for found in map(named, tested) if found)
        measured = Measured(versions, named(current), named(before))
        if measured != self._measured:
            self._measured = measured
            self.changed.emit(measured)
