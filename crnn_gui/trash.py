"""The trash as a person sees it: what lies there, taking it back, and emptying it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QImage

from crnn_gui.document import ProjectDocument
from crnn_gui.services.crops import Crops
from crnn_gui.services.pages import Thumbnails
from crnn_gui.services.store_service import StoreService
from model.annotations import Edit, Page
from model.store import AnnotationStore, DeletedWord, Trash, TrashedPage

SOON_MILLISECONDS = 200


class ProjectTrash(QObject):
    """What was deleted from the open project. It is read while somebody looks at it.

    Signals:
        changed: Trash.
        pictures_ready: pictures that were asked for can be had now.
    """

    changed = Signal(object)
    pictures_ready = Signal()

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        *,
        thumbnails: Thumbnails,
        crops: Crops,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._store = document, store
        self._thumbnails, self._crops = thumbnails, crops
        self._is_watched = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MILLISECONDS)
        self._soon.timeout.connect(self._read)
        thumbnails.ready.connect(self.pictures_ready)
        crops.ready.connect(self.pictures_ready)
        document.edited.connect(self._on_edited)
        document.project_changed.connect(self._on_project_changed)

    @property
    def may_change(self) -> bool:
        """Whether anything can be taken back or forgotten."""
        return not self._document.read_only

    def watch(self, is_watched: bool) -> None:
        """Read the trash now and after every edit, or stop that."""
        self._is_watched = is_watched
        if is_watched:
            self._read()

    def picture(self, item: TrashedPage | DeletedWord) -> QImage | None:
        """Return a picture of a page or a word, or None for now. One that cannot be made is null."""
        path = self._path(item.page)
        if isinstance(item, TrashedPage):
            return self._thumbnails.get(item.page.id, path)
        return self._crops.get(item.word.id, item.word.box, path)

    def restore(self, items: Sequence[TrashedPage | DeletedWord]) -> None:
        """Take pages and words back, as one undo step."""
        pages = [item.page.id for item in items if isinstance(item, TrashedPage)]
        self._document.restore(pages, [item.word for item in items if isinstance(item, DeletedWord)])

    def empty(self) -> None:
        """Forget the pages in the trash for good, with their words and what Undo knows of them."""
        if not self.may_change:
            return

        def empty(store: AnnotationStore) -> list[Edit]:
            store.empty_trash()
            return store.undo_history()

        def emptied(history: list[Edit]) -> None:
            self._document.forget_trash(history)
            self._read()

        self._store.write(empty, emptied)

    def _path(self, page: Page) -> Path:
        return self._document.page_path(page)

    def _read(self) -> None:
        if self._is_watched and self._document.project is not None:
            self._store.read(lambda store: store.trash(), self.changed.emit)

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        if self._is_watched:
            self._soon.start()

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._crops.clear()
        self.changed.emit(Trash())
        self._read()
