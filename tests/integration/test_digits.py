"""The classic proof that a CTC network converges: 160 synthetic images of digits, learnt by heart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.charset import Charset
from model.evaluation import evaluate
from model.events import Decision, Finished
from model.formats import open_dataset
from model.inference import Recognizer
from model.networks import NETWORKS
from model.planning import plan_training
from model.synth import synthesise
from model.training import TrainConfig, fine_tune


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_160_digit_crops_are_learnt_by_heart(tmp_path: Path) -> None:
    digits, network = Charset.named("digits"), NETWORKS["crnn-lite"]
    synthesise(tmp_path / "digits", count=160, charset=digits, seed=0)
    crops = [replace(crop, part=None) for crop in open_dataset(tmp_path / "digits").crops()]
    assert len(crops) == 160
    plan = plan_training(
        crops, charset=digits, preprocessing=network.preprocessing, frames=network.frames, val=0, seed=0
    )
    assert len(plan.train) == 160
    config = TrainConfig(out=tmp_path / "digits.safetensors", epochs=60, batch=16, augment=False, learning_rate=2e-3)
    *_, finished = fine_tune(plan, replace(config, device="cpu"))
    assert isinstance(finished, Finished)
    assert (finished.decision, finished.bad_batches) == (Decision.BETTER, 0)
    readings = evaluate(Recognizer.load(config.out, device="cpu"), crops).crops
    assert [reading.text for reading in readings] == [reading.truth for reading in readings]
