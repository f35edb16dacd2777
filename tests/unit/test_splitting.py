"""Where words are cut, and how they are put together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import geometry
from model.annotations import Box, Character, Prediction, Word
from model.splitting import in_line, joined_text, middle_caret, share_at, texts_at


def read(text: str, *ends: float) -> Prediction:
    starts = (0.0, *ends[:-1])
    return Prediction(text, 0.9, tuple(Character(c, 0.9, a, b) for c, a, b in zip(text, starts, ends, strict=True)))


def line(*spans: tuple[float, float], turn: int = 0) -> list[Box]:
    """Return boxes 20 pixels high from and to these places on a line that is turned as a whole."""
    boxes = [Box.from_bounds(a, 100, b, 120) for a, b in spans]
    turned = [[geometry.rotated(p, turn, (200, 200)) for p in box.points] for box in boxes]
    return [Box((a, b, c, d)) for a, b, c, d in turned]


def test_caret_is_where_the_recogniser_saw_the_characters() -> None:
    wide_m = read("mil", 0.6, 0.8, 1.0)
    assert share_at("mil", 1, wide_m) == pytest.approx(0.6)
    assert share_at("mll", 1, wide_m) == pytest.approx(0.6), "a correction of as many characters keeps their places"
    assert share_at("mi", 1, wide_m) == pytest.approx(0.5), "else all are taken as wide"
    assert share_at("mil", 1, None) == pytest.approx(1 / 3)


def test_cut_at_a_space_goes_through_its_middle() -> None:
    assert texts_at("ab cd", 2) == texts_at("ab cd", 3) == ("ab", "cd")
    assert share_at("ab cd", 2, None) == share_at("ab cd", 3, None) == pytest.approx(0.5)


def test_without_a_caret_a_word_is_cut_at_a_space_or_nearest_to_its_middle() -> None:
    assert middle_caret("a bcdef", None) == 1
    assert middle_caret("abcd", None) == 2
    assert middle_caret("mil", read("mil", 0.6, 0.8, 1.0)) == 1, "the middle of the pixels, not of the letters"
    assert middle_caret("x", None) == 0


@given(text=st.text(st.characters(categories=["L", "N", "Zs"]), min_size=2, max_size=12), caret=st.integers(0, 12))
def test_a_cut_that_leaves_two_texts_lies_within_the_crop(text: str, caret: int) -> None:
    texts = texts_at(text, min(caret, len(text)))
    if all(texts):
        assert 0 < share_at(text, min(caret, len(text)), None) < 1


@pytest.mark.parametrize("turn", [0, 30, 90, 180, -90])
def test_words_are_joined_along_their_line_however_it_is_turned(turn: int) -> None:
    boxes = line((10, 60), (64, 120), (130, 190), turn=turn)
    words = [Word(3, 1, boxes[2]), Word(1, 1, boxes[0]), Word(2, 1, boxes[1])]
    assert [word.id for word in in_line(words)] == [1, 2, 3]
    assert joined_text(boxes, ["hel", "lo", "world"]) == "hello world"


def test_scripts_without_spaces_are_joined_without_them() -> None:
    boxes = line((10, 60), (90, 140))
    assert joined_text(boxes, ["东京", "大学"]) == "东京大学"
    assert joined_text(boxes, ["Tokyo", "大学"]) == "Tokyo 大学"


def test_a_new_line_is_a_space() -> None:
    boxes = [Box.from_bounds(10, 100, 60, 120), Box.from_bounds(10, 125, 60, 145)]
    assert joined_text(boxes, ["one", "two"]) == "one two"
