"""The panels that open over a window: import, export and trash, each built when it is asked for first."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import ProjectDocument
from crnn_gui.services.pages import Thumbnails
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Tasks
from crnn_gui.widgets.main_window import MainWindow
from model.documents import DOCUMENT_SUFFIXES
from model.images import IMAGE_SUFFIXES, Preprocessing

if TYPE_CHECKING:
    from crnn_gui.widgets.export_panel import ExportPanel
    from crnn_gui.widgets.import_panel import ImportPanel
    from crnn_gui.widgets.trash_panel import TrashPanel


class Panels(QObject):
    """Opens the panels of one window, and goes with it.

    Signals:
        word_requested: id of a word that is wanted on its page.
    """

    word_requested = Signal(int)

    def __init__(
        self,
        document: ProjectDocument,
        window: MainWindow,
        *,
        store: StoreService,
        tasks: Tasks,
        predictor: PredictorService,
        thumbnails: Thumbnails,
    ) -> None:
        super().__init__(window)
        self._document = document
        self._window = window
        self._store = store
        self._tasks = tasks
        self._predictor = predictor
        self._thumbnails = thumbnails
        window.export_requested.connect(self._on_export_requested)
        window.import_requested.connect(self._on_import_requested)
        window.trash_requested.connect(self._on_trash_requested)
        window.dropped.connect(self._on_dropped)

    @cached_property
    def exporting(self) -> ExportPanel:
        """The export panel."""
        from crnn_gui.exchange import Exporting
        from crnn_gui.widgets.export_panel import ExportPanel

        exporting = Exporting(self._document, self._store, self._tasks, view=self._view, parent=self)
        panel = ExportPanel(exporting, self._window)
        panel.word_requested.connect(self.word_requested)
        return panel

    def _view(self) -> Preprocessing | None:
        weights = self._predictor.weights
        return weights.preprocessing if weights else None

    @cached_property
    def importing(self) -> ImportPanel:
        """The import panel."""
        from crnn_gui.exchange import Importing
        from crnn_gui.widgets.import_panel import ImportPanel

        panel = ImportPanel(Importing(self._document, self._store, self._tasks, self), self._window)
        panel.word_requested.connect(self.word_requested)
        return panel

    @cached_property
    def trash(self) -> TrashPanel:
        """The trash."""
        from crnn_gui.services.crops import Crops
        from crnn_gui.trash import ProjectTrash
        from crnn_gui.widgets.trash_panel import TrashPanel

        trash = ProjectTrash(self._document, self._store, thumbnails=self._thumbnails, crops=Crops(self._tasks))
        panel = TrashPanel(trash, self._window)
        trash.setParent(panel)
        return panel

    @Slot()
    def _on_export_requested(self) -> None:
        project = self._document.project
        if project is not None and not self.exporting.isVisible():
            self.exporting.propose(project.place.with_name(f"{project.name}-export"))
        self.exporting.show()
        self.exporting.raise_()

    @Slot()
    def _on_import_requested(self) -> None:
        if not self.importing.isVisible():
            self.importing.propose(None)
        self.importing.show()
        self.importing.raise_()

    @Slot()
    def _on_trash_requested(self) -> None:
        self.trash.show()
        self.trash.raise_()

    @Slot(Path)
    def _on_dropped(self, path: Path) -> None:
        """Show what importing would do with a data set; open anything else."""

        def decide(is_dataset: bool) -> None:
            if not is_dataset:
                self._document.open_path(path)
                return
            self.importing.propose(path)
            self.importing.show()
            self.importing.raise_()

        self._tasks.run(lambda _task: _is_dataset(path), decide, title=self.tr("Looking at what was dropped"))


def _is_dataset(path: Path) -> bool:
    """Whether a path is to be imported and not opened: a data set that is known by more than its images' names."""
    from model.formats import candidates

    if path.suffix.lower() in {".crnn", *IMAGE_SUFFIXES, *DOCUMENT_SUFFIXES}:
        return False
    found = candidates(path)
    return bool(found) and found[0][0].name != "crnn" and not found[0][0].is_guess
