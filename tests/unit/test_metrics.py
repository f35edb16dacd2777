"""Scores of texts against their truth."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.metrics import (
    TextScore,
    alphanumeric,
    cer,
    confusions,
    expected_calibration_error,
    wilson_interval,
    word_accuracy,
)

PAIRS = st.lists(st.tuples(st.text("abc1-é", max_size=6), st.text("abc1-é", max_size=6)), max_size=8)


def edit_distance(truth: str, text: str) -> int:
    """Return the Levenshtein distance by its recurrence, slowly."""
    row = list(range(len(text) + 1))
    for i, a in enumerate(truth, start=1):
        previous, row[0] = row[0], i
        for j, b in enumerate(text, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def test_cer_divides_all_errors_by_all_characters() -> None:
    assert cer([("book", "bok"), ("aaaaaa", "aaaaaa")]) == pytest.approx(1 / 10)
    assert cer([("a", "bcd")]) == 3


def test_accuracy_is_a_share() -> None:
    assert word_accuracy([("a", "a"), ("b", "c"), ("d", "D"), ("e", "e")]) == 0.5


def test_normal_forms_are_the_same_text() -> None:
    pairs = [("é", "e\u0301")]
    assert word_accuracy(pairs) == 1
    assert cer(pairs) == 0


def test_nothing_to_compare() -> None:
    assert math.isnan(cer([]))
    assert math.isnan(word_accuracy([]))
    assert cer([("", "")]) == 0
    assert cer([("", "x")]) == math.inf


@given(PAIRS)
def test_cer_agrees_with_the_recurrence(pairs: list[tuple[str, str]]) -> None:
    characters = sum(len(truth) for truth, _ in pairs)
    if characters:
        assert cer(pairs) == pytest.approx(sum(edit_distance(*pair) for pair in pairs) / characters)
    assert sum(c.count for c in confusions(pairs, top=1000)) == sum(edit_distance(*pair) for pair in pairs)


def test_confusions_are_ranked_and_name_both_characters() -> None:
    found = confusions([("0O0", "OO0"), ("0", "O"), ("ab", "a"), ("a", "ax")], top=2)
    assert found == [("0", "O", 2), ("", "x", 1)]
    assert confusions([("ab", "a")]) == [("b", "", 1)]


@pytest.mark.parametrize(
    ("text", "folded"), [("It's-GO 24!", "itsgo24"), ("É", ""), ("E\u0301", ""), ("你好", ""), ("ABC", "abc")]
)
def test_alphanumeric_keeps_digits_and_lower_case_latin(text: str, folded: str) -> None:
    assert alphanumeric(text) == folded


def test_alphanumeric_protocol_skips_empty_truths() -> None:
    score = TextScore(alphanumeric=True)
    assert score.update("---", "x") is None
    assert score.update("It's", "ITS!") is True
    assert score.update("a", "b") is False
    assert score.summary().words == 2
    assert score.summary().word_accuracy == 0.5
    assert score.confusions() == [("a", "b", 1)]


def test_a_calibration_error_is_the_mean_gap_of_equal_bins() -> None:
    assert expected_calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0)
    assert expected_calibration_error([0.9] * 10, [True] * 6 + [False] * 4) == pytest.approx(0.3)
    # Two bins of two words: 0.15 against 0.5, and 0.85 against 0.5.
    assert expected_calibration_error([0.2, 0.9, 0.1, 0.8], [True, False, False, True], bins=2) == pytest.approx(0.35)
    # In one bin the two errors cancel.
    assert expected_calibration_error([0.2, 0.9, 0.1, 0.8], [True, False, False, True], bins=1) == pytest.approx(0)
    assert math.isnan(expected_calibration_error([], []))


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1), st.booleans()), min_size=1),
    st.randoms(use_true_random=False),
)
def test_a_calibration_error_is_a_share_whatever_the_order(words: list[tuple[float, bool]], random: Random) -> None:
    error = expected_calibration_error(*zip(*words, strict=True))
    assert 0 <= error <= 1
    random.shuffle(words)
    assert expected_calibration_error(*zip(*words, strict=True)) == pytest.approx(error)
    overall = abs(sum(sure - right for sure, right in words)) / len(words)
    assert error >= overall - 1e-9  # bins can only hide less than all words in one


def test_an_interval_holds_the_share_and_narrows_with_words() -> None:
    # The worked values of Wilson's interval at 95 %: 184 of 200, none of 10, all of 10.
    assert wilson_interval(184, 200) == pytest.approx((0.8739, 0.9501), abs=1e-3)
    assert wilson_interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-3)
    assert wilson_interval(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert wilson_interval(0, 0) == (0.0, 1.0)
