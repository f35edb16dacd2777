"""What becomes of trained weights in a project: history, switching, the way back, foreign files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings

from crnn_gui.services.child import ChildProcess
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.trainer import TrainerService
from crnn_gui.settings import Settings
from crnn_gui.training import RunSettings, Training, weights_folder
from model.annotations import WeightsRecord
from model.events import Decision, Finished, Score
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room

Until = Callable[..., None]


@dataclass
class Bench:
    """Training in a real document, with children whose answers are scripted."""

    room: Room
    training: Training
    predictor: PredictorService
    trainer: TrainerService
    settings: Settings
    reads: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [record.name for record in self.training.history]

    def end_run(self, decision: Decision = Decision.BETTER, *, name: str = "new", write: bool = True) -> str:
        """Let a run end with weights of that name."""
        out = weights_folder(self.room.document.project.file) / f"{name}.safetensors"
        if write:
            out.parent.mkdir(exist_ok=True)
            out.write_bytes(name.encode())
        result = finished(decision, str(out))
        self.trainer.finished.emit(result)
        return str(out)


def finished(decision: Decision, out: str | None) -> Finished:
    before, after = Score(10, 0.5, 0.2), Score(10, 0.9, 0.05)
    return Finished(decision, "measured", out, before, after, None, None, (), (), 0, 9, 0, 1.0, 1.0)


@pytest.fixture
def bench(
    open_room: Callable[[], Room], fake_child: Callable[[], ChildProcess], tmp_path: Path
) -> Iterator[Callable[[Path], Bench]]:
    """Return a function that opens a project for training."""
    made: list[Bench] = []

    def build(project: Path) -> Bench:
        room, predictor, trainer = open_room(), PredictorService(fake_child), TrainerService(fake_child)
        settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        one = Bench(
            room, Training(room.document, room.store, trainer, predictor, settings), predictor, trainer, settings
        )
        made.append(one)
        predictor.loaded.connect(lambda weights: one.reads.append(weights.name))
        one.training.failed.connect(lambda error: one.errors.append(str(error)))
        predictor.load()
        room.document.open_path(project)
        return one

    yield build
    for one in made:
        one.trainer.close()
        one.predictor.stop()


def opened(bench: Callable[[Path], Bench], project: Path, until: Until) -> Bench:
    one = bench(project)
    until(lambda: one.room.document.page_image is not None and one.reads)
    one.training.plan(RunSettings())
    until(lambda: one.trainer.state.value == "planned")
    return one


def with_active_weights(project: Path, name: str) -> Path:
    """Let the project read with weights called so; the file itself is not made."""
    with AnnotationStore.open(project / FILE_NAME) as store:
        store.add_weights(WeightsRecord("0123", name, f"{name}.safetensors", created_at=1.0))
        store.activate_weights("0123")
    return project / f"{name}.safetensors"


def test_better_weights_enter_the_history_and_wait_for_an_answer(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    one = opened(bench, tiny_project, until)
    out = one.end_run()
    until(lambda: one.names == ["new"])
    assert one.training.active is None
    assert one.reads == ["starter"]
    one.training.use_result(out)
    until(lambda: one.reads == ["starter", "new"] and one.training.active is not None)
    assert one.training.active.metrics["after"]["accuracy"] == 0.9
    one.training.use(None)
    until(lambda: one.reads[-1] == "starter" and one.training.active is None)


def test_an_answer_that_comes_before_the_history_is_not_lost(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    one = opened(bench, tiny_project, until)
    one.training.use_result(one.end_run())
    until(lambda: one.reads == ["starter", "new"] and one.training.active is not None)


@pytest.mark.parametrize("decision", [Decision.BETTER, Decision.REFUSED])
def test_only_better_weights_are_put_to_use_without_asking(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until, decision: Decision
) -> None:
    one = opened(bench, tiny_project, until)
    one.settings.set_value("training/switch", "automatic")
    one.end_run(decision)
    until(lambda: one.names == ["new"])
    if decision is Decision.BETTER:
        until(lambda: one.training.active is not None and one.reads[-1] == "new")
    else:
        until(lambda: one.room.store.saved.pending == 0)
        assert one.training.active is None
        assert one.reads == ["starter"]


def test_the_project_reads_with_its_own_weights_after_a_restart(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    with_active_weights(tiny_project, "own").write_bytes(b"weights")
    one = bench(tiny_project)
    until(lambda: one.reads and one.reads[-1] == "own")
    assert one.training.reads_with == tiny_project / "own.safetensors"


def test_weights_that_are_gone_are_named_and_the_starter_weights_read(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    path = with_active_weights(tiny_project, "gone")
    one = bench(tiny_project)
    until(lambda: one.errors)
    assert str(path) in one.errors[0]
    assert "starter" in one.errors[0]
    until(lambda: one.reads == ["starter"])
    assert one.training.reads_with is None


def test_weights_of_another_program_give_way_to_the_starter_weights(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    with_active_weights(tiny_project, "bad").write_bytes(b"of another program")
    one = bench(tiny_project)
    refused: list[str] = []
    one.predictor.loading_failed.connect(lambda error: refused.append(str(error)))
    until(lambda: refused and one.reads and one.reads[-1] == "starter")
    assert one.training.reads_with is None
    assert len(refused) == 1


def test_c21_weights_that_cannot_be_loaded_leave_those_before_in_use(
    bench: Callable[[Path], Bench], tiny_project: Path, until: Until
) -> None:
    one = opened(bench, tiny_project, until)
    refused: list[str] = []
    switched: list[str] = []
    one.predictor.loading_failed.connect(lambda error: refused.append(str(error)))
    one.training.switched.connect(switched.append)
    good = one.end_run(name="good")
    one.training.use_result(good)
    until(lambda: switched == ["good"])
    one.training.use_result(one.end_run(name="bad"))
    until(lambda: refused)
    assert one.training.reads_with == Path(good)
    assert one.predictor.weights.name == "good"
    until(lambda: one.training.active is not None and one.training.active.name == "good")
    assert switched == ["good"]
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        until(lambda: [r.name for r in store.weights_history() if r.active] == ["good"])


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_run_starts_when_every_edit_is_in_the_file(
    bench: Callable[[Path], Bench],
    tiny_project: Path,
    until: Until,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    is_elsewhere: bool,
) -> None:
    one = opened(bench, tiny_project, until)
    seen: list[Any] = []

    def start(project: Path, options: object) -> None:
        with AnnotationStore.open(project, read_only=True) as store:
            seen.append((options, {word.label for word in store.words()}))

    monkeypatch.setattr(one.trainer, "start", start)
    one.settings.set_value("training/device", "cpu")
    one.room.document.set_label(2, "just typed")
    own = tmp_path / "weights"
    one.settings.set_value("training/folder", str(own) if is_elsewhere else "")
    folder = weights_folder(tiny_project / FILE_NAME, str(own) if is_elsewhere else "")
    assert folder.is_relative_to(own if is_elsewhere else tiny_project)
    left_behind = folder / "earlier.safetensors.run"
    left_behind.mkdir(parents=True)
    one.training.start(RunSettings(minutes=2, learning_rate=0.5, new_characters="skip"))
    until(lambda: seen)
    options, labels = seen[0]
    assert "just typed" in labels
    assert (options.minutes, options.learning_rate, options.new_characters) == (2, 0.5, "skip")
    assert options.device == "cpu"
    assert not left_behind.exists()
    assert options.out.parent == folder
    assert weights_folder(tmp_path / "other" / FILE_NAME, str(own)) != folder, "projects never share a folder"


def test_a_result_for_a_project_that_was_left_is_not_remembered(
    bench: Callable[[Path], Bench], tiny_project: Path, tmp_path: Path, until: Until
) -> None:
    one = opened(bench, tiny_project, until)
    other = tmp_path / "other"
    other.mkdir()
    one.room.document.open_path(other)
    until(lambda: one.room.document.project.folder == other)
    out = one.end_run()
    one.training.use_result(out)
    until(lambda: one.room.store.saved.pending == 0)
    assert one.names == []
    assert one.training.reads_with is None
