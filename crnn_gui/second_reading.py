"""Asks a second reader about the suggestions of all pages in the background: where it differs is worth a look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import Notice, ProjectDocument, ProjectInfo
from crnn_gui.jobs import COPY_COMMAND, Job, JobProgress, PageJobs, PageProblem
from crnn_gui.services.assistant import INSTALL_COMMAND, AssistantService, is_installed
from crnn_gui.services.child import ChildEndedError
from crnn_gui.services.store_service import StoreService
from crnn_gui.wording import counted, marked
from model.annotations import Box, Prediction
from model.detecting import SECOND_READER
from model.messages import GiveOpinions, WordReading, WordsRead
from model.opinions import PageToAsk, pages_to_ask
from model.store import AnnotationStore

SHOW_DISSENT = marked("NoticeActions", "Show where they differ")

PAGES_PASSED_OVER = 500
FAILURES_IN_A_ROW = 3


@dataclass(slots=True, eq=False)
class _Job(Job):
    """One way through the project, whose ``walk`` is only ever moved in the store's thread."""

    walk: Iterator[PageToAsk] | None = None
    at: PageToAsk | None = None
    is_busy: bool = False
    ticket: int = 0
    first: int = 0
    words: int = 0
    differing: int = 0


class SecondReading(PageJobs):
    """Asks about some words after the other; what the second reader says is kept beside their readings.

    Signals:
        command_requested: the command that installs the reader is to be copied.
        opinions_kept: tuple of ids of words that have an opinion now.
        dissent_requested: the user wants to see the words that are read differently.
    """

    command_requested = Signal(str)
    opinions_kept = Signal(object)
    dissent_requested = Signal()

    _job: _Job | None

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        assistant: AssistantService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._store = store
        self._assistant = assistant
        document.project_changed.connect(self._on_project_changed)
        assistant.answered.connect(self._on_answered)
        assistant.failed.connect(self._on_failed)

    @Slot()
    def start(self) -> None:
        """Ask about every suggestion that has no second opinion yet; so what was interrupted goes on."""
        if self._document.project is None or self._document.read_only or self._job is not None:
            return
        if not is_installed():
            text = self.tr(
                "A second opinion needs a reader that is not installed. Install it, then ask again: {command}"
            )
            self._tell(Notice("info", text.format(command=INSTALL_COMMAND), (COPY_COMMAND,)))
            return
        self._job = _Job()
        self._tell_progress()
        self._proceed()

    def read_opinion(self, word_id: int, on_done: Callable[[Prediction | None], None]) -> None:
        """Have it told what the second reader says of a word; None where it was not asked."""

        def look_up(store: AnnotationStore) -> Prediction | None:
            return store.predictions_for([word_id], weights=SECOND_READER).get(word_id)

        self._store.read(look_up, on_done)

    def _act(self, action: str) -> None:
        if action == COPY_COMMAND:
            self.command_requested.emit(INSTALL_COMMAND)
        elif action == SHOW_DISSENT:
            self.dissent_requested.emit()

    @Slot(object)
    def _on_project_changed(self, _project: ProjectInfo | None) -> None:
        self.cancel()

    # From page to page

    def _proceed(self) -> None:
        job = self._job
        if job is None or job.is_busy or job.is_paused:
            return
        job.is_busy = True

        def fetch(store: AnnotationStore) -> PageToAsk | None:
            job.walk = job.walk or pages_to_ask(store)
            for place, page in enumerate(job.walk):
                if page.words or place == PAGES_PASSED_OVER:
                    return page
            return None

        self._store.read(fetch, lambda page: self._on_page_known(job, page))

    def _on_page_known(self, job: _Job, page: PageToAsk | None) -> None:
        if job is not self._job:
            return
        job.is_busy = False
        if page is None:
            self._finish(job)
            return
        job.at = page
        self._tell_progress()
        if not page.words:
            self._proceed()
            return
        assert self._document.project is not None, "a job belongs to a project"
        job.first = job.first or page.number
        job.is_busy = True
        job.ticket = self._assistant.request(GiveOpinions(page.places(self._document.project.folder)))

    @Slot(int, object)
    def _on_answered(self, ticket: int, reply: object) -> None:
        job = self._job
        if job is None or ticket != job.ticket or not isinstance(reply, WordsRead):
            return
        job.failures = 0
        said = [(r.word_id, r.box, r.prediction) for r in reply.readings if r.prediction is not None]
        self._note_problem(job, reply.readings)

        def keep(store: AnnotationStore) -> int:
            store.save_opinions(said)
            return _differing(store, said)

        self._store.write(keep, lambda differing: self._on_kept(job, tuple(i for i, _, _ in said), differing))

    def _note_problem(self, job: _Job, readings: tuple[WordReading, ...]) -> None:
        problem = next((r.problem for r in readings if r.prediction is None), "")
        if problem and job.at is not None:
            job.problems[job.at.page.id] = PageProblem(job.at.page, problem)

    def _on_kept(self, job: _Job, word_ids: tuple[int, ...], differing: int) -> None:
        self.opinions_kept.emit(word_ids)
        if job is self._job:
            job.words += len(word_ids)
            job.differing += differing
            self._go_on(job)

    @Slot(int, object)
    def _on_failed(self, ticket: int, error: Exception) -> None:
        job = self._job
        if job is None or job.at is None or ticket != job.ticket:
            return
        job.problems[job.at.page.id] = PageProblem(job.at.page, str(error))
        job.failures += isinstance(error, ChildEndedError)
        if job.failures == FAILURES_IN_A_ROW:
            self._end()
            self.told.emit(Notice("error", self.tr("The second reader stopped. {reason}").format(reason=error)))
        else:
            self._go_on(job)

    def _go_on(self, job: _Job) -> None:
        job.is_busy = False
        self._tell_progress()
        self._proceed()

    # The end

    def _finish(self, job: _Job) -> None:
        self._end()
        if not job.words:
            self._tell_end(self.tr("Every suggestion has its second opinion."), job.problems, SHOW_DISSENT)
            return
        told = self.tr("The second reader has read {words} and reads {differing} differently.")
        told = told.format(words=counted(job.words, "word"), differing=f"{job.differing:,}")
        self._tell_end(told, job.problems, *((SHOW_DISSENT,) if job.differing else ()))

    def _end(self) -> None:
        self._assistant.release()
        super()._end()

    def _tell_progress(self) -> None:
        job = self._job
        if job is None:
            return
        number, pages = (job.at.number, job.at.pages) if job.at is not None else (0, 1)
        if job.is_paused:
            text = self.tr("The second reader is paused at page {page} of {pages}")
        elif job.words:
            text = self.tr("Second reader on page {page} of {pages} · {left} left")
        else:
            text = self.tr("Second reader on page {page} of {pages}")
        left = job.pace.left(number - job.first, pages - job.first + 1) if job.words else ""
        told = text.format(page=f"{number:,}", pages=f"{pages:,}", left=left)
        self.progress_changed.emit(JobProgress(told, (number - 1) / pages if number else 0.0, job.is_paused))


def _differing(store: AnnotationStore, said: list[tuple[int, Box, Prediction]]) -> int:
    """Return how many of the words the recogniser has read as another text."""
    read = store.predictions_for([word_id for word_id, _, _ in said])
    return sum(word_id in read and read[word_id].text != opinion.text for word_id, _, opinion in said)
