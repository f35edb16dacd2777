"""The offer to go on with a training run that was interrupted."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.wording import interrupted
from model.annotations import RunRecord


class InterruptedCard(QWidget):
    """Shows an interrupted run; hidden without one.

    Signals:
        resume_requested: the run is to go on.
        give_up_requested: it is to be forgotten.
    """

    resume_requested = Signal()
    give_up_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(self.tr("A run was interrupted"))
        title.setFont(theme.ui_font(points=3, bold=True))
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self.resume_button = QPushButton(icon("play"), self.tr("Go on with it"))
        self.resume_button.clicked.connect(self.resume_requested)
        self.give_up_button = QPushButton(self.tr("Give it up"))
        self.give_up_button.clicked.connect(self.give_up_requested)
        buttons = QHBoxLayout()
        buttons.addWidget(self.resume_button)
        buttons.addWidget(self.give_up_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX)
        layout.addWidget(title)
        layout.addWidget(self._sentence)
        layout.addLayout(buttons)
        self.hide()

    @Slot(object)
    def show_run(self, run: RunRecord | None) -> None:
        """Offer to go on with this run; None takes the offer back."""
        self.setVisible(run is not None)
        if run is not None:
            self._sentence.setText(interrupted(run))
