"""A network and twenty words that it learns in a second or two."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from model.annotations import LabelledCrop
from model.networks import Network
from model.networks.base import frame_features

# fmt: off
WORDS = (
    "bad", "cab", "dab", "fab", "gab", "lab", "tab", "add", "baa", "bee",
    "cede", "feed", "gale", "hale", "kale", "late", "mate", "beef", "cafe", "face",
)
# fmt: on


class Tiny(Network):
    """Three convolutions and a small LSTM. T = W / 4."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cnn = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.BatchNorm2d(32), nn.ReLU()),
            *(nn.Conv2d(32, 48, (8, 3), padding=(0, 1)), nn.BatchNorm2d(48), nn.ReLU()),
        )
        self.rnn = nn.LSTM(48, 32, bidirectional=True)
        self.fc = nn.Linear(64, classes)

    def encode(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.cnn(images)
        states, _ = self.rnn(frame_features(maps))
        return maps, states


Tiny.name = "tiny"


def draw_words(folder: Path) -> list[LabelledCrop]:
    """Draw the words, 64 x 32 pixels each; word i has the id i."""
    font = ImageFont.load_default(22)
    for word in WORDS:
        image = Image.new("L", (64, 32), 235)
        ImageDraw.Draw(image).text((4, 3), word, fill=20, font=font)
        image.save(folder / f"{word}.png")
    return [LabelledCrop(word, folder / f"{word}.png", None, word, word_id=i) for i, word in enumerate(WORDS)]
