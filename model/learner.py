"""A network that learns: one guarded optimizer step at a time, the average of its weights, and a state to fall back on.

No step is taken with a loss or a gradient that is not finite. `docs/adr/0007-nan-policy.md` has the reasons.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model import distributed
from model.ctc import ctc_losses, greedy_indices
from model.diagnosis import (
    Diagnosis,
    diagnose_crops,
    diagnose_memory,
    diagnose_network,
    faults,
    first_bad_gradient,
    first_bad_parameter,
    first_of,
    is_sound,
)

if TYPE_CHECKING:
    from model.annotations import LabelledCrop
    from model.dataset import CropBatch
    from model.networks import Network
    from model.schedules import Schedule

CLIP = 5.0
"""Largest norm of a gradient; longer ones are shortened to it."""

PARTS = ("head", "middle", "body")
"""What a network consists of, from the last layer to the first; a recovery may slow down one of them alone."""

WEIGHT_DECAY = 0.01

# A loss this many times that of uniform outputs is high; so many high ones in a row, or a single hopeless one, mean
# that the learning rate is too high even where every number is still finite.
_HIGH, _HIGH_IN_A_ROW, _HOPELESS = 2.0, 10, 20.0
_LONGEST_AVERAGE = 0.999


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one batch, of which other processes may have had some rows.

    Attributes:
        loss, accuracy: mean per crop in nats, and share of crops read right, before the step.
        gradient_norm: before it was clipped; nan when there was no step.
        margins: of each crop, before the step, by how many nats its label is less likely than the best path; empty
            when there was no step.
        diagnosis: why no step was taken, or why the network must fall back; None when all went well.
    """

    loss: float
    accuracy: float
    gradient_norm: float
    margins: tuple[float, ...] = ()
    diagnosis: Diagnosis | None = None


class Learner:
    """A network with its optimizer, the moving average of its weights and the last state known to be good.

    Args:
        network: is trained in place, on its device.
        learning_rate: peak rate.
        schedule: of the learning rate and of the batch normalisation's statistics.
        batch: crops of a full batch, of all processes. Smaller ones count for less, so that every crop counts alike.
        seed: of the dropout masks.
        fine_tune: start from trained weights.
        freeze: leave the convolutional body as it is.
        half: compute in bfloat16 where that is safe.

    Attributes:
        scale: what recoveries have left of the learning rate.
        average: the network with averaged weights, in eval mode: this is what is evaluated and saved.
    """

    def __init__(
        self,
        network: Network,
        *,
        learning_rate: float,
        schedule: Schedule,
        batch: int,
        seed: int = 0,
        fine_tune: bool = False,
        freeze: bool = False,
        half: bool = False,
    ) -> None:
        # Convolutions on a CPU train a sixth faster with channels as the last dimension in memory.
        self.network = network.to(memory_format=torch.channels_last)
        self.device = next(network.parameters()).device
        self.learning_rate = learning_rate
        self.scale = 1.0
        self._schedule = schedule
        self._batch, self._seed, self._half = batch, seed, half
        self._frozen = [network.get_submodule(network.body_prefix).requires_grad_(False)] if freeze else []
        self._norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
        self._rates = dict.fromkeys(PARTS, 1.0)
        self._classes = len(network.get_parameter(f"{network.head_prefix}.weight"))
        self._high = 0
        # Until a loss is near that of uniform outputs; with sound initial values the first one is.
        self._untrained = not fine_tune
        self._averaged = AveragedModel(network, multi_avg_fn=_average, use_buffers=True)
        self.average = cast("Network", self._averaged.module).eval()
        self._optimizer = self._new_optimizer()
        self._good = self._copy()

    def learn(self, batch: CropBatch, crops: Sequence[LabelledCrop], *, step: int) -> Outcome:
        """Take one optimizer step with a batch, unless something is wrong with the batch or the network.

        Where several processes share the batch they all take the same step, or none, and return the same outcome.

        Args:
            batch: with its images on the learner's device.
            crops: the crop of each row, for the diagnosis.
            step: position in the schedule.
        """
        frames = self.network.frames(batch.images.shape[-1])
        attempt = self._attempt(batch, crops, step, frames)
        if failed := distributed.gathered(attempt if isinstance(attempt, Diagnosis) else None):
            return Outcome(math.nan, math.nan, math.nan, diagnosis=first_of(failed))
        assert not isinstance(attempt, Diagnosis)
        logits, losses = attempt
        judged = distributed.whole(self._judged(batch, logits, losses), len(batch.everyone))
        told, right, margins = (column.contiguous() for column in judged.unbind(dim=1))
        loss, sound = float(told.mean()), is_sound(told)
        norm = self._join_gradients() if sound else math.nan
        diverging = self._is_diverging(loss, frames)
        if diverging or not math.isfinite(norm):
            diagnosis = diagnose_network(
                batch,
                crops,
                network=self.network,
                losses=losses.tolist(),
                frames=frames,
                learning_rate=self.current_rate(step),
                diverging=diverging,
                untrained=self._untrained,
                half=self._half,
                gradient=first_bad_gradient(self.network) if sound else None,
            )
            return Outcome(loss, math.nan, norm, diagnosis=first_of(distributed.gathered(diagnosis)))
        self._optimizer.step()
        distributed.average_buffers(self.network)
        self._averaged.update_parameters(self.network)
        return Outcome(loss, float(right.sum()) / len(right), norm, tuple(margins.tolist()))

    @property
    def peak_rate(self) -> float:
        """The highest learning rate, by what recoveries have left of it."""
        return self.learning_rate * self.scale

    def current_rate(self, step: int) -> float:
        """Return the learning rate at a step."""
        return self.peak_rate * self._schedule.rate(step)

    def averaged_state(self) -> dict[str, Tensor]:
        """Return a copy of the averaged parameters and buffers on the CPU, as weights files hold them."""
        return {name: _plain(value) for name, value in self.average.state_dict().items()}

    def is_finite(self) -> bool:
        """Whether all weights, live and averaged, are finite."""
        return first_bad_parameter(self.network) is None and first_bad_parameter(self.average) is None

    def keep_good(self) -> bool:
        """Remember the present state as the one to fall back on, if it is good. Returns whether it is."""
        good = self._high == 0 and self.is_finite()
        if good:
            self._good = self._copy()
        return good

    def fall_back(self, part: str | None = None, *, to: Mapping[str, Tensor] | None = None) -> None:
        """Put the last good weights back, forget the optimizer's momenta, and go on ten times slower.

        Args:
            part: of the network, "head", "middle" or "body", if it alone is to be slower.
            to: other weights to go back to, as in a weights file.
        """
        self._put(self._good)
        if to is not None:
            self.network.load_state_dict(to)
            self.average.load_state_dict(to)
            self._good = self._copy()
        self._high = 0
        if part is None:
            self.scale /= 10
        else:
            self._rates[part] /= 10
        self._optimizer = self._new_optimizer()

    def use_full_precision(self) -> None:
        """Compute in float32 from now on."""
        self._half = False

    def part_of(self, layer: str) -> str:
        """Return "head", "middle" or "body": the part of the network that a layer is in, by the layer's name."""
        if layer.startswith(f"{self.network.head_prefix}."):
            return "head"
        return "body" if layer.startswith(f"{self.network.body_prefix}.") else "middle"

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return all that :meth:`load_state` needs to go on exactly from here: tensors by name, and plain values."""
        tensors = self._copy()
        for i, moments in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{i}.{name}": _plain(value) for name, value in moments.items()}
        values = {"scale": self.scale, "rates": self._rates, "half": self._half}
        return tensors, values | {"high": self._high, "untrained": self._untrained}

    def load_state(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Go on from a state of :meth:`state`; it is the one to fall back on, too."""
        self._put(tensors)
        self._rates, self._half = dict(values.get("rates", self._rates)), bool(values.get("half", self._half))
        self._optimizer = self._new_optimizer()
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            kind, _, rest = key.partition(".")
            if kind == "optimizer":
                i, _, name = rest.partition(".")
                moments.setdefault(int(i), {})[name] = _channels_last(value)
        state = self._optimizer.state_dict() | {"state": moments}
        self._optimizer.load_state_dict(state)
        self.scale, self._high = float(values["scale"]), int(values["high"])
        self._untrained = bool(values["untrained"])
        self._good = self._copy()

    def _attempt(
        self, batch: CropBatch, crops: Sequence[LabelledCrop], step: int, frames: int
    ) -> tuple[Tensor, Tensor] | Diagnosis:
        """Compute logits, losses and, where these are sound, the gradient of these rows; or say why it cannot be."""
        if found := faults(batch, frames=frames, classes=self._classes):
            sound = self._losses_of_sound_rows(batch, found)
            return diagnose_crops(batch, crops, found=found, losses=sound, frames=frames)
        self._set_rate(step)
        try:
            logits, losses = self._forward(batch, step)
            if is_sound(losses):
                self._backward(losses.sum() / self._batch)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            return diagnose_memory(batch, crops)
        return logits, losses

    def _judged(self, batch: CropBatch, logits: Tensor, losses: Tensor) -> Tensor:
        """Return (rows, 3): each row's loss, whether it was read right (1 or 0), and its margin, see `Outcome`."""
        labels = [row[:length] for row, length in zip(batch.targets.tolist(), batch.lengths.tolist(), strict=True)]
        right = [read == label for read, label in zip(greedy_indices(logits), labels, strict=True)]
        best = logits.detach().float().log_softmax(dim=-1).amax(dim=-1).sum(dim=1)
        told = losses.detach()
        return torch.stack([told, told.new_tensor(right), told + best.to(told.device)], dim=1)

    def _forward(self, batch: CropBatch, step: int) -> tuple[Tensor, Tensor]:
        self.network.train()
        if self._schedule.is_settled(step):
            self._settle()
        for module in self._frozen:
            module.eval()
        # Dropout masks depend on the step alone, so that a run taken up again goes on as if never interrupted.
        torch.manual_seed((self._seed + distributed.rank()) * 1_000_003 + step)
        if not len(batch):  # there were fewer rows than processes
            return torch.empty(0, 1, self._classes), torch.empty(0)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._half):
            logits = self.network(batch.images)
        return logits, ctc_losses(logits, batch.targets, batch.lengths)

    def _settle(self) -> None:
        """Go on with the averaged statistics, as the finished network will.

        A batch holds crops of one width, and statistics of wide crops differ from those of all: weights that are only
        ever trained on the former read some widths worse than they did in training.
        """
        for live, averaged in zip(self.network.buffers(), self.average.buffers(), strict=True):
            live.copy_(averaged)
        for module in self._norms:
            module.eval()

    def _backward(self, loss: Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]

    def _join_gradients(self) -> float:
        """Join this process's gradient with those of the others, clip it and return its norm from before that."""
        distributed.add_gradients(self.network.parameters())
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        if torch.isfinite(norm):  # else each gradient stays as it is, so that the first bad one can be found
            nn.utils.clip_grads_with_norm_(self.network.parameters(), CLIP, norm)
        return float(norm)

    def _is_diverging(self, loss: float, frames: int) -> bool:
        if math.isnan(loss):
            return self._high > 0
        uniform = frames * math.log(self._classes)  # no label is less likely than this when all classes are equal
        self._high = self._high + 1 if loss > _HIGH * uniform else 0
        self._untrained = self._untrained and self._high > 0
        return self._high >= _HIGH_IN_A_ROW or loss > _HOPELESS * uniform

    def _losses_of_sound_rows(self, batch: CropBatch, found: Mapping[int, object]) -> list[float]:
        """Return each row's loss in eval mode, which leaves no trace in the network; nan for the rows at fault."""
        losses = [math.nan] * len(batch)
        keep = [row for row in range(len(batch)) if row not in found]
        if keep:
            part = batch.rows(keep)
            self.network.eval()
            with torch.no_grad():
                values = ctc_losses(self.network(part.images), part.targets, part.lengths)
            for row, value in zip(keep, values.tolist(), strict=True):
                losses[row] = value
        return losses

    def _set_rate(self, step: int) -> None:
        learning_rate = self.current_rate(step)
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate * group["factor"]

    def _new_optimizer(self) -> torch.optim.AdamW:
        """Return a fresh AdamW: one group for each part and kind of parameter; biases and scales are not decayed."""
        groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                groups.setdefault((self.part_of(name), parameter.dim() > 1), []).append(parameter)
        return torch.optim.AdamW(
            [
                {"params": members, "factor": self._rates[part], "weight_decay": WEIGHT_DECAY if decayed else 0.0}
                for (part, decayed), members in groups.items()
            ],
            lr=self.learning_rate,
            fused=True,  # a twentieth of a step on a CPU would go into many small operations
        )

    def _copy(self) -> dict[str, Tensor]:
        live = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        averaged = {f"averaged.{name}": value for name, value in self._averaged.state_dict().items()}
        return {name: _plain(value) for name, value in (live | averaged).items()}

    def _put(self, tensors: Mapping[str, Tensor]) -> None:
        self.network.load_state_dict(_below("network.", tensors))
        self._averaged.load_state_dict(_below("averaged.", tensors))


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)  # the latter on a CPU


def _average(averaged: Any, current: Any, updates: Any) -> None:
    """Update the averages; the first ones are short, so that the untrained weights are soon forgotten."""
    decay = min(_LONGEST_AVERAGE, (1 + float(updates)) / (10 + float(updates)))
    get_ema_multi_avg_fn(decay)(averaged, current, updates)  # type: ignore[no-untyped-call]


def _plain(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU in the usual order of dimensions, as files have it."""
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _channels_last(tensor: Tensor) -> Tensor:
    order = torch.channels_last if tensor.dim() == 4 else torch.contiguous_format
    return tensor.clone(memory_format=order)


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
