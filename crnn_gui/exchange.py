"""Data sets in and out as the app does it: off the GUI thread, once every edit is in the file.

Nothing is read or counted in the GUI thread, and what an import will do is known before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from PIL import Image
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from crnn_gui.document import ProjectDocument
from crnn_gui.services.pages import to_qimage
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Task, Tasks
from model.annotations import LabelledCrop
from model.errors import DatasetError
from model.exporting import ExportOptions, ExportPlan, ExportReport, export, plan_export
from model.formats import Dataset, candidates, open_dataset
from model.images import Preprocessing, cut_crops
from model.importing import ImportPlan, ImportReport, plan_import, project_file
from model.store import AnnotationStore

T = TypeVar("T")

PICTURES = 40
PICTURE_LIMIT_PX = (160, 32)


@dataclass(frozen=True, slots=True)
class ExportWish:
    """What a person wants written: the format's name, the folder to make, and how."""

    format: str
    out: Path
    options: ExportOptions


class Exporting(QObject):
    """Writes data sets from the open project.

    Signals:
        counted: ExportPlan of the wish that was asked for last.
        export_progress: int, int: pages done, pages.
        exported: ExportReport.
        export_failed: exception that ended it; nothing was written.
    """

    counted = Signal(object)
    export_progress = Signal(int, int)
    exported = Signal(object)
    export_failed = Signal(object)

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        tasks: Tasks,
        *,
        view: Callable[[], Preprocessing | None] = lambda: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._store = store
        self._tasks = tasks
        self._view = view
        self._wish: ExportWish | None = None
        self._task: Task | None = None
        self._counting: Task | None = None

    @property
    def document(self) -> ProjectDocument:
        """The project that is written."""
        return self._document

    @property
    def view(self) -> Preprocessing | None:
        """How the network in use sees crops; None while the recogniser is loading."""
        return self._view()

    @property
    def is_exporting(self) -> bool:
        """Whether an export is under way."""
        return self._wish is not None

    def count(self, wish: ExportWish) -> None:
        """Find out what an export would write and skip; a count under way is given up."""
        self.stop_counting()
        project = self._document.project
        if project is None:
            return

        def work(task: Task) -> ExportPlan:
            with AnnotationStore.open(project.file, read_only=True) as store:
                return plan_export(
                    store, format=wish.format, options=wish.options, should_stop=lambda: task.is_cancelled
                )

        self._counting = self._tasks.run(work, self.counted.emit, self.export_failed.emit)

    def stop_counting(self) -> None:
        """Give a count up."""
        if self._counting is not None:
            self._counting.cancel()
            self._counting = None

    def export(self, wish: ExportWish) -> None:
        """Write the words that are wished for as a data set; one export at a time."""
        self.stop_counting()
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


@dataclass(frozen=True, slots=True)
class ImportWish:
    """What a person wants taken in.

    Attributes:
        source: a folder or a file.
        format: the format's name; None looks.
        part: "train", "val" or "test"; None takes all.
        project: the annotation file or folder of another project; None means the open one.
        copy: copy the images beside the annotation file.
    """

    source: Path
    format: str | None = None
    part: str | None = None
    project: Path | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ImportPreview:
    """What an import will do, and pictures of the first crops, by key."""

    wish: ImportWish
    plan: ImportPlan
    pictures: Mapping[str, QImage]


class Importing(QObject):
    """Takes data sets into the open project, or into another one, which is opened then.

    Signals:
        looking: int: crops looked at so far.
        looked: ImportPreview of the wish that was asked about last.
        progress: int, int: images copied, images to copy; 0, 0 when there is nothing to count.
        committing: it is being written and cannot be cancelled any more.
        imported: ImportReport.
        failed: exception that ended a look or an import; nothing was written.
    """

    looking = Signal(int)
    looked = Signal(object)
    progress = Signal(int, int)
    committing = Signal()
    imported = Signal(object)
    failed = Signal(object)

    def __init__(
        self, document: ProjectDocument, store: StoreService, tasks: Tasks, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._store = store
        self._tasks = tasks
        self._task: Task | None = None
        self._wish: ImportWish | None = None

    @property
    def document(self) -> ProjectDocument:
        """The open project."""
        return self._document

    def look(self, wish: ImportWish) -> None:
        """Find out what an import would do. What is under way is given up."""

        def prepare(task: Task, file: Path) -> ImportPreview:
            plan = _plan(wish, file, task)
            return ImportPreview(wish, plan, _pictures(_first_crops(plan.report)))

        self._begin(wish, prepare, self._on_looked)

    def run(self, wish: ImportWish) -> None:
        """Import. The plan is made anew, because the project may have changed since it was looked at."""

        def prepare(task: Task, file: Path) -> ImportPlan:
            plan = _plan(wish, file, task)

            def tell(done: int, total: int | None) -> None:
                task.report((done, total or 0))

            plan.fetch(progress=tell, should_stop=lambda: task.is_cancelled)
            return plan

        self._begin(wish, prepare, self._on_prepared, title=self.tr("Importing"))

    @Slot()
    def cancel(self) -> None:
        """Give up what is under way; nothing is left of it."""
        if self._task is not None:
            self._task.cancel()
        self._task = self._wish = None

    def _begin(
        self,
        wish: ImportWish,
        prepare: Callable[[Task, Path], T],
        on_done: Callable[[T], None],
        *,
        title: str = "",
    ) -> None:
        self.cancel()
        project = self._document.project
        if wish.project is None and (project is None or project.read_only):
            why = project.why_read_only if project else self.tr("No project is open; import into a new one.")
            self.failed.emit(DatasetError(why))
            return
        self._wish = wish
        file = wish.project or (project.file if project else Path())

        def begin(_: object = None) -> None:
            if self._wish is wish:  # not cancelled meanwhile
                self._task = self._tasks.run(
                    lambda task: prepare(task, file),
                    on_done,
                    self._on_failed,
                    on_progress=self._on_progress,
                    title=title,
                )

        if wish.project is None:
            # The plan reads the file: what was typed a moment ago has to be in it.
            self._store.write(lambda _store: None, begin)
        else:
            begin()

    @Slot(object)
    def _on_progress(self, told: int | tuple[int, int]) -> None:
        if isinstance(told, int):
            self.looking.emit(told)
        else:
            self.progress.emit(*told)

    def _on_looked(self, preview: ImportPreview) -> None:
        self._task = None
        self.looked.emit(preview)

    def _on_prepared(self, plan: ImportPlan) -> None:
        wish, self._task = self._wish, None
        assert wish is not None, "a cancelled task calls nothing back"
        file = wish.project
        if file is None:
            project = self._document.project
            if project is None or project.folder != plan.root:
                plan.discard()
                self._on_failed(DatasetError(self.tr("Another project was opened meanwhile; nothing was imported.")))
                return
            self.committing.emit()
            self._document.take_in(plan, self._on_imported)
            return

        def commit(_task: Task) -> ImportReport:
            with AnnotationStore.open(project_file(file), create=True) as store:
                return plan.commit(store)

        def committed(report: ImportReport) -> None:
            self._document.open_path(file)
            self._on_imported(report)

        self.committing.emit()
        self._tasks.run(commit, committed, self._on_failed, title=self.tr("Importing"))

    def _on_imported(self, report: ImportReport) -> None:
        self._wish = None
        self.imported.emit(report)

    def _on_failed(self, error: Exception) -> None:
        self._task = self._wish = None
        self.failed.emit(error)


def _plan(wish: ImportWish, file: Path, task: Task) -> ImportPlan:
    def tell(done: int, _total: int | None) -> None:
        task.report(done)

    dataset = _open(wish)
    return plan_import(dataset, file, copy=wish.copy, progress=tell, should_stop=lambda: task.is_cancelled)


def _open(wish: ImportWish) -> Dataset:
    """Open a data set; who is asked to choose its format has the list before the eyes.

    Raises:
        DatasetError: it is missing, is no data set, or could be several.
    """
    path = wish.source
    found = candidates(path) if wish.format is None else []
    if wish.format is None and path.exists() and not found:
        raise DatasetError(f"{path.name} is no data set that is known here; if it is one, choose its format.")
    if len(found) > 1:
        names = " or ".join(f"{f.title} ({reason})" for f, reason in found)
        raise DatasetError(f"{path.name} could be {names}; choose its format.")
    return open_dataset(path, format=wish.format, part=wish.part)


def _first_crops(report: ImportReport) -> Iterable[LabelledCrop]:
    """Return the crops that a list shows first: some of the new ones, of those in conflict and of the known ones."""
    share = PICTURES // 2
    yield from (listed.crop for listed in report.first_added[:share])
    yield from (conflict.crop for conflict in islice(report.conflicts, share // 2) if conflict.crop)
    yield from (listed.crop for listed in report.first_known[: share // 2])


def _pictures(crops: Iterable[LabelledCrop]) -> dict[str, QImage]:
    pictures = {}
    for crop, image in cut_crops(crops):
        if isinstance(image, Image.Image):
            image.thumbnail(PICTURE_LIMIT_PX)
            pictures[crop.key] = to_qimage(image)
    return pictures
