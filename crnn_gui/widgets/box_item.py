"""One word on the page: its outline, whose colour and shape tell the state, and its text on a small tag below."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPolygonItem, QStyleOptionGraphicsItem, QWidget

from crnn_gui import resources, theme
from crnn_gui.widgets.canvas_tools import Bounds
from crnn_gui.widgets.word_look import Look, draw_tinted, look_of, shown_text
from model import geometry
from model.annotations import Box, Character, Prediction, Word

TAG_LEAST_BOX_PX = 18
"""Under this height on the screen a tag shrinks to its sign, which hides no neighbour."""
SIGN_LEAST_BOX_PX = 7
SIGN_PX = 11
SIGN_LEAST_PX = 6
SIGN_SHARE = 0.6
"""Signs on low boxes are smaller, or they would hide the last letter."""
TAG_PADDING_PX = 3
TAG_GAP_PX = 2
# Outlines lie on paper and on photographs, not on the window: the same middle tones serve both looks.
_ON_PAGE = {
    Look.UNLABELLED: "#6b7280",
    Look.SUGGESTED: "#1178c8",
    Look.DOUBTFUL: "#d97a06",
    Look.VERIFIED: "#0a9160",
    Look.IGNORED: "#7a7f89",
}
_HALO = QColor(255, 255, 255, 130)
HALO_LEAST_BOX_PX = 10
"""Boxes lower than this on the screen have no pale line around them, which would fill them."""
ODD_DEGREES = 45.0
"""Where a text runs steeper than this, its box shows at all times where it begins."""
PENNANT_PX = 14.0
"""Size of the mark at the corner where a text begins, on the screen."""
_SMOOTH = QPainter.RenderHint.Antialiasing
STACK = {"page": 0, "box": 1, "current": 2, "tag": 3, "handle": 4}


class _Ink(NamedTuple):
    """What a box is drawn with. A pale line under the outline keeps it visible on dark photographs."""

    pen: QPen
    halo: QPen
    brush: QBrush


@cache
def _ink(look: Look, is_selected: bool) -> _Ink:
    """Return pens and brush that all boxes of a look share: pages have thousands of them."""
    color = QColor(_ON_PAGE[look])
    pen = QPen(color, 2 if is_selected else 1.5)
    pen.setCosmetic(True)
    if look == Look.UNLABELLED:
        pen.setDashPattern([4, 3])
    fill = QColor(color)
    fill.setAlphaF(0.12 if is_selected else 0.05)
    brush = QBrush(fill)
    if look == Look.IGNORED:
        fill.setAlphaF(0.45)
        brush = QBrush(fill, Qt.BrushStyle.BDiagPattern)
    halo = QPen(_HALO, pen.widthF() + 2)
    halo.setCosmetic(True)
    return _Ink(pen, halo, brush)


class BoxItem(QGraphicsPolygonItem):
    """The outline of a word's box in page pixels. Pens are cosmetic: as thick on the screen at every zoom."""

    def __init__(self, word: Word, prediction: Prediction | None, *, doubt_below: float) -> None:
        super().__init__()
        self._is_current = False
        self._is_selected = False
        self._has_halo = False
        self._tag = TextTag(self, is_below=True)
        self.show_word(word, prediction, doubt_below=doubt_below)

    @property
    def word(self) -> Word:
        return self._word

    def show_word(self, word: Word, prediction: Prediction | None, *, doubt_below: float) -> None:
        """Show what is known of the word now."""
        self._word = word
        self._look = look_of(word, prediction, doubt_below=doubt_below)
        self._is_upright = word.box.is_upright
        left, top, right, bottom = word.box.bounds
        self._bounds = QRectF(left, top, right - left, bottom - top)
        self._height = word.box.height
        self._runs_oddly = abs(geometry.angle(word.box)) > ODD_DEGREES
        self.setPolygon(polygon(word.box))
        characters = prediction.characters if prediction is not None and word.label is None else ()
        self._tag.show_text(shown_text(word, prediction), self._look, characters)
        self.refresh()

    def set_selected(self, *, is_selected: bool, is_current: bool) -> None:
        """Mark the item as one of the selection, or as the word whose field is open."""
        self._is_selected, self._is_current = is_selected, is_current
        self.refresh()

    def set_scale(self, scale: float, *, tags: bool) -> None:
        """Tell the item how large a page pixel is on the screen, and whether texts are wanted."""
        height = self._height * scale
        self._has_halo = self._bounds.height() * scale >= HALO_LEAST_BOX_PX
        has_text = tags and height >= TAG_LEAST_BOX_PX
        self._tag.set_text_shown(has_text)
        self._tag.setPos(self._bounds.bottomLeft() if has_text else QPointF(*self._word.box.points[1]))
        self._tag.set_sign_size(min(SIGN_PX, max(SIGN_LEAST_PX, round(height * SIGN_SHARE))))
        self._tag.setVisible(height >= SIGN_LEAST_BOX_PX and not (self._is_current and has_text))

    @property
    def waits(self) -> bool:
        """Whether a human has still to decide on the word, so that its text matters more than that of others."""
        return self._look not in (Look.VERIFIED, Look.IGNORED)

    def tag_area(self, scale: float) -> Bounds | None:
        """Return where the text would stand, in page pixels; None for a box too low, or a word without a text."""
        width, height = self._tag.text_size
        if not width or self._height * scale < TAG_LEAST_BOX_PX:
            return None
        x, y = self._bounds.left(), self._bounds.bottom()
        return x, y, x + width / scale, y + height / scale

    def refresh(self) -> None:
        """Take the colours of the look that is on now."""
        self._ink = _ink(self._look, self._is_selected)
        self.setPen(self._ink.pen)
        self.setZValue(STACK["current"] if self._is_selected else STACK["box"])
        self._tag.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        # Pages have thousands of boxes: nothing is made or asked for here, and only slanted lines are smoothed.
        painter.setRenderHint(_SMOOTH, not self._is_upright)
        pen, halo, brush = self._ink
        if self._has_halo:
            painter.setPen(halo)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            self._draw_outline(painter)
        painter.setPen(pen)
        painter.setBrush(brush)
        self._draw_outline(painter)
        if self._is_selected or self._runs_oddly:
            self._paint_pennant(painter)

    def _draw_outline(self, painter: QPainter) -> None:
        if self._is_upright:
            painter.drawRect(self._bounds)
        else:
            painter.drawPolygon(self.polygon())

    def _paint_pennant(self, painter: QPainter) -> None:
        """Mark the corner where the text begins by a pennant that flies in the direction of reading."""
        a, b, _, d = (QPointF(*point) for point in self._word.box.points)
        size = min(PENNANT_PX / painter.worldTransform().m11(), self._word.box.height / 2, self._word.box.width / 3)
        down = (d - a) * (size / (math.hypot((d - a).x(), (d - a).y()) or 1.0))
        along = (b - a) * (size / (math.hypot((b - a).x(), (b - a).y()) or 1.0))
        painter.setRenderHint(_SMOOTH)
        painter.setBrush(self._ink.pen.color())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([a, a + along * 1.2 + down / 2, a + down]))


class TextTag(QGraphicsItem):
    """A text on a small ground below its place, or above it. It keeps its size on the screen."""

    def __init__(self, parent: QGraphicsItem | None = None, *, is_below: bool = False) -> None:
        super().__init__(parent)
        self._is_below = is_below
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations)
        self.setZValue(STACK["tag"])
        self._font = theme.ui_font(points=-0.5)
        self._text = ""
        self._look = Look.UNLABELLED
        self._characters: tuple[Character, ...] = ()
        self._rect = QRectF()
        self._text_rect = QRectF()
        self._is_text_shown = True
        self._sign_px = SIGN_PX

    @property
    def text_size(self) -> tuple[float, float]:
        """Width and height of the tag with its text, in screen pixels; (0, 0) when there is nothing to show."""
        return self._text_rect.width(), self._text_rect.height() + TAG_GAP_PX

    def set_sign_size(self, size: int) -> None:
        """Draw the sign of the state, where it stands without a text, this large."""
        if size != self._sign_px:
            self._sign_px = size
            self._fit()

    def set_font(self, font: QFont) -> None:
        """Write in another font from the next text on."""
        self._font = font

    def set_text_shown(self, shown: bool) -> None:
        """Show the text, or only the sign of the state, on the corner where the tag is."""
        if shown != self._is_text_shown:
            self._is_text_shown = shown
            self._fit()

    def show_text(self, text: str, look: Look, characters: tuple[Character, ...] = ()) -> None:
        """Show a text; without one there is no tag, except the sign of an ignored or verified word."""
        self._text, self._look, self._characters = text, look, characters
        self._text_rect = self._measured()
        self._fit()

    def _fit(self) -> None:
        self.prepareGeometryChange()
        self.update()
        if not self._is_text_shown:
            half = self._sign_px / 2
            self._rect = QRectF(-half, -half, self._sign_px, self._sign_px) if self._has_sign else QRectF()
        else:
            self._rect = self._text_rect

    def _measured(self) -> QRectF:
        if not self._text and not self._has_sign:
            return QRectF()
        metrics = QFontMetricsF(self._font)
        sign = metrics.height() if self._has_sign else 0.0
        width = metrics.horizontalAdvance(self._text) + sign + 2 * TAG_PADDING_PX
        height = metrics.height() + 1
        return QRectF(0, TAG_GAP_PX if self._is_below else -height - TAG_GAP_PX, width, height)

    @property
    def _has_sign(self) -> bool:
        return self._look in (Look.VERIFIED, Look.DOUBTFUL, Look.IGNORED)

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-1, -1, 1, 1)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._rect.isEmpty():
            return
        look = theme.tokens()
        ground = look.color("surface")
        ground.setAlphaF(0.94)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(ground)
        if not self._is_text_shown:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(self._rect)
            painter.setFont(resources.icon_font(self._sign_px))
            painter.setPen(self._look.color)
            painter.drawText(self._rect, Qt.AlignmentFlag.AlignCenter, resources.glyph(self._look.value + "-bold"))
            return
        painter.setPen(QPen(look.color("line"), 1))
        painter.drawRoundedRect(self._rect, 2, 2)
        metrics = QFontMetricsF(self._font)
        x = self._rect.left() + TAG_PADDING_PX
        if self._has_sign:
            sign = QRectF(x - 1, self._rect.top(), metrics.height(), self._rect.height())
            painter.setFont(resources.icon_font(round(metrics.height() * 0.85)))
            painter.setPen(self._look.color)
            painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, resources.glyph(self._look.value + "-bold"))
            x += metrics.height()
        place = QPointF(x, self._rect.top() + metrics.ascent() + 0.5)
        draw_tinted(painter, place, self._text, font=self._font, characters=self._characters)


def polygon(box: Box) -> QPolygonF:
    """Return the corners of a box for Qt."""
    return QPolygonF([QPointF(x, y) for x, y in box.points])
