"""Rehearsal holds a network to what it read before, by the step alone."""

from __future__ import annotations

import copy

import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from model.dataset import CropSet
from model.images import Preprocessing
from model.material import crop_set
from model.rehearsal import Rehearsal
from tests.helpers.tiny import WORDS, Tiny

SPEC = Preprocessing()


@pytest.fixture(scope="module")
def crops() -> CropSet:
    drawn = []
    for i, word in enumerate(WORDS):
        image = Image.new("L", (64 if i % 3 else 96, 32), 235)
        ImageDraw.Draw(image).text((4, 3), word, fill=20, font=ImageFont.load_default(22))
        drawn.append((image, word))
    crops = crop_set((), None, spec=SPEC, drawn=drawn)
    crops.load()
    return crops


@pytest.fixture
def teacher() -> Tiny:
    torch.manual_seed(3)
    return Tiny(8).eval()


def rehearsal(crops: CropSet, teacher: Tiny) -> Rehearsal:
    return Rehearsal(crops, copy.deepcopy(teacher), batch=4, seed=5, spec=SPEC)


def test_a_network_that_reads_as_before_has_forgotten_nothing(crops: CropSet, teacher: Tiny) -> None:
    assert float(rehearsal(crops, teacher).loss(teacher, 0).detach()) == pytest.approx(0, abs=1e-5)


def test_what_is_rehearsed_depends_on_the_step_alone(crops: CropSet, teacher: Tiny) -> None:
    torch.manual_seed(4)
    student = Tiny(8).eval()
    there, back = rehearsal(crops, teacher), rehearsal(crops, teacher)
    forwards = [float(there.loss(student, step).detach()) for step in range(14)]
    backwards = [float(back.loss(student, step).detach()) for step in reversed(range(14))]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 14
    assert min(forwards) > 0


def test_some_crops_end_as_another_does(teacher: Tiny) -> None:
    left, right = (Image.linear_gradient("L").resize((64, 32)).rotate(180 * i) for i in range(2))
    crops = crop_set((), None, spec=SPEC, drawn=[(image, "") for image in [left, right] * 8])
    crops.load()
    shown: list[torch.Tensor] = []

    def see(images: torch.Tensor) -> torch.Tensor:
        upper = images[:, :, :12].mean(dim=(1, 2))
        shown.append(upper[:, 4] - upper[:, -4])
        return teacher(images)

    source = rehearsal(crops, teacher)
    for step in range(40):
        source.loss(see, step)
    assert (
        0.05 < float((torch.cat(shown).abs() > 0.7).float().mean()) < 0.4
    )  # half, with one that differs half the time


def test_rehearsing_brings_a_network_back(crops: CropSet, teacher: Tiny) -> None:
    student = copy.deepcopy(teacher)
    with torch.no_grad():
        for parameter in student.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    source, optimizer = rehearsal(crops, teacher), torch.optim.AdamW(student.parameters(), lr=3e-3)
    losses = []
    for step in range(60):
        optimizer.zero_grad()
        loss = source.loss(student, step)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert sum(losses[-5:]) < 0.3 * sum(losses[:5])
    assert all(parameter.grad is None for parameter in source._teacher.parameters())
