"""Whether a word can teach the network, and why not: the badge of the inspector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.annotations import Word
from model.charset import Charset, describe, frames_needed
from model.checking import MIN_CHARACTER_WIDTH, REFERENCE_HEIGHT
from model.images import DEFAULT_WIDTHS, Preprocessing

ICONS = {
    "verified": "barbell",
    "doubtful": "warning",
    "error": "warning-octagon",
    "muted": "barbell",
    "ignored": "prohibit",
}
"""The icon of each colour token that :func:`trainability` returns."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How the recogniser that is loaded looks at crops.

    Attributes:
        frames: the network's time steps at each width of its preprocessing.
        charset: what it can write; None while none is loaded.
    """

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    frames: Mapping[int, int] = field(default_factory=lambda: {width: width // 4 for width in DEFAULT_WIDTHS})
    charset: Charset | None = None


def trainability(word: Word, text: str, sight: Sight) -> tuple[str, str]:
    """Return whether a word can teach the network, as a colour token and a sentence."""
    if word.ignored:
        return "ignored", "Ignored: not read, trained on or exported."
    if not text:
        return "muted", "No text yet, nothing to learn from."
    strip_px = sight.preprocessing.width_for(max(round(word.box.width), 1), max(round(word.box.height), 1))
    frames, needed = sight.frames[strip_px], frames_needed(text)
    character_px = word.box.width * REFERENCE_HEIGHT / max(word.box.height, 1.0) / len(text)
    if frames < needed:
        return "error", f"Cannot be trained on: {frames} time steps, the text needs {needed}. Is the box too narrow?"
    if character_px < MIN_CHARACTER_WIDTH:
        return "error", "Cannot be trained on: under 2 pixels a character at a height of 32."
    unknown = sight.charset.unknown(text) if sight.charset is not None else ()
    if unknown:
        return "doubtful", f"New to these weights: {describe(unknown)}. Training adds it."
    if word.label is None:
        return "muted", f"Fits the network ({frames} time steps for {needed}); verify it to train on it."
    return "verified", f"Ready for training ({frames} time steps for {needed})."
