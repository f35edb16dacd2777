"""Rehearsal against forgetting: while a network learns new words it keeps reading general ones as it did before.

General crops are shown to the network and to the weights it started from, and how far its reading has moved from
theirs is a loss of its own: learning without forgetting (Li & Hoiem, ECCV 2016) with crops to rehearse. The teacher's
whole posteriors tell more than a label, and the crops need neither labels nor characters that the network can write.
They need not even be words: crops that end as others do, or through which others shine, make some hundred of them show
as much as thousands would (Beyer et al., Knowledge distillation: a good teacher is patient and consistent, CVPR 2022).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model import distributed
from model.augment import augment
from model.dataset import CropSet, Indices, deal, normalized

if TYPE_CHECKING:
    from model.images import Preprocessing
    from model.networks import Network

MINGLED = 0.5
"""Share of the crops that end as another does, and share of those through which another shines."""


class Rehearsal:
    """General crops, and the network whose reading of them is to be kept.

    Args:
        crops: loaded; their labels are not used. None that can be read means that nothing is rehearsed.
        teacher: as the network was before the first step; it is not changed.
        batch: crops that are rehearsed at each step.
        seed: of the order and the variations.
        spec: how strips are made.
    """

    def __init__(self, crops: CropSet, teacher: Network, *, batch: int, seed: int, spec: Preprocessing) -> None:
        self._crops, self._members = crops, crops.usable()
        self._teacher = teacher.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._device = next(teacher.parameters()).device
        self._batch, self._seed, self._spec = batch, seed, spec
        self._epoch, self._batches = -1, self._deal(0)

    def loss(self, forward: Callable[[Tensor], Tensor], step: int) -> Tensor:
        """Return how far the reading of this step's crops has moved, a scalar.

        That is the Kullback-Leibler divergence of the network's posteriors from the teacher's in nats, summed over the
        frames, mean over the crops. Where several processes share the crops, it is this one's part of that.

        Args:
            forward: gives the network's logits (N, T, classes) for images (N, channels, height, width).
            step: of the run; it alone says which crops are shown, and as which variation.
        """
        images, rows = self._images(step)
        if not len(images):
            return torch.zeros(())
        with torch.no_grad():
            wanted = functional.log_softmax(self._teacher(images).float(), dim=-1)
        given = functional.log_softmax(forward(images).float(), dim=-1)
        return functional.kl_div(given, wanted, reduction="sum", log_target=True) / rows

    def _images(self, step: int) -> tuple[Tensor, int]:
        """Return this process's share of a step's crops as the network's input, and how many crops there are."""
        epoch, position = divmod(step, len(self._batches))
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._deal(epoch)
        batch = self._batches[position]
        found, strips = self._crops.strips(distributed.share(batch))
        if not found:
            return torch.empty(0), len(batch)
        strips = self._mingled(strips, batch, step)
        images = augment(strips.to(self._device), found, seed=self._seed, epoch=epoch)
        return normalized(images, self._spec), len(batch)

    def _mingled(self, strips: Tensor, batch: Indices, step: int) -> Tensor:
        """Return this process's strips of a batch, float32: some end as another's, through some another's shines."""
        rng, rows = np.random.default_rng((self._seed, step)), len(batch)
        _, ends = self._crops.strips(distributed.share(rng.permutation(batch)))
        _, ghosts = self._crops.strips(distributed.share(rng.permutation(batch)))
        kept = np.where(rng.random((2, rows)) < MINGLED, [rng.random(rows), rng.uniform(0.5, 1.0, rows)], 1.0)
        seam, share = (torch.from_numpy(distributed.share(row)).float()[:, None, None, None] for row in kept)
        width = strips.shape[-1]
        return torch.where(torch.arange(width) < seam * width, strips, ends).float().lerp(ghosts.float(), 1 - share)

    def _deal(self, epoch: int) -> list[Indices]:
        """Return an epoch's batches; there are as many in every epoch."""
        return deal(self._members, self._crops.widths, batch=self._batch, seed=self._seed, epoch=epoch)
