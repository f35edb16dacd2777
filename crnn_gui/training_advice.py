"""What is offered about training in bars: to go on with an interrupted run, and to train again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import Notice, ProjectDocument
from crnn_gui.services.trainer import TrainerState
from crnn_gui.training import Training
from crnn_gui.wording import counted, interrupted, marked

TRAIN = marked("NoticeActions", "Train")
GO_ON = marked("NoticeActions", "Go on with it")


class TrainingAdvice(QObject):
    """Offers what a person may not think of; each offer once.

    Signals:
        given: Notice.
        withdrawn: str, the text of an offer that is out of date.
    """

    given = Signal(object)
    withdrawn = Signal(str)

    def __init__(self, document: ProjectDocument, training: Training, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._given = ""
        self._pays = False
        self._is_edited = False
        document.project_changed.connect(self._on_project_changed)
        document.edited.connect(self._on_edited)
        document.counts_changed.connect(self._on_counts_changed)
        training.runs.changed.connect(self._on_runs_changed)
        training.trainer.state_changed.connect(self._on_state_changed)

    def _give(self, text: str, action: str) -> None:
        self._given = text
        self.given.emit(Notice("info", text, (action,)))

    @Slot()
    def _on_project_changed(self) -> None:
        self._given, self._pays, self._is_edited = "", False, False

    @Slot(object)
    def _on_runs_changed(self, _runs: object) -> None:
        run = self._training.runs.interrupted
        if run is not None and not self._training.trainer.is_busy:
            self._give(interrupted(run), GO_ON)

    @Slot(object)
    def _on_edited(self, _edit: object) -> None:
        self._is_edited = True
        self._look()

    @Slot(object)
    def _on_counts_changed(self, _counts: object) -> None:
        if self._is_edited:  # words of other pages are counted after the edit; a project that is opened is no edit
            self._look()

    def _look(self) -> None:
        """Offer to train again when the words have just become enough, not at each word after that."""
        paid, self._pays = self._pays, self._training.pays_again
        if self._pays and not paid:
            words = counted(self._training.new_words, "word")
            is_first = not self._training.runs.runs
            again = self.tr("{words} verified since the last training: train again?")
            question = self.tr("{words} verified: train on them?") if is_first else again
            self._give(question.format(words=words), TRAIN)

    @Slot(object)
    def _on_state_changed(self, state: TrainerState) -> None:
        if state is TrainerState.RUNNING and self._given:
            self.withdrawn.emit(self._given)
            self._given = ""
