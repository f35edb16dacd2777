"""Random variations of strips that keep every character readable.

What is drawn for a crop depends on (seed, crop, epoch) alone: neither the order of crops nor the batch they are in
changes it. Geometry moves the four corners by a few pixels, mostly outwards, so that no character leaves the strip, and
bends what is between them (elastic distortions: Simard, Steinkraus & Platt 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

_DRAWS = 34
_CORNERS = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])

_BEND = 1.5 / 32  # what a bend may move at most in the mean, relative to the height, and at most of all times that
_BEND_LIMIT = 1.5
_STROKE = 0.05  # the greatest thickness of a scratch on either side, relative to the height

Draws = NDArray[np.float64]


def augment(images: Tensor, keys: Sequence[int], *, seed: int, epoch: int, plain: float = 0.0) -> Tensor:
    """Return a variation of each strip.

    Args:
        images: (N, channels, height, width) float32 in 0..255.
        keys: what tells a crop from another, row by row.
        seed: of the run.
        epoch: which variation of the crop this is.
        plain: the chance that a strip stays as it is, in [0, 1].

    Returns:
        float32 of the same shape, device and range.
    """
    generators = [np.random.default_rng((seed, epoch, key)) for key in keys]
    draws = np.stack([rng.random(_DRAWS) for rng in generators])
    originals, images = images, _warp(images, draws[:, :12], _bends(generators, *images.shape[-2:]))
    scratched = np.flatnonzero(draws[:, 28] < 0.2)
    if len(scratched):
        images[scratched] = _scratch(images[scratched], draws[scratched, 29:34])
    images = _shade(images, draws[:, 12:19])
    for change, chance, column in ((_blur, 0.25, 19), (_coarsen, 0.15, 21), (_thicken, 0.12, 23)):
        rows = np.flatnonzero(draws[:, column] < chance)
        if len(rows):
            images[rows] = change(images[rows], _column(draws[rows, column + 1], images))
    noisy = np.flatnonzero(draws[:, 25] < 0.3)
    if len(noisy):
        shape = images.shape[1:]
        field = np.stack([generators[row].standard_normal(shape, np.float32) for row in noisy])
        images[noisy] += torch.from_numpy(field).to(images.device) * _column(3 + 17 * draws[noisy, 26], images)
    images = images.clamp_(0, 255)
    untouched = np.flatnonzero(draws[:, 27] < plain)
    images[untouched] = originals[untouched]
    return images


def _warp(images: Tensor, draws: Draws, bends: Tensor) -> Tensor:
    """Tilt, slant, shift, stretch, bend and put into perspective, all as one resampling; a quarter stays as it is.

    Args:
        bends: (N, 2, rows, columns), how far points of a coarse grid move at most, in pixels to the right and down.
    """
    height, width = images.shape[-2:]
    moved = _moved_corners(draws, height, width)
    still = draws[:, 11] < 0.25
    moved[still] = _CORNERS
    amount = _column(np.where(still, 0.0, draws[:, 10]), images)
    fields = functional.interpolate(bends.to(images.device), (height, width), mode="bicubic", align_corners=True)
    return _resample(images, _homographies(moved), fields * amount)


def _bends(generators: Sequence[np.random.Generator], height: int, width: int) -> Tensor:
    columns = max(3, round(2.7 * width / height))  # a point for about every character
    fields = np.stack([rng.standard_normal((2, 4, columns), np.float32) for rng in generators])
    return torch.from_numpy(_BEND * height * fields.clip(-_BEND_LIMIT, _BEND_LIMIT))


def _moved_corners(draws: Draws, height: int, width: int) -> Draws:
    """Return where each output corner is read from, (N, 4, 2) in units where the strip spans -1..1."""
    signed = 2 * draws - 1
    x, y = 2 / width, 2 / height  # one pixel
    tilt = signed[:, 0] * min(0.09 * height, 0.044 * width)  # five degrees at most, and never more than 3 px of 32
    slant = signed[:, 1] * min(0.14 * height, 0.12 * width)
    corners = np.repeat(_CORNERS[np.newaxis], len(draws), axis=0)
    corners[:, :, 0] += x * slant[:, np.newaxis] * np.array([1, 1, -1, -1])
    corners[:, :, 1] += y * tilt[:, np.newaxis] * np.array([-1, 1, 1, -1])
    # Margins: up to one pixel is lost, more is gained, and as much again as the tilt would cut off.
    side = min(0.08 * width, 8.0)
    left, right = (x * (side * draws[:, i] - 1) for i in (2, 3))
    top, bottom = (y * (0.12 * height * draws[:, i] - 1 + 0.7 * np.abs(tilt)) for i in (4, 5))
    corners[:, (0, 3), 0] -= left[:, np.newaxis]
    corners[:, (1, 2), 0] += right[:, np.newaxis]
    corners[:, (0, 1), 1] -= top[:, np.newaxis]
    corners[:, (2, 3), 1] += bottom[:, np.newaxis]
    corners[:, :, 1] += y * 0.03 * height * signed[:, 6:10]
    return corners


def _homographies(corners: Draws) -> NDArray[np.float32]:
    """Return the perspectives (N, 3, 3) that map the strip's corners to these ones (N, 4, 2)."""
    n = len(corners)
    (u, v), (x, y) = _CORNERS.T, (corners[:, :, 0], corners[:, :, 1])
    system = np.zeros((n, 8, 8))
    system[:, :4, 0], system[:, :4, 1], system[:, :4, 2] = u, v, 1
    system[:, 4:, 3], system[:, 4:, 4], system[:, 4:, 5] = u, v, 1
    system[:, :4, 6], system[:, :4, 7] = -x * u, -x * v
    system[:, 4:, 6], system[:, 4:, 7] = -y * u, -y * v
    solution = np.linalg.solve(system, np.concatenate([x, y], axis=1)[:, :, np.newaxis])[:, :, 0]
    return np.concatenate([solution, np.ones((n, 1))], axis=1).reshape(n, 3, 3).astype(np.float32)


def _resample(images: Tensor, homographies: NDArray[np.float32], shifts: Tensor) -> Tensor:
    """Return strips whose pixels come from where the homographies say, and so many pixels (N, 2, H, W) beside."""
    height, width = images.shape[-2:]
    xs = (torch.arange(width, device=images.device) + 0.5) * (2 / width) - 1
    ys = (torch.arange(height, device=images.device) + 0.5) * (2 / height) - 1
    rows, columns = torch.meshgrid(ys, xs, indexing="ij")
    plane = torch.stack([columns, rows, torch.ones_like(rows)])
    points = torch.from_numpy(homographies).to(images.device) @ plane.reshape(3, -1)
    grid = (points[:, :2] / points[:, 2:]).transpose(1, 2).reshape(len(images), height, width, 2)
    grid = grid + shifts.permute(0, 2, 3, 1) * shifts.new_tensor((2 / width, 2 / height))
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _scratch(images: Tensor, draws: Draws) -> Tensor:
    """Draw a thin curve from side to side, mostly as dark as the darkest pixels, else as bright as the brightest."""
    height, width = images.shape[-2:]
    across = torch.linspace(0, 1, width, device=images.device)
    first, middle, last = (_column(height * (0.12 + 0.76 * draws[:, i]), images) for i in range(3))
    curve = (1 - across) ** 2 * first + 2 * across * (1 - across) * middle + across**2 * last
    thickness = _column(height * _STROKE * (0.4 + 0.6 * draws[:, 3]), images)
    rows = torch.arange(height, device=images.device).view(-1, 1)
    cover = (1 - (rows - curve).abs() / thickness).clamp_(0, 1)
    levels = images.flatten(2).sort(dim=2).values
    at = np.where(draws[:, 4] < 0.8, round(0.03 * levels.shape[2]), round(0.97 * levels.shape[2]))
    ink = levels[torch.arange(len(images)), :, torch.from_numpy(at)][:, :, None, None]
    return torch.lerp(images, ink.expand_as(images), cover.expand_as(images))


def _shade(images: Tensor, draws: Draws) -> Tensor:
    """Invert some, then change contrast and brightness, and lay a shadow from one side to the other over some."""
    inverted = draws[:, 0] < 0.1
    sign = _column(np.where(inverted, -1.0, 1.0), images)
    images = images * sign + _column(np.where(inverted, 255.0, 0.0), images)
    touched = draws[:, 1] < 0.6
    contrast = np.where(touched, np.exp(0.9 * draws[:, 2] - 0.55), 1.0)
    brightness = np.where(touched, 70 * draws[:, 3] - 35, 0.0)
    shadow = np.where(draws[:, 4] < 0.2, 80 * draws[:, 5] - 40, 0.0)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    slope = torch.linspace(-1, 1, images.shape[-1], device=images.device)
    images = (images - mean) * _column(contrast, images) + mean
    return images + _column(brightness, images) + slope * _column(shadow, images)


def _blur(images: Tensor, amount: Tensor) -> Tensor:
    soft = images
    for _ in range(2):
        soft = functional.avg_pool2d(functional.pad(soft, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return torch.lerp(images, soft, amount)


def _coarsen(images: Tensor, amount: Tensor) -> Tensor:
    """Lose the detail that a crop half as high would not have."""
    small = functional.avg_pool2d(images, 2)
    coarse = functional.interpolate(small, size=images.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(images, coarse, 0.5 + 0.5 * amount)


def _thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Grow the bright or the dark strokes, half of the strips each."""
    sign = torch.where(amount < 0.5, -1.0, 1.0)
    grown = functional.max_pool2d(images * sign, 3, stride=1, padding=1) * sign
    return torch.lerp(images, grown, 0.3 + 0.5 * (2 * amount % 1))


def _column(values: Draws, like: Tensor) -> Tensor:
    """Return one value per row, shaped to multiply images (N, channels, height, width)."""
    return torch.from_numpy(values.astype(np.float32)).to(like.device)[:, None, None, None]
