from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from model.annotations import LabelledCrop
from model.ctc import greedy_indices
from model.dataset import CropBatch
from model.diagnosis import diagnose_crops, diagnose_network, faults, first_bad_layer, first_bad_parameter, is_sound
from model.events import Cause
from model.schedules import Cosine

FRAMES, CLASSES = 8, 4


class Tiny(nn.Module):
    """Two layers from images (N, 1, 32, W) to logits (N, W / 4, classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 8, (32, 4), stride=(32, 4))
        self.norm = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, CLASSES)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.fc(self.norm(self.conv(images)).squeeze(2).transpose(1, 2))
        return out


def make_batch(*labels: list[int]) -> CropBatch:
    lengths = torch.tensor([len(label) for label in labels])
    targets = torch.zeros(len(labels), max(1, int(lengths.max())), dtype=torch.int64)
    for row, label in enumerate(labels):
        targets[row, : len(label)] = torch.tensor(label, dtype=torch.int64)
    images = torch.rand(len(labels), 1, 32, 4 * FRAMES, generator=torch.Generator().manual_seed(0))
    return CropBatch(tuple(range(len(labels))), images, targets, lengths)


def crops_of(batch: CropBatch) -> list[LabelledCrop]:
    return [LabelledCrop(f"crop {i}", Path("page.png"), None, "text", word_id=100 + i) for i in batch.indices]


def found_in(batch: CropBatch) -> dict[int, Cause]:
    return faults(batch, frames=FRAMES, classes=CLASSES)


def test_sound_crops_have_no_faults_up_to_the_true_bound() -> None:
    assert found_in(make_batch([1], [1, 2, 3, 1, 2, 3, 1, 2], [1, 1, 2, 2, 3])) == {}


@pytest.mark.parametrize("pixel", [math.nan, math.inf, -math.inf])
def test_pixels_that_are_not_finite(pixel: float) -> None:
    batch = make_batch([1], [2], [3])
    batch.images[1, 0, 5, 5] = pixel
    assert found_in(batch) == {1: Cause.NOT_FINITE}


@pytest.mark.parametrize(
    ("label", "cause"),
    [
        ([], Cause.EMPTY_LABEL),
        ([1, CLASSES], Cause.UNKNOWN_CHARACTER),
        ([1, -1], Cause.UNKNOWN_CHARACTER),
        ([1, 0, 2], Cause.UNKNOWN_CHARACTER),  # the blank is no character
        ([1, 2, 3, 1, 2, 3, 1, 2, 3], Cause.LABEL_TOO_LONG),
        ([1, 1, 1, 1, 1], Cause.LABEL_TOO_LONG),  # five, and four blanks between them
    ],
)
def test_labels_at_fault(label: list[int], cause: Cause) -> None:
    assert found_in(make_batch([1], label)) == {1: cause}


def test_the_table_has_the_guilty_first_and_tells_their_numbers() -> None:
    batch = make_batch([1], [2, 3], [1, 1, 1, 1, 1])
    diagnosis = diagnose_crops(
        batch, crops_of(batch), found=found_in(batch), losses=[1.0, 4.0, math.nan], frames=FRAMES
    )
    assert diagnosis.cause is Cause.LABEL_TOO_LONG
    assert "crop 2" in diagnosis.finding
    assert [offender.key for offender in diagnosis.offenders] == ["crop 2", "crop 1", "crop 0"]
    guilty = diagnosis.offenders[0]
    assert (guilty.frames, guilty.frames_needed, guilty.word_id) == (FRAMES, 9, 102)
    assert [offender.cause for offender in diagnosis.offenders] == [Cause.LABEL_TOO_LONG, None, None]


@pytest.mark.parametrize(
    ("spoil", "losses", "diverging", "cause", "layer"),
    [
        ("conv.bias", [math.nan], False, Cause.BAD_PARAMETERS, "conv.bias"),
        ("norm.running_mean", [math.nan], False, Cause.BAD_PARAMETERS, "norm.running_mean"),
        ("conv.bias", [math.nan], True, Cause.LEARNING_RATE, "conv.bias"),
        (None, [1e9], True, Cause.LEARNING_RATE, None),
        ("overflow", [math.nan], False, Cause.LEARNING_RATE, "fc"),
        (None, [2.0], False, Cause.EXPLODING_GRADIENT, None),
        (None, [-3.0], False, Cause.UNKNOWN, None),
    ],
)
def test_causes_in_the_network(
    spoil: str | None, losses: list[float], diverging: bool, cause: Cause, layer: str | None
) -> None:
    network, batch = Tiny(), make_batch([1])
    with torch.no_grad():
        if spoil == "overflow":
            network.fc.weight.fill_(3e38)
            network.norm.weight.fill_(10)
        elif spoil:
            network.state_dict()[spoil][0] = math.nan
    diagnosis = diagnose_network(
        batch, crops_of(batch), network=network, losses=losses, frames=FRAMES, learning_rate=7.0, diverging=diverging
    )
    assert (diagnosis.cause, diagnosis.layer) == (cause, layer)
    assert diagnosis.guilty == ()
    assert diagnosis.finding.endswith(".")


def test_looking_for_the_layer_leaves_no_trace() -> None:
    network = Tiny().train()
    network.norm.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert first_bad_layer(network, torch.full((2, 1, 32, 32), math.inf)) == "conv"
    assert (network.training, network.norm.training) == (True, False)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert first_bad_parameter(network) is None


def test_losses_that_ctc_cannot_give_are_not_sound() -> None:
    assert is_sound(torch.tensor([0.0, 5.0, -1e-6]))
    for bad in (math.nan, math.inf, -0.1):
        assert not is_sound(torch.tensor([1.0, bad]))


def test_the_best_path_is_collapsed() -> None:
    paths = torch.tensor([[1, 1, 0, 1, 2, 0], [0, 0, 0, 0, 0, 0], [3, 2, 2, 2, 3, 3]])
    logits = nn.functional.one_hot(paths, CLASSES).float()
    assert greedy_indices(logits) == [[1, 1, 2], [], [3, 2, 3]]


def test_the_learning_rate_warms_up_and_sinks() -> None:
    shares = [Cosine(100).rate(step) for step in range(100)]
    peak = shares.index(max(shares))
    assert max(shares) == 1
    assert shares[: peak + 1] == sorted(shares[: peak + 1])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)
    assert 0 < shares[0] < 0.2
    assert 0 < shares[-1] < 0.02
    assert Cosine(1).rate(0) == 1
