"""What one takes a box by: its grips, the handle that turns it, and the outline of a box that is being drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsEllipseItem,
    QGraphicsItem,
    QGraphicsLineItem,
    QGraphicsPathItem,
    QGraphicsRectItem,
    QStyleOptionGraphicsItem,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.widgets.box_item import STACK, TextTag, polygon
from crnn_gui.widgets.canvas_tools import Handle, handle_points, turn_handle_ends
from crnn_gui.widgets.word_look import Look
from model import geometry
from model.annotations import Box, Point, Prediction

GRIP_PX = 8
TURN_GRIP_PX = 11
CORNER_DOT_PX = 7
CUT_PX = 4
EDGE_GRIPS_LEAST_BOX_PX = 40
CORNER_GRIPS_LEAST_BOX_PX = 20
"""On a box under these sizes on the screen the grips of edges, or all, would hide the word: they are not shown."""
_CURSORS = (
    Qt.CursorShape.SizeHorCursor,
    Qt.CursorShape.SizeFDiagCursor,
    Qt.CursorShape.SizeVerCursor,
    Qt.CursorShape.SizeBDiagCursor,
)


def cursor_of(handle: Handle, box: Box) -> Qt.CursorShape:
    """Return the double arrow that is nearest to the direction in which a grip of this box resizes."""
    x, y = handle_points(box)[handle]
    middle = geometry.centre(box)
    degrees = math.degrees(math.atan2(y - middle[1], x - middle[0]))
    if len(handle.value) == 1:  # a long box has its corners nearly beside it, yet they move diagonally
        turn = geometry.angle(box)
        own_x, own_y = geometry.rotated((x - middle[0], y - middle[1]), -turn)
        degrees = turn + math.degrees(math.atan2(math.copysign(1, own_y), math.copysign(1, own_x)))
    return _CURSORS[round(degrees / 45) % 4]


class Grips:
    """The eight grips of the current word and the handle that turns it, the same size at every zoom."""

    def __init__(self) -> None:
        half = GRIP_PX / 2
        self._squares = {handle: QGraphicsRectItem(-half, -half, GRIP_PX, GRIP_PX) for handle in Handle}
        half = TURN_GRIP_PX / 2
        self._stem = QGraphicsLineItem()
        self._turn = QGraphicsEllipseItem(-half, -half, TURN_GRIP_PX, TURN_GRIP_PX)
        self._degrees = TextTag()
        self._cuts = [QGraphicsLineItem() for _ in range(4)]
        for shape in (*self._squares.values(), self._turn):
            shape.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        for item in self.items:
            item.setZValue(STACK["handle"])
            item.hide()

    @property
    def items(self) -> tuple[QGraphicsItem, ...]:
        """What the scene shows."""
        return (*self._cuts, self._stem, *self._squares.values(), self._turn, self._degrees)

    def show_at(self, box: Box | None, scale: float, seen: QRectF) -> None:
        """Put the grips on a box, or away. On a box that is small on the screen they would hide the word.

        Args:
            scale: screen pixels of a page pixel.
            seen: the part of the page that is in the viewport; the turning handle stays in it.
        """
        for item in (*self._squares.values(), self._stem, self._turn):
            item.hide()
        if box is None:
            return
        look = theme.tokens()
        size, turn = min(box.width, box.height) * scale, geometry.angle(box)
        for handle, place in handle_points(box).items():
            least = CORNER_GRIPS_LEAST_BOX_PX if len(handle.value) == 1 else EDGE_GRIPS_LEAST_BOX_PX
            square = self._squares[handle]
            square.setPos(QPointF(*place))
            square.setRotation(turn)
            square.setBrush(look.color("surface"))
            square.setPen(QPen(look.color("accent"), 1.5))
            square.setVisible(size >= least)
        self._show_turn(box, scale, seen)

    def _show_turn(self, box: Box, scale: float, seen: QRectF) -> None:
        look = theme.tokens()
        foot, end = turn_handle_ends(box, scale, (seen.left(), seen.top(), seen.right(), seen.bottom()))
        stem = QPen(look.color("accent"), 1.5)
        stem.setCosmetic(True)
        self._stem.setLine(QLineF(QPointF(*foot), QPointF(*end)))
        self._stem.setPen(stem)
        self._turn.setPos(QPointF(*end))
        self._turn.setBrush(look.color("surface"))
        self._turn.setPen(QPen(look.color("accent"), 2))
        self._stem.show()
        self._turn.show()

    def show_cuts(self, box: Box | None, sides: Sequence[int]) -> None:
        """Warn of the sides of a box that cut a character: 0 for the left one as the text runs, 1 top, and so on."""
        pen = QPen(theme.tokens().color("doubtful"), CUT_PX)
        pen.setCosmetic(True)
        for side, line in enumerate(self._cuts):
            line.setVisible(box is not None and side in sides)
            if box is not None:
                a, b = box.points[side - 1], box.points[side]
                line.setLine(QLineF(QPointF(*a), QPointF(*b)))
                line.setPen(pen)

    def show_degrees(self, degrees: float | None) -> None:
        """Show the angle beside the turning handle while it is under the hand; None hides it."""
        self._degrees.setVisible(degrees is not None)
        if degrees is not None:
            self._degrees.show_text(f"{degrees:.0f}°", Look.SUGGESTED)
            self._degrees.setPos(self._turn.pos())


class DrawnBox(QGraphicsPathItem):
    """The box that is being drawn, with what the recogniser reads in it so far."""

    def __init__(self) -> None:
        super().__init__()
        self._corners: tuple[Point, ...] = ()
        self._tag = TextTag(self)
        self._tag.set_font(theme.ui_font(points=3))
        self.setZValue(STACK["current"])
        self.hide()

    def show_box(self, box: Box | None, corners: Sequence[Point] = (), pointer: Point | None = None) -> None:
        """Show the box, and the corners it is made of where they are clicked one by one; or nothing.

        Args:
            pointer: where the next corner would be; without a box a line leads through the corners to it.
        """
        self._corners = tuple(corners)
        path = QPainterPath()
        if box is not None:
            path.addPolygon(polygon(box))
            path.closeSubpath()
            self._tag.setPos(*min(box.points, key=lambda p: (p[1], p[0])))
        elif corners:
            points = [QPointF(*p) for p in (*corners, *((pointer,) if pointer is not None else ()))]
            path.moveTo(points[0])
            for point in points[1:]:
                path.lineTo(point)
        if box is None:
            self._tag.show_text("", Look.SUGGESTED)
        pen = QPen(theme.tokens().color("accent"), 1.5)
        pen.setCosmetic(True)
        self.setPen(pen)
        self.setPath(path)
        self.setVisible(not path.isEmpty() or bool(corners))

    def show_reading(self, prediction: Prediction) -> None:
        """Show what is read in the box while it is being drawn."""
        self._tag.show_text(prediction.text, Look.SUGGESTED, prediction.characters)

    def boundingRect(self) -> QRectF:
        # The dots keep their size on the screen, so how far they reach in page pixels depends on the zoom.
        return super().boundingRect().adjusted(-40, -40, 40, 40)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.setPen(self.pen())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())
        dots = QPen(self.pen().color(), CORNER_DOT_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        dots.setCosmetic(True)
        painter.setPen(dots)
        for corner in self._corners:
            painter.drawPoint(QPointF(*corner))
