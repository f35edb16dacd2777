"""The temperature that makes a confidence of 80 % mean that four of five such words are right.

The confidence of a word is its exact CTC probability. Dividing the logits by one number changes no reading and every
confidence (Guo et al., On calibration of modern neural networks, ICML 2017); fitted on whether held-out *words* were
read right, not characters, it calibrates what the user sees (Slossberg et al., On calibration of scene-text
recognition models, 2020).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.decoding import Floats, ctc_log_probs, greedy, log_softmax

LEAST_WORDS = 100
"""Held-out words below which a temperature says more of these words than of the network."""

TEMPERATURES: Floats = np.geomspace(1 / 4, 4, 17)
"""Where the likelihood is computed, ascending; between them it is taken for a parabola."""

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
    texts = [greedy(rows) for rows in logits]
    certain: Floats = np.exp(np.minimum(ctc_log_probs(log_softmax(logits, temperature=temperature), texts), 0.0))
    return certain


def fit_temperature(batches: Iterable[tuple[Logits, ArrayLike]]) -> float | None:
    """Return the temperature under which held-out words are as often right as their confidences say.

    It minimises the negative log-likelihood of right and wrong words, as if one right and one wrong word more had been
    seen (Platt, Probabilistic outputs for support vector machines, 1999): where all are right, they do not prove that
    every word to come will be. One pass, in memory that does not grow with the number of words. Deterministic.

    Args:
        batches: pairs of logits (N, T, classes), and whether their greedy readings are right, (N,) bool.

    Returns:
        A number between the first and the last of :data:`TEMPERATURES`; None for fewer than :data:`LEAST_WORDS` words.
    """
    counts = np.zeros(2)
    logs = np.zeros((2, 2, len(TEMPERATURES)))  # summed for wrong and right words: log(1 - confidence), log(confidence)
    for logits, correct in batches:
        right = np.asarray(correct, bool)
        counts += np.bincount(right, minlength=2)
        for place, temperature in enumerate(TEMPERATURES):
            sure = confidences(logits, temperature=temperature)
            both = np.log(np.maximum([1 - sure, sure], _SURE))
            logs[0, :, place] += both[:, ~right].sum(axis=1)
            logs[1, :, place] += both[:, right].sum(axis=1)
    if counts.sum() < LEAST_WORDS:
        return None
    doubt = 1 / (counts + 2)
    shares = np.array([[1 - doubt[0], doubt[0]], [doubt[1], 1 - doubt[1]]])
    return _minimum(-(shares[..., np.newaxis] * logs).sum(axis=(0, 1)))


def _minimum(losses: Floats) -> float:
    """Return where the parabola through the least loss and its neighbours is least, over the logarithms."""
    at = int(losses.argmin())
    logarithms = np.log(TEMPERATURES)
    if 0 < at < len(losses) - 1:
        before, here, after = losses[at - 1 : at + 2]
        bend = before - 2 * here + after
        shift = (before - after) / (2 * bend) if bend > 0 else 0.0
        return float(np.exp(logarithms[at] + shift * (logarithms[1] - logarithms[0])))
    return float(TEMPERATURES[at])
