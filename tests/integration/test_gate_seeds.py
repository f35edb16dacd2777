"""The gate decides by held-out words whose labels may be wrong as well: do clean ones say the same?"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from model.annotations import LabelledCrop
from model.assets import default_weights
from model.evaluation import evaluate
from model.events import Decision, Finished
from model.formats import open_dataset
from model.gate import GENERAL_LOSS
from model.inference import Recognizer
from model.training import TrainConfig, fine_tune
from model.training_plan import plan_for
from tests.helpers.minutes import steps_in
from tests.helpers.spoilt import numbers, passed_on

LABELS = 200
CERTAIN = 1.96
SAMPLE, WHOLE = 12, 60
"""Seconds of two quiet cores in every training: in CI, and in the campaigns."""


@dataclass(frozen=True)
class Bench:
    """A set in two parts: what a person might have labelled, and what is kept back as the truth, with sound labels."""

    own: list[LabelledCrop]
    clean: list[LabelledCrop]
    folder: Path


@dataclass(frozen=True)
class Case:
    """What the gate decided on new weights, and what clean words say: so many fixed and broken by them."""

    seed: int
    start: str
    finished: Finished
    fixed: int
    broken: int

    @property
    def is_accepted(self) -> bool:
        return self.finished.decision is Decision.BETTER

    @property
    def truth(self) -> bool | None:
        """Whether the new weights are better; None where no more clean words changed than chance would have it."""
        before, after = self.finished.general_before, self.finished.general_after
        assert before
        assert after
        if before.accuracy - after.accuracy > GENERAL_LOSS + 1e-9:
            return False
        gain, changed = self.fixed - self.broken, self.fixed + self.broken
        return None if gain**2 <= CERTAIN**2 * changed else gain > 0

    @property
    def agrees(self) -> bool:
        return self.truth is None or self.is_accepted == self.truth

    def __str__(self) -> str:
        clean = f"{self.fixed} clean words fixed, {self.broken} broken"
        return f"seed {self.seed} from {self.start} weights: {clean}, truth {self.truth}. {self.finished.reason}"


def trained(crops: Sequence[LabelledCrop], base: Path, out: Path, *, seconds: float, seed: int) -> Finished:
    """Train for as many steps as two quiet cores take in so many seconds."""
    steps = steps_in(seconds / 60, base, crops)
    config = TrainConfig(
        out=out, base=base, steps=steps, seed=seed, device="cpu", precision="fp32", threads=1, save_seconds=1e9
    )
    *_, finished = fine_tune(plan_for(config, crops), config)
    assert isinstance(finished, Finished)
    return finished


def case(bench: Bench, share: float, *, seed: int, seconds: float, base: Path | None = None) -> Case:
    """Let a person with this share of shuffled labels train, and ask the clean words about the result."""
    base = base or default_weights()
    own = random.Random(seed).sample(bench.own, min(LABELS, 9 * len(bench.own) // 10))
    out = bench.folder / f"{share:g}-{seed}.safetensors"
    finished = trained(passed_on(own, share, seed=seed), base, out, seconds=seconds, seed=seed)
    assert finished.out
    old, new = read_right(base, bench.clean), read_right(Path(finished.out), bench.clean)
    Path(finished.out).unlink()
    return Case(seed, base.stem, finished, len(new - old), len(old - new))


def cases(bench: Bench, share: float) -> list[Case]:
    """Train with 20 seeds: even ones from the starter weights, odd ones from weights that have learnt sound labels."""
    learnt = trained(bench.own, default_weights(), bench.folder / "knowing.safetensors", seconds=WHOLE, seed=99)
    assert learnt.out
    knowing = Path(learnt.out)
    return [case(bench, share, seed=n, seconds=WHOLE, base=knowing if n % 2 else None) for n in range(20)]


def read_right(weights: Path, crops: Sequence[LabelledCrop]) -> set[str]:
    """Return the keys of the crops that weights read right."""
    recognizer = Recognizer.load(weights, device="cpu", precision="fp32", engine="torch", workers=1)
    return {reading.crop.key for reading in evaluate(recognizer, crops).crops if reading.is_correct}


@pytest.fixture
def mirrored(tmp_path: Path) -> Bench:
    crops = numbers(tmp_path / "crops", 900, mirrored=True)
    return Bench(crops[:400], crops[400:], tmp_path)


@pytest.fixture(params=("mirrored", "sevenseg", "plates"))
def bench(request: pytest.FixtureRequest, tmp_path: Path, shared_data: Callable[[str], Path]) -> Bench:
    if request.param == "mirrored":
        made: Bench = request.getfixturevalue("mirrored")
        return made
    crops = list(open_dataset(shared_data(f"local/{request.param}")).crops())
    random.Random(1).shuffle(crops)
    kept = len(crops) // 3
    return Bench(crops[:-kept], crops[-kept:], tmp_path)


def told(cases: Iterable[Case]) -> str:
    """Return what became of each case, and leave it in the report of a campaign (`pytest -rP`), too."""
    text = "\n".join(map(str, cases))
    sys.stdout.write(f"{text}\n")
    return text


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_labels_of_which_some_are_shuffled_teach_and_of_which_all_are_do_not(mirrored: Bench) -> None:
    some = case(mirrored, 0.3, seed=2, seconds=SAMPLE)
    assert some.fixed > 10 * max(some.broken, 1), some
    # Digits in a mirror are at odds with the letters of general words, which new weights may forget over them.
    assert some.truth is not None
    assert some.is_accepted == some.truth, some
    all_of_them = case(mirrored, 1.0, seed=0, seconds=SAMPLE)
    assert not all_of_them.is_accepted, all_of_them


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_with_three_in_ten_labels_shuffled_19_decisions_of_20_are_those_of_clean_words(bench: Bench) -> None:
    found = cases(bench, 0.3)
    report = told(found)
    assert sum(case.agrees for case in found) >= 19, report


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_with_sound_labels_19_trainings_of_20_are_accepted(bench: Bench) -> None:
    found = [case(bench, 0.0, seed=seed, seconds=WHOLE) for seed in range(20)]
    report = told(found)
    assert sum(case.is_accepted for case in found) >= 19, report


@pytest.mark.campaign
@pytest.mark.timeout(0)
def test_with_all_labels_shuffled_no_training_is_accepted(bench: Bench) -> None:
    found = cases(bench, 1.0)
    report = told(found)
    assert not any(case.is_accepted for case in found), report
