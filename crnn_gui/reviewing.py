"""What a person decides on the review wall: words of any pages, each decision one step of undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from crnn_gui.document import ProjectDocument
from crnn_gui.services.survey import FoundWord
from model.annotations import Source, State, Word, WordChange
from model.errors import StoreError
from model.store_rows import clean_text

WAITING = (State.SUGGESTED, State.UNLABELLED)
"""The states of words that wait for a human."""


class Reviewing(QObject):
    """Turns decisions on listed words into edits of the document.

    Signals:
        refused: a sentence that says why a text cannot stand.
    """

    refused = Signal(str)

    def __init__(self, document: ProjectDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document

    def accept(self, words: Iterable[FoundWord]) -> None:
        """Let the readings stand for those of the words that wait for a human and have one."""
        changes = [
            WordChange(f.word, replace(f.word, label=f.prediction.text, source=Source.ACCEPTED))
            for f in words
            if f.prediction is not None and f.prediction.text and f.word.state(f.prediction) == State.SUGGESTED
        ]
        self._document.change_words(_title("Accept reading", changes), changes)

    def correct(self, word: Word, text: str) -> None:
        """Let a typed text stand for a word; an empty one takes the label away."""
        try:
            label = clean_text(text.strip()) or None
        except StoreError as error:
            self.refused.emit(str(error))
            return
        if label is None:
            after, title = replace(word, label=None, source=None), "Clear label"
        else:
            after, title = replace(word, label=label, source=Source.TYPED, ignored=False), "Type label"
        if (after.label, after.ignored) != (word.label, word.ignored):
            self._document.change_words(title, [WordChange(word, after)])

    def toggle_ignored(self, words: Iterable[FoundWord]) -> None:
        """Leave the words out of everything, or take them back in when all of them are out."""
        listed = [found.word for found in words]
        flag = not all(word.ignored for word in listed)
        changes = [WordChange(word, replace(word, ignored=flag)) for word in listed if word.ignored != flag]
        self._document.change_words("Ignore" if flag else "Stop ignoring", changes)


def _title(one: str, changes: list[WordChange]) -> str:
    return one if len(changes) == 1 else f"{one}s"
