"""From a network's log-probabilities to texts: exact CTC on the CPU in float64, with numpy alone.

Throughout, ``log_probs`` is (T, classes) with each row a normalised distribution in natural logarithms and the blank
at class 0, and a text is a tuple of class indices without blanks. The probability of a text is the sum over all paths
that CTC collapses to it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from model.charset import BLANK, Charset, frames_needed, normalize

Floats = NDArray[np.float64]
Text = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """One character of an alignment: frames ``start`` to ``end`` (exclusive), and its confidence in [0, 1]."""

    index: int
    start: int
    end: int
    confidence: float


def log_softmax(logits: NDArray[Any], *, temperature: float = 1.0) -> Floats:
    """Return the log-probabilities of logits (..., classes) of any float type, divided by the temperature first."""
    scaled = np.asarray(logits, np.float64) / temperature
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    result: Floats = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return result


def greedy(log_probs: Floats) -> Text:
    """Return the text of the most probable path."""
    return tuple(index for index, _ in groupby(log_probs.argmax(axis=-1).tolist()) if index != BLANK)


def greedy_spans(log_probs: Floats) -> tuple[Span, ...]:
    """Return the characters of the most probable path. It is also the best alignment of their text."""
    spans, start = [], 0
    best = np.exp(log_probs.max(axis=-1)).tolist()
    for index, frames in groupby(log_probs.argmax(axis=-1).tolist()):
        end = start + len(list(frames))
        if index != BLANK:
            spans.append(Span(index, start, end, max(best[start:end])))
        start = end
    return tuple(spans)


def ctc_log_prob(log_probs: Floats, text: Sequence[int]) -> float:
    """Return the natural logarithm of the text's probability; -inf when T frames cannot write it."""
    return float(ctc_log_probs(log_probs, [text])[0])


def ctc_log_probs(log_probs: Floats, texts: Sequence[Sequence[int]], *, crops: Sequence[int] | None = None) -> Floats:
    """Return the log-probability of each text: the CTC forward algorithm over all texts at once.

    Args:
        log_probs: (T, classes) for all texts, or (crops, T, classes).
        texts: class indices without blanks.
        crops: of which crop each text is; None where there is one text for each.

    Returns:
        (len(texts),), -inf where T frames cannot write the text.
    """
    if not texts:
        return np.zeros(0)
    lengths = np.array([len(text) for text in texts])
    extended = np.zeros((len(texts), 2 * int(lengths.max()) + 1), np.intp)
    for row, text in zip(extended, texts, strict=True):
        row[1 : 2 * len(text) : 2] = text
    stacked = log_probs.reshape(-1, *log_probs.shape[-2:])
    one_each = np.arange(len(texts)) if log_probs.ndim == 3 else np.zeros(len(texts), np.intp)
    owners = one_each if crops is None else np.asarray(crops, np.intp)
    peaks = stacked.max(axis=-1)[owners]
    frames = np.ascontiguousarray(np.moveaxis(stacked[owners[:, np.newaxis], :, extended], -1, 0))
    frames -= peaks.T[..., np.newaxis]
    skips = _skips(extended)
    if len(frames) <= _SHORT:
        with np.errstate(divide="ignore"):
            total = np.log(_forward(np.exp(frames), skips, lengths, _LINEAR))
        lost = np.flatnonzero(total < _FAR)
    else:
        total, lost = np.empty(len(texts)), np.arange(len(texts))
    if lost.size:
        total[lost] = _forward(frames[:, lost], skips[lost], lengths[lost], _LOGARITHMIC)
    scores: Floats = total + peaks.sum(axis=-1)
    return scores


class _Semiring(NamedTuple):
    """What the forward algorithm computes in: the sum over paths, the product along one, and their neutral values."""

    plus: Callable[[Floats, Floats], Floats]
    times: Callable[[Floats, Floats], Floats]
    zero: float
    one: float


_LINEAR = _Semiring(np.add, np.multiply, 0.0, 1.0)
_LOGARITHMIC = _Semiring(np.logaddexp, np.add, -math.inf, 0.0)

# Probabilities relative to the best path need no logarithms, which cost twenty times as much, until they are so small
# that paths are lost to underflow, or there are so many paths that their sum overflows (at most 3 ** T).
_FAR, _SHORT = -550.0, 600


def _forward(frames: Floats, skips: NDArray[np.bool_], lengths: NDArray[np.intp], ring: _Semiring) -> Floats:
    """Return the sum over all paths of each text.

    Args:
        frames: (T, texts, 2 * longest + 1), of each symbol of the texts with a blank around every character.
        skips: (texts, 2 * longest + 1), see :func:`_skips`.
        lengths: characters of each text.
        ring: of the frames and the result.
    """
    plus, times, zero, one = ring
    jumps = np.where(skips, one, zero)[:, 2:]
    alpha = np.full(frames.shape[1:], zero)
    alpha[:, :2] = frames[0, :, :2]
    for frame in frames[1:]:
        reached = alpha.copy()
        reached[:, 1:] = plus(reached[:, 1:], alpha[:, :-1])
        reached[:, 2:] = plus(reached[:, 2:], times(alpha[:, :-2], jumps))
        alpha = times(reached, frame)
    rows = np.arange(len(lengths))
    return plus(alpha[rows, 2 * lengths], np.where(lengths > 0, alpha[rows, 2 * lengths - 1], zero))


def _skips(extended: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return where a path may come from two places before: between characters that differ."""
    skips = np.zeros(extended.shape, np.bool_)
    skips[..., 3::2] = extended[..., 3::2] != extended[..., 1:-2:2]
    return skips


def align(log_probs: Floats, text: Sequence[int]) -> tuple[Span, ...]:
    """Return where each character of the text stands on the most probable path that writes it (Viterbi).

    A character's confidence is its greatest probability in its frames.

    Raises:
        ValueError: T frames cannot write the text.
    """
    if frames_needed(text) > len(log_probs):
        raise ValueError(f"{len(text)} characters do not fit into {len(log_probs)} frames")
    if not text:
        return ()
    extended = np.zeros(2 * len(text) + 1, np.intp)
    extended[1::2] = text
    skips = np.where(_skips(extended), 0.0, -np.inf)

    score = np.full(len(extended), -np.inf)
    score[:2] = log_probs[0, extended[:2]]
    came_from = np.zeros((len(log_probs), len(extended)), np.intp)
    moves = np.full((3, len(extended)), -np.inf)
    for t in range(1, len(log_probs)):
        moves[0] = score
        moves[1, 1:] = score[:-1]
        moves[2, 2:] = score[:-2] + skips[2:]
        came_from[t] = moves.argmax(axis=0)
        score = moves.max(axis=0) + log_probs[t, extended]

    place = len(extended) - (1 if score[-1] >= score[-2] else 2)
    path = [place]
    for t in range(len(log_probs) - 1, 0, -1):
        place -= int(came_from[t, place])
        path.append(place)
    path.reverse()
    spans, start = [], 0
    for position, frames in groupby(path):
        end = start + len(list(frames))
        if position % 2:
            index = int(extended[position])
            spans.append(Span(index, start, end, float(np.exp(log_probs[start:end, index].max()))))
        start = end
    return tuple(spans)


class Lexicon:
    """A closed list of words, prepared for one charset. Words with characters outside it can never be read.

    Args:
        words: the words as they are spelled; the case of letters counts.
        charset: what the network can write.
    """

    def __init__(self, words: Iterable[str], charset: Charset) -> None:
        spelled = dict.fromkeys(map(normalize, words))
        self._texts = {word: tuple(charset.encode(word)) for word in spelled if word and not charset.unknown(word)}
        self._words = sorted(self._texts, key=self._frames)  # so that those that fit into a crop come first
        self._folded = [word.casefold() for word in self._words]
        self._charset = charset

    def __len__(self) -> int:
        """Return how many words can be read."""
        return len(self._words)

    def _frames(self, word: str) -> int:
        return frames_needed(self._texts[word])

    def best(self, log_probs: Floats, *, top: int = 5, candidates: int = 100) -> list[tuple[str, float]]:
        """Return the most probable words with their exact log-probabilities, best first.

        Exact are the probabilities, and the choice among the candidates. The best word of the list can only be missed
        where it is not among them: a list of no more words than candidates is searched whole, and a word that is more
        probable than one half, or than what all scored words leave over, is the best of any list.

        Args:
            log_probs: (T, classes).
            top: how many words to return at most.
            candidates: only so many words are scored: of those that fit into the frames, the nearest to the greedy
                reading by edit distance regardless of case.

        Returns:
            Words that fit into the frames, so the list can be empty.
        """
        seen = self._charset.text(greedy(log_probs)).casefold()
        fitting = self._folded[: bisect_right(self._words, len(log_probs), key=self._frames)]
        near = process.extract(seen, fitting, scorer=Levenshtein.distance, limit=candidates)
        words = [self._words[place] for _, _, place in near]
        scores = ctc_log_probs(log_probs, [self._texts[word] for word in words]).tolist()
        ranked = sorted(zip(scores, words, strict=True), key=lambda pair: (-pair[0], pair[1]))
        return [(word, score) for score, word in ranked[:top] if score > -math.inf]
