"""Exporting as the app does it: off the GUI thread, by a connection of its own, once every edit is in the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Task, Tasks
from model.exporting import ExportOptions, ExportReport, export
from model.store import AnnotationStore


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What a person wants written: the format's name, the folder to make, and how."""

    format: str
    out: Path
    options: ExportOptions


class Exchange(QObject):
    """Writes data sets from the open project.

    Signals:
        export_progress: int, int: pages done, pages.
        exported: ExportReport.
        export_failed: exception that ended it; nothing was written.
    """

    export_progress = Signal(int, int)
    exported = Signal(object)
    export_failed = Signal(object)

    def __init__(
        self, document: ProjectDocument, store: StoreService, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._store = store
        self._tasks = tasks
        self._wish: ExportWish | None = None
        self._task: Task | None = None

    @property
    def is_exporting(self) -> bool:
        """Whether an export is under way."""
        return self._wish is not None

    def export(self, wish: ExportWish) -> None:
        """Write the verified words as a data set; one export at a time."""
        project = self._document.project
        if project is None or self.is_exporting:
            return
        self._wish = wish

        def work(task: Task) -> ExportReport:
            def tell(done: int, total: int | None) -> None:
                task.report((done, total or done))

            with AnnotationStore.open(project.file, read_only=True) as store:
                return export(
                    store,
                    format=wish.format,
                    out=wish.out,
                    options=wish.options,
                    progress=tell,
                    should_stop=lambda: task.is_cancelled,
                )

        def begin(_: None) -> None:
            if self._wish is not wish:
                return  # cancelled meanwhile
            self._task = self._tasks.run(
                work, self._on_exported, self._on_failed, on_progress=self._on_progress, title=self.tr("Exporting")
            )

        if project.read_only:
            begin(None)
        else:
            # The export reads the file: what was typed a moment ago has to be in it.
            self._store.write(lambda _store: None, begin)

    @Slot()
    def cancel(self) -> None:
        """Give the export up; nothing is left of it."""
        if self._task is not None:
            self._task.cancel()
        self._wish = self._task = None

    def _on_progress(self, pages: tuple[int, int]) -> None:
        self.export_progress.emit(*pages)

    def _on_exported(self, report: ExportReport) -> None:
        self._wish = self._task = None
        self.exported.emit(report)

    def _on_failed(self, error: Exception) -> None:
        self._wish = self._task = None
        self.export_failed.emit(error)
