"""A network and a specialist for one kind of crops, with a router that sends each crop to one of them.

What a network learns from a few hundred crops it pays for with what it knew. Here it is kept as it was, a copy learns,
and a linear classifier on what the old one sees in a crop tells which of the two is to read it (Expert Gate: Aljundi et
al., CVPR 2017, where autoencoders tell). :mod:`model.specialists` makes such networks of plain ones.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.networks.base import Network

OPTION = "specialist"
"""The option with which any network is built with a specialist, see :func:`model.networks.build`."""


class Routed(Network):
    """Two networks of one kind that read as one.

    Args:
        general: reads whatever the router does not send to the specialist.
        specialist: a network like it.
    """

    def __init__(self, general: Network, specialist: Network) -> None:
        super().__init__()
        self.general, self.specialist = general, specialist
        # A score for each crop, in logits: above zero the specialist reads it.
        self.router = nn.Linear(_features(general), 1)

    def frames(self, width: int) -> int:  # type: ignore[override]  # it depends on the networks within
        return self.general.frames(width)

    def forward(self, images: Tensor) -> Tensor:
        features, states = seen(self.general, images)
        logits, special = self.general.decode(states), self.router(features) > 0
        if images.is_meta:  # what has no values cannot be judged by them
            return torch.where(special.unsqueeze(2), self.specialist(images), logits)
        mine = special.squeeze(1)
        if mine.any():
            logits[mine] = self.specialist(images[mine])
        return logits


def seen(general: Network, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a router judges images by, (N, features), and the states (T, N, features) that the head reads.

    Maps and states of the general network are pooled, by their mean and their maximum.
    """
    maps, states = general.encode(images)
    pooled = (maps.mean((2, 3)), maps.amax((2, 3)), states.mean(0), states.amax(0))
    return torch.cat(pooled, 1), states


def _features(network: Network) -> int:
    """Return how many features of a network like this one a router judges by."""
    convolutions = [m for m in network.get_submodule(network.body_prefix).modules() if isinstance(m, nn.Conv2d)]
    head = network.get_submodule(network.head_prefix)
    assert isinstance(head, nn.Linear)
    return 2 * (convolutions[-1].out_channels + head.in_features)
