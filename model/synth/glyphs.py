"""Text as a mask: mode L, 255 where the ink is, cropped to the ink."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from model.synth.fonts import EM, FontFace, Glyph, glyph, load_font

# Segments of a display digit in the usual order a..g, clockwise from the top, g in the middle.
_SEGMENTS = {
    **{"0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc"},
    **{"8": "abcdefg", "9": "abcdfg", "-": "g", " ": "", ".": "", ":": ""},
}
_LINES = {
    **{"a": (0, 0, 1, 0), "b": (1, 0, 1, 1), "c": (1, 1, 1, 2), "d": (0, 2, 1, 2), "e": (0, 1, 0, 2)},
    **{"f": (0, 0, 0, 1), "g": (0, 1, 1, 1)},
}


TALL = 36
"""Height in pixels of the masks that no font draws."""


def line(text: str, face: FontFace, *, gap: float = 0, small: float = 1.0) -> Image.Image:
    """Return the text as the font's advances set it.

    Args:
        text: one line.
        face: draws it.
        gap: ems more between letters; negative: tighter.
        small: the size of all letters but the first, as in small capitals.
    """
    letters = [glyph(face.path, character) for character in text]
    if small != 1:
        baseline = letters[0].top + len(letters[0].ink)
        letters[1:] = [_smaller(letter, small, baseline) for letter in letters[1:]]
    room = sum(max(letter.advance, letter.ink.shape[1]) for letter in letters) + len(text) * max(gap, 0) * EM
    mask = np.zeros((3 * EM, round(room) + 2 * EM), np.uint8)
    x = float(EM)
    for ink, left, top, advance in letters:
        _stamp(mask, ink, round(x) + left, EM // 2 + top)
        x += max(advance + gap * EM, 0.1 * EM)
    return trimmed(Image.fromarray(mask))


def _stamp(mask: NDArray[np.uint8], ink: NDArray[np.uint8], x: int, y: int) -> None:
    """Draw ``ink`` at a place of the mask; what reaches beyond the mask is lost."""
    x, y = max(0, x), max(0, y)
    place = mask[y : y + ink.shape[0], x : x + ink.shape[1]]
    np.maximum(place, ink[: place.shape[0], : place.shape[1]], out=place)


def _smaller(letter: Glyph, size: float, baseline: int) -> Glyph:
    ink, left, top, advance = letter
    height, width = (max(1, round(side * size)) for side in ink.shape)
    small = np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR))
    return Glyph(small, round(left * size), round(baseline - (baseline - top) * size), advance * size)


def scattered(
    text: str, rng: np.random.Generator, face: FontFace, *, gap: float, tilt: float, bounce: float
) -> Image.Image:
    """Return the letters turned, shifted and spaced each on its own, as captchas and playful signs have them.

    Args:
        text: one line.
        rng: the source of chance.
        face: draws it.
        gap: ems between letters.
        tilt: the largest turn of a letter, degrees.
        bounce: the deviation of its height, ems.
    """
    mask = np.zeros((4 * EM, round(len(text) * EM * (2 + gap)) + 2 * EM), np.uint8)
    x = float(EM // 2)
    for character in text:
        ink, left, top, advance = glyph(face.path, character)
        level = len(ink)
        if tilt:
            turned = Image.fromarray(ink).rotate(tilt * (2 * rng.random() - 1), Image.Resampling.BILINEAR, expand=True)
            ink = np.asarray(turned)
        y = EM + top + (level - len(ink)) // 2 + round(bounce * EM * float(rng.normal()))
        _stamp(mask, ink, round(x) + left, y)
        x += max(advance, ink.shape[1] + 1) + gap * EM
    return trimmed(Image.fromarray(mask))


def arched(text: str, face: FontFace, *, gap: float, bend: float) -> Image.Image:
    """Return the text on a circle, each letter upright on it.

    Args:
        text: one line.
        face: draws it.
        gap: ems more between letters.
        bend: the angle between the first and the last letter, radians; positive: the middle is highest.
    """
    letters = [glyph(face.path, character) for character in text]
    steps = [max(letter.advance + gap * EM, 0.1 * EM) for letter in letters]
    length = sum(steps)
    radius = length / bend
    width = round(min(length, 2 * abs(radius)) + 4 * EM)
    mask = np.zeros((round(5 * EM + abs(radius) * (1 - math.cos(bend / 2))), width), np.uint8)
    crown = 2 * EM if bend > 0 else len(mask) - 3 * EM
    along = -length / 2
    for (ink, left, top, _), step in zip(letters, steps, strict=True):
        angle = (along + step / 2) / radius
        turned = np.asarray(Image.fromarray(ink).rotate(-math.degrees(angle), Image.Resampling.BILINEAR, expand=True))
        # The middle of the ink, seen from the foot of the letter on the circle.
        aside, up = left + (ink.shape[1] - step) / 2, EM - top - len(ink) / 2
        x = width / 2 + (radius + up) * math.sin(angle) + aside * math.cos(angle)
        y = crown + EM + radius - (radius + up) * math.cos(angle) + aside * math.sin(angle)
        _stamp(mask, turned, round(x - turned.shape[1] / 2), round(y - len(turned) / 2))
        along += step
    return trimmed(Image.fromarray(mask))


def has_segments(text: str) -> bool:
    """Whether a seven-segment display can show the text."""
    return all(character in _SEGMENTS for character in text) and any(character.isdigit() for character in text)


def segments(text: str, rng: np.random.Generator, height: int = TALL) -> Image.Image:
    """Return the text on a seven-segment display whose digits are ``height`` px high."""
    scale = 3  # drawn large and reduced, for smooth edges
    tall = height * scale
    wide = tall * float(rng.uniform(0.42, 0.6))
    thick = tall * float(rng.uniform(0.07, 0.16))
    gap = thick * float(rng.uniform(0.05, 0.35))
    pitch = wide + thick + tall * float(rng.uniform(0.08, 0.35))
    slant = float(rng.choice([0.0, 0.0, 0.08, 0.14]))
    image = Image.new("L", (round(len(text) * pitch + 2 * tall), round(tall + 2 * thick)))
    draw = ImageDraw.Draw(image)
    x = thick + slant * tall
    for character in text:
        if character in ".:":
            _points(draw, character, x - pitch * 0.12, tall, thick, slant)
            x += pitch * 0.18 if character == "." else pitch * 0.4
            continue
        for name in _SEGMENTS[character]:
            _segment(draw, _LINES[name], (x, thick, wide, tall - thick), thick, gap, slant)
        x += pitch
    return trimmed(image.reduce(scale))


def _points(draw: ImageDraw.ImageDraw, character: str, x: float, tall: float, thick: float, slant: float) -> None:
    for y in (tall,) if character == "." else (tall * 0.35, tall * 0.7):
        shifted = x - slant * y
        draw.ellipse((shifted, y - thick, shifted + thick * 1.1, y + 0.1 * thick), fill=255)


def _segment(
    draw: ImageDraw.ImageDraw,
    ends: tuple[int, int, int, int],
    cell: tuple[float, float, float, float],
    thick: float,
    gap: float,
    slant: float,
) -> None:
    x, y, wide, tall = cell
    x1, y1, x2, y2 = (x + ends[0] * wide, y + ends[1] * tall / 2, x + ends[2] * wide, y + ends[3] * tall / 2)
    half = thick / 2
    if y1 == y2:
        points = [(x1 + gap, y1), (x1 + gap + half, y1 - half), (x2 - gap - half, y1 - half)]
        points += [(x2 - gap, y1), (x2 - gap - half, y1 + half), (x1 + gap + half, y1 + half)]
    else:
        points = [(x1, y1 + gap), (x1 + half, y1 + gap + half), (x1 + half, y2 - gap - half)]
        points += [(x1, y2 - gap), (x1 - half, y2 - gap - half), (x1 - half, y1 + gap + half)]
    draw.polygon([(px - slant * py, py) for px, py in points], fill=255)


def dots(text: str, rng: np.random.Generator, face: FontFace) -> Image.Image:
    """Return the text as a dot-matrix printer or display draws it."""
    # Mode "1" is FreeType's own rasteriser for two colours: it keeps thin strokes whole where a threshold breaks them.
    mask, _ = load_font(face.path, int(rng.integers(11, 16))).getmask2(text, mode="1")
    width, rows = mask.size
    lit = (np.frombuffer(bytes(mask), np.uint8).reshape(rows, width) > 0).astype(np.float32)
    step = max(3, round(TALL / max(8, rows)) + 1)
    centre = (np.arange(step) - (step - 1) / 2) / (step / 2)
    radius = np.hypot(centre[:, None], centre[None, :])
    dot = np.clip((float(rng.uniform(0.8, 1.15)) - radius) * step / 2 + 0.5, 0, 1).astype(np.float32)
    return trimmed(Image.fromarray((np.kron(lit, dot) * 255).astype(np.uint8)))


def trimmed(mask: Image.Image) -> Image.Image:
    """Return the mask without empty edges; an empty mask as it is."""
    bounds = mask.getbbox()
    return mask.crop(bounds) if bounds else mask


def bolder(mask: Image.Image, reach: int = 1) -> Image.Image:
    """Return the mask with strokes ``reach`` px thicker on each side, at its own size."""
    for step in ((reach, 0), (0, reach)):
        back = ImageChops.offset(mask, -step[0], -step[1])
        mask = ImageChops.lighter(mask, ImageChops.lighter(ImageChops.offset(mask, *step), back))
    return mask
