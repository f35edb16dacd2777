"""A CRNN on the body of VGG16, which can start from ImageNet weights."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from pathlib import Path
from pickle import UnpicklingError
from typing import cast

from torch import Tensor, nn

from model.errors import WeightsError
from model.images import Preprocessing
from model.networks.base import BiLSTM, Network, frame_features, initialize, register
from model.torch_files import read_torch_file


@register("vgg16-bilstm")
class VGG16BiLSTM(Network):
    """VGG16 up to its fourth pooling, one convolution to height one, two BiLSTM layers; RGB, T = W / 4.

    Poolings 3 and 4 halve the height only. They hold no weights, so ImageNet weights stay valid.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both LSTM layers.
        init: initial values, see :func:`model.networks.base.initialize`.
        pretrained: load ImageNet weights into the body: torchvision's, which are downloaded once, or those of a file
            that holds the state of torchvision's VGG16.

    Raises:
        WeightsError: the ImageNet weights cannot be had, or do not fit.
    """

    preprocessing = Preprocessing(channels=3, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    body_prefix = "body"
    head_prefix = "rnn.1.embedding"

    def __init__(self, classes: int, *, hidden: int = 256, init: str = "he", pretrained: bool | Path = False) -> None:
        super().__init__()
        self.body = _vgg16_body()
        self.stage5 = nn.Conv2d(512, 512, (2, 3), padding=(0, 1))
        self.rnn = nn.Sequential(BiLSTM(512, hidden, hidden), BiLSTM(hidden, hidden, classes))
        initialize(self, init)
        if pretrained:
            _load_body(self.body, _imagenet_state() if pretrained is True else _file_state(pretrained))

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.body(images)
        below, last = cast("Iterable[BiLSTM]", self.rnn)
        return maps, last.states(below(frame_features(self.stage5(maps))))


def _vgg16_body() -> nn.Sequential:
    """Return ``torchvision.models.vgg16().features[:24]``, with the same indices, without importing torchvision."""
    layers: list[nn.Module] = []
    previous = 3
    for stage, (channels, convolutions) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3))):
        for _ in range(convolutions):
            layers += [nn.Conv2d(previous, channels, 3, padding=1), nn.ReLU(inplace=True)]
            previous = channels
        layers.append(nn.MaxPool2d(2 if stage < 2 else (2, 1)))
    return nn.Sequential(*layers)


def _imagenet_state() -> Mapping[str, Tensor]:
    from torchvision.models import VGG16_Weights  # slow to import, and needed by this request only

    weights = VGG16_Weights.IMAGENET1K_V1
    try:
        state: Mapping[str, Tensor] = weights.get_state_dict(
            progress=sys.stderr.isatty(), check_hash=True, weights_only=True, map_location="cpu"
        )
    except (OSError, HTTPException, RuntimeError, UnpicklingError) as error:  # RuntimeError: of another hash
        raise WeightsError(
            f"The ImageNet weights of VGG16 cannot be downloaded ({error}); fetch {weights.url} where there is a "
            "network, and name the file: --pretrained FILE."
        ) from error
    return state


def _file_state(path: Path) -> Mapping[str, Tensor]:
    state = read_torch_file(path)
    if not isinstance(state, Mapping):
        raise WeightsError(f"{path} holds a {type(state).__name__} instead of the weights of VGG16 by name.")
    return state


def _load_body(body: nn.Sequential, state: Mapping[str, Tensor]) -> None:
    """Copy what torchvision calls ``features.*`` into the body."""
    wanted = body.state_dict()
    shapes = {key: getattr(state.get(f"features.{key}"), "shape", None) for key in wanted}
    wrong = [f"features.{key}" for key, shape in shapes.items() if shape != wanted[key].shape]
    if wrong:
        listed = ", ".join(wrong[:3])
        raise WeightsError(f"These are no weights of VGG16: {listed} and others are missing or of another shape.")
    body.load_state_dict({key: state[f"features.{key}"] for key in wanted})
