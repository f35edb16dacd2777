"""A data set with everything that is known to make a CRNN's loss nan, among crops that are fine."""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from model.events import Cause

SOUND = [f"{17 * i % 1000:03d}" for i in range(16)]
POISON = {
    "too_long.png": Cause.LABEL_TOO_LONG,
    "repeats.png": Cause.LABEL_TOO_LONG,
    "nan.tif": Cause.NOT_FINITE,
    "empty.png": Cause.EMPTY_LABEL,
    "letter.png": Cause.UNKNOWN_CHARACTER,
    "truncated.jpg": Cause.UNREADABLE,
    "text.jpg": Cause.UNREADABLE,
    "missing.png": Cause.MISSING,
    "pixel.png": Cause.TOO_SMALL,
    "plain.png": Cause.CONSTANT,
    "lookalike.png": Cause.UNKNOWN_CHARACTER,
}
"""Crops that nobody can train on."""

SUSPECT = {"mixed.png": Cause.MIXED_FORMS, "twin.png": Cause.DUPLICATE_CONFLICT}
"""Crops that are trained on with a warning. The label of the first is in Unicode normal form D."""

EXTRA_CHARACTER = "\u00e9"
"""What a charset needs beside the digits for the suspects."""


def draw_number(path: Path, text: str) -> None:
    """Draw a crop that is easy to read."""
    image = Image.new("L", (64, 32), 230)
    ImageDraw.Draw(image).text((8, 3), text, fill=20, font=ImageFont.load_default(22))
    image.save(path)


def write_sound(folder: Path) -> None:
    """Make a data set of the sound crops alone."""
    folder.mkdir()
    for i, text in enumerate(SOUND):
        draw_number(folder / f"{i}.png", text)
    _write_labels(folder, {f"{i}.png": text for i, text in enumerate(SOUND)})


def write_poisoned(folder: Path, names: Collection[str] = tuple(POISON)) -> None:
    """Make a data set of the sound crops and those of ``POISON`` and ``SUSPECT`` that are named."""
    write_sound(folder)
    for number, name in enumerate(("too_long.png", "empty.png", "letter.png", "lookalike.png", "mixed.png")):
        draw_number(folder / name, f"{900 + number}")
    shutil.copy(folder / "5.png", folder / "twin.png")
    Image.new("L", (64, 32), 200).save(folder / "plain.png")
    Image.open(folder / "1.png").resize((16, 32)).save(folder / "repeats.png")
    pixels = np.asarray(Image.open(folder / "2.png"), np.float32).copy()
    pixels[4, 4] = math.nan
    Image.fromarray(pixels).save(folder / "nan.tif")
    Image.open(folder / "3.png").save(folder / "whole.jpg", quality=95)
    whole = (folder / "whole.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("this is no photograph")
    Image.new("L", (1, 1), 128).save(folder / "pixel.png")
    labels = {f"{i}.png": text for i, text in enumerate(SOUND)} | dict.fromkeys(names, "12")
    special = {"too_long.png": "1234567890" * 4, "repeats.png": "111", "empty.png": "", "letter.png": "1x2"}
    special |= {"lookalike.png": "1\u04172", "mixed.png": "1e\u0301"}
    _write_labels(folder, labels | {name: text for name, text in special.items() if name in names})


def _write_labels(folder: Path, labels: dict[str, str]) -> None:
    rows = [f"{name}\t{text}\n" for name, text in labels.items()]
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
