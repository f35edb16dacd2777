"""The CRNN of clovaai's text recognition benchmark, which EasyOCR's second generation reads with."""

from __future__ import annotations

from torch import Tensor, nn

from model.networks.base import BiLSTM, Network, initialize, register


@register("clovaai-vgg")
class ClovaaiVGG(Network):
    """Seven convolutions and two BiLSTM layers, each followed by a linear map; grey, T = W / 4 - 1.

    Called "None-VGG-BiLSTM-CTC" in https://github.com/clovaai/deep-text-recognition-benchmark. Poolings 3 and 4 halve
    the height only, and the last convolution takes one column. What is left of the height is averaged, so that strips
    may be higher than 32 pixels: EasyOCR's are 64.

    Args:
        classes: characters plus one for the blank.
        channels: of the last convolutions; the first have an eighth of them.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.

    Raises:
        ValueError: there are too few channels.
    """

    def __init__(self, classes: int, *, channels: int = 512, hidden: int = 256, init: str = "he") -> None:
        if channels < 8:
            raise ValueError(f"of {channels} channels there is no eighth")
        super().__init__()
        eighth, quarter, half = channels // 8, channels // 4, channels // 2
        self.cnn = nn.Sequential(
            *_block(1, eighth),
            nn.MaxPool2d(2),
            *_block(eighth, quarter),
            nn.MaxPool2d(2),
            *_block(quarter, half),
            *_block(half, half),
            nn.MaxPool2d((2, 1)),
            *_block(half, channels, norm=True),
            *_block(channels, channels, norm=True),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(channels, channels, 2),
            nn.ReLU(inplace=True),
        )
        self.rnn = nn.Sequential(BiLSTM(channels, hidden, hidden), BiLSTM(hidden, hidden, hidden))
        self.fc = nn.Linear(hidden, classes)
        initialize(self, init)

    @staticmethod
    def frames(width: int) -> int:
        return width // 4 - 1

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        return maps, self.rnn(maps.mean(2).permute(2, 0, 1))


def _block(previous: int, channels: int, *, norm: bool = False) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Conv2d(previous, channels, 3, padding=1, bias=not norm)]
    if norm:
        layers.append(nn.BatchNorm2d(channels))
    return [*layers, nn.ReLU(inplace=True)]
