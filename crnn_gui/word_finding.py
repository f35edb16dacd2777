"""Has words found on a page, or on all pages without words: boxes without labels, a step of Undo a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import Notice, ProjectDocument, ProjectInfo
from crnn_gui.jobs import COPY_COMMAND, Job, JobProgress, PageJobs, PageProblem
from crnn_gui.services.assistant import INSTALL_COMMAND, AssistantService, is_installed
from crnn_gui.services.child import ChildEndedError
from crnn_gui.services.store_service import StoreService
from crnn_gui.wording import marked
from model.annotations import PageContent, WordChange
from model.detecting import FoundWord, PageToSearch, free_words, pages_to_search
from model.messages import FindWords, WordsFound
from model.store import AnnotationStore

FIND_WORDS = marked("Edits", "Find words")  # the same words as model.detecting.EDIT_TITLE

PAGES_PASSED_OVER = 500
FAILURES_IN_A_ROW = 3


@dataclass(slots=True, eq=False)
class _Job(Job):
    """One search: of a page, or of all pages as ``walk`` tells them in the store's thread."""

    walk: Iterator[PageToSearch] | None = None
    is_project: bool = True
    at: PageToSearch | None = None
    is_busy: bool = False
    first: int = 0
    searched: int = 0
    words: int = 0
    overlapping: int = 0


class WordFinding(PageJobs):
    """Asks for one page after the other; a page is added to the document when its words are found.

    Signals:
        command_requested: the command that installs the detector is to be copied.
    """

    command_requested = Signal(str)

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
        self._ticket = 0
        document.project_changed.connect(self._on_project_changed)
        assistant.answered.connect(self._on_answered)
        assistant.failed.connect(self._on_failed)

    @Slot(str)
    def start(self, where: str) -> None:
        """Search the current "page", also where words are on it, or all pages of the "project" without words."""
        page = self._document.page
        if self._document.project is None or self._document.read_only or self._job is not None:
            return
        if not is_installed():
            text = self.tr(
                "Finding words needs a detector that is not installed. Install it, then start again: {command}"
            )
            self._tell(Notice("info", text.format(command=INSTALL_COMMAND), (COPY_COMMAND,)))
            return
        if where == "page" and page is not None:
            self._job = _Job(iter([PageToSearch(1, 1, page, is_wanted=True)]), is_project=False)
        elif where == "project":
            self._job = _Job()
        if self._job is not None:
            self._tell_progress()
            self._proceed()

    def _act(self, action: str) -> None:
        if action == COPY_COMMAND:
            self.command_requested.emit(INSTALL_COMMAND)

    @Slot(object)
    def _on_project_changed(self, _project: ProjectInfo | None) -> None:
        self.cancel()

    # From page to page

    def _proceed(self) -> None:
        job = self._job
        if job is None or job.is_busy or job.is_paused:
            return
        job.is_busy = True

        def fetch(store: AnnotationStore) -> PageToSearch | None:
            # The walk goes on from call to call, but is only ever moved here, in the store's thread.
            job.walk = job.walk or pages_to_search(store)
            for place, page in enumerate(job.walk):
                if page.is_wanted or place == PAGES_PASSED_OVER:
                    return page
            return None

        self._store.read(fetch, lambda page: self._on_page_known(job, page))

    def _on_page_known(self, job: _Job, page: PageToSearch | None) -> None:
        if job is not self._job:
            return
        job.is_busy = False
        if page is None:
            self._finish(job)
            return
        job.at = page
        if not page.is_wanted:
            self._proceed()
            return
        job.first = job.first or page.number
        job.is_busy = True
        self._tell_progress()
        self._ticket = self._assistant.request(FindWords(self._document.page_path(page.page)))

    @Slot(int, object)
    def _on_answered(self, ticket: int, reply: object) -> None:
        job = self._job
        if job is None or job.at is None or ticket != self._ticket or not isinstance(reply, WordsFound):
            return
        job.failures = 0
        page, found = job.at.page, reply.words
        self._store.read_page(page.id, lambda content: self._on_page_read(job, content, found))

    def _on_page_read(self, job: _Job, content: PageContent, found: tuple[FoundWord, ...]) -> None:
        if job is not self._job:
            return
        page = content.page
        free = free_words(found, content.words)
        if page.id not in {known.id for known in self._document.pages}:
            free = []  # it went into the trash meanwhile
        words = [self._document.new_word(one.box, page.id) for one in free]
        self._document.change_words(FIND_WORDS, [WordChange(None, word) for word in words])
        self._document.record_predictions(
            [(word.id, word.box, one.prediction) for word, one in zip(words, free, strict=True)]
        )
        job.searched += 1
        job.words += len(free)
        job.overlapping += len(found) - len(free)
        self._go_on(job)

    @Slot(int, object)
    def _on_failed(self, ticket: int, error: Exception) -> None:
        job = self._job
        if job is None or job.at is None or ticket != self._ticket:
            return
        job.problems[job.at.page.id] = PageProblem(job.at.page, str(error))
        job.failures += isinstance(error, ChildEndedError)
        if job.failures == FAILURES_IN_A_ROW:
            self._end()
            self.told.emit(Notice("error", self.tr("Finding words stopped. {reason}").format(reason=error)))
        else:
            self._go_on(job)

    def _go_on(self, job: _Job) -> None:
        job.is_busy = False
        self._tell_progress()
        self._proceed()

    # The end

    def _finish(self, job: _Job) -> None:
        self._end()
        self._tell_end(self._outcome(job), job.problems)

    def _outcome(self, job: _Job) -> str:
        if job.searched:
            one, many = self.tr("Found words: {words} on 1 page."), self.tr("Found words: {words} on {pages} pages.")
            told = (one if job.searched == 1 else many).format(words=f"{job.words:,}", pages=f"{job.searched:,}")
        elif job.problems:
            told = self.tr("No page could be searched.")
        else:
            told = self.tr("Every page has words or is verified as empty.")
        if job.overlapping:
            over = self.tr("{count} lay over words that are there and were left out.")
            told += " " + over.format(count=f"{job.overlapping:,}")
        return told

    def _end(self) -> None:
        self._assistant.release()
        super()._end()

    def _tell_progress(self) -> None:
        job = self._job
        if job is None:
            return
        at = job.at
        if not job.is_project:
            self.progress_changed.emit(JobProgress(self.tr("Finding words on the page"), None))
            return
        number, pages = (at.number, at.pages) if at is not None else (0, 1)
        if job.is_paused:
            text = self.tr("Finding words is paused at page {page} of {pages}")
        elif job.searched:
            text = self.tr("Finding words on page {page} of {pages} · {left} left")
        else:
            text = self.tr("Finding words on page {page} of {pages}")
        left = job.pace.left(job.searched, pages - job.first + 1)
        told = text.format(page=f"{number:,}", pages=f"{pages:,}", left=left)
        self.progress_changed.emit(JobProgress(told, (number - 1) / pages if number else 0.0, job.is_paused))
