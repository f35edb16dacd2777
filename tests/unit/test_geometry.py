"""Boxes turned, cut and joined: whatever is done, a box stays a box, and what is turned back is what it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.annotations import Box, Point
from model.geometry import (
    angle,
    convex_hull,
    cut,
    is_rectangle,
    is_sound,
    quadrilateral,
    rectangle,
    smallest_around,
    turned,
    with_corner_moved,
    with_reading_turned,
)

BOX = Box.from_bounds(100, 50, 180, 80)
whole = st.integers(0, 600)
places = st.tuples(st.floats(-500, 900), st.floats(-500, 900))
boxes = st.builds(
    lambda x, y, w, h: Box.from_bounds(x, y, x + w, y + h), whole, whole, st.integers(3, 300), st.integers(3, 90)
)
degrees = st.integers(-180, 180)


def test_angle_is_the_direction_of_the_text() -> None:
    assert angle(BOX) == 0
    assert angle(turned(BOX, 30)) == pytest.approx(30)
    assert angle(with_reading_turned(BOX)) == 90, "clockwise: the text runs down"
    assert angle(with_reading_turned(BOX, 2)) == 180
    assert angle(with_reading_turned(BOX, -1)) == -90


@given(box=boxes, steps=st.lists(st.sampled_from([1, -1, 15, -15, 7]), max_size=40))
def test_turning_back_and_forth_leaves_the_box_as_it_was(box: Box, steps: list[int]) -> None:
    moved = box
    for step in steps:
        moved = turned(moved, step)
        assert is_rectangle(moved)
        assert is_sound(moved)
    for step in steps:
        moved = turned(moved, -step)
    assert moved == box
    assert moved.is_upright


@given(box=boxes, by=degrees)
def test_turning_keeps_sizes_and_centre(box: Box, by: int) -> None:
    moved = turned(box, by)
    assert moved.width == pytest.approx(box.width, abs=0.01)
    assert moved.height == pytest.approx(box.height, abs=0.01)
    assert moved.area == pytest.approx(box.area, rel=0.01, abs=2)


@given(points=st.lists(places, min_size=4, max_size=4))
def test_four_clicks_never_make_a_box_that_crosses_itself(points: list[Point]) -> None:
    box = quadrilateral(points, 3)
    if box is not None:
        assert is_sound(box, 3)
        assert set(box.points) == set(points)
        assert box.points[0] == points[0], "the text begins at the first click"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 3, 2, 1), (0, 2, 1, 3), (0, 1, 3, 2)])
def test_corners_may_be_clicked_in_any_order(order: tuple[int, ...]) -> None:
    assert quadrilateral([BOX.points[i] for i in order]) == BOX


def test_four_clicks_with_one_inside_the_others_are_no_box() -> None:
    assert quadrilateral([(0, 0), (100, 0), (50, 20), (50, 90)]) is None
    assert quadrilateral([(0, 0), (100, 0), (100, 0), (50, 90)]) is None


@given(box=boxes, by=degrees, corner=st.integers(0, 3), to=places)
def test_dragging_a_corner_never_crosses_or_flattens_the_box(box: Box, by: int, corner: int, to: Point) -> None:
    start = turned(box, by)
    moved = with_corner_moved(start, corner, to, 3)
    assert moved == start or is_sound(moved, 3)
    others = [i for i in range(4) if i != corner]
    assert [moved.points[i] for i in others] == [start.points[i] for i in others]


@given(box=boxes, quarters=st.integers(-5, 5))
def test_turning_the_reading_keeps_the_outline(box: Box, quarters: int) -> None:
    moved = with_reading_turned(box, quarters)
    assert set(moved.points) == set(box.points)
    assert is_sound(moved)
    assert with_reading_turned(moved, -quarters) == box


@given(box=boxes, by=degrees, share=st.floats(0.05, 0.95))
def test_the_halves_of_a_cut_box_make_the_whole(box: Box, by: int, share: float) -> None:
    whole_box = turned(box, by)
    left, right = cut(whole_box, share)
    assert left.area + right.area == pytest.approx(whole_box.area, rel=1e-3, abs=2)
    assert left.width == pytest.approx(whole_box.width * share, abs=0.01)
    joined = smallest_around([left, right])
    assert joined.area == pytest.approx(whole_box.area, rel=0.02, abs=2)
    assert abs((angle(joined) - angle(whole_box) + 180) % 360 - 180) < 2 or whole_box.width < 9


def test_upright_words_are_joined_upright() -> None:
    first, second = Box.from_bounds(10, 10, 50, 30), Box.from_bounds(60, 14, 90, 33)
    assert smallest_around([first, second]) == Box.from_bounds(10, 10, 90, 33)


def test_words_on_a_slanted_line_are_joined_along_it() -> None:
    first = rectangle((100, 100), 60, 20, 25)
    step = math.cos(math.radians(25)) * 80, math.sin(math.radians(25)) * 80
    second = first.moved(*step)
    joined = smallest_around([first, second])
    assert angle(joined) == pytest.approx(25, abs=0.1)
    assert (joined.width, joined.height) == pytest.approx((140, 20), abs=0.1)


@given(points=st.lists(st.tuples(whole.map(float), whole.map(float)), min_size=3, max_size=12, unique=True))
def test_every_point_lies_within_the_hull(points: list[Point]) -> None:
    hull = convex_hull(points)
    if len(hull) < 3:
        return
    for x, y in points:
        for (ax, ay), (bx, by) in zip(hull, hull[1:] + hull[:1], strict=True):
            assert (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= -1e-6
