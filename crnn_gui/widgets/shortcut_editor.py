"""Every wish with its keys, to be changed: with a check for conflicts, presets, and files to share them by."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.actions import ACTIONS, MENUS, ActionSpec, menu_title, plain_text, scope_text, shown_keys
from crnn_gui.keymap import PRESETS, Keymap, KeymapError, problem_with

_SPEC = Qt.ItemDataRole.UserRole
_OURS = "crnn-gui"


class ShortcutEditor(QWidget):
    """A list to choose a wish from, and below it the keys it has and a field that takes a new one.

    Signals:
        told: a sentence for the user.
        refused: a sentence that says why something cannot be done.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(self, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keymap = keymap
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search actions and keys"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(resources.icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.preset = QComboBox()
        self.preset.setAccessibleName(self.tr("Keys of another program"))
        self.preset.addItem(self.tr("Keys of…"), None)
        for name in (_OURS, *PRESETS):
            self.preset.addItem(name, name)
        self.import_button = QPushButton(resources.icon("download-simple"), self.tr("Import…"))
        self.export_button = QPushButton(resources.icon("export"), self.tr("Export…"))
        self.rows = QTreeWidget()
        self.rows.setObjectName("keys")
        self.rows.setHeaderLabels([self.tr("Action"), self.tr("Keys"), self.tr("Works")])
        self.rows.setRootIsDecorated(False)
        self.rows.setIndentation(8)
        self.rows.setUniformRowHeights(True)
        self.rows.setFrameShape(QFrame.Shape.NoFrame)
        self._name = QLabel()
        self._name.setFont(theme.ui_font(bold=True))
        self._keys_now = QLabel()
        self._keys_now.setProperty("muted", True)
        self.field = QKeySequenceEdit()
        self.field.setMaximumSequenceLength(1)
        self.field.setClearButtonEnabled(True)
        self.field.setAccessibleName(self.tr("New keys"))
        self.field.setMaximumWidth(theme.scaled(200))
        self.set_button = QPushButton(self.tr("Use instead"))
        self.add_button = QPushButton(self.tr("Use as well"))
        self.clear_button = QPushButton(self.tr("No keys"))
        self.usual_button = QPushButton(self.tr("Usual keys"))
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self._lay_out()
        self._fill()
        self._connect()
        self._on_current_changed()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GRID_PX)
        top.addWidget(self.search, 1)
        for widget in (self.preset, self.import_button, self.export_button):
            top.addWidget(widget)
        line = QHBoxLayout()
        line.setSpacing(theme.GRID_PX)
        line.addWidget(self.field)
        for button in (self.set_button, self.add_button, self.clear_button, self.usual_button):
            line.addWidget(button)
        line.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(theme.GRID_PX)
        head.addWidget(self._name)
        head.addWidget(self._keys_now)
        head.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID_PX)
        layout.addLayout(top)
        layout.addWidget(self.rows, 1)
        layout.addLayout(head)
        layout.addLayout(line)
        layout.addWidget(self.verdict)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_search_changed)
        self.rows.currentItemChanged.connect(self._on_current_changed)
        self.rows.itemActivated.connect(self._on_item_activated)
        self.field.keySequenceChanged.connect(self._judge)
        self.set_button.clicked.connect(self._on_set_clicked)
        self.add_button.clicked.connect(self._on_add_clicked)
        self.clear_button.clicked.connect(self._on_clear_clicked)
        self.usual_button.clicked.connect(self._on_usual_clicked)
        self.preset.activated.connect(self._on_preset_chosen)
        self.import_button.clicked.connect(self._on_import_clicked)
        self.export_button.clicked.connect(self._on_export_clicked)
        self._keymap.changed.connect(self._show_keys)

    def _fill(self) -> None:
        for menu in MENUS:
            group = QTreeWidgetItem([menu_title(menu)])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setFont(0, theme.ui_font(bold=True))
            self.rows.addTopLevelItem(group)
            for spec in ACTIONS:
                if spec.menu == menu:
                    item = QTreeWidgetItem(group, [plain_text(spec), "", scope_text(spec.scope)])
                    item.setData(0, _SPEC, spec)
                    item.setForeground(2, self.palette().placeholderText())
        self.rows.expandAll()
        self._show_keys()
        self.rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.rows.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.rows.header().setStretchLastSection(False)
        self.rows.setCurrentItem(self._items()[0])

    def _groups(self) -> list[QTreeWidgetItem]:
        groups = (self.rows.topLevelItem(n) for n in range(self.rows.topLevelItemCount()))
        return [group for group in groups if group is not None]

    def _items(self) -> list[QTreeWidgetItem]:
        return [item for group in self._groups() for item in _children(group)]

    @property
    def spec(self) -> ActionSpec | None:
        """The wish whose keys can be changed now."""
        item = self.rows.currentItem()
        return item.data(0, _SPEC) if item is not None else None

    def choose(self, action_id: str) -> None:
        """Go to a wish."""
        for item in self._items():
            if item.data(0, _SPEC).id == action_id:
                self.rows.setCurrentItem(item)

    @property
    def key(self) -> str:
        """The key that was pressed in the field, in Qt's portable notation; empty without one."""
        return self.field.keySequence().toString()

    @Slot()
    def _show_keys(self) -> None:
        for item in self._items():
            spec = item.data(0, _SPEC)
            item.setText(1, shown_keys(self._keymap.keys(spec)))
            item.setFont(1, theme.ui_font(bold=self._keymap.is_own(spec)))
        self._on_current_changed()

    @Slot(str)
    def _on_search_changed(self, text: str) -> None:
        wanted = text.casefold()
        for item in self._items():
            item.setHidden(not any(wanted in item.text(column).casefold() for column in (0, 1)))
        for group in self._groups():
            group.setHidden(all(item.isHidden() for item in _children(group)))

    @Slot()
    def _on_current_changed(self) -> None:
        spec = self.spec
        self._name.setText(plain_text(spec) if spec else "")
        keys = shown_keys(self._keymap.keys(spec)) if spec else ""
        self._keys_now.setText(keys or self.tr("no keys"))
        self.field.clear()
        for widget in (self.field, self.clear_button):
            widget.setEnabled(spec is not None)
        self.usual_button.setEnabled(spec is not None and self._keymap.is_own(spec))
        self._judge()

    @Slot()
    def _on_item_activated(self) -> None:
        self.field.setFocus()

    @Slot()
    def _judge(self) -> None:
        """Say what the key in the field means already, and whether it can be had."""
        spec, key = self.spec, self.key
        problem = problem_with(spec, key) if spec and key else ""
        others = self._keymap.conflicts(spec, key) if spec and key and not problem else ()
        if problem:
            self.verdict.setText(problem)
        elif others:
            sentence = self.tr("It means “{action}” now and is taken from there.")
            self.verdict.setText(sentence.format(action=", ".join(plain_text(other) for other in others)))
        elif key:
            self.verdict.setText(self.tr("It is free."))
        else:
            self.verdict.setText(self.tr("Click into the field and press the new key."))
        usable = bool(spec and key and not problem)
        self.set_button.setEnabled(usable)
        self.add_button.setEnabled(usable)

    @Slot()
    def _on_set_clicked(self) -> None:
        self._give((self.key,))

    @Slot()
    def _on_add_clicked(self) -> None:
        if self.spec is not None:
            self._give((*self._keymap.keys(self.spec), self.key))

    @Slot()
    def _on_clear_clicked(self) -> None:
        self._give(())

    @Slot()
    def _on_usual_clicked(self) -> None:
        if self.spec is not None:
            self._give(self.spec.keys)

    def _give(self, keys: tuple[str, ...]) -> None:
        if self.spec is not None:
            self._keymap.set_keys(self.spec, keys)

    @Slot(int)
    def _on_preset_chosen(self, place: int) -> None:
        name = self.preset.itemData(place)
        self.preset.setCurrentIndex(0)
        if name is None:
            return
        if name == _OURS:
            self._keymap.reset()
        else:
            self._keymap.use_preset(name)
        self.told.emit(self.tr("The keys are those of {program} now.").format(program=name))

    @Slot()
    def _on_export_clicked(self) -> None:
        start = str(Path.home() / "crnn-gui-keys.json")
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export the keys"), start, "JSON (*.json)")
        if name:
            self.export_to(Path(name))

    def export_to(self, path: Path) -> None:
        """Write the keys to a file."""
        try:
            self._keymap.save(path)
        except KeymapError as error:
            self.refused.emit(str(error))
        else:
            self.told.emit(self.tr("The keys are in {file} now.").format(file=path.name))

    @Slot()
    def _on_import_clicked(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Import keys"), str(Path.home()), "JSON (*.json)")
        if name:
            self.import_from(Path(name))

    def import_from(self, path: Path) -> None:
        """Take the keys of a file."""
        try:
            self._keymap.load(path)
        except KeymapError as error:
            self.refused.emit(str(error))
        else:
            self.told.emit(self.tr("The keys are those of {file} now.").format(file=path.name))


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    items = (group.child(n) for n in range(group.childCount()))
    return [item for item in items if item is not None]
