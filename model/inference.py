"""Reading crops: pixels in, predictions out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.annotations import Prediction
from model.assets import default_weights
from model.checkpoint import Weights, load_with_hash
from model.devices import Device, choose, cores, worker_pool
from model.engines import Trial, fastest
from model.errors import ImageError
from model.images import plain, read_image
from model.reader import Reader, Strip

Picture = Image.Image | NDArray[np.uint8] | Path | str
"""A crop: an image as it is, uint8 pixels (H, W) or (H, W, 3), or the path of an image file, whose EXIF orientation is
applied."""

_WINDOW = 16  # batches whose crops are sorted by width together


class Recognizer:
    """A network ready to read, on one device; for one thread or several at once.

    Its threads end with :meth:`close`, with the end of a ``with`` block, or with the recogniser itself.

    Args:
        weights: what to read with.
        weights_hash: goes into every prediction.
        device: where to compute, see :func:`model.devices.choose`.
        precision: "fp32", "bf16", or "auto", which is "fp32": bfloat16 reads some words differently.
        engine: "torch", "onnxruntime", or "auto" for the quicker of them, where onnxruntime is installed.
        workers: batches that are computed at once, each by one thread; None for one a core on a CPU.

    Raises:
        EngineError: there is no such precision or engine, or it cannot be used here.
        WeightsError: what the weights compute is not finite.
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
        loaded, hash_ = load_with_hash(Path(weights or default_weights()))
        return cls(
            loaded,
            weights_hash=hash_,
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
        self._reader = self._prepared(*load_with_hash(Path(weights or default_weights())))

    def close(self) -> None:
        """Give up what has not been computed yet and end the threads; nothing can be read afterwards."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepared(self, weights: Weights, hash_: str) -> Reader:
        device, precision, engine = self._wanted
        # In the pool, where torch has as many threads as it will have for the readings.
        quickest, trials = self._pool.submit(fastest, weights, device, precision, engine).result()
        reader = Reader(weights, hash_, engine=quickest, device=device, trials=trials)
        self._pool.submit(reader.warm_up).result()
        return reader

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

    def prepare(self, *, lexicon: Iterable[str] | None, pattern: str | None) -> None:
        """Make ready to read with a lexicon or a pattern, so that what is wrong with them is told before.

        Raises:
            PatternError, CharsetError: as :meth:`read` does.
        """
        self._reader.constraint(lexicon=lexicon, pattern=pattern)

    def read(
        self,
        image: Picture,
        *,
        top: int | None = None,
        lexicon: Iterable[str] | None = None,
        pattern: str | None = None,
    ) -> Prediction:
        """Read one crop.

        Args:
            image: the crop.
            top: how many texts to tell, the most probable ones: the first is the prediction's own, whatever their
                number, the rest are its alternatives. None for the text of the most probable path, which is found
                without a search and seldom another.
            lexicon: only these words may be read. They are prepared once while they stay the same.
            pattern: a regular expression the whole text must match. Of one that can be in more than
                :data:`model.beam.STATES` states at once, such as ``.*a.{12}``, only the most probable states are
                followed; then the text can be empty although one would fit.

        Returns:
            The prediction; its text is empty with confidence 0 where nothing that is allowed fits into the crop.

        Raises:
            ImageError: the image cannot be read, or an array is no image.
            PatternError: the pattern cannot be used.
            CharsetError: the weights can write no word of the lexicon.
        """
        return self._read(image, top=top, lexicon=lexicon, pattern=pattern)[0]

    def read_with_strip(self, image: Picture, *, top: int | None = None) -> tuple[Prediction, Strip]:
        """Read one crop as :meth:`read` does, and return what the network saw as :meth:`strip` does."""
        return self._read(image, top=top, lexicon=None, pattern=None)

    def _read(
        self, image: Picture, *, top: int | None, lexicon: Iterable[str] | None, pattern: str | None
    ) -> tuple[Prediction, Strip]:
        _require_positive(top=top)
        reader = self._reader
        constraint = reader.constraint(lexicon=lexicon, pattern=pattern)
        strip, share = reader.seen(_opened(image))
        log_probs = self._pool.submit(reader.log_probs, [strip]).result()
        [prediction] = reader.predictions(log_probs, [share], top=top, constraint=constraint)
        return prediction, strip

    def read_many(
        self,
        images: Iterable[Picture],
        *,
        batch: int = 64,
        top: int | None = None,
        lexicon: Iterable[str] | None = None,
        pattern: str | None = None,
        on_error: Callable[[int, ImageError], None] | None = None,
    ) -> Iterator[Prediction]:
        """Read crops in bulk and yield their predictions in the same order.

        Crops are taken from ``images`` some batches ahead and sorted by width; memory does not grow with their number.
        Closing the iterator gives up what has not been computed yet.

        Args:
            images: the crops.
            batch: at most so many crops of one width are computed at once.
            top, lexicon, pattern: as for :meth:`read`.
            on_error: gets the place of a crop that cannot be read, counted from 0, and the reason, before any crop
                behind it is told; the crop has no prediction then. Without it the error is raised, after the
                predictions of all crops before that one.

        Raises:
            ImageError, PatternError, CharsetError: as :meth:`read` does.
        """
        _require_positive(batch=batch, top=top)
        reader, pending = self._reader, enumerate(images)
        constraint = reader.constraint(lexicon=lexicon, pattern=pattern)

        def read(strips: Sequence[Strip], shares: Sequence[float]) -> list[Prediction]:
            return reader.predictions(reader.log_probs(strips), shares, top=top, constraint=constraint)

        def submit(strips: Sequence[Strip], shares: Sequence[float]) -> Future[list[Prediction]]:
            return self._pool.submit(read, strips, shares)

        finished = window = _Window(batch, submit)
        failure, taken = None, True
        try:
            while taken and not failure:
                # One window is prepared here while the pool works on its full batches and on the window before.
                finished, window, taken = window, _Window(batch, submit), False
                for place, image in islice(pending, _WINDOW * batch):
                    taken = True
                    try:
                        window.add(*reader.seen(_opened(image)))
                    except ImageError as error:
                        if on_error is None:
                            failure = error
                            break
                        on_error(place, error)
                window.complete()
                yield from finished.predictions()
            yield from window.predictions()
        finally:
            finished.cancel()
            window.cancel()
        if failure:
            raise failure


class _Window:
    """Crops that are being read, in batches of one width.

    Args:
        batch: crops of a full batch, which is begun as soon as it is full.
        submit: begins to read strips of one width, of which these shares are not padding.
    """

    def __init__(
        self, batch: int, submit: Callable[[Sequence[Strip], Sequence[float]], Future[list[Prediction]]]
    ) -> None:
        self._batch, self._submit = batch, submit
        self._count = 0
        self._gathered: dict[int, list[tuple[int, Strip, float]]] = {}
        self._begun: list[tuple[tuple[int, ...], Future[list[Prediction]]]] = []

    def add(self, strip: Strip, share: float) -> None:
        """Take in the next crop: its strip, and the share of it that is not padding."""
        width = strip.shape[1]
        same = self._gathered.setdefault(width, [])
        same.append((self._count, strip, share))
        self._count += 1
        if len(same) == self._batch:
            self._begin(width)

    def complete(self) -> None:
        """Begin what is left, the wide crops first: the last batches are the small ones then."""
        for width in sorted(self._gathered, reverse=True):
            self._begin(width)

    def predictions(self) -> list[Prediction]:
        """Wait for all crops and return their predictions in order."""
        done = {
            place: one for places, future in self._begun for place, one in zip(places, future.result(), strict=True)
        }
        return [done[place] for place in range(self._count)]

    def cancel(self) -> None:
        """Give up what has not begun."""
        for _, future in self._begun:
            future.cancel()

    def _begin(self, width: int) -> None:
        places, strips, shares = zip(*self._gathered.pop(width), strict=True)
        self._begun.append((places, self._submit(strips, shares)))


def _require_positive(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"{name} is at least 1, not {number}")


def _opened(image: Picture) -> Image.Image:
    if isinstance(image, Image.Image):
        return _loaded(image)
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or 0 in image.shape or image.shape[2:] not in ((), (3,)) or image.ndim < 2:
            raise ImageError(
                f"A crop as an array is uint8 of shape (height, width) or (height, width, 3), not {image.dtype} of "
                f"shape {image.shape}."
            )
        return Image.fromarray(image)
    return read_image(Path(image))


def _loaded(image: Image.Image) -> Image.Image:
    name = getattr(image, "filename", "") or "The image"
    if 0 in image.size:
        raise ImageError(f"{name} has no pixels.")
    try:
        image.load()
    except (OSError, SyntaxError) as error:  # a file that Pillow has opened and not read yet
        raise ImageError(f"{name} cannot be read as an image: {str(error).rstrip('.')}.") from error
    return plain(image, name)
