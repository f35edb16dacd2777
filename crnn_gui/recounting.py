"""Counting pages again whose words changed where the document does not see them: which have a prediction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.project_values import WITHOUT_WORDS
from crnn_gui.services.store_service import StoreService
from model.store import Counts

if TYPE_CHECKING:
    from model.store import AnnotationStore

RECOUNT_MILLISECONDS = 500

PORTION = 1000
"""Pages whose numbers are taken over at once; those of many more would hold the hands up."""


class Recount(QObject):
    """Gathers pages for half a second and counts them in the file, and no others: a project may have 100,000.

    Signals:
        counted: dict of Counts by page id.
    """

    counted = Signal(object)

    def __init__(self, store: StoreService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._pages: set[int] = set()
        self._words: set[int] = set()
        self._uncounted: set[int] = set()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(RECOUNT_MILLISECONDS)
        self._soon.timeout.connect(self._on_due)

    def add(self, *, pages: Iterable[int] = (), words: Iterable[int] = ()) -> None:
        """Have these pages counted, and the pages of these words."""
        self._pages.update(pages)
        self._uncounted |= self._pages
        self._words.update(words)
        if (self._pages or self._words) and not self._soon.isActive():
            self._soon.start()

    def is_due(self, page_id: int) -> bool:
        """Whether a page waits for being counted, so that its numbers are those from before an edit."""
        return page_id in self._uncounted

    @Slot()
    def forget(self) -> None:
        """Count nothing of what was asked for: another project is open, or none."""
        self._soon.stop()
        for asked in (self._pages, self._words, self._uncounted):
            asked.clear()

    @Slot()
    def _on_due(self) -> None:
        pages, words = self._pages, self._words
        self._pages, self._words = set(), set()
        self._store.read(lambda store: sorted(pages | store.pages_of(words)), self._count)

    def _count(self, pages: list[int]) -> None:
        for start in range(0, len(pages), PORTION):
            self._count_portion(pages[start : start + PORTION])

    def _count_portion(self, pages: list[int]) -> None:
        def count(store: AnnotationStore) -> dict[int, Counts]:
            return dict.fromkeys(pages, WITHOUT_WORDS) | store.page_counts(pages)

        self._store.read(count, self._on_counted)

    def _on_counted(self, counts: dict[int, Counts]) -> None:
        self._uncounted -= counts.keys() - self._pages
        self.counted.emit(counts)
