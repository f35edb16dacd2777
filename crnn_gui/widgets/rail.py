"""The narrow rail at the left edge: one button for each workspace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from crnn_gui import theme

WIDTH_PX = 72
DOT_PX = 8


class Rail(QFrame):
    """Shows which workspace is on, switches between them, and marks one where something has happened meanwhile."""

    def __init__(self, top: Mapping[str, QAction], bottom: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(theme.scaled(WIDTH_PX))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 8)
        layout.setSpacing(4)
        self._workspaces = {name: self._button(action) for name, action in top.items()}
        for button in self._workspaces.values():
            layout.addWidget(button)
        layout.addStretch(1)
        for action in bottom:
            layout.addWidget(self._button(action))

    def mark(self, name: str, flag: bool = True) -> None:
        """Put a dot at a workspace's icon, or take it away."""
        self._workspaces[name].set_marked(flag)

    def is_marked(self, name: str) -> bool:
        """Whether a workspace has a dot."""
        return self._workspaces[name].is_marked

    def _button(self, action: QAction) -> _Button:
        button = _Button()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(theme.scaled(22), theme.scaled(22)))
        button.setMinimumWidth(theme.scaled(WIDTH_PX) - 8)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button


class _Button(QToolButton):
    def __init__(self) -> None:
        super().__init__()
        self.is_marked = False

    def set_marked(self, flag: bool) -> None:
        self.is_marked = flag
        self.setAccessibleDescription(self.tr("Something new is here.") if flag else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.is_marked:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.tokens().color("accent"))
            painter.drawEllipse(QPointF(self.width() / 2 + 14, 12), DOT_PX / 2, DOT_PX / 2)
