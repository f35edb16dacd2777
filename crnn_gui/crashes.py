"""Exceptions that nobody caught: they are logged and shown, and the program goes on."""

from __future__ import annotations

import logging
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from crnn_gui.services.store_service import StoreService
    from crnn_gui.widgets.crash_dialog import CrashDialog

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Shows exceptions that nobody caught, and lets the program go on.

    An exception may come from any thread; the signal brings it to the GUI thread.
    """

    crashed = Signal(str)

    def __init__(self, log_file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._log_file = log_file
        self._store: StoreService | None = None
        self._dialog: CrashDialog | None = None
        self.crashed.connect(self._on_crashed)

    def watch(self, store: StoreService) -> None:
        """Tell with a crash what it means for the work that this service saves."""
        self._store = store

    def hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Stand in for ``sys.excepthook``."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.critical("uncaught exception", exc_info=(kind, error, trace))
        self.crashed.emit("".join(traceback.format_exception(kind, error, trace)))

    def thread_hook(self, thrown: threading.ExceptHookArgs) -> None:
        """Stand in for ``threading.excepthook``."""
        if thrown.exc_value is not None:
            self.hook(thrown.exc_type, thrown.exc_value, thrown.exc_traceback)

    @Slot(str)
    def _on_crashed(self, details: str) -> None:
        # One dialog at a time: an error in a paint event would otherwise open a hundred of them.
        if self._dialog is not None and self._dialog.isVisible():
            return
        from crnn_gui.widgets.crash_dialog import CrashDialog

        waiting = self._store.saved.pending if self._store is not None else 0
        self._dialog = CrashDialog(details, self._log_file, waiting=waiting, parent=QApplication.activeWindow())
        self._dialog.show()
