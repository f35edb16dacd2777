"""One network with its charset: strips in, predictions out."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from model.annotations import Alternative, Character, Prediction
from model.beam import prefix_beam, prefix_beams
from model.checkpoint import Weights
from model.decoding import (
    Floats,
    Lexicon,
    Span,
    Text,
    align,
    ctc_log_probs,
    greedy_spans,
    log_softmax,
)
from model.devices import Device
from model.directions import turned_characters
from model.engines import Engine, Logits, TorchEngine, Trial
from model.errors import CharsetError, WeightsError
from model.images import to_strip
from model.patterns import Pattern

logger = logging.getLogger(__name__)

Strip = NDArray[np.uint8]
Constraint = Lexicon | Pattern | None

# Measured on rendered words whose last letter ends at a known place. In distances between the centres of characters:
# how far the last one reaches from its own, and how much room behind it is taken for margin.
_LAST_REACH, _ROOM = 0.7, 0.75

_CERTAIN = math.log(0.5)  # no other text can be more probable than one that has half of all probability


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
        self._lexicon: tuple[tuple[str, ...], Pattern | None, Lexicon] | None = None
        self._pattern: Pattern | None = None

    def seen(self, crop: Image.Image) -> tuple[Strip, float]:
        """Return the pixels the network sees of a crop, and the share of their width that is not padding."""
        spec = self.weights.preprocessing
        strip = to_strip(crop, spec)
        return strip, spec.content_width(*crop.size) / strip.shape[1]

    def warm_up(self) -> None:
        """Compute once, so that the first reading takes no longer than the next. Raises as :meth:`log_probs` does."""
        strip, _ = self.seen(Image.new("L", (100, 32), "white"))
        self.log_probs([strip])

    def log_probs(self, strips: Sequence[Strip]) -> Floats:
        """Return the log-probabilities (N, T, classes) of strips of one width.

        Raises:
            WeightsError: the weights compute values that are not finite.
        """
        logits = self._logits(np.stack(strips))
        if not np.isfinite(logits).all():
            raise WeightsError("These weights compute values that are not finite; take others.")
        return log_softmax(logits, temperature=self.weights.temperature)

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

    def constraint(self, *, lexicon: Iterable[str] | None, pattern: str | None) -> Constraint:
        """Return what :meth:`predictions` may read, prepared once for the same words and the same pattern.

        Raises:
            PatternError: the pattern cannot be used.
            CharsetError: these weights can write no word of the lexicon.
            TypeError: the lexicon is a single string.
        """
        if isinstance(lexicon, str):
            raise TypeError(f"a lexicon is a collection of words, not the string {lexicon!r}")
        grammar = None if pattern is None else self._compiled(pattern)
        return grammar if lexicon is None else self._prepared(tuple(lexicon), grammar)

    def predictions(
        self, log_probs: Floats, shares: Sequence[float], *, top: int | None, constraint: Constraint = None
    ) -> list[Prediction]:
        """Return the predictions for log-probabilities (N, T, classes).

        Args:
            log_probs: of crops of one width.
            shares: of each strip, how much of its width is not padding, see :meth:`seen`.
            top: how many texts to tell, the most probable ones; None for the text of the most probable path alone.
            constraint: see :meth:`constraint`.
        """
        if constraint is not None:
            alone = zip(log_probs, shares, strict=True)
            return [self._constrained(rows, top or 1, constraint, share * len(rows)) for rows, share in alone]
        spans = [greedy_spans(rows) for rows in log_probs]
        texts = [tuple(span.index for span in word) for word in spans]
        scores = ctc_log_probs(log_probs, texts).tolist()
        frames = [share * log_probs.shape[1] for share in shares]
        if top is None:
            paths = zip(spans, scores, frames, strict=True)
            return [self._prediction(word, score, length, []) for word, score, length in paths]
        found = [{text: score} for text, score in zip(texts, scores, strict=True)]
        unsure = [i for i, score in enumerate(scores) if top > 1 or score < _CERTAIN]
        for i, others in zip(unsure, prefix_beams(log_probs[unsure], top=top), strict=True):
            found[i] |= dict(others)
        crops = zip(log_probs, spans, found, frames, strict=True)
        return [self._ranked(rows, word, among, top, length) for rows, word, among, length in crops]

    def _ranked(
        self, log_probs: Floats, path: Sequence[Span], found: Mapping[Text, float], top: int, frames: float
    ) -> Prediction:
        """Return the prediction of the most probable texts of those found, of which the best path's comes first."""
        text = next(iter(found))
        (best, best_score), *others = sorted(found.items(), key=lambda item: -item[1])[:top]
        return self._prediction(
            path if best == text else align(log_probs, best),
            best_score,
            frames,
            [(self._text(other), log_prob) for other, log_prob in others],
        )

    def _constrained(self, log_probs: Floats, top: int, constraint: Lexicon | Pattern, frames: float) -> Prediction:
        if isinstance(constraint, Lexicon):
            ranked = constraint.best(log_probs, top=top)
        else:
            found = prefix_beam(log_probs, top=top, grammar=constraint)
            ranked = [(self._text(text), log_prob) for text, log_prob in found]
        if not ranked:
            return Prediction("", 0.0, weights=self.weights_hash)
        best, score = ranked[0]
        return self._prediction(align(log_probs, self.weights.charset.encode(best)), score, frames, ranked[1:])

    def _prepared(self, words: tuple[str, ...], grammar: Pattern | None) -> Lexicon:
        last = self._lexicon  # taken once: another thread may put its own there
        if last is not None and last[0] == words and last[1] is grammar:
            return last[2]
        lexicon = Lexicon(words, self.weights.charset)
        if not len(lexicon):
            raise CharsetError("These weights can write no word of the lexicon; it needs words of their characters.")
        if grammar is not None:
            lexicon = Lexicon(filter(grammar.matches, words), self.weights.charset)
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
        self, spans: Sequence[Span], log_prob: float, frames: float, others: Sequence[tuple[str, float]]
    ) -> Prediction:
        extents = _extents(spans, frames)
        written = "".join(self._text((span.index,)) for span in spans)
        characters = tuple(
            Character(char, spans[place].confidence, *extents[place])
            for char, place in zip(*turned_characters(written), strict=True)
        )
        # A space at an end is margin that was read, and no label has one.
        text = "".join(character.char for character in characters)
        begin = len(text) - len(text.lstrip())
        text = text.strip()
        different: dict[str, float] = {}
        for other, score in others:
            if other.strip() != text:
                different.setdefault(other.strip(), score)
        return Prediction(
            text=text,
            confidence=_probability(log_prob),
            characters=characters[begin : begin + len(text)],
            alternatives=tuple(Alternative(other, _probability(score)) for other, score in different.items()),
            weights=self.weights_hash,
        )


def _probability(log_prob: float) -> float:
    return min(1.0, float(np.exp(log_prob)))  # rounding can lift it above 1


def _extents(spans: Sequence[Span], frames: float) -> list[tuple[float, float]]:
    """Return each character's extent as fractions of the crop's width, which is so many frames: the rest is padding.

    CTC marks a character with one or two frames somewhere inside it. Neighbours meet halfway between their frames, and
    the first reaches as far to the left as to the right. Those frames lie left of a character's middle, so the last one
    reaches further, and to the end of the crop where no other character would find room.
    """
    if len(spans) < 2:
        return [(0.0, 1.0)] * len(spans)
    borders = [(left.end + right.start) / 2 for left, right in pairwise(spans)]
    first = max(0.0, spans[0].start - (borders[0] - spans[0].end))
    centres = [(span.start + span.end) / 2 for span in spans]
    last = max(spans[-1].end, centres[-1] + _LAST_REACH * (centres[-1] - centres[-2]))
    if frames - last < _ROOM * (centres[-1] - centres[0]) / (len(spans) - 1):
        last = frames
    edges = [first, *borders, last]
    return [(min(start / frames, 1.0), min(end / frames, 1.0)) for start, end in pairwise(edges)]
