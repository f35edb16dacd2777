"""A recent project on the empty start: a page of it, its name and place, how far it is, and when it was open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from crnn_gui import resources, theme
from crnn_gui.settings import RecentProject
from crnn_gui.wording import counted, moment

HEIGHT_PX = 56
PICTURE = QSize(56, 40)


class RecentRow(QAbstractButton):
    """One row; a click opens the project. A project that is gone says so, and cannot be opened."""

    def __init__(self, project: RecentProject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.is_there = project.path.exists()
        self._picture = QImage()
        self._is_near = False
        self.setText(project.path.name or str(project.path))
        self.setToolTip(str(project.path))
        self.setAccessibleDescription(" · ".join(self.facts))
        self.setEnabled(self.is_there)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def facts(self) -> tuple[str, str]:
        """What stands at the right, in two lines."""
        project = self.project
        if not self.is_there:
            return self.tr("not there any more"), ""
        if not project.pages:
            return "", moment(project.opened_at) if project.opened_at else ""
        share = f"{100 * project.verified / project.words:.0f} %" if project.words else "0 %"
        pages = counted(project.pages, "page")
        return self.tr("{pages}, {share} verified").format(pages=pages, share=share), moment(project.opened_at)

    def show_picture(self, picture: QImage) -> None:
        """Show a page of the project."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, theme.scaled(HEIGHT_PX))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._is_near = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._is_near = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self.hasFocus() or (self._is_near and self.is_there):
            painter.setPen(look.color("accent") if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(look.color("raised"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        self._paint_picture(painter, QRect(8, (self.height() - PICTURE.height()) // 2, 56, 40))
        left, right = 8 + PICTURE.width() + 12, self.width() - 12
        upper, lower = self.height() // 2 - 5, self.height() // 2 + theme.scaled(13)
        small = theme.ui_font(points=-1)
        used = 0
        painter.setFont(small)
        painter.setPen(look.color("muted" if self.is_there else "doubtful"))
        for text, y in zip(self.facts, (upper, lower), strict=True):
            width = QFontMetrics(small).horizontalAdvance(text)
            painter.drawText(right - width, y, text)
            used = max(used, width)
        room = right - used - 16 - left
        font = theme.ui_font(bold=True)
        painter.setFont(font)
        painter.setPen(look.color("text" if self.is_there else "muted"))
        painter.drawText(left, upper, QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room))
        painter.setFont(small)
        painter.setPen(look.color("muted"))
        place = QFontMetrics(small).elidedText(short(self.project.path.parent), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(left, lower, place)

    def _paint_picture(self, painter: QPainter, place: QRect) -> None:
        look = theme.tokens()
        painter.fillRect(place, look.color("desk"))
        if self._picture.isNull() or not self.is_there:
            painter.setFont(resources.icon_font(20))
            painter.setPen(look.color("muted"))
            glyph = resources.glyph("folder") if self.is_there else resources.glyph("folder-minus")
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, glyph)
            return
        size = self._picture.size().scaled(place.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = place.center().x() - size.width() / 2, place.center().y() - size.height() / 2
        painter.drawImage(QRectF(left, top, size.width(), size.height()), self._picture)


def short(path: Path) -> str:
    """Return a path with the user's home as ``~``."""
    try:
        return "~/" + path.relative_to(Path.home()).as_posix()
    except ValueError:
        return str(path)
