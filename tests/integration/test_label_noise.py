"""Labels that were given to the wrong crops are found among those that a training calls probably mislabelled."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from model.annotations import LabelledCrop
from model.assets import default_weights
from model.events import Finished
from model.formats import open_dataset
from model.training import TrainConfig, fine_tune
from model.training_plan import plan_for
from tests.helpers.minutes import steps_in
from tests.helpers.spoilt import numbers, passed_on


def assert_found(crops: Sequence[LabelledCrop], *, share: float, minutes: float, out: Path) -> None:
    """Pass a share of the labels on, train, and expect four fifths of them in a list of which they are four fifths."""
    spoilt = passed_on(crops, share, seed=5)
    wrong = {new.key for old, new in zip(crops, spoilt, strict=True) if old.text.lower() != new.text.lower()}
    steps = steps_in(minutes, default_weights(), crops)
    config = TrainConfig(
        out=out, base=default_weights(), steps=steps, gate=False, device="cpu", precision="fp32", threads=1
    )
    *_, finished = fine_tune(plan_for(config, spoilt, val=0.0), config)
    assert isinstance(finished, Finished)
    listed = {suspect.key for suspect in finished.mislabelled}
    told = f"{steps} steps: {len(listed & wrong)} of {len(wrong)} wrong labels among {len(listed)} that are listed"
    assert len(listed & wrong) >= 0.8 * max(len(wrong), len(listed)), told


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_wrong_labels_of_drawn_numbers_are_found(tmp_path: Path) -> None:
    assert_found(numbers(tmp_path / "crops", 160), share=0.05, minutes=0.05, out=tmp_path / "new.safetensors")


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_wrong_labels_of_1000_captchas_are_found(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    crops = list(open_dataset(shared_data("local/captcha_lower")).crops())
    random.Random(1).shuffle(crops)
    assert_found(crops[:1000], share=0.05, minutes=5, out=tmp_path / "new.safetensors")


@pytest.mark.campaign
@pytest.mark.timeout(0)
@pytest.mark.parametrize("share", [0.05, 0.2])
def test_wrong_labels_of_meters_are_found(share: float, shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    crops = list(open_dataset(shared_data("local/sevenseg")).crops())
    assert_found(crops, share=share, minutes=1, out=tmp_path / "new.safetensors")
