from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from model import concluding, specialists, training, training_setup
from model.annotations import LabelledCrop
from model.assets import default_weights
from model.calibration import TEMPERATURES
from model.charset import Charset
from model.checkpoint import Weights, load_weights, save_weights
from model.devices import choose
from model.errors import TrainingError
from model.events import BadBatch, Batch, Cause, Checkpoint, Decision, Epoch, Finished, Started, TrainEvent, to_json
from model.gate import Exam
from model.inference import Recognizer
from model.learner import Learner
from model.material import Material
from model.metrics import expected_calibration_error
from model.networks import NETWORKS, Network
from model.planning import TrainingPlan
from model.specialists import Generalist, joined, specialist_part
from model.training import TrainConfig, fine_tune
from model.training_setup import general_words, prepare
from tests.helpers.tiny import WORDS, Tiny, draw_words


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "tiny", Tiny)


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCrop]:
    """Twenty drawn words, all stretched to one width by the tests' configuration."""
    return draw_words(tmp_path_factory.mktemp("words"))


@pytest.fixture
def plan(crops: list[LabelledCrop]) -> TrainingPlan:
    return TrainingPlan(tuple(crops[:16]), tuple(crops[16:]), (), Charset.from_texts(WORDS))


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        out=tmp_path / "new.safetensors",
        network="tiny",
        steps=12,
        batch=8,
        learning_rate=3e-3,
        width=64,
        augment=False,
        gate=False,
        device="cpu",
        threads=1,
    )


def run(plan: TrainingPlan, config: TrainConfig, **options: Any) -> tuple[list[TrainEvent], Finished]:
    events = list(fine_tune(plan, config, **options))
    for event in events:
        to_json(event)
    finished = events[-1]
    assert isinstance(finished, Finished)
    return events, finished


def of(kind: type, events: list[TrainEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def state_of(path: Path | str) -> dict[str, torch.Tensor]:
    return dict(specialist_part(load_weights(Path(path))).state)


def spoil_batch(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], None], *, key: int = 3) -> None:
    """Spoil the batch that holds the crop of this index, every time."""
    whole = Material.batch

    def batch(self: Material, indices: Any, **options: Any) -> Any:
        made = whole(self, indices, **options)
        if made is not None and key in made.indices:
            spoil(made)
        return made

    monkeypatch.setattr(Material, "batch", batch)


@pytest.fixture(scope="module")
def learnt(crops: list[LabelledCrop], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[TrainEvent]]:
    """Weights that read all twenty words, and what was told while they learnt."""
    plan = TrainingPlan(tuple(crops), tuple(crops[16:]), (), Charset.from_texts(WORDS))
    out = tmp_path_factory.mktemp("base") / "base.safetensors"
    config = TrainConfig(out=out, network="tiny", steps=200, batch=20, learning_rate=0.03, width=64, augment=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(NETWORKS, "tiny", Tiny)
        return out, list(fine_tune(plan, replace(config, device="cpu", threads=1)))


def test_it_learns_and_tells(learnt: tuple[Path, list[TrainEvent]]) -> None:
    out, events = learnt
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert (started.train, started.val, started.steps, started.epochs) == (20, 4, 200, 200)
    batches, epochs = of(Batch, events), of(Epoch, events)
    assert [batch.step for batch in batches] == list(range(1, 201))
    assert batches[-1].loss < 1 < 10 < batches[0].loss
    assert epochs[-1].step == 200
    assert epochs[-1].val_accuracy == 1
    assert [event.kind for event in of(Checkpoint, events)].count("best") == sum(epoch.is_best for epoch in epochs)
    assert finished.decision is Decision.BETTER
    assert finished.after is not None
    assert finished.after.accuracy == 1
    assert finished.out == str(out)
    weights = load_weights(out)
    assert weights.charset == Charset.from_texts(WORDS)
    assert weights.preprocessing.widths == (64,)
    assert weights.metrics["word_accuracy"] == 1
    assert list(out.parent.iterdir()) == [out], "nothing is left beside the weights"


@pytest.mark.parametrize("from_base", [False, True])
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]], from_base: bool
) -> None:
    config = replace(config, steps=6, augment=True, base=learnt[0] if from_base else None)
    states = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        out = config.out.with_name(name)
        run(plan, replace(config, out=out, seed=seed))
        states.append((out.read_bytes(), state_of(out)["fc.weight"]))
    assert states[0][0] == states[1][0]
    assert not torch.equal(states[0][1], states[2][1])


def test_epochs_are_exact_passes(plan: TrainingPlan, config: TrainConfig) -> None:
    events, finished = run(plan, replace(config, steps=None, epochs=3))
    assert sum(batch.crops for batch in of(Batch, events)) == 3 * 16
    assert finished.steps == 6


def test_a_pause_is_not_taken_off_the_time(
    plan: TrainingPlan, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.training.PAUSE_SECONDS", 0.1)
    began = time.monotonic()
    events = fine_tune(plan, config)
    told = [next(events) for _ in range(3)]
    time.sleep(0.5)
    told += events
    finished = told[-1]
    assert isinstance(finished, Finished)
    assert finished.seconds <= time.monotonic() - began - 0.5


def test_minutes_bound_the_run(plan: TrainingPlan, config: TrainConfig) -> None:
    _, finished = run(plan, replace(config, steps=None, minutes=8 / 60))
    assert finished.seconds < 12
    assert finished.steps > 2


def test_a_run_without_a_step_is_refused_as_such(plan: TrainingPlan, config: TrainConfig) -> None:
    _, finished = run(plan, replace(config, steps=None, minutes=1e-4))
    assert finished.steps == 0
    assert finished.decision is Decision.REFUSED
    assert finished.reason == "Nothing was learnt: there was no time for a step, so allow more minutes."
    assert not config.out.exists()


def test_a_run_whose_batches_are_all_bad_is_refused_as_such(
    plan: TrainingPlan, config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in range(len(plan.train)):
        spoil_batch(monkeypatch, lambda batch: batch.images.fill_(math.nan), key=key)
    _, finished = run(plan, replace(config, base=default_weights(), steps=3))
    assert finished.decision is Decision.REFUSED
    assert finished.reason == "Nothing was learnt: every batch was bad."


def test_minutes_bound_the_exams_too(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that takes so long to read that all general words, or all that a router learns from, would fill it."""
    mark, seen = Exam.mark, specialists.seen

    def mark_slowly(self: Exam, *arguments: Any, **options: Any) -> Any:
        time.sleep(0.02 * len(self))
        return mark(self, *arguments, **options)

    def seen_slowly(network: Network, images: torch.Tensor) -> Any:
        time.sleep(0.02 * len(images))
        return seen(network, images)

    monkeypatch.setattr(specialists, "seen", seen_slowly)
    written = [(image, "bad") for image, _ in general_words()[1]]
    monkeypatch.setattr(training_setup, "general_words", lambda: (general_words()[0], written))
    monkeypatch.setattr(Exam, "mark", mark_slowly)
    _, finished = run(plan, replace(config, base=learnt[0], steps=None, minutes=10 / 60))
    assert finished.general_after is not None
    assert finished.general_after.words == 64
    assert finished.steps > 2
    assert finished.seconds < 20


@pytest.mark.parametrize("specialist", [True, False])
def test_time_is_kept_for_a_router_where_there_will_be_one(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]], *, specialist: bool
) -> None:
    config = replace(config, base=learnt[0], steps=None, minutes=2 / 60, specialist=specialist)
    pace = prepare(plan, config, began=time.monotonic(), should_stop=lambda: False, pace=None).pace
    assert (pace.views > 0) == (pace.routing > 0) == specialist


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda batch: batch.images[batch.indices.index(3)].fill_(math.nan), Cause.NOT_FINITE),
        (lambda batch: batch.targets[batch.indices.index(3), :1].fill_(99), Cause.UNKNOWN_CHARACTER),
        (lambda batch: batch.lengths[batch.indices.index(3)].fill_(0), Cause.EMPTY_LABEL),
    ],
)
def test_a_crop_at_fault_is_named_and_left_out(
    plan: TrainingPlan,
    config: TrainConfig,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Any], None],
    cause: Cause,
) -> None:
    spoil_batch(monkeypatch, spoil)
    events, finished = run(plan, config)
    bad = of(BadBatch, events)
    assert len(bad) == 1, "left out after the first time"
    assert (bad[0].cause, bad[0].restored) == (cause, False)
    assert bad[0].offenders[0].key == plan.train[3].key
    assert bad[0].offenders[0].cause is cause
    assert all(o.cause is None and math.isfinite(o.loss) for o in bad[0].offenders[1:])
    assert finished.left_out == finished.bad_batches == 1
    assert all(torch.isfinite(value).all() for value in state_of(finished.out or "").values())


def test_a_run_whose_crops_are_all_at_fault_is_refused_as_such(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in range(len(plan.train)):
        spoil_batch(monkeypatch, lambda batch: batch.images.fill_(math.nan), key=key)
    _, finished = run(plan, replace(config, base=learnt[0]))
    assert finished.left_out == len(plan.train)
    assert finished.decision is Decision.REFUSED
    assert "every batch was bad" in finished.reason


def test_a_label_that_slipped_past_the_plan_is_named(plan: TrainingPlan, config: TrainConfig) -> None:
    long = replace(plan.train[5], text="abcdefgh" * 3)
    plan = replace(plan, train=(*plan.train[:5], long, *plan.train[6:]))
    events, finished = run(plan, config)
    (bad,) = of(BadBatch, events)
    assert bad.cause is Cause.LABEL_TOO_LONG
    assert (bad.offenders[0].frames, bad.offenders[0].frames_needed) == (16, 24)
    assert bad.offenders[0].word_id == 5
    assert finished.decision is not Decision.STOPPED


def test_an_image_that_vanishes_during_the_run_is_named(
    plan: TrainingPlan, config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved.png"
    moved.write_bytes(plan.train[0].image.read_bytes())
    plan = replace(plan, train=(replace(plan.train[0], image=moved), *plan.train[1:]))
    monkeypatch.setattr(training, "prepare", _forgetful(training.prepare, moved))
    events, finished = run(plan, config)
    (bad,) = of(BadBatch, events)
    assert (bad.cause, bad.offenders[0].key) == (Cause.MISSING, plan.train[0].key)
    assert finished.left_out == 1


def _forgetful(prepare: Callable[..., Any], path: Path) -> Callable[..., Any]:
    def forget(*arguments: Any, **options: Any) -> Any:
        setup = prepare(*arguments, **options)
        setup.material.crops._strips.clear()
        path.unlink()
        return setup

    return forget


@pytest.mark.parametrize("tensor", ["fc.weight", "cnn.0.bias"])
def test_weights_that_turn_bad_are_put_back(
    plan: TrainingPlan, config: TrainConfig, monkeypatch: pytest.MonkeyPatch, tensor: str
) -> None:
    learn = Learner.learn

    def learn_and_spoil(self: Learner, batch: Any, crops: Any, *, step: int) -> Any:
        outcome = learn(self, batch, crops, step=step)
        if step == 5:
            with torch.no_grad():
                self.network.state_dict()[tensor].fill_(math.nan)
        return outcome

    monkeypatch.setattr(Learner, "learn", learn_and_spoil)
    events, finished = run(plan, config)
    (bad,) = of(BadBatch, events)
    assert (bad.step, bad.cause, bad.restored) == (7, Cause.BAD_PARAMETERS, True)
    assert tensor in bad.advice
    rates = [batch.learning_rate for batch in of(Batch, events)]
    assert rates[6] < 0.2 * rates[5]
    assert all(torch.isfinite(value).all() for value in state_of(finished.out or "").values())


@pytest.mark.parametrize("steps", [3, 40])
def test_an_absurd_learning_rate_ends_finite_and_is_named(plan: TrainingPlan, config: TrainConfig, steps: int) -> None:
    events, finished = run(plan, replace(config, learning_rate=1e3, steps=steps))
    bad = of(BadBatch, events)
    assert bad
    assert {event.cause for event in bad} == {Cause.LEARNING_RATE}
    assert all(event.restored for event in bad)
    assert finished.steps == steps
    assert all(torch.isfinite(value).all() for value in state_of(finished.out or "").values())


def test_recoveries_end(plan: TrainingPlan, config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(batch: Any) -> None:
        batch.targets.fill_(1)

    spoil_batch(monkeypatch, spoil)
    monkeypatch.setattr(Learner, "_join_gradients", lambda self: math.inf)
    events, finished = run(plan, replace(config, steps=200))
    bad = of(BadBatch, events)
    assert {event.cause for event in bad} == {Cause.EXPLODING_GRADIENT}
    assert [event.restored for event in bad[:4]] == [False, True, False, True]
    assert finished.steps < 200
    assert "given up" in finished.reason
    assert all(torch.isfinite(value).all() for value in state_of(finished.out or "").values())


def test_fine_tuning_keeps_the_base_unless_it_reads_better(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    config = replace(config, base=learnt[0], steps=4, learning_rate=1e-7)
    events, finished = run(plan, replace(config, gate=True))
    assert events[0].accuracy == 1
    refused = config.out.with_name("new.refused.safetensors")
    assert (finished.decision, finished.out) == (Decision.REFUSED, str(refused))
    assert refused.exists()
    assert not config.out.exists()
    assert finished.before is not None
    assert finished.general_before is not None

    _, ungated = run(plan, config)
    assert ungated.decision is Decision.BETTER
    assert config.out.exists()
    assert not refused.exists()
    assert len(load_weights(config.out).ancestry) == 2


def test_the_base_is_judged_by_what_it_reads_at_its_own_width(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    _, finished = run(plan, replace(config, base=learnt[0], steps=1, width=28))
    assert finished.before is not None
    assert finished.after is not None
    assert finished.before.accuracy == 1
    assert finished.after.accuracy < 1
    assert [word.before for word in finished.broken] == [word.truth for word in finished.broken]


def test_without_held_out_words_the_general_ones_are_compared(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    _, finished = run(replace(plan, val=()), replace(config, base=learnt[0], steps=1))
    assert finished.before is finished.after is None
    assert finished.general_before is not None
    assert finished.general_after is not None


def test_words_that_the_charset_cannot_write_are_not_forgotten(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    _, finished = run(plan, replace(config, base=learnt[0], steps=1))
    writable = [text for _, text in general_words()[1] if not plan.charset.unknown(text)]
    assert finished.general_before is not None
    assert finished.general_after is not None
    assert finished.general_before.words == finished.general_after.words == len(writable) > 0


def test_enough_held_out_words_calibrate_what_is_written(
    crops: list[LabelledCrop], plan: TrainingPlan, config: TrainConfig
) -> None:
    many = replace(plan, train=tuple(crops), val=tuple(crops * 5))
    config = replace(config, steps=100, learning_rate=0.03, batch=20)
    run(many, config)
    weights = load_weights(config.out)
    assert weights.temperature in TEMPERATURES
    assert weights.temperature != 1
    warm, plain = (Recognizer(w, device=choose("cpu"), workers=1) for w in (weights, replace(weights, temperature=1.0)))
    read, uncalibrated = ([r.read(crop.image) for crop in crops] for r in (warm, plain))
    assert [p.text for p in read] == [p.text for p in uncalibrated]
    right = [p.text == crop.text for p, crop in zip(read, crops, strict=True)]
    assert 0 < sum(right) < len(right), "the test needs a network that has learnt a part"
    error = expected_calibration_error([p.confidence for p in read] * 5, right * 5)
    assert weights.metrics["ece"] == pytest.approx(error, abs=1e-3)
    assert error < expected_calibration_error([p.confidence for p in uncalibrated] * 5, right * 5)
    again = replace(config, out=config.out.with_name("again.safetensors"))
    run(many, again)
    assert again.out.read_bytes() == config.out.read_bytes()


def test_few_held_out_words_leave_the_temperature_of_the_base(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    base = config.out.with_name("warm.safetensors")
    save_weights(replace(load_weights(learnt[0]), temperature=1.7), base)
    run(plan, replace(config, base=base, steps=4))
    weights = load_weights(config.out)
    assert weights.temperature == 1.7
    assert "ece" not in weights.metrics


def test_new_weights_are_judged_as_a_whole(
    plan: TrainingPlan,
    config: TrainConfig,
    learnt: tuple[Path, list[TrainEvent]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The specialist is spoilt, and a router sends nothing to it: what is told is what the general weights read."""

    def never(generalist: Generalist, specialist: Weights, _own: object, **_options: object) -> Weights:
        router = {"weight": torch.zeros(1, 2 * (48 + 64)), "bias": torch.full((1,), -1.0)}
        return joined(generalist.weights, specialist, router)

    monkeypatch.setattr(concluding, "routed", never)
    events, finished = run(plan, replace(config, base=learnt[0], steps=3, learning_rate=0.3))
    assert of(Epoch, events)[-1].val_accuracy < 1
    assert finished.after
    assert finished.after.accuracy == 1
    assert finished.general_after == finished.general_before
    weights = load_weights(config.out)
    assert weights.metrics["word_accuracy"] == weights.ancestry[-1]["word_accuracy"] == 1
    assert weights.ancestry[-1]["steps"] == 3


def test_new_characters_are_learnt_by_fine_tuning(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    renamed = tuple(replace(crop, text=crop.text.replace("a", "ä")) for crop in (*plan.train, *plan.val))
    extended = TrainingPlan(renamed, renamed[16:], (), plan.charset.extended("ä"), "ä")
    config = replace(config, base=learnt[0], steps=60, batch=20, specialist=False, learning_rate=0.03)
    _, finished = run(extended, config)
    assert finished.before is not None
    assert finished.after is not None
    assert finished.after.accuracy == 1
    assert [reading.truth for reading in finished.fixed] == [crop.text for crop in extended.val if "ä" in crop.text]
    assert not finished.broken


def test_stopping_keeps_the_state_and_writes_only_what_passes(plan: TrainingPlan, config: TrainConfig) -> None:
    asked = iter([False] * 3 + [True] * 9)
    events, finished = run(plan, config, should_stop=lambda: next(asked))
    assert finished.decision is Decision.STOPPED
    assert finished.out is None
    assert not config.out.exists()
    assert finished.steps < config.steps  # type: ignore[operator]
    resumed, finished = run(plan, replace(config, resume=True))
    assert resumed[0].resumed_at == len(of(Batch, events))
    assert finished.steps == config.steps


def test_a_stopped_run_goes_on_to_the_same_specialist_and_router(
    plan: TrainingPlan, config: TrainConfig, learnt: tuple[Path, list[TrainEvent]]
) -> None:
    config = replace(config, base=learnt[0], steps=6, augment=True)
    whole = config.out.with_name("whole.safetensors")
    run(plan, replace(config, out=whole))
    told: list[TrainEvent] = []
    for event in fine_tune(plan, config, should_stop=lambda: len(of(Batch, told)) == 3):
        told.append(event)
    resumed, _ = run(plan, replace(config, resume=True))
    assert resumed[0].resumed_at == 3
    assert config.out.read_bytes() == whole.read_bytes()


def test_closing_the_iterator_ends_the_run(plan: TrainingPlan, config: TrainConfig) -> None:
    threads = torch.get_num_threads()
    events: Iterator[TrainEvent] = fine_tune(plan, replace(config, threads=threads + 1))
    next(events)
    assert torch.get_num_threads() == threads + 1
    events.close()  # type: ignore[attr-defined]
    assert torch.get_num_threads() == threads
    assert not config.out.exists()


def test_a_resume_of_another_run_is_refused(plan: TrainingPlan, config: TrainConfig) -> None:
    asked = iter([False] * 3 + [True] * 9)
    run(plan, config, should_stop=lambda: next(asked))
    with pytest.raises(TrainingError, match="learning rate"):
        run(plan, replace(config, resume=True, learning_rate=1e-4))
    with pytest.raises(TrainingError, match="crops or labels"):
        run(replace(plan, train=plan.train[1:]), replace(config, resume=True))


KILLED = """
import pickle, sys
from model.events import Checkpoint
from model.networks import NETWORKS
from model.training import fine_tune
from tests.helpers.tiny import Tiny
NETWORKS["tiny"] = Tiny
plan, config = pickle.load(sys.stdin.buffer)
for event in fine_tune(plan, config):
    if isinstance(event, Checkpoint) and event.kind == "last":
        sys.stdout.write("saved\\n"); sys.stdout.flush()
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(plan: TrainingPlan, config: TrainConfig) -> None:
    config = replace(config, steps=110, batch=8, augment=True, save_seconds=0.0)
    whole = config.out.with_name("whole.safetensors")
    events, _ = run(plan, replace(config, out=whole))
    assert any(event.kind == "last" for event in of(Checkpoint, events))
    paths = os.pathsep.join(str(Path(__file__).parents[up]) for up in (0, 2))
    environment = os.environ | {"PYTHONPATH": paths}
    command = [sys.executable, "-c", KILLED]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        pickle.dump((plan, config), child.stdin)
        child.stdin.flush()
        assert child.stdout.readline() == b"saved\n"
        child.send_signal(signal.SIGKILL)
    resumed, _ = run(plan, replace(config, resume=True))
    assert resumed[0].resumed_at == 100
    assert config.out.read_bytes() == whole.read_bytes()
