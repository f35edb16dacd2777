"""The training runs of a project, newest first; those that are ticked are laid over the curves."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from crnn_gui import theme
from crnn_gui.curves import Curves
from crnn_gui.widgets.training_plot import OVERLAYS
from model.annotations import RunRecord

_RUN_ROLE = Qt.ItemDataRole.UserRole + 1
_LINE_PX = QSize(16, 3)


class RunsList(QTreeWidget):
    """A row for each run: when, how long it was to be, what it read right in the end, and what became of it.

    Signals:
        compared: tuple of Curves of the ticked runs, in the order of their colours.
        chosen: RunRecord whose curves and log a person wants to see.
    """

    compared = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderLabels(
            [
                self.tr("Run"),
                self.tr("Words"),
                self.tr("Steps"),
                self.tr("Held-out right"),
                self.tr("What became of it"),
            ]
        )
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.setAllColumnsShowFocus(True)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((184, 72, 72, 104)):
            self.setColumnWidth(column, width)
        self._ticked: tuple[str, ...] = ()
        self.itemChanged.connect(self._on_item_changed)
        self.itemActivated.connect(self._on_item_activated)

    @Slot(object)
    def show_runs(self, runs: Sequence[RunRecord]) -> None:
        """List these runs; those that were ticked stay so."""
        with QSignalBlocker(self):
            self.clear()
            for run in runs:
                self.addTopLevelItem(_item(run, is_ticked=run.name in self._ticked))
            self._ticked = tuple(name for name in self._ticked if any(run.name == name for run in runs))
            self._colour()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells listed."""
        items = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return tuple(tuple(item.text(column) for column in range(self.columnCount())) for item in items if item)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            with QSignalBlocker(self):
                self._colour()

    def _items(self) -> dict[str, QTreeWidgetItem]:
        found = (self.topLevelItem(row) for row in range(self.topLevelItemCount()))
        return {item.data(0, _RUN_ROLE).name: item for item in found if item is not None}

    def _colour(self) -> None:
        """Show beside each ticked run the colour of its curves."""
        for name, item in self._items().items():
            place = self._ticked.index(name) if name in self._ticked else None
            token = OVERLAYS[place % len(OVERLAYS)] if place is not None else None
            item.setIcon(0, _line(theme.tokens().color(token) if token else QColor(0, 0, 0, 0)))

    @Slot(QTreeWidgetItem, int)
    def _on_item_changed(self, item: QTreeWidgetItem, _column: int) -> None:
        name = item.data(0, _RUN_ROLE).name
        is_ticked = item.checkState(0) == Qt.CheckState.Checked
        if is_ticked == (name in self._ticked):
            return
        rest = tuple(one for one in self._ticked if one != name)
        self._ticked = (*rest, name) if is_ticked else rest
        with QSignalBlocker(self):
            self._colour()
        items = self._items()
        self.compared.emit(tuple(Curves.from_json(items[one].data(0, _RUN_ROLE).curves) for one in self._ticked))

    @Slot(QTreeWidgetItem, int)
    def _on_item_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        self.chosen.emit(item.data(0, _RUN_ROLE))


def _item(run: RunRecord, *, is_ticked: bool) -> QTreeWidgetItem:
    scores = [row[2] for row in run.curves.get("epochs", ()) if row[2] is not None]
    when = time.strftime(QCoreApplication.translate("Dates", "%d %b %Y, %H:%M"), time.localtime(run.started_at))
    last = max((row[0] for row in run.curves.get("batches", ())), default=0)
    best = f"{scores[0]:.1f} → {max(scores[1:], default=scores[0]):.1f} %" if scores else "–"
    fate = run.reason or (QCoreApplication.translate("Runs", "under way") if run.ended_at is None else run.outcome)
    item = QTreeWidgetItem([when, f"{run.verified:,}", f"{last:,.0f}", best, fate])
    item.setData(0, _RUN_ROLE, run)
    item.setCheckState(0, Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
    item.setToolTip(4, fate)
    return item


def _line(color: QColor) -> QIcon:
    pixmap = QPixmap(_LINE_PX)
    pixmap.fill(color)
    return QIcon(pixmap)
