"""The field a word's text is typed in. It stands under the word on the page, and in the inspector."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from crnn_gui import theme


class WordField(QLineEdit):
    """One line of text that lets undo through to the words when there is no typing to undo.

    Signals:
        left: the focus went to another widget; a menu or a completer does not count.
        entered: the focus came here.
    """

    left = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None, *, share: float = 1) -> None:
        super().__init__(parent)
        self.setObjectName("word_field")
        self.setAccessibleName(self.tr("Text of the word"))
        self.setFont(theme.word_font(share=share))
        self._is_composing = False

    @property
    def is_composing(self) -> bool:
        """Whether an input method holds text that is not committed yet."""
        return self._is_composing

    def show_text(self, text: str, *, select_all: bool) -> None:
        """Show a text without counting it as typed; there is nothing to undo in it."""
        self.setText(text)
        if select_all:
            self.selectAll()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._is_composing:
            event.accept()  # keys belong to the input method until its text is committed
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_wish(event):
            # A line edit claims undo even when it has nothing to undo; unclaimed, it reaches the table's action.
            event.ignore()
            return False
        return super().event(event)

    def _is_wish(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            return not self.isUndoAvailable()
        return event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._is_composing:
            super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()
