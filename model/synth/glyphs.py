"""Text as a mask: mode L, 255 where the ink is, cropped to the ink."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from model.synth.fonts import FontFace, load_font

# Segments of a display digit in the usual order a..g, clockwise from the top, g in the middle.
_SEGMENTS = {
    **{"0": "abcdef", "1": "bc", "2": "abged", "3": "abgcd", "4": "fgbc", "5": "afgcd", "6": "afgedc", "7": "abc"},
    **{"8": "abcdefg", "9": "abcdfg", "-": "g", " ": "", ".": "", ":": ""},
}
_LINES = {
    **{"a": (0, 0, 1, 0), "b": (1, 0, 1, 1), "c": (1, 1, 1, 2), "d": (0, 2, 1, 2), "e": (0, 1, 0, 2)},
    **{"f": (0, 0, 0, 1), "g": (0, 1, 1, 1)},
}


def line(text: str, face: FontFace, size: int, *, stroke: int = 0) -> Image.Image:
    """Return the text as the font sets it, with its kerning."""
    return trimmed(_mask(text, face, size, stroke))


def _mask(text: str, face: FontFace, size: int, stroke: int = 0) -> Image.Image:
    mask, _ = load_font(face.path, size).getmask2(text, stroke_width=stroke)
    width, height = mask.size
    return Image.frombytes("L", mask.size, bytes(mask)) if width and height else Image.new("L", (1, 1))


def spaced(text: str, face: FontFace, size: int, gap: float) -> Image.Image:
    """Return the text letter by letter with ``gap`` more pixels between letters (negative: tighter)."""
    font = load_font(face.path, size)
    left, top, right, bottom = font.getbbox(text)
    mask = Image.new("L", (max(1, round(right - left + abs(gap) * len(text)) + size), max(1, round(bottom - top))))
    draw = ImageDraw.Draw(mask)
    x = max(0.0, -left)
    for character in text:
        draw.text((x, -top), character, fill=255, font=font)
        x += max(font.getlength(character) + gap, size * 0.1)
    return trimmed(mask)


def scattered(text: str, rng: np.random.Generator, face: FontFace, size: int) -> Image.Image:
    """Return the letters turned, shifted and spaced each on its own, as captchas have them."""
    font = load_font(face.path, size)
    gap = size * float(rng.choice([0.0, 0.1, 0.3, 0.8]))
    tilt = float(rng.choice([0, 10, 25]))
    cell = 2 * size
    mask = Image.new("L", (round(len(text) * (size * 1.4 + gap)) + 2 * cell, 2 * cell))
    x = float(cell // 2)
    for character in text:
        glyph = Image.new("L", (cell, cell))
        ImageDraw.Draw(glyph).text((size, size), character, fill=255, font=font, anchor="mm")
        glyph = glyph.rotate(float(rng.uniform(-tilt, tilt)), Image.Resampling.BILINEAR)
        bounds = glyph.getbbox()
        advance = font.getlength(character)
        y = size // 2 + round(float(rng.normal(0, 0.06)) * size)
        if bounds:
            glyph = glyph.crop((bounds[0], 0, bounds[2], cell))
            at = (round(x), y)
            mask.paste(ImageChops.lighter(mask.crop((*at, at[0] + glyph.width, at[1] + cell)), glyph), at)
            advance = max(advance, glyph.width + 1)
        x += advance + gap
    return trimmed(mask)


def has_segments(text: str) -> bool:
    """Whether a seven-segment display can show the text."""
    return all(character in _SEGMENTS for character in text) and any(character.isdigit() for character in text)


def segments(text: str, rng: np.random.Generator, height: int) -> Image.Image:
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


def dots(text: str, rng: np.random.Generator, face: FontFace, height: int) -> Image.Image:
    """Return the text as a dot-matrix printer or display draws it."""
    # Mode "1" is FreeType's own rasteriser for two colours: it keeps thin strokes whole where a threshold breaks them.
    mask, _ = load_font(face.path, int(rng.integers(11, 16))).getmask2(text, mode="1")
    width, rows = mask.size
    lit = (np.frombuffer(bytes(mask), np.uint8).reshape(rows, width) > 0).astype(np.float32)
    step = max(3, round(height / max(8, rows)) + 1)
    centre = (np.arange(step) - (step - 1) / 2) / (step / 2)
    radius = np.hypot(centre[:, None], centre[None, :])
    dot = np.clip((float(rng.uniform(0.8, 1.15)) - radius) * step / 2 + 0.5, 0, 1).astype(np.float32)
    return trimmed(Image.fromarray((np.kron(lit, dot) * 255).astype(np.uint8)))


def trimmed(mask: Image.Image) -> Image.Image:
    """Return the mask without empty edges; an empty mask as it is."""
    bounds = mask.getbbox()
    return mask.crop(bounds) if bounds else mask
