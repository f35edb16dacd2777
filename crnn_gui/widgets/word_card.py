"""The card under the current word on the page: its pixels at the size of the type, its text, and other readings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.opinion_line import OpinionLine
from crnn_gui.widgets.spelling_hint import SpellingHint
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_look import is_right_to_left

GAP_PX = 8
EDGE_PX = 8
LEAST_WIDTH_PX = 160
MOST_WIDTH_PX = 480
READINGS_WIDTH_PX = 256
"""How much the readings may widen the card; the first ones matter, and the inspector lists them all."""
FIELD_PADDING_PX = 32
CHIP_PADDING_PX = 8
LINE_SHARE = 1.25
"""Height of the shown crop over that of a line of type: boxes are drawn with some room around the letters."""


class WordCard(QFrame):
    """Stands under the word, above it where there is no room below, and never beyond the edges of the view.

    Signals:
        alternative_chosen: number of the reading that was clicked, from 1.
    """

    alternative_chosen = Signal(int)

    def __init__(self, document: ProjectDocument, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = parent
        self.setObjectName("card")
        # What is clicked here is not meant for the page below.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.field = WordField()
        self.crop = CropLine(self.field)
        self.readings = ReadingsLine()
        self.readings.chosen.connect(self.alternative_chosen)
        self.opinion = OpinionLine(document, tells_agreement=False)
        self.hint = SpellingHint(self.field)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(4, 4, 4, 4)
        self._column.setSpacing(4)
        for part in (self.crop, self.field, self.readings, self.opinion, self.hint):
            self._column.addWidget(part)
        self.hide()

    def place(self, word: QRect) -> None:
        """Stand by a word, given its rectangle in the coordinates of the view."""
        view = self._view.rect().adjusted(EDGE_PX, EDGE_PX, -EDGE_PX, -EDGE_PX)
        size = self._size(word.width(), view.width())
        below, above = word.bottom() + GAP_PX, word.top() - GAP_PX - size.height()
        y = below if below + size.height() <= view.bottom() or above < view.top() else above
        y = max(view.top(), min(y, view.bottom() - size.height()))
        x = max(view.left(), min(word.left() - self._column.contentsMargins().left(), view.right() - size.width()))
        self.setGeometry(QRect(x, y, size.width(), size.height()))
        self.show()

    def _size(self, word_px: int, most_px: int) -> QSize:
        text_px = self.field.fontMetrics().horizontalAdvance(self.field.text()) + FIELD_PADDING_PX
        wanted = max(word_px, text_px, self.crop.sizeHint().width(), self.readings.sizeHint().width(), LEAST_WIDTH_PX)
        width = min(wanted + 2 * GAP_PX, MOST_WIDTH_PX, most_px)
        column = self._column
        column.invalidate()  # parts that are not shown yet tell nobody that they have changed
        height = column.totalHeightForWidth(width) if column.hasHeightForWidth() else column.totalSizeHint().height()
        return QSize(width, height)


class CropLine(QWidget):
    """The pixels of a word, its letters as large as those that are typed under them."""

    def __init__(self, field: WordField) -> None:
        super().__init__()
        self._field = field
        self._image = QImage()
        self.setAccessibleName(self.tr("Crop"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_crop(self, image: QImage) -> None:
        """Show a crop; a null image shows nothing."""
        self._image = image
        self.setVisible(not image.isNull())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        height = round(self._field.fontMetrics().height() * LINE_SHARE)
        if self._image.isNull():
            return QSize(0, height)
        return QSize(round(self._image.width() * height / self._image.height()) + self._indent, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    @property
    def _indent(self) -> int:
        """Where the text of the field begins, so that letters stand above letters."""
        return 8

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        room = QRectF(self.rect()).adjusted(self._indent, 0, 0, 0)
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        left = room.right() - width if is_right_to_left(self._field.text()) else room.left()
        painter.drawImage(QRectF(left, room.center().y() - height / 2, width, height), self._image)


class ReadingsLine(QWidget):
    """The recogniser's other readings in one line, each with the digit that takes it together with Alt.

    Signals:
        chosen: number of the reading that was clicked, from 1.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ()
        self.setFont(theme.ui_font(points=-1))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Other readings"))
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """What is offered, in the order of the keys."""
        return self._texts

    def show_readings(self, texts: Sequence[str]) -> None:
        """Offer these readings; there are keys for nine."""
        self._texts = tuple(texts[:9])
        self.setVisible(bool(self._texts))
        self.setToolTip(self.tr("Alt and the digit takes the reading"))
        self.setAccessibleDescription(", ".join(f"Alt+{key} {text}" for key, text in enumerate(self._texts, 1)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = max((right for _, right in self._spans()), default=0)
        return QSize(min(width, theme.scaled(READINGS_WIDTH_PX)), self.fontMetrics().height() + GAP_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def _spans(self) -> list[tuple[int, int]]:
        metrics, left, spans = self.fontMetrics(), 0, []
        for key, text in enumerate(self._texts, 1):
            width = metrics.horizontalAdvance(self._mark(key)) + metrics.horizontalAdvance(text) + 3 * CHIP_PADDING_PX
            spans.append((left, left + width))
            left += width
        return spans

    def _mark(self, key: int) -> str:
        return f"Alt+{key}" if key == 1 else str(key)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        x = round(event.position().x())
        for key, (left, right) in enumerate(self._spans(), 1):
            if left <= x < right <= self.width():
                self.chosen.emit(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = theme.tokens()
        metrics = QFontMetrics(self.font())
        baseline = (self.height() + metrics.ascent() - metrics.descent()) // 2
        for key, (text, (left, right)) in enumerate(zip(self._texts, self._spans(), strict=True), 1):
            if right > self.width():
                return  # the inspector lists them all
            painter.setPen(look.color("muted"))
            painter.drawText(left + CHIP_PADDING_PX, baseline, self._mark(key))
            painter.setPen(look.color("text"))
            start = left + 2 * CHIP_PADDING_PX + metrics.horizontalAdvance(self._mark(key))
            painter.drawText(start, baseline, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
