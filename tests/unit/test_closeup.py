"""Small writing that the network sees from near, and all the crops that stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from model.closeup import closeup
from model.images import Fit, Preprocessing, to_strip

NEAR = Preprocessing(closeup=True)
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 300, 3), np.uint8))


def drawn(*, height: int = 80, ink: tuple[int, int, int] = (40, 40, 40), noise: int = 0) -> Image.Image:
    """Return bars 20 px high in the middle of a white crop, crossed by a scratch from corner to corner."""
    crop = Image.new("RGB", (300, height), "white")
    pen = ImageDraw.Draw(crop)
    for x in range(60, 240, 20):
        pen.rectangle((x, height // 2 - 10, x + 5, height // 2 + 9), ink)
    pen.line((0, 0, 299, height - 1), "black")
    grain = np.random.default_rng(1).integers(-noise, noise + 1, (height, 300, 3))
    return Image.fromarray(np.clip(np.asarray(crop) + grain, 0, 255).astype(np.uint8))


def test_small_writing_on_an_even_ground_is_seen_from_near() -> None:
    far, near = to_strip(drawn(), Preprocessing()), to_strip(drawn(), NEAR)
    assert near.shape[0] == far.shape[0] == 32
    assert near.shape[1] > 1.5 * far.shape[1], "the crop's ratio follows the rows that are left"
    column = near[:, near.shape[1] * 63 // 300]  # of the first bar
    assert 16 <= (column < 128).sum() <= 26


def test_a_pale_colour_is_told_from_its_ground() -> None:
    pale = drawn(ink=(255, 255, 60))
    far, near = to_strip(pale, Preprocessing()), to_strip(pale, NEAR)
    assert far[16, far.shape[1] * 63 // 300] > 200
    assert near[16, near.shape[1] * 63 // 300] < 100


def test_no_pixel_is_invented_by_a_close_up() -> None:
    assert closeup(drawn(height=80), NEAR).height >= 32
    low = drawn(height=42)
    assert closeup(low, NEAR) is low


@pytest.mark.parametrize("crop", [drawn(noise=40), PHOTO])
def test_other_crops_stay_as_they_are(crop: Image.Image) -> None:
    assert closeup(crop, NEAR) is crop


def test_a_crop_that_its_text_fills_stays_as_it_is() -> None:
    tight = drawn().crop((55, 28, 245, 52)).resize((760, 96), Image.Resampling.NEAREST)
    assert closeup(tight, NEAR) is tight


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 255), st.sampled_from(["L", "RGB"]))
def test_a_close_up_of_any_size_and_ground_is_a_strip(width: int, height: int, level: int, mode: str) -> None:
    crop = Image.new(mode, (width, height), level if mode == "L" else (level, 255 - level, 9))
    ImageDraw.Draw(crop).rectangle((width // 3, height // 3, width // 2, height // 2), 255 - level)
    assert to_strip(crop, NEAR).shape[0] == 32


def test_a_padded_crop_has_no_close_up() -> None:
    with pytest.raises(ValueError, match="close-up"):
        Preprocessing(fit=Fit.PAD, closeup=True)
