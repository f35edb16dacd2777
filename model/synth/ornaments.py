"""What surrounds a word: lines, frames, neighbouring words, the scratches of captchas."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw


def rules(size: tuple[int, int], rng: np.random.Generator, pad: int) -> Image.Image:
    """Return a mask with a line under the word, over it, or a frame around it; the word ends ``pad`` px inside."""
    mask = Image.new("L", size)
    draw = ImageDraw.Draw(mask)
    width, height = size
    thick = max(2, round(height * (0.02 + 0.04 * rng.random())))
    gap = max(3, round(pad * (0.1 + 0.5 * rng.random())))
    kind = rng.random()
    if kind < 0.4:
        draw.line((pad, height - pad + gap, width - pad, height - pad + gap), fill=255, width=thick)
    elif kind < 0.55:
        draw.line((0, pad - gap, width, pad - gap), fill=255, width=thick)
    elif kind < 0.65:
        y = height * (0.4 + 0.3 * rng.random())
        draw.line((pad - gap, y, width - pad + gap, y), fill=255, width=max(2, thick // 2))
    else:
        box = (pad - gap, pad - gap, width - pad + gap, height - pad + gap)
        draw.rounded_rectangle(box, radius=int(rng.random() * pad), outline=255, width=thick)
    return mask


def neighbours(word: Image.Image, rng: np.random.Generator, pad: int) -> Image.Image:
    """Return a mask with what a crop shows of the lines above and below and of the words beside.

    The strokes are the word's own; the mask is ``pad`` px larger on each side.
    """
    width, height = word.width + 2 * pad, word.height + 2 * pad
    mask = Image.new("L", (width, height))
    other = word.transpose(Image.Transpose.ROTATE_180)
    shift = int(word.width * (rng.random() - 0.5))
    reach = max(2, round(pad * (0.1 + 0.4 * rng.random())))
    kind = rng.random()
    if kind < 0.4:
        mask.paste(other, (pad + shift, height - reach))
    if 0.32 < kind < 0.68:
        mask.paste(other, (pad + shift, reach - other.height))
    if kind > 0.6:
        mask.paste(other, (width - reach, pad) if rng.random() < 0.6 else (reach - other.width, pad))
    return mask


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
