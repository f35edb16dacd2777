"""The words of the page as a list in reading order, which dragging changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QItemSelection,
    QItemSelectionModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QDropEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QFrame, QLabel, QListView, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.document import ProjectDocument
from crnn_gui.item_models import runs
from crnn_gui.widgets.word_look import look_of, shown_text

MIME_TYPE = "application/x-crnn-word-ids"
ICON_PX = 14
_NOWHERE = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class WordListModel(QAbstractListModel):
    """The current page's words in reading order; rows that are dropped elsewhere change it in the document."""

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._order = document.order
        document.words_changed.connect(self.refresh)
        document.order_changed.connect(self.refresh)
        document.page_opened.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Show the words as the document has them."""
        if self._order != self._document.order:
            self.beginResetModel()
            self._order = self._document.order
            self.endResetModel()
        elif self._order:
            self.dataChanged.emit(self.index(0), self.index(len(self._order) - 1))

    def ids(self, indexes: Iterable[QModelIndex]) -> list[int]:
        """Return the words of these rows, in reading order."""
        return [self._order[row] for row in sorted(index.row() for index in indexes)]

    def row_of(self, word_id: int) -> int:
        """Return the row of a word."""
        return self._order.index(word_id)

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._order)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        word = self._document.words.get(self._order[index.row()]) if index.isValid() else None
        if word is None:
            return None
        prediction = self._document.predictions.get(word.id)
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{index.row() + 1}   {shown_text(word, prediction)}"
        if role == Qt.ItemDataRole.DecorationRole:
            look = look_of(word, prediction)
            return resources.icon(look.value, look.token)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | (Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else Qt.ItemFlag.ItemIsDropEnabled)

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME_TYPE]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        data.setData(MIME_TYPE, QByteArray(" ".join(map(str, self.ids(indexes))).encode()))
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index) -> bool:
        """Put the dragged words before a row."""
        ids = [int(i) for i in data.data(MIME_TYPE).toStdString().split()]
        if not set(ids) <= set(self._order):
            return False  # a list of another window has other words
        self.move(ids, row)
        return True

    def move(self, ids: Sequence[int], row: int) -> None:
        """Let words be read before the word that is in a row now; behind the last row, as the last."""
        moved = set(ids)
        before = [i for i in self._order[:row] if i not in moved]
        after = [i for i in self._order[row:] if i not in moved]
        self._document.reorder_words((*before, *ids, *after))


class _View(QListView):
    """Drops between rows, wherever in a row the pointer is. Qt's own way moves rows one by one, each a step of Undo."""

    def dropEvent(self, event: QDropEvent) -> None:
        place = event.position().toPoint()
        index = self.indexAt(place)
        row = index.row() + (place.y() > self.visualRect(index).center().y()) if index.isValid() else -1
        model, action = self.model(), Qt.DropAction.MoveAction
        if model.dropMimeData(event.mimeData(), action, row if row >= 0 else model.rowCount(), 0, QModelIndex()):
            event.acceptProposedAction()


class WordList(QFrame):
    """The list, selected as the page is.

    Signals:
        word_activated: a row was double-clicked, or Enter was pressed in it; its text is wanted.
    """

    word_activated = Signal()

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._is_following = False
        self.setObjectName("side")
        self.model = WordListModel(document, self)
        title = QLabel(self.tr("Words in reading order"))
        title.setProperty("muted", True)
        title.setFont(theme.ui_font(points=-0.5))
        title.setContentsMargins(12, 8, 8, 0)
        title.setToolTip(self.tr("Drag words, or press Alt+Up and Alt+Down, to have them read earlier or later."))
        self.view = _View()
        self.view.setAccessibleName(self.tr("Words in reading order"))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setUniformItemSizes(True)
        self.view.setObjectName("word_list")
        self.view.setIconSize(QSize(theme.scaled(ICON_PX), theme.scaled(ICON_PX)))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.view.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.view.setModel(self.model)
        for keys, step in (("Alt+Up", -1), ("Alt+Down", 1)):
            action = QAction(self.view)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked, step=step: self._move_by(step))
            self.view.addAction(action)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(title)
        layout.addWidget(self.view, 1)
        self.view.selectionModel().selectionChanged.connect(self._on_rows_selected)
        self.view.activated.connect(self.word_activated)
        self.model.modelReset.connect(self._follow)
        document.selection_changed.connect(self._follow)

    def _move_by(self, step: int) -> None:
        ids = list(self._document.selection)
        if not ids:
            return
        ids.sort(key=self.model.row_of)
        row = self.model.row_of(ids[0]) - 1 if step < 0 else self.model.row_of(ids[-1]) + 2
        self.model.move(ids, max(row, 0))

    @Slot()
    def _on_rows_selected(self) -> None:
        if not self._is_following:
            self._document.select(self.model.ids(self.view.selectionModel().selectedIndexes()))

    @Slot()
    def _follow(self) -> None:
        """Select the rows of the selected words."""
        places = {word_id: row for row, word_id in enumerate(self._document.order)}
        if self.model.rowCount() != len(places):
            return  # the model hears of the change after this
        chosen = QItemSelection()
        rows = [places[i] for i in self._document.selection if i in places]
        for first, last in runs(rows):
            chosen.select(self.model.index(first), self.model.index(last))
        self._is_following = True
        models = self.view.selectionModel()
        models.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            models.setCurrentIndex(self.model.index(rows[-1]), QItemSelectionModel.SelectionFlag.NoUpdate)
        self._is_following = False
