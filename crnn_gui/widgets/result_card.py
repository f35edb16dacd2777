"""Before and after a training run: the scores, the words fixed and broken, and the question whether to switch."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from model.events import Decision, Finished, Reading, Score

SHOWN_CHANGES = 7
"""Fixed and broken words in view at a time; more are scrolled to."""

_WORD_ROLE = Qt.ItemDataRole.UserRole + 1
_TOKEN_ROLE = Qt.ItemDataRole.UserRole + 2


class ResultCard(QWidget):
    """Shows how a run ended.

    Signals:
        switch_requested: str, the path of the weights to read with from now on.
        keep_requested: the old weights are to stay.
        word_requested: int, the id of the word a person wants to see.
    """

    switch_requested = Signal(str)
    keep_requested = Signal()
    word_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._out: str | None = None
        self._title = QLabel()
        self._title.setFont(theme.ui_font(points=3, bold=True))
        self._reason = QLabel()
        self._reason.setWordWrap(True)
        self._scores = QGridLayout()
        self._scores.setHorizontalSpacing(2 * GRID_PX)
        self._scores.setVerticalSpacing(GRID_PX // 2)
        self._scores.setColumnStretch(0, 1)
        self._changes_title = QLabel()
        self._changes = QListWidget()
        self._changes.setFrameShape(QListWidget.Shape.NoFrame)
        self._changes.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._changes.itemActivated.connect(self._on_change_activated)
        self.switch_button = QPushButton(self.tr("Use the new weights"))
        self.switch_button.setProperty("primary", True)
        self.switch_button.clicked.connect(self._on_switch_clicked)
        self._keep = QPushButton(self.tr("Keep the old ones"))
        self._keep.clicked.connect(self.keep_requested)
        buttons = QHBoxLayout()
        buttons.addWidget(self.switch_button)
        buttons.addWidget(self._keep)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX)
        layout.addWidget(self._title)
        layout.addWidget(self._reason)
        layout.addLayout(self._scores)
        layout.addLayout(buttons)
        layout.addWidget(self._changes_title)
        layout.addWidget(self._changes)

    @property
    def out(self) -> str | None:
        """Where the weights lie that can be switched to."""
        return self._out

    def show_result(self, result: Finished) -> None:
        """Show how a run ended."""
        is_better = result.decision == Decision.BETTER
        titles = {
            Decision.BETTER: self.tr("The new weights are better"),
            Decision.REFUSED: self.tr("The new weights were refused"),
            Decision.STOPPED: self.tr("Training was stopped"),
        }
        self._title.setText(titles[result.decision])
        self._reason.setText(result.reason)
        self._out = result.out if is_better else None
        self.switch_button.setVisible(is_better)
        self._keep.setVisible(is_better)
        self._show_scores(result)
        self._show_changes(result.fixed, result.broken)

    def settle(self, text: str) -> None:
        """Take the question away and say what was chosen."""
        self._out = None
        self.switch_button.hide()
        self._keep.hide()
        self._reason.setText(text)

    def _show_scores(self, result: Finished) -> None:
        while (item := self._scores.takeAt(0)) is not None:
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        scores = (
            (self.tr("Held-out words of this project"), result.before, result.after),
            (self.tr("General words"), result.general_before, result.general_after),
        )
        rows = [row for row in scores if row[2] is not None]
        if not rows:
            return
        for column, text in enumerate((self.tr("Words read right"), self.tr("before"), self.tr("after")), start=0):
            self._put(0, column, text, is_muted=True)
        for line, (name, before, after) in enumerate(rows, start=1):
            self._put(line, 0, name)
            self._put(line, 1, _percent(before))
            self._put(line, 2, _percent(after), is_bold=True)

    def _put(self, row: int, column: int, text: str, *, is_muted: bool = False, is_bold: bool = False) -> None:
        label = QLabel(text)
        label.setProperty("muted", is_muted)
        if is_bold:
            label.setFont(theme.ui_font(bold=True))
        side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
        self._scores.addWidget(label, row, column, side)

    def _show_changes(self, fixed: Sequence[Reading], broken: Sequence[Reading]) -> None:
        self._changes.clear()
        for readings, token, name in ((broken, "error", "x-circle"), (fixed, "verified", "check-circle")):
            for reading in readings:
                before, after = (text or self.tr("nothing") for text in (reading.before, reading.after))
                item = QListWidgetItem(icon(name, token), f"{before}  →  {after}")
                item.setData(_TOKEN_ROLE, token)
                item.setData(_WORD_ROLE, reading.word_id)
                says = self.tr("{key} says “{truth}”").format(key=reading.key, truth=reading.truth)
                item.setToolTip(f"{item.text()}\n{says}")
                self._changes.addItem(item)
        fit_to_rows(self._changes, SHOWN_CHANGES)
        self._colour_changes()
        counts = self.tr("{fixed} fixed, {broken} broken").format(fixed=len(fixed), broken=len(broken))
        self._changes_title.setText(counts)
        for widget in (self._changes_title, self._changes):
            widget.setVisible(bool(fixed or broken))

    def _colour_changes(self) -> None:
        look = theme.tokens()
        for item in (self._changes.item(row) for row in range(self._changes.count())):
            item.setForeground(look.color(item.data(_TOKEN_ROLE)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour_changes()

    @Slot()
    def _on_switch_clicked(self) -> None:
        if self._out is not None:
            self.switch_requested.emit(self._out)

    @Slot(QListWidgetItem)
    def _on_change_activated(self, item: QListWidgetItem) -> None:
        word_id = item.data(_WORD_ROLE)
        if word_id is not None:
            self.word_requested.emit(word_id)


def fit_to_rows(view: QListWidget, most: int) -> None:
    """Make a list as high as its rows, or as ``most`` of them."""
    rows = min(view.count(), most)
    view.setFixedHeight(sum(view.sizeHintForRow(row) + 2 * view.spacing() for row in range(rows)) + 2)


def _percent(score: Score | None) -> str:
    return "–" if score is None else f"{100 * score.accuracy:.1f} %"
