"""The gate: new weights are compared with the old ones on words neither was trained on, and refused when worse.

Two sets are read before and after: the project's held-out words, which must be read better, and general words, which
must not be forgotten. What is read must also depend on the picture, which labels that were mixed up do not teach. Where
there is nothing to compare with, the weights must at least be finite and read something.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from model import metrics
from model.calibration import Calibrator, Fit
from model.charset import Charset, frames_needed, normalize
from model.checkpoint import Weights, build_network
from model.ctc import ctc_losses, greedy_indices
from model.dataset import CropSet, Indices, normalized
from model.events import Decision, Reading, Score

if TYPE_CHECKING:
    from model.images import Preprocessing
    from model.networks import Network

GENERAL_LOSS = 0.01
"""How much of the general word accuracy, as a fraction, better reading of the project's words may cost."""

SURE = 100
"""Held-out words from which on a comparison is told without a word of caution."""

_CERTAIN = 1.96  # standard errors on either side that leave one case of twenty outside


@dataclass(frozen=True, slots=True)
class Marks:
    """How a network read an exam.

    Attributes:
        score: of all crops.
        texts: of every crop in the exam's order.
        errors: the edits that each text is away from its label.
        fit: the temperature these crops call for; None where nobody asked, or where they are too few.
    """

    score: Score
    texts: tuple[str, ...]
    errors: tuple[int, ...] = ()
    fit: Fit | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that the gate looks at.

    Attributes:
        before, after: the held-out words as the old and the new weights read them; None where there are no old
            weights, or no held-out words.
        general_before, general_after: the general words; None where there are none, or nothing to compare.
        collapsed: the new weights read the same in every crop.
        guessing: what the new weights read in a crop is no nearer to its label than to those of other crops.
        fixed, broken: held-out words that only the new, and only the old weights read right.
    """

    before: Marks | None = None
    after: Marks | None = None
    general_before: Marks | None = None
    general_after: Marks | None = None
    collapsed: bool = False
    guessing: bool = False
    fixed: tuple[Reading, ...] = ()
    broken: tuple[Reading, ...] = ()

    @property
    def gain(self) -> tuple[float, float] | None:
        """The interval that holds the gain in accuracy in 19 of 20 cases; None where nothing can be compared.

        The words are the same before and after, so only those that changed count: Agresti & Min, Statistics in
        Medicine 24 (2005), whose half a word each way keeps the interval honest for few words.
        """
        if self.before is None or self.after is None:
            return None
        words = self.after.score.words + 2
        fixed, broken = (len(self.fixed) + 0.5) / words, (len(self.broken) + 0.5) / words
        gain, spread = fixed - broken, _CERTAIN * math.sqrt((fixed + broken - (fixed - broken) ** 2) / words)
        return max(-1.0, gain - spread), min(1.0, gain + spread)


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
        preprocessing: as which the crops are loaded.
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
        errors = [Levenshtein.distance(texts[i], label) for i, label in zip(self._indices, self._labels(), strict=True)]
        return Marks(result, tuple(texts.values()), tuple(errors), calibrator.fit() if calibrator else None)

    def mark_weights(self, weights: Weights | None, *, calibrate: bool = False) -> Marks | None:
        """Let weights read every crop, prepared as they want it; None without weights or without crops."""
        if not (weights and len(self)):
            return None
        network = build_network(weights).to(self._device)
        return self._prepared(weights.preprocessing).mark(network, weights.charset, calibrate=calibrate)

    def read(self, weights: Weights) -> dict[int, str]:
        """Return what weights read in each crop, by its index."""
        marks = self.mark_weights(weights)
        return dict(zip(self._indices, marks.texts, strict=True)) if marks else {}

    def is_collapsed(self, marks: Marks | None) -> bool:
        """Whether a network wrote the same for every crop, nothing most often, although their labels differ."""
        if marks is None or len(set(marks.texts)) > 1:
            return False
        return not marks.texts[0] or len({self._crops.crops[i].text for i in self._indices}) > 1

    def is_guessing(self, marks: Marks) -> bool:
        """Whether what a network wrote for each crop is no nearer to its label than to the labels of the others.

        That is what is learnt from labels that do not belong to their crops: how labels look in general. Where all
        labels are alike nobody can tell.
        """
        labels = self._labels()
        if len(set(labels)) < 2:
            return False
        by_chance = process.cdist(marks.texts, labels, scorer=Levenshtein.distance).mean(axis=1)
        return not _is_surely_positive(by_chance - np.array(marks.errors))

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

    def _prepared(self, spec: Preprocessing) -> Exam:
        """Return the exam with its crops prepared in this way."""
        if spec == self._spec:
            return self
        crops = self._crops.prepared(spec)
        crops.load(self._indices)
        return Exam(crops, self._indices, preprocessing=spec, device=self._device)

    def _labels(self) -> list[str]:
        return [normalize(self._crops.crops[i].text) for i in self._indices]

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
    general = _general(comparison)
    if after is None and forgets(comparison):
        return Verdict(Decision.REFUSED, f"The new weights forget too much: {general}.")
    if after is None:
        told = "No words were held out to compare on; the new weights are finite and read"
        return Verdict(Decision.BETTER, f"{told}: {general}." if general else f"{told}.")
    if before is None:
        accuracy = f"{after.score.accuracy:.1%} of {after.score.words} held-out words"
        return Verdict(Decision.BETTER, f"There were no weights to compare with; the new ones read {accuracy}.")
    if comparison.guessing:
        return Verdict(
            Decision.REFUSED, "What the new weights read has nothing to do with the crops: check the labels."
        )
    words = after.score.words
    change = f"{before.score.accuracy:.1%} before and {after.score.accuracy:.1%} after, of {words} words"
    errors = f"character errors {before.score.cer:.1%} before and {after.score.cer:.1%} after"
    if not _is_better(after, before):
        return Verdict(Decision.REFUSED, f"The new weights do not read better: {change}, {errors}.")
    if after.score.accuracy == before.score.accuracy:
        change += f", but clearly fewer {errors}"
    caution = _caution(comparison)
    if not general:
        return Verdict(Decision.BETTER, f"The new weights read better: {change}.{caution}")
    if forgets(comparison):
        return Verdict(Decision.REFUSED, f"The new weights forget too much: {general}, for {change}.")
    return Verdict(Decision.BETTER, f"The new weights read better: {change}; {general}.{caution}")


def _general(comparison: Comparison) -> str:
    """Return how many general words are read right; empty where nobody looked."""
    old, new = comparison.general_before, comparison.general_after
    if old is None or new is None:
        return ""
    return f"{old.score.accuracy:.1%} before and {new.score.accuracy:.1%} after, of the general words"


def forgets(comparison: Comparison) -> bool:
    """Whether the new weights read fewer of the general words than they may: by more than a point, and than a word."""
    old, new = comparison.general_before, comparison.general_after
    if old is None or new is None:
        return False
    lost = (old.score.accuracy - new.score.accuracy) * old.score.words
    return round(lost) > max(1, GENERAL_LOSS * old.score.words)


def _is_better(after: Marks, before: Marks) -> bool:
    """Whether more words are right, or as many with errors in clearly fewer characters."""
    if after.score.accuracy != before.score.accuracy:
        return after.score.accuracy > before.score.accuracy
    return _is_surely_positive(np.array(before.errors) - np.array(after.errors))


def _is_surely_positive(differences: NDArray[np.float64]) -> bool:
    """Whether the mean of paired differences (N,) lies above zero by more than chance would have it."""
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else math.inf
    return bool(differences.mean() > _CERTAIN * spread / math.sqrt(len(differences)))


def _caution(comparison: Comparison) -> str:
    """Return a sentence about how much few words, or a small gain, can be trusted; empty where they can."""
    gain, after = comparison.gain, comparison.after
    if gain is None or after is None or (after.score.words >= SURE and gain[0] > 0):
        return ""
    low, high = (f"{100 * bound:+.0f}" for bound in gain)
    what = (
        f"{after.score.words} words are too few to be sure of the gain"
        if after.score.words < SURE
        else "The gain is small"
    )
    return f" {what}: it lies between {low} and {high} points in 19 of 20 cases."
