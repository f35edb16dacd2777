"""The pixels the network sees, with where it reads each character and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from crnn_gui import theme
from crnn_gui.services.pages import to_qimage
from crnn_gui.widgets.word_look import confidence_token
from model.annotations import Character

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_SCALE = 2.0
TEXT_ROW_PX = 24
STRIP_ROW_PX = 64
BAR_PX = 3


class StripView(QWidget):
    """A strip, scaled to fit, over a row of characters that stand under their spans."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._content = 0
        self._characters: tuple[Character, ...] = ()
        self.setAccessibleName(self.tr("What the network sees"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_strip(
        self, strip: NDArray[np.uint8] | None, characters: Sequence[Character] = (), *, content: int | None = None
    ) -> None:
        """Show a strip, uint8 (height, width) or (height, width, 3); None shows nothing.

        Its first ``content`` columns, all by default, are the crop that the characters' spans are fractions of.
        """
        self._image = QImage() if strip is None else to_qimage(Image.fromarray(strip))
        self._content = content or self._image.width()
        self._characters = tuple(characters)
        spoken = ", ".join(f"{c.char} {c.confidence:.0%}" for c in self._characters)
        self.setAccessibleDescription(spoken)
        self.setToolTip(spoken)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, STRIP_ROW_PX + TEXT_ROW_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, STRIP_ROW_PX + TEXT_ROW_PX)

    def _strip_rect(self) -> QRectF:
        scale = min(LARGEST_SCALE, self.width() / self._image.width(), STRIP_ROW_PX / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        return QRectF((self.width() - width) / 2, STRIP_ROW_PX - height, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        strip = self._strip_rect()
        painter.drawImage(strip, self._image)
        look = theme.tokens()
        font = theme.ui_font(points=1)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        content = strip.width() * self._content / self._image.width()
        for character in self._characters:
            left = strip.left() + character.start * content
            right = strip.left() + character.end * content
            token = confidence_token(character.confidence)
            tint = look.color("accent" if token == "text" else token)
            if token != "text":
                wash = look.color(token)
                wash.setAlphaF(0.25)
                painter.fillRect(QRectF(left, strip.top(), right - left, strip.height()), wash)
            bar = QRectF(left + 0.5, strip.bottom() + 1, max(right - left - 1, 1.0), BAR_PX)
            ground = look.color("line")
            painter.fillRect(bar, ground)
            painter.fillRect(QRectF(bar.left(), bar.top(), bar.width() * character.confidence, BAR_PX), tint)
            painter.setPen(look.color(token))
            width = max(right - left, metrics.horizontalAdvance(character.char))
            place = QRectF((left + right - width) / 2, strip.bottom() + BAR_PX, width, TEXT_ROW_PX - BAR_PX)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, character.char)
