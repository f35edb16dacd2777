"""The command palette: a field over the window that finds every action, page and setting by a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.finding import Entry, find

WIDTH_PX = 640
ROW_PX = 36
ROWS = 11
TOP_PX = 72
ICON_PX = 16
_ENTRY = Qt.ItemDataRole.UserRole


class CommandPalette(QWidget):
    """Covers its parent until something is chosen or Esc is pressed.

    Args:
        parent: what it covers.
        entries: asked each time it is opened.
        pages: asked for the pages whose path holds a text; a project may have too many to look at each of them.
    """

    def __init__(
        self, parent: QWidget, entries: Callable[[], Sequence[Entry]], pages: Callable[[str], Sequence[Entry]]
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._entries = entries
        self._pages = pages
        self._all: Sequence[Entry] = ()
        self._focus_before: QWidget | None = None
        self._panel = QFrame(self)
        self._panel.setObjectName("palette")
        self._panel.setAutoFillBackground(True)
        self._panel.setFrameShape(QFrame.Shape.StyledPanel)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find an action, a page or a setting"))
        self.field.setFont(theme.ui_font(points=2))
        self.field.addAction(resources.icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textChanged.connect(self._on_text_changed)
        self.field.installEventFilter(self)
        self._model = _Entries(self)
        self.rows = QListView()
        self.rows.setModel(self._model)
        self.rows.setItemDelegate(_Row(self.rows))
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self.rows.setUniformItemSizes(True)
        self.rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.clicked.connect(self._on_row_clicked)
        self._nothing = QLabel(self.tr("Nothing is called like that."))
        self._nothing.setProperty("muted", True)
        self._nothing.setMargin(theme.GRID_PX)
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(theme.GRID_PX)
        column.addWidget(self.field)
        column.addWidget(self._nothing)
        column.addWidget(self.rows)
        parent.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Cover the parent and take the keys."""
        self._all = self._entries()
        self._focus_before = self._window.focusWidget()
        self.field.clear()
        self._on_text_changed("")
        self._place()
        self.show()
        self.raise_()
        self.field.setFocus()

    def close_palette(self) -> None:
        """Go, and give the keys back to who had them."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus()

    @property
    def found(self) -> tuple[Entry, ...]:
        """What is listed now, the best first."""
        return tuple(self._model.entries)

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        width = min(theme.scaled(WIDTH_PX), self.width() - 32)
        height = min(theme.scaled(ROW_PX) * ROWS + theme.scaled(56), self.height() - TOP_PX - 16)
        self._panel.setGeometry((self.width() - width) // 2, TOP_PX, width, height)

    @Slot(str)
    def _on_text_changed(self, text: str) -> None:
        wanted = text.strip()
        pages = self._pages(wanted) if wanted else ()
        self._model.show_entries(find([*self._all, *pages], wanted))
        self._nothing.setVisible(not self._model.entries)
        self.rows.setCurrentIndex(self._model.index(0))

    @Slot(QModelIndex)
    def _on_row_clicked(self, index: QModelIndex) -> None:
        self._do(index)

    def _do(self, index: QModelIndex) -> None:
        entry: Entry | None = index.data(_ENTRY)
        if entry is None or entry.why_not:
            return
        self.close_palette()
        entry.do()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self.field and isinstance(event, QKeyEvent):
            return self._takes(event)
        return False

    def _takes(self, event: QKeyEvent) -> bool:
        """Whether a key of the field is meant for the list. No shortcut of the window may act meanwhile."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS - 1, Qt.Key.Key_PageUp: 1 - ROWS}
        if event.key() in steps:
            rows = self._model.rowCount()
            row = self.rows.currentIndex().row() + steps[Qt.Key(event.key())]
            self.rows.setCurrentIndex(self._model.index(max(0, min(rows - 1, row))))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do(self.rows.currentIndex())
        elif event.key() == Qt.Key.Key_Escape:
            self.close_palette()
        else:
            return False
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.close_palette()

    def paintEvent(self, event: QPaintEvent) -> None:
        veil = theme.tokens().color("desk")
        veil.setAlphaF(0.55)
        QPainter(self).fillRect(self.rect(), veil)


class _Entries(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show_entries(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return entry.why_not or entry.keys
        return entry if role == _ENTRY else None


class _Row(QStyledItemDelegate):
    """Draws an entry: icon, name and group at the left; keys, or why it cannot be done, at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, theme.scaled(ROW_PX))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(_ENTRY)
        look = theme.tokens()
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.color("raised"))
            painter.drawRoundedRect(rect, 4, 4)
        icon_px = theme.scaled(ICON_PX)
        left = rect.left() + theme.GRID_PX
        muted = look.color("muted")
        if entry.icon:
            painter.setFont(resources.icon_font(icon_px))
            painter.setPen(muted)
            place = QRect(left, rect.top(), icon_px, rect.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, resources.glyph(entry.icon))
        left += icon_px + theme.GRID_PX
        small = theme.ui_font(points=-1)
        right_text = entry.why_not or entry.keys
        right_width = min(QFontMetrics(small).horizontalAdvance(right_text) + 2, rect.width() // 2)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(small)
        painter.setPen(muted)
        place = QRect(rect.right() - theme.GRID_PX - right_width, rect.top(), right_width, rect.height())
        elided = QFontMetrics(small).elidedText(right_text, Qt.TextElideMode.ElideRight, right_width)
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, elided)
        font = theme.ui_font()
        metrics = QFontMetrics(font)
        room = place.left() - 2 * theme.GRID_PX - left
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, room)
        painter.setFont(font)
        painter.setPen(muted if entry.why_not else look.color("text"))
        painter.drawText(QRect(left, rect.top(), room, rect.height()), middle, text)
        used = metrics.horizontalAdvance(text) + 2 * theme.GRID_PX
        if entry.group and room - used > 40:
            painter.setFont(small)
            painter.setPen(muted)
            group = QFontMetrics(small).elidedText(entry.group, Qt.TextElideMode.ElideRight, room - used)
            painter.drawText(QRect(left + used, rect.top(), room - used, rect.height()), middle, group)
        painter.restore()
