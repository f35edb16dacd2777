"""Bends, turns, shears, tilts and scales a drawn word in one transform."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

Homography = tuple[float, float, float, float, float, float, float, float]
"""a..h of u = (a x + b y + c) / (g x + h y + 1), v = (d x + e y + f) / (g x + h y + 1)."""

Corners = Sequence[tuple[float, float]]
Mesh = list[tuple[tuple[int, int, int, int], tuple[float, ...]]]

_STRIPS = 8
_REDUCE_BELOW = 0.62  # a bilinear transform that shrinks more than this loses thin strokes


@dataclass(frozen=True, slots=True)
class Warp:
    """A transform of masks of one size; :func:`draw_warp` makes it.

    Attributes:
        reduction: the mask is reduced by this factor first.
        size: of the result, pixels.
        inverse: from the result to the reduced mask.
        mesh: strips of a bent baseline; empty for a straight one.
    """

    reduction: int
    size: tuple[int, int]
    inverse: Homography
    mesh: Mesh

    def __call__(self, mask: Image.Image) -> Image.Image:
        """Return the mask, mode L, as it stands in the crop."""
        if self.reduction > 1:
            mask = mask.reduce(self.reduction)
        if self.mesh:
            return mask.transform(self.size, Image.Transform.MESH, self.mesh, Image.Resampling.BILINEAR)
        return mask.transform(self.size, Image.Transform.PERSPECTIVE, self.inverse, Image.Resampling.BILINEAR)


def draw_warp(rng: np.random.Generator, size: tuple[int, int], scale: float, amount: float, *, signs: bool) -> Warp:
    """Draw a transform for masks of ``size``.

    Args:
        rng: the source of chance.
        size: width and height of the mask, pixels.
        scale: pixels of the crop for one of the mask.
        amount: 0 only scales, 1 is what photographs show.
        signs: some are seen from the side, and some are bent.
    """
    reduction = 1
    while scale * reduction < _REDUCE_BELOW and min(size) // reduction > 8:
        reduction *= 2
    width, height = (math.ceil(side / reduction) for side in size)
    scale *= reduction
    curve, waves = 0.0, 0.5
    if signs and rng.random() < 0.1 * amount:
        curve = float(rng.normal(0, 0.26)) * height
        waves = 0.5 if rng.random() < 0.75 else 0.6 + rng.random()
    bend = abs(curve)
    corners = _target(rng, width, height + 2 * bend, scale, amount, signs=signs)
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    corners = [(x - left, y - top) for x, y in corners]
    out = (max(6, math.ceil(max(x for x, _ in corners))), max(6, math.ceil(max(y for _, y in corners))))
    a, b, c, d, e, f, g, h = homography(corners, width, height + 2 * bend)
    inverse = (a, b, c, d - bend * g, e - bend * h, f - bend, g, h)
    return Warp(reduction, out, inverse, _mesh(inverse, out, width, curve, waves) if curve else [])


def _target(
    rng: np.random.Generator, width: float, height: float, scale: float, amount: float, *, signs: bool
) -> Corners:
    """Return the four corners of the mask in the crop, clockwise from the top left."""
    draw = rng.random()
    aslant = signs and draw < 0.08 * amount  # turned and seen from the side: a long word in a nearly square crop
    angle = math.radians(float(rng.normal(0, 24 if aslant else 16 if draw < 0.2 * amount else 2.5)) * amount)
    shear = 0.12 * amount * float(rng.normal())
    stretch = math.exp(0.06 + 0.18 * float(rng.normal()))
    if rng.random() < 0.35 * amount or aslant:  # condensed, or seen from the side
        stretch *= (0.3 if aslant else 0.5) + 0.4 * rng.random()
    steepest = math.atan2(height, width * stretch)  # beyond, the crop would be more surroundings than word
    angle = min(max(angle, -steepest), steepest)
    half_w, half_h = width * scale * stretch / 2, height * scale / 2
    lean = half_h * shear
    corners = ((-half_w + lean, -half_h), (half_w + lean, -half_h), (half_w - lean, half_h), (-half_w - lean, half_h))
    cos, sin = math.cos(angle), math.sin(angle)
    target = [(x * cos - y * sin, x * sin + y * cos) for x, y in corners]
    if rng.random() >= 0.6 * amount:
        return target
    room = 2 * min(half_w, half_h)
    jitter = (np.clip(0.05 * amount * rng.standard_normal((4, 2)), -0.1, 0.1) * room).tolist()
    if signs and rng.random() < 0.4:  # seen from the side
        for corner in (1, 2) if rng.random() < 0.5 else (0, 3):
            jitter[corner][1] *= 3
    return [(x + dx, y + dy) for (x, y), (dx, dy) in zip(target, jitter, strict=True)]


def homography(corners: Corners, width: float, height: float) -> Homography:
    """Return the projective map, row by row, that takes four corners to a rectangle's, clockwise from the top left.

    The map from the unit square to the corners is Heckbert's (1989, section 2.2.3); this is its adjugate, scaled.
    """
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    dx1, dx2, dx3 = x1 - x2, x3 - x2, x0 - x1 + x2 - x3
    dy1, dy2, dy3 = y1 - y2, y3 - y2, y0 - y1 + y2 - y3
    area = dx1 * dy2 - dx2 * dy1
    g, h = (dx3 * dy2 - dx2 * dy3) / area, (dx1 * dy3 - dx3 * dy1) / area
    a, b, c = x1 - x0 + g * x1, x3 - x0 + h * x3, x0
    d, e, f = y1 - y0 + g * y1, y3 - y0 + h * y3, y0
    last = a * e - b * d
    across = ((e - f * h) * width / last, (c * h - b) * width / last, (b * f - c * e) * width / last)
    down = ((f * g - d) * height / last, (a - c * g) * height / last, (c * d - a * f) * height / last)
    return (*across, *down, (d * h - e * g) / last, (b * g - a * h) / last)


def _mesh(inverse: Homography, out: tuple[int, int], width: float, curve: float, waves: float) -> Mesh:
    """Return Pillow's mesh of a bent baseline: each column strip of the result and where it lies in the mask."""
    a, b, c, d, e, f, g, h = inverse

    def place(x: float, y: float) -> tuple[float, float]:
        w = g * x + h * y + 1
        u = (a * x + b * y + c) / w
        return u, (d * x + e * y + f) / w - curve * math.sin(2 * math.pi * waves * u / width)

    edges = sorted({round(out[0] * step / _STRIPS) for step in range(_STRIPS + 1)})
    mesh: Mesh = []
    for left, right in pairwise(edges):
        quad = (*place(left, 0), *place(left, out[1]), *place(right, out[1]), *place(right, 0))
        mesh.append(((left, 0, right, out[1]), quad))
    return mesh
