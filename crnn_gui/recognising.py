"""What the program does with the pages of a project by itself, joined to the window: its tasks, bars and lists."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QGuiApplication

from crnn_gui.document import ProjectDocument
from crnn_gui.jobs import JobProgress, PageJobs, PageProblem
from crnn_gui.machine import Machine
from crnn_gui.project_reading import ProjectReading
from crnn_gui.second_reading import SecondReading
from crnn_gui.services.assistant import AssistantService
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.word_finding import WordFinding

if TYPE_CHECKING:
    from crnn_gui.widgets.machine_panel import MachinePanel
    from crnn_gui.widgets.main_window import MainWindow
    from crnn_gui.widgets.page_problems import PageProblems

READING = "all pages"
FINDING = "finding words"
OPINIONS = "second reader"
"""Name the tasks in the status bar."""


class Recognising(QObject):
    """Owns the jobs on all pages and shows them in whichever window is attached."""

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        predictor: PredictorService,
        assistant: AssistantService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._window: MainWindow | None = None
        self._problems: PageProblems | None = None
        self.reading = ProjectReading(document, store, predictor, self)
        self._predictor = predictor
        self._panel: MachinePanel | None = None
        self._examiner = Machine(parent=self)
        self.finding = WordFinding(document, store, assistant, self)
        self.second = SecondReading(document, store, assistant, self)
        self._jobs: dict[str, PageJobs] = {READING: self.reading, FINDING: self.finding, OPINIONS: self.second}
        self.finding.command_requested.connect(self._on_command_requested)
        self.second.command_requested.connect(self._on_command_requested)
        for key, jobs in self._jobs.items():
            jobs.progress_changed.connect(partial(self._show_task, key))
            jobs.problems_requested.connect(self._on_problems_requested)

    def attach(self, window: MainWindow) -> None:
        """Show everything in this window from now on; the one before is about to go."""
        self._window = window
        self._problems = self._panel = None
        window.machine_requested.connect(self.show_machine)
        window.status.machine_requested.connect(self.show_machine)
        window.closing.connect(self._examiner.stop)
        window.read_all_requested.connect(self.reading.start)
        window.status.cancel_requested.connect(self._on_cancel_requested)
        window.status.pause_requested.connect(self._on_pause_requested)
        window.find_words_requested.connect(self.finding.start)
        window.opinions_requested.connect(self.second.start)
        for line in (window.inspector.opinion, window.annotate.card.opinion):
            line.follow(self.second)
        for jobs in self._jobs.values():
            window.notices.action_chosen.connect(jobs.act_on_notice)
            jobs.told.connect(window.notices.show_notice)

    @property
    def problems(self) -> PageProblems:
        """The list of pages that were left out, built when it is asked for first."""
        if self._problems is None:
            from crnn_gui.widgets.page_problems import PageProblems

            self._problems = PageProblems(self._window)
            self._problems.page_requested.connect(self._on_page_requested)
        return self._problems

    @property
    def machine(self) -> MachinePanel:
        """The panel of facts about this machine, built when it is asked for first."""
        if self._panel is None:
            from crnn_gui.widgets.machine_panel import MachinePanel

            self._panel = MachinePanel(self._examiner, self._window)
        return self._panel

    @Slot()
    def show_machine(self) -> None:
        """Show which device reads and why, and examine the machine."""
        self.machine.open_for(self._predictor.weights)

    @Slot(object)
    def _on_problems_requested(self, problems: tuple[PageProblem, ...]) -> None:
        self.problems.show_problems(problems)

    @Slot(int)
    def _on_page_requested(self, page_id: int) -> None:
        if self._window is not None:
            self._window.show_workspace("annotate")
        self._document.open_page(page_id)

    @Slot(str)
    def _on_command_requested(self, command: str) -> None:
        QGuiApplication.clipboard().setText(command)

    def _show_task(self, key: str, progress: JobProgress | None) -> None:
        if self._window is None:
            return
        if progress is None:
            self._window.status.end_task(key)
        else:
            status = self._window.status
            status.show_task(key, progress.text, progress.fraction, is_paused=progress.is_paused)

    @Slot(str)
    def _on_cancel_requested(self, key: str) -> None:
        if key in self._jobs:
            self._jobs[key].cancel()

    @Slot(str, bool)
    def _on_pause_requested(self, key: str, flag: bool) -> None:
        if key in self._jobs:
            self._jobs[key].pause(flag)
