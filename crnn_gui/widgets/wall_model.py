"""The words of all pages for the review wall: as many as are looked at, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.item_models import runs
from crnn_gui.reviewing import WAITING, Reviewing
from crnn_gui.services.survey import FoundWord
from crnn_gui.widgets.wall_tally import Tally, WallFilter
from crnn_gui.widgets.word_look import look_of, shown_text
from model.annotations import Box, Edit, Prediction, Word
from model.review_queries import ReviewQuery

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

FIRST_ROWS = 400
MORE_ROWS = 1000


class WallModel(QAbstractListModel):
    """What hangs on the wall.

    Which words hang there, and in which order, is decided when they are listed: a word that is accepted stays where it
    is, so that nothing moves under the user's hands, until :meth:`load` is called. Deleted words leave at once. Of many
    words the first hang at once; the others follow as the view comes near the end (Qt's ``fetchMore``).

    Signals:
        outdated: words came that belong on the wall; :meth:`load` hangs them.
        summary_changed: the number of rows, of decided ones among them, or whether loading goes on, has changed.
        refused: a sentence that says why the words cannot be listed.
    """

    outdated = Signal()
    summary_changed = Signal()
    refused = Signal(str)

    def __init__(self, document: ProjectDocument, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._reviewing = reviewing
        self._filter = WallFilter.TODO
        self._query = ReviewQuery(states=WallFilter.TODO.states)
        self._sample: tuple[int, ...] | None = None
        self._loaded: dict[int, FoundWord] = {}
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        self._decided: set[int] = set()
        self._round = 0
        self._is_loading = False
        self._is_growing = False
        self._edited_since: dict[int, Word | None] = {}
        self._read_since: dict[int, tuple[Box, Prediction]] = {}
        self.tally = Tally(reviewing, self)
        self.tally.changed.connect(self.summary_changed)
        document.project_changed.connect(self._on_project_changed)
        document.page_opened.connect(self._on_page_opened)
        document.edited.connect(self._on_edited)
        document.words_taken_in.connect(self.outdated)
        document.predicted.connect(self._on_predicted)

    # For the view

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags if self._document.read_only else flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        found = self.found(index)
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return shown_text(found.word, found.prediction)
            case Qt.ItemDataRole.AccessibleTextRole:
                look = look_of(found.word, found.prediction)
                return f"{shown_text(found.word, found.prediction) or self.tr('no text')}, {look.name.lower()}"
            case Qt.ItemDataRole.ToolTipRole:
                return self._document.page_of(found.word.page_id).path
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Let a typed text stand for the word of a row."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        self._reviewing.correct(self.found(index).word, value)
        return True

    def found(self, index: Index) -> FoundWord:
        """Return the word of a row and its prediction."""
        return self._loaded[self._rows[index.row()]]

    def is_decided(self, index: Index) -> bool:
        """Whether the row's word was decided on since it was listed, so that it would not be listed again."""
        return self._rows[index.row()] in self._decided

    def index_of(self, word_id: int) -> QModelIndex:
        """Return the word's row; an invalid index when it does not hang here."""
        row = self._places.get(word_id)
        return QModelIndex() if row is None else self.index(row)

    def next_waiting(self, row: int) -> QModelIndex:
        """Return the first row after ``row`` whose word waits for a human, going round at the end."""
        rows = range(len(self._rows))
        for other in chain(rows[row + 1 :], rows[: row + 1]):
            found = self._loaded[self._rows[other]]
            if found.word.state(found.prediction) in WAITING:
                return self.index(other)
        return QModelIndex()

    # What is listed

    @property
    def chosen(self) -> WallFilter:
        """The words of which states hang here."""
        return self._filter

    @property
    def query(self) -> ReviewQuery:
        """What hangs here, and in which order."""
        return self._query

    @property
    def sample(self) -> tuple[int, ...] | None:
        """The words that hang here for themselves, whatever the filters say; None when the filters decide."""
        return self._sample

    @property
    def total(self) -> int:
        """How many words there are for the wall, with those that do not hang yet."""
        counted = self.tally.of(*self._query.states) if self._sample is None else 0
        return max(len(self._rows), counted)

    @property
    def decided(self) -> int:
        """How many of the rows would leave with :meth:`load`."""
        return len(self._decided)

    @property
    def is_loading(self) -> bool:
        return self._is_loading

    def set_filter(self, chosen: WallFilter) -> None:
        """Hang the words that a chip stands for."""
        self._filter = chosen
        self.set_query(replace(self._query, states=chosen.states))

    def set_query(self, query: ReviewQuery) -> None:
        """Hang the words that are asked for."""
        self._query, self._sample = query, None
        self.load()

    def hang(self, word_ids: Iterable[int]) -> None:
        """Hang these words for themselves, until something else is asked for."""
        self._sample = tuple(word_ids)
        self.load()

    @Slot()
    def load(self) -> None:
        """Read the words anew; those on the wall stay until that is done."""
        self._round += 1
        self._edited_since.clear()
        self._read_since.clear()
        self._is_loading = self._document.project is not None
        if self._is_loading:
            self._ask(self._round)
        self.summary_changed.emit()

    def canFetchMore(self, parent: Index = _NOWHERE) -> bool:
        is_idle = not self._is_loading and not self._is_growing
        return not parent.isValid() and is_idle and self._sample is None and len(self._rows) < self.total

    def fetchMore(self, parent: Index = _NOWHERE) -> None:
        """Hang the words that follow the last one."""
        if not self.canFetchMore(parent):
            return
        self._is_growing = True
        current, limit, known = self._round, len(self._rows) + MORE_ROWS, frozenset(self._rows)

        def told(found: tuple[FoundWord, ...]) -> None:
            self._is_growing = False
            if current == self._round:
                self._append([f for f in found if f.word.id not in self._places])

        self._reviewing.words.list_words(self._query, told, self._on_refused, limit=limit, without=known)

    def _append(self, found: list[FoundWord]) -> None:
        first = len(self._rows)
        if not found:  # the last count was of words that have been decided on since
            self.tally.count(self._query)
            return
        self.beginInsertRows(_NOWHERE, first, first + len(found) - 1)
        self._loaded |= {f.word.id: f for f in found}
        self._rows += [f.word.id for f in found]
        self._places |= {f.word.id: row for row, f in enumerate(found, first)}
        self.endInsertRows()
        self.summary_changed.emit()

    def _ask(self, current: int) -> None:
        words = self._reviewing.words

        if self._sample is not None:
            words.read_words(self._sample, lambda found: self._on_listed(found) if current == self._round else None)
        else:
            # The first portion's words at once where nothing hangs; else they would move twice.
            is_early = not self._rows
            words.list_words(
                self._query,
                self._on_listed,
                self._on_refused,
                limit=FIRST_ROWS,
                is_early=is_early,
                is_wanted=lambda: current == self._round,
            )
        self.tally.count(self._query)

    def _on_listed(self, found: tuple[FoundWord, ...]) -> None:
        fresh = self._caught_up({f.word.id: f for f in found})
        missed = {i for i, word in self._edited_since.items() if word and self._belongs(word)}
        self._is_loading = self._reviewing.words.is_building
        self._hang(list(fresh), fresh)
        if not missed <= fresh.keys():
            self.outdated.emit()

    def _on_refused(self, error: Exception) -> None:
        self._is_loading = self._is_growing = False
        self.refused.emit(str(error))
        self.summary_changed.emit()

    def _hang(self, rows: list[int], loaded: dict[int, FoundWord]) -> None:
        self.beginResetModel()
        self._rows, self._loaded = rows, loaded
        self._places = {word_id: row for row, word_id in enumerate(rows)}
        self._decided.clear()
        self.endResetModel()
        self.summary_changed.emit()

    def _caught_up(self, fresh: dict[int, FoundWord]) -> dict[int, FoundWord]:
        """Lay what was decided and read during the loading over what was read from the file before it."""
        for word_id, (box, prediction) in self._read_since.items():
            found = fresh.get(word_id)
            if found is not None and found.word.box == box:
                fresh[word_id] = FoundWord(found.word, prediction)
        for word_id, word in self._edited_since.items():
            found = fresh.get(word_id)
            if found is not None and word is not None:
                fresh[word_id] = _changed(found, word)
        gone = {i for i, word in self._edited_since.items() if word is None or not self._stays(fresh.get(i))}
        return {word_id: found for word_id, found in fresh.items() if word_id not in gone}

    def _stays(self, found: FoundWord | None) -> bool:
        return found is None or self._sample is not None or found.word.state(found.prediction) in self._query.states

    # What happens elsewhere

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._round += 1
        self._is_loading = self._is_growing = False
        self._query, self._sample = ReviewQuery(states=self._filter.states, order=self._query.order), None
        self.tally.forget()
        self._hang([], {})
        if project is not None:
            self.outdated.emit()

    @Slot(object)
    def _on_page_opened(self, page: object) -> None:
        """Take over what the document has just read of a page; it does so too when the file refused an edit."""
        words, predictions = self._document.words, self._document.predictions
        changed = [
            FoundWord(word, predictions.get(word.id))
            for word in words.values()
            if word.id in self._loaded and self._loaded[word.id] != FoundWord(word, predictions.get(word.id))
        ]
        self._loaded |= {f.word.id: f for f in changed}
        self._tell_changed(f.word.id for f in changed)

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        if self._is_loading:
            self._edited_since |= {change.word_id: change.after for change in edit.changes}
        known = edit.word_ids & self._loaded.keys()
        here = {change.word_id: change.after for change in edit.changes if change.word_id in known} if known else {}
        others = (change.after for change in edit.changes if change.word_id not in here)
        is_outdated = bool(edit.pages) or any(word is not None and self._belongs(word) for word in others)
        for word_id, word in here.items():
            if word is not None:
                self._loaded[word_id] = _changed(self._loaded[word_id], word)
        deleted = {word_id for word_id, word in here.items() if word is None}
        if deleted:
            self._take_down(deleted)
        self._tell_changed(here)
        self.tally.recount()
        if is_outdated and not self._is_loading:
            self.outdated.emit()

    def _take_down(self, deleted: set[int]) -> None:
        decided = self._decided - deleted
        rows = [word_id for word_id in self._rows if word_id not in deleted]
        self._hang(rows, {word_id: found for word_id, found in self._loaded.items() if word_id not in deleted})
        self._decided |= decided
        self.summary_changed.emit()

    @Slot(object)
    def _on_predicted(self, read: tuple[tuple[int, Box, Prediction], ...]) -> None:
        if self._is_loading:
            self._read_since |= {word_id: (box, prediction) for word_id, box, prediction in read}
        changed = []
        for word_id, box, prediction in read:
            found = self._loaded.get(word_id)
            if found is not None and found.word.box == box:
                self._loaded[word_id] = FoundWord(found.word, prediction)
                changed.append(word_id)
        self._tell_changed(changed)
        self.tally.recount()

    def _belongs(self, word: Word) -> bool:
        # Whether it was read is not known here; the wall makes no difference between the two states that wait.
        return word.state() in self._query.states and self._sample is None

    def _tell_changed(self, word_ids: Iterable[int]) -> None:
        before = len(self._decided)
        changed = [word_id for word_id in word_ids if word_id in self._places]
        for word_id in changed:
            if self._stays(self._loaded[word_id]):
                self._decided.discard(word_id)
            else:
                self._decided.add(word_id)
        # Once for rows in succession, and for no other row: the text of a field that is open there would be lost.
        for first, last in runs(self._places[word_id] for word_id in changed):
            self.dataChanged.emit(self.index(first), self.index(last))
        if len(self._decided) != before:
            self.summary_changed.emit()


def _changed(found: FoundWord, word: Word) -> FoundWord:
    """Return the word as it is now; a reading of other pixels falls away."""
    return FoundWord(word, found.prediction if found.word.box == word.box else None)
