"""The words of all pages for the review wall, the most doubtful first, narrowed by a chip and a search."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from enum import StrEnum
from itertools import chain
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.reviewing import WAITING, Reviewing
from crnn_gui.services.survey import FoundWord
from crnn_gui.widgets.word_look import look_of, shown_text
from model.annotations import Box, Edit, Prediction, State, Word

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class WallFilter(StrEnum):
    """Which words hang on the wall."""

    TODO = "todo"
    VERIFIED = "verified"
    IGNORED = "ignored"
    ALL = "all"

    @property
    def states(self) -> tuple[State, ...]:
        """The states of the words it lets through, the most doubtful first."""
        return _STATES[self]


_STATES = {
    WallFilter.TODO: WAITING,
    WallFilter.VERIFIED: (State.VERIFIED,),
    WallFilter.IGNORED: (State.IGNORED,),
    WallFilter.ALL: (*WAITING, State.VERIFIED, State.IGNORED),
}
_ORDER = {state: place for place, state in enumerate(WallFilter.ALL.states)}


class WallModel(QAbstractListModel):
    """What hangs on the wall.

    Which words hang there, and in which order, is decided when they are listed: a word that is accepted stays where it
    is, so that nothing moves under the user's hands, until :meth:`tidy` is called. Deleted words leave at once.

    Signals:
        outdated: words came that belong on the wall; :meth:`load` hangs them.
        summary_changed: the number of rows, of decided ones among them, or whether loading goes on, has changed.
    """

    outdated = Signal()
    summary_changed = Signal()

    def __init__(self, document: ProjectDocument, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._reviewing = reviewing
        self._filter = WallFilter.TODO
        self._search = ""
        self._loaded: dict[int, FoundWord] = {}
        self._rows: list[int] = []
        self._places: dict[int, int] = {}
        self._decided: set[int] = set()
        self._is_loading = False
        self._fresh: dict[int, FoundWord] = {}
        self._states_left: deque[State] = deque()
        self._edited_since: dict[int, Word | None] = {}
        self._read_since: dict[int, tuple[Box, Prediction]] = {}
        self._survey = document.survey(self)
        self._survey.found.connect(self._on_found)
        self._survey.ended.connect(self._on_ended)
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
                return f"{shown_text(found.word, found.prediction) or 'no text'}, {look.name.lower()}"
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
        """Whether the row's word was decided on since it was listed, so that the chip would not list it again."""
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
        return self._filter

    @property
    def search(self) -> str:
        return self._search

    @property
    def decided(self) -> int:
        """How many of the rows would leave with :meth:`tidy`."""
        return len(self._decided)

    @property
    def is_loading(self) -> bool:
        return self._is_loading

    def set_filter(self, chosen: WallFilter) -> None:
        """Hang the words that a chip stands for."""
        self._filter = chosen
        self._hang([], {})
        self.load()

    @Slot(str)
    def set_search(self, text: str) -> None:
        """Hang only words whose text holds this, whatever its case."""
        self._search = text.strip().casefold()
        self.tidy()

    @Slot()
    def tidy(self) -> None:
        """Take down what the chip does not stand for any more, and put the rest in order."""
        self._list(self._loaded)

    def _list(self, loaded: dict[int, FoundWord]) -> None:
        states, search = self._filter.states, self._search
        rows = [
            word_id
            for word_id, found in loaded.items()
            if found.word.state(found.prediction) in states
            and (not search or search in shown_text(found.word, found.prediction).casefold())
        ]
        rows.sort(key=lambda word_id: _doubt(loaded[word_id]))
        self._hang(rows, loaded)

    @Slot()
    def load(self) -> None:
        """Read the words anew; those on the wall stay until that is done."""
        self._is_loading = self._document.project is not None
        self._fresh = {}
        self._edited_since.clear()
        self._read_since.clear()
        if self._is_loading:
            self._states_left = deque(self._filter.states)
            self._survey.start(self._states_left.popleft())
        self.summary_changed.emit()

    def _hang(self, rows: list[int], loaded: dict[int, FoundWord]) -> None:
        self.beginResetModel()
        self._rows, self._loaded = rows, loaded
        self._places = {word_id: row for row, word_id in enumerate(rows)}
        self._decided.clear()
        self.endResetModel()
        self.summary_changed.emit()

    @Slot(object)
    def _on_found(self, found: tuple[FoundWord, ...]) -> None:
        self._fresh |= {f.word.id: f for f in found}
        if not self._rows:  # the first screenful at once; the rest when it is complete, for it moves every row
            self._catch_up()
            self._list(self._fresh)

    @Slot()
    def _on_ended(self) -> None:
        if self._states_left:
            self._survey.start(self._states_left.popleft())
            return
        self._catch_up()
        self._is_loading = False
        missed = self._read_since.keys() | {i for i, word in self._edited_since.items() if word and self._belongs(word)}
        is_outdated = not missed <= self._fresh.keys()
        self._list(self._fresh)
        if is_outdated:
            self.outdated.emit()

    def _catch_up(self) -> None:
        """Lay what was decided and read during the loading over what was read from the file before it."""
        for word_id, word in self._edited_since.items():
            found = self._fresh.pop(word_id, None)
            if found is not None and word is not None:
                self._fresh[word_id] = _changed(found, word)
        for word_id, (box, prediction) in self._read_since.items():
            found = self._fresh.get(word_id)
            if found is not None and found.word.box == box:
                self._fresh[word_id] = FoundWord(found.word, prediction)

    # What happens elsewhere

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._survey.stop()
        self._is_loading = False
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
        is_outdated = False
        deleted = set()
        for change in edit.changes:
            known = self._loaded.get(change.word_id)
            if change.after is None:
                deleted.add(change.word_id)
            elif known is not None:
                self._loaded[change.word_id] = _changed(known, change.after)
            else:
                is_outdated |= self._belongs(change.after)
        if deleted & self._loaded.keys():
            self._take_down(deleted)
        self._tell_changed(change.word_id for change in edit.changes)
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

    def _belongs(self, word: Word) -> bool:
        # Whether it was read is not known here; the wall makes no difference between the two states that wait.
        return word.state() in self._filter.states

    def _tell_changed(self, word_ids: Iterable[int]) -> None:
        before = len(self._decided)
        for word_id in word_ids:
            if word_id not in self._places:
                continue
            found = self._loaded[word_id]
            if found.word.state(found.prediction) in self._filter.states:
                self._decided.discard(word_id)
            else:
                self._decided.add(word_id)
            index = self.index(self._places[word_id])
            self.dataChanged.emit(index, index)
        if len(self._decided) != before:
            self.summary_changed.emit()


def _changed(found: FoundWord, word: Word) -> FoundWord:
    """Return the word as it is now; a reading of other pixels falls away."""
    return FoundWord(word, found.prediction if found.word.box == word.box else None)


def _doubt(found: FoundWord) -> tuple[int, float, int, int]:
    """Sort key: the least certain readings, words without one, then what humans have decided on, page by page."""
    word, prediction = found.word, found.prediction
    state = word.state(prediction)
    confidence = prediction.confidence if prediction is not None and state == State.SUGGESTED else 0.0
    return _ORDER[state], confidence, word.page_id, word.id
