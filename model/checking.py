"""All that can be known to be wrong with labelled crops before a network is trained on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from model.charset import describe, frames_needed, is_character, normalize
from model.errors import ImageError
from model.events import Cause, Problem, Severity
from model.images import MissingImageError, NotFiniteImageError, cut_crops
from model.lookalikes import lookalike

if TYPE_CHECKING:
    from PIL import Image

    from model.annotations import LabelledCrop
    from model.charset import Charset
    from model.images import Preprocessing

MIN_WIDTH = 2
MIN_HEIGHT = 4
MIN_CHARACTER_WIDTH = 2
REFERENCE_HEIGHT = 32
"""Under ``MIN_CHARACTER_WIDTH`` pixels a character, at this height, no resizing makes a label legible."""

WIDEST = 4096
"""Width in pixels of the widest strip that training is advised to use."""

_WIDTH_STEP = 16  # pixels between two widths that are tried

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found.

    Attributes:
        crops: how many were looked at.
        ready: those without an error, in the order they came; they may have warnings.
        problems: in the order of the crops; a crop can have several.
        digests: for each ready crop a hash of its pixels, equal where the pixels are.
    """

    crops: int
    ready: tuple[LabelledCrop, ...]
    problems: tuple[Problem, ...]
    digests: tuple[bytes, ...]


@dataclass(slots=True)
class _Seen:
    """The first ready crop with certain pixels."""

    position: int
    crop: LabelledCrop
    is_reported: bool = False


def check_crops(
    crops: Iterable[LabelledCrop],
    *,
    charset: Charset | None,
    preprocessing: Preprocessing,
    frames: Callable[[int], int],
    can_extend: bool = False,
    progress: Progress | None = None,
) -> CheckReport:
    """Look at the pixels and the label of every crop.

    Args:
        crops: read once; crops of one page that follow each other share one decoding of it.
        charset: the characters that can be written, or None when any can.
        preprocessing: gives the width at which the network will see a crop.
        frames: the network's number of time steps at a width.
        can_extend: characters that the charset lacks are warnings, because training will add them.
        progress: told (crops done, total), total None for an iterator.
    """
    total = len(crops) if isinstance(crops, Sized) else None
    ready: list[LabelledCrop] = []
    digests: list[bytes] = []
    found: list[tuple[int, Problem]] = []
    pairs = _Comparison()
    position = -1
    for position, (crop, image) in enumerate(cut_crops(crops)):
        problems = list(_label_problems(crop, charset, can_extend=can_extend))
        if isinstance(image, ImageError):
            problems.append(_problem(crop, cause_of(image), str(image)))
        else:
            problems += _pixel_errors(crop, image)
            if crop.text.strip():
                problems += _fit_errors(crop, image.size, preprocessing, frames)
        found += ((position, problem) for problem in problems)
        pairs.add_label(position, crop)
        is_ready = all(problem.severity is Severity.WARNING for problem in problems)
        if is_ready and not isinstance(image, ImageError):
            ready.append(crop)
            digests.append(_digest(image))
            pairs.add_pixels(position, crop, digests[-1])
        if progress:
            progress(position + 1, total)
    found = sorted(found + pairs.problems(), key=lambda entry: entry[0])
    return CheckReport(position + 1, tuple(ready), tuple(problem for _, problem in found), tuple(digests))


def cause_of(error: ImageError) -> Cause:
    """Return the cause that an image which cannot be read stands for."""
    if isinstance(error, MissingImageError):
        return Cause.MISSING
    return Cause.NOT_FINITE if isinstance(error, NotFiniteImageError) else Cause.UNREADABLE


def _problem(crop: LabelledCrop, cause: Cause, detail: str, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(crop.key, cause, severity, detail, crop.word_id)


def _label_problems(crop: LabelledCrop, charset: Charset | None, *, can_extend: bool) -> Iterator[Problem]:
    if not crop.text.strip():
        what = "only white space" if crop.text else "empty"
        yield _problem(crop, Cause.EMPTY_LABEL, f"The label is {what}; type what the crop says, or ignore the word.")
        return
    text = normalize(crop.text)
    if unwritable := dict.fromkeys(char for char in text if not is_character(char)):
        yield _problem(crop, Cause.UNKNOWN_CHARACTER, f"No network can write {describe(unwritable)}; retype the label.")
    elif charset is not None and (unknown := charset.unknown(text)):
        detail = f"'{text}' needs {describe(unknown)}, which the charset of {len(charset) - 1} characters lacks."
        if alike := [f"{plain!r} for {char!r}" for char in unknown if (plain := lookalike(char, charset))]:
            detail += f" Was it meant to be {', '.join(alike)}? They look alike."
        severity = Severity.WARNING if can_extend else Severity.ERROR
        yield _problem(crop, Cause.UNKNOWN_CHARACTER, detail, severity)


def _pixel_errors(crop: LabelledCrop, image: Image.Image) -> Iterator[Problem]:
    width, height = image.size
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        detail = f"A crop {width}x{height} px is too small to read; at least {MIN_WIDTH}x{MIN_HEIGHT} px are needed."
        yield _problem(crop, Cause.TOO_SMALL, detail)
    elif (value := _only_value(image)) is not None:
        detail = f"All {width}x{height} px of the crop have the same value, {value}; there is nothing to read."
        yield _problem(crop, Cause.CONSTANT, detail)


def _only_value(image: Image.Image) -> str | None:
    extrema = [band.getextrema() for band in image.split()]
    if any(low != high for low, high in extrema):
        return None
    return ", ".join(str(low) for low, _ in extrema)


def _fit_errors(
    crop: LabelledCrop, size: tuple[int, int], preprocessing: Preprocessing, frames: Callable[[int], int]
) -> Iterator[Problem]:
    """Find a label that is longer than its crop can carry, by the CTC bound or by the eye."""
    text, (width, height) = normalize(crop.text), size
    needed, seen = frames_needed(text), preprocessing.width_for(width, height)
    given = frames(seen)
    if given < needed:
        enough = next((w for w in range(seen, WIDEST + 1, _WIDTH_STEP) if frames(w) >= needed), None)
        detail = (
            f"'{text}' needs {needed} frames, a crop {width}x{height} px gives {given}; "
            "widen the box or train at a greater width."
        )
        yield replace(_problem(crop, Cause.LABEL_TOO_LONG, detail), width=enough)
    elif width * REFERENCE_HEIGHT < MIN_CHARACTER_WIDTH * len(text) * height:
        share = width * REFERENCE_HEIGHT / (height * len(text))
        detail = (
            f"'{text}' has {len(text)} characters, a crop {width}x{height} px leaves {share:.1f} px for each at height "
            f"{REFERENCE_HEIGHT}, under {MIN_CHARACTER_WIDTH}; check the box and the label."
        )
        yield _problem(crop, Cause.LABEL_TOO_LONG, detail)


def _digest(image: Image.Image) -> bytes:
    key = f"{image.mode} {image.size}".encode()
    return blake2b(image.tobytes(), digest_size=16, key=key).digest()


class _Comparison:
    """Finds what shows only between crops: one text in several normal forms, one picture with several labels."""

    def __init__(self) -> None:
        self._composed: dict[str, str] = {}
        self._decomposed: list[tuple[int, LabelledCrop]] = []
        self._pixels: dict[bytes, _Seen] = {}
        self._conflicts: list[tuple[int, Problem]] = []

    def add_label(self, position: int, crop: LabelledCrop) -> None:
        if crop.text.isascii():
            return
        if normalize(crop.text) == crop.text:
            self._composed.setdefault(crop.text, crop.key)
        else:
            self._decomposed.append((position, crop))

    def add_pixels(self, position: int, crop: LabelledCrop, digest: bytes) -> None:
        first = self._pixels.setdefault(digest, _Seen(position, crop))
        if normalize(first.crop.text) == normalize(crop.text):
            return
        self._conflicts.append((position, _conflict(crop, first.crop)))
        if not first.is_reported:
            self._conflicts.append((first.position, _conflict(first.crop, crop)))
            first.is_reported = True

    def problems(self) -> list[tuple[int, Problem]]:
        """Return all that was found, each with its crop's position."""
        return self._conflicts + [(position, self._mixed(crop)) for position, crop in self._decomposed]

    def _mixed(self, crop: LabelledCrop) -> Problem:
        text = normalize(crop.text)
        detail = (
            f"The label is not in Unicode normal form C: {len(crop.text)} code points for the {len(text)} of '{text}'"
        )
        if other := self._composed.get(text):
            detail += f", as {other} has them"
        return _problem(crop, Cause.MIXED_FORMS, f"{detail}; it is read as that.", Severity.WARNING)


def _conflict(crop: LabelledCrop, other: LabelledCrop) -> Problem:
    detail = f"The same pixels are labelled '{crop.text}' here and '{other.text}' in {other.key}; one of them is wrong."
    return _problem(crop, Cause.DUPLICATE_CONFLICT, detail, Severity.WARNING)
