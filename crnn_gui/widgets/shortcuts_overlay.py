"""All shortcuts on one sheet over the window, made from the table of actions."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.actions import ACTIONS, ActionSpec, menu_title, plain_text, shown_keys
from crnn_gui.keymap import Keymap

MOUSE = (
    ("Zoom at the pointer", "Ctrl+wheel, pinch"),
    ("Move the page", "Space+drag, middle button"),
    ("Add to the selection", "Ctrl+click, Shift+drag"),
    ("Word under a word", "click again"),
    ("Turn by steps of 15°", "Shift+drag the handle"),
    ("Move one corner", "Alt+drag a corner"),
)
_SCROLLING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)
_COLUMNS = (("File", "Edit", "View", "Help"), ("Word",), ("Box", "Page", "Mouse"))


class ShortcutsOverlay(QWidget):
    """Covers its parent until a key or a click sends it away."""

    def __init__(self, parent: QWidget, keymap: Keymap) -> None:
        super().__init__(parent)
        self._window = parent
        self._keymap = keymap
        self._focus_before: QWidget | None = None
        self.setObjectName("shortcuts_overlay")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        outer = QVBoxLayout(self)
        outer.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        outer.addWidget(self._area)
        self._write()
        keymap.changed.connect(self._write)
        parent.installEventFilter(self)
        self.hide()

    @Slot()
    def _write(self) -> None:
        """Make the sheet from the keys as they are now."""
        sheet = QFrame()
        sheet.setAutoFillBackground(True)
        body = QVBoxLayout(sheet)
        body.setContentsMargins(32, 24, 32, 24)
        body.setSpacing(16)
        title = QLabel(self.tr("Keyboard and mouse"))
        title.setFont(theme.ui_font(points=5, bold=True))
        hint = QLabel(self.tr("Single letters and arrows act while the page has the focus; Esc gives it back."))
        hint.setProperty("muted", True)
        body.addWidget(title)
        body.addWidget(hint)
        self._columns = columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        columns.setSpacing(40)
        for groups in _COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(16)
            for group in groups:
                rows = _mouse_rows() if group == "Mouse" else _rows(group, self._keymap)
                column.addLayout(_table(menu_title(group), rows))
            column.addStretch(1)
            columns.addLayout(column)
        body.addLayout(columns)
        self._sheet, self._body = sheet, body
        self._area.setWidget(sheet)
        self._fold()

    def _fold(self) -> None:
        """Put the columns side by side, or one below the other where the window is too narrow for that."""
        for direction in (QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom):
            self._columns.setDirection(direction)
            self._body.invalidate()  # or it tells the size it had
            size = self._sheet.sizeHint()
            if size.width() + 4 * theme.GRID_PX <= self._window.width():
                break
        self._area.setMaximumSize(size.width() + 2 * theme.GRID_PX, size.height())

    def open(self) -> None:
        """Cover the parent and take the keys."""
        self._cover()
        self._focus_before = self._window.focusWidget()
        self.show()
        self.raise_()
        self.setFocus()

    def close_overlay(self) -> None:
        """Go, and give the keys back to who had them."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def _cover(self) -> None:
        self.setGeometry(self._window.rect())
        self._fold()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._area.verticalScrollBar()
        if event.key() in _SCROLLING and bar.maximum():
            QApplication.sendEvent(bar, event)
        elif event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta):
            self.close_overlay()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close_overlay()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 120))


def _mouse_rows() -> tuple[tuple[str, str], ...]:
    translate = QCoreApplication.translate
    return tuple((translate("Mouse", text), translate("Mouse", keys)) for text, keys in MOUSE)


def _rows(menu: str, keymap: Keymap) -> tuple[tuple[str, str], ...]:
    """Return text and keys of a group; actions of one text, and runs of numbered ones, share a row."""
    rows: dict[str, list[str]] = {}
    for spec in ACTIONS:
        keys = keymap.keys(spec)
        if spec.menu == menu and keys:
            is_one_of_many = bool(spec.arguments) and not spec.is_listed and not keymap.is_own(spec)
            text, shown = _family(spec) if is_one_of_many else (plain_text(spec), shown_keys(keys))
            known = rows.setdefault(text, [])
            known += [shown] if shown not in known else []
    either = QCoreApplication.translate("Actions", " or ")
    return tuple((text, either.join(keys)) for text, keys in rows.items())


def _family(spec: ActionSpec) -> tuple[str, str]:
    text = plain_text(spec).rsplit(" ", 1)[0]
    modifier = spec.keys[0].rpartition("+")[0]
    keys = "1..9" if spec.keys[0][-1].isdigit() else QCoreApplication.translate("Actions", "arrows")
    return text, f"{modifier}+{keys}" if modifier else keys


def _table(title: str, rows: tuple[tuple[str, str], ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    head = QLabel(title)
    head.setFont(theme.ui_font(bold=True))
    grid.addWidget(head, 0, 0, 1, 2)
    for row, (text, keys) in enumerate(rows, start=1):
        grid.addWidget(QLabel(text), row, 0)
        key = QLabel(keys)
        key.setProperty("muted", True)
        grid.addWidget(key, row, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return grid
