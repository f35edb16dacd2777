"""The default network: a small CRNN for two processor cores."""

from __future__ import annotations

from torch import Tensor, nn

from model.networks.base import Network, frame_features, initialize, register


@register("crnn-lite")
class CRNNLite(Network):
    """Strided convolutions to a quarter of the width, two narrow BiLSTM layers with a bypass; grey, T = W / 4.

    The image shrinks by strides instead of poolings after full-size convolutions, so that most of the 80 million
    multiplications for a 32 x 128 image happen in few, wide maps (``crnn`` needs ten times as many). All convolutions
    carry a batch normalisation, which :func:`model.networks.fold_batch_norm` folds away for reading.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.
    """

    def __init__(self, classes: int, *, hidden: int = 96, init: str = "he") -> None:
        super().__init__()
        self.cnn = nn.Sequential(
            *_block(1, 32, stride=2),
            *_block(32, 48, stride=2),
            Residual(48),
            *_block(48, 96, stride=(2, 1)),
            Residual(96),
            *_block(96, 192, stride=(2, 1)),
            Residual(192),
            *_block(192, 256, kernel=(2, 3), padding=(0, 1)),
        )
        self.rnn = nn.LSTM(256, hidden, num_layers=2, bidirectional=True)
        self.bypass = nn.Linear(256, 2 * hidden)
        self.fc = nn.Linear(2 * hidden, classes)
        initialize(self, init)

    @staticmethod
    def frames(width: int) -> int:
        return (width + 3) // 4  # a stride of 2 keeps the last column of an odd number, where a pooling drops it

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        features = frame_features(maps)
        states, _ = self.rnn(features)
        # Past the LSTMs, the head teaches the convolutions from the first step on; without the bypass, training from
        # scratch stays on the all-blank plateau several times as long.
        return maps, states + self.bypass(features)


class Residual(nn.Module):
    """A 3 x 3 convolution beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(*_block(channels, channels))

    def forward(self, maps: Tensor) -> Tensor:
        """Return ``maps`` plus what the convolution makes of them."""
        out: Tensor = maps + self.block(maps)
        return out


def _block(
    previous: int,
    channels: int,
    *,
    kernel: int | tuple[int, int] = 3,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 1,
) -> list[nn.Module]:
    return [
        nn.Conv2d(previous, channels, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    ]
