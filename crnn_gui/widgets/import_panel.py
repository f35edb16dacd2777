"""The import: what a data set is, what taking it in will do, and afterwards the account of every row."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.exchange import Importing, ImportPreview, ImportWish
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.widgets.format_box import FormatBox
from crnn_gui.widgets.opening import dropped_path
from crnn_gui.widgets.word_tree import WordGroup, WordRow, WordTree
from crnn_gui.wording import counted
from model.formats import Dataset, Kind, formats, get_format
from model.importing import Conflict, ImportReport, ListedWord

SIZE_PX = (760, 640)
LISTED = 200


class ImportPanel(QDialog):
    """A window beside the main one, which stays usable while an import runs.

    Signals:
        word_requested: int, the id of a word of the open project that a person wants to see.
    """

    word_requested = Signal(int)

    def __init__(self, importing: Importing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Import"))
        self.setAcceptDrops(True)
        self.resize(*SIZE_PX)
        self._importing = importing
        self._preview: ImportPreview | None = None
        self._is_running = False
        self.source = QLineEdit()
        self.source.setPlaceholderText(self.tr("A folder or a file of labelled images; drop it here"))
        self.format = FormatBox(formats(), first=self.tr("As recognised"))
        self.part = QComboBox()
        self.here = QRadioButton()
        self.there = QRadioButton(self.tr("A new project:"))
        self.project = QLineEdit()
        self.copy = QCheckBox(self.tr("Copy the images into the project"))
        self.copy.setToolTip(self.tr("Otherwise they stay where they are, and the project points to them."))
        self._headline = QLabel()
        self._headline.setTextFormat(Qt.TextFormat.PlainText)
        self._headline.setFont(theme.ui_font(points=2, bold=True))
        self._reason = QLabel()
        self._reason.setProperty("muted", True)
        self._reason.setWordWrap(True)
        self._reason.setTextFormat(Qt.TextFormat.PlainText)
        self._summary = QLabel()
        self._summary.setTextFormat(Qt.TextFormat.PlainText)
        self._summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._summary.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        self.rows = WordTree([self.tr("Text"), self.tr("Where"), self.tr("What")])
        self.import_button = QPushButton(icon("download-simple", "on_accent"), self.tr("Import"))
        self.import_button.setProperty("primary", True)
        self.close_button = QPushButton(self.tr("Close"))
        self._lay_out()
        self._connect()
        self._show_nothing()

    def _lay_out(self) -> None:
        targets = QButtonGroup(self)
        targets.addButton(self.here)
        targets.addButton(self.there)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX)
        form.addRow(
            self.tr("Data set"),
            _row(
                self.source,
                self._browse_button("folder-open", self.tr("Choose a folder"), self._on_folder_clicked),
                self._browse_button("file-search", self.tr("Choose a file"), self._on_file_clicked),
            ),
        )
        form.addRow(self.tr("Format"), _row(self.format, self.part))
        form.addRow(self.tr("Into"), self.here)
        browse = self._browse_button("folder-open", self.tr("Choose the new project's folder"), self._on_place_clicked)
        form.addRow("", _row(self.there, self.project, browse))
        form.addRow("", self.copy)
        self._cancel = QPushButton(self.tr("Cancel"))
        for button in (self.import_button, self.close_button, self._cancel):
            button.setAutoDefault(False)  # Enter in the list goes to a word, and nowhere else
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.close_button)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self.import_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        layout.setSpacing(GRID_PX)
        layout.addLayout(form)
        layout.addSpacing(GRID_PX)
        layout.addWidget(self._headline)
        layout.addWidget(self._reason)
        layout.addWidget(self._summary)
        layout.addWidget(self._progress)
        layout.addWidget(self.rows, 100)
        layout.addStretch(1)
        layout.addLayout(buttons)

    def _browse_button(self, icon_name: str, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(slot)
        return button

    def _connect(self) -> None:
        importing = self._importing
        self.source.returnPressed.connect(self._on_source_entered)
        self.format.currentIndexChanged.connect(self.look)
        self.part.currentIndexChanged.connect(self.look)
        self.here.toggled.connect(self.look)
        self.project.editingFinished.connect(self._on_place_entered)
        self.copy.toggled.connect(self.look)
        self.import_button.clicked.connect(self._on_import_clicked)
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self.close_button.clicked.connect(self.close)
        self.rows.word_requested.connect(self.word_requested)
        importing.looking.connect(self._on_looking)
        importing.looked.connect(self._on_looked)
        importing.progress.connect(self._on_progress)
        importing.committing.connect(self._on_committing)
        importing.imported.connect(self._on_imported)
        importing.failed.connect(self._on_failed)

    @property
    def summary(self) -> str:
        """What is said of the data set, or of the last import."""
        return self._summary.text()

    @property
    def headline(self) -> str:
        """What the data set is, and why it is taken for that."""
        return f"{self._headline.text()} {self._reason.text()}".strip()

    @property
    def wish(self) -> ImportWish:
        """What is chosen now."""
        return ImportWish(
            Path(self.source.text().strip()).expanduser(),
            self.format.name,
            self.part.currentData(),
            Path(self.project.text().strip()).expanduser() if self.there.isChecked() else None,
            self.copy.isChecked(),
        )

    # Looking

    def propose(self, path: Path | None) -> None:
        """Look at a data set. With None, only offer to choose one. An import under way is left alone."""
        if self._is_running:
            return
        project = self._importing.document.project
        may_take = project is not None and not project.read_only
        blocked = [QSignalBlocker(w) for w in (self.here, self.there, self.format, self.part, self.copy)]
        this = self.tr("This project, “{name}”")
        name = this.format(name=project.name) if project is not None else self.tr("This project")
        self.here.setText(name)
        self.here.setEnabled(may_take)
        (self.here if may_take else self.there).setChecked(True)
        self.format.setCurrentIndex(0)
        self._show_parts(())
        self.copy.setChecked(False)
        self.source.setText(str(path) if path else "")
        self.project.setText(str(_beside(path)) if path else "")
        del blocked
        if path is None:
            self._importing.cancel()
            self._show_nothing()
            self.source.setFocus()
        else:
            self.look()

    @Slot()
    def look(self) -> None:
        """Find out what importing would do with the choices as they are."""
        if self._is_running or not self.source.text().strip():
            return
        self._preview = None
        self.import_button.setEnabled(False)
        self.project.setEnabled(self.there.isChecked())
        self._summary.setText(self.tr("Looking at the data set…"))
        self._show_progress(0, 0)
        self._importing.look(self.wish)

    @Slot(int)
    def _on_looking(self, crops: int) -> None:
        self._summary.setText(self.tr("Looking at the data set: {words} so far…").format(words=counted(crops, "word")))

    @Slot(object)
    def _on_looked(self, preview: ImportPreview) -> None:
        self._preview = preview
        plan = preview.plan
        self._progress.hide()
        self._cancel.hide()
        with QSignalBlocker(self.part):
            self._show_parts(plan.dataset.parts, plan.dataset.part)
        self._describe(plan.dataset, plan.images)
        sentence = _sentence(plan.report, self.tr("Nothing was changed yet."))
        if plan.copies:
            sentence += self.tr(" {images} will be copied.").format(images=counted(plan.copies, "image"))
        self._summary.setText(sentence)
        self._list(plan.report, is_done=False)
        self.import_button.setEnabled(plan.report.added > 0)

    def _describe(self, dataset: Dataset, images: int) -> None:
        title = get_format(dataset.format).title
        self._headline.setText(f"{title} · {counted(images, 'page' if dataset.kind is Kind.PAGES else 'crop')}")
        why = self.tr("Taken for that because it was chosen.")
        if self.format.name is None:
            why = self.tr("Recognised because {reason}.").format(reason=dataset.reason)
        parts = self.tr(" Parts: {parts}.").format(parts=", ".join(dataset.parts)) if dataset.parts else ""
        self._reason.setText(why + parts)

    def _show_parts(self, parts: tuple[str, ...], chosen: str | None = None) -> None:
        self.part.clear()
        self.part.addItem(self.tr("All parts"), None)
        for part in parts:
            self.part.addItem(part, part)
        self.part.setCurrentIndex(max(0, self.part.findData(chosen)))
        self.part.setVisible(bool(parts))

    def _show_nothing(self) -> None:
        self._preview = None
        self._headline.clear()
        self._reason.clear()
        self._summary.setText(
            self.tr("Choose a data set, or drop one here. What importing will do is shown before anything is done.")
        )
        self.rows.hide()
        self._progress.hide()
        self._cancel.hide()
        self.import_button.setEnabled(False)

    # Importing

    @Slot()
    def _on_import_clicked(self) -> None:
        self._set_running(True)
        self._summary.setText(self.tr("Importing…"))
        self._show_progress(0, 0)
        self._importing.run(self.wish)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        was_running = self._is_running
        self._importing.cancel()
        self._end(self.tr("Cancelled. Nothing was written.") if was_running else self.tr("Looking was given up."))
        self.import_button.setEnabled(was_running and self._preview is not None)

    @Slot(int, int)
    def _on_progress(self, done: int, total: int) -> None:
        self._summary.setText(self.tr("Copying images: {done:,} of {total:,}").format(done=done, total=total))
        self._show_progress(done, total)

    @Slot()
    def _on_committing(self) -> None:
        self._summary.setText(self.tr("Writing into the project…"))
        self._cancel.setEnabled(False)

    @Slot(object)
    def _on_imported(self, report: ImportReport) -> None:
        self._end(_sentence(report, self.tr("Imported.")))
        self._list(report, is_done=True)
        self.import_button.setEnabled(False)
        self.rows.setFocus()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        was_running = self._is_running
        self._end(str(error))
        if not was_running:
            self._headline.clear()
            self._reason.clear()
            self.rows.hide()
        self.import_button.setEnabled(was_running)

    def _end(self, sentence: str) -> None:
        self._set_running(False)
        self._progress.hide()
        self._cancel.hide()
        self._summary.setText(sentence)

    def _set_running(self, flag: bool) -> None:
        self._is_running = flag
        for widget in (self.source, self.format, self.part, self.there, self.copy):
            widget.setEnabled(not flag)
        project = self._importing.document.project
        self.here.setEnabled(not flag and project is not None and not project.read_only)
        self.project.setEnabled(not flag and self.there.isChecked())
        self.import_button.setEnabled(not flag)

    def _show_progress(self, done: int, total: int) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._progress.show()
        self._cancel.setEnabled(True)
        self._cancel.show()

    # The rows

    def _list(self, report: ImportReport, *, is_done: bool) -> None:
        """List what was done with the rows, or would be: words that are to be looked at come open."""
        leads_here = is_done or (self._preview is not None and self._preview.wish.project is None)
        groups = (
            WordGroup(
                self.tr("Conflicting: the project's label stays"),
                len(report.conflicts),
                [self._conflict_row(c, leads_here) for c in report.conflicts[:LISTED]],
                "doubtful",
                is_open=True,
            ),
            WordGroup(
                self.tr("Refused"),
                report.refused,
                [
                    WordRow(("", problem.key, problem.detail), file=self._file_of(problem.key))
                    for problem in report.problems[:LISTED]
                ],
                "error",
                is_open=True,
            ),
            WordGroup(
                self.tr("Added") if is_done else self.tr("New"),
                report.added,
                [self._listed_row(listed, leads_here) for listed in report.first_added],
                "verified",
                is_open=True,
            ),
            WordGroup(
                self.tr("Already there"),
                report.known,
                [self._listed_row(listed, leads_here) for listed in report.first_known],
                "muted",
            ),
        )
        self.rows.show_groups(groups)
        self.rows.setVisible(bool(self.rows.titles))

    def _listed_row(self, listed: ListedWord, leads_here: bool) -> WordRow:
        picture = self._preview.pictures.get(listed.crop.key) if self._preview else None
        what = "" if listed.crop.text else self.tr("without a text: a box to be read")
        return WordRow((listed.crop.text, listed.crop.key, what), listed.word_id if leads_here else 0, None, picture)

    def _conflict_row(self, conflict: Conflict, leads_here: bool) -> WordRow:
        picture = self._preview.pictures.get(conflict.key) if self._preview else None
        said = self.tr("the project says “{label}”").format(label=conflict.label)
        what = self.tr("the project has the box without a label") if conflict.label is None else said
        return WordRow((conflict.text, conflict.key, what), conflict.word_id if leads_here else 0, None, picture)

    def _file_of(self, key: str) -> Path | None:
        """Return the file that a refusal speaks of: its key begins with the file's name."""
        root = self.wish.source if self.wish.source.is_dir() else self.wish.source.parent
        name = key
        while name:
            if (root / name).is_file():
                return root / name
            name = name.rpartition(" ")[0]
        return None

    # Choosing

    @Slot()
    def _on_source_entered(self) -> None:
        text = self.source.text().strip()
        if text:
            self.project.setText(str(_beside(Path(text).expanduser())))
            self.look()

    @Slot()
    def _on_place_entered(self) -> None:
        if self.there.isChecked() and (self._preview is None or self._preview.wish.project != self.wish.project):
            self.look()

    @Slot()
    def _on_folder_clicked(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Import a folder"), self.source.text())
        if chosen:
            self.propose(Path(chosen))

    @Slot()
    def _on_file_clicked(self) -> None:
        chosen = QFileDialog.getOpenFileName(self, self.tr("Import a file"), self.source.text())[0]
        if chosen:
            self.propose(Path(chosen))

    @Slot()
    def _on_place_clicked(self) -> None:
        chosen = QFileDialog.getSaveFileName(self, self.tr("Import into a new project"), self.project.text())[0]
        if chosen:
            self.project.setText(chosen)
            self.there.setChecked(True)
            self.look()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None and not self._is_running:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.propose(dropped_path(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """A look is given up; an import goes on, and the panel shows its report when it is opened again."""
        if not self._is_running:
            self._importing.cancel()
        super().closeEvent(event)


def _sentence(report: ImportReport, end: str) -> str:
    """Account for every row in one line: the figures are those of the groups below."""
    total = report.added + report.known + len(report.conflicts) + report.refused
    sentence = QCoreApplication.translate(
        "ImportPanel",
        "{rows}: {new} new, {known} already there, {conflicts} conflicting, {refused} refused; {pages}. {end}",
    )
    return sentence.format(
        rows=counted(total, "row"),
        new=f"{report.added:,}",
        known=f"{report.known:,}",
        conflicts=f"{len(report.conflicts):,}",
        refused=f"{report.refused:,}",
        pages=counted(report.pages, "new page"),
        end=end,
    )


def _beside(path: Path) -> Path:
    """Return a folder for a new project beside a data set."""
    return path.with_name(f"{path.stem if path.is_file() else path.name}-project")


def _row(*widgets: QWidget) -> QLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID_PX)
    for place, widget in enumerate(widgets):
        is_wide = isinstance(widget, QLineEdit) or (place == 0 and isinstance(widget, QComboBox))
        row.addWidget(widget, 1 if is_wide else 0, Qt.AlignmentFlag(0))
    return row
