"""One word on the review wall: its crop, and under it its state, its text and how sure the reading is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QFont, QFontMetricsF, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.document import ProjectDocument
from crnn_gui.item_models import DOUBT_BELOW
from crnn_gui.services.crops import Crops
from crnn_gui.services.survey import FoundWord
from crnn_gui.widgets.wall_model import WallModel
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_look import Look, draw_tinted, look_of, shown_text

Index = QModelIndex | QPersistentModelIndex

PADDING_PX = 8
CROP_HEIGHT_PX = 48
CROP_LARGEST_SCALE = 3.0
TEXT_TOP_PX = PADDING_PX + CROP_HEIGHT_PX + 4
TEXT_HEIGHT_PX = 28
SIGN_PX = 14
ENTER_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_AT_START = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_AT_END = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Control = Qt.KeyboardModifier.ControlModifier


def cell_size() -> QSize:
    """Return the least width of a cell and its height, in pixels: they grow with the interface's text."""
    return QSize(theme.scaled(168), TEXT_TOP_PX + theme.scaled(TEXT_HEIGHT_PX) + PADDING_PX)


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours and fonts of one painting of the wall."""

    look: theme.Tokens
    text: QFont
    small: QFont
    sign: QFont

    @classmethod
    def now(cls) -> Ink:
        sign = resources.icon_font(SIGN_PX)
        return cls(theme.tokens(), theme.ui_font(points=1), theme.ui_font(points=-1), sign)


class CellDelegate(QStyledItemDelegate):
    """Draws one word, and opens the field under its crop.

    Signals:
        entered: Enter was pressed in the field, whose text is set; whether to go to the next word.
    """

    entered = Signal(bool)
    refused = Signal(str)

    def __init__(self, document: ProjectDocument, model: WallModel, crops: Crops, *, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._words = model
        self._crops = crops
        self._waiting: dict[int, int] = {}
        self._ink = Ink.now()
        self.doubt_below = DOUBT_BELOW

    def begin_paint(self) -> None:
        """Take the colours and fonts of the look that is on now; asking for them anew costs more than a cell."""
        self._ink = Ink.now()

    def take_waiting(self, ready: Collection[int]) -> list[int]:
        """Return the words that were drawn without a picture on the pages of those whose pictures are ready now.

        A picture asked for while its page was being cut is not among them and has to be asked for again.
        """
        pages = {self._waiting.get(word_id) for word_id in ready}
        found = [word_id for word_id, page_id in self._waiting.items() if page_id in pages]
        for word_id in found:
            del self._waiting[word_id]
        return found

    # The field

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = WordField(parent, share=0.8)
        field.setAutoFillBackground(True)
        return field

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, WordField), "made by createEditor"
        if not editor.isModified():  # what is read meanwhile must not overwrite what is being typed
            editor.show_text(index.data(Qt.ItemDataRole.EditRole), select_all=True)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        assert isinstance(editor, WordField), "made by createEditor"
        if editor.isModified():
            model.setData(index, editor.text())

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        cell: QRect = option.rect
        top = cell.top() + TEXT_TOP_PX - 2
        editor.setGeometry(cell.left() + 4, top, cell.width() - 8, cell.bottom() - top - 1)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if not (isinstance(editor, WordField) and isinstance(event, QKeyEvent)) or editor.is_composing:
            return super().eventFilter(editor, event)
        if event.type() != QEvent.Type.KeyPress or event.key() not in ENTER_KEYS:
            return super().eventFilter(editor, event)
        if not editor.text().strip():
            self.refused.emit(self.tr("Type what the word says, or press Esc and leave it out of everything with I."))
            return True
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        self.entered.emit(not event.modifiers() & _Control)
        return True

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found, ink = self._words.found(index), self._ink
        sight = look_of(found.word, found.prediction, doubt_below=self.doubt_below)
        cell: QRect = option.rect
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _paint_ground(painter, QRectF(cell).adjusted(2, 2, -2, -2), option.state, ink)
        width = cell.width() - 2 * PADDING_PX
        room = QRect(cell.left() + PADDING_PX, cell.top() + PADDING_PX, width, CROP_HEIGHT_PX)
        self._paint_crop(painter, room, found, sight=sight, is_decided=self._words.is_decided(index))
        line = QRectF(room.left(), cell.top() + TEXT_TOP_PX, width, theme.scaled(TEXT_HEIGHT_PX))
        _paint_line(painter, line, found, sight=sight, ink=ink)
        painter.restore()

    def _paint_crop(self, painter: QPainter, room: QRect, found: FoundWord, *, sight: Look, is_decided: bool) -> None:
        word, look = found.word, self._ink.look
        image = self._crops.get(word.id, word.box, self._document.page_path(self._document.page_of(word.page_id)))
        if image is None or image.isNull():
            painter.fillRect(room, look.color("desk"))
            if image is None:
                self._waiting[word.id] = word.page_id
            else:
                painter.setFont(resources.icon_font(20))
                painter.setPen(look.color("muted"))
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, resources.glyph("image"))
            return
        place = _fitted(image, room)
        painter.setOpacity(0.45 if is_decided or sight == Look.IGNORED else 1.0)
        painter.drawImage(place, image)
        painter.setOpacity(1.0)
        if sight == Look.IGNORED:
            painter.fillRect(place, QBrush(look.color("text"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(look.color("line"))  # the edge of a white crop on a white wall
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(0, 0, -1, -1))


def _fitted(image: QImage, room: QRect) -> QRect:
    """Return where the picture goes: as large as fits, at the left, where its text begins too."""
    scale = min(room.width() / image.width(), room.height() / image.height(), CROP_LARGEST_SCALE)
    width, height = max(1, round(image.width() * scale)), max(1, round(image.height() * scale))
    return QRect(room.left(), room.top() + room.height() - height, width, height)


def _paint_ground(painter: QPainter, cell: QRectF, state: QStyle.StateFlag, ink: Ink) -> None:
    flag = QStyle.StateFlag
    if not state & (flag.State_Selected | flag.State_MouseOver | flag.State_HasFocus):
        return
    ground = ink.look.color("accent" if state & flag.State_Selected else "raised")
    if state & flag.State_Selected:
        ground.setAlphaF(0.16)
    painter.setBrush(ground if state & (flag.State_Selected | flag.State_MouseOver) else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink.look.color("accent"), 2) if state & flag.State_HasFocus else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(cell, 4, 4)


def _paint_line(painter: QPainter, line: QRectF, found: FoundWord, *, sight: Look, ink: Ink) -> None:
    """Draw the sign of the state, the text, and the confidence of a text that is only a reading."""
    painter.setFont(ink.sign)
    painter.setPen(ink.look.color(sight.token))
    sign = QRectF(line.left(), line.top(), SIGN_PX, line.height())
    painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, resources.glyph(sight.value))
    left, right = sign.right() + 6, line.right()
    reading = found.prediction if sight in (Look.SUGGESTED, Look.DOUBTFUL) else None
    painter.setPen(ink.look.color("muted"))
    painter.setFont(ink.small)
    if reading is not None:
        share = f"{reading.confidence:.0%}"
        painter.drawText(line, int(_AT_END), share)
        right -= QFontMetricsF(ink.small).horizontalAdvance(share) + 6
    text = shown_text(found.word, found.prediction)
    if not text:
        painter.drawText(
            QRectF(left, line.top(), right - left, line.height()),
            int(_AT_START),
            QCoreApplication.translate("CellDelegate", "no text"),
        )
        return
    metrics = QFontMetricsF(ink.text)
    base = line.center().y() + (metrics.ascent() - metrics.descent()) / 2
    painter.setOpacity(0.5 if sight == Look.IGNORED else 1.0)
    characters = reading.characters if reading is not None else ()
    draw_tinted(painter, QPointF(left, base), text, font=ink.text, characters=characters, elide=right - left)
