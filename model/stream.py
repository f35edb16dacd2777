"""An endless stream of rendered strips, drawn by other processes where there are cores for them, dealt in batches.

Crop i is a function of the seed and i, so a stream can be taken up at any index. Where drawing a crop costs more than
learning from it, each is dealt several times, in stages: a stage deals out every strip of the newest few blocks once,
in an order of its own, and the next stage has one block more and one less.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

from model.annotations import LabelledCrop
from model.augment import augment
from model.charset import Charset, frames_needed
from model.dataset import CropBatch, Indices, deal, normalized
from model.images import to_strip
from model.processes import follow_parent

if TYPE_CHECKING:
    from model.images import Preprocessing
    from model.networks import Network
    from model.synth import SyntheticCrops

CHUNK = 32
"""Crops that are drawn at once: what one message of a drawing process holds."""

Drawn = tuple[NDArray[np.uint8], str]
"""A strip as :func:`model.images.to_strip` makes it, and its text."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """How hard the crops of a stream are: from ``first`` up to ``last`` over so many crops, then ``last``."""

    first: float
    last: float
    crops: int

    def at(self, index: int) -> float:
        """Return the difficulty of crop ``index``, see :class:`model.synth.SyntheticCrops`."""
        share = min(1.0, index / self.crops) if self.crops else 1.0
        return self.first + share * (self.last - self.first)


@dataclass(frozen=True)
class SyntheticStrips(Dataset[Drawn]):
    """Rendered crops as the network sees them, by index.

    Attributes:
        crops: draws them; its own difficulty is not used.
        ramp: their difficulty.
        spec: how strips are made.
    """

    crops: SyntheticCrops
    ramp: Ramp
    spec: Preprocessing

    def __getitem__(self, index: int) -> Drawn:
        image, text = replace(self.crops, difficulty=self.ramp.at(index))[index]
        return to_strip(image, self.spec), text


@dataclass(frozen=True, slots=True)
class Deal:
    """How a stream is dealt.

    Attributes:
        seed: of the order and the variations.
        origin: index of the first crop that is dealt in this way.
        batch: crops of a full batch.
        repeats: stages in which each crop is dealt, each time as another variation.
    """

    seed: int
    origin: int
    batch: int
    repeats: int

    @property
    def block(self) -> int:
        """Crops that are new in a stage: enough that most widths fill a batch."""
        return CHUNK * self.batch

    def end(self, stage: int) -> int:
        """Return the index after the last crop of a stage."""
        return self.origin + (stage + 1) * self.block

    def start(self, stage: int) -> int:
        """Return the index of the first crop of a stage."""
        return max(self.origin, self.end(stage) - self.repeats * self.block)


class Stream:
    """The strips of the present stage, and the batches they are dealt in.

    Args:
        source: draws the strips.
        charset: encodes the texts.
        network: what will learn; crops too narrow for their text in its time steps are passed over.
        dealing: how they are dealt.
        stage: the stage to begin with.
        workers: processes that draw ahead; 0 draws in this one, when strips are asked for.
    """

    def __init__(
        self,
        source: SyntheticStrips,
        *,
        charset: Charset,
        network: Network,
        dealing: Deal,
        stage: int = 0,
        workers: int = 0,
    ) -> None:
        self._source, self._charset, self._frames, self._dealing = source, charset, network.frames, dealing
        self._next = dealing.start(stage)
        self._stage, self._order, self._indices = -1, list[Indices](), list[int]()
        self._strips: dict[int, tuple[NDArray[np.uint8], str, list[int]]] = {}
        loader: DataLoader[Drawn] = DataLoader(
            source,
            sampler=range(self._next, sys.maxsize),
            batch_size=CHUNK,
            collate_fn=list,
            num_workers=workers,
            # As much as the next stage needs is drawn while this one is learnt from.
            prefetch_factor=-(-dealing.block // (CHUNK * workers)) if workers else None,
            multiprocessing_context="spawn" if workers else None,
            worker_init_fn=_end_with_parent,
        )
        self._chunks: Iterator[list[Drawn]] = iter(loader)

    def close(self) -> None:
        """End the processes that draw."""
        self._chunks = iter(())  # a loader ends them when nobody holds its iterator any more

    def is_ready(self, stage: int) -> bool:
        """Whether all strips of a stage have been drawn."""
        return self._next >= self._dealing.end(stage)

    def draw(self) -> None:
        """Take the next few strips of the stream."""
        for pixels, text in next(self._chunks):
            target = self._charset.encode(text)
            if frames_needed(target) <= self._frames(pixels.shape[1]):
                self._strips[self._next] = pixels, text, target
            self._next += 1

    def begin(self, stage: int) -> int:
        """Make a stage that is ready the present one and return how many batches it has."""
        dealing = self._dealing
        start = dealing.start(stage)
        self._strips = {index: strip for index, strip in self._strips.items() if index >= start}
        self._stage, self._indices = stage, list(self._strips)
        widths = np.array([pixels.shape[1] for pixels, _, _ in self._strips.values()], np.int64)
        self._order = deal(np.arange(len(widths)), widths, batch=dealing.batch, seed=dealing.seed, epoch=stage)
        return len(self._order)

    def batch(self, position: int, device: torch.device) -> tuple[CropBatch, Sequence[LabelledCrop]]:
        """Return a batch of the present stage as the network's input, varied, and the crop of each row."""
        indices = [self._indices[i] for i in self._order[position]]
        strips, texts, targets = zip(*(self._strips[index] for index in indices), strict=True)
        stack = np.stack(strips)
        planes = stack[:, np.newaxis] if stack.ndim == 3 else np.ascontiguousarray(stack.transpose(0, 3, 1, 2))
        images = torch.from_numpy(planes).to(device).float()
        images = augment(images, indices, seed=self._dealing.seed, epoch=self._stage)
        batch = CropBatch(
            tuple(indices),
            normalized(images, self._source.spec),
            pad_sequence([torch.tensor(target) for target in targets], batch_first=True),
            torch.tensor([len(target) for target in targets]),
        )
        crops = [
            LabelledCrop(f"synthetic {index}", Path(), None, text) for index, text in zip(indices, texts, strict=True)
        ]
        return batch, crops


def _end_with_parent(_worker: int) -> None:
    follow_parent()
