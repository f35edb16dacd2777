"""How many more labels until the words are read well enough: a forecast from the trainings that there were.

Over the number of labels errors fall as a power law (Hestness et al. 2017, arXiv:1712.00409): a straight line where
both are logarithms. Each training that a network has been through is one point of it, for nothing; parts of one data
set would need a training of full length each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.events import Forecast

TARGET = 0.95
"""Share of words read right that is forecast."""

_LEAST_POINTS = 3
_LEAST_GROWTH = 2.0  # the last training had so many times the labels of the first, or the line has no length
_WIDEST = 4.0  # upper over lower bound of the labels: a wider interval tells nothing
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Point:
    """One training: how many labels it had, and how many of how many held-out words were read right after it."""

    labels: int
    right: int
    words: int


def forecast(points: Sequence[Point], *, target: float = TARGET) -> Forecast | None:
    """Return how many labels more reach the target, or None where that cannot be said honestly.

    Args:
        points: of the same words as they became more; in any order.
        target: share of words to be read right.
    """
    points = sorted(points, key=lambda point: point.labels)
    labels = np.array([point.labels for point in points], float)
    if len(set(labels)) < _LEAST_POINTS or labels[-1] < _LEAST_GROWTH * labels[0]:
        return None
    if points[-1].right >= target * points[-1].words:
        return None
    # Accuracies are only known as well as their words tell; the line is drawn through many that may as well be true.
    rng = np.random.default_rng(0)
    wrong = [rng.beta(p.words - p.right + 0.5, p.right + 0.5, _DRAWS) for p in points]
    slopes, starts = np.polyfit(np.log(labels), np.log(np.array(wrong)), 1)
    with np.errstate(divide="ignore", over="ignore"):
        reached = np.where(slopes < 0, np.exp((np.log(1 - target) - starts) / slopes), np.inf)
    low, middle, high = np.quantile(reached, (0.1, 0.5, 0.9), method="nearest")
    if not np.isfinite(high) or high > _WIDEST * low or low <= labels[-1]:
        return None
    more = (round(float(value - labels[-1])) for value in (middle, low, high))
    return Forecast(target, *more)
