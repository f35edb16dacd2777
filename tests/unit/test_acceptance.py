"""The expected number of wrong readings among many, and its interval, on simulated projects."""

from __future__ import annotations

import numpy as np
import pytest

from model.acceptance import SHARE, Foresight
from model.review_queries import Bin, Checked

PROJECTS = 200


def chances(confidences: np.ndarray, shift: float, stretch: float, floor: float) -> np.ndarray:
    """How likely each reading is wrong in a project whose confidences are off by these."""
    odds = np.log(confidences / (1 - confidences))
    return floor + (1 - floor) / (1 + np.exp(shift + stretch * odds))


def readings(random: np.random.Generator, count: int) -> np.ndarray:
    return np.clip(1 - random.beta(0.25, 1.5, count), 1e-4, 1 - 1e-4)


def bins(confidences: np.ndarray) -> list[Bin]:
    return [Bin(1, float(c)) for c in confidences]


def checked(random: np.random.Generator, confidences: np.ndarray, wrong: np.ndarray) -> list[Checked]:
    return [Checked(i, float(c), bool(random.random() > w)) for i, (c, w) in enumerate(zip(confidences, wrong))]  # noqa: B905


def test_c24_the_promised_interval_holds_in_simulated_projects() -> None:
    """Recognisers too sure and too modest, few and many verified words, the doubtful verified first, as on the wall."""
    random = np.random.default_rng(2026)
    kept, widths = 0, []
    for number in range(PROJECTS):
        off = (random.normal(0, 0.5), float(np.clip(random.normal(1, 0.25), 0.5, 1.6)), random.exponential(0.005))
        confidences = np.sort(readings(random, int(random.integers(200, 3000))))
        seen = confidences[: number % 5 * 40]
        rest = confidences[number % 5 * 40 :]
        candidates = rest[rest >= random.choice([0.8, 0.9, 0.95, 0.99])]
        random.shuffle(candidates)
        sample, unseen = candidates[:20], candidates[20:]
        evidence = np.concatenate([seen, sample])
        known = checked(random, evidence, chances(evidence, *off))
        foreseen = Foresight(known).estimate(bins(unseen))
        actual = int((random.random(len(unseen)) < chances(unseen, *off)).sum())
        kept += foreseen.low <= actual <= foreseen.high
        widths.append((foreseen.high - foreseen.low) / max(len(unseen), 1))
    assert kept >= PROJECTS * (SHARE - 0.04)
    assert float(np.median(widths)) < 0.08  # and promises something


def test_c24_more_verified_words_make_the_interval_narrower() -> None:
    random = np.random.default_rng(1)
    confidences = readings(random, 2000)
    some = [Foresight(checked(random, confidences[:n], 1 - confidences[:n])) for n in (0, 100, 1000)]
    widths = [e.high - e.low for e in (f.estimate(bins(confidences[1000:])) for f in some)]
    assert widths[0] > widths[1] > widths[2]


def test_c24_calibrated_confidences_are_believed() -> None:
    random = np.random.default_rng(4)
    confidences = readings(random, 3000)
    foreseen = Foresight(checked(random, confidences, 1 - confidences)).estimate(bins(confidences[:1000]))
    assert foreseen.words == 1000
    assert foreseen.expected == pytest.approx((1 - confidences[:1000]).sum(), rel=0.2)
    assert foreseen.low <= foreseen.expected <= foreseen.high


def test_c24_a_sample_far_worse_than_foreseen_contradicts() -> None:
    random = np.random.default_rng(3)
    confidences = np.full(300, 0.99)
    foresight = Foresight(checked(random, confidences, 1 - confidences))
    assert foresight.contradicts([Checked(i, 0.99, i > 5) for i in range(20)])
    assert not foresight.contradicts([Checked(i, 0.99, i > 0) for i in range(20)])
    assert not foresight.contradicts([])


def test_no_words_and_a_million_words_are_estimated() -> None:
    assert Foresight().estimate([]).words == 0
    many = [Bin(100, 0.9 + i / 100_000) for i in range(9_999)]
    foreseen = Foresight().estimate(many)
    assert foreseen.words == 999_900
    assert 0 < foreseen.low < foreseen.expected < foreseen.high < 400_000
