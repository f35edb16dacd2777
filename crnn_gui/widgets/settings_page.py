"""The settings, in place of the workspace: made from the table of settings, put into effect at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.keymap import Keymap
from crnn_gui.settings import GROUPS, SETTINGS, Setting, Settings
from crnn_gui.widgets.shortcut_editor import ShortcutEditor

KEYS = "Keyboard"
_WIDTH_PX = 720
_CONTROL_PX = 240


class SettingsPage(QWidget):
    """Groups at the left, the settings of one of them at the right. Nothing has to be confirmed.

    Signals:
        left: the page is done with.
        told: a sentence for the user.
        refused: a sentence that says why something cannot be done.
    """

    left = Signal()
    told = Signal(str)
    refused = Signal(str)

    def __init__(self, settings: Settings, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._controls: dict[str, QWidget] = {}
        self._shows: dict[str, Callable[[], None]] = {}
        self.groups = QListWidget()
        self.groups.setObjectName("groups")
        self.groups.setFrameShape(QFrame.Shape.NoFrame)
        self.groups.setFixedWidth(theme.scaled(176))
        self.groups.setAccessibleName(self.tr("Settings"))
        self.groups.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._sheets = QStackedWidget()
        for name in GROUPS:
            self._add_sheet(name, self._form(name))
        self.keys = ShortcutEditor(keymap)
        self.keys.told.connect(self.told)
        self.keys.refused.connect(self.refused)
        self._add_sheet(KEYS, self.keys)
        self._lay_out()
        self.groups.currentRowChanged.connect(self._sheets.setCurrentIndex)
        self.groups.setCurrentRow(0)
        settings.changed.connect(self._on_setting_changed)
        self.setFocusProxy(self.groups)

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Settings"))
        title.setFont(theme.ui_font(points=5, bold=True))
        self.close_button = QToolButton()
        self.close_button.setIcon(resources.icon("x"))
        self.close_button.setToolTip(self.tr("Back  (Esc)"))
        self.close_button.setAccessibleName(self.tr("Back"))
        self.close_button.clicked.connect(self.left)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self.close_button)
        body = QHBoxLayout()
        body.setSpacing(3 * theme.GRID_PX)
        body.addWidget(self.groups)
        body.addWidget(self._sheets, 1)
        middle = QWidget()
        middle.setMaximumWidth(theme.scaled(_WIDTH_PX) + theme.scaled(176) + 96)
        column = QVBoxLayout(middle)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(2 * theme.GRID_PX)
        column.addLayout(head)
        column.addLayout(body, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch(1)
        layout.addWidget(middle, 1000)
        layout.addStretch(1)

    def _add_sheet(self, name: str, sheet: QWidget) -> None:
        item = QListWidgetItem(_told(name), self.groups)
        item.setSizeHint(QSize(0, theme.scaled(32)))
        self._sheets.addWidget(sheet)

    def show_setting(self, key: str) -> None:
        """Bring a setting before the user's eyes, with the keyboard on it."""
        control = self._controls[key]
        self.groups.setCurrentRow(GROUPS.index(_setting(key).group))
        control.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def place(self) -> tuple[int, str]:
        """Which group is shown, and the setting that has the keyboard; empty when none has it."""
        focus = self.window().focusWidget()
        here = (
            key
            for key, one in self._controls.items()
            if focus is not None and (one is focus or one.isAncestorOf(focus))
        )
        focused = next(here, "")
        return self.groups.currentRow(), focused

    def go_to(self, place: tuple[int, str]) -> None:
        """Show a group and its setting as another page has them."""
        row, key = place
        self.groups.setCurrentRow(row)
        if key:
            self._controls[key].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_keys(self) -> None:
        """Show the keys of the wishes."""
        self.groups.setCurrentRow(len(GROUPS))

    def control(self, key: str) -> QWidget:
        """Return the widget that changes a setting."""
        return self._controls[key]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    # One group

    def _form(self, group: str) -> QWidget:
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, theme.GRID_PX, 0)
        grid.setHorizontalSpacing(3 * theme.GRID_PX)
        grid.setVerticalSpacing(theme.GRID_PX // 2)
        grid.setColumnStretch(0, 1)
        row = 0
        for setting in SETTINGS:
            if setting.group == group and setting.is_shown:
                row = self._add_row(grid, row, setting)
        grid.setRowStretch(row, 1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(sheet)
        return area

    def _add_row(self, grid: QGridLayout, row: int, setting: Setting) -> int:
        control, show = self._control(setting)
        show()
        self._controls[setting.key], self._shows[setting.key] = control, show
        label = QLabel(_told(setting.label))
        label.setWordWrap(True)
        label.setBuddy(control)
        control.setAccessibleName(_told(setting.label))
        if not isinstance(control, QCheckBox):
            control.setMinimumWidth(theme.scaled(_CONTROL_PX))
            control.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        grid.addWidget(label, row, 0)
        grid.addWidget(control, row, 1, Qt.AlignmentFlag.AlignRight)
        if setting.hint:
            hint = QLabel(_told(setting.hint))
            hint.setProperty("muted", True)
            hint.setWordWrap(True)
            grid.addWidget(hint, row + 1, 0, 1, 2)
        grid.setRowMinimumHeight(row + 2, 2 * theme.GRID_PX)
        return row + 3

    def _control(self, setting: Setting) -> tuple[QWidget, Callable[[], None]]:
        """Return a widget for a setting, and what shows the setting's value in it."""
        if isinstance(setting.default, bool):
            return self._switch(setting)
        if setting.choices:
            return self._choice(setting)
        if setting.is_folder:
            return self._folder(setting)
        return self._number(setting)

    def _switch(self, setting: Setting) -> tuple[QWidget, Callable[[], None]]:
        box = QCheckBox()
        box.toggled.connect(partial(self._set, setting.key))
        return box, lambda: box.setChecked(self._settings.value(setting.key))

    def _choice(self, setting: Setting) -> tuple[QWidget, Callable[[], None]]:
        box = QComboBox()
        for choice, name in zip(setting.choices, setting.names, strict=True):
            box.addItem(_told(name), choice)
        box.activated.connect(lambda place: self._set(setting.key, setting.choices[place]))
        return box, lambda: box.setCurrentIndex(setting.choices.index(self._settings.value(setting.key)))

    def _number(self, setting: Setting) -> tuple[QWidget, Callable[[], None]]:
        is_whole = isinstance(setting.default, int)
        field: QSpinBox | QDoubleSpinBox = QSpinBox() if is_whole else QDoubleSpinBox()
        field.setRange(setting.least or 0, setting.most or 0)  # type: ignore[arg-type]
        field.setSingleStep(setting.step)  # type: ignore[arg-type]
        field.setSuffix(f" {_told(setting.unit)}" if setting.unit else "")
        # What is typed counts when it is complete: 1 on the way to 150 must not redraw the window.
        field.setKeyboardTracking(False)
        field.valueChanged.connect(partial(self._set, setting.key))
        return field, lambda: field.setValue(self._settings.value(setting.key))

    def _folder(self, setting: Setting) -> tuple[QWidget, Callable[[], None]]:
        box = QWidget()
        field = QLineEdit()
        field.setClearButtonEnabled(True)
        field.editingFinished.connect(lambda: self._set(setting.key, field.text().strip()))
        browse = QToolButton()
        browse.setIcon(resources.icon("folder-open"))
        browse.setToolTip(self.tr("Choose the folder"))
        browse.setAccessibleName(self.tr("Choose the folder"))
        browse.clicked.connect(partial(self._browse, setting.key))
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID_PX // 2)
        row.addWidget(field, 1)
        row.addWidget(browse)
        box.setFocusProxy(field)
        return box, lambda: field.setText(self._settings.value(setting.key))

    def _browse(self, key: str) -> None:
        chosen = QFileDialog.getExistingDirectory(self, _told(_setting(key).label), self._settings.value(key))
        if chosen:
            self._set(key, chosen)

    def _set(self, key: str, value: str | float | bool) -> None:
        self._settings.set_value(key, value)

    @Slot(str)
    def _on_setting_changed(self, key: str) -> None:
        if key in self._shows:
            self._shows[key]()


def _setting(key: str) -> Setting:
    return next(setting for setting in SETTINGS if setting.key == key)


def _told(text: str) -> str:
    return QCoreApplication.translate("Settings", text)
