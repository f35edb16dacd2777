"""Going from word to word that waits for a human: along the page, and on to the next page that has one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

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
        self._target: int | None = None
        self._ahead: Iterator[int] = iter(())
        self._is_there = False
        document.page_opened.connect(self._on_page_opened)
        document.image_ready.connect(self._on_image_ready)
        document.pages_changed.connect(self._on_pages_changed)

    @property
    def is_under_way(self) -> bool:
        """Whether another page is being opened; what is typed meanwhile is meant for no word that can be seen."""
        return self._target is not None

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

    def _pages_ahead(self) -> Iterator[int]:
        """Yield the pages with words that wait, in the order of the walk; the current one is the last.

        Of 100,000 pages the next one is wanted, so the rest is not looked at.
        """
        current = self._document.page
        assert current is not None, "the walk is on a page"
        order = self._document.pages[:: self._step]
        here = next(i for i, page in enumerate(order) if page.id == current.id) + 1
        for page in chain(islice(order, here, None), islice(order, here)):
            if not page.problem and self._waits(page):
                yield page.id

    def _waits(self, page: Page) -> bool:
        counts = self._document.page_counts(page.id)
        return counts.suggested + counts.unlabelled > 0 or self._document.is_being_counted(page.id)

    def _travel(self) -> None:
        self._is_there = False
        self._target = next(self._ahead, None)
        if self._target is not None:
            self._document.open_page(self._target)
        else:
            self.ended.emit()

    def _arrive(self) -> None:
        self._target = None
        if self._document.step_word(self._step, WAITING):
            self.arrived.emit()
        else:  # what was known of the page was out of date
            self._travel()

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        self._is_there = page is not None and page.id == self._target
        if not self._is_there:
            self._target = None  # the user went elsewhere

    @Slot(object)
    def _on_image_ready(self, _image: object) -> None:
        if self._is_there and self._target is not None:
            self._arrive()

    @Slot()
    def _on_pages_changed(self) -> None:
        if self._target is not None and self._document.page_of(self._target).problem:
            self._travel()  # nobody can say what is written on it
