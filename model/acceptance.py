"""How many wrong readings come with accepting many unseen, and how sure that number is.

A calibrated confidence is the chance of being right, so the number of wrong ones among many is Poisson-binomial. But
calibration was measured on other words. How right these confidences are is therefore learnt from the words that a
person has verified beside their readings, the audited sample among them: the log odds of the confidence are stretched
and shifted (Platt, Probabilistic outputs for support vector machines, 1999), and a share of readings is wrong however
sure they are. Every such correction has its posterior probability, and the interval is of all that they foresee
together. With no word verified it is as wide as that leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.review_queries import Bin, Checked

    Floats = NDArray[np.floating[Any]]

SHARE = 0.95
"""How often the number of wrong readings lies in its interval."""

SAMPLE = 20
"""Words that a person looks at before the rest is accepted unseen."""

LEAST_LIKELY = 0.01
"""A sample with so many wrong that what was foreseen has them less often than this speaks against accepting."""

_DRAWS = 2000
_BINS = 80
_SURE = 1e-6
_SHIFTS = np.linspace(-3, 3, 25)
_STRETCHES = np.linspace(0.3, 1.9, 17)
_FLOORS = np.array([0.0, 0.001, 0.003, 0.01, 0.02, 0.04])


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many of the words would be wrong: the expected number, and the interval that :data:`SHARE` of cases keep."""

    words: int
    expected: float
    low: int
    high: int


class Foresight:
    """What is known of how right a recogniser's confidences are.

    Args:
        checked: words a person has decided on, with the confidence of the reading and whether it was right.
    """

    def __init__(self, checked: Iterable[Checked] = ()) -> None:
        seen = list(checked)
        confidences = np.array([one.confidence for one in seen])
        right = np.array([one.is_right for one in seen], bool)
        grid, scores = _prior()
        wrong = _wrong(confidences, grid)
        scores = scores + np.log(np.where(right, 1 - wrong, wrong)).sum(axis=1)
        shares = np.exp(scores - scores.max())
        self._shares = shares / shares.sum()

    def estimate(self, readings: Iterable[Bin]) -> Estimate:
        """Return how many of these readings are wrong."""
        counts, confidences = _gathered(readings)
        words = int(counts.sum())
        if not words:
            return Estimate(0, 0.0, 0, 0)
        wrong = self._draw(counts, confidences)
        low, high = np.quantile(wrong, ((1 - SHARE) / 2, (1 + SHARE) / 2), method="inverted_cdf")
        expected = self._shares @ (_wrong(confidences, _prior()[0]) @ counts)
        return Estimate(words, float(expected), int(low), int(high))

    def contradicts(self, sample: Iterable[Checked]) -> bool:
        """Whether a sample has so many wrong readings that what was foreseen before it cannot be relied on."""
        seen = list(sample)
        if not seen:
            return False
        found = sum(not one.is_right for one in seen)
        drawn = self._draw(np.ones(len(seen), int), np.array([one.confidence for one in seen]))
        return bool((drawn >= found).mean() < LEAST_LIKELY)

    def _draw(self, counts: NDArray[np.integer[Any]], confidences: Floats) -> NDArray[np.integer[Any]]:
        """Return so many numbers of wrong readings as may come, each under a correction drawn by its probability."""
        random = np.random.default_rng(0)
        places = random.choice(len(self._shares), _DRAWS, p=self._shares)
        wrong = _wrong(confidences, _prior()[0][places])
        drawn: NDArray[np.integer[Any]] = random.binomial(counts, wrong).sum(axis=1)
        return drawn


@cache
def _prior() -> tuple[Floats, Floats]:
    """Return corrections, a row of shift, stretch and floor each, and the logarithms of their shares.

    Confidences are taken to be about right: a shift of 0, a stretch of 1, and next to no reading wrong for certain.
    """
    grid = np.stack([axis.ravel() for axis in np.meshgrid(_SHIFTS, _STRETCHES, _FLOORS, indexing="ij")], axis=1)
    shift, stretch, floor = grid.T
    scores = -0.5 * (shift / 0.6) ** 2 - 0.5 * ((stretch - 1) / 0.3) ** 2 - floor / 0.01
    return grid, scores


def _wrong(confidences: Floats, grid: Floats) -> Floats:
    """Return the chance that a reading is wrong, by correction and reading."""
    sure = np.clip(confidences, _SURE, 1 - _SURE)
    odds = np.log(sure / (1 - sure))
    shift, stretch, floor = (column[:, None] for column in grid.T)
    wrong: Floats = floor + (1 - floor) / (1 + np.exp(shift + stretch * odds))
    return np.clip(wrong, 1e-9, 1 - 1e-9)


def _gathered(readings: Iterable[Bin]) -> tuple[NDArray[np.integer[Any]], Floats]:
    """Return counts and mean confidences in few bins, even in the log odds, which is where the chances are even."""
    rows = [(one.words, one.confidence) for one in readings]
    counts, confidences = np.array([row[0] for row in rows], int), np.array([row[1] for row in rows], float)
    if len(rows) <= _BINS:
        return counts, confidences
    sure = np.clip(confidences, _SURE, 1 - _SURE)
    odds = np.log(sure / (1 - sure))
    places = np.digitize(odds, np.linspace(odds.min(), odds.max(), _BINS))
    totals = np.bincount(places, counts)
    means = np.bincount(places, counts * confidences)[totals > 0] / totals[totals > 0]
    return totals[totals > 0].astype(int), means
