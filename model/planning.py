"""What a training run will use: which crops teach, which are held out, which are left out and why, which charset."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from model.charset import Charset
from model.checking import CheckReport, Progress, check_crops
from model.errors import TrainingError
from model.events import Problem, Severity

if TYPE_CHECKING:
    from model.annotations import LabelledCrop
    from model.images import Preprocessing

MIN_CROPS = 8
DEFAULT_FRACTION = 0.1
MIN_HELD_OUT = 8
"""Held out at least, where that is no more than a third of the crops."""

NewCharacters = Literal["extend", "skip"]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """The crops and the charset of a training run.

    Attributes:
        train, val: the crops that teach, and those held out to measure what was learnt.
        left_out: why other crops are not used, one problem for each of them.
        charset: the characters the network will write.
        new_characters: the characters in it that the charset asked for lacked.
        warnings: what is suspect about crops that are used all the same.
    """

    train: tuple[LabelledCrop, ...]
    val: tuple[LabelledCrop, ...]
    left_out: tuple[Problem, ...]
    charset: Charset
    new_characters: str = ""
    warnings: tuple[Problem, ...] = ()


def plan_training(
    crops: Iterable[LabelledCrop],
    *,
    charset: Charset | None,
    preprocessing: Preprocessing,
    frames: Callable[[int], int],
    val: float | Sequence[LabelledCrop] | None = None,
    seed: int = 0,
    new_characters: NewCharacters = "extend",
    progress: Progress | None = None,
) -> TrainingPlan:
    """Check the crops, choose the charset and hold some crops out.

    Crops of the part "test" are never used, and crops of the part "val" are held out. A data set without these has
    whole pages drawn from it: a page whose stable hash lies under the fraction is held out, however many are added.

    Args:
        crops: what there is to learn from.
        charset: the characters of the network, or None to take those of the labels.
        preprocessing: gives the width at which the network will see a crop.
        frames: the network's number of time steps at a width.
        val: crops to hold out; or the share to draw, about, in [0, 1) (None: a tenth, and eight crops at least where
            that leaves two thirds). 0 trains on everything but the part "test".
        seed: another seed draws other pages.
        new_characters: whether characters that the charset lacks extend it, or leave their crops out.
        progress: told (crops checked, total).

    Raises:
        TrainingError: fewer than 8 crops can be trained on; the message counts the causes.
    """
    if isinstance(val, int | float) and not 0 <= val < 1:
        raise TrainingError(f"The share of crops to hold out must be at least 0 and less than 1, not {val:g}.")

    def check(some: Sequence[LabelledCrop], told: Progress | None) -> CheckReport:
        return check_crops(
            some,
            charset=charset,
            preprocessing=preprocessing,
            frames=frames,
            can_extend=new_characters == "extend",
            progress=told,
        )

    everything = list(crops)
    report = check([crop for crop in everything if crop.part != "test"], progress)
    given = check(val, None) if isinstance(val, Sequence) else CheckReport(0, (), (), ())
    is_val = [crop.part == "val" and val != 0 for crop in report.ready]
    left_out = _first_errors(report) + _first_errors(given)
    if is_val.count(False) < MIN_CROPS:
        apart = {"val": is_val.count(True), "test": len(everything) - report.crops}
        raise TrainingError(_too_few(is_val.count(False), len(everything), left_out, apart))
    if not any(is_val) and (val is None or isinstance(val, int | float)):
        is_val = _held_out(report, val, seed)

    train = tuple(crop for crop, held in zip(report.ready, is_val, strict=True) if not held)
    held_out = tuple(crop for crop, held in zip(report.ready, is_val, strict=True) if held) + given.ready
    chosen, new = _charset(charset, (*train, *held_out))
    warnings = tuple(p for p in report.problems + given.problems if p.severity is Severity.WARNING)
    return TrainingPlan(train, held_out, left_out, chosen, new, warnings)


def _first_errors(report: CheckReport) -> tuple[Problem, ...]:
    """Return the first error of each crop that has any."""
    errors: dict[str, Problem] = {}
    for problem in report.problems:
        if problem.severity is Severity.ERROR:
            errors.setdefault(problem.key, problem)
    return tuple(errors.values())


def _too_few(usable: int, total: int, left_out: Iterable[Problem], apart: Mapping[str, int]) -> str:
    reasons = [f"{count} {cause}" for cause, count in Counter(problem.cause for problem in left_out).most_common()]
    reasons += [f"{count} set apart as {part}" for part, count in apart.items() if count]
    why = f" ({', '.join(reasons)})" if reasons else ""
    return f"Training needs at least {MIN_CROPS} usable crops, and {usable} of {total} can be used{why}."


def _held_out(report: CheckReport, fraction: float | None, seed: int) -> list[bool]:
    """Draw the ready crops to hold out: whole pages, or single crops where the pages are too few or too full."""
    if fraction == 0:
        return [False] * len(report.ready)
    wanted = min(MIN_HELD_OUT, len(report.ready) // 3)
    if fraction is None:
        fraction = DEFAULT_FRACTION
    else:
        wanted = min(wanted, math.ceil(fraction * len(report.ready)))
    pages = [_page(crop) for crop in report.ready]
    by_page = _drawn(pages, report.digests, fraction, wanted=wanted, seed=seed)
    if by_page.count(True) >= wanted:
        return by_page
    words = [f"{page} {crop.key}" for page, crop in zip(pages, report.ready, strict=True)]
    return _drawn(words, report.digests, fraction, wanted=wanted, seed=seed)


def _page(crop: LabelledCrop) -> str:
    """Return the page's name for the draw: its folder and file, which outlive a move of the whole data set."""
    return "/".join(crop.image.parts[-2:])


def _drawn(groups: Sequence[str], digests: Sequence[bytes], fraction: float, *, wanted: int, seed: int) -> list[bool]:
    """Draw groups of crops, and say for each crop whether it was drawn.

    A group under the fraction is drawn whatever else there is, unless too much would be; while fewer crops than wanted
    are drawn, the next in line join them. Crops of equal pixels go together, with the group that is drawn last: what
    is held out is then unknown to what is trained, and one word that stands on every page does not chain them up.
    """
    rank = {group: (_share(seed, group), group) for group in set(groups)}
    anchors: dict[bytes, str] = {}
    for group, digest in zip(groups, digests, strict=True):
        anchors[digest] = max(anchors.get(digest, group), group, key=rank.__getitem__)
    sizes = Counter(anchors[digest] for digest in digests)
    limit = min(len(groups) - 1, max(len(groups) // 3, round(1.5 * fraction * len(groups))))
    drawn: set[str] = set()
    count = 0
    for group in sorted(sizes, key=rank.__getitem__):
        if rank[group][0] >= fraction and count >= wanted:
            break
        if count + sizes[group] <= limit:
            drawn.add(group)
            count += sizes[group]
    return [anchors[digest] in drawn for digest in digests]


def _share(seed: int, name: str) -> float:
    """Return a number in [0, 1) that depends on the seed and the name alone, on every machine."""
    digest = blake2b(f"{seed} {name}".encode(errors="surrogatepass"), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def _charset(charset: Charset | None, crops: Iterable[LabelledCrop]) -> tuple[Charset, str]:
    """Return the charset that can write every crop's label, and what was added to it, in code point order."""
    texts = [crop.text for crop in crops]
    if charset is None:
        return Charset.from_texts(texts), ""
    new = "".join(sorted({char for text in texts for char in charset.unknown(text)}))
    return charset.extended(new), new
