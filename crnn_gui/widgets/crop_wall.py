"""The wall of crops: each with its text under it, corrected in place. Only what is on the screen is painted."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QCursor, QKeyEvent, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyle, QStyleOptionViewItem, QWidget

from crnn_gui.document import ProjectDocument
from crnn_gui.services.crops import Crops
from crnn_gui.services.survey import FoundWord
from crnn_gui.widgets.wall_cell import ENTER_KEYS, CellDelegate, cell_size
from crnn_gui.widgets.wall_model import WallModel

Index = QModelIndex | QPersistentModelIndex
FETCH_AHEAD_ROWS = 100
_Control = Qt.KeyboardModifier.ControlModifier


class CropWall(QAbstractItemView):
    """The words of a :class:`WallModel`, side by side.

    Signals:
        verify_requested: let the texts of the selected words stand; whether to go to the next one then.
        ignore_requested: leave the selected words out, or take them back in.
        page_requested: show the current word on its page.
        search_requested: the search field is wanted.
        left: Esc was pressed.
        refused: a sentence that says why a text cannot stand.
    """

    verify_requested = Signal(bool)
    ignore_requested = Signal()
    page_requested = Signal()
    search_requested = Signal()
    left = Signal()
    refused = Signal(str)

    def __init__(
        self, document: ProjectDocument, model: WallModel, crops: Crops, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._words = model
        self._kept = 0
        self._cell = cell_size()
        self._cells = CellDelegate(document, model, crops, parent=self)
        self.setAccessibleName(self.tr("Words to review"))
        self.setFrameShape(QFrame.Shape.NoFrame)
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
        model.rowsInserted.connect(self.updateGeometries)
        model.summary_changed.connect(self._fetch_ahead)

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
        """Make a row the only selected one and bring it into view."""
        if index.isValid():
            # setCurrentIndex() of the view would look at the keys that are held, such as the Ctrl of an undo.
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self._fetch_ahead()

    @Slot()
    def _fetch_ahead(self) -> None:
        """Ask for the words that follow before the hands or the eyes come to the last one."""
        bottom = (self.verticalOffset() + self.viewport().height()) // self._cell.height() * self._columns()
        if max(bottom, self.currentIndex().row()) + FETCH_AHEAD_ROWS >= self._words.rowCount():
            self._words.fetchMore()

    def edit_current(self) -> None:
        """Open the field under the current crop."""
        index = self.currentIndex()
        if index.isValid() and self._words.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

    # Layout: cells of one size, so that every place is a matter of arithmetic, for a million words as for ten

    def _columns(self) -> int:
        return max(1, self.viewport().width() // self._cell.width())

    def _cell_width(self) -> int:
        return self.viewport().width() // self._columns()

    def visualRect(self, index: Index) -> QRect:
        if not index.isValid():
            return QRect()
        line, column = divmod(index.row(), self._columns())
        width = self._cell_width()
        return QRect(column * width, line * self._cell.height() - self.verticalOffset(), width, self._cell.height())

    def indexAt(self, point: QPoint) -> QModelIndex:
        column = point.x() // self._cell_width()
        row = (point.y() + self.verticalOffset()) // self._cell.height() * self._columns() + column
        is_here = 0 <= column < self._columns() and 0 <= row < self._words.rowCount()
        return self._words.index(row) if is_here else QModelIndex()

    def scrollTo(
        self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        rect, bar = self.visualRect(index), self.verticalScrollBar()
        beyond = rect.bottom() - self.viewport().height() + 1
        if rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif beyond > 0:
            bar.setValue(bar.value() + beyond)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        selection = QItemSelection()
        for first, last in self._lines(rect.normalized()):
            selection.select(self._words.index(first), self._words.index(last))
        self.selectionModel().select(selection, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for first, last in self._lines(self.viewport().rect()):
            for row in range(first, last + 1):
                if selection.contains(self._words.index(row)):
                    region += self.visualRect(self._words.index(row))
        return region

    def _lines(self, rect: QRect) -> Iterator[tuple[int, int]]:
        """Yield the first and the last row of each line of cells under a rectangle of the viewport."""
        columns, width, top = self._columns(), self._cell_width(), self.verticalOffset()
        left, right = (min(max(x // width, 0), columns - 1) for x in (rect.left(), rect.right()))
        for line in range(
            max(rect.top() + top, 0) // self._cell.height(), (rect.bottom() + top) // self._cell.height() + 1
        ):
            first, last = line * columns + left, min(line * columns + right, self._words.rowCount() - 1)
            if first <= last:
                yield first, last

    def updateGeometries(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        lines = -(-self._words.rowCount() // self._columns())
        bar.setRange(0, max(0, lines * self._cell.height() - height))
        bar.setPageStep(height)
        bar.setSingleStep(self._cell.height() // 4)
        super().updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.updateGeometries()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().scroll(dx, dy)  # an open field scrolls with its cell
        self._fetch_ahead()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._cells.begin_paint()
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        flag, selected, current = QStyle.StateFlag, self.selectionModel(), self.currentIndex()
        under = self.indexAt(self.viewport().mapFromGlobal(QCursor.pos())) if self.underMouse() else QModelIndex()
        for first, last in self._lines(event.rect()):
            for row in range(first, last + 1):
                index = self._words.index(row)
                option.rect = self.visualRect(index)
                option.state = flag.State_Enabled
                if selected.isSelected(index):
                    option.state |= flag.State_Selected
                if index == under:
                    option.state |= flag.State_MouseOver
                if index == current and self.hasFocus():
                    option.state |= flag.State_HasFocus
                self._cells.paint(painter, option, index)

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Step through the words as through a text: to the right of a line's end its successor begins."""
        last = self._words.rowCount() - 1
        if last < 0:
            return QModelIndex()
        columns = self._columns()
        screen = columns * max(1, self.viewport().height() // self._cell.height())
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
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == _Control:
            return key in (*ENTER_KEYS, Qt.Key.Key_F, Qt.Key.Key_K, Qt.Key.Key_E, Qt.Key.Key_A)
        own = (*ENTER_KEYS, Qt.Key.Key_F2, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_I, Qt.Key.Key_O)
        return held == Qt.KeyboardModifier.NoModifier and key in own

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        is_control = held == _Control
        is_plain = held == Qt.KeyboardModifier.NoModifier
        if key in ENTER_KEYS and (is_plain or is_control):
            self.verify_requested.emit(is_plain)
        elif (key == Qt.Key.Key_F2 and is_plain) or (key == Qt.Key.Key_E and is_control):
            self.edit_current()
        elif key in (Qt.Key.Key_F, Qt.Key.Key_K) and is_control:
            self.search_requested.emit()
        elif key == Qt.Key.Key_I and is_plain:
            self.ignore_requested.emit()
        elif key == Qt.Key.Key_O and is_plain:
            self.page_requested.emit()
        elif key == Qt.Key.Key_Escape and is_plain:
            self.left.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.page_requested.emit()

    @Slot(object)
    def _on_crops_ready(self, word_ids: frozenset[int]) -> None:
        for word_id in self._cells.take_waiting(word_ids):
            self.update(self._words.index_of(word_id))

    # The current word keeps its place in the user's eye when the rows are listed anew.

    @Slot()
    def _on_about_to_be_reset(self) -> None:
        current = self.current
        if current is not None:
            self._kept = current.word.id

    @Slot()
    def _on_reset(self) -> None:
        self.updateGeometries()
        index = self._words.index_of(self._kept)
        if index.isValid():
            self.go_to(index)
        elif self._words.rowCount():
            self.go_to(self._words.index(0))
