"""The pixels of a page on its desk, of any size: drawn from the copy that is as fine as the screen, and no finer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

MARGIN_PX = 2
"""Pixels drawn around the part that is to be painted anew, so that smoothing meets its neighbours without a seam."""


class PageItem(QGraphicsItem):
    """Paints only what is in view, straight from images in memory: a copy for the screen of 120 megapixels takes
    0.2 s of the GUI thread and half a gigabyte.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self._levels: tuple[QImage, ...] = ()
        self._is_smooth = True

    def show_levels(self, levels: Sequence[QImage]) -> None:
        """Show an image, given first in full size and then ever smaller; nothing without any."""
        self.prepareGeometryChange()
        self._levels = tuple(levels)
        self.update()

    def set_smooth(self, flag: bool) -> None:
        """Smooth the pixels, or show their edges."""
        self._is_smooth = flag
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(self._levels[0].rect()) if self._levels else QRectF()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        whole = self.boundingRect()
        seen = option.exposedRect.intersected(whole)
        if seen.isEmpty():
            return
        wanted = painter.deviceTransform().m11() * whole.width()
        level = next((one for one in reversed(self._levels) if one.width() >= wanted), self._levels[0])
        scale_x, scale_y = level.width() / whole.width(), level.height() / whole.height()
        source = QRectF(seen.x() * scale_x, seen.y() * scale_y, seen.width() * scale_x, seen.height() * scale_y)
        part = source.toAlignedRect().adjusted(-MARGIN_PX, -MARGIN_PX, MARGIN_PX, MARGIN_PX).intersected(level.rect())
        place = QRectF(part.x() / scale_x, part.y() / scale_y, part.width() / scale_x, part.height() / scale_y)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_smooth)
        painter.drawImage(place, level, QRectF(part))
