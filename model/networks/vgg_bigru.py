"""A VGG-like body of seven convolutions under a two-layer bidirectional GRU."""

from __future__ import annotations

from torch import Tensor, nn

from model.networks.base import Network, frame_features, initialize, register


@register("vgg-bigru")
class VGGBiGRU(Network):
    """Seven convolutions, two BiGRU layers and one linear layer; grey, T = W / 4.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both GRU layers.
        init: initial values, see :func:`model.networks.base.initialize`.
    """

    def __init__(self, classes: int, *, hidden: int = 256, init: str = "he") -> None:
        super().__init__()
        self.cnn = nn.Sequential(
            *_block(1, 64),
            nn.MaxPool2d(2),
            *_block(64, 128),
            nn.MaxPool2d(2),
            *_block(128, 256),
            *_block(256, 256),
            nn.MaxPool2d((2, 1)),
            *_block(256, 512, norm=True),
            *_block(512, 512, norm=True),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(512, 512, (2, 3), padding=(0, 1)),
            nn.ReLU(inplace=True),
        )
        self.rnn = nn.GRU(512, hidden, num_layers=2, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, classes)
        initialize(self, init)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        states, _ = self.rnn(frame_features(maps))
        return maps, states


def _block(previous: int, channels: int, *, norm: bool = False) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Conv2d(previous, channels, 3, padding=1, bias=not norm)]
    if norm:
        layers.append(nn.BatchNorm2d(channels))
    return [*layers, nn.ReLU(inplace=True)]
