"""The CRNN of https://github.com/GitYCC/crnn-pytorch."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from model.networks.base import Network, frame_features, initialize, register


@register("gitycc-crnn")
class GitYCCCRNN(Network):
    """The convolutions of the paper, a narrow linear map, two BiLSTM layers and one more linear map; T = W / 4 - 1.

    The last two poolings halve the height only, without padding. Its layers have the names they have there.

    Args:
        classes: characters plus one for the blank.
        mapped: features of each frame that go into the first LSTM layer.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.
    """

    head_prefix = "dense"

    def __init__(self, classes: int, *, mapped: int = 64, hidden: int = 256, init: str = "he") -> None:
        super().__init__()
        self.cnn = nn.Sequential(_layers())
        self.map_to_seq = nn.Linear(512, mapped)
        self.rnn1 = nn.LSTM(mapped, hidden, bidirectional=True)
        self.rnn2 = nn.LSTM(2 * hidden, hidden, bidirectional=True)
        self.dense = nn.Linear(2 * hidden, classes)
        initialize(self, init)

    @staticmethod
    def frames(width: int) -> int:
        return width // 4 - 1

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        states, _ = self.rnn1(self.map_to_seq(frame_features(maps)))
        states, _ = self.rnn2(states)
        return maps, states


def _layers() -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    previous = 1
    for i, channels in enumerate((64, 128, 256, 256, 512, 512, 512)):
        last = i == 6
        layers[f"conv{i}"] = nn.Conv2d(previous, channels, 2 if last else 3, padding=0 if last else 1)
        if i in (4, 5):
            layers[f"batchnorm{i}"] = nn.BatchNorm2d(channels)
        layers[f"relu{i}"] = nn.ReLU(inplace=True)
        if i in (0, 1):
            layers[f"pooling{i}"] = nn.MaxPool2d(2)
        elif i in (3, 5):
            layers[f"pooling{(i + 1) // 2}"] = nn.MaxPool2d((2, 1))
        previous = channels
    return layers
