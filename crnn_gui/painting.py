"""Keeps what is heavy away from a window until it is on the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

PAINTED_AT_THE_LATEST_MILLISECONDS = 2000


class OncePainted(QObject):
    """Makes a call when a window has been painted for the first time, so that nothing heavy comes before that.

    How many turns of the event loop the painting takes is up to the window system. A window that it does not show,
    because it lies on another desktop, must not wait for ever.
    """

    def __init__(self, window: QWidget, call: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._call = call
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.timeout.connect(self._on_due)
        self._deadline.start(PAINTED_AT_THE_LATEST_MILLISECONDS)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._deadline.start(0)  # the widgets in the window are painted in the same turn
        return False

    @Slot()
    def _on_due(self) -> None:
        self._window.removeEventFilter(self)
        self._call()
        self.deleteLater()
