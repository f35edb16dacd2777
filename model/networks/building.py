"""From a name and options to a network."""

from __future__ import annotations

from typing import Any

from model.errors import WeightsError
from model.networks.base import NETWORKS, Network
from model.networks.routed import OPTION, Routed


def build(name: str, classes: int, /, **options: Any) -> Network:
    """Return a freshly initialised network.

    Args:
        name: one of :data:`NETWORKS`.
        classes: characters plus one for the blank.
        **options: the network's own options; what is not given has its default. Every network has ``specialist``: with
            it, a second network of the same sizes stands beside it, see :mod:`model.networks.routed`.

    Raises:
        WeightsError: there is no such network, or it has no such option, or none of such a value.
    """
    if name not in NETWORKS:
        raise WeightsError(f"There is no network called {name!r}; known are {', '.join(sorted(NETWORKS))}.")
    sizes = {key: value for key, value in options.items() if key != OPTION}
    try:
        network = NETWORKS[name](classes, **sizes)
        if options.get(OPTION):
            network = Routed(network, NETWORKS[name](classes, **sizes))
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: torch has no room for so many parameters
        raise WeightsError(f"The network {name!r} cannot be built with the options {options!r}: {error}.") from error
    # Request-time options such as pretrained=True say where the first state came from, not what the network is.
    network.options = {key: value for key, value in options.items() if key != "pretrained"}
    return network
