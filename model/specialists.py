"""Weights with a specialist: what a training learnt stands beside what the weights could read before.

A training changes a copy of the weights it starts from. In the end a router is fitted that tells crops like those that
were learnt from general ones by what the old weights see in them, and both become one file, see
:mod:`model.networks.routed`. The next training starts from the specialist, and what is general stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from model.augment import augment
from model.checkpoint import Weights, build_network
from model.dataset import CropSet, deal, normalized
from model.material import PLAIN
from model.networks.routed import OPTION, seen

if TYPE_CHECKING:
    from model.images import Preprocessing

GENERAL_SHARE = 2 / 3
"""Share of the views a router learns from that general crops have."""

_BATCH = 64
_RIDGE = 0.01  # what the sum of squared router weights, for features of unit variance, counts beside the loss
_ITERATIONS = 100


@dataclass(frozen=True, slots=True)
class Generalist:
    """What a training does not change.

    Attributes:
        weights: plain; they read crops unlike those that are learnt from.
        crops: general ones, loaded, to tell the others from.
    """

    weights: Weights
    crops: CropSet


def general_part(weights: Weights) -> Weights:
    """Return the plain weights that read what no specialist does; plain weights themselves."""
    return _part(weights, "general.")


def specialist_part(weights: Weights) -> Weights:
    """Return the specialist as plain weights; weights without one themselves."""
    return _part(weights, "specialist.")


def joined(general: Weights, specialist: Weights, router: Mapping[str, Tensor]) -> Weights:
    """Return weights that read crops which the router marks with the specialist, and others with the general weights.

    Args:
        general, specialist: plain, of one network, one charset and one preprocessing. All but the parameters is the
            specialist's.
        router: "weight" (1, features) and "bias" (1,), see :func:`model.networks.routed.seen`.
    """
    state = {f"general.{name}": value for name, value in general.state.items()}
    state |= {f"specialist.{name}": value for name, value in specialist.state.items()}
    state |= {f"router.{name}": value for name, value in router.items()}
    return replace(specialist, options={**specialist.options, OPTION: True}, state=state)


def routed(
    generalist: Generalist,
    specialist: Weights,
    own: CropSet,
    *,
    count: int,
    seed: int,
    device: torch.device,
) -> Weights:
    """Fit a router and return the joined weights.

    It is a logistic regression with a ridge penalty on standardised features of varied crops.

    Args:
        generalist: what reads crops that are not like the specialist's.
        specialist: what was learnt; see :func:`joined`.
        own: the crops that are the specialist's, loaded. Where none can be read it gets no crop at all.
        count: views that the router learns from, of own and of general crops, about; another variation each time.
        seed: of the choice of crops, their order and their variations.
        device: where to compute.
    """
    network = build_network(generalist.weights).to(device)
    spec = specialist.preprocessing
    features, labels = [], []
    for label, crops, share in ((0.0, generalist.crops, GENERAL_SHARE), (1.0, own, 1 - GENERAL_SHARE)):
        for images in _views(crops, count=round(share * count), seed=seed, spec=spec, device=device):
            with torch.no_grad():
                features.append(seen(network, images)[0].float().cpu())
            labels.append(torch.full((len(images),), label))
    return joined(generalist.weights, specialist, _logistic_regression(torch.cat(features), torch.cat(labels)))


def _views(crops: CropSet, *, count: int, seed: int, spec: Preprocessing, device: torch.device) -> Iterator[Tensor]:
    """Yield images (N, channels, height, width) of so many crops, about; each of fewer ones several times."""
    members = np.random.default_rng(seed).permutation(crops.usable())[:count]
    shown = epoch = 0
    while len(members):
        for indices in deal(members, crops.widths, batch=_BATCH, seed=seed, epoch=epoch):
            found, strips = crops.strips(indices)
            if found:
                images = augment(strips.to(device).float(), found, seed=seed, epoch=epoch, plain=PLAIN)
                yield normalized(images, spec)
            shown += len(found)
            if shown >= count:
                return
        members, epoch = crops.usable(members), epoch + 1


def _part(weights: Weights, prefix: str) -> Weights:
    if not weights.options.get(OPTION):
        return weights
    state = {name.removeprefix(prefix): value for name, value in weights.state.items() if name.startswith(prefix)}
    options = {key: value for key, value in weights.options.items() if key != OPTION}
    return replace(weights, options=options, state=state)


def _logistic_regression(features: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Return weight (1, features) and bias (1,) that tell rows of label 1 from rows of label 0."""
    mean, spread = features.mean(0), features.std(0) + 1e-3
    rows = (features - mean) / spread
    linear = nn.Linear(features.shape[1], 1)
    for parameter in linear.parameters():
        nn.init.zeros_(parameter)
    optimizer = torch.optim.LBFGS(linear.parameters(), max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        fit = functional.binary_cross_entropy_with_logits(linear(rows).squeeze(1), labels)
        total = fit + _RIDGE / 2 * linear.weight.square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        weight = linear.weight / spread
        return {"weight": weight, "bias": linear.bias - weight @ mean}
