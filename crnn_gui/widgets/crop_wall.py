"""The wall of crops: each with its text under it, corrected in place. Only what is on the screen is painted."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QBrush, QFontMetricsF, QImage, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QFrame,
    QListView,
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

CELL_LEAST_WIDTH_PX = 168
CELL_HEIGHT_PX = 96
PADDING_PX = 8
CROP_HEIGHT_PX = 48
CROP_LARGEST_SCALE = 3.0
TEXT_TOP_PX = PADDING_PX + CROP_HEIGHT_PX + 4
TEXT_HEIGHT_PX = 28
SIGN_PX = 14
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_Control = Qt.KeyboardModifier.ControlModifier


class CropWall(QListView):
    """The words of a :class:`WallModel`, side by side.

    Signals:
        verify_requested: let the texts of the selected words stand; whether to go to the next one then.
        ignore_requested: leave the selected words out, or take them back in.
        page_requested: show the current word on its page.
        search_requested: the search field is wanted.
        refused: a sentence that says why a text cannot stand.
    """

    verify_requested = Signal(bool)
    ignore_requested = Signal()
    page_requested = Signal()
    search_requested = Signal()
    refused = Signal(str)

    def __init__(
        self, document: ProjectDocument, model: WallModel, crops: Crops, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words = model
        self._kept = 0
        self._cells = _CellDelegate(document, model, crops, parent=self)
        self.setAccessibleName("Words to review")
        self.setFrameShape(QFrame.Shape.NoFrame)
        # Wrapped rows of the list mode look like the icon mode, but need no tree of a hundred thousand items.
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setUniformItemSizes(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.AnyKeyPressed | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self.setMouseTracking(True)
        self.setModel(model)
        self.setItemDelegate(self._cells)
        self._cells.entered.connect(self.verify_requested)
        self._cells.refused.connect(self.refused)
        self.doubleClicked.connect(self._on_double_clicked)
        crops.ready.connect(self._on_crops_ready)
        model.modelAboutToBeReset.connect(self._on_about_to_be_reset)
        model.modelReset.connect(self._on_reset)

    @property
    def current(self) -> FoundWord | None:
        """The word that the keys act on."""
        index = self.currentIndex()
        return self._words.found(index) if index.isValid() else None

    @property
    def chosen(self) -> list[FoundWord]:
        """The selected words in the order they hang; the current one when none is selected."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        current = self.currentIndex()
        return [self._words.found(self._words.index(r)) for r in rows or [current.row()] if current.isValid()]

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self._cells.doubt_below = confidence
        self.viewport().update()

    def go_to(self, index: QModelIndex) -> None:
        """Make a row current and bring it into view."""
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def edit_current(self) -> None:
        """Open the field under the current crop."""
        index = self.currentIndex()
        if index.isValid() and self._words.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

    # Layout

    def _columns(self) -> int:
        return max(1, self.viewport().width() // CELL_LEAST_WIDTH_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._cells.cell_size = QSize(self.viewport().width() // self._columns(), CELL_HEIGHT_PX)
        self.setGridSize(self._cells.cell_size)
        super().resizeEvent(event)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Step through the words as through a text: to the right of a line's end its successor begins."""
        last = self._words.rowCount() - 1
        if last < 0:
            return QModelIndex()
        columns = self._columns()
        screen = columns * max(1, self.viewport().height() // CELL_HEIGHT_PX)
        cursor = QAbstractItemView.CursorAction
        steps = {
            cursor.MoveLeft: -1,
            cursor.MovePrevious: -1,
            cursor.MoveRight: 1,
            cursor.MoveNext: 1,
            cursor.MoveUp: -columns,
            cursor.MoveDown: columns,
            cursor.MovePageUp: -screen,
            cursor.MovePageDown: screen,
            cursor.MoveHome: -last,
            cursor.MoveEnd: last,
        }
        row = max(self.currentIndex().row(), 0) + steps[action]
        return self._words.index(min(max(row, 0), last))

    # Keys

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            # Unclaimed, these would reach the window's actions, which speak of the page.
            event.accept()
            return True
        return super().event(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        key = event.key()
        if event.modifiers() & _Control:
            return key in (*_ENTER, Qt.Key.Key_F, Qt.Key.Key_K, Qt.Key.Key_E, Qt.Key.Key_A)
        return key in (*_ENTER, Qt.Key.Key_F2, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_I, Qt.Key.Key_O)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_control = held == _Control
        is_plain = held == Qt.KeyboardModifier.NoModifier
        if key in _ENTER and (is_plain or is_control):
            self.verify_requested.emit(is_plain)
        elif (key == Qt.Key.Key_F2 and is_plain) or (key == Qt.Key.Key_E and is_control):
            self.edit_current()
        elif key in (Qt.Key.Key_F, Qt.Key.Key_K) and is_control:
            self.search_requested.emit()
        elif key == Qt.Key.Key_I and is_plain:
            self.ignore_requested.emit()
        elif key == Qt.Key.Key_O and is_plain:
            self.page_requested.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.page_requested.emit()

    @Slot(object)
    def _on_crops_ready(self, word_ids: object) -> None:
        self.viewport().update()

    # The current word keeps its place in the user's eye when the rows are listed anew.

    @Slot()
    def _on_about_to_be_reset(self) -> None:
        current = self.current
        if current is not None:
            self._kept = current.word.id

    @Slot()
    def _on_reset(self) -> None:
        index = self._words.index_of(self._kept)
        if index.isValid():
            self.go_to(index)
        elif self._words.rowCount():
            first = self._words.index(0)
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollToTop()


class _CellDelegate(QStyledItemDelegate):
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
        self.doubt_below = DOUBT_BELOW
        self.cell_size = QSize(CELL_LEAST_WIDTH_PX, CELL_HEIGHT_PX)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self.cell_size

    # The field

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        field = WordField(parent, points=1)
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
        if event.type() != QEvent.Type.KeyPress or event.key() not in _ENTER:
            return super().eventFilter(editor, event)
        if not editor.text().strip():
            self.refused.emit("Type what the word says, or press Esc and leave it out of everything with I.")
            return True
        self.commitData.emit(editor)
        self.closeEditor.emit(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        self.entered.emit(not event.modifiers() & _Control)
        return True

    # Painting

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found = self._words.found(index)
        sight = look_of(found.word, found.prediction, doubt_below=self.doubt_below)
        cell = QRectF(option.rect).adjusted(2, 2, -2, -2)
        painter.save()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _paint_ground(painter, cell, option)
        inner = QRectF(option.rect).adjusted(PADDING_PX, PADDING_PX, -PADDING_PX, 0)
        is_dim = self._words.is_decided(index)
        self._paint_crop(painter, QRectF(inner.topLeft(), inner.size()), found, sight=sight, is_dim=is_dim)
        _paint_text(painter, inner, found, sight=sight)
        painter.restore()

    def _paint_crop(self, painter: QPainter, room: QRectF, found: FoundWord, *, sight: Look, is_dim: bool) -> None:
        room.setHeight(CROP_HEIGHT_PX)
        word, look = found.word, theme.tokens()
        image = self._crops.get(word.id, word.box, self._document.page_path(self._document.page_of(word.page_id)))
        if image is None or image.isNull():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("desk"))
            painter.drawRoundedRect(room, 2, 2)
            if image is not None:
                painter.setFont(resources.icon_font(20))
                painter.setPen(look.color("muted"))
                painter.drawText(room, Qt.AlignmentFlag.AlignCenter, resources.glyph("image-broken"))
            return
        place = _fitted(image, room)
        painter.setOpacity(0.45 if is_dim or sight == Look.IGNORED else 1.0)
        painter.drawImage(place, image)
        painter.setOpacity(1.0)
        if sight == Look.IGNORED:
            painter.fillRect(place, QBrush(look.color("ignored"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(look.color("line"))  # the edge of a white crop on a white wall
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.toRect().adjusted(0, 0, -1, -1))


def _fitted(image: QImage, room: QRectF) -> QRectF:
    """Return where the picture goes: as large as fits, at the left, where its text begins too."""
    scale = min(room.width() / image.width(), room.height() / image.height(), CROP_LARGEST_SCALE)
    width, height = image.width() * scale, image.height() * scale
    return QRectF(room.left(), room.bottom() - height, width, height)


def _paint_ground(painter: QPainter, cell: QRectF, option: QStyleOptionViewItem) -> None:
    look, state = theme.tokens(), option.state
    painter.setPen(Qt.PenStyle.NoPen)
    if state & QStyle.StateFlag.State_Selected:
        ground = look.color("accent")
        ground.setAlphaF(0.16)
        painter.setBrush(ground)
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.setBrush(look.color("raised"))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QPen(look.color("accent"), 2))
    painter.drawRoundedRect(cell, 4, 4)


def _paint_text(painter: QPainter, inner: QRectF, found: FoundWord, *, sight: Look) -> None:
    look = theme.tokens()
    line = QRectF(inner.left(), inner.top() + TEXT_TOP_PX - PADDING_PX, inner.width(), TEXT_HEIGHT_PX)
    painter.setFont(resources.icon_font(SIGN_PX))
    painter.setPen(sight.color)
    sign = QRectF(line.left(), line.top(), SIGN_PX, line.height())
    painter.drawText(sign, Qt.AlignmentFlag.AlignCenter, resources.glyph(sight.value))
    left, right = sign.right() + 6, line.right()
    reading = found.prediction if sight in (Look.SUGGESTED, Look.DOUBTFUL) else None
    if reading is not None:
        right = _paint_confidence(painter, line, reading.confidence) - 6
    text = shown_text(found.word, found.prediction)
    if not text:
        painter.setFont(theme.ui_font())
        painter.setPen(look.color("muted"))
        painter.drawText(
            QRectF(left, line.top(), right - left, line.height()), Qt.AlignmentFlag.AlignVCenter, "no text"
        )
        return
    font = theme.ui_font(points=1)
    metrics = QFontMetricsF(font)
    base = line.center().y() + (metrics.ascent() - metrics.descent()) / 2
    characters = reading.characters if reading is not None else ()
    if sight == Look.IGNORED:
        painter.setOpacity(0.5)
    draw_tinted(painter, QPointF(left, base), text, font=font, characters=characters, elide=right - left)


def _paint_confidence(painter: QPainter, line: QRectF, confidence: float) -> float:
    """Draw the reading's confidence at the end of the line, and return where it begins."""
    font = theme.ui_font(points=-1)
    text = f"{confidence:.0%}"
    left = line.right() - QFontMetricsF(font).horizontalAdvance(text)
    painter.setFont(font)
    painter.setPen(theme.tokens().color("muted"))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(line, int(right), text)
    return left
