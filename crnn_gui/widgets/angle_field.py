"""The angle of the selected box, to read and to type, in the bar above the page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QWidget

from crnn_gui.document import ProjectDocument
from model import geometry

STEP_DEGREES = 1.0


class AngleField(QDoubleSpinBox):
    """Degrees clockwise, 0 for text from left to right. Typed values count once Enter is pressed or the field is left.

    Signals:
        angle_chosen: the degrees that were typed or stepped to.
        done: Enter or Esc was pressed; the keys are the page's again.
    """

    angle_chosen = Signal(float)
    done = Signal()

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setRange(-180.0, 180.0)
        self.setDecimals(1)
        self.setSingleStep(STEP_DEGREES)
        self.setWrapping(True)
        self.setSuffix("°")
        self.setKeyboardTracking(False)
        self.setCorrectionMode(QAbstractSpinBox.CorrectionMode.CorrectToNearestValue)
        self.setAccessibleName(self.tr("Angle of the box"))
        self.setToolTip(self.tr("Angle of the box in degrees clockwise; Shift+drag its handle for steps of 15°"))
        self.valueChanged.connect(self._on_value_changed)
        self.lineEdit().returnPressed.connect(self.done)
        document.selection_changed.connect(self.refresh)
        document.words_changed.connect(self.refresh)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.refresh()
            self.done.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def refresh(self) -> None:
        """Show the angle of the current word's box."""
        selection = self._document.selection
        # While a deletion is being told, the selection still names the word that went.
        word = self._document.words.get(selection[-1]) if selection else None
        self.setEnabled(word is not None and not self._document.read_only)
        self.blockSignals(True)
        self.setValue(geometry.angle(word.box) if word is not None else 0.0)
        self.blockSignals(False)

    @Slot(float)
    def _on_value_changed(self, degrees: float) -> None:
        self.angle_chosen.emit(degrees)
