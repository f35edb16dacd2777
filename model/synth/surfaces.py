"""Surfaces behind words and inside letters: a bank of textures made once a process, cut at random places and scales.

The bank is the same in every process, so that a crop depends on its own draws only.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

_SIZE = (512, 256)
_SEED = 1975
_NOISE_LEVELS = (1.5, 3.0, 6.0, 11.0)


def scenery(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a piece of what cameras see behind words, RGB: things before things, sharp or out of focus."""
    return _piece(rng, leaves(), size, 0.5, 3.5)


def grain(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """Return a piece of plaster, stone, cloth or rust, RGB, of middle brightness."""
    return _piece(rng, grains(), size, 0.4, 2.0)


def cloud(rng: np.random.Generator, size: tuple[int, int], low: int = 0, high: int = 255) -> Image.Image:
    """Return colours that change slowly, RGB, each channel between ``low`` and ``high``."""
    grid = rng.integers(low, high + 1, (2 + int(rng.random() * 2), 2 + int(rng.random() * 3)), np.uint8)
    field = Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)
    if rng.random() < 0.5:
        return field.convert("RGB")
    tint = rng.integers(170, 256, 3).tolist()
    return ImageChops.multiply(field.convert("RGB"), Image.new("RGB", size, tuple(tint)))


def noisy(image: Image.Image, rng: np.random.Generator, level: int) -> Image.Image:
    """Return the RGB image with a sensor's noise of one of four levels (0..3)."""
    tile = noises()[2 * level + (rng.random() < 0.5)]
    width, height = image.size
    if width > tile.width or height > tile.height:
        tile = tile.resize((max(width, tile.width), max(height, tile.height)), Image.Resampling.NEAREST)
    x, y = int(rng.random() * (tile.width - width)), int(rng.random() * (tile.height - height))
    return ImageChops.add(image, tile.crop((x, y, x + width, y + height)), 1.0, -128)


def _piece(
    rng: np.random.Generator, bank: tuple[Image.Image, ...], size: tuple[int, int], least: float, most: float
) -> Image.Image:
    texture = bank[int(rng.random() * len(bank))]
    if rng.random() < 0.4 and size[0] <= texture.width and size[1] <= texture.height:
        left, up = int(rng.random() * (texture.width - size[0])), int(rng.random() * (texture.height - size[1]))
        return texture.crop((left, up, left + size[0], up + size[1]))
    scale = min(least * (most / least) ** rng.random(), texture.width / size[0], texture.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    x, y = rng.random() * (texture.width - width), rng.random() * (texture.height - height)
    return texture.resize(size, Image.Resampling.BILINEAR, box=(x, y, x + width, y + height))


@lru_cache(maxsize=1)
def leaves() -> tuple[Image.Image, ...]:
    """Return dead leaves: shapes of power-law sizes that cover each other (Lee, Mumford and Huang 2001).

    The model has the edges and the scale invariance of photographs without being one.
    """
    return tuple(_leaves(np.random.default_rng((_SEED, 0, i))) for i in range(24))


def _leaves(rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", _SIZE, _tone(rng))
    draw = ImageDraw.Draw(image)
    mood = rng.uniform(0.2, 1, 3)
    for _ in range(int(rng.integers(150, 700))):
        radius = min(200.0, 5 * float(rng.random()) ** -0.7)
        x, y = rng.uniform(0, _SIZE[0]), rng.uniform(0, _SIZE[1])
        fill = _tone(rng, mood)
        kind = rng.random()
        if kind < 0.35:
            draw.ellipse((x - radius, y - radius * 0.6, x + radius, y + radius * 0.6), fill)
        elif kind < 0.7:
            draw.rectangle((x - radius, y - radius * rng.uniform(0.1, 1), x + radius, y + radius * 0.4), fill)
        elif kind < 0.85:
            points = rng.normal((x, y), radius, (4, 2))
            draw.polygon([(float(px), float(py)) for px, py in points], fill)
        else:
            dx, dy = rng.normal(0, 3 * radius, 2)
            draw.line((x, y, x + dx, y + dy), fill, width=1 + int(radius / 6))
    image = image.filter(ImageFilter.GaussianBlur(float(rng.choice([0.5, 1.5, 3]))))
    light = Image.fromarray(rng.integers(90, 256, (3, 4), np.uint8)).resize(_SIZE, Image.Resampling.BICUBIC)
    return ImageChops.multiply(image, light.convert("RGB"))


@lru_cache(maxsize=1)
def grains() -> tuple[Image.Image, ...]:
    """Return noise of several octaves, some of it drawn out into fibres, mean about 128."""
    return tuple(_grain(np.random.default_rng((_SEED, 1, i))) for i in range(12))


def _grain(rng: np.random.Generator) -> Image.Image:
    width, height = _SIZE
    fibre = float(rng.choice([1, 1, 1, 4, 16]))
    total = np.zeros((height, width), np.float32)
    for octave in range(2, 8):
        rows, columns = max(2, int(2**octave / 2)), max(2, int(2**octave / fibre))
        coarse = Image.fromarray(rng.standard_normal((rows, columns), np.float32))
        total += np.asarray(coarse.resize(_SIZE, Image.Resampling.BICUBIC)) * float(rng.uniform(0.3, 1))
    if rng.random() < 0.4:  # cracks and flakes instead of a soft grain
        total = np.abs(total)
    total = (total - total.mean()) / total.std()
    tint = rng.uniform(0.85, 1.15, 3).astype(np.float32)
    return Image.fromarray(np.clip(128 + 45 * total[..., None] * tint, 0, 255).astype(np.uint8))


@lru_cache(maxsize=1)
def noises() -> tuple[Image.Image, ...]:
    """Return noise around 128, RGB, a grey and a coloured tile of each level."""
    tiles = []
    for level, deviation in enumerate(_NOISE_LEVELS):
        for channels in (1, 3):
            rng = np.random.default_rng((_SEED, 2, level, channels))
            values = 128.5 + deviation * rng.standard_normal((_SIZE[1], _SIZE[0], channels), np.float32)
            tiles.append(Image.fromarray(np.broadcast_to(np.clip(values, 0, 255).astype(np.uint8), (*_SIZE[::-1], 3))))
    return tuple(tiles)


def _tone(rng: np.random.Generator, mood: NDArray[np.float64] | None = None) -> Colour:
    value = rng.uniform(10, 245)
    tint = rng.normal(1, 0.18, 3) * (1 if mood is None else 0.6 + 0.4 * mood)
    r, g, b = np.clip(value * tint, 0, 255).astype(int).tolist()
    return r, g, b
