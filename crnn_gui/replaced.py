"""What to do when the annotation file was replaced while it was open: a question in a bar, and its two answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from crnn_gui.document import Notice, ProjectDocument, SaveState
from model.errors import KnownError

if TYPE_CHECKING:
    from pathlib import Path

    from crnn_gui.services.store_service import StoreService
    from crnn_gui.widgets.main_window import MainWindow


class ReplacedFile(QObject):
    """Asks once, and opens what is there now or the version that was open, saved as a copy with the edits that wait."""

    def __init__(self, document: ProjectDocument, store: StoreService, window: MainWindow) -> None:
        super().__init__(window)
        self._document, self._store, self._window = document, store, window
        self._asked: Notice | None = None
        document.saved_changed.connect(self._on_saved_changed)
        window.notices.action_chosen.connect(self._on_action_chosen)

    @Slot(object)
    def _on_saved_changed(self, state: SaveState) -> None:
        if not state.is_replaced:
            self._asked = None
        elif self._asked is None and self._document.project is not None:
            save = self.tr("Save my version as a copy")
            is_gone = not self._document.project.file.exists()
            actions = (self.tr("Save my version"),) if is_gone else (save, self.tr("Open what is there now"))
            self._asked = Notice("error", state.problem, actions)
            self._window.notices.show_notice(self._asked)

    @Slot(object, str)
    def _on_action_chosen(self, notice: Notice, action: str) -> None:
        project = self._document.project
        if notice is not self._asked or project is None:
            return
        self._window.annotate.editor.keep()
        if action == notice.actions[0]:
            is_gone = not project.file.exists()
            stamp = time.strftime("%Y%m%d-%H%M%S")
            copy = project.file if is_gone else project.file.with_name(f"{project.file.stem}-mine-{stamp}.crnn")
            self._store.give_up(copy, lambda: self._open(project.place if is_gone else copy), self._on_refused)
        else:
            self._store.give_up(None, lambda: self._open(project.place), self._on_refused)

    def _open(self, path: Path) -> None:
        self._document.close_project()
        self._document.open_path(path)

    def _on_refused(self, error: Exception) -> None:
        if not isinstance(error, KnownError):
            raise error
        self._window.notices.show_notice(Notice("error", str(error)))
        if self._asked is not None:
            self._window.notices.show_notice(self._asked)
