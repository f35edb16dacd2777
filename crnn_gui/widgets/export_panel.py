"""The export: where to, how, what that will write, and afterwards the account of every word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QHideEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.exchange import Exporting, ExportWish
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.widgets.format_box import FormatBox
from crnn_gui.widgets.word_tree import WordGroup, WordRow, WordTree
from crnn_gui.wording import counted
from model.annotations import State
from model.errors import KnownError
from model.export_images import ImageType, parse_margin
from model.exporting import Case, ExportOptions, ExportPlan, ExportReport, Skip, parse_split
from model.formats import Kind, formats, get_format
from model.formats.base import PARTS

LISTED = 200
"""Words listed in each group; the report in the folder has them all."""

SIZE_PX = (640, 620)
COUNT_MILLISECONDS = 200
"""After the last change of a choice, before it is counted what will be written."""


class ExportPanel(QDialog):
    """A window beside the main one, which stays usable while an export runs.

    Signals:
        word_requested: int, the id of a word a person wants to see.
    """

    word_requested = Signal(int)

    def __init__(self, exporting: Exporting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.resize(*SIZE_PX)
        self._exporting = exporting
        self._out: Path | None = None
        self._plan: ExportPlan | None = None
        self.format = FormatBox(f for f in formats() if f.can_write)
        self.format.choose("mjsynth")
        self._explanation = QLabel()
        self._explanation.setProperty("muted", True)
        self._explanation.setWordWrap(True)
        self._explanation.setMinimumWidth(SIZE_PX[0] - 160)  # or the form keeps room for more lines than there are
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(self.tr("A new folder, or an earlier export to replace"))
        self.words = _box(
            (self.tr("Verified words"), (State.VERIFIED,)),
            (self.tr("Verified words, and suggestions for the others"), (State.VERIFIED, State.SUGGESTED)),
            (self.tr("Suggestions only"), (State.SUGGESTED,)),
        )
        self.confidence = QDoubleSpinBox()
        self.confidence.setRange(0, 1)
        self.confidence.setSingleStep(0.05)
        self.split = QLineEdit("80/10/10")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2**31 - 1)
        self.case = _box((self.tr("Keep"), Case.KEEP), (self.tr("Lower case"), Case.LOWER))
        self.image = _box((self.tr("PNG, pixel by pixel"), ImageType.PNG), (self.tr("JPEG, smaller"), ImageType.JPEG))
        self.margin = QLineEdit("0")
        self.margin.setToolTip(self.tr("How far crops reach beyond their boxes: 4 pixels, or 10% of the box's height"))
        self.view = _box((self.tr("In full size"), False), (self.tr("As the network sees them"), True))
        self.images = _box((self.tr("Copy them into the folder"), True), (self.tr("Leave them where they are"), False))
        self.append = QCheckBox(self.tr("Go on from the earlier export in that folder"))
        self.append.setToolTip(self.tr("Pages keep their part and name, labels their number in the lexicon."))
        self.more_button = QToolButton()
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        self.skips = WordTree([self.tr("Word"), self.tr("Page")])
        self.skips.hide()
        self.export_button = QPushButton(icon("export", "on_accent"), self.tr("Export"))
        self.export_button.setProperty("primary", True)
        self._show_folder = QPushButton(icon("folder-open"), self.tr("Show the folder"))
        self._show_folder.hide()
        self._close = QPushButton(self.tr("Close"))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNT_MILLISECONDS)
        self._lay_out()
        self._connect()
        self._on_format_changed()

    def _lay_out(self) -> None:
        browse = QToolButton()
        browse.setIcon(icon("folder-open"))
        browse.setToolTip(self.tr("Choose the folder"))
        browse.clicked.connect(self._on_browse_clicked)
        self._form = _form()
        self._form.addRow(self.tr("Format"), self.format)
        self._form.addRow("", self._explanation)
        self._form.addRow(self.tr("Folder"), _row(self.folder, browse))
        self._form.addRow(self.tr("Words"), self.words)
        self._form.addRow(self.tr("Surer than"), self.confidence)
        self.more_button.setText(self.tr("More options"))
        self.more_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more_button.setCheckable(True)
        self.more_button.setArrowType(Qt.ArrowType.RightArrow)
        self._more = QWidget()
        self._more_form = _form()
        self._more_form.setContentsMargins(2 * GRID_PX, 0, 0, 0)
        self._more.setLayout(self._more_form)
        self._more_form.addRow(self.tr("Train / val / test"), _row(self.split, QLabel(self.tr("seed")), self.seed))
        self._more_form.addRow(self.tr("Upper case"), self.case)
        self._more_form.addRow(self.tr("Crops"), self.view)
        self._more_form.addRow(self.tr("Margin of crops"), self.margin)
        self._more_form.addRow(self.tr("Pages"), self.images)
        self._more_form.addRow(self.tr("Images that are not copied"), self.image)
        self._more_form.addRow("", self.append)
        self._more.hide()
        for button in (self.export_button, self._show_folder, self._close):
            button.setAutoDefault(False)  # Enter in the list goes to a word, and nowhere else
        buttons = QHBoxLayout()
        buttons.addWidget(self._show_folder)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        layout.setSpacing(GRID_PX)
        layout.addLayout(self._form)
        layout.addWidget(self.more_button)
        layout.addWidget(self._more)
        layout.addWidget(self._summary)
        layout.addWidget(self._progress)
        layout.addWidget(self.skips, 100)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        exporting = self._exporting
        self.format.currentIndexChanged.connect(self._on_format_changed)
        self.words.currentIndexChanged.connect(self._on_words_changed)
        for box in (self.case, self.image, self.view, self.images):
            box.currentIndexChanged.connect(self._count_soon)
        self.confidence.valueChanged.connect(self._count_soon)
        self.seed.valueChanged.connect(self._count_soon)
        self.split.textChanged.connect(self._count_soon)
        self.margin.textChanged.connect(self._count_soon)
        self.append.toggled.connect(self._count_soon)
        self.more_button.toggled.connect(self._on_more_toggled)
        self.folder.returnPressed.connect(self._on_export_clicked)
        self.export_button.clicked.connect(self._on_export_clicked)
        self._show_folder.clicked.connect(self._on_show_folder_clicked)
        self._close.clicked.connect(self.close)
        self._summary.linkActivated.connect(self._on_why_asked)
        self.skips.word_requested.connect(self.word_requested)
        self._soon.timeout.connect(self._on_count_due)
        exporting.document.counts_changed.connect(self._on_counts_changed)
        exporting.counted.connect(self._on_counted)
        exporting.export_progress.connect(self._on_progress)
        exporting.exported.connect(self._on_exported)
        exporting.export_failed.connect(self._on_failed)

    def propose(self, folder: Path) -> None:
        """Offer a folder to write to, and forget the report before."""
        if self._exporting.is_exporting:
            return
        self.folder.setText(str(folder))
        self._show_folder.hide()
        self.skips.hide()
        self._summary.setText(self.tr("Counting…"))
        self._soon.start()

    @property
    def summary(self) -> str:
        """What is said of the next export, or of the last one."""
        return self._summary.text()

    @property
    def options(self) -> ExportOptions:
        """What is chosen now.

        Raises:
            KnownError: a field holds what means nothing.
        """
        is_crops = self._kind is Kind.CROPS
        return ExportOptions(
            split=parse_split(self.split.text().strip()),
            seed=self.seed.value(),
            case=self.case.currentData(),
            image=self.image.currentData(),
            states=tuple(self.words.currentData()),
            min_confidence=self.confidence.value() if self._takes_suggestions else 0.0,
            margin=parse_margin(self.margin.text() if is_crops else "0"),
            view=self._exporting.view if is_crops and self.view.currentData() else None,
            images=not self._can_leave_images or self.images.currentData(),
            append=self.append.isChecked(),
        )

    @property
    def _kind(self) -> Kind:
        return get_format(self.format.name or "mjsynth").kind

    @property
    def _can_leave_images(self) -> bool:
        return self._kind is Kind.PAGES and get_format(self.format.name or "mjsynth").names_images

    @property
    def _takes_suggestions(self) -> bool:
        return State.SUGGESTED in self.words.currentData()

    # What will be written

    @Slot()
    def _on_format_changed(self) -> None:
        """Show the options that mean something in the format."""
        is_crops = self._kind is Kind.CROPS
        self._explanation.setText(self.format.explanation)
        for field in (self.view, self.margin):
            self._more_form.setRowVisible(field, is_crops)
        self._more_form.setRowVisible(self.images, self._can_leave_images)
        self._on_words_changed()

    @Slot()
    def _on_words_changed(self) -> None:
        self._form.setRowVisible(self.confidence, self._takes_suggestions)
        self._count_soon()

    @Slot(bool)
    def _on_more_toggled(self, flag: bool) -> None:
        self.more_button.setArrowType(Qt.ArrowType.DownArrow if flag else Qt.ArrowType.RightArrow)
        self.view.setEnabled(self._exporting.view is not None)
        self._more.setVisible(flag)

    @Slot(object)
    def _on_counts_changed(self, _counts: object) -> None:
        if self.isVisible() and self._show_folder.isHidden():  # a report stays until something is chosen
            self._count_soon()

    @Slot()
    def _count_soon(self) -> None:
        if not self._exporting.is_exporting:
            self._soon.start()

    @Slot()
    def _on_count_due(self) -> None:
        if self._exporting.is_exporting:
            return
        self._show_folder.hide()
        try:
            options = self.options
        except KnownError as error:
            self._exporting.stop_counting()
            self._summary.setText(escape(str(error), quote=False))
            self.skips.hide()
            return
        self._exporting.count(ExportWish(self.format.name or "", Path(), options))

    @Slot(object)
    def _on_counted(self, plan: ExportPlan) -> None:
        self._plan = plan
        words, pages = counted(plan.written, "word"), counted(plan.pages, "page")
        sentence = self.tr("{words} of {pages}").format(words=f"<b>{words}</b>", pages=pages)
        if plan.suggested:
            suggested = counted(plan.suggested, "suggestion")
            sentence += self.tr(", {suggested} nobody has verified among them").format(suggested=suggested)
        if plan.skipped:
            why = self.tr("{count:,} will be skipped: <a href='why'>see why</a>").format(count=len(plan.skipped))
            sentence += f"; {why}"
        lines = [f"{sentence}."]
        if not self.append.isChecked():
            lines += self._empty_parts(plan.parts)
        self._summary.setText("<br>".join(lines))
        if self.skips.isVisible():
            self._on_why_asked()

    @Slot()
    def _on_why_asked(self) -> None:
        """List the words that will be skipped."""
        if self._plan is not None:
            groups = _skipped(self._plan.skipped)
            self.skips.show_groups(groups)
            self.skips.setVisible(bool(groups))

    # Exporting

    @Slot()
    def _on_browse_clicked(self) -> None:
        chosen = QFileDialog.getSaveFileName(self, self.tr("Export to a new folder"), self.folder.text())[0]
        if chosen:
            self.folder.setText(chosen)

    @Slot()
    def _on_export_clicked(self) -> None:
        if self._exporting.is_exporting:
            self._exporting.cancel()
            self._end(self.tr("Cancelled. Nothing was written."))
            return
        self._soon.stop()
        text = self.folder.text().strip()
        if not text:
            self._summary.setText(self.tr("Name a folder to write to."))
            self.folder.setFocus()
            return
        try:
            options = self.options
        except KnownError as error:
            self._summary.setText(escape(str(error), quote=False))
            return
        self.skips.hide()
        self._show_folder.hide()
        self._summary.setText(self.tr("Exporting…"))
        self._progress.setRange(0, 0)
        self._progress.show()
        self.export_button.setText(self.tr("Cancel"))
        self._exporting.export(ExportWish(self.format.name or "", Path(text).expanduser(), options))

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)

    @Slot(object)
    def _on_exported(self, report: ExportReport) -> None:
        parts = ", ".join(f"{count:,} {part}" for part, count in report.parts.items())
        lines = [
            self.tr("{written} written + {skipped} skipped = {total} words ({parts})").format(
                written=f"{report.written:,}",
                skipped=f"{len(report.skipped):,}",
                total=f"{report.total:,}",
                parts=parts,
            )
        ]
        if report.outside_alphanumeric:
            labels = counted(report.outside_alphanumeric, "label")
            told = self.tr("{labels} with more than a to z and 0 to 9, which some loaders refuse.")
            lines.append(told.format(labels=labels))
        lines += self._empty_parts(report.parts)
        self._out = report.out
        self._show_folder.show()
        self._end("<br>".join(lines))
        groups = [
            *_skipped(report.skipped),
            _moved(
                self.tr("Written with another shape, because the format cannot hold theirs"),
                len(report.flattened),
                report.flattened[:LISTED],
            ),
            _moved(self.tr("Rounded to whole pixels"), report.rounded, report.first_rounded),
        ]
        self.skips.show_groups(groups)
        self.skips.setVisible(any(group.count for group in groups))

    def _empty_parts(self, parts: dict[str, int]) -> list[str]:
        """A page belongs to one part whole, so a few pages may leave a part empty that was to have a share."""
        shares = dict(zip(PARTS, parse_split(self.split.text().strip()), strict=True))
        empty = [part for part, share in shares.items() if share and not parts.get(part)]
        if not empty or not sum(parts.values()):
            return []
        sentence = self.tr("No page fell into {parts}: another seed of the split deals them out differently.")
        return [sentence.format(parts=self.tr(" or ").join(empty))]

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._end(escape(str(error), quote=False))

    def _end(self, sentence: str) -> None:
        self._progress.hide()
        self.export_button.setText(self.tr("Export"))
        self._summary.setText(sentence)

    @Slot()
    def _on_show_folder_clicked(self) -> None:
        if self._out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out)))

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody reads the count any more."""
        super().hideEvent(event)
        self._soon.stop()
        self._exporting.stop_counting()


def _skipped(skipped: Sequence[Skip]) -> list[WordGroup]:
    """Return skipped words by reason, the most frequent first."""
    by_reason: dict[str, list[Skip]] = {}
    for skip in skipped:
        by_reason.setdefault(skip.reason.partition(":")[0], []).append(skip)
    return [
        WordGroup(
            QCoreApplication.translate("ExportPanel", "Skipped: {reason}").format(reason=reason),
            len(those),
            [
                WordRow((skip.text or QCoreApplication.translate("ExportPanel", "(no label)"), skip.page), skip.word_id)
                for skip in those[:LISTED]
            ],
            "doubtful",
            QCoreApplication.translate("ExportPanel", "and more, all in report.json"),
        )
        for reason, those in sorted(by_reason.items(), key=lambda entry: -len(entry[1]))
    ]


def _moved(title: str, count: int, words: Iterable[tuple[str, int]]) -> WordGroup:
    name = QCoreApplication.translate("ExportPanel", "word {number}")
    rows = [WordRow((name.format(number=word_id), page), word_id) for page, word_id in words]
    return WordGroup(title, count, rows, "muted")


def _box(*entries: tuple[str, object]) -> QComboBox:
    box = QComboBox()
    for text, value in entries:
        box.addItem(text, value)
    return box


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(2 * GRID_PX)
    form.setVerticalSpacing(GRID_PX)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID_PX)
    for place, widget in enumerate(widgets):
        row.addWidget(widget, 1 if place == 0 else 0)
    return row
