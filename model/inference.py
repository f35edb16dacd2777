"""Reading crops: pixels in, predictions out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.annotations import Prediction
from model.assets import default_weights
from model.checkpoint import Weights, load_weights, weights_hash
from model.devices import Device, choose, cores, worker_pool
from model.engines import Trial, fastest
from model.errors import ImageError
from model.images import read_image
from model.reader import Reader, Strip, without_padding

Picture = Image.Image | NDArray[np.uint8] | Path | str
"""A crop: an image, uint8 pixels (H, W) or (H, W, 3), or the path of an image file."""

_WINDOW = 16  # batches whose crops are sorted by width together


class Recognizer:
    """A network ready to read, on one device; for one thread or several at once.

    Args:
        weights: what to read with.
        weights_hash: goes into every prediction.
        device: where to compute, see :func:`model.devices.choose`.
        precision: "fp32", "bf16", or "auto", which is "fp32": bfloat16 reads some words differently.
        engine: "torch", "onnxruntime", or "auto" for the quicker of them, where onnxruntime is installed.
        workers: batches that are computed at once, each by one thread; None for one a core on a CPU.

    Raises:
        EngineError: there is no such precision or engine, or it cannot be used here.
    """

    def __init__(
        self,
        weights: Weights,
        *,
        weights_hash: str = "",
        device: Device | None = None,
        precision: str = "auto",
        engine: str = "auto",
        workers: int | None = None,
    ) -> None:
        chosen = device or choose()
        self._wanted = (chosen, precision, engine)
        self._pool = worker_pool(workers or (min(cores(), _WINDOW) if chosen.kind == "cpu" else 1))
        self._reader = self._prepared(weights, weights_hash)

    @classmethod
    def load(
        cls,
        weights: Path | str | None = None,
        *,
        device: str = "auto",
        precision: str = "auto",
        engine: str = "auto",
        workers: int | None = None,
    ) -> Recognizer:
        """Return a recogniser with the weights of a file, or with the starter weights.

        Raises:
            WeightsError: the weights cannot be used.
            DeviceError: there is no such device.
            EngineError: as the class does.
        """
        path = Path(weights or default_weights())
        return cls(
            load_weights(path),
            weights_hash=weights_hash(path),
            device=choose(device),
            precision=precision,
            engine=engine,
            workers=workers,
        )

    def reload(self, weights: Path | str | None = None) -> None:
        """Read with the weights of another file from now on, or with the starter weights.

        A reading that has begun, in bulk too, ends with the weights it began with. Where the new ones cannot be used,
        those before stay. Raises as :meth:`load`.
        """
        path = Path(weights or default_weights())
        self._reader = self._prepared(load_weights(path), weights_hash(path))

    def _prepared(self, weights: Weights, hash_: str) -> Reader:
        device, precision, engine = self._wanted
        # In the pool, where torch has as many threads as it will have for the readings.
        quickest, trials = self._pool.submit(fastest, weights, device, precision, engine).result()
        return Reader(weights, hash_, engine=quickest, device=device, trials=trials)

    @property
    def weights(self) -> Weights:
        """The weights that are read with."""
        return self._reader.weights

    @property
    def weights_hash(self) -> str:
        """The hash that goes into predictions."""
        return self._reader.weights_hash

    @property
    def device(self) -> Device:
        """Where it computes now. A GPU without enough memory is left for the CPU."""
        return self._reader.device

    @property
    def engine(self) -> str:
        """What computes: "torch" or "onnxruntime"."""
        return self._reader.engine.name

    @property
    def precision(self) -> str:
        """In what numbers: "fp32" or "bf16"."""
        return self._reader.engine.precision

    @property
    def trials(self) -> tuple[Trial, ...]:
        """How the engines did that were tried at load; empty where there was no choice."""
        return self._reader.trials

    def strip(self, image: Picture) -> Strip:
        """Return the pixels the network sees of a crop: (height, width), or (height, width, 3) for RGB networks."""
        return self._reader.seen(_opened(image))[0]

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
            ImageError: the image file cannot be read, or an array is no image.
            PatternError: the pattern cannot be used.
        """
        if lexicon is None and pattern is None:
            return self.read_with_strip(image, top=top)[0]
        reader = self._reader
        strip, share = reader.seen(_opened(image))
        log_probs = self._pool.submit(reader.log_probs, [strip]).result()
        constrained = reader.constrained(log_probs[0], top=top, lexicon=lexicon, pattern=pattern)
        return without_padding(constrained, share)

    def read_with_strip(self, image: Picture, *, top: int = 1) -> tuple[Prediction, Strip]:
        """Read one crop as :meth:`read` does, and return what the network saw as :meth:`strip` does."""
        reader = self._reader
        strip, share = reader.seen(_opened(image))
        log_probs = self._pool.submit(reader.log_probs, [strip]).result()
        return without_padding(reader.free(log_probs, top=top)[0], share), strip

    def read_many(self, images: Iterable[Picture], *, batch: int = 64, top: int = 1) -> Iterator[Prediction]:
        """Read crops in bulk and yield their predictions in the same order.

        Crops are taken from ``images`` some batches ahead and sorted by width; memory does not grow with their number.
        Closing the iterator gives up what has not been computed yet.
        """
        reader, pending = self._reader, iter(images)
        waiting = _Window([], [])
        try:
            while True:
                # One window is prepared here while the pool works on the window before.
                seen = [reader.seen(_opened(image)) for image in islice(pending, _WINDOW * batch)]
                finished, waiting = waiting, self._begin(reader, seen, batch=batch, top=top)
                yield from finished.predictions()
                if not seen:
                    return
        finally:
            waiting.cancel()

    def _begin(self, reader: Reader, seen: Sequence[tuple[Strip, float]], *, batch: int, top: int) -> _Window:
        def read(strips: Sequence[Strip]) -> list[Prediction]:
            return reader.free(reader.log_probs(strips), top=top)

        strips = [strip for strip, _ in seen]
        batches = [
            (places, self._pool.submit(read, [strips[place] for place in places]))
            for places in _batches([strip.shape[1] for strip in strips], batch)
        ]
        return _Window([share for _, share in seen], batches)


@dataclass(frozen=True, slots=True)
class _Window:
    """Crops that are being read: the share of each strip that is not padding, and batches as places and predictions."""

    shares: list[float]
    batches: list[tuple[list[int], Future[list[Prediction]]]]

    def predictions(self) -> list[Prediction]:
        """Wait for all of them and return them in the order of the crops."""
        done = {
            place: one for places, future in self.batches for place, one in zip(places, future.result(), strict=True)
        }
        return [without_padding(done[place], share) for place, share in enumerate(self.shares)]

    def cancel(self) -> None:
        """Give up what has not begun."""
        for _, future in self.batches:
            future.cancel()


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
        if image.dtype != np.uint8 or 0 in image.shape or image.shape[2:] not in ((), (3,)) or image.ndim < 2:
            raise ImageError(
                f"A crop as an array is uint8 of shape (height, width) or (height, width, 3), not {image.dtype} of "
                f"shape {image.shape}."
            )
        return Image.fromarray(image)
    return read_image(Path(image))
