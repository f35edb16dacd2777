"""One network with its charset: strips in, predictions out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from model.annotations import Alternative, Character, Prediction
from model.checkpoint import Weights
from model.decoding import Floats, Lexicon, Span, align, ctc_log_probs, greedy_spans, log_softmax, prefix_beam
from model.devices import Device
from model.engines import Engine, Logits, TorchEngine, Trial
from model.images import to_strip
from model.patterns import Pattern

logger = logging.getLogger(__name__)

Strip = NDArray[np.uint8]


class Reader:
    """Reads strips with one network, by several threads at once if need be.

    Args:
        weights, weights_hash: whose charset and temperature turn logits into texts and confidences; the hash goes
            into every prediction.
        engine: computes the logits of these weights.
        device: where it does.
        trials: how the engines did that were compared.

    Attributes:
        weights, weights_hash, engine, device, trials: as given. A GPU without enough memory is left for the CPU: then
            engine and device are others.
    """

    def __init__(
        self, weights: Weights, weights_hash: str, *, engine: Engine, device: Device, trials: Sequence[Trial]
    ) -> None:
        self.weights = weights
        self.weights_hash = weights_hash
        self.engine = engine
        self.device = device
        self.trials = tuple(trials)
        self._lexicon: tuple[object, Pattern | None, Lexicon] | None = None
        self._pattern: Pattern | None = None

    def seen(self, crop: Image.Image) -> tuple[Strip, float]:
        """Return the pixels the network sees of a crop, and the share of their width that is not padding."""
        spec = self.weights.preprocessing
        strip = to_strip(crop, spec)
        return strip, spec.content_width(*crop.size) / strip.shape[1]

    def log_probs(self, strips: Sequence[Strip]) -> Floats:
        """Return the log-probabilities (N, T, classes) of strips of one width."""
        return log_softmax(self._logits(np.stack(strips)), temperature=self.weights.temperature)

    def _logits(self, strips: Strip) -> Logits:
        """Return the logits, in pieces where the GPU's memory demands it."""
        try:
            return self.engine.logits(strips)
        except torch.OutOfMemoryError:
            pass  # and leave the block, for the error holds on to the memory of the attempt
        if len(strips) == 1:
            logger.warning("The GPU has no memory for a single crop; reading goes on with the CPU.")
            self.device = Device("cpu", "the GPU ran out of memory")
            self.engine = TorchEngine(self.weights, self.device)
            return self.engine.logits(strips)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        logger.warning("The GPU has no memory for %d crops at once; trying half of them.", len(strips))
        return np.concatenate([self._logits(half) for half in np.array_split(strips, 2)])

    def free(self, log_probs: Floats, *, top: int) -> list[Prediction]:
        """Return the predictions for log-probabilities (N, T, classes) without a constraint."""
        spans = [greedy_spans(rows) for rows in log_probs]
        texts = [tuple(span.index for span in word) for word in spans]
        scores = ctc_log_probs(log_probs, texts)
        predictions = []
        for rows, word, text, score in zip(log_probs, spans, texts, scores, strict=True):
            others = prefix_beam(rows, top=top) if top > 1 else []
            ranked = [(self._text(other), log_prob) for other, log_prob in others if other != text][: top - 1]
            predictions.append(self._prediction(word, float(score), len(rows), ranked))
        return predictions

    def constrained(
        self, log_probs: Floats, *, top: int, lexicon: Iterable[str] | None, pattern: str | None
    ) -> Prediction:
        grammar = None if pattern is None else self._compiled(pattern)
        if lexicon is not None:
            ranked = self._prepared(lexicon, grammar).best(log_probs, top=top)
        else:
            found = prefix_beam(log_probs, top=top, grammar=grammar)
            ranked = [(self._text(text), log_prob) for text, log_prob in found]
        if not ranked:
            return Prediction("", 0.0, weights=self.weights_hash)
        best, score = ranked[0]
        return self._prediction(align(log_probs, self.weights.charset.encode(best)), score, len(log_probs), ranked[1:])

    def _prepared(self, words: Iterable[str], grammar: Pattern | None) -> Lexicon:
        last = self._lexicon  # taken once: another thread may put its own there
        if last is not None and last[0] is words and last[1] is grammar:
            return last[2]
        lexicon = Lexicon(words if grammar is None else filter(grammar.matches, words), self.weights.charset)
        self._lexicon = (words, grammar, lexicon)
        return lexicon

    def _compiled(self, expression: str) -> Pattern:
        last = self._pattern
        if last is not None and last.expression == expression:
            return last
        self._pattern = pattern = Pattern(expression, self.weights.charset)
        return pattern

    def _text(self, indices: Sequence[int]) -> str:
        return self.weights.charset.text(indices)

    def _prediction(
        self, spans: Sequence[Span], log_prob: float, frames: int, others: Sequence[tuple[str, float]]
    ) -> Prediction:
        extents = _extents(spans, frames)
        characters = tuple(
            Character(self._text((span.index,)), span.confidence, start, end)
            for span, (start, end) in zip(spans, extents, strict=True)
        )
        return Prediction(
            text="".join(character.char for character in characters),
            confidence=_probability(log_prob),
            characters=characters,
            alternatives=tuple(Alternative(text, _probability(score)) for text, score in others),
            weights=self.weights_hash,
        )


def without_padding(prediction: Prediction, share: float) -> Prediction:
    """Turn spans from fractions of the strip into fractions of the crop, which fills this share of it."""
    if share == 1:
        return prediction
    characters = (
        replace(c, start=min(c.start / share, 1.0), end=min(c.end / share, 1.0)) for c in prediction.characters
    )
    return replace(prediction, characters=tuple(characters))


def _probability(log_prob: float) -> float:
    return min(1.0, float(np.exp(log_prob)))  # rounding can lift it above 1


def _extents(spans: Sequence[Span], frames: int) -> list[tuple[float, float]]:
    """Return each character's extent as fractions of the strip's width.

    CTC marks a character with one or two frames somewhere inside it. Neighbours meet halfway between their frames,
    and the outer ends reach as far from theirs as the inner ones do.
    """
    if len(spans) < 2:
        return [(0.0, 1.0)] * len(spans)
    borders = [(left.end + right.start) / 2 for left, right in pairwise(spans)]
    first = max(0.0, spans[0].start - (borders[0] - spans[0].end))
    last = min(float(frames), spans[-1].end + (spans[-1].start - borders[-1]))
    edges = [first, *borders, last]
    return [(start / frames, end / frames) for start, end in pairwise(edges)]
