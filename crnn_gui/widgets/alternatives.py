"""The recogniser's other readings of a word, each one key away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from crnn_gui import theme

MOST_ALTERNATIVES = 9
"""As many as there are digits for them."""


class Alternatives(QWidget):
    """The recogniser's other readings; Alt and a digit takes one."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._buttons = [_Row(n) for n in range(1, MOST_ALTERNATIVES + 1)]
        for n, button in enumerate(self._buttons):
            self._grid.addWidget(button, n, 0)
            button.clicked.connect(lambda _checked, n=n: self.chosen.emit(n + 1))
        self.show_texts(())

    def show_texts(self, texts: list[tuple[str, float]] | tuple[()]) -> None:
        """Offer these readings, each with its confidence."""
        for n, button in enumerate(self._buttons):
            button.setVisible(n < len(texts))
            if n < len(texts):
                button.show_alternative(*texts[n])


class _Row(QPushButton):
    """A row: key, text, confidence."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._text, self._confidence = "", 0.0
        self.setProperty("flat", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(24)

    def show_alternative(self, text: str, confidence: float) -> None:
        self._text, self._confidence = text, confidence
        name = self.tr("Alternative {number}: {text}, {confidence}")
        self.setAccessibleName(name.format(number=self._number, text=text, confidence=f"{confidence:.0%}"))
        self.setToolTip(self.tr("Take this reading  (Alt+{number})").format(number=self._number))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        look = theme.tokens()
        rect = self.rect().adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(look.color("muted"))
        painter.setFont(theme.ui_font(points=-1))
        painter.drawText(rect, int(middle | Qt.AlignmentFlag.AlignLeft), f"Alt+{self._number}")
        painter.drawText(rect, int(middle | Qt.AlignmentFlag.AlignRight), f"{self._confidence:.0%}")
        painter.setFont(theme.ui_font(points=1))
        painter.setPen(look.color("text"))
        room = rect.adjusted(52, 0, -44, 0)
        text = QFontMetrics(painter.font()).elidedText(self._text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), text)
