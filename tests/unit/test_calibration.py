"""The temperature: it is found again where it is known, changes no reading, and calibrates real words."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.calibration import LEAST_WORDS, TEMPERATURES, Calibrator, Fit, confidences, fit_temperature
from model.decoding import ctc_log_prob, greedy, log_softmax
from model.metrics import expected_calibration_error

Grids = NDArray[np.float32]
Batches = list[tuple[Grids, NDArray[np.bool_]]]


def readings(words: int, *, temperature: float, seed: int = 0) -> Batches:
    """Return logits of several widths, right as often as the network would be at this temperature."""
    rng = np.random.default_rng(seed)
    batches = []
    for frames in (4, 7, 9):
        logits = rng.normal(0, 1.5, (words // 3, frames, 6)).astype(np.float32)
        logits[..., 0] += rng.normal(1, 2, (words // 3, 1))
        logits *= rng.uniform(0.5, 6, (words // 3, 1, 1)).astype(np.float32)
        right = rng.random(words // 3) < confidences(logits, temperature=temperature)
        batches.append((logits, right))
    return batches


def error(batches: Batches, temperature: float) -> float:
    sure = np.concatenate([confidences(logits, temperature=temperature) for logits, _ in batches])
    return expected_calibration_error(sure, np.concatenate([right for _, right in batches]))


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.7, 2.8])
def test_the_temperature_is_found_again(temperature: float) -> None:
    batches = readings(1500, temperature=temperature)
    fitted = fit_temperature(batches)
    assert fitted is not None
    assert fitted == pytest.approx(temperature, rel=0.1)
    fresh = readings(1500, temperature=temperature, seed=1)
    assert error(fresh, fitted) < 0.06
    assert error(fresh, fitted) <= error(fresh, 1.0) + 0.01


def test_batches_may_be_cut_and_ordered_anyhow() -> None:
    batches = readings(300, temperature=1.5)
    pieces = [(logits[i : i + 7], right[i : i + 7]) for logits, right in batches for i in range(0, len(right), 7)]
    assert fit_temperature(reversed(pieces)) == fit_temperature(batches)


def test_few_words_say_nothing() -> None:
    def first(count: int) -> Iterator[tuple[Grids, NDArray[np.bool_]]]:
        for logits, right in readings(3 * count, temperature=1.0)[:1]:
            yield logits[:count], right[:count]

    assert fit_temperature([]) is None
    assert fit_temperature(first(LEAST_WORDS - 1)) is None
    assert fit_temperature(first(LEAST_WORDS)) is not None


def test_words_that_are_all_right_prove_no_certainty() -> None:
    logits = 20 * readings(300, temperature=1.0)[0][0]
    every = fit_temperature([(logits, [True] * len(logits))])
    assert every is not None
    assert TEMPERATURES[0] < every < TEMPERATURES[-1]
    sure = confidences(logits, temperature=every)
    assert 0.93 < sure.mean() < 0.98  # they could be made to say 0.99


def test_words_that_are_all_wrong_are_doubted_most() -> None:
    logits = readings(300, temperature=1.0)[0][0]
    assert fit_temperature([(logits, [False] * len(logits))]) == TEMPERATURES[-1]


def test_the_error_of_a_fit_is_what_the_words_show() -> None:
    batches = readings(600, temperature=2.0)
    calibrator = Calibrator()
    for logits, right in batches:
        calibrator.add(logits, right)
    fit = calibrator.fit()
    assert fit is not None
    assert fit == Fit(fit_temperature(batches) or math.nan, error(batches, fit.temperature))
    assert fit.error < error(batches, 1.0)


def test_not_to_change_anything_can_be_best() -> None:
    assert 1.0 in TEMPERATURES


@given(st.integers(0, 10_000), st.floats(0.25, 4.0))
def test_a_confidence_is_that_of_the_greedy_reading_which_no_temperature_changes(seed: int, temperature: float) -> None:
    logits = np.random.default_rng(seed).normal(0, 3, (3, 6, 5)).astype(np.float32)
    plain = log_softmax(logits)
    warm = log_softmax(logits, temperature=temperature)
    assert [greedy(rows) for rows in warm] == [greedy(rows) for rows in plain]
    expected = [np.exp(ctc_log_prob(rows, greedy(rows))) for rows in warm]
    assert confidences(logits, temperature=temperature) == pytest.approx(expected)
