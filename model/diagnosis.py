"""The doctor of a training run: why a batch has no finite loss, and which of its crops are to blame.

The causes are looked for in the order in which they can arise: the crops' pixels, their labels, the network's
parameters, its activations, the gradient. The first one found is the one to put right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from model.charset import frames_needed
from model.events import Cause, Offender, Problem, Severity

if TYPE_CHECKING:
    from model.annotations import LabelledCrop
    from model.dataset import CropBatch, CropSet
    from model.images import Preprocessing

WIDEST_INPUT = 20.0
"""Normalised pixels lie within a few units of zero; values beyond this were not normalised."""

LOSS_SLACK = 1e-3
"""A CTC loss is -log of a probability; rounding may put it this far below zero, and nothing else may."""

_CROP_FINDINGS = {
    Cause.NOT_FINITE: "has pixels that are not finite (nan or inf). Open its image and save it again",
    Cause.EMPTY_LABEL: "has an empty label. Type its text, or set it to ignored",
    Cause.UNKNOWN_CHARACTER: "has a label with characters the network lacks. Extend the charset or correct the label",
    Cause.LABEL_TOO_LONG: "has a longer label than the network has frames at its width. Correct the label or the box",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was wrong with a batch.

    Attributes:
        finding: what was found and what the user can do, in one or two sentences.
        offenders: the crops of the batch, guilty ones first.
        guilty: the crops that are to blame, by their index in the set; empty when the network or the learning rate is.
        layer: where the first number that is not finite appeared: a parameter, a layer's output, or a gradient.
    """

    cause: Cause
    finding: str
    offenders: tuple[Offender, ...]
    guilty: tuple[int, ...] = ()
    layer: str | None = None


def faults(batch: CropBatch, *, frames: int, classes: int) -> dict[int, Cause]:
    """Return the rows that no network could be trained on, each with its first fault.

    `ctc_loss` must not see them: it takes class indices out of range without a word and writes outside its memory.
    """
    finite = torch.isfinite(batch.images).flatten(1).all(dim=1).tolist()
    found: dict[int, Cause] = {}
    for row, (target, length) in enumerate(zip(batch.targets.tolist(), batch.lengths.tolist(), strict=True)):
        label = target[:length]
        if not finite[row]:
            found[row] = Cause.NOT_FINITE
        elif not label:
            found[row] = Cause.EMPTY_LABEL
        elif not all(0 < index < classes for index in label):
            found[row] = Cause.UNKNOWN_CHARACTER
        elif frames < frames_needed(label):
            found[row] = Cause.LABEL_TOO_LONG
    return found


def is_sound(losses: Tensor) -> bool:
    """Whether every per-crop loss (N,) is one that CTC can give: finite, and not negative."""
    return bool((torch.isfinite(losses) & (losses > -LOSS_SLACK)).all())


def diagnose_crops(
    batch: CropBatch,
    crops: Sequence[LabelledCrop],
    *,
    found: Mapping[int, Cause],
    losses: Sequence[float],
    frames: int,
) -> Diagnosis:
    """Explain a batch some of whose crops are at fault.

    Args:
        batch: the batch.
        crops: the crop of each row.
        found: what :func:`faults` found; at least one.
        losses: of each row; nan where there is none.
        frames: T at this batch's width.
    """
    first = min(found)
    others = f" {len(found) - 1} more of this batch are at fault too." if len(found) > 1 else ""
    finding = f"{crops[first].key} {_CROP_FINDINGS[found[first]]}.{others}"
    offenders = _offenders(batch, crops, found=found, losses=losses, frames=frames)
    return Diagnosis(found[first], finding, offenders, tuple(batch.indices[row] for row in found))


def diagnose_unread(crops: CropSet, indices: Sequence[int]) -> Diagnosis:
    """Explain why crops cannot be read any more that were there at the start."""
    problems = [crops.problems[i] for i in indices]
    offenders = tuple(
        Offender(p.key, crops.crops[i].text, 0, len(crops.targets[i]), math.nan, p.cause, p.word_id)
        for i, p in zip(indices, problems, strict=True)
    )
    return Diagnosis(problems[0].cause, problems[0].detail, offenders, tuple(indices))


def diagnose_network(
    batch: CropBatch,
    crops: Sequence[LabelledCrop],
    *,
    network: nn.Module,
    losses: Sequence[float],
    frames: int,
    learning_rate: float,
    diverging: bool,
    untrained: bool = False,
    half: bool = False,
    gradient: str | None = None,
) -> Diagnosis:
    """Explain a batch of sound crops whose loss or gradient is not finite, or whose loss is out of all proportion.

    Args:
        batch, crops, losses, frames: as for :func:`diagnose_crops`.
        network: as it was when it met the batch.
        learning_rate: of the steps before.
        diverging: the loss had been far above that of uniform outputs already.
        untrained: no loss of this run was anywhere near that of uniform outputs.
        half: the network computed in half precision.
        gradient: the parameter at which the gradient first ceased to be finite on its way back, if it did.
    """
    parameter = first_bad_parameter(network)
    layer = parameter or first_bad_layer(network, batch.images)
    widest = float(batch.images.abs().max())
    if widest > WIDEST_INPUT and (untrained or diverging or layer) and not parameter:
        cause = Cause.NOT_NORMALISED
        finding = (
            f"The network's input reaches {widest:.0f}: mean and std of its preprocessing do not normalise pixels."
        )
    elif half and not layer and not diverging:
        cause = Cause.HALF_PRECISION
        finding = "The network's numbers are finite in full precision but not in half: train with --precision fp32."
    elif untrained and not parameter:
        cause = Cause.INITIAL_VALUES
        finding = "The loss was out of all proportion from the start: the initial values are too large. Use --init he."
    elif diverging:
        cause = Cause.LEARNING_RATE
        finding = f"The loss is far above an untrained network's: the learning rate {learning_rate:.3g} is too high."
    elif parameter:
        cause = Cause.BAD_PARAMETERS
        finding = f"The network's weights are not finite (the first is {parameter}), though the crops are sound."
    elif layer:
        cause = Cause.LEARNING_RATE
        finding = f"The network's numbers overflow at {layer}: the learning rate {learning_rate:.3g} is too high."
    elif all(math.isfinite(loss) and loss > -LOSS_SLACK for loss in losses):
        cause = Cause.EXPLODING_GRADIENT
        layer = gradient
        where = f" at {gradient}" if gradient else ""
        finding = (
            f"The loss is finite but its gradient overflows{where}. A lower learning rate helps, or a larger batch."
        )
    else:
        cause = Cause.UNKNOWN
        finding = "The crops, the weights and the network's outputs are sound, but the loss is not. Please report this."
    offenders = _offenders(batch, crops, found={}, losses=losses, frames=frames)
    return Diagnosis(cause, finding, offenders, layer=layer)


def diagnose_memory(batch: CropBatch, crops: Sequence[LabelledCrop]) -> Diagnosis:
    """Explain a batch that the device has not enough memory for."""
    height, width = batch.images.shape[-2:]
    finding = f"{len(batch)} crops of {width}x{height} px need more memory than there is: train with a smaller --batch."
    offenders = _offenders(batch, crops, found={}, losses=[math.nan] * len(batch), frames=0)
    return Diagnosis(Cause.BATCH_TOO_LARGE, finding, offenders)


def first_of(diagnoses: Sequence[Diagnosis]) -> Diagnosis:
    """Return what to tell of several diagnoses of one batch, a process each: one that blames crops, if any does."""
    return next((diagnosis for diagnosis in diagnoses if diagnosis.guilty), diagnoses[0])


def structural_problems(network: nn.Module, spec: Preprocessing) -> tuple[Problem, ...]:
    """Return what is known to spoil training: pixels that are not normalised, and poolings that pass over some."""
    found = []
    widest = max(abs((pixel - m) / s) for pixel in (0, 1) for m, s in zip(spec.mean, spec.std, strict=True))
    if widest > WIDEST_INPUT:
        detail = (
            f"Pixels reach {widest:.0f} as the network sees them; mean and std of its preprocessing should be near 0.5."
        )
        found.append(Problem("preprocessing", Cause.NOT_NORMALISED, Severity.WARNING, detail))
    for name, module in network.named_modules():
        if isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            kernel, stride = _pair(module.kernel_size), _pair(module.stride)
            if any(step > size for size, step in zip(kernel, stride, strict=True)):
                detail = (
                    f"The pooling {name} has the stride {stride[0]}x{stride[1]}, more than its kernel of "
                    f"{kernel[0]}x{kernel[1]}: it never sees some of the pixels, and leaves fewer frames for the label."
                )
                found.append(Problem(f"network {name}", Cause.POOL_STRIDE, Severity.WARNING, detail))
    return tuple(found)


def first_bad_gradient(network: nn.Module) -> str | None:
    """Return the parameter at which a gradient with nan or inf arose: of all of these the nearest to the output."""
    bad = [n for n, p in network.named_parameters() if p.grad is not None and not torch.isfinite(p.grad).all()]
    return bad[-1] if bad else None


def first_bad_parameter(network: nn.Module) -> str | None:
    """Return the name of the first parameter or buffer that holds nan or inf."""
    return next((name for name, tensor in network.state_dict().items() if not torch.isfinite(tensor).all()), None)


def first_bad_layer(network: nn.Module, images: Tensor) -> str | None:
    """Return the name of the first layer whose output for these images holds nan or inf. Changes nothing."""
    bad: list[str] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def look(_module: nn.Module, _inputs: object, output: object) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            if isinstance(tensor, Tensor) and not torch.isfinite(tensor).all():
                bad.append(name)

        return module.register_forward_hook(look)

    modes = [(module, module.training) for module in network.modules()]
    hooks = [watch(name, module) for name, module in network.named_modules() if not any(module.children())]
    try:
        network.eval()
        with torch.no_grad():
            network(images)
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes:
            module.training = training
    return bad[0] if bad else None


def _pair(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return (value, value) if isinstance(value, int) else value


def _offenders(
    batch: CropBatch,
    crops: Sequence[LabelledCrop],
    *,
    found: Mapping[int, Cause],
    losses: Sequence[float],
    frames: int,
) -> tuple[Offender, ...]:
    """Return the batch's crops: guilty ones first, then by loss, those without a finite one leading."""

    def rank(row: int) -> tuple[bool, bool, float]:
        loss = losses[row]
        return row not in found, math.isfinite(loss), -loss if math.isfinite(loss) else 0.0

    return tuple(
        Offender(
            key=crops[row].key,
            label=crops[row].text,
            frames=frames,
            frames_needed=frames_needed(batch.targets[row, : int(batch.lengths[row])].tolist()),
            loss=losses[row],
            cause=found.get(row),
            word_id=crops[row].word_id,
        )
        for row in sorted(range(len(batch)), key=rank)
    )
