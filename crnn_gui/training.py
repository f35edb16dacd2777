"""Training as the project knows it: where new weights go, what becomes of them, and the way back to older ones."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.run_history import RunHistory
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.trainer import TrainerService
from crnn_gui.settings import Settings
from model.annotations import RunRecord, WeightsRecord
from model.assets import default_weights
from model.checkpoint import weights_hash
from model.errors import TrainingError
from model.events import Decision, Finished, Score
from model.messages import TrainOptions
from model.store import AnnotationStore

LEAST_NEW_WORDS = 20
"""Words verified since the last training that make it worth while to train again, or a tenth of what it had."""

WEIGHTS_SUFFIX = ".weights"
"""The folder of a project's weights is called as its annotation file, with this added."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a person chooses before pressing Train.

    Attributes:
        minutes: time budget of the whole run.
        learning_rate: peak rate, or None to let the trainer choose.
        new_characters: whether characters that the weights lack extend the charset, or leave their words out.
        from_starter: start from the starter weights instead of those in use.
        batch: words a step.
        width: stretch all strips to so many pixels; None leaves each its own width.
        precision: "auto", "fp32" or "bf16".
    """

    minutes: float = 5.0
    learning_rate: float | None = None
    new_characters: Literal["extend", "skip"] = "extend"
    from_starter: bool = False
    batch: int = 32
    width: int | None = None
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class _Switch:
    """A change of weights under way: to which, and what was in use before."""

    name: str
    record: WeightsRecord | None
    path: Path | None


class Training(QObject):
    """Stands between the trainer, which knows nothing of projects, and the project's weights history.

    Signals:
        history_changed: tuple of WeightsRecord, the newest first.
        finished: Finished of the run that ended.
        switched: str, the name of the weights that read from now on.
        failed: exception that ended training, or that no plan can answer for.
    """

    history_changed = Signal(object)
    finished = Signal(object)
    switched = Signal(str)
    failed = Signal(object)

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        trainer: TrainerService,
        predictor: PredictorService,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.trainer = trainer
        self._document = document
        self._store = store
        self._predictor = predictor
        self._settings = settings
        self.runs = RunHistory(document, store, trainer, self)
        self._history: tuple[WeightsRecord, ...] = ()
        self._trains: ProjectInfo | None = None
        self._base: str | None = None
        self._reads_with: Path | None = None
        self._switch: _Switch | None = None
        self._wanted: str | None = None
        self._next: Callable[[], None] | None = None
        document.project_changed.connect(self._on_project_changed)
        trainer.finished.connect(self._on_trainer_finished)
        trainer.failed.connect(self.failed)
        trainer.state_changed.connect(self._on_state_changed)
        predictor.loading_failed.connect(self._on_loading_failed)
        predictor.loaded.connect(self._on_weights_loaded)

    @property
    def history(self) -> tuple[WeightsRecord, ...]:
        """What was trained in this project, the newest first."""
        return self._history

    @property
    def active(self) -> WeightsRecord | None:
        """The project's weights that are in use, or None for the starter weights."""
        return next((record for record in self._history if record.active), None)

    @property
    def reads_with(self) -> Path | None:
        """The weights that the project is read with; None for the starter weights."""
        return self._reads_with

    def plan(self, settings: RunSettings) -> None:
        """Find out what training would use; the trainer tells it."""
        self._begin(settings, is_training=False)

    def start(self, settings: RunSettings) -> None:
        """Train on the verified words, once every edit so far is in the file."""
        self._begin(settings, is_training=True)

    def resume(self) -> None:
        """Go on with the interrupted run, with the words it had."""
        project, run = self._document.project, self.runs.interrupted
        if project is None or run is None or self.is_training:
            return
        options = _options(run, project)
        parents = (record.hash for record in self._history if project.folder / record.path == options.base)
        self._trains, self._base = project, next(parents, None)

        def go_on() -> None:
            self.runs.begin(run)
            self.trainer.start(project.file, options)

        self._when_free(go_on)

    def _when_free(self, act: Callable[[], None]) -> None:
        """Act once the child is free. A plan that is being made is out of date and given up; a run is not."""
        if not self.trainer.is_busy:
            act()
        elif not self.is_training:
            self._next = act
            self.trainer.stop()

    @Slot()
    def _on_state_changed(self) -> None:
        if self._next is not None and not self.trainer.is_busy:
            act, self._next = self._next, None
            QTimer.singleShot(0, self, act)  # everybody hears of this state before the next one

    @property
    def new_words(self) -> int:
        """Verified words that the last training did not have yet."""
        last = next((run for run in self.runs.runs if run.outcome != "failed"), None)
        return max(0, self._document.counts.verified - (last.verified if last else 0))

    @property
    def pays_again(self) -> bool:
        """Whether enough words were verified since the last training for another one."""
        had = self._document.counts.verified - self.new_words
        return not self.trainer.is_busy and self.new_words >= max(LEAST_NEW_WORDS, had // 10)

    def use(self, record: WeightsRecord | None) -> None:
        """Read with these weights from now on; None goes back to the starter weights.

        Weights that cannot be loaded leave those before in use, in the file as well.
        """
        project = self._document.project
        if project is None:
            return
        path = project.folder / record.path if record else None
        if path is not None and not path.is_file():
            self.failed.emit(
                TrainingError(self.tr("The weights {path} are gone, so they cannot be used.").format(path=path))
            )
            return
        name = record.name if record else self.tr("starter weights")
        self._switch = _Switch(name, self.active, self._reads_with)
        if not project.read_only:
            self._store.write(lambda store: _activate(store, record), self._on_history_read)
        self._read_with(path)

    def _begin(self, settings: RunSettings, *, is_training: bool) -> None:
        project = self._document.project
        if project is None or self.is_training:
            return
        base = None if settings.from_starter else self.active
        options = TrainOptions(
            out=weights_folder(project.file, self._settings.value("training/folder"))
            / f"{time.strftime('%Y-%m-%d-%H%M%S')}.safetensors",
            base=project.folder / base.path if base else default_weights(),
            minutes=settings.minutes,
            learning_rate=settings.learning_rate,
            new_characters=settings.new_characters,
            batch=settings.batch,
            width=settings.width,
            precision=settings.precision,
            device=self._settings.value("training/device"),
        )
        self._trains, self._base = project, base.hash if base else None
        verified = self._document.counts.verified

        def ask() -> None:
            if is_training:
                self.runs.begin(_run(options, project, verified))
                self.trainer.start(project.file, options)
            else:
                self.trainer.plan(project.file, options)

        if project.read_only:
            self._when_free(ask)
        else:
            # The child reads the file: what was typed a moment ago has to be in it.
            folder = options.out.parent
            self._store.write(
                lambda _store: _clear_old_runs(folder) if is_training else None, lambda _: self._when_free(ask)
            )

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self.trainer.suspend()  # the project that was left can go on with it
        self._history, self._wanted, self._next = (), None, None
        self._switch = None
        self.history_changed.emit(())
        if project is not None:
            self._store.read(lambda store: tuple(store.weights_history()), self._on_project_history_read)

    def _on_project_history_read(self, history: tuple[WeightsRecord, ...]) -> None:
        self._on_history_read(history)
        project, active = self._document.project, self.active
        path = project.folder / active.path if project and active else None
        if path is not None and not path.is_file():
            told = self.tr("The project's weights {path} are gone; the starter weights read instead.")
            self.failed.emit(TrainingError(told.format(path=path)))
            path = None
        if path != self._reads_with:
            self._read_with(path)

    def _on_history_read(self, history: tuple[WeightsRecord, ...]) -> None:
        self._history = tuple(sorted(history, key=lambda record: -record.created_at))
        self.history_changed.emit(self._history)
        if self._wanted is not None:
            self.use_result(self._wanted)

    def _read_with(self, path: Path | None) -> None:
        self._reads_with = path
        self._predictor.load(path)

    @Slot(object)
    def _on_weights_loaded(self, _weights: object) -> None:
        switch, self._switch = self._switch, None
        if switch is not None:
            self.switched.emit(switch.name)

    @Slot(object)
    def _on_loading_failed(self, _error: Exception) -> None:
        """Go back to what read before: the error itself is told by others.

        A project's own weights that cannot be loaded give way to the starter weights, as there are none before them.
        """
        switch, self._switch = self._switch, None
        if switch is None:
            if self._reads_with is not None:
                self._read_with(None)
            return
        self._reads_with = switch.path  # the predictor has never let go of them
        project = self._document.project
        if project is not None and not project.read_only:
            self._store.write(lambda store: _activate(store, switch.record), self._on_history_read)

    @Slot(object)
    def _on_trainer_finished(self, result: Finished) -> None:
        project = self._trains
        if project is not None and project == self._document.project and result.out and not project.read_only:
            record = _record(result, project, parent=self._base)
            self._store.write(lambda store: _remember(store, record, Path(str(result.out))), self._on_history_read)
        self.finished.emit(result)
        if self.switches_by_itself and result.decision is Decision.BETTER and result.out:
            self.use_result(result.out)

    @property
    def switches_by_itself(self) -> bool:
        """Whether better weights are put to use without asking."""
        return bool(self._settings.value("training/switch") == "automatic")

    def use_result(self, path: str) -> None:
        """Read with the weights a run has written, at once or as soon as they are in the history."""
        project = self._document.project
        if project is None or project != self._trains:
            return
        record = next((one for one in self._history if str(project.folder / one.path) == path), None)
        self._wanted = None if record or project.read_only else path
        if record is not None:
            self.use(record)
        elif project.read_only:
            self._switch = _Switch(Path(path).stem, self.active, self._reads_with)
            self._read_with(Path(path))

    @property
    def is_training(self) -> bool:
        """Whether a run is under way, paused or not."""
        return self.trainer.is_training


def weights_folder(annotation_file: Path, chosen: str = "") -> Path:
    """Return where the weights of a project are kept: beside its annotation file, or in a folder for all projects."""
    beside = annotation_file.with_name(annotation_file.name + WEIGHTS_SUFFIX)
    if not chosen:
        return beside
    # Two projects may have the same name, and each clears what its own old runs have left.
    place = hashlib.sha256(str(annotation_file).encode()).hexdigest()[:8]
    return Path(chosen).expanduser() / f"{annotation_file.parent.name}-{place}{WEIGHTS_SUFFIX}"


def _clear_old_runs(folder: Path) -> None:
    """Remove what runs that were stopped have left to be taken up again: this one starts afresh."""
    for run in folder.glob("*.run"):
        shutil.rmtree(run, ignore_errors=True)


def _run(options: TrainOptions, project: ProjectInfo, verified: int) -> RunRecord:
    """Return the record of a run that starts now; its options can be read back on another day and in another place."""
    base = None if options.base == default_weights() else options.base
    paths = {"out": _stored(options.out, project), "base": base and _stored(base, project)}
    return RunRecord(options.out.stem, time.time(), verified=verified, options=asdict(options) | paths)


def _options(run: RunRecord, project: ProjectInfo) -> TrainOptions:
    """Return how an interrupted run goes on."""
    base = run.options["base"]
    paths = {
        "out": project.folder / run.options["out"],
        "base": project.folder / base if base else default_weights(),
    }
    return TrainOptions(**dict(run.options) | paths | {"resume": True})


def _stored(path: Path, project: ProjectInfo) -> str:
    return (path.relative_to(project.folder) if path.is_relative_to(project.folder) else path).as_posix()


def _record(result: Finished, project: ProjectInfo, *, parent: str | None) -> WeightsRecord:
    assert result.out is not None, "only weights that were written are remembered"
    out = Path(result.out)
    metrics = {
        name: {"words": score.words, "accuracy": score.accuracy, "cer": score.cer}
        for name, score in (
            ("before", result.before),
            ("after", result.after),
            ("general_before", result.general_before),
            ("general_after", result.general_after),
        )
        if isinstance(score, Score)
    }
    verdict = {Decision.BETTER: "better", Decision.REFUSED: "refused", Decision.STOPPED: "stopped"}[result.decision]
    return WeightsRecord(
        hash="",  # reading the file to hash it is the store thread's work
        name=out.stem,
        path=_stored(out, project),
        parent=parent,
        created_at=time.time(),
        metrics={**metrics, "steps": result.steps, "seconds": result.seconds, "verdict": verdict},
        decision=result.reason,
    )


def _remember(store: AnnotationStore, record: WeightsRecord, path: Path) -> tuple[WeightsRecord, ...]:
    store.add_weights(replace(record, hash=weights_hash(path)))
    return tuple(store.weights_history())


def _activate(store: AnnotationStore, record: WeightsRecord | None) -> tuple[WeightsRecord, ...]:
    store.activate_weights(record.hash if record else None)
    return tuple(store.weights_history())
