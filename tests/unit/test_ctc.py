"""The CTC loss and its gradient against their definition, and what must never reach it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from model.annotations import LabelledCrop
from model.charset import BLANK, Charset, frames_needed
from model.ctc import ctc_losses
from model.dataset import CropBatch
from model.learner import Learner
from model.networks import build
from model.schedules import Cosine

Floats = NDArray[np.float64]
Label = list[int]

SINGLE = {"rtol": 1e-4, "atol": 1e-4}


class Reference(NamedTuple):
    """What CTC's definition says of one crop: the loss in nats, and its gradient by the logits (T, classes)."""

    loss: float
    gradient: Floats


# --- the definition, twice ---


def by_recursion(logits: Floats, label: Label) -> Reference:
    """The forward-backward recursion over the label with blanks around it, plainly, in double precision.

    Graves et al., Connectionist Temporal Classification, ICML 2006, equations 6 to 15.
    """
    probs = softmax(logits)
    frames, extended = len(probs), [BLANK, *(one for index in label for one in (index, BLANK))]
    forward = recursion(probs, extended)
    backward = recursion(probs[::-1], extended[::-1])[::-1, ::-1]
    total = sum(forward[-1, -2:]) if label else forward[-1, 0]
    if not total:
        return Reference(math.inf, np.full_like(probs, math.nan))
    occupied = np.zeros_like(probs)
    for t in range(frames):
        for s, index in enumerate(extended):
            occupied[t, index] += forward[t, s] * backward[t, s] / probs[t, index] / total
    return Reference(-math.log(total), probs - occupied)


def recursion(probs: Floats, extended: Sequence[int]) -> Floats:
    """Return the probability of all beginnings of paths that are at place s of the extended label at time t."""
    table = np.zeros((len(probs), len(extended)))
    for t, s in product(range(len(probs)), range(len(extended))):
        before = table[t - 1] if t else None
        reached = float(s < 2) if before is None else before[s] + (before[s - 1] if s else 0)
        if before is not None and s > 1 and extended[s] not in (BLANK, extended[s - 2]):
            reached += before[s - 2]
        table[t, s] = reached * probs[t, extended[s]]
    return table


def by_every_path(logits: Floats, label: Label) -> Reference:
    """The sum over all paths that collapse to the label: the definition itself, for the smallest of cases."""
    probs = softmax(logits)
    frames, classes = probs.shape
    total, occupied = 0.0, np.zeros_like(probs)
    for path in product(range(classes), repeat=frames):
        merged = [index for t, index in enumerate(path) if index != BLANK and (t == 0 or path[t - 1] != index)]
        if merged == label:
            chance = float(np.prod(probs[range(frames), path]))
            total += chance
            occupied[range(frames), path] += chance
    if not total:
        return Reference(math.inf, np.full_like(probs, math.nan))
    return Reference(-math.log(total), probs - occupied / total)


def softmax(logits: Floats) -> Floats:
    raised: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    normalised: Floats = raised / raised.sum(axis=1, keepdims=True)
    return normalised


# --- what is asked of ours ---


def losses_and_gradient(logits: Tensor, labels: Sequence[Label]) -> tuple[Tensor, Tensor]:
    """Return the losses (N,) of a padded batch, and the gradient (N, T, classes) of their sum."""
    leaf = logits.clone().requires_grad_()
    losses = ctc_losses(leaf, *padded(labels))
    losses.sum().backward()
    assert leaf.grad is not None
    return losses.detach(), leaf.grad


def padded(labels: Sequence[Label]) -> tuple[Tensor, Tensor]:
    lengths = torch.tensor([len(label) for label in labels], dtype=torch.int64)
    targets = torch.zeros(len(labels), max(1, *map(len, labels), 0), dtype=torch.int64)
    for row, label in enumerate(labels):
        targets[row, : len(label)] = torch.tensor(label, dtype=torch.int64)
    return targets, lengths


def random_logits(*shape: int, seed: int = 0, scale: float = 2.0) -> Tensor:
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@st.composite
def batches(draw: st.DrawFn, *, frames: int, classes: int) -> tuple[Tensor, list[Label]]:
    """A batch of logits, and labels of few characters, so that many repeat; some empty, some that do not fit."""
    shape = draw(st.integers(1, frames)), draw(st.integers(2, classes))
    label = st.lists(st.integers(1, shape[1] - 1), max_size=shape[0] + 1)
    labels = draw(st.lists(label, min_size=1, max_size=4))
    scale = draw(st.sampled_from((0.0, 0.3, 3.0, 12.0)))
    return random_logits(len(labels), *shape, seed=draw(st.integers(0, 2**32)), scale=scale), labels


def agree(losses: Tensor, gradient: Tensor, references: Sequence[Reference]) -> None:
    expected = torch.tensor([reference.loss for reference in references])
    torch.testing.assert_close(losses.float().cpu(), expected, **SINGLE)
    for row, reference in enumerate(references):
        theirs = torch.from_numpy(reference.gradient).float()
        torch.testing.assert_close(gradient[row].float().cpu(), theirs, **SINGLE, equal_nan=True)


@given(batches(frames=12, classes=6))
@settings(max_examples=150, deadline=None)
def test_loss_and_gradient_are_those_of_the_recursion(batch: tuple[Tensor, list[Label]]) -> None:
    logits, labels = batch
    references = [by_recursion(rows, label) for rows, label in zip(logits.double().numpy(), labels, strict=True)]
    assert [math.isinf(one.loss) for one in references] == [frames_needed(label) > logits.shape[1] for label in labels]
    agree(*losses_and_gradient(logits, labels), references)


@given(batches(frames=4, classes=4))
@settings(max_examples=60, deadline=None)
def test_loss_and_gradient_are_those_of_the_sum_over_all_paths(batch: tuple[Tensor, list[Label]]) -> None:
    logits, labels = batch
    references = [by_every_path(rows, label) for rows, label in zip(logits.double().numpy(), labels, strict=True)]
    agree(*losses_and_gradient(logits, labels), references)


def test_loss_and_gradient_on_every_device(device: torch.device) -> None:
    logits, labels = random_logits(5, 24, 37), [[1], [36, 36, 2, 2], [], [5] * 12, [*range(1, 25)]]
    references = [by_recursion(rows, label) for rows, label in zip(logits.double().numpy(), labels, strict=True)]
    losses, gradient = losses_and_gradient(logits.to(device), labels)
    assert gradient.device.type == device.type
    agree(losses, gradient, references)


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    targets, lengths = padded([[1, 1, 2], [], [3]])
    logits = random_logits(3, 6, 4).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda values: ctc_losses(values, targets, lengths), logits)


def test_what_pads_a_label_changes_nothing() -> None:
    logits, (targets, lengths) = random_logits(2, 8, 5), padded([[1, 2], [4]])
    other = targets.clone()
    other[1, 1:] = 3
    assert torch.equal(ctc_losses(logits, targets, lengths), ctc_losses(logits, other, lengths))


# --- half precision ---


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_logits_lose_nothing_more(kind: torch.dtype, device: torch.device) -> None:
    if kind == torch.float16 and device.type == "cpu":
        pytest.skip("autocast on a CPU is for bfloat16 only")
    logits, labels = random_logits(2, 20, 30).to(device, kind), padded([[3, 3, 7], [1, 29]])
    with torch.autocast(device.type, kind):
        losses = ctc_losses(logits, *labels)
    assert losses.dtype == torch.float32
    assert torch.equal(losses, ctc_losses(logits.float(), *labels))


def test_a_network_under_autocast_has_the_loss_of_its_half_precision_logits_to_the_last_bit() -> None:
    torch.manual_seed(0)
    network = build("crnn-lite", 11, hidden=8).eval()
    labels = padded([[1, 2, 2], [10]])
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(random_logits(2, 1, 32, 48))
        losses = ctc_losses(logits, *labels)
    assert logits.dtype == torch.bfloat16
    references = [
        by_recursion(rows, label)
        for rows, label in zip(logits.double().detach().numpy(), [[1, 2, 2], [10]], strict=True)
    ]
    torch.testing.assert_close(
        losses.double(), torch.tensor([one.loss for one in references]).double(), rtol=1e-6, atol=1e-6
    )


# --- what cannot be written ---


def test_a_label_that_does_not_fit_leaves_the_other_crops_of_the_batch_alone(device: torch.device) -> None:
    logits, labels = random_logits(3, 4, 5).to(device), [[1, 2], [1, 1, 1], [3]]
    losses, gradient = losses_and_gradient(logits, labels)
    assert torch.isinf(losses).tolist() == [False, True, False]
    for row in (0, 2):
        alone, own = losses_and_gradient(logits[row : row + 1], [labels[row]])
        torch.testing.assert_close(losses[row : row + 1], alone)
        torch.testing.assert_close(gradient[row : row + 1], own)


def test_a_network_never_learns_from_a_batch_with_a_label_that_does_not_fit(device: torch.device) -> None:
    torch.manual_seed(0)
    network = build("crnn-lite", 5, hidden=8).to(device)
    learner = Learner(network, learning_rate=0.1, schedule=Cosine(10), batch=2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    targets, lengths = padded([[1, 2], [1, 1, 1, 1, 1]])
    batch = CropBatch((0, 1), random_logits(2, 1, 32, 16).to(device), targets, lengths)
    crops = [LabelledCrop(name, Path(), None, "text") for name in ("short", "long")]
    outcome = learner.learn(batch, crops, step=0)
    assert outcome.diagnosis is not None
    assert outcome.diagnosis.guilty == (1,)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("targets", "lengths", "told"),
    [
        ([[1, 5]], [2], r"1\.\.4, got \[5\]"),
        ([[1, 0]], [2], r"got \[0\]; 0 is the blank"),
        ([[1, -1]], [2], r"got \[-1\]"),
        ([[1, 2]], [3], r"0\.\.2, got \[3\]"),
        ([[1, 2]], [-1], r"0\.\.2, got \[-1\]"),
        ([[1, 2]], [2, 2], r"do not fit 1 crops: \(1, 2\) and \(2,\)"),
        ([[1], [2]], [1], r"do not fit 1 crops: \(2, 1\) and \(1,\)"),
        ([1, 2], [2], r"do not fit 1 crops: \(2,\)"),
    ],
)
def test_targets_that_the_library_would_take_without_a_word_are_refused(
    targets: list[object], lengths: list[int], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        ctc_losses(random_logits(1, 8, 5), torch.tensor(targets), torch.tensor(lengths))


@pytest.mark.parametrize("narrow", ["targets", "lengths"])
def test_narrow_integers_are_refused_which_lead_to_another_implementation(narrow: str) -> None:
    given_as = {"targets": torch.int64, "lengths": torch.int64, narrow: torch.int32}
    with pytest.raises(ValueError, match="must be int64"):
        ctc_losses(
            random_logits(1, 8, 5),
            torch.tensor([[1, 2]], dtype=given_as["targets"]),
            torch.tensor([2], dtype=given_as["lengths"]),
        )


def test_encoded_labels_never_hold_the_blank() -> None:
    charset = Charset("- a")
    assert sorted({index for text in ("-", " ", "a", "- a") for index in charset.encode(text)}) == [1, 2, 3]
