"""Lists of pages and of words for Qt's views. They hold ids and look everything else up in the document."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from pathlib import PurePosixPath
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.crops import Crops
from crnn_gui.services.pages import Thumbnails
from crnn_gui.services.survey import FoundWord
from model.annotations import Edit, Page, State

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
                return PurePosixPath(page.path).name
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
            rows = [page.id for page in self._document.pages]
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
        self._places = {page_id: row for row, page_id in enumerate(rows)}

    def _tell_changed(self, page_ids: Iterable[int]) -> None:
        for page_id in page_ids:
            if page_id in self._places:
                index = self.index(self._places[page_id])
                self.dataChanged.emit(index, index)

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


class WordRole(IntEnum):
    """What a word's row can be asked for, besides its text."""

    WORD = Qt.ItemDataRole.UserRole + 1
    PREDICTION = Qt.ItemDataRole.UserRole + 2
    STATE = Qt.ItemDataRole.UserRole + 3
    CONFIDENCE = Qt.ItemDataRole.UserRole + 4
    CROP = Qt.ItemDataRole.UserRole + 5
    PAGE = Qt.ItemDataRole.UserRole + 6


class WordListModel(QAbstractListModel):
    """Words of all pages for the review wall, the least certain first.

    What is listed is decided when it is loaded: a word that is accepted stays where it is, so that the wall does not
    move under the user's hands. Deleted words leave.
    """

    def __init__(self, document: ProjectDocument, crops: Crops, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._crops = crops
        self._search = ""
        self._loaded: dict[int, FoundWord] = {}
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        self._survey = document.survey(self)
        self._survey.found.connect(self._on_found)
        self._survey.ended.connect(self._on_ended)
        crops.ready.connect(self._on_crops_ready)
        document.project_changed.connect(self._on_project_changed)
        document.edited.connect(self._on_edited)
        document.predicted.connect(self._on_predicted)

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        found = self.found(index)
        word, prediction = found.word, found.prediction
        page = self._document.page_of(word.page_id)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _text(found)
            case WordRole.WORD:
                return word
            case WordRole.PREDICTION:
                return prediction
            case WordRole.STATE:
                return word.state(prediction)
            case WordRole.CONFIDENCE:
                return prediction.confidence if prediction is not None else None
            case WordRole.CROP:
                return self._crops.get(word.id, word.box, self._document.page_path(page))
            case WordRole.PAGE:
                return page
        return None

    def found(self, index: Index) -> FoundWord:
        """Return the word of a row and its prediction."""
        return self._loaded[self._rows[index.row()]]

    def load(self, state: State | None = None) -> None:
        """List the words in one state, or all of them. They come in portions and are sorted when all are there."""
        self._forget()
        self._survey.start(state)

    @Slot(str)
    def set_search(self, text: str) -> None:
        """List only the words whose label or prediction holds this text, whatever its case."""
        self._search = text.strip().casefold()
        self._list_words()

    def _forget(self) -> None:
        self.beginResetModel()
        self._loaded = {}
        self._take([])
        self.endResetModel()

    def _list_words(self) -> None:
        rows = [i for i, found in self._loaded.items() if not self._search or self._search in _text(found).casefold()]
        rows.sort(key=lambda i: _certainty(self._loaded[i]))
        self.beginResetModel()
        self._take(rows)
        self.endResetModel()

    def _take(self, rows: list[int]) -> None:
        self._rows = rows
        self._places = {word_id: row for row, word_id in enumerate(rows)}

    def _tell_changed(self, word_ids: Iterable[int]) -> None:
        for word_id in word_ids:
            if word_id in self._places:
                index = self.index(self._places[word_id])
                self.dataChanged.emit(index, index)

    @Slot(object)
    def _on_found(self, found: tuple[FoundWord, ...]) -> None:
        is_first = not self._loaded
        self._loaded |= {f.word.id: f for f in found}
        if is_first:  # the first screenful at once, the rest when it is complete: sorting it again moves every row
            self._list_words()

    @Slot()
    def _on_ended(self) -> None:
        self._list_words()

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._survey.stop()
        self._crops.clear()
        self._forget()

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        changed = [c for c in edit.changes if c.word_id in self._loaded]
        for change in changed:
            old = self._loaded[change.word_id]
            if change.after is None:
                del self._loaded[change.word_id]
            else:
                is_moved = old.word.box != change.after.box
                self._loaded[change.word_id] = FoundWord(change.after, None if is_moved else old.prediction)
        if any(c.after is None for c in changed):
            self._drop_deleted()
        self._tell_changed(c.word_id for c in changed)

    def _drop_deleted(self) -> None:
        self.beginResetModel()
        self._take([word_id for word_id in self._rows if word_id in self._loaded])
        self.endResetModel()

    @Slot(object)
    def _on_predicted(self, read: tuple[tuple[int, Any, Any], ...]) -> None:
        changed = []
        for word_id, box, prediction in read:
            found = self._loaded.get(word_id)
            if found is not None and found.word.box == box:
                self._loaded[word_id] = FoundWord(found.word, prediction)
                changed.append(word_id)
        self._tell_changed(changed)

    @Slot(object)
    def _on_crops_ready(self, word_ids: frozenset[int]) -> None:
        self._tell_changed(word_ids)


def _text(found: FoundWord) -> str:
    if found.word.label is not None:
        return found.word.label
    return found.prediction.text if found.prediction is not None else ""


def _certainty(found: FoundWord) -> tuple[float, int]:
    return (found.prediction.confidence if found.prediction is not None else -1.0, found.word.id)
