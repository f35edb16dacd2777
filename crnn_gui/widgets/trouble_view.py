"""What stood in the way of training: crops left out before it, and batches whose loss or gradient was not finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.remedies import Finding, Remedy, is_open, title
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.training import RunSettings
from crnn_gui.wording import counted, marked
from model.events import BadBatch, Cause, Offender, Problem, Severity, Started, TrainEvent

_WORD_ROLE = Qt.ItemDataRole.UserRole + 1
_STEP_ROLE = Qt.ItemDataRole.UserRole + 2
_FINDING_ROLE = Qt.ItemDataRole.UserRole + 3

_ICONS = {
    Remedy.GO: "arrow-square-out",
    Remedy.WIDEN: "arrows-out-line-horizontal",
    Remedy.WIDTH: "arrows-left-right",
    Remedy.EXCLUDE: "prohibit",
    Remedy.EXTEND: "text-aa",
    Remedy.LOWER_RATE: "trend-down",
    Remedy.HALVE_BATCH: "divide",
    Remedy.FULL_PRECISION: "target",
    Remedy.START_OVER: "arrow-counter-clockwise",
}

SHOWN_BATCHES = 500
"""Bad batches listed in full; later ones are counted in the last row, because a diverging run has thousands."""

CAUSES: dict[Cause, str] = {
    Cause.MISSING: marked("Causes", "image is missing"),
    Cause.UNREADABLE: marked("Causes", "image cannot be read"),
    Cause.NOT_FINITE: marked("Causes", "pixels are not finite"),
    Cause.CONSTANT: marked("Causes", "crop is one plain colour"),
    Cause.TOO_SMALL: marked("Causes", "crop is too small"),
    Cause.EMPTY_LABEL: marked("Causes", "label is empty"),
    Cause.UNKNOWN_CHARACTER: marked("Causes", "unknown character"),
    Cause.LABEL_TOO_LONG: marked("Causes", "label is too long for the crop"),
    Cause.MIXED_FORMS: marked("Causes", "mixed Unicode forms"),
    Cause.DUPLICATE_CONFLICT: marked("Causes", "same pixels, another label"),
    Cause.BAD_PARAMETERS: marked("Causes", "weights were not finite"),
    Cause.INITIAL_VALUES: marked("Causes", "initial values are too large"),
    Cause.LEARNING_RATE: marked("Causes", "learning rate is too high"),
    Cause.EXPLODING_GRADIENT: marked("Causes", "gradient exploded"),
    Cause.HALF_PRECISION: marked("Causes", "half precision overflowed"),
    Cause.NOT_NORMALISED: marked("Causes", "input is not normalised"),
    Cause.POOL_STRIDE: marked("Causes", "a pooling passes over pixels"),
    Cause.BATCH_TOO_LARGE: marked("Causes", "batch needs too much memory"),
    Cause.COLLAPSED: marked("Causes", "training collapsed"),
    Cause.UNKNOWN: marked("Causes", "cause not found"),
}


def cause_text(cause: Cause) -> str:
    """Return what a cause is called, in the language of the interface."""
    return QCoreApplication.translate("Causes", CAUSES[cause])


class TroubleView(QWidget):
    """A tree: one row for each kind of problem or bad batch, below it the crops concerned.

    Under it stand the sentence of the current row and a button for each thing that can be done about it.

    Args:
        choices: tells what is chosen for the next run, so that nothing is offered that is chosen already.

    Signals:
        word_requested: int, the id of the word a person wants to see.
        remedy_requested: Remedy and the Finding it is for.
        count_changed: int, how many top-level rows there are.
    """

    word_requested = Signal(int)
    remedy_requested = Signal(object, object)
    count_changed = Signal(int)

    def __init__(self, choices: Callable[[], RunSettings], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = choices
        self._model = QStandardItemModel(self)
        self._view = QTreeView()
        self._view.setModel(self._model)
        self._view.setFrameShape(QTreeView.Shape.NoFrame)
        self._view.setUniformRowHeights(True)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.setAllColumnsShowFocus(True)
        self._view.activated.connect(self._on_row_activated)
        self._view.clicked.connect(self._on_cell_clicked)
        self._view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.setFocusProxy(self._view)
        self._detail = QLabel()
        self._detail.setTextFormat(Qt.TextFormat.PlainText)
        self._detail.setWordWrap(True)
        self._detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._detail.setContentsMargins(GRID_PX, 0, GRID_PX, 0)
        self._remedies = QHBoxLayout()
        self._remedies.setContentsMargins(GRID_PX, 0, GRID_PX, GRID_PX)
        self._remedies.setSpacing(GRID_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX)
        layout.addWidget(self._view, 1)
        layout.addWidget(self._detail)
        layout.addLayout(self._remedies)
        self._unlisted = 0
        self.clear()

    def clear(self) -> None:
        """Show no trouble."""
        self._model.clear()
        self._unlisted = 0
        self._model.setHorizontalHeaderLabels(
            [self.tr("Crop"), self.tr("Label"), self.tr("Frames"), self.tr("Loss"), self.tr("Why")]
        )
        header = self._view.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate((224, 120, 104, 64)):
            self._view.setColumnWidth(column, width)
        self._detail.hide()
        self._show_remedies(None)
        self.count_changed.emit(0)

    def append(self, events: Iterable[TrainEvent]) -> None:
        """List the trouble these events tell of."""
        for event in events:
            if isinstance(event, Started):
                self.clear()
                self.show_problems((*event.left_out, *event.warnings))
            elif isinstance(event, BadBatch):
                self._add_batch(event)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """List what was found before training, by cause; what keeps a crop out comes first."""
        groups: dict[tuple[Severity, Cause], list[Problem]] = {}
        for problem in problems:
            groups.setdefault((problem.severity, problem.cause), []).append(problem)
        for (severity, cause), members in sorted(groups.items(), key=lambda g: g[0][0] != Severity.ERROR):
            left_out = severity == Severity.ERROR
            title = self.tr("Left out: {cause}") if left_out else self.tr("Kept all the same: {cause}")
            sentence = f"{title.format(cause=cause_text(cause))} ({counted(len(members), 'crop')})"
            head = self._add_head(sentence, "warning-circle" if left_out else "info")
            head.setData(_finding(cause, members), _FINDING_ROLE)
            for problem in members:
                row = _row((problem.key, "", "", "", problem.detail), problem.word_id)
                row[0].setData(_finding(cause, [problem]), _FINDING_ROLE)
                head.appendRow(row)
        self._show_first()
        self.count_changed.emit(self._model.rowCount())

    @Slot(int)
    def show_step(self, step: int) -> None:
        """Bring the bad batch of a step into view and open it."""
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            if index.data(_STEP_ROLE) == step:
                self._view.setExpanded(index, True)
                self._view.setCurrentIndex(index)
                self._view.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtTop)
                return

    @property
    def detail(self) -> str:
        """The whole sentence of the current row, which its cells may have no room for."""
        return "" if self._detail.isHidden() else self._detail.text()

    @property
    def rows(self) -> tuple[str, ...]:
        """The titles of the top-level rows."""
        return tuple(self._model.item(row).text() for row in range(self._model.rowCount()))

    def _add_batch(self, event: BadBatch) -> None:
        if self._model.rowCount() >= SHOWN_BATCHES:
            self._unlisted += 1
            last = self._model.item(self._model.rowCount() - 1)
            batches = counted(self._unlisted + 1, "bad batch", "bad batches")
            last.setText(self.tr("and {batches} more").format(batches=batches))
            return
        title = self.tr("Step {step}: {cause}. {advice}")
        head = self._add_head(
            title.format(step=event.step, cause=cause_text(event.cause), advice=event.advice), "warning"
        )
        head.setData(event.step, _STEP_ROLE)
        guilty = tuple(o.word_id for o in event.offenders if o.cause and o.word_id is not None)
        finding = Finding(event.cause, guilty, rate=event.learning_rate)
        head.setData(finding, _FINDING_ROLE)
        for offender in event.offenders:
            row = _row(_cells(offender), offender.word_id)
            if offender.cause and offender.word_id is not None:
                row[0].setData(Finding(offender.cause, (offender.word_id,)), _FINDING_ROLE)
            head.appendRow(row)
        if self._model.rowCount() == 1:
            self._view.setExpanded(head.index(), True)
        self._show_first()
        self.count_changed.emit(self._model.rowCount())

    def _add_head(self, title: str, icon_name: str) -> QStandardItem:
        """Add a top-level row; its sentence stretches over all columns."""
        head = _row((title, "", "", "", ""), None)
        head[0].setIcon(icon(icon_name, "doubtful" if icon_name == "warning-circle" else ""))
        font = head[0].font()
        font.setBold(True)
        head[0].setFont(font)
        self._model.appendRow(head)
        self._view.setFirstColumnSpanned(self._model.rowCount() - 1, QModelIndex(), True)
        return head[0]

    @Slot(QModelIndex)
    def _on_current_changed(self, index: QModelIndex) -> None:
        """Write out the sentence of the row below the list: rows are one line high."""
        head = not index.parent().isValid()
        self._detail.setText(index.siblingAtColumn(0 if head else self._model.columnCount() - 1).data() or "")
        self._detail.setVisible(bool(self._detail.text()))
        self._show_remedies(index.siblingAtColumn(0).data(_FINDING_ROLE))

    @property
    def remedies(self) -> tuple[str, ...]:
        """What the buttons of the current row say."""
        return tuple(button.text() for button in self._buttons())

    def _buttons(self) -> list[QPushButton]:
        items = (self._remedies.itemAt(place) for place in range(self._remedies.count()))
        found = (item.widget() for item in items if item is not None)
        return [widget for widget in found if isinstance(widget, QPushButton)]

    def _show_first(self) -> None:
        """Make the first row current, so that what can be done about it is in view."""
        if not self._view.currentIndex().isValid():
            self._view.setCurrentIndex(self._model.index(0, 0))

    def _show_remedies(self, finding: Finding | None) -> None:
        for button in self._buttons():
            button.hide()
            button.deleteLater()
        while self._remedies.takeAt(0) is not None:
            pass
        if finding is None:
            return
        choices = self._choices()
        for remedy in (one for one in finding.remedies if is_open(choices, one, finding)):
            button = QPushButton(icon(_ICONS[remedy]), title(remedy, finding))
            button.clicked.connect(lambda _checked, remedy=remedy: self._choose(remedy, finding))
            self._remedies.addWidget(button)
        self._remedies.addStretch(1)

    def _choose(self, remedy: Remedy, finding: Finding) -> None:
        if remedy is Remedy.GO:
            self.word_requested.emit(finding.words[0])
        else:
            self.remedy_requested.emit(remedy, finding)
            self._show_remedies(self._view.currentIndex().siblingAtColumn(0).data(_FINDING_ROLE))

    @Slot(QModelIndex)
    def _on_cell_clicked(self, index: QModelIndex) -> None:
        """A crop's name is a link to its word; the other cells only select the row."""
        if index.column() == 0:
            self._on_row_activated(index)

    @Slot(QModelIndex)
    def _on_row_activated(self, index: QModelIndex) -> None:
        word_id = index.siblingAtColumn(0).data(_WORD_ROLE)
        if word_id is not None:
            self.word_requested.emit(word_id)


def _finding(cause: Cause, problems: Sequence[Problem]) -> Finding:
    words = tuple(problem.word_id for problem in problems if problem.word_id is not None)
    widths = [problem.width for problem in problems if problem.width is not None]
    return Finding(cause, words, max(widths, default=None))


def _cells(offender: Offender) -> tuple[str, ...]:
    loss = f"{offender.loss:.3g}" if math.isfinite(offender.loss) else str(offender.loss)
    shared = QCoreApplication.translate("Causes", "shared the batch")
    why = cause_text(offender.cause) if offender.cause else shared
    frames = QCoreApplication.translate("Causes", "{frames}, needs {needed}").format(
        frames=offender.frames, needed=offender.frames_needed
    )
    return offender.key, offender.label, frames, loss, why


def _row(cells: Iterable[str], word_id: int | None) -> list[QStandardItem]:
    items = [QStandardItem(cell) for cell in cells]
    items[0].setData(word_id, _WORD_ROLE)
    if word_id is not None:
        font = items[0].font()
        font.setUnderline(True)
        items[0].setFont(font)
    for item, cell in zip(items, cells, strict=True):
        item.setToolTip(cell)
    return items
