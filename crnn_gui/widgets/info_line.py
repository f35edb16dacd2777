"""An icon and a sentence, in the colour of what they say; and the small captions above things."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from crnn_gui import resources, theme

ICON_PX = 16


class InfoLine(QWidget):
    """An icon and a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ("", "", "")
        self._icon = QLabel()
        self._icon.setFixedWidth(ICON_PX)
        self._text = QLabel()
        self._text.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._icon, alignment=Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)

    @property
    def text(self) -> str:
        """The sentence."""
        return self._text.text()

    def show_line(self, icon: str, token: str, text: str) -> None:
        """Show a sentence with the icon of that name in a colour of :class:`crnn_gui.theme.Tokens`."""
        if (icon, token) != self._shown[:2]:
            self._icon.setPixmap(resources.icon(icon, token).pixmap(QSize(ICON_PX, ICON_PX)))
        self._shown = (icon, token, text)
        self._text.setText(text)
        # Short states stand in a row and must not be broken; sentences may.
        self._text.setWordWrap(len(text) > 20)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown[0]:
            shown, self._shown = self._shown, ("", "", "")
            self.show_line(*shown)


def caption(text: str) -> QLabel:
    """Return a small muted label."""
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setFont(theme.ui_font(points=-1))
    return label
