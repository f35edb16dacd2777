"""The composition root: builds services, document and window, and joins them. Nothing else knows them all."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget

from crnn_gui import resources
from crnn_gui.crashes import CrashReporter
from crnn_gui.document import Notice, ProjectDocument
from crnn_gui.effort import EffortMeter
from crnn_gui.fixing import FixEverywhere
from crnn_gui.garbage import GarbageCollector
from crnn_gui.item_models import PageListModel
from crnn_gui.leaving import Leaving
from crnn_gui.painting import OncePainted
from crnn_gui.panels import Panels
from crnn_gui.preferences import Preferences
from crnn_gui.project_rules import ProjectRules
from crnn_gui.reading import Reading
from crnn_gui.recents import Recents
from crnn_gui.recognising import Recognising
from crnn_gui.replaced import ReplacedFile
from crnn_gui.reviewing import Reviewing
from crnn_gui.services.assistant import AssistantService
from crnn_gui.services.pages import PageImages, Thumbnails
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Task, Tasks
from crnn_gui.services.trainer import TrainerService
from crnn_gui.sessions import Sessions
from crnn_gui.settings import Settings
from crnn_gui.theme import Scheme, Theme
from crnn_gui.training import Training
from crnn_gui.training_advice import GO_ON, TRAIN, TrainingAdvice
from crnn_gui.warming import Warming
from crnn_gui.widgets.effort_button import EffortButton
from crnn_gui.widgets.main_window import MainWindow
from crnn_gui.widgets.page_list import PageList
from crnn_gui.widgets.trainability import Sight
from crnn_gui.widgets.words_view import Paging
from crnn_gui.wording import counted, device_reason, marked, weights_name
from crnn_gui.yardstick import Measured, Yardstick
from model.annotations import Word
from model.charset import Charset
from model.errors import KnownError
from model.events import Decision, Finished
from model.messages import WeightsSummary

if TYPE_CHECKING:
    from crnn_gui.widgets.review import ReviewWorkspace

LOOK = marked("NoticeActions", "Look")
USE_NEW_WEIGHTS = marked("NoticeActions", "Use the new weights")

SWITCH_SECONDS = 0.001
"""The GUI thread waits so long for a thread that works in Python, and as often as it calls Qt: Python's own 5 ms add up
to frames."""

LINGER_MILLISECONDS = 5000
"""A window that was replaced is there for so long, hidden, for the answers to what it has asked."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What works off the GUI thread."""

    tasks: Tasks
    store: StoreService
    images: PageImages
    thumbnails: Thumbnails
    predictor: PredictorService
    trainer: TrainerService
    assistant: AssistantService = field(default_factory=AssistantService)

    def stop(self) -> None:
        """End every thread and child. Edits are written first."""
        self.trainer.close()
        self.assistant.stop()
        self.predictor.stop()
        self.store.stop()
        self.tasks.stop()


class Application(QObject):
    """The running program: services, document and window, and the wires between them that no widget should know."""

    def __init__(self, settings: Settings, services: Services, theme: Theme) -> None:
        super().__init__()
        self.settings = settings
        self.services = services
        self.document = ProjectDocument(services.store, services.images, services.tasks)
        self.reading = Reading(self.document, services.predictor)
        self.rules = ProjectRules(
            self.document,
            self.reading,
            store=services.store,
            predictor=services.predictor,
            tasks=services.tasks,
            parent=self,
        )
        self.reviewing = Reviewing(self.document, services.store)
        self.fixing = FixEverywhere(self.document, self.reviewing)
        self.training = Training(self.document, services.store, services.trainer, services.predictor, settings)
        # After training, which knows the weights a project is read with.
        self.recognising = Recognising(self.document, services.store, services.predictor, services.assistant, self)
        self.rules.chosen.connect(self.recognising.reading.offer_again)
        self.yardstick = Yardstick(self.document, services.store, self.training, services.predictor)
        self.advice = TrainingAdvice(self.document, self.training)
        self.recents = Recents(self.document, settings, self)
        self.effort = EffortMeter(self.document, services.store, settings, parent=self)
        self.preferences = Preferences(settings, theme)
        self.warming = Warming(self.document, services.tasks, self)
        self._theme = theme
        self._running: tuple[Task, ...] = ()
        self._training_news: Notice | None = None
        self._trained = ""
        self._is_stopped = False
        self._build_window()
        self._connect()

    def _build_window(self) -> None:
        """Build the window and all that belongs to it. Another language has it built anew, with the same document."""
        pages = PageList(self.document, PageListModel(self.document, self.services.thumbnails))
        self.window = MainWindow(self.document, self.reading, pages=pages, settings=self.settings, theme=self._theme)
        self.leaving = Leaving(self.training, self.window)
        self.replaced = ReplacedFile(self.document, self.services.store, self.window)
        self.sessions = Sessions(self.document, self.settings, self.window)
        self.panels = self._build_panels()
        self.window.empty.use_thumbnails(self.services.thumbnails)
        self.window.status.addPermanentWidget(EffortButton(self.effort))
        self._show_settings()
        self.recognising.attach(self.window)
        self.rules.attach(self.window.inspector)
        self.window.add_workspace("review", self._review_workspace)
        self.window.add_workspace("train", self._train_workspace)
        self._connect_window()

    @Slot()
    def rebuild_window(self) -> None:
        """Show a new window in place of the old one, in another language or size. Project and services stay."""
        if self._is_stopped:
            return
        old, document = self.window, self.document
        old.remember_layout()
        was_active, selection = old.isActiveWindow(), document.selection
        self._build_window()
        self._tell_window()
        self.window.take_place_of(old)
        if was_active:
            self.window.activateWindow()
        old.hide()
        QTimer.singleShot(LINGER_MILLISECONDS, old, old.deleteLater)
        if document.page is not None:
            document.open_page(document.page.id, selection)

    def _tell_window(self) -> None:
        """Tell a new window what the services have told the one before it."""
        status, services = self.window.status, self.services
        if services.predictor.weights is not None:
            self._on_weights_loaded(services.predictor.weights)
        if self.document.project is not None:
            status.show_saved(services.store.saved)
            status.show_counts(self.document.counts)
        self._on_yardstick_changed(self.yardstick.measured)
        self._on_tasks_changed(self._running)

    def _build_panels(self) -> Panels:
        services = self.services
        return Panels(
            self.document,
            self.window,
            store=services.store,
            tasks=services.tasks,
            predictor=services.predictor,
            thumbnails=services.thumbnails,
        )

    def _review_workspace(self) -> QWidget:
        from crnn_gui.services.crops import Crops
        from crnn_gui.widgets.review import ReviewWorkspace

        workspace = ReviewWorkspace(self.document, self.reviewing, Crops(self.services.tasks))
        workspace.workspace_requested.connect(self.window.show_workspace)
        workspace.word_requested.connect(self.show_word)
        workspace.told.connect(self.window.tell)
        return workspace

    def _train_workspace(self) -> QWidget:
        # Brings pyqtgraph, which costs as much as the rest of the window; nobody trains in the first second.
        from crnn_gui.remedies import WordRemedies
        from crnn_gui.widgets.train_workspace import TrainWorkspace

        workspace = TrainWorkspace(
            self.document,
            self.training,
            self._theme,
            yardstick=self.yardstick,
            remedies=WordRemedies(self.document, self.services.store, self),
            minutes=self.settings.value("training/minutes"),
        )
        workspace.word_requested.connect(self.show_word)
        workspace.told.connect(self.window.tell)
        workspace.progress_changed.connect(self._on_training_progress)
        return workspace

    @Slot(str)
    def _on_setting_changed(self, key: str) -> None:
        if key.startswith("reading/") or key == "look/paging":
            self._show_settings()
        elif key == "training/minutes" and self.window.is_built("train"):
            self.window.train.plan.set_minutes(self.settings.value(key))

    def _show_settings(self) -> None:
        self.reading.set_live(self.settings.value("reading/live"))
        doubt_below = self.settings.value("reading/doubt_below")
        self.window.annotate.canvas.set_doubt_below(doubt_below)
        self.window.annotate.canvas.set_paging(Paging(self.settings.value("look/paging")))
        self.window.inspector.set_doubt_below(doubt_below)

    def _connect(self) -> None:
        services = self.services
        services.predictor.loaded.connect(self._on_weights_loaded)
        services.predictor.loading_failed.connect(self._on_loading_failed)
        services.predictor.failed.connect(self.report)
        services.predictor.bulk_progress.connect(self._on_reading_progress)
        services.tasks.running_changed.connect(self._on_tasks_changed)
        services.tasks.failed.connect(self.report)
        services.store.failed.connect(self.report)
        self.reading.refused.connect(self._on_refused)
        self.training.failed.connect(self.report)
        self.training.switched.connect(self._on_weights_switched)
        self.training.finished.connect(self._on_training_finished)
        self.yardstick.changed.connect(self._on_yardstick_changed)
        self.fixing.show_requested.connect(self._on_repeats_wanted)
        self.recognising.second.opinions_kept.connect(self.reviewing.words.mark)
        self.recognising.second.dissent_requested.connect(self._on_dissent_wanted)
        self.preferences.rebuild_needed.connect(self.rebuild_window)
        self.settings.changed.connect(self._on_setting_changed)

    def _connect_window(self) -> None:
        window = self.window
        window.status.cancel_requested.connect(self._on_cancel_requested)
        self.panels.word_requested.connect(self.show_word)
        window.demo_requested.connect(self.open_demo)
        window.closing.connect(self.stop)
        window.notices.action_chosen.connect(self._on_notice_action_chosen)
        self.advice.given.connect(window.notices.show_notice)
        self.advice.withdrawn.connect(window.notices.withdraw)
        window.notices.action_chosen.connect(self._on_advice_taken)
        self.fixing.given.connect(window.notices.show_notice)
        self.fixing.withdrawn.connect(window.notices.withdraw)
        self.fixing.told.connect(window.tell)
        window.notices.action_chosen.connect(self.fixing.act)
        window.review_requested.connect(self._on_review_requested)

    def load_recogniser(self) -> None:
        """Start the child that reads. The window is on the screen by now."""
        self.window.status.show_loading()
        # The project may have been opened faster than the window was painted.
        self.services.predictor.load(self.training.reads_with, self.settings.value("reading/device"))

    @Slot()
    def open_demo(self) -> None:
        """Open a copy of the sample project, so that nobody's first steps change the original."""
        from crnn_gui.sample import make_sample_project

        folder = Path(tempfile.mkdtemp(prefix="crnn-gui-")) / "pages"
        self.services.tasks.run(
            lambda _task: make_sample_project(folder), self.document.open_path, title=self.tr("Preparing the sample")
        )

    @Slot(int)
    def show_word(self, word_id: int) -> None:
        """Open the page of a word and select it."""

        self.services.store.read(lambda store: store.words_by_id([word_id]), self._on_words_found)

    def _on_words_found(self, words: list[Word]) -> None:
        for word in words:
            self.window.show_workspace("annotate")
            self.document.open_page(word.page_id, (word.id,))

    @property
    def _review(self) -> ReviewWorkspace:
        """The Review workspace, on the screen."""
        self.window.show_workspace("review")
        return cast("ReviewWorkspace", self.window.workspace("review"))

    @Slot(str, object)
    def _on_repeats_wanted(self, title: str, new_texts: Mapping[int, str]) -> None:
        self._review.show_replacements(title, new_texts)

    @Slot()
    def _on_dissent_wanted(self) -> None:
        self._review.show_dissent()

    @Slot(str)
    def _on_review_requested(self, what: str) -> None:
        review = self._review
        if what == "replace":
            review.begin_replacing()
        else:
            review.begin_accepting()

    @Slot()
    def stop(self) -> None:
        """End the services; what is not written yet is written first."""
        self._is_stopped = True
        self.effort.keep()
        self.services.stop()

    # What services tell

    @Slot(object)
    def _on_weights_loaded(self, weights: WeightsSummary) -> None:
        detail = f"{weights.network}, {counted(len(weights.characters), 'character')}, {weights.hash}"
        device, reason = weights.device.upper(), device_reason(weights.reason)
        self.window.status.show_recogniser(device, reason, weights_name(weights.name), detail)
        self.window.inspector.set_sight(Sight(weights.preprocessing, weights.frames, Charset(weights.characters)))

    @Slot(object)
    def _on_loading_failed(self, error: Exception) -> None:
        self.report(error)
        before = self.services.predictor.weights
        if before is None:
            self.window.status.show_recogniser_problem(str(error))
        elif before.path == self.training.reads_with:
            self._on_weights_loaded(before)
            told = self.tr("The weights “{name}” go on reading.").format(name=before.name)
            self.window.notices.show_notice(Notice("info", told))

    @Slot(int, int)
    def _on_reading_progress(self, done: int, total: int) -> None:
        if done >= total or self.recognising.reading.is_running:  # which tells more
            self.window.status.end_task("reading")
        else:
            told = self.tr("Reading {done} of {total} words").format(done=f"{done:,}", total=f"{total:,}")
            self.window.status.show_task("reading", told, done / total)

    @Slot(object)
    def _on_tasks_changed(self, running: tuple[Task, ...]) -> None:
        for task in self._running:
            if task not in running:
                self.window.status.end_task(str(id(task)))
        for task in running:
            self.window.status.show_task(str(id(task)), task.title, None)
        self._running = running

    @Slot(object)
    def _on_training_progress(self, progress: tuple[str, float] | None) -> None:
        if progress is None:
            self.window.status.end_task("training")
        else:
            self.window.status.show_task("training", *progress)

    @Slot(object)
    def _on_training_finished(self, result: Finished) -> None:
        """Tell those who went on labelling; who looks at the Train workspace sees it there."""
        if self.window.workspaces.currentWidget() is self.window.train:
            return
        is_question = result.decision is Decision.BETTER and not self.training.switches_by_itself
        actions = (LOOK, USE_NEW_WEIGHTS) if is_question and result.out else (LOOK,)
        told = self.tr("Training is over. {reason}").format(reason=result.reason)
        self._training_news = Notice("info", told, actions)
        self._trained = result.out or ""
        self.window.notices.show_notice(self._training_news)
        self.window.rail.mark("train")

    @Slot(object, str)
    def _on_notice_action_chosen(self, notice: Notice, action: str) -> None:
        if notice is self._training_news and action == LOOK:
            self.window.show_workspace("train")
        elif notice is self._training_news and action == USE_NEW_WEIGHTS:
            self.training.use_result(self._trained)

    @Slot(object)
    def _on_yardstick_changed(self, measured: Measured) -> None:
        right = measured.current.right if measured.current is not None else ()
        self.window.status.show_yardstick(sum(right), len(right), measured.sentence)

    @Slot(object, str)
    def _on_advice_taken(self, _notice: Notice, action: str) -> None:
        if action == TRAIN:
            self.window.show_workspace("train")
            self.window.train.start()
        elif action == GO_ON:
            self.window.show_workspace("train")
            self.window.train.resume()

    @Slot(str)
    def _on_weights_switched(self, name: str) -> None:
        self.window.tell(self.tr("The weights “{name}” read from now on.").format(name=name))

    @Slot(str)
    def _on_cancel_requested(self, key: str) -> None:
        if key == "reading":
            self.services.predictor.cancel_bulk()
            self.window.status.end_task(key)
        if key == "training":
            self.services.trainer.stop()
        for task in self._running:
            if str(id(task)) == key:
                task.cancel()

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        if self._is_stopped:
            log.info("after the window was closed: %s", sentence)
            return
        self.window.notices.show_notice(Notice("warning", sentence))

    @Slot(object)
    def report(self, error: Exception) -> None:
        """Tell the user of an error: a known one in a bar, any other as a bug."""
        if self._is_stopped:
            log.info("after the window was closed: %s", error)
            return
        if isinstance(error, KnownError):
            self.window.notices.show_notice(Notice("error", str(error)))
        else:
            sys.excepthook(type(error), error, error.__traceback__)


def start_services() -> Services:
    """Start the threads that the program works with."""
    tasks = Tasks()
    return Services(tasks, StoreService(), PageImages(tasks), Thumbnails(tasks), PredictorService(), TrainerService())


def build(settings: Settings, services: Services, theme: Theme) -> Application:
    """Return the program, built but not shown. Tests hand in services of their own."""
    return Application(settings, services, theme)


def run(
    path: Path | None,
    *,
    demo: bool,
    log_file: Path,
    settings: Settings | None = None,
    on_shown: Callable[[Application], None] | None = None,
) -> int:
    """Show the window, open a project and run until the window is closed. Returns the exit status.

    Args:
        path: what to open; None for the last project.
        demo: open a copy of the sample project instead.
        log_file: where the log is, for the crash dialog.
        settings: other settings than the user's.
        on_shown: called once the window is on the screen, by a script that drives the program.
    """
    app = QApplication(sys.argv[:1])
    app.setApplicationName("crnn-gui")
    app.setApplicationDisplayName("crnn-gui")
    app.setDesktopFileName("crnn-gui")
    app.setWindowIcon(resources.icon("bounding-box", "accent"))
    sys.setswitchinterval(SWITCH_SECONDS)
    garbage = GarbageCollector(app)
    reporter = CrashReporter(log_file, app)
    sys.excepthook = reporter.hook
    threading.excepthook = reporter.thread_hook
    settings = settings or Settings.of_user()
    theme = Theme(app, Scheme(settings.value("look/scheme")))
    services = start_services()
    reporter.watch(services.store)
    try:
        program = build(settings, services, theme)
    except BaseException:
        # Running threads would end the process by abort() before anybody is told what went wrong.
        services.stop()
        sys.excepthook = sys.__excepthook__
        raise
    program.document.project_changed.connect(garbage.spare)
    program.window.show()
    project = path or next((p for p in settings.recent if p.exists()), None)
    if demo:
        program.open_demo()
    elif project is not None:
        program.document.open_path(project)
    OncePainted(program.window, program.load_recogniser)
    if on_shown is not None:
        on_shown(program)
    status = app.exec()
    garbage.stop()
    sys.excepthook = sys.__excepthook__
    threading.excepthook = threading.__excepthook__
    return status
