"""The training runs of a project: each is kept from its start on, so that none is lost however the program ends."""

from __future__ import annotations

import math
import time
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.curves import Curves
from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.services.child import ChildEndedError
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.trainer import TrainerService, TrainerState
from crnn_gui.wording import counted
from model.annotations import RunRecord
from model.events import BadBatch, Checkpoint, Epoch, Finished, Started, TrainEvent
from model.run_state import RunFolder
from model.store import AnnotationStore

MOST_LINES = 2000
"""Lines of a run's log: a run that diverges has a bad batch at every step."""


class RunHistory(QObject):
    """Keeps the run that is under way and knows the earlier ones.

    Signals:
        changed: tuple of RunRecord, the newest first.
        logged: str, a line that the run under way has just added to its log.
    """

    changed = Signal(object)
    logged = Signal(str)

    def __init__(
        self, document: ProjectDocument, store: StoreService, trainer: TrainerService, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._store = document, store
        self._runs: tuple[RunRecord, ...] = ()
        self._resumable: RunRecord | None = None
        self._current: RunRecord | None = None
        self._curves = Curves()
        self._started: Started | None = None
        self._trouble: list[BadBatch] = []
        document.project_changed.connect(self._on_project_changed)
        trainer.events_ready.connect(self._on_events_ready)
        trainer.failed.connect(self._on_failed)
        trainer.state_changed.connect(self._on_state_changed)

    @property
    def runs(self) -> tuple[RunRecord, ...]:
        """All runs, the newest first."""
        return self._runs

    @property
    def interrupted(self) -> RunRecord | None:
        """The newest run, if it was interrupted and can be taken up again."""
        return self._resumable

    @property
    def under_way(self) -> RunRecord | None:
        """The run that goes on now, with its curves so far."""
        return self._current and replace(self._current, curves=self._curves.to_json())

    @property
    def started(self) -> Started | None:
        """What the run that goes on now has told at its beginning; None before that."""
        return self._started if self._current is not None else None

    @property
    def trouble(self) -> tuple[TrainEvent, ...]:
        """What the run that goes on now has told of its crops and batches, for a list that has not heard it."""
        started = self.started
        return (started, *self._trouble) if started is not None else ()

    def begin(self, run: RunRecord) -> None:
        """Keep a run that starts, or goes on, now."""
        self._current, self._started, self._trouble = run, None, []
        self._curves = Curves.from_json(run.curves)
        self._resumable = None
        self._save()

    def give_up(self) -> None:
        """Let the interrupted run be; what it left is removed."""
        run, project = self._resumable, self._document.project
        if run is None or project is None:
            return
        state = state_of(run, project)
        ended = replace(
            run, ended_at=time.time(), outcome="stopped", reason=self.tr("It was interrupted and given up.")
        )

        self._store.write(lambda _store: state.clear())
        self._resumable = None
        self._keep(ended)

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._current = self._resumable = None
        self._runs = ()
        self.changed.emit(())
        if project is None:
            return

        def told(found: tuple[tuple[RunRecord, ...], bool]) -> None:
            self._runs, is_resumable = found
            self._resumable = self._runs[0] if is_resumable else None
            self.changed.emit(self._runs)

        def read(store: AnnotationStore) -> tuple[tuple[RunRecord, ...], bool]:
            runs = tuple(store.runs())
            return runs, bool(runs) and runs[0].ended_at is None and state_of(runs[0], project).last.exists()

        self._store.read(read, told)

    @Slot(object)
    def _on_events_ready(self, events: tuple[TrainEvent, ...]) -> None:
        if self._current is None:
            return
        self._curves.append(events)
        self._started = next((event for event in events if isinstance(event, Started)), self._started)
        self._trouble += [event for event in events if isinstance(event, BadBatch)][: MOST_LINES - len(self._trouble)]
        lines = [line for event in events if (line := log_line(event))]
        room = MOST_LINES - len(self._current.log)
        self._current = replace(self._current, log=(*self._current.log, *lines[:room]))
        for line in lines:
            self.logged.emit(line)
        last = events[-1]
        if isinstance(last, Finished):
            self._end(last.decision.value, last.reason)
        elif any(isinstance(event, Started | Epoch | Checkpoint) for event in events):
            self._save()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        """Note the end, except where the child is gone: then the run goes on from its last state."""
        if self._current is not None and not isinstance(error, ChildEndedError):
            self._end("failed", str(error))

    @Slot(object)
    def _on_state_changed(self, state: TrainerState) -> None:
        project = self._document.project
        if state is not TrainerState.IDLE or self._current is None or project is None:
            return
        if not state_of(self._current, project).last.exists():
            self._end("stopped", self.tr("It was stopped before anything was learnt."))
            return
        self._resumable = self._save()
        self._current = None
        self.changed.emit(self._runs)

    def _end(self, outcome: str, reason: str) -> None:
        assert self._current is not None, "a run is under way"
        self._current = replace(self._current, ended_at=time.time(), outcome=outcome, reason=reason)
        self._save()
        self._current = None

    def _save(self) -> RunRecord:
        assert self._current is not None, "a run is under way"
        self._current = replace(self._current, curves=self._curves.to_json())
        self._keep(self._current)
        return self._current

    def _keep(self, run: RunRecord) -> None:
        if not self._document.read_only:
            self._store.write(lambda store: store.save_run(run))
        self._runs = (run, *(one for one in self._runs if one.name != run.name))
        self.changed.emit(self._runs)


def state_of(run: RunRecord, project: ProjectInfo) -> RunFolder:
    """Return where a run keeps its state until it is over."""
    return RunFolder.of(project.folder / str(run.options["out"]))


def log_line(event: TrainEvent) -> str:
    """Return what an event is to a reader of the log; nothing for a batch like any other."""
    match event:
        case Started():
            begun = f"goes on at step {event.resumed_at:,}" if event.resumed_at else "begins"
            words = f"{counted(event.train, 'word')} to learn from, {counted(event.val, 'word')} held out"
            how = f"batches of {event.batch}, rate {event.learning_rate:.1e}, {event.network} on {event.device}"
            return f"Training {begun}: {words}; {event.steps:,} steps, {how}."
        case Epoch():
            best = ", the best so far" if event.is_best else ""
            held_out = f"held-out {event.val_accuracy:.1%} right, {event.val_cer:.1%} character errors{best}"
            told = held_out.replace("%", " %") if math.isfinite(event.val_accuracy) else "no words held out"
            return f"{_at(event.seconds)}  Step {event.step:,}, epoch {event.epoch}: loss {event.loss:.3f}, {told}."
        case BadBatch():
            return f"{_at(event.seconds)}  Step {event.step:,}: bad batch. {event.advice}"
        case Checkpoint(kind="last"):
            return f"{_at(event.seconds)}  Step {event.step:,}: state written."
        case Finished():
            return f"{_at(event.seconds)}  The end: {event.decision.value}. {event.reason}"
        case _:
            return ""


def _at(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
