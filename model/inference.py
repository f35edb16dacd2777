"""Reading crops: pixels in, predictions out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from model.annotations import Alternative, Character, Prediction
from model.assets import default_weights
from model.checkpoint import Weights, build_network, load_weights, weights_hash
from model.dataset import normalized
from model.decoding import Floats, Lexicon, Span, align, ctc_log_probs, greedy_spans, log_softmax, prefix_beam
from model.devices import Device, choose, cores, worker_pool
from model.errors import WeightsError
from model.images import read_image, to_strip
from model.networks import fold_batch_norm
from model.patterns import Pattern

logger = logging.getLogger(__name__)

Picture = Image.Image | NDArray[np.uint8] | Path | str
"""A crop: an image, uint8 pixels (H, W) or (H, W, 3), or the path of an image file."""

Strip = NDArray[np.uint8]

PRECISIONS = ("auto", "fp32", "bf16")

_WINDOW = 16  # batches whose crops are sorted by width together


class Recognizer:
    """A network ready to read, on one device. Not for use by two threads at once.

    Args:
        weights: what to read with.
        weights_hash: goes into every prediction.
        device: where to compute, see :func:`model.devices.choose`.
        precision: "fp32", "bf16", or "auto": bf16 on CUDA devices that have it, else fp32.
        workers: batches that are computed at once, each by one thread; None for one a core on a CPU.

    Attributes:
        weights, weights_hash: as given.
        device: where it computes now. A GPU without enough memory is left for the CPU.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        weights_hash: str = "",
        device: Device | None = None,
        precision: str = "auto",
        workers: int | None = None,
    ) -> None:
        if precision not in PRECISIONS:
            raise WeightsError(f"there is no precision {precision!r}; known are {', '.join(PRECISIONS)}")
        self.weights = weights
        self.weights_hash = weights_hash
        self.device = device or choose()
        self._half = precision == "bf16" or (
            precision == "auto" and self.device.kind == "cuda" and torch.cuda.is_bf16_supported()
        )
        # torch has no stubs for the memory format of modules
        network: Any = fold_batch_norm(build_network(weights)).requires_grad_(False)
        self._network = network.to(self.device.kind, memory_format=torch.channels_last)
        self._pool = worker_pool(workers or (min(cores(), _WINDOW) if self.device.kind == "cpu" else 1))
        self._lexicon: tuple[object, Pattern | None, Lexicon] | None = None
        self._pattern: Pattern | None = None

    @classmethod
    def load(
        cls,
        weights: Path | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        workers: int | None = None,
    ) -> Recognizer:
        """Return a recogniser with the weights of a file, or with the starter weights.

        Raises:
            WeightsError: the weights cannot be used, or there is no such precision.
            DeviceError: there is no such device.
        """
        path = weights or default_weights()
        loaded = load_weights(path)
        chosen = choose(device)
        return cls(loaded, weights_hash=weights_hash(path), device=chosen, precision=precision, workers=workers)

    def strip(self, image: Picture) -> Strip:
        """Return the pixels the network sees of a crop: (height, width), or (height, width, 3) for RGB networks."""
        return self._seen(image)[0]

    def _seen(self, image: Picture) -> tuple[Strip, float]:
        """Return the pixels the network sees of a crop, and the share of their width that is not padding."""
        crop, spec = _opened(image), self.weights.preprocessing
        strip = to_strip(crop, spec)
        return strip, spec.content_width(*crop.size) / strip.shape[1]

    def read(
        self, image: Picture, *, top: int = 1, lexicon: Iterable[str] | None = None, pattern: str | None = None
    ) -> Prediction:
        """Read one crop.

        Args:
            image: the crop.
            top: how many texts to tell: the prediction's own and up to ``top - 1`` alternatives.
            lexicon: only these words may be read. The list is prepared once while the same object is passed.
            pattern: a regular expression the whole text must match.

        Returns:
            The prediction; its text is empty with confidence 0 where nothing that is allowed fits into the crop.

        Raises:
            ImageError: the image file cannot be read.
            PatternError: the pattern cannot be used.
        """
        strip, share = self._seen(image)
        log_probs = self._pool.submit(self._log_probs, [strip]).result()
        if lexicon is None and pattern is None:
            return _without_padding(self._free(log_probs, top=top)[0], share)
        constrained = self._constrained(log_probs[0], top=top, lexicon=lexicon, pattern=pattern)
        return _without_padding(constrained, share)

    def read_many(self, images: Iterable[Picture], *, batch: int = 64, top: int = 1) -> Iterator[Prediction]:
        """Read crops in bulk and yield their predictions in the same order.

        Crops are taken from ``images`` some batches ahead and sorted by width; memory does not grow with their number.
        """
        pending = iter(images)
        waiting: list[tuple[list[int], Future[list[Prediction]]]] = []
        shares: list[float] = []
        while True:
            # One window is prepared here while the pool works on the window before.
            seen = [self._seen(image) for image in islice(pending, _WINDOW * batch)]
            strips = [strip for strip, _ in seen]
            begun = [
                (places, self._pool.submit(self._read_batch, [strips[place] for place in places], top))
                for places in _batches([strip.shape[1] for strip in strips], batch)
            ]
            done = {
                place: one for places, future in waiting for place, one in zip(places, future.result(), strict=True)
            }
            yield from (_without_padding(done[place], shares[place]) for place in range(len(done)))
            if not strips:
                return
            waiting, shares = begun, [share for _, share in seen]

    def _read_batch(self, strips: Sequence[Strip], top: int) -> list[Prediction]:
        return self._free(self._log_probs(strips), top=top)

    def _log_probs(self, strips: Sequence[Strip]) -> Floats:
        """Return the log-probabilities (N, T, classes) of strips of one width. Runs in the pool."""
        return log_softmax(self._logits(strips), temperature=self.weights.temperature)

    @torch.inference_mode()
    def _logits(self, strips: Sequence[Strip]) -> NDArray[np.float32]:
        """Return the logits (N, T, classes) of strips of one width, in pieces where the GPU's memory demands it."""
        stack = np.stack(strips)
        batch = torch.from_numpy(stack[:, np.newaxis] if stack.ndim == 3 else stack.transpose(0, 3, 1, 2))
        try:
            images = normalized(batch.to(self.device.kind), self.weights.preprocessing)
            with torch.autocast(self.device.kind, dtype=torch.bfloat16, enabled=self._half):
                logits = self._network(images.contiguous(memory_format=torch.channels_last))
            result: NDArray[np.float32] = logits.float().cpu().numpy()
            return result
        except torch.OutOfMemoryError:
            if len(strips) == 1:
                self._move_to_cpu()
                return self._logits(strips)
        torch.cuda.empty_cache()
        logger.warning("The GPU has no memory for %d crops at once; trying half of them.", len(strips))
        middle = len(strips) // 2
        return np.concatenate([self._logits(strips[:middle]), self._logits(strips[middle:])])

    def _move_to_cpu(self) -> None:
        logger.warning("The GPU has no memory for a single crop; reading goes on with the CPU.")
        self.device = Device("cpu", "the GPU ran out of memory")
        self._half = False
        self._network = self._network.to("cpu")

    def _free(self, log_probs: Floats, *, top: int) -> list[Prediction]:
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

    def _constrained(
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
        if self._lexicon is None or self._lexicon[0] is not words or self._lexicon[1] is not grammar:
            allowed = words if grammar is None else filter(grammar.matches, words)
            self._lexicon = (words, grammar, Lexicon(allowed, self.weights.charset))
        return self._lexicon[2]

    def _compiled(self, expression: str) -> Pattern:
        if self._pattern is None or self._pattern.expression != expression:
            self._pattern = Pattern(expression, self.weights.charset)
        return self._pattern

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


def _batches(widths: Sequence[int], batch: int) -> Iterator[list[int]]:
    """Yield the places of crops of one width, narrow ones first, at most ``batch`` at a time."""
    places = sorted(range(len(widths)), key=lambda place: widths[place])
    for _, group in groupby(places, key=lambda place: widths[place]):
        same = list(group)
        yield from (same[i : i + batch] for i in range(0, len(same), batch))


def _opened(image: Picture) -> Image.Image:
    if isinstance(image, Image.Image):
        return image
    if isinstance(image, np.ndarray):
        return Image.fromarray(image)
    return read_image(Path(image))


def _without_padding(prediction: Prediction, share: float) -> Prediction:
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
