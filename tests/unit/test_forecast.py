"""A forecast is right where errors fall as they usually do, and silent where nobody can know."""

from __future__ import annotations

import pytest

from model.forecast import Point, forecast


def curve(*labels: int, words: int = 400, first: float = 0.4, exponent: float = 0.5) -> list[Point]:
    """Return points of a power law: the share of errors at the first count, falling with the exponent."""
    errors = [first * (count / labels[0]) ** -exponent for count in labels]
    return [Point(count, round((1 - e) * words), words) for count, e in zip(labels, errors, strict=True)]


def test_a_power_law_is_continued() -> None:
    told = forecast(curve(100, 200, 400, 800, exponent=0.8))
    assert told is not None
    needed = 100 * (0.4 / 0.05) ** (1 / 0.8) - 800
    assert told.words == pytest.approx(needed, rel=0.25)
    assert 0 < told.low < told.words < told.high


def test_more_held_out_words_make_it_narrower() -> None:
    few, many = (forecast(curve(100, 200, 400, 800, words=words, exponent=0.8)) for words in (300, 3000))
    assert few is not None
    assert many is not None
    assert many.high - many.low < 0.6 * (few.high - few.low)


@pytest.mark.parametrize(
    "points",
    [
        [],
        curve(100, 400),
        curve(100, 110, 120),
        curve(100, 100, 100, 400),
        curve(100, 200, 400, words=12),
        curve(100, 200, 400, exponent=0.0),
        curve(100, 200, 400, exponent=-0.2),
        curve(100, 200, 400, first=0.05, exponent=0.8),
    ],
    ids=["none", "two", "hardly more", "one twice", "few words", "no progress", "worse", "there already"],
)
def test_nothing_is_said_where_nothing_is_known(points: list[Point]) -> None:
    assert forecast(points) is None
