"""Gestures on the page as geometry."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crnn_gui.widgets.canvas_tools import (
    LEAST_EDGE_PX,
    Draw,
    Handle,
    Move,
    Resize,
    free_places,
    handle_at,
    handle_points,
    moved_within,
    next_of_stack,
    resized,
    words_at,
    words_within,
)
from model.annotations import Box, Word

SIZE = (400.0, 300.0)
BOX = Box.from_bounds(100, 50, 180, 80)
TILTED = Box(((100, 60), (180, 40), (188, 70), (108, 90)))
places = st.tuples(st.floats(-500, 900), st.floats(-500, 900))


def word(word_id: int, *bounds: float) -> Word:
    return Word(word_id, 1, Box.from_bounds(*bounds))


def test_drag_in_any_direction_draws_the_same_box() -> None:
    assert Draw((10, 20)).box_at((60, 45), SIZE) == Box.from_bounds(10, 20, 60, 45)
    assert Draw((60, 45)).box_at((10, 20), SIZE) == Box.from_bounds(10, 20, 60, 45)


def test_drag_that_is_hardly_one_draws_nothing() -> None:
    assert Draw((10, 20)).box_at((60, 21), SIZE) is None
    assert Draw((10, 20)).box_at((12, 90), SIZE) is None


def test_drag_from_outside_the_page_draws_the_part_that_is_on_it() -> None:
    assert Draw((-30, -30)).box_at((20, 15), SIZE) == Box.from_bounds(0, 0, 20, 15)
    assert Draw((-30, -30)).box_at((-5, -5), SIZE) is None


@given(start=places, end=places)
def test_no_drag_leaves_the_page(start: tuple[float, float], end: tuple[float, float]) -> None:
    drawn = Draw(start).box_at(end, SIZE)
    boxes = [Move(BOX, start).box_at(end, SIZE), Move(TILTED, start).box_at(end, SIZE)]
    for box in [b for b in (drawn, *boxes) if b is not None]:
        left, top, right, bottom = box.bounds
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]


@given(start=places, end=places)
def test_moving_keeps_the_size(start: tuple[float, float], end: tuple[float, float]) -> None:
    box = Move(TILTED, start).box_at(end, SIZE)
    assert box is not None
    assert math.isclose(box.width, TILTED.width)
    assert math.isclose(box.height, TILTED.height)


@given(handle=st.sampled_from(Handle), start=places, end=places)
def test_resizing_keeps_a_box_sound(handle: Handle, start: tuple[float, float], end: tuple[float, float]) -> None:
    upright = Resize(BOX, handle, start).box_at(end, SIZE)
    assert upright is not None
    assert upright.is_upright
    assert min(upright.width, upright.height) >= LEAST_EDGE_PX
    tilted = Resize(TILTED, handle, start).box_at(end, SIZE)
    assert tilted is not None
    assert tilted.area > 0
    still = [i for i in range(4) if i not in handle.value]
    if tilted != TILTED:
        assert all(tilted.points[i] == TILTED.points[i] for i in still)


@pytest.mark.parametrize(
    ("handle", "bounds"),
    [
        (Handle.RIGHT, (100, 50, 187, 80)),
        (Handle.TOP, (100, 45, 180, 80)),
        (Handle.TOP_LEFT, (107, 45, 180, 80)),
        (Handle.BOTTOM_RIGHT, (100, 50, 187, 75)),
    ],
)
def test_grip_moves_its_own_edges_only(handle: Handle, bounds: tuple[float, ...]) -> None:
    assert resized(BOX, handle, (7, -5), size=SIZE).bounds == bounds


def test_each_grip_is_found_where_it_is_drawn() -> None:
    for handle, (x, y) in handle_points(BOX).items():
        assert handle_at(BOX, (x + 2, y - 2), reach=4) is handle
    assert handle_at(BOX, (140, 65), reach=4) is None


def test_corner_wins_where_an_edge_is_as_near() -> None:
    assert handle_at(Box.from_bounds(0, 0, 8, 8), (2, 0), reach=4) is Handle.TOP_LEFT


def test_arrow_keys_stop_at_the_edge_of_the_page() -> None:
    at_edge = Box.from_bounds(0, 0, 40, 20)
    assert moved_within(at_edge, -1, 0, size=SIZE) == at_edge
    assert moved_within(at_edge, 1, 0, size=SIZE).bounds == (1, 0, 41, 20)


def test_big_box_never_hides_a_small_one() -> None:
    big, small = word(1, 0, 0, 200, 100), word(2, 50, 40, 90, 60)
    assert words_at([big, small], (60, 50)) == [small, big]
    assert words_at([big, small], (10, 10)) == [big]


def test_clicking_again_goes_through_the_stack() -> None:
    stack = [word(2, 50, 40, 90, 60), word(1, 0, 0, 200, 100)]
    assert next_of_stack(stack, None) == stack[0]
    assert next_of_stack(stack, 2) == stack[1]
    assert next_of_stack(stack, 1) == stack[0]
    assert next_of_stack([], 1) is None


def test_band_takes_what_it_touches() -> None:
    words = [word(1, 0, 0, 20, 20), word(2, 30, 0, 50, 20), word(3, 30, 30, 50, 50)]
    assert [w.id for w in words_within(words, Box.from_bounds(15, 5, 35, 15))] == [1, 2]


def test_texts_that_would_hide_a_word_or_another_text_are_left_out() -> None:
    line = {1: (0.0, 20.0, 40.0, 30.0), 2: (50.0, 20.0, 90.0, 30.0), 3: (0.0, 34.0, 40.0, 44.0)}
    wanted = {1: (0.0, 6.0, 60.0, 18.0), 2: (50.0, 6.0, 90.0, 18.0), 3: (0.0, 22.0, 40.0, 33.0)}
    assert free_places(wanted, line) == {1}, "2 would hide the text of 1, and 3 the word above it"
    assert free_places({2: wanted[2], 1: wanted[1]}, line) == {2}, "what matters most comes first"
    assert free_places({}, line) == set()


@given(st.lists(st.tuples(*[st.integers(0, 200)] * 2, *[st.integers(1, 60)] * 2), max_size=12))
def test_shown_texts_never_overlap(places: list[tuple[int, int, int, int]]) -> None:
    areas = {i: (float(x), float(y), float(x + w), float(y + h)) for i, (x, y, w, h) in enumerate(places)}
    shown = [areas[i] for i in free_places(areas, {})]
    for n, a in enumerate(shown):
        for b in shown[n + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
