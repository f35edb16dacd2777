"""Colours, surfaces and clutter around a word. Colours are float32 (3,), 0..255."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Float = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def colours(rng: np.random.Generator, difficulty: float, *, grey: bool) -> tuple[Float, Float]:
    """Return surface and ink of a sign: any hues, but apart in brightness; little apart only when difficult."""
    least = (22 if rng.random() < 0.12 else 62) * difficulty + 90 * (1 - difficulty)
    surface = _colour(rng, grey=grey)
    brightness = float(surface @ _LUMA)
    ink = surface
    for _ in range(12):
        ink = _colour(rng, grey=grey)
        if abs(float(ink @ _LUMA) - brightness) >= least:
            return surface, ink
    return surface, far_from(rng, surface)


def far_from(rng: np.random.Generator, colour: Float) -> Float:
    """Return a near-black or near-white, whichever is farther from the colour."""
    light = float(colour @ _LUMA) < 118
    tint = rng.uniform(0, 45, 3).astype(np.float32)
    return np.float32(255) - tint if light else tint


def paper(rng: np.random.Generator) -> tuple[Float, Float]:
    """Return paper and dark ink."""
    white = float(rng.uniform(190, 255)) + rng.uniform(-14, 0, 3)
    return white.astype(np.float32), rng.uniform(0, 95) + rng.uniform(0, 30, 3).astype(np.float32)


def display(rng: np.random.Generator) -> tuple[Float, Float]:
    """Return the glass of a liquid crystal or light-emitting display and its digits."""
    if rng.random() < 0.25:
        glow = np.array([(255, 60, 40), (80, 255, 90), (90, 190, 255), (255, 190, 60), (240, 240, 240)], np.float32)
        return rng.uniform(0, 50, 3).astype(np.float32), glow[int(rng.integers(5))] * np.float32(rng.uniform(0.6, 1))
    glass = _colour(rng, grey=rng.random() < 0.4)
    glass = glass + (np.float32(rng.uniform(110, 200)) - glass @ _LUMA)
    return np.clip(glass, 0, 255), np.clip(glass * np.float32(rng.uniform(0.1, 0.7)), 0, 255)


def background(rng: np.random.Generator, width: int, height: int, base: Float, ink: Float, *, busy: float) -> Float:
    """Return a surface of about the ``base`` colour, float32 (height, width, 3)."""
    page = np.empty((height, width, 3), np.float32)
    page[:] = base
    kind = rng.random()
    contrast = abs(float((base - ink) @ _LUMA))
    room = np.float32(min(40.0, 0.45 * contrast))
    if kind < 0.3:
        page += room * smooth(rng, width, height, 2, 2)
    elif kind < 0.3 + 0.25 * busy:
        rows = int(rng.integers(2, 7))
        page += room * smooth(rng, width, height, rows, max(2, rows * width // (2 * height)))
    elif kind < 0.3 + 0.4 * busy:
        page += room * 0.6 * smooth(rng, width, height, max(2, height // 2), max(2, width // 2))
        page += room * 0.6 * smooth(rng, width, height, 3, 6)
    elif kind < 0.3 + 0.55 * busy:
        image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
        _draw_clutter(image, rng, base, room)
        page = np.asarray(image, np.float32)
    return page


def smooth(rng: np.random.Generator, width: int, height: int, rows: int, columns: int) -> Float:
    """Return smooth noise, float32 (height, width, 3), -1..1, that changes ``rows`` and ``columns`` times."""
    channels = rng.random((rows, columns, 1)) if rng.random() < 0.6 else rng.random((rows, columns, 3))
    grid = np.broadcast_to((channels * 255).astype(np.uint8), (rows, columns, 3))
    image = Image.fromarray(np.ascontiguousarray(grid)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) * np.float32(2 / 255) - np.float32(1)


def draw_rules(mask: Image.Image, rng: np.random.Generator, pad: int) -> None:
    """Draw a line under the word, over it, or a frame around it."""
    draw = ImageDraw.Draw(mask)
    width, height = mask.size
    thick = max(1, round(height * float(rng.uniform(0.02, 0.06))))
    gap = max(2, round(pad * float(rng.uniform(0.1, 0.5))))
    kind = rng.random()
    if kind < 0.45:
        draw.line((pad, height - pad + gap, width - pad, height - pad + gap), fill=255, width=thick)
    elif kind < 0.6:
        draw.line((0, pad - gap, width, pad - gap), fill=255, width=thick)
    else:
        box = (pad - gap, pad - gap, width - pad + gap, height - pad + gap)
        draw.rounded_rectangle(box, radius=int(rng.integers(0, pad)), outline=255, width=thick)


def draw_neighbours(mask: Image.Image, word: Image.Image, rng: np.random.Generator, pad: int) -> None:
    """Draw what a crop shows of the lines above and below and of the words beside, using the word's own strokes."""
    width, height = mask.size
    other = word.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    shift = int(rng.integers(-word.width // 2, word.width // 2 + 1))
    reach = max(2, round(pad * float(rng.uniform(0.15, 0.5))))
    kind = rng.random()
    if kind < 0.4:
        mask.paste(other, (pad + shift, height - reach), other)
    elif kind < 0.75:
        mask.paste(other, (pad + shift, reach - other.height), other)
    elif kind < 0.9:
        mask.paste(other, (width - reach // 2, pad), other)
    else:
        mask.paste(other, (reach // 2 - other.width, pad), other)


def draw_scratches(image: Image.Image, rng: np.random.Generator) -> None:
    """Draw the thin lines and dots of a captcha over a crop."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    thick = 2 if height > 45 else 1
    for _ in range(int(rng.integers(0, 6))):
        x1, x2 = (int(v) for v in rng.integers(0, width + 1, 2))
        y1, y2 = (int(v) for v in rng.integers(0, height + 1, 2))
        draw.line((x1, y1, x2, y2), fill=tuple(int(v) for v in rng.integers(0, 200, 3)), width=thick)
    if rng.random() < 0.25:
        for x, y in rng.integers(0, (width, height), (int(rng.integers(5, 40)), 2)).tolist():
            draw.point((x, y), fill=tuple(int(v) for v in rng.integers(0, 220, 3)))


def _colour(rng: np.random.Generator, *, grey: bool) -> Float:
    value = np.float32(rng.uniform(0, 255) if rng.random() < 0.6 else rng.choice([12, 30, 225, 248]))
    if grey:
        return np.full(3, value, np.float32)
    tint = rng.random(3).astype(np.float32)
    saturation = np.float32(rng.random() ** 0.8)
    vivid = saturation * 255 * tint * (0.4 + 0.6 * value / 255)
    colour: Float = np.clip(value * (1 - saturation) + vivid, 0, 255).astype(np.float32)
    return colour


def _draw_clutter(image: Image.Image, rng: np.random.Generator, base: Float, room: np.float32) -> None:
    """Draw courses of bricks, stripes, or a few edges of things behind the word."""
    draw = ImageDraw.Draw(image)
    width, height = image.size

    def tone() -> tuple[int, int, int]:
        r, g, b = np.clip(base + rng.uniform(-1, 1) * 1.6 * room, 0, 255).astype(int).tolist()
        return r, g, b

    kind = rng.random()
    if kind < 0.3:
        course, joint = max(4, int(height * rng.uniform(0.15, 0.4))), tone()
        for row, y in enumerate(range(int(rng.integers(-course, 1)), height, course)):
            draw.line((0, y, width, y), fill=joint)
            for x in range((row % 2) * course, width, 2 * course):
                draw.line((x, y, x, y + course), fill=joint)
    elif kind < 0.55:
        step, slope = max(3, int(height * rng.uniform(0.1, 0.5))), float(rng.uniform(-1.5, 1.5))
        colour = tone()
        for x in range(-2 * height, width + 2 * height, step):
            draw.line((x, 0, x + slope * height, height), fill=colour, width=max(1, step // 3))
    else:
        for _ in range(int(rng.integers(1, 5))):
            x1, x2 = sorted(rng.uniform(-0.2, 1.2, 2) * width)
            y1, y2 = sorted(rng.uniform(-0.4, 1.4, 2) * height)
            shape = draw.ellipse if rng.random() < 0.4 else draw.rectangle
            shape((x1, y1, x2, y2), fill=tone())
