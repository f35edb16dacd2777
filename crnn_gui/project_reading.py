"""Has the words of all pages read in the background, page after page, and goes on after whatever interrupted it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from PySide6.QtCore import QObject, Slot

from crnn_gui.document import Notice, ProjectDocument, ProjectInfo
from crnn_gui.jobs import Job, JobProgress, Pace, PageJobs, PageProblem
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.wording import counted, marked
from model.messages import WeightsSummary, WordReading
from model.store import AnnotationStore
from model.suggesting import PageToRead, Which, pages_to_read

READ_AGAIN = marked("NoticeActions", "Read these again")
GO_ON = marked("NoticeActions", "Go on")
READ_BY_RULES = marked("NoticeActions", "Read them again")

META_KEY = "reading all pages"
"""Names the value of the annotation file that says which words are being read, from the wish to its end.

It is a value of :class:`Which`, followed by the moment of :attr:`Which.EARLIER`.
"""

WORDS_AHEAD = 96  # three requests of the predictor: it never waits for the next pages, and a pause comes soon
PAGES_AT_ONCE = 100
FAILURES_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which words are to be read; ``since`` is the moment of :attr:`Which.EARLIER`."""

    which: Which
    since: float = 0.0

    @classmethod
    def from_marker(cls, marker: str | None) -> _Wanted | None:
        """Return what a marker in the annotation file says; None without one that is understood."""
        try:
            which, _, since = (marker or "").partition(" ")
            return cls(Which(which), float(since or 0))
        except ValueError:
            return None

    @property
    def marker(self) -> str:
        return f"{self.which} {self.since}" if self.which is Which.EARLIER else self.which


@dataclass(slots=True, eq=False)
class _Job(Job):
    """One way through the project. ``waiting`` has the pages of the words that are being read, by word."""

    wanted: _Wanted
    weights: str
    walk: Iterator[PageToRead] | None = None
    is_fetching: bool = False
    is_over: bool = False
    waiting: dict[int, PageToRead] = field(default_factory=dict)
    number: int = 0
    pages: int = 0
    first: int = 0
    read: int = 0
    known: int = 0
    older: int = 0


class ProjectReading(PageJobs):
    """Walks through the project in the store's thread and hands the predictor a little at a time."""

    _job: _Job | None

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        predictor: PredictorService,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._store = store
        self._predictor = predictor
        self._weights = ""
        self._is_loading = True
        self._wanted: _Wanted | None = None
        document.project_changed.connect(self._on_project_changed)
        predictor.loading.connect(self._on_loading)
        predictor.loading_failed.connect(self._on_loading_failed)
        predictor.loaded.connect(self._on_weights_loaded)
        predictor.bulk_answer.connect(self._on_bulk_answer)
        predictor.failed.connect(self._on_predictor_failed)

    @property
    def is_waiting(self) -> bool:
        """Whether the predictor still has words of it to read, as for a moment after a pause."""
        return self._job is not None and bool(self._job.waiting)

    @Slot(str)
    def start(self, which: str = Which.UNREAD) -> None:
        """Read the unread words of all pages, or those that other weights, or other rules, have read as well.

        While the recogniser is loading the wish is remembered. What a human wrote stays.
        """
        if self._document.project is None or self._document.read_only:
            return
        wanted = _Wanted(Which(which), time.time())
        self._store.write(lambda store: store.set_meta(META_KEY, wanted.marker))
        self._wanted = wanted
        self._begin_if_ready()

    @Slot()
    def offer_again(self) -> None:
        """Offer to read by other rules what the rules before have read on other pages."""
        page = self._document.page
        here = self._document.page_counts(page.id).suggested if page is not None else 0
        elsewhere = self._document.counts.suggested - here
        if elsewhere > 0:
            text = self.tr("Other pages still hold what was read by the rules before: {words}.")
            self._tell(Notice("info", text.format(words=counted(elsewhere, "word")), (READ_BY_RULES,)))

    @Slot()
    def cancel(self) -> None:
        """Give it up; what was read stays."""
        if self._job is not None:
            self._predictor.cancel_bulk()
        super().cancel()

    def _act(self, action: str) -> None:
        if action == READ_AGAIN:
            self.start(Which.OLDER)
        elif action == READ_BY_RULES:
            self.start(Which.EARLIER)
        elif action == GO_ON and self._wanted is None:
            self._read_marker()

    # Beginning, also after an interruption

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._job = self._wanted = self._report = None
        self.progress_changed.emit(None)
        if project is not None and not project.read_only:
            self._read_marker()

    def _read_marker(self) -> None:
        self._store.read(lambda store: store.meta(META_KEY), self._on_marker_read)

    def _on_marker_read(self, marker: str | None) -> None:
        wanted = _Wanted.from_marker(marker)
        if wanted is not None and self._job is None:
            self._wanted = wanted
            self._begin_if_ready()

    @Slot()
    def _on_loading(self) -> None:
        self._is_loading = True

    @Slot(object)
    def _on_loading_failed(self, _error: object) -> None:
        self._is_loading = False
        self._begin_if_ready()

    @Slot(object)
    def _on_weights_loaded(self, weights: WeightsSummary) -> None:
        self._is_loading = False
        self._weights = weights.hash
        if self._job is not None and self._job.weights != weights.hash:
            self._wanted = self._job.wanted  # what the weights before have not read, these do
        self._begin_if_ready()

    def _begin_if_ready(self) -> None:
        if self._wanted is None or self._is_loading or not self._weights:
            return
        self._job = _Job(self._wanted, self._weights)
        self._wanted = None
        self._tell_progress()
        self._proceed()

    # Going through the pages

    def _proceed(self) -> None:
        job = self._job
        if job is None or job.is_fetching or job.is_over or job.is_paused or len(job.waiting) >= WORDS_AHEAD:
            return
        job.is_fetching = True

        def fetch(store: AnnotationStore) -> list[PageToRead]:
            # The walk goes on from call to call, but is only ever moved here, in the store's thread.
            wanted = job.wanted
            job.walk = job.walk or pages_to_read(store, job.weights, wanted.which, since=wanted.since)
            pages: list[PageToRead] = []
            for page in islice(job.walk, PAGES_AT_ONCE):
                pages.append(page)
                if sum(len(p.words) for p in pages) >= WORDS_AHEAD:
                    break
            return pages

        self._store.read(fetch, lambda pages: self._on_fetched(job, pages), self._on_fetching_failed)

    def _on_fetched(self, job: _Job, pages: list[PageToRead]) -> None:
        if job is not self._job:
            return
        job.is_fetching = False
        job.is_over = not pages
        for page in pages:
            self._take(job, page)
        self._go_on(job)

    def _take(self, job: _Job, page: PageToRead) -> None:
        job.pages = page.pages
        if page.words and not job.first:
            job.first = page.number
            job.pace = Pace()  # what is read already is passed over at another pace
            if job.known:
                text = self.tr("Reading goes on at page {page} of {pages}; what lies before it has been read.")
                told = text.format(page=f"{page.number:,}", pages=f"{page.pages:,}")
                self.told.emit(Notice("info", told))
        job.known += page.known
        job.older += page.older
        job.waiting |= dict.fromkeys((word.id for word in page.words), page)
        if page.words:
            assert self._document.project is not None, "a job belongs to a project"
            self._predictor.request_many(page.places(self._document.project.folder))
        elif not job.waiting:
            job.number = page.number

    @Slot(object)
    def _on_bulk_answer(self, answer: tuple[WordReading, ...]) -> None:
        job = self._job
        if job is None:
            return
        readings = [(reading, job.waiting.pop(reading.word_id, None)) for reading in answer]
        read = []
        for reading, page in readings:
            if page is None:
                continue  # somebody else asked for it
            job.number = max(job.number, page.number)
            if reading.prediction is not None:
                read.append((reading.word_id, reading.box, reading.prediction))
            else:
                job.problems[page.page.id] = PageProblem(page.page, reading.problem)
        job.read += len(read)
        job.failures = 0 if read else job.failures
        self._document.record_predictions(read)
        self._go_on(job)

    def _go_on(self, job: _Job) -> None:
        if job.is_over and not job.waiting:
            self._finish(job)
        else:
            self._tell_progress()
            self._proceed()

    @Slot(object)
    def _on_predictor_failed(self, error: Exception) -> None:
        """Give up where one child after the other dies; what one that died had to read counts as a page's problem."""
        job = self._job
        if job is None:
            return
        job.failures += 1
        if job.failures == FAILURES_IN_A_ROW:
            self._stop(job, str(error))

    def _on_fetching_failed(self, error: Exception) -> None:
        if self._job is not None:
            self._stop(self._job, str(error))

    # The end

    def _stop(self, job: _Job, reason: str) -> None:
        """Give up for now: the file still says that the project is to be read."""
        self._job = None
        self.progress_changed.emit(None)
        text = self.tr("Reading stopped at page {page} of {pages}. {reason}")
        sentence = text.format(page=f"{job.number:,}", pages=f"{job.pages:,}", reason=reason)
        self._tell(Notice("error", sentence, (GO_ON,)))

    def _finish(self, job: _Job) -> None:
        self._end()
        actions = (READ_AGAIN,) if job.wanted.which is Which.UNREAD and job.older else ()
        self._tell_end(self._outcome(job), job.problems, *actions)

    def _outcome(self, job: _Job) -> str:
        if job.read:
            pages = self.tr("All {pages} pages are read: {words} words in {minutes} minutes.")
            told = pages.format(pages=f"{job.pages:,}", words=f"{job.read:,}", minutes=f"{job.pace.seconds / 60:,.1f}")
        else:
            told = self.tr("No word was left to read.")
        if job.wanted.which is Which.UNREAD and job.older:
            told += " " + self.tr("{words} words have readings of older weights.").format(words=f"{job.older:,}")
        return told

    def _end(self) -> None:
        self._store.write(lambda store: store.set_meta(META_KEY, None))
        super()._end()

    def _tell_progress(self) -> None:
        job = self._job
        if job is None:
            return
        if not job.pages:
            text = self.tr("Looking for words to read")
        elif not job.first:
            text = self.tr("Looking for words to read: page {page} of {pages}")
        elif job.is_paused:
            text = self.tr("Reading is paused at page {page} of {pages}")
        else:
            text = self.tr("Reading page {page} of {pages} · {rate} words/s · {left} left")
        rate = job.read / max(job.pace.seconds, 1e-3)
        left = job.pace.left(job.number - job.first + 1, job.pages - job.first + 1)
        told = text.format(page=f"{job.number:,}", pages=f"{job.pages:,}", rate=f"{rate:,.0f}", left=left)
        self.progress_changed.emit(JobProgress(told, job.number / max(job.pages, 1), job.is_paused))
