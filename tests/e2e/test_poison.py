"""A project with everything that makes a CRNN's loss nan, trained in the application at an absurd learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file

from model.formats import open_dataset
from model.importing import import_dataset

SOUND = [f"{17 * i % 1000:03d}" for i in range(12)]
SAID = {
    "too_long.png": "label is too long",
    "nan.tif": "not finite",
    "letter.png": "unknown character",
    "truncated.jpg": "cannot be read",
    "text.jpg": "cannot be read",
    "missing.png": "missing",
    "pixel.png": "too small",
}


def draw_number(path: Path, text: str) -> None:
    image = Image.new("L", (64, 32), 230)
    ImageDraw.Draw(image).text((8, 3), text, fill=20, font=ImageFont.load_default(22))
    image.save(path)


def poisoned(folder: Path) -> Path:
    """Make a project of good and bad words. What no import takes in is spoilt afterwards, as files on a disk are."""
    folder.mkdir()
    for number, text in enumerate(SOUND):
        draw_number(folder / f"{number}.png", text)
    for number, name in enumerate(("too_long.png", "letter.png", "truncated.jpg", "text.jpg", "missing.png")):
        draw_number(folder / name, f"{500 + number}")
    pixels = np.asarray(Image.open(folder / "2.png"), np.float32).copy()
    pixels[4, 4] = math.nan
    Image.fromarray(pixels).save(folder / "nan.tif")
    Image.new("L", (1, 1), 128).save(folder / "pixel.png")
    labels = {f"{number}.png": text for number, text in enumerate(SOUND)} | dict.fromkeys(SAID, "12")
    labels |= {"too_long.png": "1234567890" * 4, "letter.png": "1\u6c342"}
    rows = "".join(f"{name}\t{text}\n" for name, text in labels.items())
    (folder / "labels.tsv").write_text(rows, encoding="utf-8")
    report = import_dataset(open_dataset(folder), folder)
    assert report.added == len(labels), report
    whole = (folder / "truncated.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("this is no photograph")
    (folder / "missing.png").unlink()
    return folder


@pytest.mark.slow
def test_every_cause_is_named_and_the_weights_stay_finite(tmp_path: Path, start: Callable[..., Any]) -> None:
    project = poisoned(tmp_path / "poisoned")
    driven = start("poison", project, minutes=0.2)
    seen = driven.told(seconds=500)
    assert driven.process.wait(30) == 0, driven.output
    for rows in (seen["planned"], seen["trouble"]):
        for name, words in SAID.items():
            assert any(words in row for row in rows), f"{name}: {rows}"
    assert seen["bad_steps"]
    assert any("learning rate is too high" in row for row in seen["trouble"])
    assert seen["news"][0].startswith("Training is over. ")
    assert (seen["dot"], seen["dot_after"]) == (True, False)
    assert seen["arrived"]
    assert seen["followed"].startswith(seen["arrived"])
    [out] = project.rglob("*.safetensors")
    assert all(np.isfinite(values).all() for values in load_file(out).values())
