"""Controls that stand in one line where there is room, and in two where there is not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from crnn_gui.theme import GRID_PX


class FoldingLine(QWidget):
    """Two groups of controls side by side, or the second below the first where the width does not suffice for both.

    Args:
        start: what stands at the left, and above.
        end: what stands at the right, and below.
    """

    def __init__(self, start: QHBoxLayout, end: QHBoxLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._start, self._end = start, end
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(GRID_PX)
        self._box.addLayout(start, 1)
        self._box.addLayout(end)

    def minimumSizeHint(self) -> QSize:
        widest = max(self._start.minimumSize().width(), self._end.minimumSize().width())
        return QSize(widest, self._box.minimumSize().height())

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fold()
        return super().event(event)

    def _fold(self) -> None:
        needed = self._start.sizeHint().width() + self._box.spacing() + self._end.sizeHint().width()
        fits = needed <= self.width()
        wanted = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if self._box.direction() != wanted:
            self._box.setDirection(wanted)
