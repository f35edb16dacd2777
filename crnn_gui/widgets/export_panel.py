"""The export: where to, how, and afterwards the account of every word."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.exchange import Exchange, ExportWish
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.wording import counted
from model.errors import KnownError
from model.exporting import Case, ExportOptions, ExportReport, ImageType, Skip, parse_split
from model.formats import formats

_WORD_ROLE = Qt.ItemDataRole.UserRole + 1

LISTED_SKIPS = 200
"""Words listed under each reason; the report in the folder has them all."""


class ExportPanel(QDialog):
    """A window beside the main one, which stays usable while an export runs.

    Signals:
        word_requested: int, the id of a skipped word a person wants to see.
    """

    word_requested = Signal(int)

    def __init__(self, exchange: Exchange, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Export"))
        self.resize(560, 400)
        self._exchange = exchange
        self._out: Path | None = None
        self._format = QComboBox()
        for known in formats():
            if known.can_write:
                self._format.addItem(known.title, known.name)
        self._format.setCurrentIndex(max(0, self._format.findData("mjsynth")))
        self.folder = QLineEdit()
        self.folder.setPlaceholderText(self.tr("A new folder, or an earlier export to replace"))
        browse = QToolButton()
        browse.setIcon(icon("folder-open"))
        browse.setToolTip(self.tr("Choose the folder"))
        browse.clicked.connect(self._on_browse_clicked)
        where = QHBoxLayout()
        where.addWidget(self.folder, 1)
        where.addWidget(browse)
        self._split = QLineEdit("80/10/10")
        self._seed = QSpinBox()
        self._seed.setRange(0, 2**31 - 1)
        self._case = QComboBox()
        self._case.addItem(self.tr("Keep"), Case.KEEP)
        self._case.addItem(self.tr("Lower case"), Case.LOWER)
        self._image = QComboBox()
        self._image.addItem(self.tr("PNG, pixel by pixel"), ImageType.PNG)
        self._image.addItem(self.tr("JPEG, smaller"), ImageType.JPEG)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX)
        form.addRow(self.tr("Format"), self._format)
        form.addRow(self.tr("Folder"), where)
        form.addRow(self.tr("Train / val / test"), self._split)
        form.addRow(self.tr("Seed of the split"), self._seed)
        form.addRow(self.tr("Upper case"), self._case)
        form.addRow(self.tr("Cut crops"), self._image)
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        self.skips = QTreeWidget()
        self.skips.setHeaderLabels([self.tr("Skipped"), self.tr("Page")])
        self.skips.setFrameShape(QTreeWidget.Shape.NoFrame)
        self.skips.itemActivated.connect(self._on_skip_activated)
        self.skips.hide()
        self.export_button = QPushButton(icon("export", "on_accent"), self.tr("Export"))
        self.export_button.setProperty("primary", True)
        self.export_button.clicked.connect(self._on_export_clicked)
        self._show_folder = QPushButton(icon("folder-open"), self.tr("Show the folder"))
        self._show_folder.clicked.connect(self._on_show_folder_clicked)
        self._show_folder.hide()
        self._close = QPushButton(self.tr("Close"))
        self._close.clicked.connect(self.close)
        for button in (self.export_button, self._show_folder, self._close):
            button.setAutoDefault(False)  # Enter in the list goes to a word, and nowhere else
        self.folder.returnPressed.connect(self._on_export_clicked)
        buttons = QHBoxLayout()
        buttons.addWidget(self._show_folder)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        buttons.addWidget(self.export_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        layout.setSpacing(GRID_PX)
        layout.addLayout(form)
        layout.addWidget(self._summary)
        layout.addWidget(self._progress)
        layout.addWidget(self.skips, 100)
        layout.addStretch(1)
        layout.addLayout(buttons)
        exchange.export_progress.connect(self._on_progress)
        exchange.exported.connect(self._on_exported)
        exchange.export_failed.connect(self._on_failed)

    def propose(self, folder: Path) -> None:
        """Offer a folder to write to, and forget the report before."""
        self.folder.setText(str(folder))
        self._summary.setText(
            self.tr("Verified words are written; every other word is listed with the reason why it is not.")
        )
        self._list_skips(())
        self._show_folder.hide()

    @property
    def summary(self) -> str:
        """What is said of the last export."""
        return self._summary.text()

    @Slot()
    def _on_browse_clicked(self) -> None:
        chosen = QFileDialog.getSaveFileName(self, self.tr("Export to a new folder"), self.folder.text())[0]
        if chosen:
            self.folder.setText(chosen)

    @Slot()
    def _on_export_clicked(self) -> None:
        if self._exchange.is_exporting:
            self._exchange.cancel()
            self._end(self.tr("Cancelled. Nothing was written."))
            return
        text = self.folder.text().strip()
        if not text:
            self._summary.setText(self.tr("Name a folder to write to."))
            self.folder.setFocus()
            return
        try:
            options = ExportOptions(
                split=parse_split(self._split.text()),
                seed=self._seed.value(),
                case=self._case.currentData(),
                image=self._image.currentData(),
            )
        except KnownError as error:
            self._summary.setText(str(error))
            return
        self._list_skips(())
        self._show_folder.hide()
        self._summary.setText(self.tr("Exporting…"))
        self._progress.setRange(0, 0)
        self._progress.show()
        self.export_button.setText(self.tr("Cancel"))
        self._exchange.export(ExportWish(self._format.currentData(), Path(text).expanduser(), options))

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
        lines += self._empty_parts(report)
        self._out = report.out
        self._show_folder.show()
        self._end("\n".join(lines))
        self._list_skips(report.skipped)

    def _empty_parts(self, report: ExportReport) -> list[str]:
        """A page belongs to one part whole, so a few pages may leave a part empty that was to have a share."""
        shares = dict(zip(("train", "val", "test"), parse_split(self._split.text()), strict=True))
        empty = [part for part, share in shares.items() if share and not report.parts.get(part)]
        if not empty or not report.written:
            return []
        sentence = self.tr("No page fell into {parts}: another seed of the split deals them out differently.")
        return [sentence.format(parts=self.tr(" or ").join(empty))]

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        self._end(str(error))

    def _end(self, sentence: str) -> None:
        self._progress.hide()
        self.export_button.setText(self.tr("Export"))
        self._summary.setText(sentence)

    def _list_skips(self, skipped: tuple[Skip, ...]) -> None:
        self.skips.clear()
        counts = Counter(skip.reason for skip in skipped)
        for reason, count in counts.most_common():
            head = QTreeWidgetItem([f"{reason}  ({count:,})", ""])
            members = [skip for skip in skipped if skip.reason == reason]
            for skip in members[:LISTED_SKIPS]:
                row = QTreeWidgetItem([skip.text or self.tr("(no label)"), skip.page])
                row.setData(0, _WORD_ROLE, skip.word_id)
                head.addChild(row)
            if count > LISTED_SKIPS:
                head.addChild(QTreeWidgetItem([self.tr("and more, all in report.json"), ""]))
            self.skips.addTopLevelItem(head)
        self._colour_reasons()
        self.skips.resizeColumnToContents(0)
        self.skips.setVisible(bool(skipped))

    def _colour_reasons(self) -> None:
        for row in range(self.skips.topLevelItemCount()):
            head = self.skips.topLevelItem(row)
            assert head is not None, "the row is there"
            head.setForeground(0, theme.tokens().color("doubtful"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour_reasons()

    @Slot(QTreeWidgetItem)
    def _on_skip_activated(self, item: QTreeWidgetItem) -> None:
        word_id = item.data(0, _WORD_ROLE)
        if word_id is not None:
            self.word_requested.emit(word_id)

    @Slot()
    def _on_show_folder_clicked(self) -> None:
        if self._out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out)))
