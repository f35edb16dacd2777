"""The project's weights, newest first, with what each read right, and the way back to any of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.widgets.result_card import fit_to_rows
from crnn_gui.wording import moment
from model.annotations import WeightsRecord

SHOWN_WEIGHTS = 8
"""Weights in view at a time; older ones are scrolled to."""

_RECORD_ROLE = Qt.ItemDataRole.UserRole + 1


class WeightsList(QWidget):
    """Lists the runs of a project and the starter weights.

    Signals:
        use_requested: WeightsRecord, or None for the starter weights.
    """

    use_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(self.tr("Weights of this project"))
        title.setFont(theme.ui_font(bold=True))
        self._list = QListWidget()
        self._list.setFrameShape(QListWidget.Shape.NoFrame)
        self._list.setSpacing(1)
        self._list.currentItemChanged.connect(self._on_current_changed)
        self._list.itemActivated.connect(self._on_item_activated)
        self._use = QPushButton(icon("arrow-counter-clockwise"), self.tr("Go back to these weights"))
        self._use.clicked.connect(self._on_use_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX)
        layout.addWidget(title)
        layout.addWidget(self._list)
        layout.addWidget(self._use)
        self.show_history(())

    @Slot(object)
    def show_history(self, history: Sequence[WeightsRecord]) -> None:
        """List these weights; the starter weights stand last."""
        self._list.clear()
        for record in history:
            self._add(_title(record), record, is_active=record.active, detail=record.decision)
        is_starter = not any(record.active for record in history)
        self._add(self.tr("Starter weights"), None, is_active=is_starter, detail=self.tr("Came with the program."))
        self._mute_refused()
        fit_to_rows(self._list, SHOWN_WEIGHTS)
        self._on_current_changed(None)

    @property
    def rows(self) -> tuple[str, ...]:
        """The titles listed."""
        return tuple(self._list.item(row).text() for row in range(self._list.count()))

    def _add(self, title: str, record: WeightsRecord | None, *, is_active: bool, detail: str) -> None:
        item = QListWidgetItem(title)
        item.setData(_RECORD_ROLE, record)
        item.setToolTip(detail)
        name = "check-circle" if is_active else "prohibit" if _is_refused(record) else "circle"
        item.setIcon(icon(name, "verified" if is_active else "muted"))
        if is_active:
            font = item.font()
            font.setBold(True)
            item.setFont(font)
        self._list.addItem(item)

    def _mute_refused(self) -> None:
        for item in (self._list.item(row) for row in range(self._list.count())):
            if _is_refused(item.data(_RECORD_ROLE)):
                item.setForeground(theme.tokens().color("muted"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._mute_refused()

    @Slot()
    def _on_current_changed(self, _item: QListWidgetItem | None = None) -> None:
        item = self._list.currentItem()
        self._use.setEnabled(item is not None and _can_use(item))

    @Slot()
    def _on_use_clicked(self) -> None:
        self._on_item_activated(self._list.currentItem())

    @Slot(QListWidgetItem)
    def _on_item_activated(self, item: QListWidgetItem | None) -> None:
        if item is not None and _can_use(item):
            self.use_requested.emit(item.data(_RECORD_ROLE))


def _can_use(item: QListWidgetItem) -> bool:
    return not item.font().bold() and not _is_refused(item.data(_RECORD_ROLE))


def _is_refused(record: WeightsRecord | None) -> bool:
    return record is not None and record.metrics.get("verdict") == "refused"


def _title(record: WeightsRecord) -> str:
    translate = QCoreApplication.translate
    after = record.metrics.get("after")
    right = translate("Weights", "{share} % right")
    score = right.format(share=f"{100 * after['accuracy']:.1f}") if after else translate("Weights", "no words held out")
    refused = f", {translate('Weights', 'refused')}" if _is_refused(record) else ""
    return f"{moment(record.created_at)}  ·  {score}{refused}"
