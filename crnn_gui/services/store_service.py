"""The one thread that owns the annotation file.

The screen shows an edit at once; this service makes it durable and says when it is. What is handed to it is done in
order. A write the file refuses (disk full, folder gone) stays at the head of the queue and is tried again until it
goes through, so nothing is lost while the app lives; readings overtake a write that is stuck, and the edits that
wait are laid over what was read.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from model.errors import StoreCorruptError, StoreError
from model.store import AnnotationStore, Counts

if TYPE_CHECKING:
    from model.annotations import Edit, Page, PageContent

T = TypeVar("T")

RETRY_SECONDS = 2.0
GESTURE_SECONDS = 0.3
STOP_MILLISECONDS = 5000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SaveState:
    """How much is not in the file yet, and why, in one sentence, when the file refuses it."""

    pending: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """An annotation file at the moment it was opened.

    Attributes:
        root: what page paths are relative to.
        history: the edits that can still be undone, oldest first.
    """

    path: Path
    root: Path
    pages: tuple[Page, ...]
    trashed: tuple[Page, ...]
    counts: Counts
    page_counts: Mapping[int, Counts]
    next_word_id: int
    history: tuple[Edit, ...]
    read_only: bool


@dataclass(eq=False, slots=True)
class _Job:
    """One call on the store. Writes are kept until they succeed; readings end with their error.

    An ``edit`` that waits may still grow by later steps of its gesture.
    """

    run: Callable[[_Worker], Any]
    on_done: Callable[[Any], None] | None = None
    on_error: Callable[[Exception], None] | None = None
    is_write: bool = False
    edit: Edit | None = None
    gesture: int = 0
    not_before: float = 0.0
    is_swap: bool = False
    generation: int = 0


@dataclass(slots=True)
class _Queue:
    """The jobs that wait, shared by the GUI thread, which appends, and the worker, which takes."""

    jobs: deque[_Job] = field(default_factory=deque)
    lock: Lock = field(default_factory=Lock)
    is_stuck: bool = False
    is_closing: bool = False

    def append(self, job: _Job) -> None:
        with self.lock:
            self.jobs.append(job)

    def merge(self, edit: Edit, gesture: int) -> bool:
        """Fold ``edit`` into the last job when that is an earlier step of the same gesture that has not begun."""
        with self.lock:
            # Predictions may lie between the steps of a drag; those of a box that moved on are dropped by the store.
            last = next((job for job in reversed(self.jobs) if job.edit is not None or not job.is_write), None)
            if not gesture or last is None or last.gesture != gesture or last.edit is None:
                return False
            if {c.word_id for c in last.edit.changes} != {c.word_id for c in edit.changes}:
                return False
            last.edit = last.edit.merged(edit)
            last.not_before = time.monotonic() + GESTURE_SECONDS
            return True

    def take(self) -> tuple[_Job | None, float]:
        """Return the next job to run, or None and the seconds until the one that waits for its gesture is due."""
        with self.lock:
            if self.is_stuck:
                before_swap = takewhile(lambda job: not job.is_swap, self.jobs)
                job = next((job for job in before_swap if not job.is_write), None)
                if job is not None:
                    self.jobs.remove(job)
                return job, 0.0
            if not self.jobs:
                return None, 0.0
            head = self.jobs[0]
            wait = head.not_before - time.monotonic()
            is_awaited = any(job.edit is not None or not job.is_write for job in islice(self.jobs, 1, None))
            if wait > 0 and not is_awaited and not self.is_closing:
                return None, wait
            return self.jobs.popleft(), 0.0

    def put_back(self, job: _Job) -> None:
        with self.lock:
            self.jobs.appendleft(job)
            self.is_stuck = True


class _Worker(QObject):
    """Lives in the service's thread and runs the jobs there."""

    done = Signal(object, object)
    failed = Signal(object, object)
    stuck = Signal(str)

    def __init__(self, queue: _Queue) -> None:
        super().__init__()
        self._queue = queue
        self._store: AnnotationStore | None = None
        self._opened: AnnotationStore | None = None
        self._timer = QTimer(self)  # a child, so that it moves to the thread with the worker
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)

    def open(self, path: Path, *, read_only: bool) -> OpenedFile:
        """Open another file beside the present one, which stays in use until :meth:`swap`."""
        assert self._opened is None, "one file is opened at a time"
        self._opened = AnnotationStore.open(path, create=not read_only, read_only=read_only)
        return _describe(self._opened)

    def swap(self) -> None:
        """Close the present file and use the one that was opened beside it."""
        old, self._store, self._opened = self._store, self._opened, None
        if old is not None:
            old.close()

    @property
    def store(self) -> AnnotationStore:
        if self._store is None:
            raise StoreError("No project is open.")
        return self._store

    @Slot()
    def drain(self) -> None:
        """Run what is waiting. A stuck queue gets its next try."""
        self._queue.is_stuck = False
        while True:
            job, wait = self._queue.take()
            if job is None:
                if self._queue.is_stuck:
                    wait = RETRY_SECONDS
                if wait > 0:
                    self._timer.start(int(wait * 1000) + 1)
                return
            self._run(job)

    def _run(self, job: _Job) -> None:
        try:
            value = job.run(self)
        except StoreError as error:
            if not (job.is_write and _may_pass(error)):
                self.failed.emit(job, error)
                return
            log.info("the annotation file refuses an edit: %s", error)
            self._queue.put_back(job)
            self.stuck.emit(str(error))
        except Exception as error:  # noqa: BLE001 - the border of the thread: it is handed on, whatever it is
            self.failed.emit(job, error)
        else:
            self.done.emit(job, value)

    @Slot()
    def shut(self) -> None:
        """Try what is left once more, close the file and end the thread."""
        self._queue.is_closing = True
        self.drain()
        self._timer.stop()
        self.swap()
        self.swap()  # a file that was opened and never taken over
        QThread.currentThread().quit()


def _may_pass(error: StoreError) -> bool:
    """Whether a write may succeed later. One that contradicts what the file holds never will."""
    return isinstance(error, StoreCorruptError) or isinstance(error.__cause__, sqlite3.OperationalError | OSError)


class StoreService(QObject):
    """The GUI thread's door to the annotation file.

    Signals:
        saved_changed: :class:`SaveState`, whenever an edit was added, committed or refused.
        refused: StoreError of a write that contradicts what the file holds; it was dropped.
        failed: an exception that is a bug; the job it came from was dropped.
    """

    saved_changed = Signal(object)
    refused = Signal(object)
    failed = Signal(object)
    _wake = Signal()
    _shut = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = _Queue()
        self._pending: list[_Job] = []
        self._state = SaveState()
        self._generation = 0
        self._thread = QThread(self)
        self._thread.setObjectName("annotation file")
        self._worker = _Worker(self._queue)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.drain)
        self._shut.connect(self._worker.shut)
        self._worker.done.connect(self._on_job_done)
        self._worker.failed.connect(self._on_job_failed)
        self._worker.stuck.connect(self._on_write_stuck)
        self._thread.start()

    @property
    def saved(self) -> SaveState:
        """What is not in the file yet."""
        return self._state

    def open(
        self,
        path: Path,
        on_done: Callable[[OpenedFile], None],
        on_error: Callable[[Exception], None],
        *,
        read_only: bool = False,
    ) -> None:
        """Open or create the annotation file at ``path``.

        The file before stays open until ``on_done`` is called: what was asked of the service before that moment goes
        to the old file, what is asked afterwards to the new one, and results that belong to the old one are dropped.
        """
        if self._state.problem:
            on_error(StoreError(f"The open project has changes that could not be saved yet. {self._state.problem}"))
            return

        def take_over(opened: OpenedFile) -> None:
            self._generation += 1
            self._post(_Job(lambda worker: worker.swap(), is_write=True, is_swap=True))
            on_done(opened)

        self._post(_Job(lambda worker: worker.open(path, read_only=read_only), take_over, on_error))

    def close_file(self) -> None:
        """Close the file once everything written is in it."""
        self._generation += 1
        self._post(_Job(lambda worker: worker.swap(), is_write=True, is_swap=True))

    def read(
        self,
        job: Callable[[AnnotationStore], T],
        on_done: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run ``job(store)`` in the store's thread. It may overtake writes while the file refuses them."""
        self._post(_Job(lambda worker: job(worker.store), on_done, on_error))

    def read_page(self, page_id: int, on_done: Callable[[PageContent], None]) -> None:
        """Read one page, with the edits that are not in the file yet laid over it."""
        self.read(lambda store: store.content(page_id), lambda content: on_done(self._with_pending(content)))

    def write(self, job: Callable[[AnnotationStore], T], on_done: Callable[[T], None] | None = None) -> None:
        """Run ``job(store)`` until the file accepts it, after everything written before."""
        self._post(_Job(lambda worker: job(worker.store), on_done, is_write=True))

    def apply(self, edit: Edit, *, gesture: int = 0) -> bool:
        """Commit ``edit``. Steps of one gesture that follow each other quickly become one transaction.

        Returns:
            Whether the edit joined the transaction of the step before it.
        """
        if self._queue.merge(edit, gesture):
            return True
        due = time.monotonic() + GESTURE_SECONDS if gesture else 0.0
        job = _Job(lambda worker: worker.store.apply(job.edit or edit), is_write=True, edit=edit, gesture=gesture)
        job.not_before = due
        self._post(job)
        return False

    def stop(self) -> None:
        """Try what is left once more, close the file and end the thread. Nobody waits for its answers any more."""
        if self._thread.isRunning():
            self._generation += 1
            self._shut.emit()
            if not self._thread.wait(STOP_MILLISECONDS):
                log.warning("the annotation file did not close within %d ms", STOP_MILLISECONDS)

    def _post(self, job: _Job) -> None:
        job.generation = self._generation
        if job.is_write:
            self._pending.append(job)
            self._tell(problem=self._state.problem)
        self._queue.append(job)
        self._wake.emit()

    def _with_pending(self, content: PageContent) -> PageContent:
        words = {word.id: word for word in content.words}
        for job in self._pending:
            for change in job.edit.changes if job.edit else ():
                if change.after is None:
                    words.pop(change.word_id, None)
                elif change.page_id == content.page.id:
                    words[change.word_id] = change.after
        return replace(content, words=tuple(words.values()))

    def _tell(self, *, problem: str) -> None:
        state = SaveState(len(self._pending), problem)
        if state != self._state:
            self._state = state
            self.saved_changed.emit(state)

    @Slot(object, object)
    def _on_job_done(self, job: _Job, value: object) -> None:
        if job.is_write:
            self._pending.remove(job)
            self._tell(problem="")
        if job.on_done is not None and job.generation == self._generation:
            job.on_done(value)

    @Slot(object, object)
    def _on_job_failed(self, job: _Job, error: Exception) -> None:
        if job.is_write:
            self._pending.remove(job)
            self._tell(problem="")
        if job.on_error is not None:
            if job.generation == self._generation:
                job.on_error(error)
        elif isinstance(error, StoreError):
            log.error("the annotation file refused a change for good: %s", error)
            self.refused.emit(error)
        else:
            log.error("a job on the annotation file failed", exc_info=error)
            self.failed.emit(error)

    @Slot(str)
    def _on_write_stuck(self, problem: str) -> None:
        self._tell(problem=problem)


def _describe(store: AnnotationStore) -> OpenedFile:
    return OpenedFile(
        path=store.path,
        root=store.root,
        pages=tuple(store.pages()),
        trashed=tuple(store.trashed_pages()),
        counts=store.counts(),
        page_counts=store.page_counts(),
        next_word_id=store.next_word_id(),
        history=tuple(store.undo_history()),
        read_only=store.read_only,
    )
