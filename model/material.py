"""The crops a training run learns from, in the order in which they are dealt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from PIL import Image

from model import distributed
from model.annotations import LabelledCrop
from model.augment import augment
from model.dataset import CropBatch, CropSet, Indices, deal, normalized
from model.errors import TrainingError

if TYPE_CHECKING:
    from model.charset import Charset
    from model.images import Preprocessing
    from model.planning import TrainingPlan

PLAIN = 0.5
"""The share of crops that are shown as they are. With all of them varied, what a few hundred steps teach takes twice as
many."""

MOST_READERS = 8
"""Processes that read strips ahead: each reads about 3,000 a second."""

Drawn = tuple[Image.Image, str]
"""A crop without a file, and its text."""


class Material:
    """The crops of a plan.

    Args:
        plan: its crops for training are dealt.
        spec: how strips are made.
        batch: crops of a full batch.
        varied: show each crop as another variation every time.
        seed: of the order and the variations.
    """

    def __init__(self, plan: TrainingPlan, *, spec: Preprocessing, batch: int, varied: bool, seed: int) -> None:
        self._spec, self._batch, self._varied, self._seed = spec, batch, varied, seed
        self.crops = crop_set(plan.train, plan.charset, spec=spec)
        self._members = self.crops.usable()

    def load(self, *, until: float, should_stop: Callable[[], bool]) -> None:
        """Read the crops, see :meth:`CropSet.load`.

        Raises:
            TrainingError: none of the plan's crops can be read.
        """
        self.crops.load(until=until, should_stop=should_stop)
        self.crops.take_over(*distributed.of_leader(lambda: (self.crops.widths, self.crops.problems)))
        self._members = self.crops.usable()
        if not len(self._members):
            raise TrainingError("None of the crops to train on can be read.")

    def deal(self, epoch: int) -> list[Indices]:
        """Return the batches of an epoch: every crop once.

        Crops that turn out to be bad later stay in their batch and are left out when it is made, so that an
        interrupted run finds the same batches again.
        """
        return deal(self._members, self.crops.widths, batch=self._batch, seed=self._seed, epoch=epoch)

    def read_ahead(self, batches: Sequence[Indices]) -> None:
        """Let other processes read what is not in memory of batches that will be dealt soon."""
        for indices in batches if self.crops.is_full else ():
            mine = distributed.share(self.crops.usable(indices))
            self.crops.read_ahead(mine, workers=min(MOST_READERS, distributed.cores_left()))

    def batch(self, indices: Indices, *, epoch: int, device: torch.device) -> CropBatch | None:
        """Return the network's input for these crops, varied if the run asks for it; None if none can be read.

        Where several processes share the work it is this one's share of them, and what one cannot read, none deals.
        """
        rows = self.crops.usable(indices)
        if not len(rows):
            return None
        mine = distributed.share(rows)
        found, strips = self.crops.strips(mine)
        lost = {i: self.crops.problems[i] for i in mine.tolist() if i in self.crops.problems}
        if everyones := distributed.gathered(lost or None):
            for problems in everyones:
                self.crops.problems |= problems
            return self.batch(indices, epoch=epoch, device=device)
        if not found:  # there are fewer rows than processes
            shape = self._spec.channels, self._spec.height, int(self.crops.widths[rows[0]])
            return CropBatch((), torch.empty(0, *shape, device=device), *self.crops.labels(()), tuple(rows.tolist()))
        images = strips.to(device).float()
        if self._varied:
            images = augment(images, found, seed=self._seed, epoch=epoch, plain=PLAIN)
        return CropBatch(tuple(found), normalized(images, self._spec), *self.crops.labels(found), tuple(rows.tolist()))


def crop_set(
    crops: Sequence[LabelledCrop], charset: Charset | None, *, spec: Preprocessing, drawn: Sequence[Drawn] = ()
) -> CropSet:
    """Return the set of these crops, followed by drawn ones that have no file."""
    general = [LabelledCrop(f"general {i}", Path(), None, text) for i, (_, text) in enumerate(drawn)]
    pixels = {len(crops) + i: image for i, (image, _) in enumerate(drawn)}
    return CropSet((*crops, *general), charset, preprocessing=spec, pixels=pixels)
