"""The desk, and what is shown in its place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

_PAGING = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CoverStack(QStackedWidget):
    """Shows the workspaces, or the empty start, the settings or a panel in their place.

    Page Up and Page Down turn the pages of the project only where one is seen. Elsewhere they belong to the list, the
    slider or the text that has the keyboard.

    Args:
        page_view: what shows the open page.
    """

    def __init__(self, page_view: QWidget) -> None:
        super().__init__()
        self._page_view = page_view

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
            if event.key() in _PAGING and is_plain and not self._page_view.isVisible():
                event.accept()
                return True
        return super().event(event)
