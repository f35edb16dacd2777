"""The bar above the list of texts to replace: what is searched for, and what comes in its place."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.replacing import Replacing
from model.replacing import Rule


class ReplacePanel(QFrame):
    """Two fields, how they are meant, and how many words they change."""

    def __init__(self, replacing: Replacing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._replacing = replacing
        self.setObjectName("card")
        self.find_field = QLineEdit()
        self.put_field = QLineEdit()
        self.case_button = _toggle("text-aa", self.tr("Tell capital and small letters apart"))
        self.regex_button = _toggle("asterisk", self.tr("Regular expression; \\1 stands for its first group"))
        self.readings_box = QCheckBox()
        self.labels_box = QCheckBox()
        self.apply_button = QPushButton()
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self._title = QLabel()
        self._hint = QLabel()
        self._lay_out()
        for field in (self.find_field, self.put_field):
            field.textChanged.connect(self._on_rule_changed)
        for button in (self.case_button, self.regex_button):
            button.toggled.connect(self._on_rule_changed)
        self.readings_box.clicked.connect(self._on_readings_clicked)
        self.labels_box.clicked.connect(self._on_labels_clicked)
        self.apply_button.clicked.connect(replacing.apply)
        self.cancel_button.clicked.connect(replacing.close)
        replacing.changed.connect(self._show)
        self.hide()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(8)
        first, second = QHBoxLayout(), QHBoxLayout()
        for line in (first, second):
            line.setSpacing(8)
            layout.addLayout(line)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setWordWrap(True)
        self.find_field.setPlaceholderText(self.tr("Find in all texts"))
        self.put_field.setPlaceholderText(self.tr("Replace with"))
        self.case_button.setChecked(True)
        for widget in (self._title, self.find_field, self.case_button, self.regex_button, self.put_field):
            first.addWidget(widget, 1 if widget in (self._title, self.find_field, self.put_field) else 0)
        first.addWidget(self.cancel_button)
        first.addWidget(self.apply_button)
        self.cancel_button.setProperty("flat", True)
        self.apply_button.setProperty("primary", True)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setFont(theme.ui_font(points=-0.5))
        second.addWidget(self.readings_box)
        second.addWidget(self.labels_box)
        second.addWidget(self._hint, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._replacing.close()
        else:
            super().keyPressEvent(event)

    @property
    def rule(self) -> Rule:
        """What is asked for."""
        return Rule(
            self.find_field.text(),
            self.put_field.text(),
            is_regex=self.regex_button.isChecked(),
            is_case_kept=self.case_button.isChecked(),
        )

    def begin(self, find: str) -> None:
        """Ask what is to be replaced."""
        self._replacing.open()
        self.put_field.clear()
        self.find_field.setText(find)
        self._on_rule_changed()
        self.find_field.setFocus()
        self.find_field.selectAll()

    @Slot()
    def _on_rule_changed(self) -> None:
        self._replacing.search(self.rule)

    @Slot(bool)
    def _on_readings_clicked(self, is_on: bool) -> None:
        self._replacing.choose([row for row in self._replacing.rows if not row.is_label], is_on)

    @Slot(bool)
    def _on_labels_clicked(self, is_on: bool) -> None:
        self._replacing.choose([row for row in self._replacing.rows if row.is_label], is_on)

    @Slot()
    def _show(self) -> None:
        replacing = self._replacing
        self.setVisible(replacing.is_open)
        self._title.setVisible(bool(replacing.title))
        self._title.setText(replacing.title)
        for widget in (self.find_field, self.put_field, self.case_button, self.regex_button):
            widget.setVisible(not replacing.title)
        readings = [row for row in replacing.rows if not row.is_label]
        labels = [row for row in replacing.rows if row.is_label]
        self.readings_box.setText(self.tr("Readings: {count}").format(count=f"{len(readings):,}"))
        self.labels_box.setText(self.tr("Verified texts: {count}").format(count=f"{len(labels):,}"))
        for box, rows in ((self.readings_box, readings), (self.labels_box, labels)):
            box.setEnabled(bool(rows))
            box.setVisible(bool(replacing.rows))
            box.setChecked(bool(rows) and all(map(replacing.is_chosen, rows)))
        count = len(replacing.chosen)
        self.apply_button.setEnabled(count > 0)
        self.apply_button.setText(
            self.tr("Replace {count}").format(count=f"{count:,}") if count else self.tr("Replace")
        )
        self._hint.setText(replacing.problem or self._remark())
        self._hint.setStyleSheet(f"color: {theme.tokens().color('error' if replacing.problem else 'muted').name()};")

    def _remark(self) -> str:
        """Return what there is to know of the list besides its rows."""
        replacing = self._replacing
        if replacing.title or not self.find_field.text():
            return ""
        if not replacing.rows and not replacing.left_empty:
            return self.tr("Nothing would change.")
        told = []
        if replacing.beyond:
            told.append(self.tr("{count} more are found when these are done.").format(count=f"{replacing.beyond:,}"))
        if replacing.left_empty:
            count = f"{replacing.left_empty:,}"
            told.append(self.tr("{count} would be left without a text and stay as they are.").format(count=count))
        return " ".join(told)


def _toggle(icon: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(resources.icon(icon))
    button.setCheckable(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
