"""Going from word to word that waits for a human: along the page, and on to the next page that has one."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.reviewing import WAITING
from model.annotations import Page


class Walk(QObject):
    """Selects the next word that waits, wherever it is. Past the last page it goes on with the first.

    Signals:
        arrived: the word is selected, and the pixels of its page are there.
        ended: no word of the project waits, so the selection stays.
    """

    arrived = Signal()
    ended = Signal()

    def __init__(self, document: ProjectDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._step = 1
        self._ahead: list[int] = []
        self._is_there = False
        document.page_opened.connect(self._on_page_opened)
        document.image_ready.connect(self._on_image_ready)
        document.pages_changed.connect(self._on_pages_changed)

    @property
    def is_under_way(self) -> bool:
        """Whether another page is being opened; what is typed meanwhile is meant for no word that can be seen."""
        return bool(self._ahead)

    def go(self, step: int) -> None:
        """Go to the next (+1) or the previous (-1) word that waits."""
        if self.is_under_way or self._document.page is None:
            return
        self._step = step
        if self._document.step_word(step, WAITING):
            self.arrived.emit()
        else:
            self._ahead = self._pages_ahead()
            self._travel()

    def _pages_ahead(self) -> list[int]:
        """Return the pages with words that wait, in the order of the walk; the current one is the last."""
        assert self._document.page is not None, "the walk is on a page"
        order = self._document.pages[:: self._step]
        here = next(i for i, page in enumerate(order) if page.id == self._document.page.id) + 1
        return [page.id for page in order[here:] + order[:here] if not page.problem and self._waits(page)]

    def _waits(self, page: Page) -> bool:
        counts = self._document.page_counts(page.id)
        return counts.suggested + counts.unlabelled > 0

    def _travel(self) -> None:
        self._is_there = False
        if self._ahead:
            self._document.open_page(self._ahead[0])
        else:
            self.ended.emit()

    def _arrive(self) -> None:
        ahead, self._ahead = self._ahead[1:], []
        if self._document.step_word(self._step, WAITING):
            self.arrived.emit()
        else:  # what was known of the page was out of date
            self._ahead = ahead
            self._travel()

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        self._is_there = page is not None and page.id in self._ahead[:1]
        if not self._is_there:
            self._ahead = []  # the user went elsewhere

    @Slot(object)
    def _on_image_ready(self, _image: object) -> None:
        if self._ahead and self._is_there:
            self._arrive()

    @Slot()
    def _on_pages_changed(self) -> None:
        if self._ahead and self._document.page_of(self._ahead[0]).problem:
            del self._ahead[0]  # nobody can say what is written on it
            self._travel()
