"""The crops of a training run as the network sees them, dealt out in batches of one width.

Crops become uint8 strips once and stay in memory while they fit; what does not fit is read again, by other processes,
before its turn comes. Which crops share a batch depends on the seed and the epoch alone, so a run can be taken up
anywhere.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.checking import cause_of
from model.errors import CharsetError, ImageError
from model.events import Cause, Problem, Severity
from model.images import (
    Preprocessing,
    cut_crops,
    image_size,
    to_strip,
)
from model.reading_ahead import ReadingAhead, read_strip

if TYPE_CHECKING:
    from PIL import Image

    from model.annotations import LabelledCrop
    from model.charset import Charset

STRIP_MEMORY = 2 << 30
"""Bytes of strips that are kept in memory."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CropBatch:
    """Crops of one width, ready for the network.

    Attributes:
        indices: which crops of the set these are, row by row.
        images: (N, channels, height, width) float32 in the range of :func:`model.images.prepare_crop`.
        targets: (N, longest label) int64 class indices, padded with 0. Padded int64 targets keep `ctc_loss` away
            from cuDNN's variant, which has other ideas about impossible labels.
        lengths: (N,) int64 label lengths.
        shared: the crops of the whole batch where several processes share it, each with some of its rows.
    """

    indices: tuple[int, ...]
    images: Tensor
    targets: Tensor
    lengths: Tensor
    shared: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def everyone(self) -> tuple[int, ...]:
        """The crops of the whole batch, those of other processes included."""
        return self.shared or self.indices

    def rows(self, keep: Sequence[int]) -> CropBatch:
        """Return the batch with only these rows."""
        rows = torch.tensor(keep, dtype=torch.int64)
        return CropBatch(
            tuple(self.indices[row] for row in keep),
            self.images[rows.to(self.images.device)],
            self.targets[rows],
            self.lengths[rows],
        )


class CropSet:
    """Labelled crops with their encoded labels, network widths and strips.

    Args:
        crops: the crops, in the order that indices refer to.
        charset: encodes the labels; None where nobody trains on them.
        preprocessing: how strips are made.
        pixels: of crops, by index, that have no file.
        memory: bytes of strips to keep.

    Attributes:
        targets: the class indices of each label.
        widths: (len,) int64 network widths in pixels; 0 while :meth:`load` has not seen the crop, or in vain.
        problems: crops that turned out to be unusable, by index. They are never dealt out.
    """

    def __init__(
        self,
        crops: Iterable[LabelledCrop],
        charset: Charset | None,
        *,
        preprocessing: Preprocessing,
        pixels: Mapping[int, Image.Image] | None = None,
        memory: int = STRIP_MEMORY,
    ) -> None:
        self.crops = tuple(crops)
        self.targets: list[list[int]] = []
        self.widths = np.zeros(len(self.crops), np.int64)
        self.problems: dict[int, Problem] = {}
        self._spec = preprocessing
        self._strips: dict[int, NDArray[np.uint8]] = {}
        self._free = memory
        self._pixels = dict(pixels or {})
        self._ahead: ReadingAhead | None = None
        for i, crop in enumerate(self.crops):
            try:
                self.targets.append(charset.encode(crop.text) if charset else [])
            except CharsetError as error:
                self.targets.append([])
                self.refuse(i, Cause.UNKNOWN_CHARACTER, str(error))

    def __len__(self) -> int:
        return len(self.crops)

    def prepared(self, preprocessing: Preprocessing) -> CropSet:
        """Return a set of the same crops, prepared in another way and not loaded; nobody trains on it."""
        return CropSet(self.crops, None, preprocessing=preprocessing, pixels=self._pixels)

    @property
    def is_full(self) -> bool:
        """Whether there is no memory for more strips."""
        return self._free <= 0

    def load(
        self,
        indices: Iterable[int] | None = None,
        *,
        until: float = math.inf,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Measure crops (all by default) and keep their strips, until a `time.monotonic` moment or a wish to stop.

        Crops that come too late are measured by their file's header; their strips are read when they are dealt.
        """
        for i, pixels in self._pixels.items():
            self._keep(i, to_strip(pixels, self._spec))
        wanted = range(len(self)) if indices is None else indices
        outside = [i for i in wanted if i not in self.problems and i not in self._pixels]
        order = sorted(outside, key=lambda i: str(self.crops[i].file))
        done = 0
        for i, (_, pixels_or_error) in zip(order, cut_crops(self.crops[i] for i in order), strict=True):
            if isinstance(pixels_or_error, ImageError):
                self.refuse(i, cause_of(pixels_or_error), str(pixels_or_error))
            else:
                self._keep(i, to_strip(pixels_or_error, self._spec))
            done += 1
            if self._free <= 0 or time.monotonic() > until or should_stop():
                break
        for i in order[done:]:
            try:
                self.widths[i] = self._spec.width_for(*self._size(i))
            except ImageError as error:
                self.refuse(i, cause_of(error), str(error))

    def take_over(self, widths: Indices, problems: Mapping[int, Problem]) -> None:
        """Go by what another process has found out about the same crops."""
        self.widths, self.problems = widths, dict(problems)
        self._strips = {i: strip for i, strip in self._strips.items() if strip.shape[1] == widths[i]}

    def usable(self, indices: Iterable[int] | None = None) -> Indices:
        """Return the indices (all by default) without those of crops that have a problem."""
        wanted = range(len(self)) if indices is None else indices
        return np.array([i for i in wanted if i not in self.problems], np.int64)

    def refuse(self, i: int, cause: Cause, detail: str) -> None:
        """Note that a crop is unusable; it is never dealt out again."""
        crop = self.crops[i]
        self.problems[i] = Problem(crop.key, cause, Severity.ERROR, detail, crop.word_id)

    def strips(self, indices: Iterable[int]) -> tuple[list[int], Tensor]:
        """Return the readable ones of these crops, all of one width, and their strips.

        Returns:
            their indices, and (N, channels, height, width) uint8. Crops that cannot be read join ``problems``.
        """
        found: dict[int, NDArray[np.uint8]] = {}
        for i in map(int, indices):
            try:
                found[i] = self._strips[i] if i in self._strips else self._read(i)
            except ImageError as error:
                self.refuse(i, cause_of(error), str(error))
        if not found:
            return [], torch.empty(0, dtype=torch.uint8)
        stack = np.stack(list(found.values()))
        planes = stack[:, np.newaxis] if stack.ndim == 3 else np.ascontiguousarray(stack.transpose(0, 3, 1, 2))
        return list(found), torch.from_numpy(planes)

    def read_ahead(self, indices: Iterable[int], *, workers: int) -> None:
        """Let other processes read the strips of crops that are not in memory; :meth:`strips` takes them over."""
        missing = [(i, self.crops[i], int(self.widths[i])) for i in map(int, indices) if i not in self._strips]
        if missing:
            self._ahead = self._ahead or ReadingAhead(self._spec, workers=workers)
            self._ahead.ask(missing)

    def close(self) -> None:
        """End the processes that read."""
        if self._ahead:
            self._ahead.close()

    def labels(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Return padded targets (N, longest) int64 and their lengths (N,) int64."""
        lengths = torch.tensor([len(self.targets[i]) for i in indices], dtype=torch.int64)
        targets = torch.zeros(len(indices), max([1, *lengths.tolist()]), dtype=torch.int64)
        for row, i in enumerate(indices):
            targets[row, : lengths[row]] = torch.tensor(self.targets[i], dtype=torch.int64)
        return targets, lengths

    def _read(self, i: int) -> NDArray[np.uint8]:
        strip = self._ahead.take(i) if self._ahead else None
        if strip is None:
            strip = read_strip(self.crops[i], int(self.widths[i]), self._spec)
        self._keep(i, strip)
        return strip

    def _keep(self, i: int, strip: NDArray[np.uint8]) -> None:
        self.widths[i] = strip.shape[1]
        self._free -= strip.nbytes
        if self._free >= 0 or i in self._pixels:
            self._strips[i] = strip

    def _size(self, i: int) -> tuple[int, int]:
        crop = self.crops[i]
        if crop.box is None:
            return image_size(crop.image)
        return max(1, round(crop.box.width)), max(1, round(crop.box.height))


def normalized(strips: Tensor, spec: Preprocessing) -> Tensor:
    """Return strips (N, C, H, W), values in 0..255, as the network's float32 input; bit for bit as `prepare_crop`."""
    scale, shift = (strips.new_tensor(v, dtype=torch.float32).view(-1, 1, 1) for v in spec.scale_and_shift())
    return strips.float() * scale + shift


def deal(members: Indices, widths: Indices, *, batch: int, seed: int, epoch: int) -> list[Indices]:
    """Return one epoch's batches: every member once, one width a batch, in an order of the seed and epoch.

    A width's crops are spread evenly over its batches, so that none ends in a batch of one.
    """
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(members)
    batches: list[Indices] = []
    for width in np.unique(widths[order]):
        group = order[widths[order] == width]
        batches += np.array_split(group, -(-len(group) // batch))
    return [batches[i] for i in rng.permutation(len(batches))]
