"""A window on a small project, and hands: real mouse and key events."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from crnn_gui import app as program
from model.annotations import Alternative, Character, Prediction, Word

Until = Callable[..., None]
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Desk:
    """A window on the tiny project, and hands."""

    def __init__(self, made: program.Application, until: Until) -> None:
        self.app = made
        self.window = made.window
        self.document = made.document
        self.canvas = made.window.annotate.canvas
        self.field = made.window.annotate.field
        self.until = until

    def view(self, x: float, y: float) -> QPoint:
        """Return where a page pixel is in the viewport."""
        return self.canvas.mapFromScene(QPointF(x, y))

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press a key where the focus is."""
        target = QApplication.focusWidget()
        assert target is not None, "something has the focus"
        QTest.keyClick(target, key, modifiers)

    def type(self, text: str) -> None:
        target = QApplication.focusWidget()
        assert target is not None, "something has the focus"
        QTest.keyClicks(target, text)

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mousePress(self.canvas.viewport(), Qt.MouseButton.LeftButton, modifiers, self.view(x, y))

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mouseMove(self.canvas.viewport(), self.view(x, y))
        # The offscreen platform has no pointer of its own that would hold the button down.
        event = mouse_move(self.canvas.viewport(), self.view(x, y), modifiers)
        QApplication.sendEvent(self.canvas.viewport(), event)

    def release(self, x: float, y: float) -> None:
        QTest.mouseRelease(self.canvas.viewport(), Qt.MouseButton.LeftButton, pos=self.view(x, y))

    def click(self, x: float, y: float, modifiers: Qt.KeyboardModifier = NO_KEY) -> None:
        QTest.mouseClick(self.canvas.viewport(), Qt.MouseButton.LeftButton, modifiers, self.view(x, y))

    def drag(
        self, start: tuple[float, float], end: tuple[float, float], modifiers: Qt.KeyboardModifier = NO_KEY
    ) -> None:
        self.press(*start, modifiers)
        self.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, modifiers)
        self.move(*end, modifiers)
        self.release(*end)

    def word(self, word_id: int) -> Word:
        return self.document.words[word_id]

    def only_new(self, known: set[int]) -> Word:
        (new,) = set(self.document.words) - known
        return self.word(new)


def mouse_move(target: QWidget, pos: QPoint, modifiers: Qt.KeyboardModifier = NO_KEY) -> QMouseEvent:
    """Return the event of a pointer that moves with the left button down."""
    return QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(pos),
        QPointF(target.mapToGlobal(pos)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        modifiers,
    )


def predict(desk: Desk, word_id: int, text: str, *others: str) -> None:
    """Let a recogniser have read a word, with these alternatives."""
    characters = tuple(Character(c, 0.99, i / len(text), (i + 1) / len(text)) for i, c in enumerate(text))
    alternatives = tuple(Alternative(other, 0.1) for other in others)
    prediction = Prediction(text, 0.99, characters, alternatives, "w")
    desk.document.record_prediction(word_id, desk.word(word_id).box, prediction)
