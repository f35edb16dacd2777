"""The gate lets better weights through, and nothing that only looks better."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from model.annotations import LabelledCrop
from model.events import Decision, Reading, Score
from model.gate import Comparison, Exam, Marks, decide
from model.images import Preprocessing
from model.material import crop_set


def marks(errors: list[int]) -> Marks:
    """Return the marks of words of five letters with these numbers of errors."""
    words = len(errors)
    score = Score(words, errors.count(0) / words, sum(errors) / (5 * words), 1.0)
    return Marks(score, ("",) * words, tuple(errors))


def compared(before: list[int], after: list[int], **others: object) -> Comparison:
    changed = [
        Reading(str(i), "", "", "") for i, pair in enumerate(zip(before, after, strict=True)) if 0 in pair and any(pair)
    ]
    fixed = tuple(reading for reading in changed if after[int(reading.key)] == 0)
    broken = tuple(reading for reading in changed if before[int(reading.key)] == 0)
    return Comparison(marks(before), marks(after), fixed=fixed, broken=broken, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after", "decision"),
    [
        ([5] * 100, [0] * 40 + [5] * 60, Decision.BETTER),
        ([0] * 100, [0] * 100, Decision.REFUSED),
        ([5] * 100, [4] + [5] * 99, Decision.REFUSED),
        ([5, 4] * 50, [4, 5] * 50, Decision.REFUSED),
        ([5] * 100, [2] * 60 + [5] * 40, Decision.BETTER),
        ([0] * 50 + [5] * 50, [0] * 49 + [1] * 51, Decision.REFUSED),
    ],
    ids=["more words", "no change", "one error less", "others wrong", "clearly fewer errors", "fewer words"],
)
def test_only_what_reads_better_passes(before: list[int], after: list[int], decision: Decision) -> None:
    assert decide(compared(before, after)).decision is decision


@pytest.mark.parametrize(("words", "allowed"), [(64, 1), (100, 1), (500, 5)])
def test_general_words_may_cost_a_point_or_a_word_and_no_more(words: int, allowed: int) -> None:
    verdicts = []
    for lost in (allowed, allowed + 1):
        general = {"general_before": marks([0] * words), "general_after": marks([1] * lost + [0] * (words - lost))}
        verdicts.append(decide(compared([5] * 100, [0] * 40 + [5] * 60, **general)))
    assert [verdict.decision for verdict in verdicts] == [Decision.BETTER, Decision.REFUSED]
    assert "forget" in verdicts[1].reason


def test_where_no_words_are_held_out_general_ones_must_not_be_forgotten() -> None:
    verdicts = [
        decide(Comparison(general_before=marks([0] * 100), general_after=marks([1] * lost + [0] * (100 - lost))))
        for lost in (1, 2)
    ]
    assert [verdict.decision for verdict in verdicts] == [Decision.BETTER, Decision.REFUSED]
    assert verdicts[0].reason.endswith("are finite and read: 100.0% before and 99.0% after, of the general words.")
    assert "forget too much: 100.0% before and 98.0% after" in verdicts[1].reason
    assert decide(Comparison()).reason.endswith("are finite and read.")


def test_fewer_errors_in_as_many_words_are_told_as_that() -> None:
    assert "clearly fewer character errors 100.0% before" in decide(compared([5] * 100, [2] * 60 + [5] * 40)).reason


@pytest.mark.parametrize(
    ("words", "fixed", "broken", "sure"), [(400, 60, 10, True), (400, 12, 10, False), (40, 20, 0, False)]
)
def test_few_words_or_a_small_gain_are_told_with_the_interval(words: int, fixed: int, broken: int, sure: bool) -> None:
    before = [5] * fixed + [0] * broken + [0] * (words - fixed - broken)
    after = [0] * fixed + [5] * broken + [0] * (words - fixed - broken)
    comparison = compared(before, after)
    assert comparison.gain is not None
    low, high = comparison.gain
    assert low < (fixed - broken) / words < high
    verdict = decide(comparison)
    assert verdict.decision is Decision.BETTER
    assert ("19 of 20 cases" not in verdict.reason) == sure
    assert ("too few" in verdict.reason) == (words < 100)


def test_the_interval_of_a_gain_holds_the_truth_in_nineteen_of_twenty_cases() -> None:
    """Draws fixed and broken words again and again, as they would be if one word in ten were fixed."""
    generator = torch.Generator().manual_seed(1)
    held = 0
    for _ in range(400):
        drawn = torch.rand(200, generator=generator)
        fixed, broken = int((drawn < 0.15).sum()), int((drawn > 0.95).sum())
        rest = 200 - fixed - broken
        gain = compared([5] * fixed + [0] * (broken + rest), [0] * fixed + [5] * broken + [0] * rest).gain
        assert gain is not None
        held += gain[0] <= 0.1 <= gain[1]
    assert 0.92 <= held / 400 <= 0.98


def exam_of(*labels: str) -> Exam:
    crops = [LabelledCrop(str(i), Path(), None, label) for i, label in enumerate(labels)]
    pixels = [(Image.new("L", (32, 32), 9), crop.text) for crop in crops]
    crops_drawn = crop_set((), None, spec=Preprocessing(), drawn=pixels)
    return Exam(crops_drawn, range(len(labels)), preprocessing=Preprocessing(), device=torch.device("cpu"))


def test_readings_that_have_nothing_to_do_with_the_crops_are_guesses() -> None:
    labels = [f"{i:04}" for i in range(0, 4000, 97)]
    exam = exam_of(*labels)

    def read(texts: list[str]) -> Marks:
        errors = tuple(
            sum(a != b for a, b in zip(text, label, strict=True)) for text, label in zip(texts, labels, strict=True)
        )
        return Marks(Score(len(labels), 0.0, 0.5), tuple(texts), errors)

    assert not exam.is_guessing(read(labels))
    assert not exam.is_guessing(read([label[:2] + "99" for label in labels]))
    assert exam.is_guessing(read(["2" + label[1:] for label in labels[5:] + labels[:5]]))
    assert exam.is_guessing(read(["1234"] * len(labels)))
    verdict = decide(compared([5] * 9, [0] + [4] * 8, guessing=True))
    assert verdict.decision is Decision.REFUSED
    assert "check the labels" in verdict.reason


def test_where_all_labels_are_alike_nobody_can_tell_a_guess() -> None:
    assert not exam_of("A", "A", "A").is_guessing(marks([1, 1, 1]))
