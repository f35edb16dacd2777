"""The CRNN of Shi, Bai and Yao, "An End-to-End Trainable Neural Network for Image-based Sequence Recognition"."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import cast

from torch import Tensor, nn

from model.networks.base import BiLSTM, Network, frame_features, initialize, register


@register("crnn")
class CRNN(Network):
    """Seven convolutions and two bidirectional LSTM layers; 8.3 M parameters for 36 characters.

    The last two poolings halve the height only and pad the width by one, so T = W / 4 + 1.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.
    """

    head_prefix = "rnn.1.embedding"

    def __init__(self, classes: int, *, hidden: int = 256, init: str = "he") -> None:
        super().__init__()
        self.cnn = nn.Sequential(_layers())
        self.rnn = nn.Sequential(BiLSTM(512, hidden, hidden), BiLSTM(hidden, hidden, classes))
        initialize(self, init)

    @staticmethod
    def frames(width: int) -> int:
        return width // 4 + 1 if width >= 4 else 0

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        below, last = cast("Iterable[BiLSTM]", self.rnn)
        return maps, last.states(below(frame_features(maps)))


def _layers() -> OrderedDict[str, nn.Module]:
    """Return the convolutional part under the layer names that published checkpoints use."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    previous = 1
    for i, channels in enumerate((64, 128, 256, 256, 512, 512, 512)):
        last = i == 6
        layers[f"conv{i}"] = nn.Conv2d(previous, channels, 2 if last else 3, padding=0 if last else 1)
        if i in (2, 4, 6):
            layers[f"batchnorm{i}"] = nn.BatchNorm2d(channels)
        layers[f"relu{i}"] = nn.ReLU(inplace=True)
        if i in (0, 1):
            layers[f"pooling{i}"] = nn.MaxPool2d(2)
        elif i in (3, 5):
            layers[f"pooling{(i + 1) // 2}"] = nn.MaxPool2d(2, stride=(2, 1), padding=(0, 1))
        previous = channels
    return layers
