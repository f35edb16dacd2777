"""A small map of characters that no key types: related to the one before the caret, of the charset, or by name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.widgets.info_line import caption
from model.spelling import Oddity, Oddness, find_characters, relatives

CELL_PX = 32
COLUMNS, ROWS = 10, 6
MOST_RECENT = 10


class CharacterMap(QFrame):
    """Pops up at a field. Arrows choose, Enter puts the character in, Escape leaves; what is typed searches by name.

    Signals:
        chosen: str, the character to put in.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("card")
        self._recent: list[str] = []
        self._usual: tuple[str, ...] = ()
        self._model = QStandardItemModel(self)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search by name: e acute, euro sign, u+00df"))
        self.search.setAccessibleName(self.tr("Name of the character"))
        self.search.textChanged.connect(self._show_characters)
        self.search.installEventFilter(self)
        self.view = QListView()
        self.view.setAccessibleName(self.tr("Characters"))
        self.view.setModel(self._model)
        self.view.setFont(theme.word_font())
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setUniformItemSizes(True)
        cell = theme.scaled(CELL_PX)
        self.view.setGridSize(QSize(cell, cell))
        self.view.setFixedSize(cell * COLUMNS + 24, cell * ROWS + 4)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.clicked.connect(self._take)
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self._name = caption("")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(8)
        for part in (self.search, self.view, self._name):
            self._column.addWidget(part)

    @property
    def characters(self) -> str:
        """What is offered, in order."""
        return "".join(self._model.item(row).text() for row in range(self._model.rowCount()))

    def open_at(self, place: QPoint, *, before: str, usual: Iterable[str]) -> None:
        """Pop up.

        Args:
            place: where, in coordinates of the screen; it is moved until all of it is on the screen.
            before: the character before the caret, whose relatives are offered first; it may be empty.
            usual: characters that the project and the weights write.
        """
        kin = relatives(before) if before else ()
        self._usual = tuple(dict.fromkeys((*self._recent, *kin, *usual)))
        self.search.clear()
        self._show_characters("")
        self.move(place)
        self.show()  # only now it has its size: fonts and borders come with the look
        screen = self.screen().availableGeometry()
        room = screen.size() - self.size()
        x = min(max(place.x(), screen.x()), screen.x() + room.width())
        y = min(max(place.y(), screen.y()), screen.y() + room.height())
        self.move(x, y)
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    @Slot(str)
    def _show_characters(self, query: str) -> None:
        self._model.clear()
        for char in find_characters(query) if query.strip() else self._usual:
            item = QStandardItem(char)
            item.setEditable(False)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            item.setSizeHint(self.view.gridSize())
            item.setToolTip(_named(char))
            self._model.appendRow(item)
        self.view.setCurrentIndex(self._model.index(0, 0))
        if not self._model.rowCount():
            self._name.setText(self.tr("No character has these words in its name."))

    @Slot(QModelIndex)
    def _on_current_changed(self, current: QModelIndex) -> None:
        self._name.setText(_named(current.data()) if current.isValid() else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows and Enter act on the map while the search field has the keys."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        step = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -COLUMNS,
            Qt.Key.Key_Down: COLUMNS,
        }.get(Qt.Key(event.key()))
        if step is not None:
            row = min(max(self.view.currentIndex().row() + step, 0), self._model.rowCount() - 1)
            self.view.setCurrentIndex(self._model.index(row, 0))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.view.currentIndex())
            return True
        return False

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        char = index.data()
        if not char:
            return
        self._recent = [char, *(other for other in self._recent if other != char)][:MOST_RECENT]
        self.hide()
        self.chosen.emit(char)


def _named(char: str) -> str:
    return Oddity(char, Oddness.LOOKALIKE).code_point
