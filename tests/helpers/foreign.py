"""The networks of other programs as their authors describe them, written down once more, to compare conversions with.

Nothing here comes from :mod:`model`: each class has the modules, and so the parameter names, of the published source.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn


class Recurrent(nn.Module):
    """A BiLSTM and a linear map, under the names a source gives them; sequences are (T, N, C)."""

    def __init__(self, features: int, hidden: int, out: int, *, names: tuple[str, str]) -> None:
        super().__init__()
        self.names = names
        self.add_module(names[0], nn.LSTM(features, hidden, bidirectional=True))
        self.add_module(names[1], nn.Linear(2 * hidden, out))

    def forward(self, x: Tensor) -> Tensor:
        rnn, linear = (self.get_submodule(name) for name in self.names)
        return linear(rnn(x)[0])


class Article(nn.Module):
    """VGG16 up to its fourth pooling over images (N, 3, W, H): width and height stand in each other's place."""

    def __init__(self, classes: int, *, names: tuple[str, str] = ("rnn", "embedding")) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        sides = [3, 64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0]
        pools = iter([(2, 2), (2, 2), (1, 2), (1, 2)])
        last = 3
        for side in sides[1:]:
            if side:
                layers += [nn.Conv2d(last, side, 3, padding=1), nn.ReLU()]
                last = side
            else:
                layers.append(nn.MaxPool2d(next(pools)))
        self.body = nn.Sequential(*layers)
        self.stage5 = nn.Conv2d(512, 512, (3, 2), padding=(1, 0))
        self.rnn = nn.Sequential(Recurrent(512, 256, 256, names=names), Recurrent(256, 256, classes, names=names))

    def forward(self, images: Tensor) -> Tensor:
        features = self.stage5(self.body(images.transpose(2, 3))).squeeze(3)
        return self.rnn(features.permute(2, 0, 1)).log_softmax(2).permute(1, 0, 2)


class Meijieru(nn.Module):
    """crnn.pytorch: batch normalisation after convolutions 2, 4 and 6, the last poolings padded by a column."""

    def __init__(self, classes: int, *, hidden: int = 256) -> None:
        super().__init__()
        self.cnn = _paper_convolutions(normalized=(2, 4, 6), last_pool=nn.MaxPool2d((2, 2), (2, 1), (0, 1)))
        names = ("rnn", "embedding")
        self.rnn = nn.Sequential(
            Recurrent(512, hidden, hidden, names=names), Recurrent(hidden, hidden, classes, names=names)
        )

    def forward(self, images: Tensor) -> Tensor:
        features = self.cnn(images)
        assert features.shape[2] == 1
        return self.rnn(features.squeeze(2).permute(2, 0, 1)).permute(1, 0, 2)


class GitYCC(nn.Module):
    """crnn-pytorch of GitYCC: batch normalisation after convolutions 4 and 5, a linear map before the LSTMs."""

    def __init__(self, classes: int, *, mapped: int = 64, hidden: int = 256) -> None:
        super().__init__()
        self.cnn = _paper_convolutions(normalized=(4, 5), last_pool=nn.MaxPool2d((2, 1)))
        self.map_to_seq = nn.Linear(512, mapped)
        self.rnn1 = nn.LSTM(mapped, hidden, bidirectional=True)
        self.rnn2 = nn.LSTM(2 * hidden, hidden, bidirectional=True)
        self.dense = nn.Linear(2 * hidden, classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.cnn(images)
        sequence = self.map_to_seq(features.flatten(1, 2).permute(2, 0, 1))
        return self.dense(self.rnn2(self.rnn1(sequence)[0])[0]).permute(1, 0, 2)


class Clovaai(nn.Module):
    """deep-text-recognition-benchmark without rectification and attention, with either extractor."""

    def __init__(self, classes: int, *, extractor: str = "vgg", channels: int = 512, hidden: int = 256) -> None:
        super().__init__()
        self.FeatureExtraction = nn.Module()
        self.FeatureExtraction.ConvNet = _clovaai_vgg(channels) if extractor == "vgg" else ClovaaiResNet(channels)
        names = ("rnn", "linear")
        self.SequenceModeling = nn.Sequential(
            Recurrent(channels, hidden, hidden, names=names), Recurrent(hidden, hidden, hidden, names=names)
        )
        self.Prediction = nn.Linear(hidden, classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.FeatureExtraction.ConvNet(images)
        pooled = nn.functional.adaptive_avg_pool2d(features.permute(0, 3, 1, 2), (None, 1)).squeeze(3)
        return self.Prediction(self.SequenceModeling(pooled.transpose(0, 1))).transpose(0, 1)


def _clovaai_vgg(c: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, c // 8, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2, 2)),
        *(nn.Conv2d(c // 8, c // 4, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2, 2)),
        *(nn.Conv2d(c // 4, c // 2, 3, 1, 1), nn.ReLU()),
        *(nn.Conv2d(c // 2, c // 2, 3, 1, 1), nn.ReLU(), nn.MaxPool2d((2, 1), (2, 1))),
        *(nn.Conv2d(c // 2, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU()),
        *(nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c), nn.ReLU(), nn.MaxPool2d((2, 1), (2, 1))),
        *(nn.Conv2d(c, c, 2, 1, 0), nn.ReLU()),
    )


class ClovaaiBlock(nn.Module):
    def __init__(self, previous: int, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(previous, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.downsample = None
        if previous != channels:
            self.downsample = nn.Sequential(nn.Conv2d(previous, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (out + (x if self.downsample is None else self.downsample(x))).relu()


class ClovaaiResNet(nn.Module):
    """Stages of 1, 2, 5 and 3 blocks, a convolution after each, poolings before the first three."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.conv0_1, self.bn0_1 = nn.Conv2d(1, c // 16, 3, 1, 1, bias=False), nn.BatchNorm2d(c // 16)
        self.conv0_2, self.bn0_2 = nn.Conv2d(c // 16, c // 8, 3, 1, 1, bias=False), nn.BatchNorm2d(c // 8)
        self.layer1 = nn.Sequential(ClovaaiBlock(c // 8, c // 4))
        self.conv1, self.bn1 = nn.Conv2d(c // 4, c // 4, 3, 1, 1, bias=False), nn.BatchNorm2d(c // 4)
        self.layer2 = nn.Sequential(ClovaaiBlock(c // 4, c // 2), ClovaaiBlock(c // 2, c // 2))
        self.conv2, self.bn2 = nn.Conv2d(c // 2, c // 2, 3, 1, 1, bias=False), nn.BatchNorm2d(c // 2)
        self.layer3 = nn.Sequential(ClovaaiBlock(c // 2, c), *(ClovaaiBlock(c, c) for _ in range(4)))
        self.conv3, self.bn3 = nn.Conv2d(c, c, 3, 1, 1, bias=False), nn.BatchNorm2d(c)
        self.layer4 = nn.Sequential(*(ClovaaiBlock(c, c) for _ in range(3)))
        self.conv4_1, self.bn4_1 = nn.Conv2d(c, c, 2, (2, 1), (0, 1), bias=False), nn.BatchNorm2d(c)
        self.conv4_2, self.bn4_2 = nn.Conv2d(c, c, 2, 1, 0, bias=False), nn.BatchNorm2d(c)

    def forward(self, x: Tensor) -> Tensor:
        pool = nn.functional.max_pool2d
        x = self.bn0_2(self.conv0_2(self.bn0_1(self.conv0_1(x)).relu())).relu()
        x = self.bn1(self.conv1(self.layer1(pool(x, 2, 2)))).relu()
        x = self.bn2(self.conv2(self.layer2(pool(x, 2, 2)))).relu()
        x = self.bn3(self.conv3(self.layer3(pool(x, 2, (2, 1), (0, 1))))).relu()
        x = self.bn4_1(self.conv4_1(self.layer4(x))).relu()
        return self.bn4_2(self.conv4_2(x)).relu()


class DocTR(nn.Module):
    """docTR's crnn: a torchvision body with rectangular poolings or strides, and the blank as the last class."""

    def __init__(self, classes: int, *, body: str) -> None:
        super().__init__()
        from torchvision import models

        self.feat_extractor = getattr(models, body)(weights=None).features
        if body == "vgg16_bn":
            for i in (23, 33, 43):
                self.feat_extractor[i] = nn.MaxPool2d((2, 1))
        else:
            for i in (2, 4, 9) if body == "mobilenet_v3_small" else (4, 7, 13):
                self.feat_extractor[i].block[1][0].stride = (2, 1)
        features = {"vgg16_bn": 512, "mobilenet_v3_small": 576, "mobilenet_v3_large": 960}[body]
        self.decoder = nn.LSTM(features, 128, batch_first=True, num_layers=2, bidirectional=True)
        self.linear = nn.Linear(256, classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.feat_extractor(images).flatten(1, 2).transpose(1, 2)
        logits = self.linear(self.decoder(features)[0])
        return torch.cat([logits[..., -1:], logits[..., :-1]], dim=2)


def _paper_convolutions(*, normalized: tuple[int, ...], last_pool: nn.MaxPool2d) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    sides = (1, 64, 128, 256, 256, 512, 512, 512)
    pools = {0: nn.MaxPool2d(2, 2), 1: nn.MaxPool2d(2, 2), 3: last_pool, 5: last_pool}
    for i in range(7):
        layers[f"conv{i}"] = nn.Conv2d(sides[i], sides[i + 1], 2 if i == 6 else 3, 1, 0 if i == 6 else 1)
        if i in normalized:
            layers[f"batchnorm{i}"] = nn.BatchNorm2d(sides[i + 1])
        layers[f"relu{i}"] = nn.ReLU()
        if i in pools:
            layers[f"pooling{i}"] = pools[i]
    return nn.Sequential(layers)


def settled(network: nn.Module, *, seed: int = 1) -> nn.Module:
    """Return a network in eval mode with random values in which signals neither vanish nor burst."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values, low, high in (
                *((module.running_mean, -0.3, 0.3), (module.running_var, 0.5, 2.0)),
                *((module.weight, 0.5, 1.5), (module.bias, -0.3, 0.3)),
            ):
                nn.init.uniform_(values, low, high, generator=generator)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.LSTM | nn.Linear):
            for parameter in module.parameters():
                nn.init.normal_(parameter, 0, 0.1, generator=generator)
    return network.eval()
