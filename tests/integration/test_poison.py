"""A data set with everything that is known to make a CRNN's loss nan, among crops that are fine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.annotations import LabelledCrop
from model.charset import Charset
from model.checkpoint import load_weights
from model.events import BadBatch, Cause, Finished, Severity, Started, to_json
from model.formats import open_dataset
from model.networks import NETWORKS
from model.planning import TrainingPlan, plan_training
from model.training import TrainConfig, fine_tune
from tests.helpers.poison import POISON, SOUND, write_poisoned

DIGITS = Charset.named("digits")
NETWORK = NETWORKS["crnn-lite"]


@pytest.fixture
def crops(tmp_path: Path) -> list[LabelledCrop]:
    write_poisoned(tmp_path / "poisoned")
    return list(open_dataset(tmp_path / "poisoned").crops())


def plan_of(crops: list[LabelledCrop]) -> TrainingPlan:
    return plan_training(
        crops,
        charset=DIGITS,
        preprocessing=NETWORK.preprocessing,
        frames=NETWORK.frames,
        val=0.0,
        new_characters="skip",
    )


def test_the_plan_leaves_out_each_crop_with_its_cause(crops: list[LabelledCrop]) -> None:
    plan = plan_of(crops)
    causes = {Path(problem.key).name: problem.cause for problem in plan.left_out}
    assert causes == POISON
    assert all(problem.severity is Severity.ERROR and problem.detail for problem in plan.left_out)
    assert sorted(crop.text for crop in plan.train) == sorted(SOUND)


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "slipped past the plan"])
def test_training_at_an_absurd_rate_names_the_causes_and_ends_finite(
    crops: list[LabelledCrop], tmp_path: Path, planned: bool
) -> None:
    plan = plan_of(crops)
    if not planned:
        plan = replace(plan, train=tuple(crops), left_out=())
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
    # A single pixel or a text that only a person finds too small does not hurt the network: the plan alone knows it.
    assert told >= set(POISON.values()) - (set() if planned else {Cause.TOO_SMALL})
    assert finished.left_out == len(POISON) - (0 if planned else 1)
    assert all(torch.isfinite(value).all() for value in load_weights(out).state.values())
