"""Replacing texts of words of any pages: what would change, which of it a person wants, and one step of undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.reviewing import Reviewing, typed
from crnn_gui.services.review_service import found_words
from crnn_gui.services.survey import FoundWord
from model.annotations import Edit, State, Word
from model.replacing import Rule

if TYPE_CHECKING:
    from model.review_queries import ReviewIndex
    from model.store import AnnotationStore

MOST_ROWS = 2000
REST_MILLISECONDS = 200


@dataclass(frozen=True, slots=True)
class Replacement:
    """A word, the text that stands for it, and what is proposed instead."""

    found: FoundWord
    old: str
    new: str

    @property
    def is_label(self) -> bool:
        """Whether a human stands behind the old text."""
        return self.found.word.state(self.found.prediction) == State.VERIFIED


@dataclass(frozen=True, slots=True)
class _Preview:
    rows: tuple[Replacement, ...] = ()
    beyond: int = 0
    empty: int = 0


class Replacing(QObject):
    """A list of proposed replacements. Readings are chosen from the start, labels only by the user.

    Signals:
        changed: the rows, what is chosen of them, or the problem are others now.
        told: a sentence for the user.
        ended: the list is not wanted any more.
    """

    changed = Signal()
    told = Signal(str)
    ended = Signal()

    def __init__(self, document: ProjectDocument, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reviewing = reviewing
        self._is_open = False
        self._rule: Rule | None = None
        self._title = ""
        self._preview = _Preview()
        self._choices: dict[int, bool] = {}
        self._problem = ""
        self._round = 0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REST_MILLISECONDS)
        self._soon.timeout.connect(self._search)
        document.edited.connect(self._on_edited)
        document.project_changed.connect(self.close)

    @property
    def is_open(self) -> bool:
        """Whether a list is wanted, be it empty."""
        return self._is_open

    @property
    def title(self) -> str:
        """What the list is, when it was not searched for."""
        return self._title

    @property
    def rows(self) -> tuple[Replacement, ...]:
        """What would change, the least certain first; no more than :data:`MOST_ROWS`."""
        return self._preview.rows

    @property
    def beyond(self) -> int:
        """In how many more words something was found, which are not listed."""
        return self._preview.beyond

    @property
    def left_empty(self) -> int:
        """How many of the words would have no text left; they are left alone."""
        return self._preview.empty

    @property
    def problem(self) -> str:
        """Why nothing can be searched for; empty when it can."""
        return self._problem

    def is_chosen(self, row: Replacement) -> bool:
        """Whether a row is going to be replaced."""
        return self._choices.get(row.found.word.id, not row.is_label)

    @property
    def chosen(self) -> tuple[Replacement, ...]:
        """The rows that are going to be replaced."""
        return tuple(filter(self.is_chosen, self.rows))

    def choose(self, rows: Iterable[Replacement], is_chosen: bool) -> None:
        """Take rows in or leave them out."""
        self._choices |= {row.found.word.id: is_chosen for row in rows}
        self.changed.emit()

    def open(self) -> None:
        """Begin with nothing to search for."""
        self._begin("", None)

    def search(self, rule: Rule) -> None:
        """List what a rule would change, when the hands have come to rest."""
        self._rule = rule
        self._soon.start()

    def show(self, title: str, new_texts: Mapping[int, str]) -> None:
        """List proposals that come from elsewhere.

        Args:
            title: what they are.
            new_texts: what each word is to be read as.
        """
        self._begin(title, None)
        self._round += 1
        current = self._round

        def told(found: tuple[FoundWord, ...]) -> None:
            if current == self._round:
                rows = tuple(Replacement(f, _text(f), new_texts[f.word.id]) for f in found if not f.word.ignored)
                self._preview = _Preview(rows)
                self.changed.emit()

        self._reviewing.words.read_words(new_texts, told)

    def _begin(self, title: str, rule: Rule | None) -> None:
        self._is_open, self._title, self._rule = True, title, rule
        self._preview, self._choices, self._problem = _Preview(), {}, ""
        self.changed.emit()

    @Slot()
    def _search(self) -> None:
        rule = self._rule
        self._round += 1
        current = self._round
        if rule is None or not rule.find:
            self._show(_Preview())
            return

        def read(store: AnnotationStore, index: ReviewIndex) -> _Preview:
            return _previewed(store, index.word_ids(rule.query), rule)

        def told(preview: _Preview) -> None:
            if current == self._round:
                self._show(preview)

        def refused(error: Exception) -> None:
            if current == self._round:
                self._show(_Preview(), str(error))

        self._reviewing.words.ask(read, told, refused)

    def _show(self, preview: _Preview, problem: str = "") -> None:
        self._preview, self._problem = preview, problem
        self.changed.emit()

    @Slot()
    def apply(self) -> None:
        """Replace what is chosen, in one step of undo."""
        wanted = {row.found.word.id: row for row in self.chosen}
        title = self.tr("Replace text") if len(wanted) == 1 else self.tr("Replace texts")

        def make(found: FoundWord) -> Word | None:
            row = wanted[found.word.id]
            return typed(found.word, row.new) if _text(found) == row.old and not found.word.ignored else None

        self._reviewing.change(title, wanted, make, self._on_applied)

    def _on_applied(self, count: int) -> None:
        told = self.tr("The text of {count} words was replaced. Undo takes all of it back in one step.")
        self.told.emit(told.format(count=f"{count:,}"))
        self.close()

    @Slot()
    def close(self) -> None:
        """List nothing."""
        if self._is_open:
            self._round += 1
            self._soon.stop()
            self._begin("", None)
            self._is_open = False
            self.changed.emit()
            self.ended.emit()

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        """What was listed is true no more of words that have changed."""
        if not self._is_open:
            return
        if self._rule is not None:
            self._soon.start()
            return
        rows = tuple(row for row in self.rows if row.found.word.id not in edit.word_ids)
        self._show(_Preview(rows))


def _previewed(store: AnnotationStore, word_ids: list[int], rule: Rule) -> _Preview:
    rows = []
    empty = 0
    for found in found_words(store, word_ids[:MOST_ROWS]):
        old = _text(found)
        new = rule.apply(old)
        if not new:
            empty += 1
        elif new != old:
            rows.append(Replacement(found, old, new))
    return _Preview(tuple(rows), max(0, len(word_ids) - MOST_ROWS), empty)


def _text(found: FoundWord) -> str:
    if found.word.label is not None:
        return found.word.label
    return found.prediction.text if found.prediction is not None else ""
