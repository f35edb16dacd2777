"""Small writing on an even ground, seen from near: captchas, screenshots and drawings with wide margins.

A network sees a crop 32 pixels high. Where the writing takes up a third of a crop's height, little of its shape is
left; so the rows without writing are cut off, as far as that shows pixels that would be lost otherwise. And grey is
made of how far a colour is from the ground's, where its brightness would let pale colours vanish.

Photographs, whose ground is not even, and crops that hug their text stay as they are.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.images import Preprocessing

MOST = 0.75
"""The share of a crop's rows that may be left of it; with more, the crop stays as it is."""

_EVEN, _EVEN_SHARE = 8, 0.8  # levels around the median of the crop's edge, and how much of the edge lies within them
_INK = 40  # levels from the ground from which a pixel counts as written
_LEAST_INK = 0.15  # of the written pixels, what must be thicker than a scratch
_TEXT_ROW, _FULL = 0.15, 0.9  # written pixels of a row, relative to the row that has as many as nine tenths, or more
_ROOM = 0.3  # above and below the text, relative to its height
_ROWS = 64  # about as many as are looked at, however large the crop is


def closeup(crop: Image.Image, spec: Preprocessing) -> Image.Image:
    """Return the rows of a crop that hold its text, or the crop as it is where that would show no more of it.

    Args:
        crop: of mode "L" or "RGB".
        spec: at least as many rows as its height are left. A crop for a network that sees grey comes in grey: bright
            where its ground is bright.
    """
    if crop.height * MOST < spec.height:
        return crop
    ground = _even_ground(crop)
    if ground is None:
        return crop
    ink = _distance(crop, ground)
    band = _band(ink, spec.height)
    if band is None:
        return crop
    if spec.channels == 1:
        crop = ink if sum(ground) < 128 * len(ground) else ImageChops.invert(ink)
    return crop.crop((0, band[0], crop.width, band[1]))


def _even_ground(crop: Image.Image) -> tuple[int, ...] | None:
    """Return the colour along a crop's four edges, one value a channel; None where it is not one colour."""
    import numpy as np

    pixels = np.asarray(crop).reshape(crop.height, crop.width, -1)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(np.int16)
    ground = np.sort(edge, axis=0)[len(edge) // 2]
    even = (np.abs(edge - ground) <= _EVEN).all(axis=1)
    return tuple(ground.tolist()) if np.count_nonzero(even) >= _EVEN_SHARE * len(edge) else None


def _distance(crop: Image.Image, ground: tuple[int, ...]) -> Image.Image:
    """Return how far each pixel is from the ground, in levels of the channel that tells most, mode "L"."""
    difference = ImageChops.difference(crop, Image.new(crop.mode, crop.size, ground if len(ground) > 1 else ground[0]))
    return reduce(ImageChops.lighter, difference.split())


def _band(ink: Image.Image, least: int) -> tuple[int, int] | None:
    """Return the first row of the text with its room, and the row behind it; None where too little would be cut."""
    scale = max(1, ink.height // _ROWS)
    rows = _text_rows(ink.reduce(scale)) if scale > 1 else _text_rows(ink)
    if not len(rows):
        return None
    top, bottom = scale * int(rows[0]), min(ink.height, scale * (int(rows[-1]) + 1))
    room = round(_ROOM * (bottom - top))
    top, bottom = max(0, top - room), min(ink.height, bottom + room)
    lacking = max(0, least - (bottom - top))
    top = max(0, min(top - lacking // 2, ink.height - least))
    bottom = max(bottom, top + least) if lacking else bottom
    return (top, bottom) if bottom - top <= MOST * ink.height else None


def _text_rows(ink: Image.Image) -> NDArray[np.int64]:
    """Return the rows that are written on, scratches aside: lines of a pixel or two are no strokes."""
    import numpy as np

    written = np.asarray(ink) > _INK
    strokes = np.count_nonzero(_opened(written), axis=1)
    if strokes.sum() < _LEAST_INK * np.count_nonzero(written):
        return np.empty(0, np.int64)
    return np.flatnonzero(strokes > _TEXT_ROW * np.sort(strokes)[round(_FULL * (len(strokes) - 1))])


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask that lie in some square of 3 x 3 of it."""
    import numpy as np

    rows = mask[:-2] & mask[1:-1] & mask[2:]
    centres = rows[:, :-2] & rows[:, 1:-1] & rows[:, 2:]
    rows = np.zeros_like(mask)
    for i in range(3):
        rows[i : len(mask) - 2 + i, 1:-1] |= centres
    opened = rows.copy()
    opened[:, 1:] |= rows[:, :-1]
    opened[:, :-1] |= rows[:, 1:]
    return opened
