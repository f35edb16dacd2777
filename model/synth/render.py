"""Draws one word as a camera, a scanner or a screen might show it, as a crop at its native size.

The glyphs are drawn once, at one size, into a mask; curve, rotation, shear, perspective and scale are one transform of
it; everything after works on the few thousand pixels of the crop.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from model.directions import turned
from model.synth import camera, glyphs, ornaments, palette, surfaces
from model.synth.warping import draw_warp

if TYPE_CHECKING:
    from model.synth.fonts import FontFace, FontList
    from model.synth.surfaces import Colour


class Style(StrEnum):
    """What a crop looks like at first sight."""

    SCENE = "scene"
    PRINT = "print"
    CAPTCHA = "captcha"
    SEGMENTS = "segments"
    DOTS = "dots"
    PLAIN = "plain"


_MIXTURE = ((Style.SCENE, 0.84), (Style.PRINT, 0.09), (Style.CAPTCHA, 0.04), (Style.DOTS, 0.03))
_SEGMENTS_SHARE = 0.15  # of the texts that a seven-segment display can show


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
    mask = _mask(turned(text), rng, fonts, style, difficulty)
    if style is Style.PLAIN:
        difficulty *= 0.2
    ink = _place(mask, rng, style, height, difficulty)
    image = _paint(ink, rng, style, difficulty)
    image = (camera.scan if style is Style.PRINT else camera.photograph)(image, rng, difficulty)
    return image.convert("L") if rng.random() < 0.2 else image


def _draw_style(text: str, rng: np.random.Generator, difficulty: float) -> Style:
    if glyphs.has_segments(text) and rng.random() < _SEGMENTS_SHARE:
        return Style.SEGMENTS
    draw = float(rng.random())
    for style, share in _MIXTURE:
        draw -= share
        if draw < 0:
            return Style.SCENE if style is Style.CAPTCHA and rng.random() > difficulty else style
    return Style.SCENE


def _height(rng: np.random.Generator, difficulty: float) -> float:
    """Return about the height of a tall letter, pixels."""
    height = (30 - 5 * difficulty) * math.exp(0.42 * float(rng.standard_normal()))
    return min(max(height, 18 - 6 * difficulty), 64.0)


def _mask(text: str, rng: np.random.Generator, fonts: FontList, style: Style, difficulty: float) -> Image.Image:
    """Return the drawn text, mode L, cropped to its ink."""
    if style is Style.SEGMENTS:
        return glyphs.segments(text, rng)
    plain = style is Style.PLAIN or style is Style.DOTS or rng.random() < 0.45 + 0.5 * (1 - difficulty)
    face = fonts.pick(rng, text, plain=plain)
    if style is Style.DOTS:
        return glyphs.dots(text, rng, face)
    if style is Style.CAPTCHA:
        gap, tilt = (0.0, 0.1, 0.3, 0.8)[int(4 * rng.random())], (0, 10, 25)[int(3 * rng.random())]
        return glyphs.scattered(text, rng, face, gap=gap, tilt=tilt, bounce=0.06)
    return _lettering(text, rng, face, difficulty)


def _lettering(text: str, rng: np.random.Generator, face: FontFace, difficulty: float) -> Image.Image:
    """Return the text as signs and papers set it."""
    draw = rng.random()
    if draw > 1 - 0.08 * difficulty and len(text) > 2:
        bend = (0.3 + 0.22 * len(text) ** 0.8 * rng.random()) * (1 if rng.random() < 0.65 else -1)
        mask = glyphs.arched(text, face, gap=0.15 * rng.random(), bend=bend)
    elif draw < 0.03:
        mask = glyphs.scattered(text, rng, face, gap=0.02, tilt=8 * rng.random(), bounce=0.05)
    elif draw < 0.07 and text.isupper() and len(text) > 2:
        mask = glyphs.line(text, face, small=0.7 + 0.2 * rng.random())
    else:
        gap = float(rng.normal(0, 0.015)) if draw < 0.75 else (-0.07, 0.04, 0.08, 0.15, 0.3, 0.6)[int(6 * rng.random())]
        mask = glyphs.line(text, face, gap=gap)
    return glyphs.bolder(mask) if rng.random() < 0.16 else mask


def _place(mask: Image.Image, rng: np.random.Generator, style: Style, height: float, difficulty: float) -> Image.Image:
    """Return the ink as it stands in the crop, mode L, with what surrounds the word."""
    amount = difficulty * (0.25 if style is Style.PRINT or style is Style.DOTS else 1.0)
    around = _surroundings(mask, rng, difficulty) if style is Style.SCENE else None
    if around:
        padded = Image.new("L", around.size)
        padded.paste(mask, ((around.width - mask.width) // 2, (around.height - mask.height) // 2))
        mask = padded
    warp = draw_warp(rng, mask.size, height / glyphs.TALL, amount, signs=style is Style.SCENE)
    ink = warp(mask)
    box = _cut(ink, rng, height, difficulty)
    return (ImageChops.lighter(ink, warp(around)) if around else ink).crop(box)


def _surroundings(mask: Image.Image, rng: np.random.Generator, difficulty: float) -> Image.Image | None:
    """Return a mask, larger than the word's by the same margin on all sides, or None."""
    draw = rng.random() / (0.3 + 0.7 * difficulty)
    pad = max(8, glyphs.TALL // 2)
    if draw < 0.08:
        return ornaments.rules((mask.width + 2 * pad, mask.height + 2 * pad), rng, pad)
    return ornaments.neighbours(mask, rng, pad) if draw < 0.33 else None


def _cut(ink: Image.Image, rng: np.random.Generator, height: float, difficulty: float) -> tuple[int, int, int, int]:
    """Return the box of the crop around the ink: mostly a little loose, at times slightly into it."""
    left, top, right, bottom = ink.getbbox() or (0, 0, *ink.size)
    tall = float(bottom - top)
    if tall < height / 2:  # a dash or a dot: nobody cuts as close as its ink
        top -= int(height * (0.25 + 0.25 * rng.random()))
        bottom = top + round(height)
        tall = height
    draw = rng.random()
    if draw < 0.18 * difficulty:
        loose = -0.07 + 0.1 * rng.random(4)
    elif draw < 0.3:
        loose = 0.45 * rng.random(4)
    else:
        loose = np.abs(rng.normal(0.06, 0.07, 4))
    west, north, east, south = (loose * tall).tolist()
    return (
        round(left - west),
        round(top - north),
        max(round(right + east), left + 4),
        max(round(bottom + south), top + 4),
    )


def _paint(ink: Image.Image, rng: np.random.Generator, style: Style, difficulty: float) -> Image.Image:
    """Return the composed crop, RGB."""
    if style is Style.CAPTCHA:
        return _paint_captcha(ink, rng)
    if style is Style.PRINT:
        base, colour = palette.paper(rng)
    elif style is Style.SEGMENTS:
        base, colour = palette.display(rng)
    else:
        base, colour = palette.sign(rng, difficulty)
    scene = style is Style.SCENE
    page = _surface(rng, ink.size, base, colour, busy=difficulty if scene else 0.3 * difficulty)
    if scene and rng.random() < 0.3 + 0.7 * difficulty:
        ink = _effects(page, ink, rng, base, colour)
    if rng.random() < 0.2:
        ink = ink.point([int(value * share) for share in (0.75 + 0.25 * rng.random(),) for value in range(256)])
    page.paste(_filling(rng, ink.size, colour, difficulty) if scene and rng.random() < 0.3 else colour, (0, 0), ink)
    if style is Style.SEGMENTS and rng.random() < 0.5 * difficulty:  # reflections on the glass
        page = ImageChops.screen(page, surfaces.cloud(rng, page.size, 0, 110))
    return page


def _surface(rng: np.random.Generator, size: tuple[int, int], base: Colour, ink: Colour, *, busy: float) -> Image.Image:
    """Return a surface of about the ``base`` colour that leaves the ink visible."""
    page = Image.new("RGB", size, base)
    if rng.random() < 0.12 * busy:
        return _board(page, rng)
    room = min(1.0, abs(palette.brightness(base) - palette.brightness(ink)) / 160)
    draw = rng.random()
    if draw < 0.2:
        return Image.blend(page, surfaces.cloud(rng, size), 0.35 * room * rng.random())
    if draw < 0.2 + 0.2 * busy:
        return Image.blend(page, surfaces.grain(rng, size), 0.5 * room * rng.random())
    if draw < 0.2 + 0.5 * busy:
        return Image.blend(page, surfaces.scenery(rng, size), 0.55 * room * rng.random())
    return page


def _board(page: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the surface as a board in front of other things, one or two of whose edges the crop shows."""
    width, height = page.size
    mask = Image.new("L", page.size, 255)
    draw = ImageDraw.Draw(mask)
    for side in rng.integers(0, 4, 1 + int(2 * rng.random())).tolist():
        near, far = ((0.02 + 0.12 * rng.random(2)) * height).tolist()
        if side % 2:  # left or right
            edge = [(near, 0), (far, height), (0, height), (0, 0)]
            draw.polygon([(x if side == 1 else width - x, y) for x, y in edge], 0)
        else:
            edge = [(0, near), (width, far), (width, 0), (0, 0)]
            draw.polygon([(x, y if side == 0 else height - y) for x, y in edge], 0)
    return Image.composite(page, surfaces.scenery(rng, page.size), mask)


def _filling(rng: np.random.Generator, size: tuple[int, int], colour: Colour, difficulty: float) -> Image.Image:
    """Return what the letters are filled with where it is more than a colour."""
    plain = Image.new("RGB", size, colour)
    kind = rng.random()
    if kind < 0.35:
        return Image.blend(plain, surfaces.cloud(rng, size), 0.3 * rng.random())
    if kind < 0.65:
        other = palette.between(colour, palette.far_from(rng, colour), 0.3 * rng.random())
        plain.paste(
            other, (round(size[0] * rng.random()), 0, *size) if rng.random() < 0.5 else (0, size[1] // 2, *size)
        )
        return plain
    texture = surfaces.scenery(rng, size) if kind < 0.85 else surfaces.grain(rng, size)
    return Image.blend(plain, texture, 0.35 * difficulty * rng.random())


def _effects(
    page: Image.Image, ink: Image.Image, rng: np.random.Generator, base: Colour, colour: Colour
) -> Image.Image:
    """Paint outline, shadow, depth or glow below the letters; return their ink, which a hollow letter lacks."""
    draw = rng.random()
    step = max(1, round(ink.height * (0.02 + 0.06 * rng.random())))
    if draw < 0.17:
        _paint_shadow(page, ink, rng, base, colour, step)
    elif draw < 0.22:
        _paint_depth(page, ink, rng, palette.between(colour, base, 0.3 + 0.4 * rng.random()), step)
    elif draw < 0.26:
        glow = ink.filter(ImageFilter.GaussianBlur(ink.height * (0.05 + 0.1 * rng.random())))
        page.paste(palette.between(base, palette.far_from(rng, base), 0.6 * rng.random()), (0, 0), glow)
    elif draw < 0.31:  # letters that stand out of the surface: light on one side of them, shade on the other
        page.paste(palette.between(base, (255, 255, 255), 0.6), (0, 0), ImageChops.offset(ink, -1, -1))
        page.paste(palette.between(base, (0, 0, 0), 0.6), (0, 0), ImageChops.offset(ink, 1, 1))
    if 0.12 < draw < 0.17 or draw > 0.89:
        grown = glyphs.bolder(ink, 1 if ink.height < 40 or rng.random() < 0.5 else 2)
        if draw > 0.97:
            return ImageChops.subtract(grown, ink)
        page.paste(palette.far_from(rng, colour) if rng.random() < 0.7 else _any(rng), (0, 0), grown)
    return ink


def _paint_shadow(
    page: Image.Image, ink: Image.Image, rng: np.random.Generator, base: Colour, colour: Colour, step: int
) -> None:
    shadow = ImageChops.offset(ink, *((int(3 * rng.random()) - 1) * step for _ in range(2)))
    if rng.random() < 0.6:
        shadow = shadow.filter(ImageFilter.BoxBlur(0.4 + 1.4 * rng.random()))
    dark = palette.brightness(colour) > palette.brightness(base) or rng.random() < 0.5
    page.paste(palette.between(base, (0, 0, 0) if dark else (255, 255, 255), 0.3 + 0.5 * rng.random()), (0, 0), shadow)


def _paint_depth(page: Image.Image, ink: Image.Image, rng: np.random.Generator, side: Colour, step: int) -> None:
    dx, dy = int(3 * rng.random()) - 1, 1 if rng.random() < 0.7 else -1
    for reach in range(1, 2 + step):
        page.paste(side, (0, 0), ImageChops.offset(ink, dx * reach, dy * reach))


def _any(rng: np.random.Generator) -> Colour:
    r, g, b = rng.integers(0, 256, 3).tolist()
    return r, g, b


def _paint_captcha(ink: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return glyphs of changing colours under thin lines and dots."""
    base, colour = palette.paper(rng)
    page = Image.new("RGB", ink.size, base)
    if rng.random() < 0.4:
        page = Image.blend(page, surfaces.cloud(rng, ink.size), 0.2 * rng.random())
    if rng.random() < 0.6:
        patches = rng.integers(0, 200, (1, max(2, 2 * ink.width // max(8, ink.height)), 3), np.uint8)
        page.paste(Image.fromarray(patches).resize(ink.size, Image.Resampling.NEAREST), (0, 0), ink)
    else:
        page.paste(colour, (0, 0), ink)
    ornaments.draw_scratches(page, rng)
    return page
