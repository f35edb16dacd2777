"""Everything that is known to make a CRNN's loss nan or its training worthless: planted alone, planted together, named.

Fourteen kinds lie in the crops and their labels, where the plan finds them; the others arise in the network or its
training, each planted in a run of its own and most of them once more in a single run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from model.annotations import LabelledCrop
from model.charset import Charset
from model.checkpoint import load_weights
from model.events import BadBatch, Batch, Cause, Finished, Severity, Started, TrainEvent, to_json
from model.formats import open_dataset
from model.images import Preprocessing
from model.learner import Learner
from model.material import Material
from model.networks import NETWORKS
from model.planning import TrainingPlan, plan_training
from model.training import TrainConfig, fine_tune
from tests.helpers.poison import EXTRA_CHARACTER, POISON, SOUND, SUSPECT, write_poisoned
from tests.helpers.tiny import WORDS, Tiny, draw_words

CHARSET = Charset.named("digits").extended(EXTRA_CHARACTER)
NETWORK = NETWORKS["crnn-lite"]


def crops_of(folder: Path, *names: str) -> list[LabelledCrop]:
    write_poisoned(folder, names or (*POISON, *SUSPECT))
    return list(open_dataset(folder).crops())


def plan_of(crops: list[LabelledCrop]) -> TrainingPlan:
    return plan_training(
        crops,
        charset=CHARSET,
        preprocessing=NETWORK.preprocessing,
        frames=NETWORK.frames,
        val=0.0,
        new_characters="skip",
    )


@pytest.mark.parametrize(("name", "cause"), (POISON | SUSPECT).items())
def test_a_bad_crop_is_named_alone(tmp_path: Path, name: str, cause: Cause) -> None:
    plan = plan_of(crops_of(tmp_path / "poisoned", name))
    found = plan.left_out if name in POISON else plan.warnings
    assert {problem.cause for problem in found} == {cause}
    assert name in {Path(problem.key).name for problem in found}
    assert not (plan.warnings if name in POISON else plan.left_out)


def test_all_bad_crops_are_named_together(tmp_path: Path) -> None:
    plan = plan_of(crops_of(tmp_path / "poisoned"))
    assert {Path(problem.key).name: problem.cause for problem in plan.left_out} == POISON
    assert all(problem.severity is Severity.ERROR and problem.detail for problem in plan.left_out)
    warned = {Path(problem.key).name: problem.cause for problem in plan.warnings}
    assert warned == SUSPECT | {"5.png": Cause.DUPLICATE_CONFLICT}
    assert len(plan.train) == len(SOUND) + len(SUSPECT)
    (lookalike,) = (problem for problem in plan.left_out if "lookalike" in problem.key)
    assert "'3' for" in lookalike.detail


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "slipped past the plan"])
def test_training_at_an_absurd_rate_names_the_causes_and_ends_finite(tmp_path: Path, planned: bool) -> None:
    crops = crops_of(tmp_path / "poisoned")
    plan = plan_of(crops)
    if not planned:
        plan = replace(plan, train=tuple(crops), left_out=(), warnings=())
    out = tmp_path / "new.safetensors"
    config = TrainConfig(out=out, options={"hidden": 16}, epochs=6, batch=4, learning_rate=1e3, device="cpu")
    events = list(fine_tune(plan, replace(config, gate=False, threads=1)))
    for event in events:
        to_json(event)
    started, finished = events[0], events[-1]
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    bad = [event for event in events if isinstance(event, BadBatch)]
    told = {problem.cause for problem in started.left_out} | {event.cause for event in bad}
    assert Cause.LEARNING_RATE in {event.cause for event in bad}
    # What only a person finds too small or too plain does not hurt the network: the plan alone knows it.
    harmless = {Cause.TOO_SMALL, Cause.CONSTANT}
    assert told >= set(POISON.values()) - (set() if planned else harmless)
    assert finished.left_out == len(POISON) - (0 if planned else len(harmless))
    assert all(torch.isfinite(value).all() for value in load_weights(out).state.values())


class Overflow(torch.autograd.Function):
    """Passes numbers on, and gradients that are not finite back."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return states.clone()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return gradient * math.inf


class Fragile(Tiny):
    """A network with a switch for each thing that can go wrong inside."""

    trouble = ""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        trouble = self.trouble if self.training else ""
        if trouble == "memory":
            raise torch.OutOfMemoryError("planted")
        logits = super().forward(images)
        if trouble == "half" and torch.is_autocast_enabled("cpu"):
            logits = logits * math.inf
        return Overflow.apply(logits) if trouble == "gradient" else logits


class Strided(Tiny):
    """A network with a pooling that passes over every other row."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self.cnn.insert(0, nn.MaxPool2d((1, 1), (2, 1)))
        self.cnn.insert(0, nn.Upsample(scale_factor=(2.0, 1.0)))


class Raw(Tiny):
    """A network that is given pixels as they are."""

    preprocessing = Preprocessing(mean=(0.0,), std=(1 / 255,))


@dataclass(frozen=True)
class Run:
    """A sound run in which trouble can be planted."""

    plan: TrainingPlan
    config: TrainConfig
    patch: pytest.MonkeyPatch

    def with_batch(self, spoil: Callable[[Any], None], at: int) -> None:
        """Spoil the ``at``-th batch that is made, before the network sees it."""
        whole, made = Material.batch, iter(range(10**6))

        def batch(material: Material, indices: Any, **options: Any) -> Any:
            result = whole(material, indices, **options)
            if next(made) == at:
                spoil(result)
            return result

        self.patch.setattr(Material, "batch", batch)

    def with_learner(self, troubles: Mapping[int, Callable[[Learner], None]]) -> None:
        """Do something to the learner before it takes certain steps; a switch that is thrown lasts for one step."""
        whole = Learner.learn

        def learn(learner: Learner, batch: Any, crops: Any, *, step: int) -> Any:
            Fragile.trouble = ""
            if step in troubles:
                troubles[step](learner)
            return whole(learner, batch, crops, step=step)

        self.patch.setattr(Learner, "learn", learn)

    def told(self, **options: Any) -> tuple[set[Cause], list[TrainEvent]]:
        """Train, and return every cause that was told during the run."""
        events = list(fine_tune(self.plan, replace(self.config, **options)))
        started, finished = events[0], events[-1]
        assert isinstance(started, Started)
        assert isinstance(finished, Finished)
        assert finished.out
        assert all(torch.isfinite(value).all() for value in load_weights(Path(finished.out)).state.values())
        return {e.cause for e in events if isinstance(e, BadBatch)} | {p.cause for p in started.warnings}, events


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for network in (Fragile, Strided, Raw):
        monkeypatch.setitem(NETWORKS, network.__name__.lower(), network)
        monkeypatch.setattr(network, "name", network.__name__.lower())
    monkeypatch.setattr(Fragile, "trouble", "")
    crops = draw_words(tmp_path)
    plan = TrainingPlan(tuple(crops), tuple(crops), (), Charset.from_texts(WORDS))
    config = TrainConfig(
        out=tmp_path / "new.safetensors",
        network="fragile",
        steps=16,
        batch=10,
        learning_rate=1e-3,
        width=64,
        augment=False,
        gate=False,
        device="cpu",
        precision="fp32",
        threads=1,
    )
    return Run(plan, config, monkeypatch)


def plant_pixels(batch: Any) -> None:
    batch.images[0] = math.nan


def plant_target(batch: Any) -> None:
    batch.targets[0, 0] = 99


def plant_weights(learner: Learner) -> None:
    with torch.no_grad():
        learner.network.get_parameter("fc.weight").fill_(math.nan)


def plant(trouble: str) -> Callable[[Learner], None]:
    return lambda _learner: setattr(Fragile, "trouble", trouble)


def plant_silence(learner: Learner) -> None:
    for network in (learner.network, learner.average):
        with torch.no_grad():
            network.get_parameter("fc.bias")[0] = 30


def test_a_sound_run_tells_nothing(run: Run) -> None:
    causes, events = run.told()
    assert causes == set()
    assert events[-1].mislabelled == ()  # type: ignore[union-attr]


IN_A_BATCH = {plant_pixels: Cause.NOT_FINITE, plant_target: Cause.UNKNOWN_CHARACTER}
IN_THE_NETWORK = {
    plant_weights: Cause.BAD_PARAMETERS,
    plant("memory"): Cause.BATCH_TOO_LARGE,
    plant("gradient"): Cause.EXPLODING_GRADIENT,
}
IN_THE_SET_UP: list[tuple[dict[str, Any], Cause]] = [
    ({"network": "strided"}, Cause.POOL_STRIDE),
    ({"network": "raw"}, Cause.NOT_NORMALISED),
    ({"network": "crnn-lite", "options": {"init": "normal"}, "steps": 12}, Cause.INITIAL_VALUES),
    ({"learning_rate": 1e3}, Cause.LEARNING_RATE),
]
APART = (Cause.HALF_PRECISION, Cause.COLLAPSED, "mislabelled")
"""Those with a test of their own."""


def test_there_are_twenty_kinds() -> None:
    assert sum(map(len, (POISON, SUSPECT, IN_A_BATCH, IN_THE_NETWORK, IN_THE_SET_UP, APART))) >= 20


@pytest.mark.parametrize(("spoil", "cause"), IN_A_BATCH.items())
def test_trouble_in_a_batch_is_named(run: Run, spoil: Callable[[Any], None], cause: Cause) -> None:
    run.with_batch(spoil, at=4)
    assert run.told()[0] == {cause}


@pytest.mark.parametrize(("spoil", "cause"), IN_THE_NETWORK.items())
def test_trouble_in_the_network_is_named(run: Run, spoil: Callable[[Learner], None], cause: Cause) -> None:
    run.with_learner({4: spoil})
    causes, events = run.told()
    assert causes == {cause}
    (bad,) = (event for event in events if isinstance(event, BadBatch))
    assert bad.step == 5
    if cause is Cause.EXPLODING_GRADIENT:
        assert "at fc.bias" in bad.advice


@pytest.mark.parametrize(("options", "cause"), IN_THE_SET_UP)
def test_trouble_in_the_set_up_is_named(run: Run, options: dict[str, Any], cause: Cause) -> None:
    assert run.told(**options)[0] == {cause}


def test_half_precision_that_overflows_is_named_and_left(run: Run) -> None:
    whole = Learner.learn

    def learn(learner: Learner, *arguments: Any, **options: Any) -> Any:
        Fragile.trouble = "half"
        return whole(learner, *arguments, **options)

    run.patch.setattr(Learner, "learn", learn)
    causes, events = run.told(precision="bf16")
    assert causes == {Cause.HALF_PRECISION}
    assert sum(isinstance(event, BadBatch) for event in events) == 1, "from then on it computes in full precision"


def test_a_collapse_is_named_and_undone(run: Run) -> None:
    """The network reads a part of the words, and then nothing any more."""
    run.with_learner({79: plant_silence})  # just before an evaluation
    causes, events = run.told(steps=100, learning_rate=0.03, batch=20)
    assert causes == {Cause.COLLAPSED}
    (bad,) = (event for event in events if isinstance(event, BadBatch))
    assert bad.restored
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.after is not None
    assert finished.after.cer < 1


@pytest.mark.parametrize(("steps", "rate", "by_heart"), [(10, 1e-4, False), (400, 0.01, True)])
def test_swapped_labels_are_listed_as_probably_mislabelled(
    run: Run, steps: int, rate: float, *, by_heart: bool
) -> None:
    base = run.config.out.with_name("base.safetensors")
    run.told(steps=150, learning_rate=0.03, batch=20, out=base)
    swapped = list(run.plan.train)
    for here, there in ((3, 14), (14, 3)):
        swapped[here] = replace(swapped[here], text=WORDS[there])
    learner = replace(run, plan=replace(run.plan, train=tuple(swapped)))
    _, events = learner.told(base=base, steps=steps, learning_rate=rate, batch=20)
    assert ([event.accuracy for event in events if isinstance(event, Batch)][-1] == 1) is by_heart
    finished = events[-1]
    assert isinstance(finished, Finished)
    readings = {suspect.word_id: suspect.reading for suspect in finished.mislabelled}
    if by_heart:  # then the old weights tell what else these crops may say
        assert readings.keys() == {3, 14}
        assert all(reading != swapped[i].text for i, reading in readings.items())
    else:
        assert readings == {3: WORDS[3], 14: WORDS[14]}


def test_troubles_in_one_run_are_told_apart(run: Run) -> None:
    """One after another, with a pooling and pixels that are wrong from the start."""
    everything = type("Everything", (Fragile, Strided, Raw), {"name": "everything"})
    run.patch.setitem(NETWORKS, "everything", everything)
    run.with_batch(plant_pixels, at=2)
    run.with_learner(dict(zip((4, 6, 8), IN_THE_NETWORK, strict=True)))
    from_the_start = {Cause.POOL_STRIDE, Cause.NOT_NORMALISED}
    assert run.told(network="everything")[0] == {Cause.NOT_FINITE, *IN_THE_NETWORK.values()} | from_the_start
