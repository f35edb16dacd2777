"""What a person decides on the review wall: words of any pages, each decision one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.review_service import ReviewService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.survey import FoundWord
from model.annotations import Edit, Source, State, Word, WordChange
from model.errors import StoreError
from model.store_rows import clean_text

WAITING = (State.SUGGESTED, State.UNLABELLED)
"""The states of words that wait for a human."""

PREPARE_MILLISECONDS = 2000
"""After a project was opened: its first page is there by then, and the wall is not asked for yet."""


class Reviewing(QObject):
    """Turns decisions on listed words into edits of the document, and keeps the index of the words up to date.

    Signals:
        refused: a sentence that says why a text cannot stand.
    """

    refused = Signal(str)

    def __init__(self, document: ProjectDocument, store: StoreService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.words = ReviewService(store, self)
        self._document = document
        self._watched: list[set[int]] = []
        self._prepare_soon = QTimer(self)
        self._prepare_soon.setSingleShot(True)
        self._prepare_soon.setInterval(PREPARE_MILLISECONDS)
        self._prepare_soon.timeout.connect(self._on_quiet)
        document.project_changed.connect(self._on_words_replaced)
        document.words_taken_in.connect(self._on_words_replaced)
        document.edited.connect(self._on_edited)
        document.predicted.connect(self._on_predicted)

    def accept(self, words: Iterable[FoundWord]) -> None:
        """Let the readings stand for those of the words that wait for a human and have one."""
        changes = [WordChange(f.word, after) for f in words if (after := accepted(f)) is not None]
        one, many = self.tr("Accept reading"), self.tr("Accept readings")
        self._document.change_words(one if len(changes) == 1 else many, changes)

    def correct(self, word: Word, text: str) -> None:
        """Let a typed text stand for a word; an empty one takes the label away."""
        try:
            label = clean_text(text.strip()) or None
        except StoreError as error:
            self.refused.emit(str(error))
            return
        if label is None:
            after, title = replace(word, label=None, source=None), self.tr("Clear label")
        else:
            after, title = typed(word, label), self.tr("Type label")
        if (after.label, after.ignored) != (word.label, word.ignored):
            self._document.change_words(title, [WordChange(word, after)])

    def toggle_ignored(self, words: Iterable[FoundWord]) -> None:
        """Leave the words out of everything, or take them back in when all of them are out."""
        listed = [found.word for found in words]
        flag = not all(word.ignored for word in listed)
        changes = [WordChange(word, replace(word, ignored=flag)) for word in listed if word.ignored != flag]
        self._document.change_words(self.tr("Ignore") if flag else self.tr("Stop ignoring"), changes)

    def change(
        self,
        title: str,
        word_ids: Iterable[int],
        make: Callable[[FoundWord], Word | None],
        on_done: Callable[[int], None] | None = None,
    ) -> None:
        """Change many words in one step of undo, as they are in the file by then.

        Args:
            title: what Undo calls it.
            word_ids: the words; those that are gone, or that a person changes meanwhile, are left alone.
            make: returns the word as it is to be, or None to leave it alone; it runs in the store's thread.
            on_done: gets the number of words that were changed.
        """
        since: set[int] = set()
        wanted = tuple(word_ids)
        self._watched.append(since)

        def sign(found: FoundWord) -> Word | None:
            after = make(found)
            return None if after is None or after == found.word else self._document.signed(after)

        def made(edit: Edit) -> None:
            self._watched.remove(since)
            if not since.isdisjoint(edit.word_ids):
                edit = replace(edit, changes=tuple(c for c in edit.changes if c.word_id not in since))
            self._document.make(edit)
            if on_done is not None:
                on_done(0 if self._document.read_only else len(edit.changes))

        self.words.prepare_edit(title, wanted, sign, made)

    @Slot()
    def _on_words_replaced(self) -> None:
        self._watched.clear()
        self.words.forget()
        self._prepare_soon.start()

    @Slot()
    def _on_quiet(self) -> None:
        if self._document.project is not None:
            self.words.prepare()

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        self.words.mark(edit.word_ids)
        for since in self._watched:
            since |= edit.word_ids

    @Slot(object)
    def _on_predicted(self, read: tuple[tuple[int, object, object], ...]) -> None:
        self.words.mark(word_id for word_id, _, _ in read)


def accepted(found: FoundWord) -> Word | None:
    """Return the word with its reading as its label; None when it does not wait for a human or has no reading."""
    word, prediction = found.word, found.prediction
    if prediction is None or not prediction.text or word.state(prediction) != State.SUGGESTED:
        return None
    return replace(word, label=prediction.text, source=Source.ACCEPTED)


def typed(word: Word, label: str) -> Word:
    """Return the word with a text that a human stands behind."""
    return replace(word, label=label, source=Source.TYPED, ignored=False)
