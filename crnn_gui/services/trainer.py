"""Training as the app sees it: a state, and bundles of events, from a niced child process that lives for one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from threading import Lock

from PySide6.QtCore import QObject, QThread, Signal, Slot

from crnn_gui.services.child import ChildEndedError, ChildProcess
from crnn_gui.services.predictor import failure
from model.errors import KnownError
from model.events import Finished, TrainEvent
from model.messages import (
    Cancel,
    Done,
    Pause,
    Planned,
    PlanSummary,
    PlanTraining,
    Resume,
    Suspend,
    Told,
    Train,
    TrainOptions,
    Usage,
)

BUNDLES_HZ = 20
CLOSE_MILLISECONDS = 2000


def niced_child() -> ChildProcess:
    """Start a child that takes what the rest of the machine leaves."""
    return ChildProcess(background=True)


class TrainerState(StrEnum):
    """Where training stands."""

    IDLE = "idle"
    PLANNING = "planning"
    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"


class _Worker(QObject):
    """Lives in the service's thread and listens to one child after the other."""

    planned = Signal(object)
    events_ready = Signal(object)
    used = Signal(object)
    ended = Signal(object)

    def __init__(self, start_child: Callable[[], ChildProcess]) -> None:
        super().__init__()
        self._start_child = start_child
        self._child: ChildProcess | None = None
        self._lock = Lock()
        self._early: list[object] = []
        self.is_closed = False

    @Slot(object)
    def work(self, request: PlanTraining | Train) -> None:
        """Let a new child work the request off. Ends with ``ended``: None, or the error."""
        error: Exception | None = None
        try:
            child = self._start_child()
            with self._lock:
                self._child = child
                for frame in (request, *self._early):
                    child.send(frame)
            if not self.is_closed:
                error = self._listen(child)
        except ChildEndedError as ended:
            error = ended
        finally:
            self.close()
        self.ended.emit(error)

    def send(self, frame: object) -> None:
        """Hand the child a control frame. Called from the GUI thread, so that it does not wait behind the work."""
        with self._lock:
            if self._child is not None:
                self._child.send(frame)
            else:
                self._early.append(frame)  # the child is being started

    def forget(self) -> None:
        """Forget control frames that came too late for the run before."""
        with self._lock:
            self._early.clear()

    def interrupt(self) -> None:
        """End the child under the worker's hands. Called from the GUI thread, when everything stops."""
        self.is_closed = True
        child = self._child
        if child is not None:
            child.stop()

    def close(self) -> None:
        """Free the child."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.close()

    def _listen(self, child: ChildProcess) -> Exception | None:
        """Pass on what the child tells, its events in bundles, until it is done; return its error, if any."""
        bundle: list[TrainEvent] = []
        sent_at = 0.0
        while True:
            reply = child.receive()
            if isinstance(reply, Told):
                bundle.append(reply.event)
            now = time.monotonic()
            is_step = isinstance(reply, Told) and not isinstance(reply.event, Finished)
            if bundle and (not is_step or now - sent_at >= 1 / BUNDLES_HZ):
                self.events_ready.emit(tuple(bundle))
                bundle, sent_at = [], now
            match reply:
                case Planned():
                    self.planned.emit(reply.plan)
                case Usage():
                    self.used.emit(reply)
                case Done():
                    return None
                case Told():
                    pass
                case _:
                    return failure(reply)


class TrainerService(QObject):
    """Plans and trains on a project's verified words, one run at a time.

    Signals:
        state_changed: TrainerState.
        planned: PlanSummary, after :meth:`plan` and at the beginning of a run.
        events_ready: tuple of TrainEvents, at most 20 times a second.
        finished: Finished, the last event of a run.
        used: Usage of the machine by the run, about once a second.
        unplanned: KnownError, the reason why there is no plan; nobody has asked for a training yet.
        failed: exception that ended training, or any other that ended planning.
    """

    state_changed = Signal(object)
    planned = Signal(object)
    events_ready = Signal(object)
    finished = Signal(object)
    used = Signal(object)
    unplanned = Signal(object)
    failed = Signal(object)
    _asked = Signal(object)

    def __init__(
        self,
        start_child: Callable[[], ChildProcess] = niced_child,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state = TrainerState.IDLE
        self._plan: PlanSummary | None = None
        self._is_training = False
        self._thread = QThread(self)
        self._thread.setObjectName("trainer")
        self._worker = _Worker(start_child)
        self._worker.moveToThread(self._thread)
        self._asked.connect(self._worker.work)
        self._worker.planned.connect(self._on_planned)
        self._worker.events_ready.connect(self._on_events_ready)
        self._worker.used.connect(self.used)
        self._worker.ended.connect(self._on_ended)

    @property
    def state(self) -> TrainerState:
        """Where training stands."""
        return self._state

    @property
    def is_busy(self) -> bool:
        """Whether a child is at work, so that :meth:`plan` and :meth:`start` do nothing."""
        return self._state not in (TrainerState.IDLE, TrainerState.PLANNED)

    @property
    def is_training(self) -> bool:
        """Whether a run is under way, from its own planning to its end; :meth:`plan` alone is none."""
        return self._is_training and self.is_busy

    def plan(self, project: Path, options: TrainOptions) -> None:
        """Find out what training would use, without training."""
        self._ask(PlanTraining(project, options), is_training=False)

    def start(self, project: Path, options: TrainOptions) -> None:
        """Plan afresh, as words may have changed, and train."""
        self._ask(Train(project, options), is_training=True)

    @Slot()
    def pause(self) -> None:
        """Take no further step; what was learnt stays in the child's memory."""
        if self._state is TrainerState.RUNNING:
            self._command(Pause(), TrainerState.PAUSED)

    @Slot()
    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        if self._state is TrainerState.PAUSED:
            self._command(Resume(), TrainerState.RUNNING)

    @Slot()
    def stop(self) -> None:
        """End the run at its next step; ``finished`` follows with what was reached."""
        if self.is_busy and self._state is not TrainerState.STOPPING:
            self._command(Cancel(), TrainerState.STOPPING)

    @Slot()
    def suspend(self) -> None:
        """End the run once its state is written, so that a later one can ``resume`` it; nothing else follows."""
        if self.is_busy:
            self._command(Suspend(), TrainerState.STOPPING)

    def close(self) -> None:
        """End child and thread at once. What the run has saved can be taken up with ``resume``."""
        self._worker.interrupt()
        self._thread.quit()
        if not self._thread.wait(CLOSE_MILLISECONDS):
            self._worker.interrupt()  # the child was started at the very moment of the first call
            self._thread.wait()

    def _ask(self, request: PlanTraining | Train, *, is_training: bool) -> None:
        if self.is_busy:
            return
        if not self._thread.isRunning():
            self._thread.start()
        self._worker.forget()
        self._is_training = is_training
        self._plan = None
        self._set_state(TrainerState.PLANNING)
        self._asked.emit(request)

    def _command(self, frame: object, state: TrainerState) -> None:
        try:
            self._worker.send(frame)
        except ChildEndedError:
            return  # the worker is about to say so
        self._set_state(state)

    def _set_state(self, state: TrainerState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    @Slot(object)
    def _on_planned(self, plan: PlanSummary) -> None:
        self._plan = plan
        if self._is_training and self._state is TrainerState.PLANNING:
            self._set_state(TrainerState.RUNNING)
        self.planned.emit(plan)

    @Slot(object)
    def _on_events_ready(self, events: tuple[TrainEvent, ...]) -> None:
        self.events_ready.emit(events)
        if isinstance(events[-1], Finished):
            self.finished.emit(events[-1])

    @Slot(object)
    def _on_ended(self, error: Exception | None) -> None:
        was_planned = self._plan is not None and not self._is_training and self._state is not TrainerState.STOPPING
        if isinstance(error, KnownError) and not self._is_training:
            self.unplanned.emit(error)
        elif error is not None:
            self.failed.emit(error)
        self._set_state(TrainerState.PLANNED if was_planned and error is None else TrainerState.IDLE)
