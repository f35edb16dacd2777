"""A page to draw on that remembers where each word stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from model.annotations import Box, Point
from model.errors import KnownError
from model.synth.fonts import FontList, load_font

Colour = tuple[int, int, int]

SCALE = 2
"""Pixels drawn per pixel of the finished page; reducing them smooths every edge."""


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A text and its box on the page."""

    text: str
    box: Box


class Typeface:
    """Finds faces of a font list by the stem of their file."""

    def __init__(self, fonts: FontList) -> None:
        self._paths = {face.path.stem: face.path for face in fonts.faces}

    def __call__(self, name: str, size: float) -> ImageFont.FreeTypeFont:
        """Return the face at ``size`` page pixels per em.

        Raises:
            KnownError: the machine has no such font.
        """
        if name not in self._paths:
            raise KnownError(f"The sample pages need the font {name}, which this machine does not have; install it.")
        return load_font(self._paths[name], round(size * SCALE))


class Canvas:
    """An RGBA image in page pixels, drawn at ``SCALE`` times the size.

    Args:
        width: page pixels.
        height: page pixels.
        colour: the ground; None leaves it transparent.
    """

    def __init__(self, width: int, height: int, colour: Colour | None = None) -> None:
        self.width, self.height = width, height
        self.image = Image.new("RGBA", (width * SCALE, height * SCALE), (*colour, 255) if colour else (0, 0, 0, 0))
        self.words: list[PlacedWord] = []

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """Draws in real pixels: multiply page pixels by ``SCALE``."""
        return ImageDraw.Draw(self.image)

    def rectangle(
        self,
        box: Sequence[float],
        fill: Colour | None,
        *,
        radius: float = 0,
        outline: Colour | None = None,
        width: float = 1,
    ) -> None:
        """Draw a rectangle (left, top, right, bottom) with round corners."""
        edges = [v * SCALE for v in box]
        self.draw.rounded_rectangle(edges, radius * SCALE, fill, outline, round(width * SCALE) if outline else 0)

    def ellipse(
        self, box: Sequence[float], fill: Colour | None, *, outline: Colour | None = None, width: float = 1
    ) -> None:
        """Draw an ellipse in (left, top, right, bottom)."""
        self.draw.ellipse([v * SCALE for v in box], fill, outline, round(width * SCALE) if outline else 0)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        """Draw a filled polygon."""
        self.draw.polygon([(x * SCALE, y * SCALE) for x, y in points], fill)

    def line(self, points: Sequence[Point], fill: Colour, *, width: float = 1) -> None:
        """Draw connected lines."""
        self.draw.line([(x * SCALE, y * SCALE) for x, y in points], fill, max(1, round(width * SCALE)), joint="curve")

    def gradient(self, box: Sequence[float], top: Colour, bottom: Colour, *, sideways: bool = False) -> None:
        """Fill a rectangle with a gradient from top to bottom, or from left to right."""
        left, upper, right, lower = (round(v * SCALE) for v in box)
        ramp = Image.fromarray(np.array([top, bottom], np.uint8).reshape((1, 2, 3) if sideways else (2, 1, 3)))
        size = (right - left, lower - upper)
        area = (0.5, 0, 1.5, 1) if sideways else (0, 0.5, 1, 1.5)
        self.image.paste(ramp.resize(size, Image.Resampling.BILINEAR, box=area), (left, upper))

    def shadow(
        self, box: Sequence[float], *, blur: float = 8, dy: float = 5, alpha: float = 0.35, radius: float = 4
    ) -> None:
        """Draw the soft shadow of a rectangle that will be drawn over it."""
        mask = Image.new("L", self.image.size)
        left, top, right, bottom = (v * SCALE for v in box)
        edges = (left, top + dy * SCALE, right, bottom + dy * SCALE)
        ImageDraw.Draw(mask).rounded_rectangle(edges, radius * SCALE, round(255 * alpha))
        self._tint((0, 0, 0), mask.filter(ImageFilter.GaussianBlur(blur * SCALE)))

    def glow(self, centre: Point, radius: float, colour: Colour, *, alpha: float = 0.6) -> None:
        """Add the light of a lamp."""
        size = 2 * round(radius * SCALE)
        falloff = Image.radial_gradient("L").resize((size, size))
        mask = falloff.point(lambda v: round(max(0, 1 - v / 181) ** 2 * 255 * alpha))
        layer = Image.new("L", self.image.size)
        layer.paste(mask, (round(centre[0] * SCALE) - size // 2, round(centre[1] * SCALE) - size // 2))
        self._tint(colour, layer)

    def text(
        self,
        at: Point,
        text: str,
        font: ImageFont.FreeTypeFont,
        fill: Colour,
        *,
        anchor: str = "ls",
        spacing: float = 0,
        label: bool = True,
        blur: float = 0,
    ) -> float:
        """Draw a line of text and note the box of each of its words.

        Args:
            at: where the anchor goes, in page pixels.
            font: from a :class:`Typeface`.
            anchor: "l", "m" or "r" across, then "s" (baseline) or "m" (middle of the capitals) down.
            spacing: more page pixels between letters.
            label: whether the words are noted.
            blur: page pixels of softness, for glowing text under sharp text.

        Returns:
            The x in page pixels at which the text ends.
        """
        total = font.getlength(text) + spacing * SCALE * (len(text) - 1)
        x = at[0] * SCALE - {"l": 0.0, "m": total / 2, "r": total}[anchor[0]]
        y = at[1] * SCALE - (font.getbbox("H", anchor="ls")[1] / 2 if anchor[1] == "m" else 0)
        mask = Image.new("L", self.image.size)
        draw = ImageDraw.Draw(mask)
        for index, word in enumerate(text.split(" ")):
            if index:
                x += font.getlength(" ") + 2 * spacing * SCALE if spacing else font.getlength(" ")
            end = _draw_word(draw, (x, y), word, font, spacing * SCALE)
            if label and word:
                self._note(word, x, y, font, end)
            x = end
        self._tint(fill, mask.filter(ImageFilter.GaussianBlur(blur * SCALE)) if blur else mask)
        return x / SCALE

    def note(self, text: str, bounds: tuple[float, float, float, float]) -> None:
        """Note a word that was drawn by other means."""
        self.words.append(PlacedWord(text, Box.from_bounds(*bounds)))

    def place(self, other: Canvas, corners: Sequence[Point], *, shadow: float = 0.0) -> None:
        """Paste another canvas into a quadrilateral (clockwise from its top left), with the words on it."""
        edges = [(0, 0), (other.width, 0), (other.width, other.height), (0, other.height)]
        forward = homography(edges, corners)
        inverse = homography([(x * SCALE, y * SCALE) for x, y in corners], [(x * SCALE, y * SCALE) for x, y in edges])
        data = inverse.ravel()[:8].tolist()
        layer = other.image.transform(self.image.size, Image.Transform.PERSPECTIVE, data, Image.Resampling.BICUBIC)
        if shadow:
            mask = layer.getchannel("A").point(lambda v: round(v * shadow))
            mask = ImageChops.offset(mask.filter(ImageFilter.GaussianBlur(7 * SCALE)), 2 * SCALE, 6 * SCALE)
            self._tint((0, 0, 0), mask)
        self.image.alpha_composite(layer)
        self.words += [PlacedWord(word.text, _moved(word.box, forward)) for word in other.words]

    def rotated(self, other: Canvas, centre: Point, degrees: float, *, shadow: float = 0.0) -> None:
        """Paste another canvas turned clockwise about its middle."""
        angle = math.radians(degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        half = [(dx * other.width / 2, dy * other.height / 2) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        corners = [(centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos) for x, y in half]
        self.place(other, corners, shadow=shadow)

    def grain(self, amount: float, *, seed: int, streaks: tuple[float, float] | None = None) -> None:
        """Roughen everything drawn so far; ``streaks`` stretches the grain by (x, y) as in wood or brushed metal."""
        width, height = self.image.size
        rng = np.random.default_rng(seed)
        fx, fy = streaks or (1.0, 1.0)
        noise = rng.standard_normal((max(2, round(height / fy)), max(2, round(width / fx)))).astype(np.float32)
        stretched = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        pixels = np.asarray(self.image, np.float32).copy()
        pixels[..., :3] += np.asarray(stretched)[..., None] * amount
        self.image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGBA")

    def light(self, centre: Point, *, strength: float) -> None:
        """Darken the page away from ``centre`` as a lamp or a lens does."""
        width, height = self.image.size
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        distance = np.hypot(x - centre[0] * SCALE, y - centre[1] * SCALE) / math.hypot(width, height)
        pixels = np.asarray(self.image, np.float32).copy()
        pixels[..., :3] *= (1 + 0.25 * strength - strength * distance * 1.4)[..., None]
        self.image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGBA")

    def finished(self, *, noise: float = 2.5, seed: int = 0) -> Image.Image:
        """Return the page as a camera would have it: reduced, a little noisy, mode RGB."""
        page = self.image.convert("RGB").resize((self.width, self.height), Image.Resampling.LANCZOS)
        grain = np.random.default_rng(seed).normal(0, noise, (self.height, self.width, 1))
        return Image.fromarray(np.clip(np.asarray(page) + grain, 0, 255).astype(np.uint8))

    def _tint(self, colour: Colour, mask: Image.Image) -> None:
        layer = Image.new("RGBA", self.image.size, (*colour, 0))
        layer.putalpha(mask)
        self.image.alpha_composite(layer)

    def _note(self, word: str, x: float, y: float, font: ImageFont.FreeTypeFont, end: float) -> None:
        left, top, right, bottom = font.getbbox(word, anchor="ls")
        margin = 0.06 * font.size
        edges = (x + left - margin, y + top - margin, max(end, x + right) + margin, y + bottom + margin)
        self.words.append(PlacedWord(word, Box.from_bounds(*(v / SCALE for v in edges))))


def homography(source: Sequence[Point], target: Sequence[Point]) -> np.ndarray:
    """Return the 3 x 3 matrix that takes four points to four others."""
    rows: list[tuple[float, ...]] = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows.append((x, y, 1, 0, 0, 0, -u * x, -u * y))
        rows.append((0, 0, 0, x, y, 1, -v * x, -v * y))
    solution = np.linalg.solve(np.array(rows, float), np.array(target, float).ravel())
    return np.append(solution, 1.0).reshape(3, 3)


def _moved(box: Box, matrix: np.ndarray) -> Box:
    points = np.column_stack([np.array(box.points), np.ones(4)]) @ matrix.T
    a, b, c, d = ((float(x / w), float(y / w)) for x, y, w in points)
    return Box((a, b, c, d))


def _draw_word(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], word: str, font: ImageFont.FreeTypeFont, spacing: float
) -> float:
    """Draw one word from its baseline's start; return the x where it ends."""
    x, y = at
    if not spacing:
        draw.text((x, y), word, 255, font, anchor="ls")
        return x + font.getlength(word)
    for character in word:
        draw.text((x, y), character, 255, font, anchor="ls")
        x += font.getlength(character) + spacing
    return x - spacing
