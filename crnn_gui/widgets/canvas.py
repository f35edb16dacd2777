"""The page with its words, and the mouse turned into wishes.

Boxes, texts and selection are projections of the document; the canvas keeps nothing of its own but the gesture that
is under way.
"""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QRubberBand, QWidget

from crnn_gui.commands import new_gesture
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.canvas_tools import (
    LEAST_EDGE_PX,
    Change,
    DragCorner,
    Draw,
    Handle,
    Move,
    Resize,
    Tool,
    Turn,
    handle_at,
    next_of_stack,
    turn_handle_ends,
    words_at,
    words_within,
)
from crnn_gui.widgets.grips import cursor_of
from crnn_gui.widgets.words_view import WordsView
from model import geometry
from model.annotations import Box, Point

GRIP_REACH_PX = 8.0


class _Mouse(Enum):
    """What the pressed button does."""

    NOTHING = auto()
    BAND = auto()
    PRESSED = auto()
    GESTURE = auto()


class Canvas(WordsView):
    """The current page under the mouse.

    Signals:
        box_previewed: Box that is being drawn, at each move of the mouse; None when the drag is over.
        box_drawn: Box that was drawn.
        word_activated: a word was clicked and its text is wanted.
        tool_changed: Tool that the mouse works with now.
        refused: a sentence that says why a gesture comes to nothing.
    """

    box_previewed = Signal(object)
    box_drawn = Signal(object)
    word_activated = Signal()
    tool_changed = Signal(object)
    refused = Signal(str)

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        self._mouse = _Mouse.NOTHING
        super().__init__(document, parent)
        self._tool = Tool.SELECT
        self._press = QPoint()
        self._draw: Draw | None = None
        self._corners: tuple[Point, ...] = ()
        self._change: Change | None = None
        self._gesture_id = 0
        self._last_click: tuple[int, int] | None = None
        self.setObjectName("canvas")
        self.setAccessibleName(self.tr("Page"))
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        # No override of the slot that the page's words come by: PySide calls overridden slots of deleted objects, too.
        document.page_left.connect(self.cancel_gesture)

    @property
    def has_gesture(self) -> bool:
        return self._mouse is not _Mouse.NOTHING

    # Tools

    @property
    def tool(self) -> Tool:
        """What the mouse does."""
        return self._tool

    def toggle_tool(self, name: str) -> None:
        """Take a tool by its value, or lay it down again."""
        self.set_tool(Tool.SELECT if self._tool.value == name else Tool(name))

    def set_tool(self, tool: Tool) -> None:
        """Let the mouse work with this tool."""
        if tool is not self._tool:
            self.cancel_gesture()
            self._tool = tool
            self._show_cursor()
        self.tool_changed.emit(tool)  # told even when it stays: the button that was pressed has changed already

    def _show_cursor(self, place: Point | None = None) -> None:
        if self._is_panning or self._holds_space:
            super()._show_cursor()
            return
        cursor = Qt.CursorShape.ArrowCursor if self._tool is Tool.SELECT else Qt.CursorShape.CrossCursor
        word = self._held
        if place is not None and word is not None:
            handle = self._handle_at(place)
            if self._is_on_turn_handle(place) and self._tool is Tool.SELECT:
                cursor = Qt.CursorShape.PointingHandCursor
            elif handle is not None and self._tool is Tool.SELECT:
                cursor = cursor_of(handle, word.box)
            elif handle is not None and len(handle.value) == 1 and self._tool is Tool.CORNERS and not self._corners:
                cursor = Qt.CursorShape.SizeAllCursor
        self.viewport().setCursor(cursor)

    # The mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._press = event.position().toPoint()
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self._is_panning and self._document.page is not None:
            self._gesture_id = new_gesture()
            self._mouse = _Mouse.PRESSED
            self._press_left(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two quick clicks are two clicks

    def _press_left(self, event: QMouseEvent) -> None:
        place = self._place(event)
        corner = self._corner_at(place)
        takes_corner = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier) or self._tool is Tool.CORNERS
        if self._tool is Tool.RECTANGLE:
            # Before the grips: the next word often begins where the grips of the last one are.
            self._draw = Draw(place)
        elif takes_corner and corner is not None and not self._corners and self._held is not None:
            self._change = DragCorner({self._held.id: self._held.box}, corner, place)
        elif self._tool is Tool.SELECT and not self._press_grip(place):
            self._press_words(event, place)

    def _press_grip(self, place: Point) -> bool:
        word, handle = self._held, self._handle_at(place)
        if word is None:
            return False
        if self._is_on_turn_handle(place):
            self._change = Turn({word.id: word.box}, place)
        elif handle is not None:
            self._change = Resize({word.id: word.box}, handle, place)
        return self._change is not None

    def _press_words(self, event: QMouseEvent, place: Point) -> None:
        words = self._document.words
        stack = words_at(words.values(), place)
        ids = [w.id for w in stack]
        selection = self._document.selection
        adds = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        if not stack:
            self._mouse = _Mouse.BAND
            if not adds:
                self._document.select(())
        elif adds:
            self._mouse = _Mouse.NOTHING
            chosen = ids[0]
            rest = [i for i in selection if i != chosen]
            self._document.select(rest if chosen in selection else [*rest, chosen])
        else:
            held = next((i for i in reversed(selection) if i in ids), ids[0])
            if held not in selection:
                self._document.select((held,))
            if not self._document.read_only:
                self._change = Move({i: words[i].box for i in self._document.selection}, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        here, place = event.position().toPoint(), self._place(event)
        if self._mouse is _Mouse.BAND:
            self._band.setGeometry(QRect(self._press, here).normalized())
            self._band.setVisible(self._is_drag(here))
        elif self._mouse is _Mouse.PRESSED and (self._draw or self._change) and self._is_drag(here):
            self._mouse = _Mouse.GESTURE
        if self._mouse is _Mouse.GESTURE:
            self._continue_gesture(event, place)
        elif self._corners and not self._is_panning:
            self._preview_corners(place)
        elif self._mouse is _Mouse.NOTHING:
            self._show_cursor(place)

    def _continue_gesture(self, event: QMouseEvent, place: Point) -> None:
        if self._draw is not None:
            self._preview(self._draw.box_at(place, self._page_size))
        elif self._change is not None:
            snaps = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            boxes = self._change.boxes_at(place, self._page_size, snaps=snaps)
            self._document.move_words(boxes, gesture=self._gesture_id)
            if isinstance(self._change, Turn):
                self._grips.show_degrees(geometry.angle(next(iter(boxes.values()))))

    def _preview(self, box: Box | None) -> None:
        self._drawn.show_box(box)
        self.box_previewed.emit(box)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        place = self._place(event)
        mouse, draw, change = self._mouse, self._draw, self._change
        self._mouse, self._draw, self._change = _Mouse.NOTHING, None, None
        self._grips.show_degrees(None)
        if mouse is _Mouse.BAND:
            self._finish_band(event)
        elif mouse is _Mouse.GESTURE and draw is not None:
            self._finish_box(draw.box_at(place, self._page_size))
        elif mouse is _Mouse.PRESSED and self._tool is Tool.CORNERS and change is None:
            self._click_corner(place)
        elif mouse is _Mouse.PRESSED and self._tool is not Tool.CORNERS:
            self._click(place)
        self._show_cursor(place)

    def _finish_box(self, box: Box | None) -> None:
        self._preview(None)
        if box is not None:
            self.box_drawn.emit(box)

    def _click(self, place: Point) -> None:
        """A press without a drag: take the next word of the stack under the pointer."""
        spot = (round(place[0]), round(place[1]))
        current = self._current
        # Only a second click on the very same spot goes on to the word below.
        under = current.id if current is not None and spot == self._last_click else None
        word = next_of_stack(words_at(self._document.words.values(), place), under)
        self._last_click = spot
        self._document.select((word.id,) if word is not None else ())
        if word is not None:
            self.word_activated.emit()

    def _finish_band(self, event: QMouseEvent) -> None:
        area = self._band.geometry()
        was_shown = self._band.isVisible()
        self._band.hide()
        if not was_shown:
            return
        a, b = self.mapToScene(area.topLeft()), self.mapToScene(area.bottomRight())
        found = words_within(self._document.words.values(), Box.from_bounds(a.x(), a.y(), b.x(), b.y()))
        keep = self._document.selection if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else ()
        self._document.select((*keep, *(w.id for w in found)))

    # A box of four clicks

    def _click_corner(self, place: Point) -> None:
        corners = (*self._corners, self._on_page(place))
        if len(corners) < 4:
            self._corners = corners
            self._preview_corners(place)
            return
        box = geometry.quadrilateral(corners, LEAST_EDGE_PX)
        if box is None:
            self.refused.emit(self.tr("This corner lies within the other three; click where it makes a box."))
            return
        self._corners = ()
        self._finish_box(box)

    def _preview_corners(self, place: Point) -> None:
        corners, pointer = self._corners, self._on_page(place)
        box = geometry.quadrilateral((*corners, pointer), LEAST_EDGE_PX) if len(corners) == 3 else None
        self._drawn.show_box(box, corners, pointer)
        if box is not None:
            self.box_previewed.emit(box)

    def _on_page(self, place: Point) -> Point:
        width, height = self._page_size
        return min(max(float(round(place[0])), 0.0), width), min(max(float(round(place[1])), 0.0), height)

    # Stopping

    @Slot()
    def cancel_gesture(self) -> bool:
        """Give up the drag, or the last corner that was clicked. Returns whether there was one."""
        draw, change, corners = self._draw, self._change, self._corners
        was_dragged = self._mouse is _Mouse.GESTURE
        self._mouse, self._draw, self._change, self._corners = _Mouse.NOTHING, None, None, ()
        self._band.hide()
        self._grips.show_degrees(None)
        if draw is not None or corners:
            self._preview(None)
        if change is not None and was_dragged:
            kept = {i: box for i, box in change.before.items() if i in self._document.words}
            self._document.move_words(kept, gesture=self._gesture_id)
        return draw is not None or change is not None or bool(corners)

    def step_out(self) -> bool:
        """Stop the drag that is under way, or else lay the tool down. Returns whether there was anything to stop."""
        if self.cancel_gesture():
            return True
        had_tool = self._tool is not Tool.SELECT
        self.set_tool(Tool.SELECT)
        return had_tool

    # Small things

    def _handle_at(self, place: Point) -> Handle | None:
        word = self._held
        if word is None:
            return None
        # On a word that is small on the screen the grips would leave no place to take the box itself.
        reach = min(GRIP_REACH_PX / self.zoom, max(word.box.height / 3, 3 / self.zoom))
        return handle_at(word.box, place, reach=reach)

    def _corner_at(self, place: Point) -> int | None:
        handle = self._handle_at(place)
        return handle.value[0] if handle is not None and len(handle.value) == 1 else None

    def _is_on_turn_handle(self, place: Point) -> bool:
        word = self._held
        if word is None:
            return False
        seen = self._seen
        _, end = turn_handle_ends(word.box, self.zoom, (seen.left(), seen.top(), seen.right(), seen.bottom()))
        return (place[0] - end[0]) ** 2 + (place[1] - end[1]) ** 2 <= (GRIP_REACH_PX / self.zoom) ** 2

    def _is_drag(self, here: QPoint) -> bool:
        return (here - self._press).manhattanLength() >= max(3, QApplication.startDragDistance() // 3)

    def _place(self, event: QMouseEvent) -> Point:
        point = self.mapToScene(event.position().toPoint())
        return point.x(), point.y()
