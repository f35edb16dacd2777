"""What the keys in a word's field mean: accept, verify, take an alternative, go back to the reading, leave."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from crnn_gui.document import ProjectDocument
from crnn_gui.walking import Walk
from crnn_gui.widgets.canvas import Canvas
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_look import other_readings, shown_text
from model.annotations import Source, Word


class WordEditor(QObject):
    """Keeps the draft of the current word's text for both fields and hands it to the document.

    A draft becomes the word's label when it is verified with Enter, and also when it was typed and the field is left,
    so that nothing typed is ever lost.

    Signals:
        all_done: the next word was asked for, and none of the project waits for a human any more.
        refused: a sentence that says why the wish cannot be granted.
    """

    all_done = Signal()
    refused = Signal(str)

    def __init__(self, document: ProjectDocument, canvas: Canvas, *, inline: WordField, panel: WordField) -> None:
        super().__init__(canvas)
        self._document = document
        self._canvas = canvas
        self._inline = inline
        self._panel = panel
        self._word_id = 0
        self._is_typed = False
        self._walk = Walk(document, self)
        self._walk.arrived.connect(self.edit)
        self._walk.ended.connect(self._on_walk_ended)
        canvas.installEventFilter(self)
        inline.textEdited.connect(self._on_inline_edited)
        panel.textEdited.connect(self._on_panel_edited)
        inline.left.connect(self.keep)
        panel.left.connect(self.keep)
        document.page_left.connect(self.keep)
        document.selection_changed.connect(self._on_selection_changed)
        document.words_changed.connect(self._on_words_changed)
        self._on_selection_changed(document.selection)

    # The draft

    @Slot(str)
    def _on_inline_edited(self, text: str) -> None:
        self._is_typed = True
        self._panel.show_text(text, select_all=False)

    @Slot(str)
    def _on_panel_edited(self, text: str) -> None:
        self._is_typed = True
        self._inline.show_text(text, select_all=False)

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        self.keep()
        word = self._document.current_word if len(ids) == 1 else None
        self._word_id = word.id if word is not None else 0
        for field in (self._inline, self._panel):
            field.setReadOnly(self._document.read_only or word is None)
        self._show_word()

    @Slot(object)
    def _on_words_changed(self, ids: frozenset[int]) -> None:
        if self._word_id in ids and not self._is_typed:
            self._show_word()

    def _show_word(self) -> None:
        word = self._word
        self._is_typed = False
        text = shown_text(word, self._document.predictions.get(word.id)) if word is not None else ""
        for field in (self._inline, self._panel):
            field.show_text(text, select_all=field.hasFocus())

    @property
    def _word(self) -> Word | None:
        return self._document.words.get(self._word_id)

    @Slot()
    def keep(self) -> None:
        """Make what was typed the word's label."""
        word, text = self._word, self._inline.text().strip()
        if self._is_typed and word is not None and text != (word.label or ""):
            self._is_typed = False
            self._document.set_label(word.id, text)
        self._is_typed = False

    # Wishes

    @Slot()
    def edit(self) -> None:
        """Put the caret into the field that is at hand."""
        field = self._inline if self._canvas.isVisible() else self._panel
        if self._word is not None:
            if not self._is_typed:
                self._show_word()
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            field.selectAll()

    @Slot()
    def verify_stay(self) -> None:
        """Let the text stand, and stay with the word."""
        if self._verify():
            self._show_word()

    @Slot()
    def verify_next(self) -> None:
        """Let the text stand, and go to the next word that waits for a human, on whatever page."""
        if self._verify():
            self._walk.go(+1)

    @Slot()
    def next_waiting(self) -> None:
        """Keep the text, and go to the next word that waits for a human, on whatever page."""
        self.keep()
        self._walk.go(+1)

    @Slot()
    def previous_waiting(self) -> None:
        """Keep the text, and go to the previous word that waits for a human, on whatever page."""
        self.keep()
        self._walk.go(-1)

    @Slot()
    def _on_walk_ended(self) -> None:
        self._canvas.setFocus()
        self.all_done.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Swallow what is typed while the next word's page is being opened: on the page, letters are commands."""
        if not self._walk.is_under_way or not isinstance(event, QKeyEvent):
            return False
        event.accept()
        return (bool(event.text()) and event.text().isprintable()) or event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
        )

    def _verify(self) -> bool:
        word, text = self._word, self._inline.text().strip()
        if word is None or self._inline.is_composing or self._panel.is_composing:
            return False
        if not text:
            self.refused.emit(self.tr("Type what the word says, or leave it out of everything with I on the page."))
            return False
        prediction = self._document.predictions.get(word.id)
        self._is_typed = False
        if word.label is None and prediction is not None and prediction.text == text:
            self._document.accept_prediction(word.id)
        elif text != word.label or word.ignored:
            self._document.set_label(word.id, text, Source.TYPED)
        return True

    @Slot()
    def leave(self) -> None:
        """In a field: keep the text and hand the keys to the page. On the page: stop what is under way, or deselect."""
        focus = QApplication.focusWidget()
        if focus in (self._inline, self._panel):
            self.keep()
            self._canvas.setFocus()
        elif not self._canvas.step_out():
            self._document.select(())

    @Slot()
    def revert(self) -> None:
        """Take the label away; the reading shows again."""
        word = self._word
        if word is None:
            return
        self._is_typed = False
        if word.label is not None:
            self._document.clear_label(word.id)
        self._show_word()

    def take_alternative(self, number: int) -> None:
        """Put another of the recogniser's texts into the field, counting from 1."""
        word = self._word
        prediction = self._document.predictions.get(self._word_id)
        others = other_readings(prediction)
        if word is None or number > len(others):
            return
        self.take_text(others[number - 1].text)

    @Slot(str)
    def take_text(self, text: str) -> None:
        """Put a text into the field, as if it had been typed."""
        self._is_typed = True
        for field in (self._inline, self._panel):
            field.show_text(text, select_all=False)
