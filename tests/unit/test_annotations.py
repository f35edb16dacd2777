"""Box geometry, edits and their inverses, and the reading order."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.annotations import Box, Edit, Prediction, State, Word, WordChange, reading_order

NUMBER = st.floats(-1e4, 1e4, allow_nan=False)
SIDE = st.floats(0.5, 500)
RECTANGLES = st.builds(lambda x, y, w, h: Box.from_bounds(x, y, x + w, y + h), NUMBER, NUMBER, SIDE, SIDE)


def rotated(width: float, height: float, angle: float) -> Box:
    """Return a rectangle around the origin, turned by ``angle``."""
    cos, sin = math.cos(angle), math.sin(angle)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    a, b, c, d = (
        (u * width / 2 * cos - v * height / 2 * sin, u * width / 2 * sin + v * height / 2 * cos) for u, v in corners
    )
    return Box((a, b, c, d))


def word(word_id: int, left: float = 0, top: float = 0, width: float = 10, height: float = 10) -> Word:
    return Word(word_id, 1, Box.from_bounds(left, top, left + width, top + height))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_corners_are_finite(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Box(((0, 0), (1, 0), (1, 1), (0, bad)))
    with pytest.raises(ValueError, match="four"):
        Box(((0, 0), (1, 0), (1, 1)))  # type: ignore[arg-type]


@given(NUMBER, NUMBER, NUMBER, NUMBER)
def test_edges_may_come_in_any_order(x1: float, y1: float, x2: float, y2: float) -> None:
    box = Box.from_bounds(x1, y1, x2, y2)
    assert box == Box.from_bounds(x2, y2, x1, y1) == Box.from_bounds(*box.bounds)
    assert box.is_upright


@given(SIDE, SIDE, st.floats(-math.pi, math.pi))
def test_turning_changes_neither_size_nor_area(width: float, height: float, angle: float) -> None:
    box = rotated(width, height, angle)
    assert box.width == pytest.approx(width)
    assert box.height == pytest.approx(height)
    assert box.area == pytest.approx(width * height)
    left, top, right, bottom = box.bounds
    assert right - left == pytest.approx(abs(width * math.cos(angle)) + abs(height * math.sin(angle)))
    assert bottom - top == pytest.approx(abs(width * math.sin(angle)) + abs(height * math.cos(angle)))


def test_text_that_runs_another_way_is_not_upright() -> None:
    upright = Box.from_bounds(0, 0, 20, 10)
    for turn in range(1, 4):
        corners = upright.points[turn:] + upright.points[:turn]
        assert not Box((corners[0], corners[1], corners[2], corners[3])).is_upright
    assert not rotated(20, 10, 0.01).is_upright


@given(RECTANGLES, NUMBER, NUMBER)
def test_moving_shifts_the_bounds(box: Box, dx: float, dy: float) -> None:
    left, top, right, bottom = box.bounds
    assert box.moved(dx, dy).bounds == (left + dx, top + dy, right + dx, bottom + dy)


@given(RECTANGLES, SIDE, SIDE)
def test_clamping_keeps_every_corner_on_the_page_and_those_that_were(box: Box, width: float, height: float) -> None:
    for (x, y), (cx, cy) in zip(box.points, box.clamped(width, height).points, strict=True):
        assert 0 <= cx <= width
        assert 0 <= cy <= height
        assert cx == x or not 0 <= x <= width
        assert cy == y or not 0 <= y <= height


@given(SIDE, SIDE, st.floats(-math.pi, math.pi), st.floats(-2, 2), st.floats(-2, 2))
def test_contains_is_what_the_turned_axes_say(width: float, height: float, angle: float, u: float, v: float) -> None:
    x, y = u * width / 2, v * height / 2
    point = (x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle))
    inside = max(abs(u), abs(v))
    if inside < 0.999 or inside > 1.001 + 0.01 * max(width / height, height / width):
        assert rotated(width, height, angle).contains(point) == (inside < 1)


@given(RECTANGLES)
def test_corners_and_edges_belong_to_the_box(box: Box) -> None:
    for (x1, y1), (x2, y2) in itertools.pairwise((*box.points, box.points[0])):
        assert box.contains((x1, y1))
        assert box.contains(((x1 + x2) / 2, (y1 + y2) / 2))


def test_the_state_follows_from_what_is_known() -> None:
    plain = word(1)
    labelled = Word(1, 1, plain.box, label="a")
    prediction = Prediction("a", 0.5)
    assert plain.state() is State.UNLABELLED
    assert plain.state(prediction) is State.SUGGESTED
    assert labelled.state() is labelled.state(prediction) is State.VERIFIED
    assert Word(1, 1, plain.box, label="a", ignored=True).state(prediction) is State.IGNORED


WORDS = st.builds(word, st.integers(1, 3), NUMBER, NUMBER)
CHANGES = st.one_of(
    st.builds(lambda a, b: WordChange(a, Word(a.id, 1, b.box)), WORDS, WORDS),
    st.builds(lambda a: WordChange(a, None), WORDS),
    st.builds(lambda a: WordChange(None, a), WORDS),
)
EDITS = st.builds(lambda changes: Edit("Move", tuple(changes)), st.lists(CHANGES, max_size=4))


def applied(edit: Edit, words: dict[int, Word]) -> dict[int, Word]:
    """Return the words after an edit, which must fit them."""
    words = dict(words)
    for change in edit.changes:
        assert words.get(change.word_id) == change.before
        if change.after is None:
            del words[change.word_id]
        else:
            words[change.word_id] = change.after
    return words


@given(EDITS)
def test_inverting_twice_is_the_edit_again(edit: Edit) -> None:
    assert edit.inverted().inverted() == edit
    assert edit.inverted().undoes


@given(EDITS)
def test_an_edit_knows_its_words_and_pages(edit: Edit) -> None:
    for one in (edit, edit.inverted()):
        assert one.word_ids == {change.word_id for change in edit.changes}
        assert one.page_ids == {change.page_id for change in edit.changes}


def test_an_inverted_edit_takes_steps_back_in_reverse() -> None:
    drawn, moved = word(1), word(1, left=5)
    edit = Edit("Draw word", (WordChange(None, drawn), WordChange(drawn, moved)))
    assert applied(edit.inverted(), applied(edit, {})) == {}


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=3, max_size=6))
def test_merged_steps_of_a_drag_are_one_step(places: list[tuple[float, float]]) -> None:
    words = [word(1, x, y) for x, y in places]
    steps = [Edit("Move word", (WordChange(a, b),)) for a, b in itertools.pairwise(words)]
    merged = steps[0]
    for step in steps[1:]:
        merged = merged.merged(step)
    assert merged.changes == (WordChange(words[0], words[-1]),)
    assert applied(merged.inverted(), applied(merged, {1: words[0]})) == {1: words[0]}


def test_edits_of_different_words_do_not_merge() -> None:
    first, second = (Edit("Move word", (WordChange(word(i), word(i, left=1)),)) for i in (1, 2))
    with pytest.raises(ValueError, match="same words"):
        first.merged(second)


def test_words_are_read_line_by_line() -> None:
    lines = [
        [word(3, 0, 0), word(1, 30, 2), word(7, 60, -2)],
        [word(2, 5, 20), word(9, 40, 22)],
        [word(4, 0, 45, height=30), word(5, 50, 55)],
    ]
    expected = [each for line in lines for each in line]
    for order in itertools.islice(itertools.permutations(expected), 0, 5040, 97):
        assert reading_order(order) == expected


@given(st.lists(st.tuples(NUMBER, NUMBER, SIDE, SIDE), max_size=12))
def test_reading_order_loses_no_word_and_ignores_the_given_order(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    words = [word(i, *box) for i, box in enumerate(boxes)]
    ordered = reading_order(words)
    assert sorted(each.id for each in ordered) == [each.id for each in words]
    assert reading_order(words[::-1]) == ordered
