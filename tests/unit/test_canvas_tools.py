"""Gestures on the page as geometry."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crnn_gui.widgets.canvas_tools import (
    LEAST_EDGE_PX,
    Change,
    DragCorner,
    Draw,
    Handle,
    Move,
    Resize,
    Turn,
    free_places,
    handle_at,
    handle_points,
    moved_within,
    next_of_stack,
    resized,
    turn_handle_ends,
    turned_within,
    words_at,
    words_within,
)
from model.annotations import Box, Point, Word
from model.geometry import angle, is_rectangle, is_sound, rectangle, rotated

SIZE = (400.0, 300.0)
BOX = Box.from_bounds(100, 50, 180, 80)
TILTED = rectangle((140, 65), 80, 30, -14)
LEANING = Box(((100, 60), (200, 50), (190, 100), (90, 90)))
HANDLES = st.sampled_from(Handle)
places = st.tuples(st.floats(-500, 900), st.floats(-500, 900))


def is_on_page(box: Box) -> bool:
    left, top, right, bottom = box.bounds
    return left >= -1e-9 and top >= -1e-9 and right <= SIZE[0] + 1e-9 and bottom <= SIZE[1] + 1e-9


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


changes = st.one_of(
    st.builds(lambda s: Move({1: BOX, 2: TILTED}, s), places),
    st.builds(lambda box, h, s: Resize({1: box}, h, s), st.sampled_from([BOX, TILTED, LEANING]), HANDLES, places),
    st.builds(lambda box, c, s: DragCorner({1: box}, c, s), st.sampled_from([BOX, TILTED]), st.integers(0, 3), places),
    st.builds(lambda box, s: Turn({1: box}, s), st.sampled_from([BOX, TILTED, LEANING]), places),
)


@given(start=places, end=places)
def test_no_box_is_drawn_outside_the_page(start: tuple[float, float], end: tuple[float, float]) -> None:
    box = Draw(start).box_at(end, SIZE)
    assert box is None or is_on_page(box)


@given(change=changes, end=places, snaps=st.booleans())
def test_no_drag_leaves_the_page_or_spoils_a_box(change: Change, end: tuple[float, float], snaps: bool) -> None:
    boxes = change.boxes_at(end, SIZE, snaps=snaps)
    assert boxes.keys() == change.before.keys()
    for word_id, box in boxes.items():
        assert is_on_page(box)
        assert is_sound(box, LEAST_EDGE_PX - 0.01)
        if isinstance(change, Resize | Turn | Move) and is_rectangle(change.before[word_id]):
            assert is_rectangle(box)


@given(start=places, end=places)
def test_words_that_move_together_keep_their_sizes_and_places(start: Point, end: Point) -> None:
    boxes = Move({1: BOX, 2: TILTED}, start).boxes_at(end, SIZE)
    (dx, dy) = (a - b for a, b in zip(boxes[1].points[0], BOX.points[0], strict=True))
    assert boxes[1] == BOX.moved(dx, dy)
    for has, wants in zip(boxes[2].points, TILTED.moved(dx, dy).points, strict=True):
        assert has == pytest.approx(wants)


@given(handle=HANDLES, by=st.tuples(st.integers(-200, 200), st.integers(-200, 200)))
def test_resizing_keeps_the_angle_and_the_opposite_side(handle: Handle, by: tuple[int, int]) -> None:
    tilted = resized(TILTED, handle, by, size=SIZE)
    assert angle(tilted) == pytest.approx(angle(TILTED), abs=0.01)
    opposite = [i for i in range(4) if (i + 2) % 4 in handle.value]
    for i in opposite:
        assert math.dist(tilted.points[i], TILTED.points[i]) < 0.01


def test_grip_of_a_box_of_four_corners_takes_its_own_corners_along() -> None:
    moved = resized(LEANING, Handle.RIGHT, (5, 3), size=SIZE)
    assert moved.points == ((100, 60), (205, 53), (195, 103), (90, 90))


def test_turning_goes_by_whole_degrees_or_by_steps_of_15() -> None:
    middle = (140.0, 65.0)
    for degrees, snaps, wanted in ((33.4, False, 33), (33.4, True, 30), (-7.2, True, 0), (-7.6, True, -15)):
        x, y = rotated((0, -60), degrees)
        box = Turn({1: BOX}, (140, 20)).boxes_at((middle[0] + x, middle[1] + y), SIZE, snaps=snaps)[1]
        assert angle(box) == pytest.approx(wanted, abs=0.01), degrees


def test_box_turned_at_the_edge_is_pushed_back_onto_the_page() -> None:
    at_edge = Box.from_bounds(0, 0, 80, 20)
    box = turned_within(at_edge, 45, size=SIZE)
    assert is_on_page(box)
    assert is_rectangle(box)
    too_long = Box.from_bounds(0, 100, 400, 110)
    assert turned_within(too_long, 90, size=SIZE) == too_long, "there is no room for it"


def test_turning_handle_stands_above_the_text_and_stays_in_view() -> None:
    everything = (-100.0, -100.0, 500.0, 400.0)
    assert turn_handle_ends(BOX, 1, everything) == ((140, 50), (140, 24))
    assert turn_handle_ends(BOX, 2, everything)[1] == (140, 37), "as long on the screen at every zoom"
    assert turn_handle_ends(BOX, 1, (0, 40, 400, 300))[1] == (206, 65), "beside it where the view ends above"


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
    boxes = {1: Box.from_bounds(0, 0, 40, 20), 2: Box.from_bounds(100, 100, 140, 120)}
    assert moved_within(boxes, -1, 0, size=SIZE) == boxes, "where one cannot go, the others stay with it"
    assert moved_within(boxes, 1, 0, size=SIZE)[2].bounds == (101, 100, 141, 120)


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
