"""The one thread that owns the annotation file.

The screen shows an edit at once; this service makes it durable and says when it is. What is handed to it is done in
order. A write the file refuses (disk full, folder gone) stays at the head of the queue and is tried again until it
goes through, so nothing is lost while the app lives; readings overtake a write that is stuck, and the edits that
wait are laid over what was read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from crnn_gui.services.store_queue import GESTURE_SECONDS, Job, Queue
from crnn_gui.services.store_worker import OpenedFile, Worker
from model.errors import StoreError
from model.store import AnnotationStore

if TYPE_CHECKING:
    from model.annotations import Box, Edit, PageContent, Prediction

__all__ = ["OpenedFile", "SaveState", "StoreService"]

T = TypeVar("T")

STOP_MILLISECONDS = 5000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SaveState:
    """How much is not in the file yet, and why, in one sentence, when the file refuses it.

    Attributes:
        is_replaced: because another file stands in its place now; see :meth:`StoreService.give_up`.
    """

    pending: int = 0
    problem: str = ""
    is_replaced: bool = False


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
        self._queue = Queue()
        self._pending: list[Job] = []
        self._state = SaveState()
        self._generation = 0
        self._thread = QThread(self)
        self._thread.setObjectName("annotation file")
        self._worker = Worker(self._queue)
        self._worker.moveToThread(self._thread)
        # An edit, and what follows it, is written when all have shown it: two threads in Python hold each other up.
        self._wake_soon = QTimer(self)
        self._wake_soon.setSingleShot(True)
        self._wake_soon.timeout.connect(self._wake)
        self._wake.connect(self._worker.drain)
        self._shut.connect(self._worker.shut)
        self._worker.done.connect(self._on_job_done)
        self._worker.failed.connect(self._on_job_failed)
        self._worker.stuck.connect(self._on_write_stuck)
        self._worker.given_up.connect(self._on_given_up)
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
            told = self.tr("The open project has changes that could not be saved yet. {problem}")
            on_error(StoreError(told.format(problem=self._state.problem)))
            return

        def take_over(opened: OpenedFile) -> None:
            self._generation += 1
            self._post(Job(lambda worker: worker.swap(), is_write=True, is_swap=True))
            on_done(opened)

        self._post(Job(lambda worker: worker.open(path, read_only=read_only), take_over, on_error))

    def close_file(self) -> None:
        """Close the file once everything written is in it."""
        self._generation += 1
        self._post(Job(lambda worker: worker.swap(), is_write=True, is_swap=True))

    def read(
        self,
        job: Callable[[AnnotationStore], T],
        on_done: Callable[[T], None],
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """Run ``job(store)`` in the store's thread. It may overtake writes while the file refuses them."""
        self._post(Job(lambda worker: job(worker.store), on_done, on_error))

    def read_page(self, page_id: int, on_done: Callable[[PageContent], None]) -> None:
        """Read one page, with the edits that are not in the file yet laid over it."""
        self.read(lambda store: store.content(page_id), lambda content: on_done(self._with_pending(content)))

    def write(self, job: Callable[[AnnotationStore], T], on_done: Callable[[T], None] | None = None) -> None:
        """Run ``job(store)`` until the file accepts it, after everything written before."""
        self._post(Job(lambda worker: job(worker.store), on_done, is_write=True))

    def save_predictions(self, readings: Sequence[tuple[int, Box, Prediction]]) -> None:
        """Keep what was read of words, each with the box it was read from."""
        kept = tuple(readings)
        self._post(Job(lambda worker: worker.store.save_predictions(kept), is_write=True, predictions=kept))

    def apply(self, edit: Edit, *, gesture: int = 0) -> bool:
        """Commit ``edit``. Steps of one gesture that follow each other quickly become one transaction.

        Returns:
            Whether the edit joined the transaction of the step before it.
        """
        if self._queue.merge(edit, gesture):
            return True
        due = time.monotonic() + GESTURE_SECONDS if gesture else 0.0
        job = Job(lambda worker: worker.store.apply(job.edit or edit), is_write=True, edit=edit, gesture=gesture)
        job.not_before = due
        self._post(job)
        return False

    def give_up(self, copy: Path | None, on_done: Callable[[], None], on_error: Callable[[Exception], None]) -> None:
        """Let go of a file that was replaced while it was open; nothing is written to what stands there now.

        Args:
            copy: where the version that was open goes, with the edits that wait; None drops those edits.
            on_done: called when another file can be opened, or the same one anew.
            on_error: called with the reason why the copy could not be made; the edits wait on.
        """
        self._post(Job(lambda worker: worker.give_up(copy), lambda _: on_done(), on_error))

    def stop(self) -> None:
        """Try what is left once more, close the file and end the thread. Nobody waits for its answers any more."""
        if self._thread.isRunning():
            self._generation += 1
            self._shut.emit()
            if not self._thread.wait(STOP_MILLISECONDS):
                log.warning("the annotation file did not close within %d ms", STOP_MILLISECONDS)

    def _post(self, job: Job) -> None:
        job.generation = self._generation
        if job.is_write:
            self._pending.append(job)
            self._tell(problem=self._state.problem, is_replaced=self._state.is_replaced)
        self._queue.append(job)
        if job.edit is not None:
            self._wake_soon.start()
        elif not self._wake_soon.isActive():
            self._wake.emit()

    def _with_pending(self, content: PageContent) -> PageContent:
        words, predictions = {word.id: word for word in content.words}, dict(content.predictions)
        for job in self._pending:
            for change in job.edit.changes if job.edit else ():
                before, after = change.before, change.after
                if after is None:
                    words.pop(change.word_id, None)
                elif change.page_id == content.page.id:
                    words[change.word_id] = after
                if before is None or after is None or before.box != after.box:
                    predictions.pop(change.word_id, None)  # it speaks about other pixels
            for word_id, box, prediction in job.predictions:
                if word_id in words and words[word_id].box == box:
                    predictions[word_id] = prediction
        return replace(content, words=tuple(words.values()), predictions=predictions)

    def _tell(self, *, problem: str, is_replaced: bool = False) -> None:
        state = SaveState(len(self._pending), problem, is_replaced)
        if state != self._state:
            self._state = state
            self.saved_changed.emit(state)

    @Slot(object, object)
    def _on_job_done(self, job: Job, value: object) -> None:
        if job.is_write:
            self._pending.remove(job)
            self._tell(problem="")
        if job.on_done is not None and job.generation == self._generation:
            job.on_done(value)

    @Slot(object, object)
    def _on_job_failed(self, job: Job, error: Exception) -> None:
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

    @Slot(str, bool)
    def _on_write_stuck(self, problem: str, is_replaced: bool) -> None:
        self._tell(problem=problem, is_replaced=is_replaced)

    @Slot(object)
    def _on_given_up(self, writes: list[Job]) -> None:
        self._pending = [job for job in self._pending if job not in writes]
        self._tell(problem="")
