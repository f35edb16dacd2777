"""The facts about this machine: which device reads and why, versions, speed, and whether it can train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.machine import Machine, rows
from model.messages import WeightsSummary


class MachinePanel(QDialog):
    """Stays open beside the work; what it shows can be copied into a report."""

    def __init__(self, machine: Machine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("This machine"))
        self.resize(640, 640)
        self._machine = machine
        self._weights: WeightsSummary | None = None
        self._facts: list[tuple[str, str, int]] = []
        self._device = QLabel()
        self._device.setFont(theme.ui_font(points=3, bold=True))
        self._reason = QLabel()
        self._reason.setWordWrap(True)
        self._state = QLabel()
        self._state.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self.list = QTreeWidget()
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        self.copy_button = buttons.addButton(self.tr("Copy facts"), QDialogButtonBox.ButtonRole.ActionRole)
        self.again_button: QPushButton = buttons.addButton(
            self.tr("Examine again"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.copy_button.clicked.connect(self._copy)
        self.again_button.clicked.connect(self._examine)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 16)
        layout.setSpacing(8)
        for widget in (self._device, self._reason, self._state, self._bar, self.list, buttons):
            layout.addWidget(widget)
        machine.examined.connect(self._on_examined)
        machine.failed.connect(self._on_failed)

    @property
    def is_complete(self) -> bool:
        """Whether the facts are there."""
        return bool(self._facts)

    def open_for(self, weights: WeightsSummary | None) -> None:
        """Show what is known at once, and have the rest found out, for the weights in use."""
        self._weights = weights
        if weights is not None:
            self._show_device(weights.device, weights.reason)
        else:
            self._device.setText(self.tr("No recogniser is loaded"))
        if not self._facts:
            self._examine()
        self.show()
        self.raise_()

    def _show_device(self, device: str, reason: str) -> None:
        self._device.setText(self.tr("Reads on: {device}").format(device=device.upper()))
        self._reason.setText(reason)

    @Slot()
    def _examine(self) -> None:
        self._facts = []
        self.list.clear()
        self._show_busy(True)
        self._state.setText(self.tr("Reading some hundred crops and training two steps; this takes a few seconds."))
        self._machine.examine(self._weights.path if self._weights else None)

    def _show_busy(self, flag: bool) -> None:
        self._bar.setVisible(flag)
        self._state.setVisible(flag)
        self.copy_button.setEnabled(not flag)
        self.again_button.setEnabled(not flag)

    @Slot(object)
    def _on_examined(self, findings: Mapping[str, Any]) -> None:
        self._facts = rows(findings)
        self._show_busy(False)
        self._show_device(str(findings.get("device", "")), str(findings.get("device_reason", "")))
        for name, value, depth in self._facts:
            item = QTreeWidgetItem(["    " * depth + name, value])
            item.setToolTip(1, value)
            if depth == 0 and not value:
                font = item.font(0)
                font.setBold(True)
                item.setFont(0, font)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            self.list.addTopLevelItem(item)

    @Slot(str)
    def _on_failed(self, reason: str) -> None:
        self._show_busy(False)
        self._state.setText(self.tr("The machine could not be examined. {reason}").format(reason=reason))
        self._state.setVisible(True)

    @Slot()
    def _copy(self) -> None:
        lines = (f"{'  ' * depth}{name}: {value}".rstrip() for name, value, depth in self._facts)
        QGuiApplication.clipboard().setText("\n".join(lines))
