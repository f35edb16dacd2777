"""What the keys do with the boxes of the selected words: move, resize, turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.commands import new_gesture
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.canvas_tools import Handle, moved_within, resized, turned_within
from model import geometry
from model.annotations import Box, Point
from model.ink import snapped

MOST_SNAPPED = 25
"""Finding the writing takes some milliseconds a box, and the hands must not be stopped."""
KEYS_SECONDS = 0.8
"""Keys that follow each other within this time are one undo step."""


class BoxTools(QObject):
    """Changes the boxes of the selection. A held key, or a quick row of presses, is one step of Undo.

    Signals:
        told: a sentence that says why a wish comes to nothing.
    """

    told = Signal(str)

    def __init__(self, document: ProjectDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._last_key = 0.0
        self._gesture = 0

    def nudge(self, dx: int, dy: int) -> None:
        """Move the selected boxes together by page pixels."""
        if self._boxes:
            self._press(moved_within(self._boxes, dx, dy, size=self._page_size))

    def resize_by(self, dx: int, dy: int) -> None:
        """Make the selected boxes wider and higher by page pixels, each in its own direction."""
        handle = Handle.RIGHT if dx else Handle.BOTTOM

        def change(box: Box) -> Box:
            by = geometry.rotated((dx, dy), geometry.angle(box))
            return resized(box, handle, by, size=self._page_size)

        self._change_each(change)

    def turn(self, degrees: int) -> None:
        """Turn the selected boxes clockwise, each about its own centre."""
        self._change_each(lambda box: turned_within(box, degrees, size=self._page_size))

    def set_angle(self, degrees: float) -> None:
        """Give the selected boxes this angle, each about its own centre."""
        self._change_each(lambda box: turned_within(box, degrees - geometry.angle(box), size=self._page_size))

    def turn_reading(self, quarters: int) -> None:
        """Let the texts of the selected boxes run a quarter turn further clockwise; the outlines stay."""
        self._change_each(lambda box: geometry.with_reading_turned(box, quarters))

    @Slot()
    def snap_to_ink(self) -> None:
        """Draw the selected boxes close around the writing they hold."""
        image = self._document.page_image
        if image is None:
            return
        found = {i: snapped(image.pixels, box) for i, box in list(self._boxes.items())[:MOST_SNAPPED]}
        self._press({i: box for i, box in found.items() if box is not None})
        if not any(found.values()):
            self.told.emit(self.tr("No writing stands out from the ground here, so the box stays as it is."))
        elif len(self._boxes) > MOST_SNAPPED:
            told = self.tr("The first {count} of the selected boxes were drawn close; select fewer for the others.")
            self.told.emit(told.format(count=MOST_SNAPPED))

    @property
    def _boxes(self) -> Mapping[int, Box]:
        words = self._document.words
        return {i: words[i].box for i in self._document.selection}

    def _change_each(self, change: Callable[[Box], Box]) -> None:
        self._press({i: change(box) for i, box in self._boxes.items()})

    def _press(self, boxes: Mapping[int, Box]) -> None:
        now = time.monotonic()
        if now - self._last_key > KEYS_SECONDS:
            self._gesture = new_gesture()
        self._last_key = now
        self._document.move_words(boxes, gesture=self._gesture)

    @property
    def _page_size(self) -> Point:
        page = self._document.page
        return (page.width, page.height) if page is not None else (0, 0)
