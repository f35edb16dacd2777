"""What stands between a word and its pixels: light, lens, sensor and compression. Images are RGB."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from model.synth import surfaces


def photograph(image: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image:
    """Return the painted crop as a camera stores it; its size may shrink."""
    if rng.random() < 0.3 * difficulty:
        image = ImageChops.multiply(image, surfaces.cloud(rng, image.size, 140, 255))
    if rng.random() < 0.02 * difficulty:
        image = _glare(image, rng)
    grainy = rng.random()
    if grainy < 0.25 * difficulty:
        image = surfaces.noisy(image, rng, int(4 * rng.random()))
    image = _defocus(image, rng, difficulty)
    if grainy > 1 - 0.15 * difficulty:
        image = surfaces.noisy(image, rng, int(3 * rng.random()))
    if rng.random() < 0.25:
        image = _compressed(image, 18 + round(30 * (1 - difficulty)) + int(70 * rng.random()))
    return image


def scan(image: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image:
    """Return the painted crop as a scanner stores it: at times in two colours."""
    if rng.random() < 0.5 * difficulty:
        image = image.filter(ImageFilter.GaussianBlur(0.3 + 0.5 * rng.random()))
    if image.height >= 22 and rng.random() < 0.35:
        return _binarised(image, rng)
    return photograph(image, rng, 0.4 * difficulty)


def _glare(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Let the reflection of a lamp wash out a part."""
    width, height = image.size
    glow = Image.new("L", (16, 8))
    x, y = int(rng.integers(2, 14)), int(rng.integers(1, 7))
    glow.paste(int(rng.integers(60, 180)), (x - 2, y - 1, x + 2, y + 2))
    return ImageChops.screen(image, glow.resize((width, height), Image.Resampling.BICUBIC).convert("RGB"))


def _defocus(image: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image:
    draw = rng.random() / max(difficulty, 1e-6)
    if draw < 0.3:
        most = 0.012 + 0.04 * rng.random() ** 2
        return image.filter(ImageFilter.GaussianBlur(0.2 + most * image.height * difficulty))
    if draw < 0.36:
        return image.filter(_motion(rng))
    if draw < 0.56:
        return _resampled(image, rng, difficulty)
    if draw < 0.66:  # a camera that sharpens
        return image.filter(ImageFilter.GaussianBlur(0.7)).filter(ImageFilter.UnsharpMask(2, 150, 0))
    return image


def _motion(rng: np.random.Generator) -> ImageFilter.Kernel:
    kernel = [0.0] * 25
    reach, angle = 0.4 + 0.6 * rng.random(), math.pi * rng.random()
    for step in range(-4, 5):
        distance = reach * step / 2
        kernel[5 * round(2 + distance * math.sin(angle)) + round(2 + distance * math.cos(angle))] += 1
    return ImageFilter.Kernel((5, 5), kernel, 9)


def _resampled(image: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image:
    """Return the image as if it had been smaller once, or let it stay so."""
    width, height = image.size
    least = 0.32 + 0.36 * (1 - difficulty)
    scale = max(10 / height, least + (0.85 - least) * rng.random())
    if scale >= 1:
        return image
    small = image.resize((max(4, round(width * scale)), max(8, round(height * scale))), Image.Resampling.BILINEAR)
    if rng.random() < 0.3:
        return small
    method = Image.Resampling.BILINEAR if rng.random() < 0.5 else Image.Resampling.BICUBIC
    return small.resize((width, height), method)


def _binarised(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    grey = np.asarray(image.convert("L"))
    low, high = float(grey.min()), float(grey.max())
    limit = low + (high - low) * (0.42 + 0.16 * rng.random())
    return Image.fromarray(np.where(grey > limit, np.uint8(255), np.uint8(0))).convert("RGB")


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
