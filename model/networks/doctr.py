"""The CRNNs of docTR, https://github.com/mindee/doctr: on VGG16 with batch normalisation, and on MobileNetV3."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from model.errors import WeightsError
from model.images import DEFAULT_WIDTHS, Fit, Preprocessing, Resampling
from model.networks.base import Network, frame_features, initialize, register


class DocTR(Network):
    """A body that leaves one row of features, one LSTM of two layers in both directions, and a linear map; RGB.

    Its crops were 128 pixels wide at a height of 32, padded with black. Wider ones keep their ratio here.
    """

    preprocessing = Preprocessing(
        channels=3,
        mean=(0.694, 0.695, 0.693),
        std=(0.299, 0.296, 0.301),
        widths=tuple(width for width in DEFAULT_WIDTHS if width >= 128),
        fit=Fit.PAD,
        padding=0,
        resampling=Resampling.BILINEAR,
    )

    def __init__(self, body: nn.Sequential, features: int, classes: int, *, hidden: int, init: str) -> None:
        super().__init__()
        self.cnn = body
        self.rnn = nn.LSTM(features, hidden, num_layers=2, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, classes)
        initialize(self, init)

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.cnn(images)
        states, _ = self.rnn(frame_features(maps))
        return maps, states


@register("doctr-vgg16")
class DocTRVGG16(DocTR):
    """docTR's ``crnn_vgg16_bn``: all of VGG16's convolutions, with batch normalisation; T = W / 4.

    The last three poolings halve the height only.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.
    """

    def __init__(self, classes: int, *, hidden: int = 128, init: str = "he") -> None:
        super().__init__(_vgg16_bn_body(), 512, classes, hidden=hidden, init=init)


@register("doctr-mobilenet")
class DocTRMobileNet(DocTR):
    """docTR's ``crnn_mobilenet_v3_small`` and ``crnn_mobilenet_v3_large``; T = W / 4, rounded up.

    torchvision's body; all strides but the first two halve the height only.

    Args:
        classes: characters plus one for the blank.
        size: "small" or "large".
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.

    Raises:
        WeightsError: there is no such size.
    """

    def __init__(self, classes: int, *, size: str = "small", hidden: int = 128, init: str = "he") -> None:
        if size not in _STRIDED_BLOCKS:
            raise WeightsError(f"There is no MobileNetV3 of the size {size!r}; known are {', '.join(_STRIDED_BLOCKS)}.")
        super().__init__(_mobilenet_body(size), 576 if size == "small" else 960, classes, hidden=hidden, init=init)

    @staticmethod
    def frames(width: int) -> int:
        return (width + 3) // 4


_STRIDED_BLOCKS = {"small": (2, 4, 9), "large": (4, 7, 13)}


def _vgg16_bn_body() -> nn.Sequential:
    """Return ``torchvision.models.vgg16_bn().features`` with docTR's poolings, without importing torchvision."""
    layers: list[nn.Module] = []
    previous = 3
    for stage, (channels, convolutions) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for _ in range(convolutions):
            conv = nn.Conv2d(previous, channels, 3, padding=1)
            layers += [conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
            previous = channels
        layers.append(nn.MaxPool2d(2 if stage < 2 else (2, 1)))
    return nn.Sequential(*layers)


def _mobilenet_body(size: str) -> nn.Sequential:
    from torchvision.models import mobilenet_v3_large, mobilenet_v3_small  # slow to import, and needed here only

    body: nn.Sequential = (mobilenet_v3_small if size == "small" else mobilenet_v3_large)(weights=None).features
    for block in _STRIDED_BLOCKS[size]:
        depthwise = cast("nn.Conv2d", body.get_submodule(f"{block}.block.1.0"))
        depthwise.stride = (2, 1)
    return body
