"""Draws one word as a camera, a scanner or a screen might show it, as a crop at its native size.

The glyphs are drawn once into a mask; curve, rotation, shear and perspective are one ``Image.transform``; colours,
light and the camera's faults are numpy on a few thousand pixels.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from model.synth import backgrounds, glyphs

if TYPE_CHECKING:
    from model.synth.fonts import FontList

Float = NDArray[np.float32]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_MESH_COLUMNS = 10


class Style(StrEnum):
    """What a crop looks like at first sight."""

    SCENE = "scene"
    PRINT = "print"
    CAPTCHA = "captcha"
    SEGMENTS = "segments"
    DOTS = "dots"
    PLAIN = "plain"


_MIXTURE = ((Style.SCENE, 0.79), (Style.PRINT, 0.12), (Style.CAPTCHA, 0.06), (Style.DOTS, 0.03))
_SEGMENTS_SHARE = 0.15  # of the texts that a seven-segment display can show


@dataclass(frozen=True, slots=True)
class _Layers:
    """Masks of equal size, 0..255: the text, what surrounds it in another ink, and its shadow."""

    ink: Image.Image
    rim: Image.Image | None = None
    shadow: Image.Image | None = None

    def map(self, change: Callable[[Image.Image], Image.Image]) -> _Layers:
        """Return the layers after the same change."""
        rim, shadow = (layer and change(layer) for layer in (self.rim, self.shadow))
        return _Layers(change(self.ink), rim, shadow)


def render_word(
    text: str, rng: np.random.Generator, fonts: FontList, *, style: Style | None = None, difficulty: float = 1.0
) -> Image.Image:
    """Return a crop of ``text``, mode RGB or L, about 14 to 80 px high.

    Args:
        text: one line without control characters, not empty.
        rng: the only source of chance: the same state, text and fonts give the same pixels.
        fonts: the faces to choose from.
        style: the look; None draws one from the general mixture.
        difficulty: 0 (large, upright, sharp) to 1 (as photographs are).

    Raises:
        KnownError: no font can draw the text.
        ValueError: ``style`` is SEGMENTS and the text is not of digits, "-", "." and ":".
    """
    if style is None:
        style = _draw_style(text, rng, difficulty)
    elif style is Style.SEGMENTS and not glyphs.has_segments(text):
        raise ValueError(f"a seven-segment display cannot show {text!r}")
    height = _height(rng, difficulty)
    mask = _mask(text, rng, fonts, style, height, difficulty)
    if style is Style.PLAIN:
        difficulty *= 0.2
    layers = _decorate(mask, rng, style, height, difficulty)
    layers = _warp(layers, rng, style, height, difficulty)
    layers = _crop(layers, rng, height, difficulty)
    pixels = _paint(layers, rng, style, difficulty)
    return _expose(pixels, rng, style, difficulty)


def _draw_style(text: str, rng: np.random.Generator, difficulty: float) -> Style:
    if glyphs.has_segments(text) and rng.random() < _SEGMENTS_SHARE:
        return Style.SEGMENTS
    draw = float(rng.random())
    for style, share in _MIXTURE:
        draw -= share
        if draw < 0:
            return Style.SCENE if style is Style.CAPTCHA and rng.random() > difficulty else style
    return Style.SCENE


def _height(rng: np.random.Generator, difficulty: float) -> int:
    median = 30 - 5 * difficulty
    return int(np.clip(median * math.exp(0.42 * rng.standard_normal()), 18 - 5 * difficulty, 70))


def _mask(
    text: str, rng: np.random.Generator, fonts: FontList, style: Style, height: int, difficulty: float
) -> Image.Image:
    """Return the drawn text, mode L, cropped to its ink."""
    if style is Style.SEGMENTS:
        return glyphs.segments(text, rng, height)
    plain = style is Style.PLAIN or style is Style.DOTS or rng.random() < 0.45 + 0.5 * (1 - difficulty)
    face = fonts.pick(rng, text, plain=plain)
    if style is Style.DOTS:
        return glyphs.dots(text, rng, face, height)
    size = max(12, round(height * 1.25))
    if style is Style.CAPTCHA:
        return glyphs.scattered(text, rng, face, size)
    if rng.random() < 0.3:
        return glyphs.spaced(text, face, size, float(rng.choice([-0.03, 0.04, 0.08, 0.15, 0.3])) * size)
    return glyphs.line(text, face, size, stroke=1 + (size > 44) if size > 24 and rng.random() < 0.18 else 0)


def _decorate(mask: Image.Image, rng: np.random.Generator, style: Style, height: int, difficulty: float) -> _Layers:
    """Add margins and, at times, an outline, a shadow, rules, borders and neighbouring words."""
    pad = max(4, height // 2)
    size = (mask.width + 2 * pad, mask.height + 2 * pad)
    ink = Image.new("L", size)
    ink.paste(mask, (pad, pad))
    rim: Image.Image | None = None
    shadow: Image.Image | None = None
    if style is not Style.SCENE:
        return _Layers(ink)
    often = 0.3 + 0.7 * difficulty
    if rng.random() < 0.12 * often:
        grown = ink.filter(ImageFilter.MaxFilter(3 if height < 40 else 5))
        if rng.random() < 0.35:  # hollow letters: only their outline is inked
            ink = ImageChops.subtract(grown, ink)
        else:
            rim = grown
    if rng.random() < 0.2 * often:
        reach = max(1, round(height * rng.uniform(0.03, 0.1)))
        dx, dy = (int(v) * reach for v in rng.integers(-1, 2, 2))
        shadow = ImageChops.offset(rim or ink, dx, dy)
        if rng.random() < 0.6:
            shadow = shadow.filter(ImageFilter.BoxBlur(float(rng.uniform(0.3, 1.5))))
    if rng.random() < 0.12 * often:
        backgrounds.draw_rules(ink, rng, pad)
    if rng.random() < 0.2 * often:
        backgrounds.draw_neighbours(ink, mask, rng, pad)
    return _Layers(ink, rim, shadow)


def _warp(layers: _Layers, rng: np.random.Generator, style: Style, height: int, difficulty: float) -> _Layers:
    """Bend, turn, shear and tilt all layers at once."""
    width, tall = layers.ink.size
    amount = difficulty * (0.25 if style in (Style.PRINT, Style.DOTS) else 1.0)
    wide = rng.random() < 0.12 * amount
    angle = math.radians(float(rng.normal(0, 12 if wide else 2.5)) * amount)
    steepest = math.atan2(tall, width)  # beyond, the crop would be more surroundings than word
    angle = float(np.clip(angle, -steepest, steepest))
    shear = float(rng.normal(0, 0.12)) * amount
    stretch = math.exp(float(rng.normal(0.0, 0.16)))
    jitter = rng.normal(0, 0.045 * amount, (4, 2)) * tall if rng.random() < 0.6 else np.zeros((4, 2))
    curve = float(rng.normal(0, 0.22)) * tall * amount if rng.random() < 0.14 else 0.0
    waves = 0.5 if rng.random() < 0.75 else float(rng.uniform(0.6, 1.6))
    if style is Style.SCENE and difficulty > 0 and rng.random() < 0.25:  # a sign seen from the side
        jitter[1:3, 1] *= 3

    half_w, half_h = width * stretch / 2, tall / 2 + abs(curve)
    corners = np.array([(-half_w, -half_h), (half_w, -half_h), (half_w, half_h), (-half_w, half_h)])
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    target = (corners + np.stack([-corners[:, 1] * shear, np.zeros(4)], 1)) @ turn + jitter
    target -= target.min(axis=0)
    out_w, out_h = (max(8, math.ceil(v)) for v in target.max(axis=0))
    source = np.array([(0, -abs(curve)), (width, -abs(curve)), (width, tall + abs(curve)), (0, tall + abs(curve))])
    inverse = _homography(target, source)
    size = (out_w, out_h)
    if curve:
        mesh = _mesh(inverse, out_w, out_h, width, curve, waves)
        return layers.map(lambda layer: layer.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR))
    data = inverse.ravel()[:8].tolist()
    return layers.map(lambda layer: layer.transform(size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR))


def _homography(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 3 x 3 matrix that takes four points to four others."""
    rows: list[tuple[float, ...]] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append((x, y, 1, 0, 0, 0, -u * x, -u * y))
        rows.append((0, 0, 0, x, y, 1, -v * x, -v * y))
    solution = np.linalg.solve(np.array(rows, float), target.ravel())
    return np.append(solution, 1.0).reshape(3, 3)


def _mesh(
    inverse: NDArray[np.float64], out_w: int, out_h: int, width: int, curve: float, waves: float
) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """Return Pillow's mesh of a bent baseline: each column strip of the result and where it lies in the mask."""
    edges = np.unique(np.linspace(0, out_w, _MESH_COLUMNS + 1).astype(int))

    def place(x: float, y: float) -> tuple[float, float]:
        u, v, w = inverse @ (x, y, 1.0)
        return u / w, v / w - curve * math.sin(2 * math.pi * waves * u / w / width)

    strips: list[tuple[tuple[int, int, int, int], tuple[float, ...]]] = []
    for left, right in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        quad = (*place(left, 0), *place(left, out_h), *place(right, out_h), *place(right, 0))
        strips.append(((left, 0, right, out_h), quad))
    return strips


def _crop(layers: _Layers, rng: np.random.Generator, height: int, difficulty: float) -> _Layers:
    """Cut around the ink as a person or a detector would: mostly a little loose, at times slightly into it."""
    left, top, right, bottom = layers.ink.getbbox() or (0, 0, *layers.ink.size)
    tall = bottom - top
    if tall < height / 2:  # a dash or a dot: nobody cuts as close as its ink
        top -= int(rng.integers(height // 4, height // 2))
        bottom = top + height
        tall = height
    loose = np.abs(rng.normal(0.06, 0.08, 4)) * tall
    if rng.random() < 0.15 * difficulty:
        loose = rng.uniform(-0.06, 0.02, 4) * tall
    elif rng.random() < 0.12:
        loose += rng.uniform(0, 0.4, 4) * tall
    box = (
        round(left - loose[0]),
        round(top - loose[1]),
        max(round(right + loose[2]), left + 4),
        max(round(bottom + loose[3]), top + 4),
    )
    return layers.map(lambda layer: layer.crop(box))


def _paint(layers: _Layers, rng: np.random.Generator, style: Style, difficulty: float) -> Float:
    """Return the composed crop, float32 (height, width, 3), 0..255."""
    width, height = layers.ink.size
    grey = rng.random() < 0.3
    if style is Style.PRINT or style is Style.CAPTCHA:
        base, ink = backgrounds.paper(rng)
    elif style is Style.SEGMENTS:
        base, ink = backgrounds.display(rng)
    else:
        base, ink = backgrounds.colours(rng, difficulty, grey=grey)
    page = backgrounds.background(rng, width, height, base, ink, busy=difficulty if style is Style.SCENE else 0.0)
    if style is Style.CAPTCHA:
        return _paint_captcha(layers.ink, rng, page, ink)
    if layers.shadow:
        shade = ink * 0.3 if ink @ _LUMA > base @ _LUMA else 255 - (255 - ink) * 0.4
        page = _blend(
            page, shade * float(rng.uniform(0.5, 1)) + base * 0.3, layers.shadow, float(rng.uniform(0.4, 0.9))
        )
    if layers.rim:
        page = _blend(page, backgrounds.far_from(rng, ink), layers.rim, 1.0)
    inks: Float | NDArray[np.float32] = ink
    if rng.random() < 0.12:
        inks = backgrounds.smooth(rng, width, height, 2, 3) * 40 + ink
    return _blend(page, inks, layers.ink, 1.0 if rng.random() < 0.8 else float(rng.uniform(0.7, 1)))


def _paint_captcha(mask: Image.Image, rng: np.random.Generator, page: Float, ink: Float) -> Float:
    """Return glyphs of changing colours under thin lines and dots."""
    width, height = mask.size
    inks: Float = ink
    if rng.random() < 0.6:
        columns = rng.uniform(0, 200, (1, max(2, width // max(8, height // 2)), 3)).astype(np.float32)
        inks = np.repeat(columns, math.ceil(width / columns.shape[1]), axis=1)[:, :width]
    page = _blend(page, inks, mask, 1.0)
    image = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))
    backgrounds.draw_scratches(image, rng)
    return np.asarray(image, np.float32)


def _blend(page: Float, colour: Float, mask: Image.Image, opacity: float) -> Float:
    alpha = np.asarray(mask, np.float32)[..., None] * np.float32(opacity / 255)
    return page + (colour - page) * alpha


def _expose(pixels: Float, rng: np.random.Generator, style: Style, difficulty: float) -> Image.Image:
    """Light, blur, sample, add noise and compress."""
    height, width = pixels.shape[:2]
    if rng.random() < 0.3 * difficulty:
        pixels = pixels * (1 + 0.35 * backgrounds.smooth(rng, width, height, 2, 2)[..., :1])
    if style is Style.SEGMENTS and rng.random() < 0.5 * difficulty:  # reflections on the glass
        pixels = pixels + 90 * np.maximum(backgrounds.smooth(rng, width, height, 2, 4)[..., :1], 0)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image = _defocus(image, rng, difficulty)
    if rng.random() < 0.5 * difficulty:
        image = _noisy(image, rng)
    if style is Style.PRINT and rng.random() < 0.4:
        image = _binarise(image, rng)
    elif rng.random() < 0.45:
        image = _compress(image, int(rng.integers(15 + round(25 * (1 - difficulty)), 90)))
    return image.convert("L") if rng.random() < 0.2 else image


def _noisy(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    channels = 1 if rng.random() < 0.5 else 3
    noise = rng.standard_normal((image.height, image.width, channels), np.float32)
    pixels = np.asarray(image, np.float32) + noise * np.float32(rng.normal(0, 7))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _defocus(image: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image:
    width, height = image.size
    draw = rng.random() / max(difficulty, 1e-6)
    if draw < 0.25:
        return image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.028 * height * difficulty + 0.2))))
    if draw < 0.36:
        kernel = np.zeros((5, 5))
        steps = np.linspace(-2, 2, 9) * float(rng.uniform(0.4, 1.0))
        angle = float(rng.uniform(0, math.pi))
        for step in steps:
            kernel[round(2 + step * math.sin(angle)), round(2 + step * math.cos(angle))] += 1
        return image.filter(ImageFilter.Kernel((5, 5), kernel.ravel().tolist(), float(kernel.sum())))
    if draw < 0.56 and height > 18:
        scale = max(10.5 / height, float(rng.uniform(0.3 + 0.4 * (1 - difficulty), 0.8)))
        small = image.resize((max(4, round(width * scale)), max(8, round(height * scale))), Image.Resampling.BILINEAR)
        method = Image.Resampling.BILINEAR if rng.random() < 0.6 else Image.Resampling.BICUBIC
        return small if rng.random() < 0.35 else small.resize((width, height), method)
    return image


def _binarise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    grey = np.asarray(image.convert("L"), np.float32)
    low, high = float(grey.min()), float(grey.max())
    limit = low + (high - low) * float(rng.uniform(0.4, 0.62))
    return Image.fromarray(np.where(grey > limit, 255, 0).astype(np.uint8))


def _compress(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
