"""The narrow rail at the left edge: one button for each workspace."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

WIDTH_PX = 72


class Rail(QFrame):
    """Shows which workspace is on and switches between them."""

    def __init__(self, top: Iterable[QAction], bottom: Iterable[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(WIDTH_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 8)
        layout.setSpacing(4)
        for action in top:
            layout.addWidget(self._button(action))
        layout.addStretch(1)
        for action in bottom:
            layout.addWidget(self._button(action))

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(22, 22))
        button.setMinimumWidth(WIDTH_PX - 8)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
