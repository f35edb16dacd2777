"""Plans: who teaches, who is held out, who is left out, and with which characters."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.annotations import Box, LabelledCrop
from model.charset import Charset
from model.errors import TrainingError
from model.events import Cause
from model.images import Preprocessing
from model.planning import TrainingPlan, plan_training


def plan(crops: list[LabelledCrop], **options: Any) -> TrainingPlan:
    options = {"charset": Charset.named("alphanumeric")} | options
    return plan_training(crops, preprocessing=Preprocessing(), frames=lambda width: width // 4, **options)


def words(
    folder: Path, count: int, *, first: int = 0, text: str = "word", part: str | None = None
) -> list[LabelledCrop]:
    """Write one picture a word; the number in its name decides its pixels."""
    crops = []
    for i in range(first, first + count):
        path = folder / f"{i}.png"
        noise = np.random.default_rng(i).integers(0, 256, (16, 32), dtype=np.uint8)
        Image.fromarray(noise).save(path)
        crops.append(LabelledCrop(path.name, path, None, text, part))
    return crops


def page(path: Path, count: int, *, seed: int) -> list[LabelledCrop]:
    """Write one page with ``count`` words."""
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20 * count, 40), dtype=np.uint8)).save(path)
    boxes = [Box.from_bounds(0, 20 * i, 40, 20 * i + 20) for i in range(count)]
    return [LabelledCrop(f"{path.name} word {i}", path, box, "word") for i, box in enumerate(boxes)]


def keys(crops: tuple[LabelledCrop, ...]) -> set[str]:
    return {crop.key for crop in crops}


def test_every_crop_is_on_one_side(tmp_path: Path) -> None:
    crops = words(tmp_path, 60)
    made = plan(crops)
    assert sorted([*made.train, *made.val], key=crops.index) == crops
    assert 8 <= len(made.val) <= 20
    assert made.left_out == ()
    assert made.new_characters == ""


@pytest.mark.parametrize(("count", "held"), [(8, 2), (12, 4), (24, 8), (40, 8)])
def test_small_sets_hold_a_third_out_and_eight_as_soon_as_they_can(tmp_path: Path, count: int, held: int) -> None:
    assert held <= len(plan(words(tmp_path, count)).val) <= max(held, count // 3)


def test_the_same_seed_draws_the_same_and_another_one_differently(tmp_path: Path) -> None:
    crops = words(tmp_path, 60)
    assert plan(crops, seed=3) == plan(crops, seed=3)
    assert keys(plan(crops, seed=3).val) == keys(plan(crops[::-1], seed=3).val)
    assert keys(plan(crops, seed=3).val) != keys(plan(crops, seed=4).val)


def test_who_is_held_out_stays_held_out_when_files_are_added(tmp_path: Path) -> None:
    crops = words(tmp_path, 150)
    before, after = plan(crops, val=0.3), plan([*words(tmp_path, 150, first=1000), *crops], val=0.3)
    assert keys(before.val) <= keys(after.val)
    assert keys(before.train) <= keys(after.train)


def test_a_moved_data_set_is_split_alike(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place / "set").mkdir(parents=True)
    here, there = (plan(words(tmp_path / place / "set", 40)) for place in ("here", "there"))
    assert keys(here.val) == keys(there.val)


@pytest.mark.parametrize("seed", range(5))
def test_a_page_is_never_on_both_sides(tmp_path: Path, seed: int) -> None:
    crops = [crop for i in range(20) for crop in page(tmp_path / f"{i}.png", 5, seed=i)]
    made = plan(crops, seed=seed)
    assert {crop.image for crop in made.train}.isdisjoint(crop.image for crop in made.val)
    assert 8 <= len(made.val) <= 33


def test_the_words_of_a_single_page_are_split(tmp_path: Path) -> None:
    made = plan(page(tmp_path / "form.png", 40, seed=0))
    assert 8 <= len(made.val) <= 13


@pytest.mark.parametrize("seed", range(5))
def test_equal_pixels_stay_on_one_side(tmp_path: Path, seed: int) -> None:
    crops = words(tmp_path, 40)
    for i, crop in enumerate(crops[:20]):
        copy = tmp_path / f"copy{i}.png"
        copy.write_bytes(crop.image.read_bytes())
        crops.append(LabelledCrop(copy.name, copy, None, "word"))
    made = plan(crops, seed=seed, val=0.4)
    sides = {crop.key: side for side in ("train", "val") for crop in getattr(made, side)}
    assert len(sides) == 60
    assert all(sides[f"{i}.png"] == sides[f"copy{i}.png"] for i in range(20))
    assert 8 <= len(made.val) <= 36
    assert keys(plan(crops[::-1], seed=seed, val=0.4).val) == keys(made.val)


def test_one_word_on_every_page_does_not_chain_the_pages(tmp_path: Path) -> None:
    crops = []
    logo = np.random.default_rng(99).integers(0, 256, (20, 40), dtype=np.uint8)
    for i in range(20):
        path = tmp_path / f"{i}.png"
        crops += page(path, 4, seed=i)
        pixels = np.array(Image.open(path))
        pixels[:20] = logo
        Image.fromarray(pixels).save(path)
    made = plan(crops)
    assert 8 <= len(made.val) <= 26
    assert all("word 0" not in crop.key for crop in made.val)
    assert {crop.image for crop in made.train if "word 0" not in crop.key}.isdisjoint(crop.image for crop in made.val)


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.8])
def test_a_fraction_is_held_out_about(tmp_path: Path, fraction: float) -> None:
    assert len(plan(words(tmp_path, 200), val=fraction).val) == pytest.approx(200 * fraction, abs=30)


def test_nothing_is_held_out_on_request(tmp_path: Path) -> None:
    crops = words(tmp_path, 10) + words(tmp_path, 2, first=10, part="val") + words(tmp_path, 2, first=20, part="test")
    made = plan(crops, val=0)
    assert keys(made.train) == keys(tuple(crops[:12]))
    assert made.val == ()


@pytest.mark.parametrize("val", [None, 0.5])
def test_parts_are_kept(tmp_path: Path, val: float | None) -> None:
    train, val_, test = (words(tmp_path, 12, first=20 * i, part=p) for i, p in enumerate(("train", "val", "test")))
    made = plan(train + val_ + test, val=val)
    assert made.train == tuple(train)
    assert made.val == tuple(val_)
    assert made.left_out == ()


def test_a_data_set_with_only_a_train_part_is_split(tmp_path: Path) -> None:
    assert len(plan(words(tmp_path, 40, part="train")).val) >= 8


def test_explicit_crops_are_held_out_and_checked(tmp_path: Path) -> None:
    crops, val = words(tmp_path, 12), words(tmp_path, 3, first=50)
    absent = LabelledCrop("absent.png", tmp_path / "absent.png", None, "word")
    made = plan(crops, val=(*val, absent))
    assert made.train == tuple(crops)
    assert made.val == tuple(val)
    assert [(p.key, p.cause) for p in made.left_out] == [("absent.png", Cause.MISSING)]


def test_unusable_crops_are_left_out_with_one_reason_each(tmp_path: Path) -> None:
    bad = [LabelledCrop("bad", tmp_path / "absent.png", None, ""), *words(tmp_path, 1, first=90, text=" ")]
    made = plan(words(tmp_path, 12) + bad, val=0)
    assert len(made.train) == 12
    assert [(p.key, p.cause) for p in made.left_out] == [("bad", Cause.EMPTY_LABEL), ("90.png", Cause.EMPTY_LABEL)]


def test_warnings_are_told_and_keep_nobody_out(tmp_path: Path) -> None:
    crops = words(tmp_path, 12)
    crops.append(LabelledCrop("twin", crops[0].image, None, "other"))
    made = plan(crops, val=0)
    assert len(made.train) == 13
    assert made.left_out == ()
    assert [p.cause for p in made.warnings] == [Cause.DUPLICATE_CONFLICT] * 2


def test_new_characters_extend_the_charset_from_usable_crops_only(tmp_path: Path) -> None:
    crops = words(tmp_path, 12) + words(tmp_path, 2, first=20, text="é€z")
    crops.append(LabelledCrop("absent.png", tmp_path / "absent.png", None, "ß"))
    made = plan(crops, val=0)
    assert made.new_characters == "é€"
    assert made.charset.characters == Charset.named("alphanumeric").characters + "é€"
    assert len(made.train) == 14


def test_new_characters_can_leave_their_crops_out(tmp_path: Path) -> None:
    made = plan(words(tmp_path, 12) + words(tmp_path, 2, first=20, text="é"), val=0, new_characters="skip")
    assert made.charset == Charset.named("alphanumeric")
    assert made.new_characters == ""
    assert [p.cause for p in made.left_out] == [Cause.UNKNOWN_CHARACTER] * 2


def test_without_a_charset_the_labels_give_it(tmp_path: Path) -> None:
    made = plan(words(tmp_path, 12, text="cafe\u0301"), charset=None)
    assert made.charset == Charset("acfé")
    assert made.new_characters == ""


def test_too_few_crops_are_refused_with_the_counts(tmp_path: Path) -> None:
    crops = words(tmp_path, 7) + words(tmp_path, 3, first=20, text="") + words(tmp_path, 2, first=30, part="test")
    crops.append(LabelledCrop("absent.png", tmp_path / "absent.png", None, "x"))
    with pytest.raises(TrainingError) as caught:
        plan(crops)
    assert str(caught.value) == (
        "Training needs at least 8 usable crops, and 7 of 13 can be used "
        "(3 empty_label, 1 missing, 2 set apart as test)."
    )
    with pytest.raises(TrainingError, match=r"0 of 0 can be used\."):
        plan([])


@pytest.mark.parametrize("val", [1.0, -0.1, math.nan])
def test_impossible_fractions_are_refused(val: float) -> None:
    with pytest.raises(TrainingError, match="share of crops to hold out"):
        plan([], val=val)


def test_a_crop_with_a_new_character_is_kept_and_told_of(tmp_path: Path) -> None:
    crops = words(tmp_path, 12) + words(tmp_path, 1, first=12, text="5€")
    made = plan(crops, val=0)
    assert len(made.train) == 13
    assert made.new_characters == "€"
    assert [(problem.key, problem.cause) for problem in made.warnings] == [("12.png", Cause.UNKNOWN_CHARACTER)]
