"""The part of the store's service that lives in its thread: it owns the annotation file and runs the jobs on it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from crnn_gui.services.store_queue import Job, Queue
from model.errors import StoreCorruptError, StoreError, StoreReplacedError
from model.store import AnnotationStore, Counts
from model.watching import compare

if TYPE_CHECKING:
    from model.annotations import Edit, Page

RETRY_SECONDS = 2.0
SETTLE_MILLISECONDS = 1000
"""After the last job, before the write-ahead log is merged into the file."""

log = logging.getLogger(__name__)


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


class Worker(QObject):
    """Lives in the service's thread and runs the jobs there."""

    done = Signal(object, object)
    failed = Signal(object, object)
    stuck = Signal(str, bool)
    given_up = Signal(object)

    def __init__(self, queue: Queue) -> None:
        super().__init__()
        self._queue = queue
        self._store: AnnotationStore | None = None
        self._opened: AnnotationStore | None = None
        self._timer = QTimer(self)  # a child, so that it moves to the thread with the worker
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.drain)
        self._settle_soon = QTimer(self)
        self._settle_soon.setSingleShot(True)
        self._settle_soon.setInterval(SETTLE_MILLISECONDS)
        self._settle_soon.timeout.connect(self._settle)
        self._told = ""
        self._is_given_up = False

    def open(self, path: Path, *, read_only: bool) -> OpenedFile:
        """Open another file beside the present one, which stays in use until :meth:`swap`."""
        assert self._opened is None, "one file is opened at a time"
        self._opened = AnnotationStore.open(path, create=not read_only, read_only=read_only)
        return _describe(self._opened)

    def swap(self) -> None:
        """Close the present file and use the one that was opened beside it."""
        old, self._store, self._opened = self._store, self._opened, None
        self._is_given_up = False
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
                    self._settle()  # on a full disk, merging the log gives room back
                    wait = RETRY_SECONDS
                if wait > 0:
                    self._timer.start(int(wait * 1000) + 1)
                else:
                    self._settle_soon.start()
                return
            self._run(job)

    def _run(self, job: Job) -> None:
        if self._is_given_up and job.is_write and not job.is_swap:
            self.given_up.emit([job])
            return
        try:
            value = job.run(self)
        except StoreError as error:
            if not (job.is_write and _may_pass(error)):
                self.failed.emit(job, error)
                return
            log.info("the annotation file refuses an edit: %s", error)
            self._queue.put_back(job)
            is_replaced = isinstance(error, StoreReplacedError)
            self.stuck.emit(self._compared(error) if is_replaced else str(error), is_replaced)
        except Exception as error:  # noqa: BLE001 - the border of the thread: it is handed on, whatever it is
            self.failed.emit(job, error)
        else:
            self._told = ""
            self.done.emit(job, value)

    def _compared(self, error: StoreError) -> str:
        """Return what to say of a file that was replaced: the error, and once, how the two versions differ."""
        if not self._told:
            self._told = str(error)
            try:
                with AnnotationStore.look_at(self.store.path) as theirs:
                    self._told += f" {compare(self.store, theirs)}"
            except StoreError as why:
                log.info("what stands there now cannot be read: %s", why)
        return self._told

    def give_up(self, copy: Path | None) -> None:
        """Write nothing more to the present file. What waits goes into a copy of it, or is dropped."""
        writes, replaced = self._queue.take_writes(), self.store
        try:
            if copy is not None:
                # The lock on the place of the old file is ours still, so the copy is finished beside it.
                fresh = copy.with_name(f".saving-{copy.name}")
                replaced.save_copy(fresh)
                with AnnotationStore.open(fresh) as self._store:
                    for job in writes:
                        job.run(self)
                fresh.replace(copy)
                copy.with_name(f".{fresh.name}.lock").unlink(missing_ok=True)
        except Exception as error:
            for job in reversed(writes):
                self._queue.put_back(job)
            if isinstance(error, OSError):
                raise StoreError(f"{copy} cannot be written ({error.strerror}); free some space there.") from error
            raise
        finally:
            self._store = replaced
        self._told = ""
        self._is_given_up = True
        self.given_up.emit(writes)

    @Slot()
    def _settle(self) -> None:
        """Leave all of the project in its one file, for whoever copies or synchronises it meanwhile."""
        if self._store is not None:
            try:
                self._store.settle()
            except StoreError as error:
                log.info("the write-ahead log was not merged: %s", error)

    @Slot()
    def shut(self) -> None:
        """Try what is left once more, close the file and end the thread."""
        self._queue.is_closing = True
        self.drain()
        self._timer.stop()
        self._settle_soon.stop()
        self.swap()
        self.swap()  # a file that was opened and never taken over
        QThread.currentThread().quit()


def _may_pass(error: StoreError) -> bool:
    """Whether a write may succeed later. One that contradicts what the file holds never will."""
    is_elsewhere = isinstance(error.__cause__, sqlite3.OperationalError | OSError)
    return isinstance(error, StoreCorruptError | StoreReplacedError) or is_elsewhere


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
