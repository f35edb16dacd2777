"""Boxes that snap to the writing they hold."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from model import geometry
from model.annotations import Box
from model.images import read_image
from model.ink import MARGIN_SHARE, cut_sides, snapped

SIGNS = (-1, -1, 1, 1)
WRITING = Box.from_bounds(80, 60, 140, 80)
"""Where the strokes of `page` are."""


def page(ink: object = 20, ground: object = 235, mode: str = "L") -> Image.Image:
    """Return a page with strokes, like "HIIIIII", and another line below."""
    image = Image.new(mode, (220, 160), ground)
    draw = ImageDraw.Draw(image)
    for x in range(80, 140, 8):
        draw.rectangle((x, 60, x + 3, 79), fill=ink)
    draw.rectangle((80, 68, 91, 71), fill=ink)
    draw.rectangle((80, 100, 140, 118), fill=ink)
    return image


def iou(a: Box, b: Box) -> float:
    (l1, t1, r1, b1), (l2, t2, r2, b2) = a.bounds, b.bounds
    both = max(min(r1, r2) - max(l1, l2), 0) * max(min(b1, b2) - max(t1, t2), 0)
    return both / (a.area + b.area - both)


@pytest.mark.parametrize(("ink", "ground"), [(20, 235), (240, 30), (90, 130)])
@pytest.mark.parametrize("loose", [(60, 45, 170, 92), (78, 58, 144, 83), (75, 50, 150, 95)])
def test_c26_box_snaps_to_the_writing_with_a_margin(ink: int, ground: int, loose: tuple[int, int, int, int]) -> None:
    found = snapped(page(ink, ground), Box.from_bounds(*loose))
    assert found is not None
    assert found.is_upright
    margin = round(MARGIN_SHARE * WRITING.height)
    left, top, right, bottom = WRITING.bounds
    assert found.bounds == pytest.approx((left - margin, top - margin, right + margin, bottom + margin), abs=1)


def test_snapping_twice_is_snapping_once() -> None:
    once = snapped(page(), Box.from_bounds(60, 45, 170, 92))
    assert once is not None
    assert snapped(page(), once) == once


def test_a_box_that_cuts_a_character_is_drawn_out_to_its_end() -> None:
    found = snapped(page(), Box.from_bounds(82, 64, 137, 79))
    assert found is not None
    assert found.bounds == pytest.approx((78, 58, 142, 82), abs=1)


def test_a_turned_box_keeps_its_angle() -> None:
    turned_page = page().rotate(-15, center=(110, 70), fillcolor=235)  # Pillow turns against the clock
    loose = geometry.turned(geometry.rectangle((110, 70), 100, 40, 0), 15)
    found = snapped(turned_page, loose)
    assert found is not None
    assert geometry.angle(found) == pytest.approx(15, abs=0.01)
    assert found.width == pytest.approx(64, abs=3)
    assert found.height == pytest.approx(24, abs=3)


def test_where_nothing_stands_out_there_is_no_box() -> None:
    assert snapped(Image.new("L", (200, 100), 128), Box.from_bounds(20, 20, 90, 50)) is None
    noise = Image.effect_noise((200, 100), 6)
    assert snapped(noise, Box.from_bounds(20, 20, 90, 50)) is None


def test_a_box_at_the_edge_of_the_page_stays_on_it() -> None:
    image = Image.new("L", (80, 30), 255)
    ImageDraw.Draw(image).rectangle((0, 0, 40, 20), fill=0)
    found = snapped(image, Box.from_bounds(0, 0, 60, 25))
    assert found is not None
    assert found.bounds == (0, 0, 43, 23)


@pytest.mark.parametrize(
    ("bounds", "sides"),
    [
        ((75, 55, 150, 85), ()),
        ((80, 60, 140, 80), ()),
        ((82, 55, 150, 85), (0,)),
        ((75, 66, 150, 85), (1,)),
        ((75, 55, 138, 85), (2,)),
        ((75, 55, 138, 74), (2, 3)),
    ],
)
def test_sides_that_cut_a_character_are_found(bounds: tuple[int, int, int, int], sides: tuple[int, ...]) -> None:
    assert cut_sides(page(), Box.from_bounds(*bounds)) == sides


def test_what_looks_in_from_other_words_and_rules_is_left_out() -> None:
    image = page()
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 66, 79), fill=20)  # the end of the word before
    draw.rectangle((40, 52, 200, 53), fill=20)  # the rule of a form
    found = snapped(image, Box.from_bounds(63, 50, 150, 85))
    assert found is not None
    assert found.bounds == pytest.approx((78, 58, 142, 82), abs=1)


def test_perturbed_boxes_of_receipts_come_closer_to_what_people_drew(shared_data: Callable[[str], Path]) -> None:
    folder, chance = shared_data("pages/receipts"), random.Random(1)
    before, after = [], []
    for line in (folder / "boxes.jsonl").read_text(encoding="utf-8").splitlines()[:4]:
        row = json.loads(line)
        image = read_image(folder / row["image"])
        for word in chance.sample(row["words"], 12):
            xs, ys = zip(*word["quad"], strict=True)
            drawn = Box.from_bounds(min(xs), min(ys), max(xs), max(ys))
            edges = [
                edge + sign * chance.uniform(0, 0.3) * drawn.height
                for edge, sign in zip(drawn.bounds, SIGNS, strict=True)
            ]
            loose = Box.from_bounds(*edges).clamped(*image.size)
            before.append(iou(loose, drawn))
            after.append(iou(snapped(image, loose) or loose, drawn))
    assert sum(after) / len(after) > sum(before) / len(before) + 0.05
