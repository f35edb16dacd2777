"""The gate: new weights are compared with the old ones on words neither was trained on, and refused when worse.

Two sets are read before and after: the project's held-out words, which must be read better, and general words, which
must not be forgotten. Where there is nothing to compare with, the weights must at least be finite and read something.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from model import metrics
from model.calibration import Calibrator, Fit
from model.charset import Charset, frames_needed, normalize
from model.checkpoint import Weights, build_network
from model.dataset import CropSet, Indices, normalized
from model.events import Decision, Reading, Score
from model.learner import ctc_losses, greedy_indices

if TYPE_CHECKING:
    from torch import Tensor

    from model.images import Preprocessing
    from model.networks import Network

GENERAL_LOSS = 0.01
"""How much of the general word accuracy, as a fraction, better reading of the project's words may cost."""

BLENDS = (0.75, 0.5, 0.25)
"""Shares of the new weights in the blends that are tried when the new weights alone forget too much."""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a network read an exam.

    Attributes:
        score: of all crops.
        texts: of every crop in the exam's order.
        fit: the temperature these crops call for; None where nobody asked, or where they are too few.
    """

    score: Score
    texts: tuple[str, ...]
    fit: Fit | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the gate looks at.

    Attributes:
        before, after: the held-out words as the old and the new weights read them; None where there are no old
            weights, or no held-out words.
        general_before, general_after: the general words; None where there are none, or nothing to compare.
        collapsed: the new weights read the same in every crop.
        fixed, broken: held-out words that only the new, and only the old weights read right.
    """

    before: Marks | None = None
    after: Marks | None = None
    general_before: Marks | None = None
    general_after: Marks | None = None
    collapsed: bool = False
    fixed: tuple[Reading, ...] = ()
    broken: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of the new weights, and why in a sentence for the user."""

    decision: Decision
    reason: str


class Exam:
    """A set of labelled crops for networks to read. Labels need not be in a network's charset.

    Args:
        crops: loaded; their encoded labels are not used.
        indices: which of them are read.
        preprocessing: of the networks that will be examined.
        device: where weights read.
    """

    def __init__(
        self, crops: CropSet, indices: Sequence[int] | Indices, *, preprocessing: Preprocessing, device: torch.device
    ) -> None:
        self._crops = crops
        self._indices = [int(i) for i in indices]
        self._spec, self._device = preprocessing, device

    def __len__(self) -> int:
        return len(self._indices)

    @torch.no_grad()
    def mark(self, network: Network, charset: Charset, *, batch: int = 64, calibrate: bool = False) -> Marks:
        """Let a network in eval mode read every crop, and fit a temperature if asked to.

        The score's loss is the mean over crops whose label this network can write, nan without any.
        """
        device = next(network.parameters()).device
        texts = dict.fromkeys(self._indices, "")
        losses: list[float] = []
        calibrator = Calibrator() if calibrate else None
        for members in self._groups(batch):
            found, strips = self._crops.strips(members)
            if not found:
                continue
            logits = network(normalized(strips.to(device), self._spec))
            for i, indices in zip(found, greedy_indices(logits), strict=True):
                texts[i] = charset.text(indices)
            losses += self._losses(logits, found, charset)
            if calibrator:
                right = [normalize(texts[i]) == normalize(self._crops.crops[i].text) for i in found]
                calibrator.add(logits.float().cpu().numpy(), right)
        score = metrics.TextScore()
        for i in self._indices:
            score.update(self._crops.crops[i].text, texts[i])
        summary = score.summary()
        loss = math.fsum(losses) / len(losses) if losses else math.nan
        result = Score(summary.words, summary.word_accuracy, summary.cer, loss)
        return Marks(result, tuple(texts.values()), calibrator.fit() if calibrator else None)

    def mark_weights(self, weights: Weights | None, *, calibrate: bool = False) -> Marks | None:
        """Let weights read every crop; None without weights or without crops."""
        if not (weights and len(self)):
            return None
        return self.mark(build_network(weights).to(self._device), weights.charset, calibrate=calibrate)

    def is_collapsed(self, marks: Marks | None) -> bool:
        """Whether a network wrote the same for every crop, nothing most often, although their labels differ."""
        if marks is None or len(set(marks.texts)) > 1:
            return False
        return not marks.texts[0] or len({self._crops.crops[i].text for i in self._indices}) > 1

    def compare(self, before: Marks, after: Marks) -> tuple[tuple[Reading, ...], tuple[Reading, ...]]:
        """Return the words that were wrong and are right now, and those that were right and are wrong now."""
        fixed: list[Reading] = []
        broken: list[Reading] = []
        for i, old, new in zip(self._indices, before.texts, after.texts, strict=True):
            crop = self._crops.crops[i]
            was, now = metrics.word_accuracy([(crop.text, old)]) == 1, metrics.word_accuracy([(crop.text, new)]) == 1
            if was != now:
                (fixed if now else broken).append(Reading(crop.key, crop.text, old, new, crop.word_id))
        return tuple(fixed), tuple(broken)

    def _groups(self, batch: int) -> list[Indices]:
        members = self._crops.usable(self._indices)
        widths = self._crops.widths[members]
        groups = [members[widths == width] for width in np.unique(widths)]
        return [group[start : start + batch] for group in groups for start in range(0, len(group), batch)]

    def _losses(self, logits: torch.Tensor, found: list[int], charset: Charset) -> list[float]:
        rows, targets = [], []
        for row, i in enumerate(found):
            text = self._crops.crops[i].text
            if text and not charset.unknown(text):
                target = charset.encode(text)
                if frames_needed(target) <= logits.shape[1]:
                    rows.append(row)
                    targets.append(torch.tensor(target))
        if not rows:
            return []
        lengths = torch.tensor([len(target) for target in targets])
        padded = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True)
        losses: list[float] = ctc_losses(logits[rows], padded, lengths).tolist()
        return losses


def decide(comparison: Comparison) -> Verdict:
    """Decide on new weights; the reason is for the user."""
    before, after = comparison.before, comparison.after
    if comparison.collapsed:
        return Verdict(Decision.REFUSED, "The new weights read the same in every crop: the training has collapsed.")
    if after is None:
        return Verdict(Decision.BETTER, "No words were held out to compare on; the new weights are finite and read.")
    if before is None:
        accuracy = f"{after.score.accuracy:.1%} of {after.score.words} held-out words"
        return Verdict(Decision.BETTER, f"There were no weights to compare with; the new ones read {accuracy}.")
    words = after.score.words
    change = f"{before.score.accuracy:.1%} before and {after.score.accuracy:.1%} after, of {words} words"
    if not _is_better(after.score, before.score):
        errors = f"character errors {before.score.cer:.1%} before and {after.score.cer:.1%} after"
        return Verdict(Decision.REFUSED, f"The new weights do not read better: {change}, {errors}.")
    if comparison.general_before is None or comparison.general_after is None:
        return Verdict(Decision.BETTER, f"The new weights read better: {change}.")
    old, new = comparison.general_before.score.accuracy, comparison.general_after.score.accuracy
    general = f"{old:.1%} before and {new:.1%} after, of the general words"
    if forgets(comparison):
        return Verdict(Decision.REFUSED, f"The new weights forget too much: {general}, for {change}.")
    return Verdict(Decision.BETTER, f"The new weights read better: {change}; {general}.")


def forgets(comparison: Comparison) -> bool:
    """Whether the new weights read fewer of the general words than they may."""
    old, new = comparison.general_before, comparison.general_after
    return old is not None and new is not None and new.score.accuracy < old.score.accuracy - GENERAL_LOSS


def blended(old: Mapping[str, Tensor], new: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the new parameters moved towards the old ones.

    Between a network and what a short fine-tuning made of it lie networks that read the new words nearly as well as
    the one and the general words nearly as well as the other (Wortsman et al., Robust fine-tuning of zero-shot models,
    CVPR 2022).

    Args:
        old: every parameter and buffer before the fine-tuning, by name, of the same shapes.
        new: those after it.
        share: of the new ones, in [0, 1].
    """
    return {
        name: torch.lerp(old[name], value, share) if value.is_floating_point() else value for name, value in new.items()
    }


def _is_better(after: Score, before: Score) -> bool:
    return (after.accuracy, -after.cer) > (before.accuracy, -before.cer)
