"""What the store's thread has to do, in order: shared by the GUI thread, which appends, and the worker, which takes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice, takewhile
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crnn_gui.services.store_worker import Worker
    from model.annotations import Box, Edit, Prediction

GESTURE_SECONDS = 0.3


@dataclass(eq=False, slots=True)
class Job:
    """One call on the store. Writes are kept until they succeed; readings end with their error.

    An ``edit`` that waits may still grow by later steps of its gesture. ``predictions`` are those it keeps.
    """

    run: Callable[[Worker], Any]
    on_done: Callable[[Any], None] | None = None
    on_error: Callable[[Exception], None] | None = None
    is_write: bool = False
    edit: Edit | None = None
    predictions: tuple[tuple[int, Box, Prediction], ...] = ()
    gesture: int = 0
    not_before: float = 0.0
    is_swap: bool = False
    generation: int = 0


@dataclass(slots=True)
class Queue:
    """The jobs that wait, shared by the GUI thread, which appends, and the worker, which takes."""

    jobs: deque[Job] = field(default_factory=deque)
    lock: Lock = field(default_factory=Lock)
    is_stuck: bool = False
    is_closing: bool = False

    def append(self, job: Job) -> None:
        with self.lock:
            self.jobs.append(job)

    def merge(self, edit: Edit, gesture: int) -> bool:
        """Fold ``edit`` into the last job when that is an earlier step of the same gesture that has not begun."""
        with self.lock:
            # Predictions may lie between the steps of a drag; those of a box that moved on are dropped by the store.
            last = next((job for job in reversed(self.jobs) if job.edit is not None or not job.is_write), None)
            if not gesture or last is None or last.gesture != gesture or last.edit is None:
                return False
            if last.edit.word_ids != edit.word_ids:
                return False
            last.edit = last.edit.merged(edit)
            last.not_before = time.monotonic() + GESTURE_SECONDS
            return True

    def take(self) -> tuple[Job | None, float]:
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

    def put_back(self, job: Job) -> None:
        with self.lock:
            self.jobs.appendleft(job)
            self.is_stuck = True

    def take_writes(self) -> list[Job]:
        """Take out all that waits to be written to the present file."""
        with self.lock:
            writes = [job for job in takewhile(lambda job: not job.is_swap, self.jobs) if job.is_write]
            for job in writes:
                self.jobs.remove(job)
            self.is_stuck = False
            return writes
