"""The list of pages for Qt's views. It holds ids and looks everything else up in the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum, StrEnum
from itertools import groupby
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.pages import Thumbnails
from crnn_gui.services.survey import FoundWord
from model.annotations import Page, State
from model.documents import shown_name

Index = QModelIndex | QPersistentModelIndex

DOUBT_BELOW = 0.85

_NOWHERE = QModelIndex()


class PageRole(IntEnum):
    """What a page's row can be asked for, besides its name as text."""

    PAGE = Qt.ItemDataRole.UserRole + 1
    PATH = Qt.ItemDataRole.UserRole + 2
    THUMBNAIL = Qt.ItemDataRole.UserRole + 3
    COUNTS = Qt.ItemDataRole.UserRole + 4


class PageFilter(StrEnum):
    """Which pages are listed."""

    ALL = "all"
    TODO = "todo"
    DOUBTFUL = "doubtful"
    DONE = "done"


def runs(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each succession of rows that follow each other."""
    for _, run in groupby(enumerate(sorted(rows)), key=lambda one: one[1] - one[0]):
        found = [row for _, row in run]
        yield found[0], found[-1]


class PageListModel(QAbstractListModel):
    """The project's pages, one a row, narrowed by a chip and a search."""

    def __init__(self, document: ProjectDocument, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._thumbnails = thumbnails
        self._filter = PageFilter.ALL
        self._search = ""
        self._doubt_below = DOUBT_BELOW
        self._doubtful: set[int] = set()
        self._survey = document.survey(self)
        self._survey.found.connect(self._on_doubtful_found)
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        thumbnails.ready.connect(self._on_thumbnail_ready)
        document.project_changed.connect(self._on_project_changed)
        document.pages_changed.connect(self._on_pages_changed)
        document.page_counts_changed.connect(self._on_page_counts_changed)
        self._on_pages_changed()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        page = self._document.page_of(self._rows[index.row()])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return shown_name(page.path)
            case Qt.ItemDataRole.ToolTipRole:
                return page.problem or page.path
            case PageRole.PAGE:
                return page
            case PageRole.PATH:
                return self._document.page_path(page)
            case PageRole.THUMBNAIL:
                return self._thumbnails.get(page.id, self._document.page_path(page))
            case PageRole.COUNTS:
                return self._document.page_counts(page.id)
        return None

    def index_of(self, page_id: int) -> QModelIndex:
        """Return the page's row; an invalid index when it is not listed."""
        row = self._places.get(page_id)
        return QModelIndex() if row is None else self.index(row)

    @Slot(object)
    def set_filter(self, chosen: PageFilter) -> None:
        """List only the pages a chip stands for. They stay as they are until it is chosen again."""
        self._filter = chosen
        self._doubtful.clear()
        if chosen is PageFilter.DOUBTFUL:
            self._survey.start(State.SUGGESTED)
        else:
            self._survey.stop()
        self._list_pages()

    @Slot(str)
    def set_search(self, text: str) -> None:
        """List only the pages with this text in their path, whatever its case."""
        self._search = text.strip().casefold()
        self._list_pages()

    def set_doubt_below(self, confidence: float) -> None:
        """Take readings below this confidence for doubtful."""
        self._doubt_below = confidence

    def _matches(self, page: Page) -> bool:
        if self._search and self._search not in page.path.casefold():
            return False
        counts = self._document.page_counts(page.id)
        is_done = page.verified or (counts.words > 0 and counts.words == counts.verified + counts.ignored)
        match self._filter:
            case PageFilter.TODO:
                return not is_done
            case PageFilter.DONE:
                return is_done
            case PageFilter.DOUBTFUL:
                return page.id in self._doubtful
        return True

    def _list_pages(self) -> None:
        if self._filter is PageFilter.ALL and not self._search:
            rows = self._document.page_ids
        else:
            rows = [page.id for page in self._document.pages if self._matches(page)]
        old = len(self._rows)
        if old and rows[:old] == self._rows:
            if len(rows) > old:
                self.beginInsertRows(QModelIndex(), old, len(rows) - 1)
                self._take(rows)
                self.endInsertRows()
            return
        self.beginResetModel()
        self._take(rows)
        self.endResetModel()

    def _take(self, rows: list[int]) -> None:
        self._rows = rows
        self._places = dict(zip(rows, range(len(rows)), strict=True))

    def _tell_changed(self, page_ids: Iterable[int]) -> None:
        rows = [self._places[page_id] for page_id in page_ids if page_id in self._places]
        if rows:  # once for all: an edit may change thousands of pages
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._thumbnails.clear()
        self._doubtful.clear()
        self.beginResetModel()
        self._take([])
        self.endResetModel()

    @Slot()
    def _on_pages_changed(self) -> None:
        self._list_pages()
        current = self._document.page
        self._tell_changed([current.id] if current is not None else [])

    @Slot(object)
    def _on_page_counts_changed(self, page_ids: frozenset[int]) -> None:
        self._tell_changed(page_ids)

    @Slot(int)
    def _on_thumbnail_ready(self, page_id: int) -> None:
        self._tell_changed([page_id])

    @Slot(object)
    def _on_doubtful_found(self, found: tuple[FoundWord, ...]) -> None:
        self._doubtful |= {
            f.word.page_id for f in found if f.prediction and f.prediction.confidence < self._doubt_below
        }
        self._list_pages()
