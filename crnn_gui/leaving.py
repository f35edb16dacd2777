"""Closing the window in the middle of a training run: asked for in a bar, done once the run's state is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from crnn_gui.document import Notice
from crnn_gui.services.trainer import TrainerState
from crnn_gui.training import Training
from crnn_gui.wording import marked

if TYPE_CHECKING:
    from crnn_gui.widgets.main_window import MainWindow

CLOSE = marked("NoticeActions", "Close, go on next time")

SUSPEND_MILLISECONDS = 15_000
"""The longest wait for the state of a run at the end; the one written before is half a minute old at most."""


class Leaving(QObject):
    """Lets the window close in the middle of a run once a person has agreed, and its state is written."""

    def __init__(self, training: Training, window: MainWindow) -> None:
        super().__init__(window)
        self._training, self._window = training, window
        self._asked = ""
        self._is_leaving = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SUSPEND_MILLISECONDS)
        self._patience.timeout.connect(self.leave)
        window.guard_closing(self._may_close)
        window.notices.action_chosen.connect(self._on_action_chosen)
        training.trainer.state_changed.connect(self._on_state_changed)

    def _may_close(self) -> bool:
        is_begun = self._training.is_training and self._training.trainer.state is not TrainerState.PLANNING
        if self._is_leaving or not is_begun:
            return True
        if not self._patience.isActive():
            self._asked = self.tr(
                "Training is under way. It is kept as it is now, and can go on when the project is opened again."
            )
            self._window.notices.show_notice(Notice("warning", self._asked, (CLOSE,)))
        return False

    @Slot(object, str)
    def _on_action_chosen(self, _notice: Notice, action: str) -> None:
        if action != CLOSE:
            return
        if self._training.is_training:
            self._window.tell(self.tr("Writing the state of the training; the window closes after that."))
            self._patience.start()
            self._training.trainer.suspend()
        else:
            self.leave()

    @Slot(object)
    def _on_state_changed(self, state: TrainerState) -> None:
        if state is not TrainerState.IDLE:
            return
        if self._patience.isActive():
            self.leave()
        else:
            self._window.notices.withdraw(self._asked)

    @Slot()
    def leave(self) -> None:
        """Close the window; a run that is under way goes on from its last state."""
        self._patience.stop()
        self._is_leaving = True
        self._window.close()
