"""Whether a word can teach the network, and why not: the badge of the inspector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication

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
    translate = QCoreApplication.translate
    if word.ignored:
        return "ignored", translate("Trainability", "Ignored: not read, trained on or exported.")
    if not text:
        return "muted", translate("Trainability", "No text yet, nothing to learn from.")
    strip_px = sight.preprocessing.width_for(max(round(word.box.width), 1), max(round(word.box.height), 1))
    frames, needed = sight.frames[strip_px], frames_needed(text)
    character_px = word.box.width * REFERENCE_HEIGHT / max(word.box.height, 1.0) / len(text)
    if frames < needed:
        told = translate(
            "Trainability",
            "Cannot be trained on: {frames} time steps, the text needs {needed}. Is the box too narrow?",
        )
        return "error", told.format(frames=frames, needed=needed)
    if character_px < MIN_CHARACTER_WIDTH:
        told = translate(
            "Trainability", "Cannot be trained on: under {width} pixels a character at a height of {height}."
        )
        return "error", told.format(width=f"{MIN_CHARACTER_WIDTH:g}", height=REFERENCE_HEIGHT)
    unknown = sight.charset.unknown(text) if sight.charset is not None else ()
    if unknown:
        told = translate("Trainability", "New to these weights: {characters}. Training adds it.")
        return "doubtful", told.format(characters=describe(unknown))
    if word.label is None:
        told = translate(
            "Trainability", "Fits the network ({frames} time steps for {needed}); verify it to train on it."
        )
        return "muted", told.format(frames=frames, needed=needed)
    told = translate("Trainability", "Ready for training ({frames} time steps for {needed}).")
    return "verified", told.format(frames=frames, needed=needed)
