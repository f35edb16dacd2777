"""How well texts were read: word accuracy, character errors, usual confusions, and what confidences are worth.

A pair is (truth, text). Both sides are compared in normal form C.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from rapidfuzz.distance import Levenshtein

from model.charset import normalize

Pair = tuple[str, str]

_NOT_ALPHANUMERIC = re.compile(r"[^0-9a-z]")


class Confusion(NamedTuple):
    """A character of the truth read as another one. An empty string on one side: left out, or made up."""

    truth: str
    text: str
    count: int  # type: ignore[assignment]  # in place of the method that every tuple has


@dataclass(frozen=True, slots=True)
class TextSummary:
    """The score of a set of words.

    Attributes:
        words: how many were compared.
        word_accuracy: share of them in [0, 1] that were read without any error; nan without words.
        cer: character errors divided by characters of truth, may exceed 1; nan where there is nothing to compare.
    """

    words: int
    word_accuracy: float
    cer: float


class TextScore:
    """Gathers pairs one by one, so that a data set of any size is scored in constant memory.

    Args:
        alphanumeric: compare by the field's protocol, see :func:`alphanumeric`; empty truths are skipped.
    """

    def __init__(self, *, alphanumeric: bool = False) -> None:
        self._alphanumeric = alphanumeric
        self._words = self._right = self._errors = self._characters = 0
        self._confusions: Counter[Pair] = Counter()

    def update(self, truth: str, text: str) -> bool | None:
        """Count one pair. Returns whether the text is right, or None when the protocol skips the pair."""
        fold = alphanumeric if self._alphanumeric else normalize
        truth, text = fold(truth), fold(text)
        if self._alphanumeric and not truth:
            return None
        confused = _confused(truth, text)
        self._words += 1
        self._right += truth == text
        self._errors += len(confused)
        self._characters += len(truth)
        self._confusions.update(confused)
        return truth == text

    def summary(self) -> TextSummary:
        """Return the score of all pairs so far."""
        accuracy = self._right / self._words if self._words else math.nan
        if self._characters:
            cer = self._errors / self._characters
        else:
            cer = math.inf if self._errors else 0.0 if self._words else math.nan
        return TextSummary(self._words, accuracy, cer)

    def confusions(self, top: int = 20) -> list[Confusion]:
        """Return the most frequent confusions, the most frequent first; ties in order of the characters."""
        ranked = sorted(self._confusions.items(), key=lambda entry: (-entry[1], entry[0]))
        return [Confusion(truth, text, count) for (truth, text), count in ranked[:top]]


def alphanumeric(text: str) -> str:
    """Return the text as the scene text benchmarks compare it: lower case, and nothing but 0-9 and a-z."""
    return _NOT_ALPHANUMERIC.sub("", normalize(text).lower())


def word_accuracy(pairs: Iterable[Pair]) -> float:
    """Return the share of texts in [0, 1] that equal their truth, nan without pairs."""
    return _scored(pairs).summary().word_accuracy


def cer(pairs: Iterable[Pair]) -> float:
    """Return the character error rate: edit distance over all pairs divided by all characters of truth."""
    return _scored(pairs).summary().cer


def confusions(pairs: Iterable[Pair], top: int = 20) -> list[Confusion]:
    """Return the most frequent confusions of the pairs, the most frequent first."""
    return _scored(pairs).confusions(top)


def expected_calibration_error(confidences: ArrayLike, correct: ArrayLike, *, bins: int = 15) -> float:
    """Return how far confidences are from the share of words that are right: 0.05 is five points off on average.

    Words are put in order of confidence into bins of equal numbers; the error is the mean over all words of their
    bin's distance between mean confidence and share right (Naeini et al., AAAI 2015; bins of equal mass after Nixon
    et al., Measuring calibration in deep learning, 2019). Words of one confidence share alike in what is right of
    them, so that their order does not matter.

    Args:
        confidences: (N,) in [0, 1].
        correct: (N,) bool.
        bins: how many; fewer words than bins are a bin each.

    Returns:
        A number in [0, 1], nan without words.
    """
    sure, right = np.asarray(confidences, np.float64), np.asarray(correct, np.float64)
    if not sure.size:
        return math.nan
    _, place, counts = np.unique(sure, return_inverse=True, return_counts=True)
    gaps = np.sort(sure) - np.repeat(np.bincount(place, right) / counts, counts)
    return math.fsum(abs(part.sum()) for part in np.array_split(gaps, bins)) / len(sure)


def wilson_interval(right: int, total: int, *, z: float = 1.96) -> tuple[float, float]:
    """Return the bounds in [0, 1] between which the true share lies, given that ``right`` of ``total`` were.

    The score interval (Wilson, JASA 1927), which holds for few words and for shares near 0 and 1, too.

    Args:
        right, total: words counted; without any, every share is possible.
        z: standard normal quantile; 1.96 gives 95 % confidence.
    """
    if not total:
        return 0.0, 1.0
    share, weight = right / total, z * z / total
    centre = (share + weight / 2) / (1 + weight)
    reach = z / (1 + weight) * math.sqrt(share * (1 - share) / total + weight / (4 * total))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _scored(pairs: Iterable[Pair]) -> TextScore:
    score = TextScore()
    for truth, text in pairs:
        score.update(truth, text)
    return score


def _confused(truth: str, text: str) -> list[Pair]:
    """Return the edits of a shortest alignment as (character of truth, character of text)."""
    return [
        (truth[op.src_pos] if op.tag != "insert" else "", text[op.dest_pos] if op.tag != "delete" else "")
        for op in Levenshtein.editops(truth, text)
    ]
