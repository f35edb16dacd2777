"""The bar above the wall for accepting many readings unseen."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.accepting import Accepting, Stage
from crnn_gui.widgets.folding import FoldingLine
from model.acceptance import SAMPLE, Estimate

_STEPS = 1000


class AcceptPanel(QFrame):
    """A slider for the threshold, what it comes to, and the next step.

    Signals:
        closed: the keys are wanted by the wall again.
    """

    closed = Signal()

    def __init__(self, accepting: Accepting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._accepting = accepting
        self.setObjectName("card")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.sentence = QLabel()
        self.step_button = QPushButton()
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self._share = QLabel()
        self._icon = QLabel()
        self._lay_out()
        self.slider.valueChanged.connect(self._on_slider_moved)
        self.step_button.clicked.connect(self._on_step_clicked)
        self.cancel_button.clicked.connect(accepting.cancel)
        accepting.changed.connect(self._show)
        self.hide()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(8)
        first, steps = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(8)
        steps.setSpacing(8)
        self.slider.setRange(_STEPS // 2, _STEPS - 1)
        self.slider.setPageStep(10)
        self.slider.setValue(round(self._accepting.threshold * _STEPS))
        self.slider.setMinimumWidth(20 * theme.GRID_PX)
        self.slider.setMaximumWidth(40 * theme.GRID_PX)
        self.slider.setAccessibleName(self.tr("Accept readings at least this sure"))
        self.slider.setToolTip(self.slider.accessibleName())
        self._share.setMinimumWidth(self._share.fontMetrics().horizontalAdvance("000.0 %") + 8)
        self._share.setFont(theme.ui_font(bold=True))
        first.addWidget(QLabel(self.tr("Accept above")))
        first.addWidget(self.slider, 1)
        first.addWidget(self._share)
        first.addStretch(1)
        steps.addWidget(self.cancel_button)
        steps.addWidget(self.step_button)
        steps.addStretch()
        self.cancel_button.setProperty("flat", True)
        self.step_button.setProperty("primary", True)
        second = QHBoxLayout()
        second.setSpacing(8)
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        second.addWidget(self._icon)
        second.addWidget(self.sentence, 1)
        layout.addWidget(FoldingLine(first, steps))
        layout.addLayout(second)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._accepting.cancel()
        else:
            super().keyPressEvent(event)

    @Slot(int)
    def _on_slider_moved(self, value: int) -> None:
        self._accepting.set_threshold(value / _STEPS)

    @Slot()
    def _on_step_clicked(self) -> None:
        if self._accepting.stage is Stage.JUDGED:
            self._accepting.accept()
        else:
            self._accepting.draw_sample()

    @Slot()
    def _show(self) -> None:
        accepting = self._accepting
        stage = accepting.stage
        was_shown = not self.isHidden()
        self.setVisible(stage is not Stage.CLOSED)
        if stage is Stage.CLOSED:
            if was_shown:
                self.closed.emit()
            return
        self._share.setText(f"{accepting.threshold * 100:.1f} %")
        self.sentence.setText(self._told())
        icon = {Stage.CONTRADICTED: ("warning", "doubtful"), Stage.JUDGED: ("check-circle", "verified")}
        self._icon.setPixmap(resources.icon(*icon.get(stage, ("info", "accent"))).pixmap(QSize(18, 18)))
        estimate = accepting.estimate
        words = estimate.words if estimate is not None else 0
        self.step_button.setVisible(stage in (Stage.CHOOSING, Stage.JUDGED))
        self.step_button.setEnabled(words > 0)
        if stage is Stage.JUDGED:
            self.step_button.setText(self.tr("Accept {count} readings").format(count=f"{words:,}"))
        else:
            sample = min(SAMPLE, words) if words else SAMPLE
            self.step_button.setText(self.tr("Check a sample of {count}").format(count=sample))

    def _told(self) -> str:
        """Return what there is to say in this stage."""
        accepting = self._accepting
        sampled, estimate = accepting.sampled, accepting.estimate
        numbers = {"checked": sampled.checked, "words": sampled.words, "wrong": sampled.wrong}
        if accepting.stage is Stage.CONTRADICTED:
            told = self.tr(
                "{wrong} of {words} in the sample were wrong, far more than these confidences promise. Nothing more "
                "was accepted; choose a higher threshold, or train on what you verified."
            )
            return told.format(**numbers)
        if estimate is None:
            return self.tr("Counting…")
        if accepting.stage is Stage.SAMPLING:
            told = self.tr(
                "Sample: {checked} of {words} checked, {wrong} wrong. Press Enter where the reading is right, type "
                "where it is not."
            )
            return f"{told.format(**numbers)} {self._promise(estimate)}"
        if accepting.stage is Stage.JUDGED:
            told = self.tr("Sample: {checked} of {words} checked, {wrong} wrong.")
            return f"{told.format(**numbers)} {self._promise(estimate)}"
        return self._promise(estimate)

    def _promise(self, estimate: Estimate) -> str:
        """Return the sentence about how many are accepted, and how many of them are wrong."""
        if not estimate.words:
            return self.tr("No reading that waits is as sure as this.")
        told = self.tr(
            "{words} readings would be accepted, about {expected} of them wrong ({low} to {high}, 19 times in 20)."
        )
        expected = f"{estimate.expected:,.0f}" if estimate.expected >= 1 else f"{estimate.expected:.1f}"
        return told.format(
            words=f"{estimate.words:,}", expected=expected, low=f"{estimate.low:,}", high=f"{estimate.high:,}"
        )
