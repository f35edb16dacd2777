"""The pages a job had to leave out, with the reasons; each leads to its page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.jobs import PageProblem

_PAGE_ROLE = Qt.ItemDataRole.UserRole


class PageProblems(QDialog):
    """A list that stays open beside the work.

    Signals:
        page_requested: id of the page whose row was activated.
    """

    page_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Pages that could not be read"))
        self.resize(720, 360)
        self.rows = QTreeWidget()
        self.rows.setHeaderLabels([self.tr("Page"), self.tr("Reason")])
        self.rows.setRootIsDecorated(False)
        self.rows.setUniformRowHeights(True)
        self.rows.setAllColumnsShowFocus(True)
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.rows.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.rows.itemActivated.connect(self._on_item_activated)
        self.rows.itemClicked.connect(self._on_item_activated)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)
        copy = buttons.addButton(self.tr("Copy list"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.rows)
        layout.addWidget(buttons)

    def show_problems(self, problems: Sequence[PageProblem]) -> None:
        """List these pages and come to the front."""
        self.rows.clear()
        for problem in problems:
            item = QTreeWidgetItem([problem.page.path, problem.reason])
            item.setToolTip(1, problem.reason)
            item.setData(0, _PAGE_ROLE, problem.page.id)
            self.rows.addTopLevelItem(item)
        self.show()
        self.raise_()

    @Slot(QTreeWidgetItem, int)
    def _on_item_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        self.page_requested.emit(item.data(0, _PAGE_ROLE))

    @Slot()
    def _copy(self) -> None:
        items = (self.rows.topLevelItem(row) for row in range(self.rows.topLevelItemCount()))
        lines = (f"{item.text(0)}\t{item.text(1)}" for item in items if item is not None)
        QGuiApplication.clipboard().setText("\n".join(lines))
