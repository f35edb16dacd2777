"""The page with its words, and the mouse and the arrow keys turned into wishes.

Boxes, texts and selection are projections of the document; the canvas keeps nothing of its own but the gesture that
is under way.
"""

from __future__ import annotations

import itertools
import time
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QRubberBand, QWidget

from crnn_gui.document import PageImage, ProjectDocument
from crnn_gui.item_models import DOUBT_BELOW
from crnn_gui.widgets.box_item import CURSORS, BoxItem, DrawnBox, Handles
from crnn_gui.widgets.canvas_tools import (
    Draw,
    Gesture,
    Handle,
    Move,
    Resize,
    free_places,
    handle_at,
    moved_within,
    next_of_stack,
    resized,
    words_at,
    words_within,
)
from crnn_gui.widgets.page_view import PageView
from model.annotations import Box, Page, Point, Word

GRIP_REACH_PX = 8.0
VIEW_MARGIN_PX = 48
TAGS_MILLISECONDS = 40
ARROW_SECONDS = 0.8
"""Arrow keys that follow each other within this time are one undo step."""


class _Mouse(Enum):
    """What the pressed button does."""

    NOTHING = auto()
    BAND = auto()
    PRESSED = auto()
    GESTURE = auto()


class Canvas(PageView):
    """The current page.

    Signals:
        box_previewed: Box that is being drawn, at each move of the mouse; None when the drag is over.
        box_drawn: Box that was drawn.
        word_activated: a word was clicked and its text is wanted.
        drawing_changed: whether drags draw boxes.
    """

    box_previewed = Signal(object)
    box_drawn = Signal(object)
    word_activated = Signal()
    drawing_changed = Signal(bool)

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._doubt_below = DOUBT_BELOW
        self._shows_texts = True
        self._is_drawing = False
        self._mouse = _Mouse.NOTHING
        self._press = QPoint()
        self._gesture: Gesture | None = None
        self._gesture_word = 0
        self._gesture_ids = itertools.count(1)
        self._gesture_id = 0
        self._last_arrow = 0.0
        self._last_click: tuple[int, int] | None = None
        self._items: dict[int, BoxItem] = {}
        self._handles = Handles()
        self._drawn = DrawnBox()
        for item in (self._drawn, *self._handles.items.values()):
            self.scene().addItem(item)
        self.setObjectName("canvas")
        self.setAccessibleName("Page")
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
        self._free: set[int] = set()
        self._tags_soon = QTimer(self)
        self._tags_soon.setSingleShot(True)
        self._tags_soon.setInterval(TAGS_MILLISECONDS)
        self._tags_soon.timeout.connect(self._place_tags)
        self.zoom_changed.connect(self._on_scale_changed)
        document.page_opened.connect(self._on_page_opened)
        document.pages_changed.connect(self._on_pages_changed)
        document.image_ready.connect(self._on_image_ready)
        document.words_changed.connect(self._on_words_changed)
        document.selection_changed.connect(self._on_selection_changed)

    # What is shown

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self._doubt_below = confidence
        self._on_words_changed(frozenset(self._items))

    def set_texts_shown(self, shown: bool) -> None:
        """Show or hide the texts at the boxes."""
        self._shows_texts = shown
        self._place_tags()

    @property
    def drawn(self) -> DrawnBox:
        """The box that is being drawn."""
        return self._drawn

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        self.cancel_gesture()
        self._page_item.setPixmap(QPixmap())
        if page is not None and (page.width or page.problem):
            self.set_page_size(page.width, page.height)
        self._rebuild()

    @Slot()
    def _on_pages_changed(self) -> None:
        page = self._document.page
        if page is not None and page.problem and not page.width:
            self.set_page_size(0, 0)  # nothing can be drawn on an image that nobody has ever seen

    @Slot(object)
    def _on_image_ready(self, page: PageImage) -> None:
        self.show_image(page.image)

    def _rebuild(self) -> None:
        for item in self._items.values():
            self.scene().removeItem(item)
        self._items.clear()
        self._free.clear()
        self._on_words_changed(frozenset(self._document.words))
        self._place_tags()
        self._on_selection_changed(self._document.selection)

    @Slot(object)
    def _on_words_changed(self, ids: frozenset[int]) -> None:
        words, predictions = self._document.words, self._document.predictions
        for word_id in ids:
            word, item = words.get(word_id), self._items.get(word_id)
            if word is None:
                if item is not None:
                    self.scene().removeItem(self._items.pop(word_id))
            elif item is None:
                item = BoxItem(word, predictions.get(word_id), doubt_below=self._doubt_below)
                self._scale_item(item)
                self._items[word_id] = item
                self.scene().addItem(item)
            else:
                item.show_word(word, predictions.get(word_id), doubt_below=self._doubt_below)
                self._scale_item(item)
        self._tags_soon.start()
        self._place_handles()
        self.view_changed.emit()

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        current = ids[-1] if ids else 0
        for word_id, item in self._items.items():
            item.set_selected(is_selected=word_id in ids, is_current=word_id == current)
        self._rescale_items()
        self._place_handles()
        if current and self._mouse == _Mouse.NOTHING:
            self.show_word()
        self.view_changed.emit()

    def _place_handles(self) -> None:
        word = self._current if len(self._document.selection) == 1 else None
        self._handles.show_at(word.box if word is not None and not self._document.read_only else None, self.zoom)

    @Slot()
    def _on_scale_changed(self) -> None:
        self._place_tags()
        self._place_handles()

    @Slot()
    def _place_tags(self) -> None:
        """Find out which texts hide no other word; in the place of the others only their signs are shown."""
        self._tags_soon.stop()
        order = sorted(self._items.items(), key=lambda one: (not one[1].waits, one[0])) if self._shows_texts else ()
        areas = {word_id: item.tag_area(self.zoom) for word_id, item in order}
        wanted = {word_id: area for word_id, area in areas.items() if area is not None}
        self._free = free_places(wanted, {i: item.word.box.bounds for i, item in self._items.items()})
        self._rescale_items()

    def _rescale_items(self) -> None:
        for item in self._items.values():
            self._scale_item(item)

    def _scale_item(self, item: BoxItem) -> None:
        item.set_scale(self.zoom, tags=item.word.id in self._free)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for item in self._items.values():
                item.refresh()
            self._place_handles()
            self.scene().update()

    @Slot()
    def zoom_word(self) -> None:
        """Look at the current word from near."""
        word = self._current
        if word is not None:
            self.zoom_to(_area(word.box))

    def show_word(self) -> None:
        """Scroll, no more than needed, until the current word and its field are in view."""
        word = self._current
        if word is not None:
            self.ensureVisible(_area(word.box), VIEW_MARGIN_PX, VIEW_MARGIN_PX)

    def word_rect(self) -> QRectF | None:
        """Return the current word's outer rectangle in the viewport, or None."""
        word = self._current
        if word is None:
            return None
        area = _area(word.box)
        return QRectF(QPointF(self.mapFromScene(area.topLeft())), QPointF(self.mapFromScene(area.bottomRight())))

    def _show_cursor(self, place: Point | None = None) -> None:
        if self._is_panning or self._holds_space:
            super()._show_cursor()
            return
        handle = self._handle_at(place) if place is not None else None
        idle = Qt.CursorShape.CrossCursor if self._is_drawing else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(CURSORS[handle] if handle is not None else idle)

    # The mouse

    @Slot()
    def toggle_draw(self) -> None:
        """Let drags draw boxes, or select again."""
        self.set_drawing(not self._is_drawing)

    @Slot(bool)
    def set_drawing(self, drawing: bool) -> None:
        if drawing != self._is_drawing:
            self._is_drawing = drawing
            self._show_cursor()
            self.drawing_changed.emit(drawing)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._press = event.position().toPoint()
        left = event.button() == Qt.MouseButton.LeftButton
        if left and not self._is_panning and self._document.page is not None:
            self._press_left(event)

    def _press_left(self, event: QMouseEvent) -> None:
        place = self._place(event)
        handle = self._handle_at(place)
        current = self._current
        self._gesture_id = next(self._gesture_ids)
        self._mouse = _Mouse.PRESSED
        if self._is_drawing:
            # Before the handles: the next word often begins where the handles of the last one are.
            self._gesture, self._gesture_word = Draw(place), 0
        elif handle is not None and current is not None:
            self._gesture, self._gesture_word = Resize(current.box, handle, place), current.id
        else:
            self._press_words(event, place)

    def _press_words(self, event: QMouseEvent, place: Point) -> None:
        stack = words_at(self._document.words.values(), place)
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
            held = next((w for w in stack if w.id in selection[-1:]), stack[0])
            if held.id not in selection:
                self._document.select((held.id,))
            if not self._document.read_only:
                self._gesture, self._gesture_word = Move(held.box, place), held.id

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        here = event.position().toPoint()
        if self._mouse == _Mouse.BAND:
            self._band.setGeometry(QRect(self._press, here).normalized())
            self._band.setVisible(self._is_drag(here))
        elif self._mouse == _Mouse.PRESSED and self._gesture is not None and self._is_drag(here):
            self._mouse = _Mouse.GESTURE
        if self._mouse == _Mouse.GESTURE:
            self._continue_gesture(self._place(event))
        elif self._mouse == _Mouse.NOTHING:
            self._show_cursor(self._place(event))

    def _continue_gesture(self, place: Point) -> None:
        assert self._gesture is not None, "a gesture is under way"
        box = self._gesture.box_at(place, self._page_size)
        if isinstance(self._gesture, Draw):
            self._drawn.show_box(box)
            self.box_previewed.emit(box)
        elif box is not None:
            self._document.move_word(self._gesture_word, box, self._gesture_id)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        mouse, gesture, self._mouse = self._mouse, self._gesture, _Mouse.NOTHING
        self._gesture = None
        if mouse == _Mouse.BAND:
            self._finish_band(event)
        elif mouse == _Mouse.GESTURE and isinstance(gesture, Draw):
            box = gesture.box_at(self._place(event), self._page_size)
            self._drawn.show_box(None)
            self.box_previewed.emit(None)
            if box is not None:
                self.box_drawn.emit(box)
        elif mouse == _Mouse.PRESSED:
            self._click(self._place(event))
        self._show_cursor(self._place(event))

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

    def cancel_gesture(self) -> bool:
        """Give up the drag that is under way. Returns whether there was one."""
        gesture, self._gesture, self._mouse = self._gesture, None, _Mouse.NOTHING
        self._band.hide()
        if gesture is None:
            return False
        self._drawn.show_box(None)
        if isinstance(gesture, Draw):
            self.box_previewed.emit(None)
        elif isinstance(gesture, Move | Resize) and self._gesture_word in self._document.words:
            self._document.move_word(self._gesture_word, gesture.box, self._gesture_id)
        return True

    def step_out(self) -> bool:
        """Stop the drag that is under way, or else stop drawing. Returns whether there was anything to stop."""
        if self.cancel_gesture():
            return True
        was_drawing = self._is_drawing
        self.set_drawing(False)
        return was_drawing

    # Arrow keys

    def nudge(self, dx: int, dy: int) -> None:
        """Move the current word's box by page pixels."""
        word = self._current
        if word is not None:
            self._press_arrow(word.id, moved_within(word.box, dx, dy, size=self._page_size))

    def resize_by(self, dx: int, dy: int) -> None:
        """Move the current word's right and bottom edges by page pixels."""
        word = self._current
        if word is not None:
            handle = Handle.RIGHT if dx else Handle.BOTTOM
            self._press_arrow(word.id, resized(word.box, handle, (dx, dy), size=self._page_size))

    def _press_arrow(self, word_id: int, box: Box) -> None:
        now = time.monotonic()
        if now - self._last_arrow > ARROW_SECONDS:
            self._gesture_id = next(self._gesture_ids)
        self._last_arrow = now
        self._document.move_word(word_id, box, self._gesture_id)

    # Small things

    @property
    def _current(self) -> Word | None:
        # While a deletion is being told, the selection still names the word that went.
        selection = self._document.selection
        return self._document.words.get(selection[-1]) if selection else None

    @property
    def _page_size(self) -> Point:
        return self._page_rect.width(), self._page_rect.height()

    def _handle_at(self, place: Point) -> Handle | None:
        word = self._current
        if word is None or len(self._document.selection) != 1 or self._document.read_only:
            return None
        # On a word that is small on the screen the grips would leave no place to take the box itself.
        reach = min(GRIP_REACH_PX / self.zoom, max(word.box.height / 3, 3 / self.zoom))
        return handle_at(word.box, place, reach=reach)

    def _is_drag(self, here: QPoint) -> bool:
        return (here - self._press).manhattanLength() >= max(3, QApplication.startDragDistance() // 3)

    def _place(self, event: QMouseEvent) -> Point:
        point = self.mapToScene(event.position().toPoint())
        return point.x(), point.y()


def _area(box: Box) -> QRectF:
    left, top, right, bottom = box.bounds
    return QRectF(left, top, right - left, bottom - top)
