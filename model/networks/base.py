"""What every network is: a module from images to logits that knows its preprocessing and its time steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.errors import WeightsError
from model.images import Preprocessing


class Network(nn.Module):
    """Base of the recognition networks.

    Attributes:
        name: the network's name in the registry and in weights files.
        preprocessing: how crops are prepared for new weights of this network.
        body_prefix, head_prefix: names of the convolutional part and of the last linear layer. The head has one row
            for each class, the blank first.
        options: the keyword arguments the network was built with; a weights file keeps them.
    """

    name: ClassVar[str]
    preprocessing: ClassVar[Preprocessing] = Preprocessing()
    body_prefix: ClassVar[str] = "cnn"
    head_prefix: ClassVar[str] = "fc"

    options: Mapping[str, Any]

    @staticmethod
    def frames(width: int) -> int:
        """Return the number of time steps T for images ``width`` pixels wide; below 1 where that is too narrow."""
        return width // 4

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps (N, features, height, T) of the convolutional part, and the states (T, N, features) that the
        head reads."""
        raise NotImplementedError

    def decode(self, states: Tensor) -> Tensor:
        """Map the states (T, N, features) of :meth:`encode` to logits (N, T, classes)."""
        logits: Tensor = self.get_submodule(self.head_prefix)(states)
        return logits.permute(1, 0, 2)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (N, C, 32, W) float32, normalised, to logits (N, T, classes) with the blank at class 0."""
        return self.decode(self.encode(images)[1])


class BiLSTM(nn.Module):
    """A bidirectional LSTM layer followed by a linear map: (T, N, features) to (T, N, out)."""

    def __init__(self, features: int, hidden: int, out: int) -> None:
        super().__init__()
        self.rnn = nn.LSTM(features, hidden, bidirectional=True)
        self.embedding = nn.Linear(2 * hidden, out)

    def states(self, frames: Tensor) -> Tensor:
        """Return the states (T, N, 2 * hidden) of both directions."""
        states: Tensor = self.rnn(frames)[0]
        return states

    def forward(self, frames: Tensor) -> Tensor:
        """Return the embedded states of both directions."""
        out: Tensor = self.embedding(self.states(frames))
        return out


NETWORKS: dict[str, type[Network]] = {}

INITS = ("he", "xavier", "normal")
"""Initial values a network can be built with, see :func:`initialize`."""


def register(name: str) -> Callable[[type[Network]], type[Network]]:
    """Class decorator that enters a network in :data:`NETWORKS`; a name can be taken once."""

    def enter(network: type[Network]) -> type[Network]:
        if name in NETWORKS:
            raise ValueError(f"two networks are called {name!r}")
        network.name = name
        NETWORKS[name] = network
        return network

    return enter


def initialize(network: nn.Module, init: str = "he") -> None:
    """Give convolutions, recurrent layers and linear maps their initial values.

    Args:
        network: all of it is initialised.
        init: "he", with which training starts soon: He's values for convolutions, orthogonal recurrent matrices,
            Glorot's for the rest, and LSTMs that begin by remembering. "xavier": Glorot's for all weights. "normal":
            all weights from N(0, 1), whatever their number. Outputs then grow from layer to layer until the loss is
            out of all proportion; it is here to be compared with.

    Raises:
        WeightsError: there are no such initial values.
    """
    if init not in INITS:
        raise WeightsError(f"There are no initial values called {init!r}; known are {', '.join(INITS)}.")
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.RNNBase):
            if init == "he":
                _initialize_he(module)
            else:
                _initialize_plainly(module, init)


def _initialize_plainly(module: nn.Module, init: str) -> None:
    for name, parameter in module.named_parameters(recurse=False):
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
        elif init == "xavier":
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.normal_(parameter)


def _initialize_he(module: nn.Conv2d | nn.Linear | nn.RNNBase) -> None:
    if isinstance(module, nn.RNNBase):
        _initialize_recurrent(module)
        return
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    else:
        nn.init.xavier_normal_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def _initialize_recurrent(module: nn.RNNBase) -> None:
    for name, parameter in module.named_parameters():
        gates = parameter.data.chunk(4 if isinstance(module, nn.LSTM) else 3)
        if name.startswith("bias"):
            nn.init.zeros_(parameter)
            if isinstance(module, nn.LSTM) and name.startswith("bias_ih"):
                nn.init.ones_(gates[1])  # the forget gate
        elif name.startswith("weight_hh"):
            for gate in gates:
                nn.init.orthogonal_(gate)
        else:
            nn.init.xavier_uniform_(parameter)


def frame_features(maps: Tensor) -> Tensor:
    """Turn feature maps of height one (N, C, 1, T) into a sequence (T, N, C)."""
    return maps.squeeze(2).permute(2, 0, 1)


def fold_batch_norm(network: Network) -> Network:
    """Fold every batch normalisation into the convolution before it, in place, and return the network in eval mode.

    The result computes the same function with fewer passes over memory. It can no longer be trained or saved.
    """
    network.eval()
    for parent in list(network.modules()):
        if not isinstance(parent, nn.Sequential):
            continue
        for i in range(len(parent) - 1):
            conv, norm = parent[i], parent[i + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                with torch.no_grad():
                    parent[i] = fuse_conv_bn_eval(conv, norm)
                parent[i + 1] = nn.Identity()
    return network
