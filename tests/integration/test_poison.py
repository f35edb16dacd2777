"""A data set with everything that is known to make a CRNN's loss nan, among crops that are fine."""

from __future__ import annotations

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from model.annotations import LabelledCrop
from model.charset import Charset
from model.checkpoint import load_weights
from model.events import BadBatch, Cause, Finished, Severity, Started, to_json
from model.formats import open_dataset
from model.networks import NETWORKS
from model.planning import TrainingPlan, plan_training
from model.training import TrainConfig, fine_tune

DIGITS = Charset.named("digits")
NETWORK = NETWORKS["crnn-lite"]
SOUND = [f"{17 * i % 1000:03d}" for i in range(16)]
POISON = {
    "too_long.png": Cause.LABEL_TOO_LONG,
    "repeats.png": Cause.LABEL_TOO_LONG,
    "nan.tif": Cause.NOT_FINITE,
    "empty.png": Cause.EMPTY_LABEL,
    "letter.png": Cause.UNKNOWN_CHARACTER,
    "truncated.jpg": Cause.UNREADABLE,
    "text.jpg": Cause.UNREADABLE,
    "missing.png": Cause.MISSING,
    "pixel.png": Cause.TOO_SMALL,
}


@pytest.fixture
def crops(tmp_path: Path) -> list[LabelledCrop]:
    folder = tmp_path / "poisoned"
    folder.mkdir()
    for i, text in enumerate(SOUND):
        draw_number(folder / f"{i}.png", text)
    for name in ("too_long.png", "empty.png", "letter.png"):
        shutil.copy(folder / "0.png", folder / name)
    Image.open(folder / "1.png").resize((16, 32)).save(folder / "repeats.png")
    pixels = np.asarray(Image.open(folder / "2.png"), np.float32).copy()
    pixels[4, 4] = math.nan
    Image.fromarray(pixels).save(folder / "nan.tif")
    Image.open(folder / "3.png").save(folder / "whole.jpg", quality=95)
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("this is no photograph")
    Image.new("L", (1, 1), 128).save(folder / "pixel.png")
    labels = {f"{i}.png": text for i, text in enumerate(SOUND)} | dict.fromkeys(POISON, "12")
    labels |= {"too_long.png": "1234567890" * 4, "repeats.png": "111", "empty.png": "", "letter.png": "1x2"}
    rows = [f"{name}\t{text}\n" for name, text in labels.items()]
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return list(open_dataset(folder).crops())


def draw_number(path: Path, text: str) -> None:
    image = Image.new("L", (64, 32), 230)
    ImageDraw.Draw(image).text((8, 3), text, fill=20, font=ImageFont.load_default(22))
    image.save(path)


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
