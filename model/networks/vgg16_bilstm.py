"""A CRNN on the body of VGG16, which can start from ImageNet weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.images import Preprocessing
from model.networks.base import BiLSTM, Network, frame_features, initialize, register


@register("vgg16-bilstm")
class VGG16BiLSTM(Network):
    """VGG16 up to its fourth pooling, one convolution to height one, two BiLSTM layers; RGB, T = W / 4.

    Poolings 3 and 4 halve the height only. They hold no weights, so ImageNet weights stay valid.

    Args:
        classes: characters plus one for the blank.
        hidden: units of each direction of both LSTM layers.
        pretrained: load the ImageNet weights of torchvision into the body; they are downloaded once.
    """

    preprocessing = Preprocessing(channels=3, mean=(0.45,) * 3, std=(0.225,) * 3)
    body_prefix = "body"
    head_prefix = "rnn.1.embedding"

    def __init__(self, classes: int, *, hidden: int = 256, pretrained: bool = False) -> None:
        super().__init__()
        self.body = _vgg16_body()
        self.stage5 = nn.Conv2d(512, 512, (2, 3), padding=(0, 1))
        self.rnn = nn.Sequential(BiLSTM(512, hidden, hidden), BiLSTM(hidden, hidden, classes))
        initialize(self)
        if pretrained:
            _load_imagenet(self.body)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.rnn(frame_features(self.stage5(self.body(images))))
        return logits.permute(1, 0, 2)


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


def _load_imagenet(body: nn.Sequential) -> None:
    from torchvision.models import VGG16_Weights  # slow to import, and needed by this request only

    state = VGG16_Weights.IMAGENET1K_V1.get_state_dict(progress=False)
    wanted = body.state_dict()
    with torch.no_grad():
        body.load_state_dict({key: state[f"features.{key}"] for key in wanted})
