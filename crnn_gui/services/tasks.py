"""Short jobs off the GUI thread: listing a folder, decoding an image, exporting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QThread, QThreadPool, Signal, Slot

T = TypeVar("T")

log = logging.getLogger(__name__)


class Task:
    """One job in the pool: the job looks at :attr:`is_cancelled` and reports, its owner cancels.

    A cancelled task calls nothing back, so a receiver never hears of work it has given up.
    """

    def __init__(self, title: str, report: Callable[[Task, object], None]) -> None:
        self.title = title
        self.on_done: Callable[[Any], None] | None = None
        self.on_error: Callable[[Exception], None] | None = None
        self.on_progress: Callable[[Any], None] | None = None
        self._report = report
        self._cancelled = Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether the result is no longer wanted. Long jobs look often and return early."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Give the job up. Callable from any thread."""
        self._cancelled.set()

    def report(self, value: object) -> None:
        """Hand a part of the result to ``on_progress`` in the GUI thread. Called by the job."""
        self._report(self, value)


class Tasks(QObject):
    """A thread pool whose results come back to the GUI thread.

    Signals:
        running_changed: tuple of the titled tasks that are under way, for the status bar.
        failed: an exception of a task that gave no ``on_error``.
    """

    running_changed = Signal(object)
    failed = Signal(object)
    _told = Signal(object, object)
    _ended = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        # Image decoding releases the GIL; more threads than this only compete with the GUI thread for the cores.
        self._pool.setMaxThreadCount(max(2, min(4, QThread.idealThreadCount() - 1)))
        self._running: list[Task] = []
        self._told.connect(self._on_told)
        self._ended.connect(self._on_ended)

    @property
    def running(self) -> tuple[Task, ...]:
        """The titled tasks under way, oldest first."""
        return tuple(task for task in self._running if task.title)

    def run(
        self,
        job: Callable[[Task], T],
        on_done: Callable[[T], None] | None = None,
        on_error: Callable[[Exception], None] | None = None,
        *,
        on_progress: Callable[[Any], None] | None = None,
        title: str = "",
        priority: int = 0,
    ) -> Task:
        """Run ``job(task)`` in the pool.

        Args:
            job: runs in a pool thread; it must not touch widgets or the document.
            on_done: gets the job's result, in the GUI thread.
            on_error: gets the exception that ended it, in the GUI thread; without it :attr:`failed` is emitted.
            on_progress: gets each value the job reports, in the GUI thread.
            title: names the task in the status bar; untitled ones are not shown.
            priority: higher starts earlier among those that wait.
        """
        task = Task(title, self._told.emit)
        task.on_done, task.on_error, task.on_progress = on_done, on_error, on_progress
        self._running.append(task)
        if title:
            self.running_changed.emit(self.running)
        self._pool.start(lambda: self._work(task, job), priority)
        return task

    def stop(self) -> None:
        """Cancel everything and wait for the jobs to notice."""
        for task in self._running:
            task.cancel()
        self._pool.clear()
        self._pool.waitForDone()
        self._running.clear()

    def _work(self, task: Task, job: Callable[[Task], object]) -> None:
        if task.is_cancelled:
            self._ended.emit(task, None, None)
            return
        try:
            value = job(task)
        except Exception as error:  # noqa: BLE001 - the border of the thread: it is handed on, whatever it is
            self._ended.emit(task, None, error)
        else:
            self._ended.emit(task, value, None)

    @Slot(object, object)
    def _on_told(self, task: Task, value: object) -> None:
        if task.on_progress is not None and not task.is_cancelled:
            task.on_progress(value)

    @Slot(object, object, object)
    def _on_ended(self, task: Task, value: object, error: Exception | None) -> None:
        if task in self._running:
            self._running.remove(task)
        if task.title:
            self.running_changed.emit(self.running)
        if task.is_cancelled:
            return
        if error is None:
            if task.on_done is not None:
                task.on_done(value)
        elif task.on_error is not None:
            task.on_error(error)
        else:
            log.error("a task failed: %s", task.title, exc_info=error)
            self.failed.emit(error)
