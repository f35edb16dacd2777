"""One correction and what follows from it: single cases, and projects of simulated recognisers that repeat mistakes."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from rapidfuzz.distance import Levenshtein

from model.annotations import Alternative, Character, Prediction
from model.repeating import Confusion, Correction, confusions

PROJECTS = 30


def nothing(_: Confusion | str) -> bool:
    return False


def read(text: str, confidence: float = 0.7, *others: str) -> Prediction:
    characters = tuple(Character(char, 0.95, 0, 1) for char in text)
    return Prediction(text, confidence, characters, tuple(Alternative(other, 0.1) for other in others))


@pytest.mark.parametrize(
    ("seen", "typed", "expected"),
    [
        ("l00", "100", [Confusion("\n", "l", "0", "1")]),
        ("bum", "burn", [Confusion("u", "m", "\n", "rn")]),
        ("abc", "abc", []),
        ("ac", "abc", [Confusion("a", "", "c", "b")]),
        ("x1y2z", "xly2Z", [Confusion("x", "1", "y", "l"), Confusion("2", "z", "\n", "Z")]),
        ("cat", "dogs", []),
    ],
)
def test_a_correction_tells_what_was_mistaken_for_what(seen: str, typed: str, expected: list[Confusion]) -> None:
    found = confusions(seen, typed)
    assert list(found) == expected
    for confusion in found:
        assert confusion.is_in(seen)


@pytest.mark.parametrize(
    ("other", "proposed"),
    [
        (read("l00"), "100"),
        (read("l05"), "105"),
        (read("xl00"), None),  # another neighbour
        (read("l5"), None),
        (read("l00", 0.99), None),  # much surer than the reading that was corrected
    ],
)
def test_the_same_text_and_the_same_confusion_are_proposed(other: Prediction, proposed: str | None) -> None:
    assert Correction(read("l00"), "100", nothing).propose(other, ()) == proposed


def test_a_surely_wrong_reading_speaks_against_others_as_sure() -> None:
    assert Correction(read("l00", 0.995), "100", nothing).propose(read("l00", 0.99), ()) == "100"


def test_what_a_human_has_let_stand_is_no_mistake() -> None:
    correction = Correction(read("cat"), "car", lambda what: what == "cat")
    assert correction.propose(read("cat"), ()) is None
    stands = Correction(read("l00"), "100", lambda what: isinstance(what, Confusion))
    assert stands.propose(read("l05"), ()) is None
    assert stands.propose(read("l00"), ()) == "100"


def test_characters_that_do_not_look_alike_need_another_witness() -> None:
    correction = Correction(read("cet"), "cat", nothing)
    assert correction.propose(read("cets"), ()) is None
    assert correction.propose(read("cets", 0.7, "cats"), ()) == "cats"
    assert correction.propose(read("cets"), {"cats"}) == "cats"


WORDS = [
    "total",
    "100",
    "2015",
    "10:30",
    "invoice",
    "bill",
    "oil",
    "5108",
    "box",
    "book",
    "look",
    "1001",
    "8am",
    "street",
    "mail",
    "list",
    "0815",
    "soon",
    "size",
    "zone",
    "250",
    "dog",
]
PAIRS = (("1", "l"), ("0", "O"), ("5", "S"), ("i", "l"), ("oo", "00"), ("8", "B"), ("z", "2"), ("a", "e"))


def simulated(number: int) -> tuple[list[str], list[Prediction]]:
    """Truths and readings of a project whose recogniser makes three mistakes almost always, and others at random."""
    chance = random.Random(number)
    habits = [(*chance.choice(PAIRS), chance.choice(["always", "at the start", "before a digit"])) for _ in range(3)]
    truths, readings = [], []
    for _ in range(400):
        truth = chance.choice(WORDS) + chance.choice(["", "", "", str(chance.randrange(100))])
        text = truth
        for right, wrong, where in habits:
            if chance.random() < 0.9:
                text = mistaken(text, right, wrong, where)
        if chance.random() < 0.05:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice("abcdef0123") + text[place + 1 :]
        others = (truth,) if text != truth and chance.random() < 0.6 else (truth + "s",)
        sure = chance.uniform(0.4, 0.9) if text != truth else chance.uniform(0.6, 1)
        truths.append(truth)
        readings.append(replace(read(text, sure, *others), characters=characters_of(text, truth, chance)))
    return truths, readings


def characters_of(text: str, truth: str, chance: random.Random) -> tuple[Character, ...]:
    """Four of five mistakes are doubted where they are; so is one of fifty characters that are right."""
    wrong = {
        place
        for op in Levenshtein.opcodes(text, truth)
        if op.tag != "equal"
        for place in range(op.src_start, op.src_end)
    }
    doubted = [chance.random() < (0.8 if place in wrong else 0.02) for place in range(len(text))]
    shares = [chance.uniform(0.3, 0.79) if doubt else chance.uniform(0.85, 1) for doubt in doubted]
    return tuple(Character(char, share, 0, 1) for char, share in zip(text, shares, strict=True))


def mistaken(text: str, right: str, wrong: str, where: str) -> str:
    if where == "at the start":
        return wrong + text.removeprefix(right) if text.startswith(right) else text
    if where == "before a digit":
        place = text.find(right)
        after = text[place + len(right) :][:1]
        return text[:place] + wrong + text[place + len(right) :] if place >= 0 and after.isdigit() else text
    return text.replace(right, wrong)


def test_repeated_mistakes_are_repaired_and_hardly_ever_made() -> None:
    """A person goes through the words and takes every offer; how many repeated mistakes were left to do by hand?"""
    repeated = repaired = changed = false = 0
    for number in range(PROJECTS):
        truths, readings = simulated(number)
        labels: dict[int, str] = {}
        offered: set[int] = set()
        corrected: set[Confusion] = set()

        def stands(what: Confusion | str, labels: dict[int, str] = labels) -> bool:
            return any(what == label if isinstance(what, str) else what.is_in(label) for label in labels.values())

        for i, (truth, prediction) in enumerate(zip(truths, readings, strict=True)):
            mistakes = set(confusions(prediction.text, truth))
            if mistakes and mistakes <= corrected:
                repeated += 1
                repaired += i in offered and labels[i] == truth
            corrected |= mistakes
            if i in labels:
                labels[i] = truth
                continue
            if prediction.text != truth:
                correction = Correction(prediction, truth, stands)
                for j in range(i + 1, len(truths)):
                    if j in labels:
                        continue
                    proposed = correction.propose(readings[j], labels.values())
                    if proposed is not None:
                        labels[j] = proposed
                        offered.add(j)
                        changed += 1
                        false += proposed != truths[j]
            labels[i] = truth
    assert repeated > 1000
    assert repaired / repeated >= 0.8, (repaired, repeated)
    assert false / changed < 0.02, (false, changed)
