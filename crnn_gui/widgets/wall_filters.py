"""The finer filters of the review wall: how sure a reading is, and which weights it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from crnn_gui import theme


class WallFilters(QWidget):
    """Two sliders around a range of confidences, and the weights.

    Signals:
        changed: something else is to be let through.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.least_slider = _slider(0, self.tr("At least this sure"))
        self.most_slider = _slider(100, self.tr("At most this sure"))
        self.weights_box = QComboBox()
        self.clear_button = QPushButton(self.tr("Clear"))
        self._range = QLabel()
        self._lay_out()
        self.least_slider.valueChanged.connect(self._on_least_changed)
        self.most_slider.valueChanged.connect(self._on_most_changed)
        self.weights_box.currentIndexChanged.connect(self._tell)
        self.clear_button.clicked.connect(self.clear)
        self.show_weights({})
        self._show_range()

    def _lay_out(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        label = QLabel(self.tr("Confidence"))
        label.setProperty("muted", True)
        self._range.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._range.setMinimumWidth(self._range.fontMetrics().horizontalAdvance("000 – 000 %") + 8)
        self.weights_box.setAccessibleName(self.tr("Weights"))
        self.clear_button.setProperty("flat", True)
        for widget in (label, self.least_slider, self._range, self.most_slider):
            line.addWidget(widget)
        line.addSpacing(8)
        line.addWidget(self.weights_box)
        line.addWidget(self.clear_button)
        line.addStretch(1)

    @property
    def least(self) -> float:
        """The smallest confidence that passes, in [0, 1]."""
        return self.least_slider.value() / 100

    @property
    def most(self) -> float:
        """The greatest confidence that passes, in [0, 1]."""
        return self.most_slider.value() / 100

    @property
    def weights(self) -> str:
        """Hash of the weights whose readings pass; empty for any."""
        return str(self.weights_box.currentData() or "")

    def show_weights(self, weights: Mapping[str, tuple[str, int]]) -> None:
        """Offer weights by hash: their name, and how many words they read last."""
        chosen = self.weights
        with QSignalBlocker(self.weights_box):
            self.weights_box.clear()
            self.weights_box.addItem(self.tr("Any weights"), "")
            for key, (name, words) in weights.items():
                self.weights_box.addItem(f"{name}  {words:,}", key)
            self.weights_box.setCurrentIndex(max(0, self.weights_box.findData(chosen)))

    @Slot()
    def clear(self) -> None:
        """Let everything through."""
        before = (self.least, self.most, self.weights)
        for widget in (self.least_slider, self.most_slider, self.weights_box):
            widget.blockSignals(True)
        self.least_slider.setValue(0)
        self.most_slider.setValue(100)
        self.weights_box.setCurrentIndex(0)
        for widget in (self.least_slider, self.most_slider, self.weights_box):
            widget.blockSignals(False)
        self._show_range()
        if before != (self.least, self.most, self.weights):
            self.changed.emit()

    @Slot(int)
    def _on_least_changed(self, value: int) -> None:
        self.most_slider.setValue(max(value, self.most_slider.value()))
        self._tell()

    @Slot(int)
    def _on_most_changed(self, value: int) -> None:
        self.least_slider.setValue(min(value, self.least_slider.value()))
        self._tell()

    @Slot()
    def _tell(self) -> None:
        self._show_range()
        self.changed.emit()

    def _show_range(self) -> None:
        self._range.setText(f"{self.least_slider.value()} – {self.most_slider.value()} %")


def _slider(value: int, name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, 100)
    slider.setPageStep(10)
    slider.setValue(value)
    slider.setFixedWidth(16 * theme.GRID_PX)
    slider.setToolTip(name)
    slider.setAccessibleName(name)
    return slider
