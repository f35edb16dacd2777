"""An image on a desk: zoom at the pointer, pan, fit, and a view that stays from page to page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QEvent, QMargins, QPoint, QPointF, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGestureEvent,
    QGraphicsScene,
    QGraphicsView,
    QPinchGesture,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.widgets.page_item import PageItem

ZOOM_STEP = 1.25
ZOOM_RANGE = (0.02, 40.0)
FIT_MARGIN_PX = 16
LARGEST_FIT = 4.0
PIXELATED_FROM = 3.0
"""From this zoom on pixels are drawn with their edges: they are what one wants to see."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a page is looked at: screen pixels of a page pixel, and the page's pixel in the corner of the view.

    The corner at the top left stays where it is when scroll bars come and go.
    """

    zoom: float
    corner: QPointF


class PageView(QGraphicsView):
    """Shows one image in page pixels.

    Signals:
        view_changed: the page moved or changed its size on the screen.
        zoom_changed: screen pixels of one page pixel.
    """

    view_changed = Signal()
    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_fitted = True
        self._holds_space = False
        self._is_panning = False
        self._pan_from = QPoint()
        self._page_rect = QRectF()
        scene = QGraphicsScene(self)
        # Boxes come and go with every edit; keeping a tree of them in order costs more than asking each one.
        scene.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._page_item = PageItem()
        scene.addItem(self._page_item)
        self.setScene(scene)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.viewport().setMouseTracking(True)
        # A scene takes every drag for itself and then refuses it; files are the window's.
        self.setAcceptDrops(False)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)

    @property
    def zoom(self) -> float:
        """Screen pixels of one page pixel."""
        return self.transform().m11()

    @property
    def outlook(self) -> Outlook | None:
        """How the page is looked at; None while it is fitted into the view."""
        return None if self._is_fitted else Outlook(self.zoom, self.mapToScene(QPoint(0, 0)))

    def take_outlook(self, outlook: Outlook | None) -> None:
        """Look at the page in this way; None fits it into the view."""
        if outlook is None:
            self.zoom_fit()
            return
        self._is_fitted = False
        self._set_zoom(outlook.zoom)
        self._scroll_by(self.mapFromScene(outlook.corner))
        self.view_changed.emit()

    def show_image(self, image: QImage, *smaller: QImage) -> None:
        """Show an image, of which there may be smaller copies; zoom and place stay as they are unless it is fitted."""
        self._page_item.show_levels((image, *smaller))
        self.set_page_size(image.width(), image.height())

    def set_page_size(self, width: int, height: int) -> None:
        """Make room for an image that is still being decoded."""
        rect = QRectF(0, 0, width, height)
        if rect != self._page_rect:
            self._page_rect = rect
            self._set_room()
            if self._is_fitted:
                self.zoom_fit()
        self.viewport().update()

    def _set_room(self) -> None:
        """Leave room around the page to bring its edges under the pointer; a fitted page needs none."""
        margin = 0.0 if self._is_fitted else max(self._page_rect.width(), self._page_rect.height()) * 0.25
        self.setSceneRect(self._page_rect.adjusted(-margin, -margin, margin, margin))

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        look = theme.tokens()
        painter.fillRect(rect, look.color("desk"))
        if not self._page_rect.isEmpty():
            painter.fillRect(self._page_rect, look.color("surface"))

    @Slot()
    def zoom_fit(self) -> None:
        """Show the whole page, and each following one, until the zoom is changed by hand."""
        self._is_fitted = True
        if self._page_rect.isEmpty():
            return
        room = self.viewport().rect().marginsRemoved(_margins(FIT_MARGIN_PX))
        scale = min(room.width() / self._page_rect.width(), room.height() / self._page_rect.height())
        self._set_zoom(min(max(scale, ZOOM_RANGE[0]), LARGEST_FIT))
        self.centerOn(self._page_rect.center())
        self.view_changed.emit()

    @Slot()
    def zoom_full(self) -> None:
        """Show one page pixel as one screen pixel."""
        self._zoom_at(self.viewport().rect().center(), 1.0 / self.zoom)

    @Slot()
    def zoom_in(self) -> None:
        """Show everything larger."""
        self._zoom_at(self.viewport().rect().center(), ZOOM_STEP)

    @Slot()
    def zoom_out(self) -> None:
        """Show everything smaller."""
        self._zoom_at(self.viewport().rect().center(), 1 / ZOOM_STEP)

    def zoom_to(self, area: QRectF) -> None:
        """Fill about a third of the view with an area of the page."""
        wide = self.viewport().width() / 3 / max(area.width(), 1.0)
        high = self.viewport().height() / 4 / max(area.height(), 1.0)
        self._is_fitted = False
        self._set_zoom(min(max(min(wide, high), ZOOM_RANGE[0]), 12.0))
        self.centerOn(area.center())
        self.view_changed.emit()

    def _zoom_at(self, place: QPoint, factor: float) -> None:
        """Zoom so that the page pixel under ``place`` (viewport coordinates) stays there."""
        scale = min(max(self.zoom * factor, ZOOM_RANGE[0]), ZOOM_RANGE[1])
        before = self.mapToScene(place)
        self._is_fitted = False
        self._set_zoom(scale)
        moved = self.mapFromScene(before) - place
        self._scroll_by(moved)
        self.view_changed.emit()

    def _set_zoom(self, scale: float) -> None:
        self._set_room()
        self.resetTransform()
        self.scale(scale, scale)
        smooth = scale < PIXELATED_FROM
        self._page_item.set_smooth(smooth)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self.zoom_changed.emit(scale)

    def _scroll_by(self, delta: QPoint) -> None:
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + delta.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + delta.y())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.view_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_fitted:
            self.zoom_fit()
        self.view_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._zoom_at(event.position().toPoint(), ZOOM_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.NativeGesture:
            native = cast("QNativeGestureEvent", event)
            if native.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom_at(native.position().toPoint(), 1 + native.value())
                return True
        if event.type() == QEvent.Type.Gesture:
            pinch = cast("QGestureEvent", event).gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._zoom_at(self.viewport().mapFromGlobal(pinch.centerPoint().toPoint()), pinch.scaleFactor())
                return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._holds_space = True
            self._show_cursor()
            event.accept()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._holds_space = False
            self._show_cursor()
            event.accept()
        else:
            super().keyReleaseEvent(event)

    def _show_cursor(self) -> None:
        if self._is_panning:
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._holds_space:
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        middle = event.button() == Qt.MouseButton.MiddleButton
        if middle or (event.button() == Qt.MouseButton.LeftButton and self._holds_space):
            self._is_panning = True
            self._pan_from = event.position().toPoint()
            self._show_cursor()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_panning:
            here = event.position().toPoint()
            self._scroll_by(self._pan_from - here)
            self._pan_from = here
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._is_panning = False
        self._show_cursor()
        event.accept()


def _margins(every_side: int) -> QMargins:
    return QMargins(every_side, every_side, every_side, every_side)
