"""The temperature that makes a confidence of 80 % mean that four of five such words are right.

The confidence of a word is its exact CTC probability. Dividing the logits by one number changes no reading and every
confidence (Guo et al., On calibration of modern neural networks, ICML 2017); fitted on whether held-out *words* were
read right, not characters, it calibrates what the user sees (Slossberg et al., On calibration of scene-text
recognition models, 2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.decoding import Floats, Text, ctc_log_probs, greedy, log_softmax
from model.metrics import expected_calibration_error

LEAST_WORDS = 100
"""Held-out words below which a temperature says more of these words than of the network."""

TEMPERATURES: Floats = np.geomspace(1 / 4, 4, 25)
"""What is tried, ascending; 1 is among them. Finer steps change the calibration error by less than half a point."""

_SURE = 1e-12  # how far from certain a confidence counts at least

Logits = NDArray[np.floating[Any]]


def confidences(logits: Logits, *, temperature: float = 1.0) -> Floats:
    """Return how sure a network is of what it reads greedily in each crop.

    Args:
        logits: (N, T, classes), the blank at class 0.
        temperature: what they are divided by.

    Returns:
        (N,) probabilities in (0, 1] over all paths that write the text.
    """
    return _confidences(logits, [greedy(rows) for rows in logits], temperature)


def _confidences(logits: Logits, texts: Sequence[Text], temperature: float) -> Floats:
    scores = ctc_log_probs(log_softmax(logits, temperature=temperature), texts)
    sure: Floats = np.exp(np.minimum(scores, 0.0))  # rounding can lift a score above 0
    return sure


def fit_temperature(batches: Iterable[tuple[Logits, ArrayLike]]) -> float | None:
    """Return the temperature under which held-out words are as often right as their confidences say.

    Args:
        batches: as for :meth:`Calibrator.add`.

    Returns:
        One of :data:`TEMPERATURES`; None for fewer than :data:`LEAST_WORDS` words.
    """
    calibrator = Calibrator()
    for logits, correct in batches:
        calibrator.add(logits, correct)
    fit = calibrator.fit()
    return fit.temperature if fit else None


@dataclass(frozen=True, slots=True)
class Fit:
    """A temperature, and the expected calibration error it leaves on the words it was fitted on, in [0, 1]."""

    temperature: float
    error: float


class Calibrator:
    """Gathers held-out words batch by batch, 25 numbers a word, and fits a temperature to them. Deterministic."""

    def __init__(self) -> None:
        self._sure: list[Floats] = []
        self._right: list[NDArray[np.bool_]] = []

    def add(self, logits: Logits, correct: ArrayLike) -> None:
        """Take in words of one width.

        Args:
            logits: (N, T, classes), the blank at class 0.
            correct: (N,) bool, whether their greedy readings are right.
        """
        texts = [greedy(rows) for rows in logits]
        self._sure.append(np.array([_confidences(logits, texts, temperature) for temperature in TEMPERATURES]))
        self._right.append(np.asarray(correct, bool))

    def fit(self) -> Fit | None:
        """Return the temperature of the least negative log-likelihood; None for fewer than :data:`LEAST_WORDS` words.

        One right and one wrong word more are taken for seen (Platt, Probabilistic outputs for support vector machines,
        1999): where all words are right, they do not prove that every word to come will be.
        """
        if sum(map(len, self._right)) < LEAST_WORDS:
            return None
        sure, right = np.concatenate(self._sure, axis=1), np.concatenate(self._right)
        target = np.where(right, 1 - 1 / (right.sum() + 2), 1 / ((~right).sum() + 2))
        likely = target * np.log(np.maximum(sure, _SURE)) + (1 - target) * np.log(np.maximum(1 - sure, _SURE))
        best = int(likely.sum(axis=1).argmax())
        return Fit(float(TEMPERATURES[best]), expected_calibration_error(sure[best], right))
