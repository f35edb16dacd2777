"""The CRNN with residual blocks of clovaai's benchmark, which EasyOCR's first generation reads with."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from model.networks.base import BiLSTM, Network, initialize, register


@register("clovaai-resnet")
class ClovaaiResNet(Network):
    """29 convolutions, most of them in residual blocks, and two BiLSTM layers; grey, T = W / 4 + 1.

    Called "None-ResNet-BiLSTM-CTC" in https://github.com/clovaai/deep-text-recognition-benchmark; the convolutions are
    those of Cheng et al., "Focusing Attention". Its layers have the names they have there. The third pooling and the
    last but one convolution halve the height only and pad the width. What is left of the height is averaged, so that
    strips may be higher than 32 pixels: EasyOCR's are 64.

    Args:
        classes: characters plus one for the blank.
        channels: of the last convolutions; the first has a sixteenth of them.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.

    Raises:
        ValueError: there are too few channels.
    """

    def __init__(self, classes: int, *, channels: int = 512, hidden: int = 256, init: str = "he") -> None:
        if channels < 16:
            raise ValueError(f"of {channels} channels there is no sixteenth")
        super().__init__()
        self.cnn = nn.Sequential(_layers(channels))
        self.rnn = nn.Sequential(BiLSTM(channels, hidden, hidden), BiLSTM(hidden, hidden, hidden))
        self.fc = nn.Linear(hidden, classes)
        initialize(self, init)

    @staticmethod
    def frames(width: int) -> int:
        return width // 4 + 1

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        return maps, self.rnn(maps.mean(2).permute(2, 0, 1))


class BasicBlock(nn.Sequential):
    """Two 3 x 3 convolutions beside a shortcut, with a ReLU over their sum."""

    def __init__(self, previous: int, channels: int) -> None:
        layers = _convolution("1", previous, channels) | _convolution("2", channels, channels)
        del layers["relu2"]  # it comes after the sum
        super().__init__(layers)
        projection = nn.Sequential(nn.Conv2d(previous, channels, 1, bias=False), nn.BatchNorm2d(channels))
        self.downsample: nn.Module = nn.Identity() if previous == channels else projection
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``maps``, projected where the number of channels changes, plus what the convolutions make of them."""
        *convolutions, shortcut, relu = self
        out = maps
        for layer in convolutions:
            out = layer(out)
        total: Tensor = relu(out + shortcut(maps))
        return total


def _layers(channels: int) -> OrderedDict[str, nn.Module]:
    layers = _convolution("0_1", 1, channels // 16) | _convolution("0_2", channels // 16, channels // 8)
    previous = channels // 8
    for stage, (width, blocks) in enumerate(((channels // 4, 1), (channels // 2, 2), (channels, 5), (channels, 3)), 1):
        if stage < 4:
            layers[f"maxpool{stage}"] = nn.MaxPool2d(2) if stage < 3 else nn.MaxPool2d(2, (2, 1), (0, 1))
        sides = [previous, *[width] * blocks]
        layers[f"layer{stage}"] = nn.Sequential(*(BasicBlock(one, width) for one in sides[:-1]))
        if stage < 4:
            layers |= _convolution(str(stage), width, width)
        previous = width
    layers |= _convolution("4_1", channels, channels, kernel=2, stride=(2, 1), padding=(0, 1))
    layers |= _convolution("4_2", channels, channels, kernel=2, padding=0)
    return layers


def _convolution(
    name: str,
    previous: int,
    channels: int,
    *,
    kernel: int = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 1,
) -> OrderedDict[str, nn.Module]:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers[f"conv{name}"] = nn.Conv2d(previous, channels, kernel, stride, padding, bias=False)
    layers[f"bn{name}"] = nn.BatchNorm2d(channels)
    layers[f"relu{name}"] = nn.ReLU(inplace=True)
    return layers
