"""Where the writing is on a page: for boxes that are to sit close around it, and for edges that cut a character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageFilter

from model import geometry
from model.images import cut_crop

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.annotations import Box

GROWTH_SHARE = 0.35
"""How far around a box its writing is looked for, as a share of the box's height."""
MARGIN_SHARE = 0.1
"""What stays free around the writing, as a share of the writing's height."""
LEAST_CONTRAST = 24
"""Grey levels between writing and ground; what differs less is no writing but noise."""
CUT_SHARE = 0.06
"""Ink that goes on outside of a box by this share of its height is a character that the box cuts."""
WORD_GAP_SHARE = 0.3
"""Ink at the end of a box that stands this share of the writing's height off the rest is another word's."""
_MOST_INK = 0.75
_Bounds = tuple[int, int, int, int]
_RULE_SHARE = 0.9


def snapped(page: Image.Image, box: Box) -> Box | None:
    """Return the box drawn close around the writing it holds, in the same direction.

    Writing that the box cuts is followed outwards to its end. A margin of :data:`MARGIN_SHARE` stays free.

    Returns:
        None where no writing stands out from the ground.
    """
    found = _find(page, box)
    if found is None:
        return None
    left, top, right, bottom = found.bounds
    width, height = found.size
    margin = max(1, round(MARGIN_SHARE * (bottom - top)))
    x1, y1 = max(left - margin, 0), max(top - margin, 0)
    x2, y2 = min(right + margin, width), min(bottom + margin, height)
    part = geometry.part(found.around, x1 / width, y1 / height, x2 / width, y2 / height)
    return geometry.to_whole_pixels(part) if box.is_upright else part


def cut_sides(page: Image.Image, box: Box) -> tuple[int, ...]:
    """Return the sides of a box that cut a character: 0 for the left one as the text runs, 1 top, 2 right, 3 bottom."""
    found = _find(page, box)
    if found is None:
        return ()
    least = max(2, CUT_SHARE * (found.inner[3] - found.inner[1]))
    beyond = [
        (inner - edge) * sign for inner, edge, sign in zip(found.inner, found.bounds, (1, 1, -1, -1), strict=True)
    ]
    return tuple(side for side, by in enumerate(beyond) if by >= least)


@dataclass(frozen=True, slots=True)
class _Found:
    """The writing of a box: left, top, right and bottom in the pixels of a crop that is a little larger.

    Attributes:
        around: the box of that crop.
        size: its width and height.
        inner: where the box itself is in it.
        bounds: where its writing is.
    """

    around: Box
    size: tuple[int, int]
    inner: _Bounds
    bounds: _Bounds


def _find(page: Image.Image, box: Box) -> _Found | None:
    around, (left, top, right, bottom) = _grown(box, page.size)
    ink = mask(cut_crop(page, around))
    if ink is None:
        return None
    height, width = ink.shape
    inner = (round(left * width), round(top * height), round(right * width), round(bottom * height))
    bounds = _bounds(ink, inner)
    return _Found(around, (width, height), inner, bounds) if bounds is not None else None


def mask(crop: Image.Image) -> NDArray[np.bool_] | None:
    """Return which pixels are written, dark on light or light on dark; None where nothing stands out.

    Otsu's threshold (1979) tells two kinds of pixels apart; the one that most of the crop's border is of is the ground.
    """
    import numpy as np

    grey = np.asarray(crop.convert("L").filter(ImageFilter.MedianFilter(3)))
    bright = grey > _otsu(grey)
    if not bright.any() or bright.all():
        return None
    if float(grey[bright].mean()) - float(grey[~bright].mean()) < LEAST_CONTRAST:
        return None
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    ink: NDArray[np.bool_] = bright != (border.mean() >= 0.5)
    return ink if ink.mean() <= _MOST_INK else None


def _otsu(grey: NDArray[np.uint8]) -> int:
    """Return the level that parts the pixels into two kinds with the greatest variance between them."""
    import numpy as np

    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    levels = np.arange(256)
    below, total = counts.cumsum(), counts.sum()
    sums = (counts * levels).cumsum()
    above = total - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return int(np.nanargmax(np.nan_to_num(between)))


def _grown(box: Box, size: tuple[int, int]) -> tuple[Box, tuple[float, float, float, float]]:
    """Return the box grown on each side that has room on the page, and where the old one is in it, as shares."""
    by_px = max(1, round(GROWTH_SHARE * box.height))  # whole, so that a box of whole pixels stays one
    across, along = by_px / max(box.height, 1.0), by_px / max(box.width, 1.0)
    edges = [0.0, 0.0, 1.0, 1.0]
    for side, by in enumerate((-along, -across, along, across)):
        wider = [edge + by * (n == side) for n, edge in enumerate(edges)]
        grown = geometry.part(box, *wider)
        if grown == grown.clamped(*size):
            edges = wider
    left, top, right, bottom = edges
    width, height = right - left, bottom - top
    return geometry.part(box, *edges), (-left / width, -top / height, (1 - left) / width, (1 - top) / height)


def _bounds(ink: NDArray[np.bool_], inner: _Bounds) -> _Bounds | None:
    """Return left, top, right and bottom of the ink within the inner rectangle, and of what goes on outside of it."""
    left, top, right, bottom = inner
    ink = _without_rules(ink)
    rows = _own(_lines(ink[top:bottom, left:right], axis=1), gap=1)
    if rows is None:
        return None
    y1, y2 = top + rows[0], top + rows[1]
    columns = _own(_lines(ink[y1:y2, left:right], axis=0), gap=WORD_GAP_SHARE * (y2 - y1))
    if columns is None:
        return None
    x1, x2 = left + columns[0], left + columns[1]
    across, along = _lines(ink[y1:y2], axis=0), _lines(ink[:, x1:x2], axis=1)
    if x1 == left:
        x1 -= _run(across[:left][::-1])
    if x2 == right:
        x2 += _run(across[right:])
    if y1 == top:
        y1 -= _run(along[:top][::-1])
    if y2 == bottom:
        y2 += _run(along[bottom:])
    return x1, y1, x2, y2


def _lines(ink: NDArray[np.bool_], *, axis: int) -> NDArray[np.bool_]:
    """Return which columns (axis 0) or rows (axis 1) have ink."""
    import numpy as np

    lines: NDArray[np.bool_] = np.logical_or.reduce(ink, axis=axis)
    return lines


def _without_rules(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the ink without lines that run through the whole picture: rules of a form, the frame of a plate."""
    kept = ink.copy()
    kept[ink.mean(axis=1) > _RULE_SHARE] = False
    kept[:, ink.mean(axis=0) > _RULE_SHARE] = False
    return kept


def _own(line: NDArray[np.bool_], gap: float) -> tuple[int, int] | None:
    """Return first and last (exclusive) of the lines with ink, without a neighbour's that look in at either end.

    A neighbour is what touches the end, stands ``gap`` lines off from the rest, and is the smaller part.
    """
    runs = _runs(line)
    for end, inside in ((0, 1), (-1, -2)):
        if len(runs) < 2:
            break
        outer, inner = runs[end], runs[inside]
        touches = outer[0] == 0 if end == 0 else outer[1] == len(line)
        apart = max(inner[0] - outer[1], outer[0] - inner[1])
        if touches and apart >= gap and outer[1] - outer[0] < (runs[-1][1] - runs[0][0]) / 3:
            del runs[end]
    return (runs[0][0], runs[-1][1]) if runs else None


def _runs(line: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return first and last (exclusive) of each stretch of lines with ink."""
    import numpy as np

    steps = np.diff(np.concatenate([[False], line, [False]]).astype(np.int8)).nonzero()[0]
    return [(int(first), int(last)) for first, last in zip(steps[::2], steps[1::2], strict=True)]


def _run(line: NDArray[np.bool_]) -> int:
    """Return how many lines with ink come before the first free one; 0 where none is free: that is no character."""
    free = (~line).nonzero()[0]
    return int(free[0]) if len(free) else 0
