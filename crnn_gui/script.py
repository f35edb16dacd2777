"""Scripts that use the application as a person does: real mouse and key events in the application's own event loop.

A script is a generator that acts, then yields what it waits for. A timer looks whether that has come true and lets the
script go on, so everything else happens as it would with a person at the desk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from model.annotations import Box

if TYPE_CHECKING:
    from crnn_gui.app import Application

POLL_MILLISECONDS = 20
PATIENCE_SECONDS = 200.0
"""A child that loads torch may take its time on a crowded machine; patience costs nothing when it comes."""
DRAG_STEPS = 12
DRAG_MARGIN_PX = 4


@dataclass(frozen=True, slots=True)
class Until:
    """What a script waits for, and for how long at most."""

    what: str
    is_true: Callable[[], bool]
    seconds: float = PATIENCE_SECONDS


Steps = Generator[Until, None, None]


class Script(QObject):
    """Runs :meth:`steps` against a program that is built and shown.

    Signals:
        ended: str, empty when the script came to its end, else what it waited for in vain.
    """

    ended = Signal(str)

    def __init__(self, program: Application, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.program = program
        self.window = program.window
        self._running = self.steps()
        self._until: Until | None = None
        self._since = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._on_tick)

    def steps(self) -> Steps:
        """Act and yield what to wait for. Scripts override this."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin at the next turn of the event loop."""
        self._timer.start()

    @Slot()
    def _on_tick(self) -> None:
        until = self._until
        if until is not None and not until.is_true():
            if time.monotonic() - self._since > until.seconds:
                self._end(until.what)
            return
        try:
            self._until = next(self._running)
        except StopIteration:
            self._end("")
        except Exception:
            self._end("an error of the script")
            raise
        self._since = time.monotonic()

    def _end(self, vain: str) -> None:
        self._timer.stop()
        self._running.close()
        self.ended.emit(vain)

    # What scripts are made of

    def pause(self, seconds: float) -> Steps:
        """Let the application go on for a while, as a person does who looks."""
        end = time.monotonic() + seconds
        yield Until("a moment", lambda: time.monotonic() >= end)

    def click(self, widget: QWidget) -> None:
        """Click into the middle of a widget."""
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def open_page(self, name: str) -> Steps:
        """Open the page whose path ends in ``name`` and wait for its pixels."""
        document = self.program.document
        yield Until(f"{name} in the list", lambda: any(page.path.endswith(name) for page in document.pages))
        page = next(page for page in document.pages if page.path.endswith(name))
        document.open_page(page.id)

        def is_open() -> bool:
            return document.page is not None and document.page.id == page.id and document.page_image is not None

        yield Until(f"the page {name}", is_open)
        yield from self.pause(0.3)

    def draw(self, box: Box, *, before_release: Callable[[], None] = lambda: None) -> Steps:
        """Press W and draw a word box with the mouse, slowly enough to be read while the button is down."""
        canvas = self.window.annotate.canvas
        canvas.setFocus()
        if not self.window.actions_by_id["draw"].isChecked():
            QTest.keyClick(canvas, Qt.Key.Key_W)
        view = canvas.viewport()
        left, top, right, bottom = box.bounds
        start = self.on_screen(left - DRAG_MARGIN_PX, top - DRAG_MARGIN_PX)
        end = self.on_screen(right + DRAG_MARGIN_PX, bottom + DRAG_MARGIN_PX)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, DRAG_STEPS + 1):
            QTest.mouseMove(view, start + (end - start) * step / DRAG_STEPS)
            yield from self.pause(0.04)
        yield from self.pause(0.4)
        before_release()
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
        yield Until("the new word's field", self.window.annotate.field.isVisible)

    def type_label(self, text: str) -> Steps:
        """Replace what stands in the current word's field, verify it, and wait until it is in the file."""
        field = self.window.annotate.field
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        yield Until("the label in the file", self.is_saved)

    def is_saved(self) -> bool:
        """Whether every edit is in the annotation file."""
        return self.program.services.store.saved.pending == 0

    def on_screen(self, x: float, y: float) -> QPoint:
        """Return where a point of the page lies in the canvas."""
        return self.window.annotate.canvas.mapFromScene(x, y)
