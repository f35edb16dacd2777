"""The pixels of a word, as large as fits."""

from __future__ import annotations

from PIL import Image
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from crnn_gui import theme
from crnn_gui.services.pages import to_qimage

CROP_HEIGHT_PX = 112
CROP_LARGEST_SCALE = 6.0

_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class CropView(QWidget):
    """A crop on the desk's colour, or a sentence in its place."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._sentence = ""
        self.setFixedHeight(CROP_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Crop"))

    @property
    def image(self) -> QImage:
        """What is shown; a null image without a crop."""
        return self._image

    def show_crop(self, crop: Image.Image | None) -> None:
        """Show a crop; None shows nothing."""
        self._image = QImage() if crop is None else to_qimage(crop)
        self._sentence = ""
        self.update()

    def show_sentence(self, sentence: str) -> None:
        """Show a sentence where no crop is."""
        self._image = QImage()
        self._sentence = sentence
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        look = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("desk"))
        painter.drawRoundedRect(self.rect(), 4, 4)
        if self._image.isNull():
            painter.setPen(QColor(look.color("muted")))
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), int(_CENTRED), self._sentence)
            return
        room = self.rect().adjusted(8, 8, -8, -8)
        scale = min(room.width() / self._image.width(), room.height() / self._image.height(), CROP_LARGEST_SCALE)
        width, height = self._image.width() * scale, self._image.height() * scale
        place = QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
        painter.drawImage(place, self._image)
