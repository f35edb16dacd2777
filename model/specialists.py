"""Weights with a specialist: what a training learnt stands beside what the weights could read before.

A training changes a copy of the weights it starts from. In the end a router is fitted that tells crops like those that
were learnt from general ones by what the old weights see in them, and both become one file, see
:mod:`model.networks.routed`. The next training starts from the specialist, and what is general stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.augment import augment
from model.checkpoint import Weights, build_network
from model.dataset import CropSet, Indices, deal, normalized
from model.networks.routed import seen

if TYPE_CHECKING:
    from model.images import Preprocessing
    from model.networks import Network

OPTION = "specialist"
"""The option of networks with a specialist, see :func:`model.networks.build`."""

GENERAL_SHARE = 2 / 3
"""Share of the views a router learns from that general crops have."""

_PLAIN = 0.5  # of the views that a router learns from show the crop as it is
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
    members: Indices,
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
        own, members: the crops that are the specialist's, loaded, and which of them to show the router.
        count: crops that it sees, own and general ones, about; some several times, each time as another variation.
        seed: of their order and variations.
        device: where to compute.
    """
    network = build_network(generalist.weights).to(device)
    spec = specialist.preprocessing
    shares = (GENERAL_SHARE, generalist.crops, generalist.crops.usable()), (1 - GENERAL_SHARE, own, members)
    features = []
    for share, crops, indices in shares:
        views = _views(crops, indices, count=round(share * count), seed=seed, spec=spec)
        features.append(_features(network, views, device))
    labels = torch.cat([torch.full((len(rows),), float(i)) for i, rows in enumerate(features)])
    return joined(generalist.weights, specialist, _logistic_regression(torch.cat(features), labels))


def _views(crops: CropSet, members: Indices, *, count: int, seed: int, spec: Preprocessing) -> Iterator[Tensor]:
    """Yield images (N, channels, height, width) of crops, of one width at a time, until there are so many."""
    shown = epoch = 0
    while len(members) and shown < count:
        for indices in deal(members, crops.widths, batch=_BATCH, seed=seed, epoch=epoch):
            found, strips = crops.strips(indices)
            if found and shown < count:
                yield normalized(augment(strips.float(), found, seed=seed, epoch=epoch, plain=_PLAIN), spec)
            shown += len(indices)
        epoch += 1
        members = crops.usable(members)


def _part(weights: Weights, prefix: str) -> Weights:
    if not weights.options.get(OPTION):
        return weights
    state = {name.removeprefix(prefix): value for name, value in weights.state.items() if name.startswith(prefix)}
    options = {key: value for key, value in weights.options.items() if key != OPTION}
    return replace(weights, options=options, state=state)


@torch.inference_mode()
def _features(general: Network, batches: Iterable[Tensor], device: torch.device) -> Tensor:
    """Return what a router judges images by, (N, features), on the CPU."""
    return torch.cat([seen(general, images.to(device))[0].float().cpu() for images in batches])


def _logistic_regression(features: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Return weight (1, features) and bias (1,) that tell rows of label 1 from rows of label 0."""
    mean, spread = features.mean(0), features.std(0) + 1e-3
    rows = ((features - mean) / spread).clone()  # a tensor of inference mode takes part in no gradient
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
