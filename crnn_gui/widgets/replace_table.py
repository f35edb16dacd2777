"""The list of texts that would be replaced: crop, old text, new text, and a tick for each that is wanted."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget
from rapidfuzz.distance import Postfix, Prefix

from crnn_gui import theme
from crnn_gui.document import ProjectDocument
from crnn_gui.replacing import Replacement, Replacing
from crnn_gui.services.crops import Crops
from model.documents import shown_name

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_TICK, CROP, OLD, NEW, PAGE = range(5)
_ROW_HEIGHT_PX = 48
_PADDING_PX = 4
_CROP_WIDTH_PX = 200


class ReplaceModel(QAbstractTableModel):
    """The rows of a :class:`~crnn_gui.replacing.Replacing`."""

    def __init__(self, document: ProjectDocument, replacing: Replacing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._replacing = replacing
        self._rows: tuple[Replacement, ...] = ()
        replacing.changed.connect(self._on_changed)

    def row(self, index: Index) -> Replacement:
        """Return what a row proposes."""
        return self._rows[index.row()]

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return ("", self.tr("Word"), self.tr("Now"), self.tr("Then"), self.tr("Page"))[section]

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == _TICK else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self.row(index), index.column()
        if role == Qt.ItemDataRole.CheckStateRole and column == _TICK:
            return Qt.CheckState.Checked if self._replacing.is_chosen(row) else Qt.CheckState.Unchecked
        page = self._document.page_of(row.found.word.page_id)
        if role == Qt.ItemDataRole.DisplayRole:
            return {OLD: row.old, NEW: row.new, PAGE: shown_name(page.path)}.get(column)
        if role == Qt.ItemDataRole.ToolTipRole and row.is_label:
            return self.tr("A human stands behind this text; tick it to replace it all the same.")
        if role == Qt.ItemDataRole.ToolTipRole and column == PAGE:
            return page.path
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self._replacing.choose([self.row(index)], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True

    @Slot()
    def _on_changed(self) -> None:
        if self._rows and self._replacing.rows is self._rows:
            self.dataChanged.emit(self.index(0, _TICK), self.index(len(self._rows) - 1, _TICK))
            return
        self.beginResetModel()
        self._rows = self._replacing.rows
        self.endResetModel()


class _RowDelegate(QStyledItemDelegate):
    """Draws the crop, and the new text with what is new in it set apart."""

    def __init__(self, document: ProjectDocument, model: ReplaceModel, crops: Crops, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._rows = model
        self._crops = crops

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        row = self._rows.row(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if index.column() == CROP:
            self._paint_crop(painter, option, row)
        elif index.column() == NEW:
            _paint_new(painter, option, row)
        painter.restore()

    def displayText(self, value: Any, locale: Any) -> str:
        return str(value)

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        if index.column() == NEW:
            option.text = ""

    def _paint_crop(self, painter: QPainter, option: QStyleOptionViewItem, row: Replacement) -> None:
        word = row.found.word
        room = option.rect.adjusted(_PADDING_PX, _PADDING_PX, -_PADDING_PX, -_PADDING_PX)
        path = self._document.page_path(self._document.page_of(word.page_id))
        image = self._crops.get(word.id, word.box, path)
        if image is None or image.isNull():
            painter.fillRect(room, theme.tokens().color("desk"))
            return
        size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
        room.setSize(size)
        room.moveTop(option.rect.center().y() - size.height() // 2)
        painter.drawImage(room, image)


def _paint_new(painter: QPainter, option: QStyleOptionViewItem, row: Replacement) -> None:
    look, metrics = theme.tokens(), QFontMetricsF(option.font)
    start = Prefix.similarity(row.old, row.new)
    end = Postfix.similarity(row.old[start:], row.new[start:])
    parts = (row.new[:start], row.new[start : len(row.new) - end], row.new[len(row.new) - end :])
    base = QRectF(option.rect).center().y() + (metrics.ascent() - metrics.descent()) / 2
    place = QPointF(option.rect.left() + _PADDING_PX, base)
    painter.setClipRect(option.rect)
    for part, token in zip(parts, ("text", "accent", "text"), strict=True):
        font = option.font
        font.setBold(token == "accent")
        painter.setFont(font)
        painter.setPen(look.color(token))
        painter.drawText(place, part)
        place.setX(place.x() + QFontMetricsF(font).horizontalAdvance(part))


class ReplaceTable(QTableView):
    """The list. Space ticks the selected rows.

    Signals:
        left: Esc was pressed.
        page_requested: id of a word that is wanted on its page.
    """

    left = Signal()
    page_requested = Signal(int)

    def __init__(
        self, document: ProjectDocument, replacing: Replacing, crops: Crops, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._replacing = replacing
        self._rows = ReplaceModel(document, replacing, self)
        self.setModel(self._rows)
        self.setItemDelegate(_RowDelegate(document, self._rows, crops, self))
        self.setAccessibleName(self.tr("Texts to replace"))
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setFont(theme.ui_font(points=1))
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT_PX)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in ((_TICK, 32), (CROP, _CROP_WIDTH_PX)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        for column in (OLD, NEW, PAGE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        crops.ready.connect(self.viewport().update)
        self.doubleClicked.connect(self._on_double_clicked)

    def sizeHint(self) -> QSize:
        return QSize(600, 400)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() == Qt.Key.Key_Space and self.selectionModel().hasSelection():
            rows = [self._rows.row(index) for index in self.selectionModel().selectedRows()]
            self._replacing.choose(rows, not all(map(self._replacing.is_chosen, rows)))
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.page_requested.emit(self._rows.row(index).found.word.id)
