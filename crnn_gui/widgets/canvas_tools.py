"""Gestures on the page, as plain geometry: what lies under the pointer, and which box a drag comes to.

Everything is in image pixels. ``size`` is the page's (width, height); no gesture leaves a box outside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from model.annotations import Box, Point, Word

Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom."""
LEAST_EDGE_PX = 3.0
"""A drag that ends smaller than this was a click."""


class Handle(Enum):
    """The eight grips of a box; the value says which corners (indices into ``Box.points``) it moves."""

    TOP_LEFT = (0,)
    TOP = (0, 1)
    TOP_RIGHT = (1,)
    RIGHT = (1, 2)
    BOTTOM_RIGHT = (2,)
    BOTTOM = (2, 3)
    BOTTOM_LEFT = (3,)
    LEFT = (3, 0)


class Gesture(Protocol):
    """A drag that has begun."""

    def box_at(self, point: Point, size: Point) -> Box | None:
        """Return the box if the button were released at ``point``, or None while it comes to nothing."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A new upright box, in whole pixels, from where the button went down."""

    start: Point

    def box_at(self, point: Point, size: Point) -> Box | None:
        (x1, y1), (x2, y2) = self.start, point
        box = Box.from_bounds(round(x1), round(y1), round(x2), round(y2)).clamped(*size)
        left, top, right, bottom = box.bounds
        return box if right - left >= LEAST_EDGE_PX and bottom - top >= LEAST_EDGE_PX else None


@dataclass(frozen=True, slots=True)
class Move:
    """A box that follows the pointer."""

    box: Box
    start: Point

    def box_at(self, point: Point, size: Point) -> Box | None:
        return moved_within(self.box, point[0] - self.start[0], point[1] - self.start[1], size=size)


@dataclass(frozen=True, slots=True)
class Resize:
    """A box whose grip follows the pointer."""

    box: Box
    handle: Handle
    start: Point

    def box_at(self, point: Point, size: Point) -> Box | None:
        return resized(self.box, self.handle, (point[0] - self.start[0], point[1] - self.start[1]), size=size)


def handle_points(box: Box) -> dict[Handle, Point]:
    """Return where the grips of a box are: its corners and the middles of its edges."""
    return {handle: _mean([box.points[i] for i in handle.value]) for handle in Handle}


def handle_at(box: Box, point: Point, *, reach: float) -> Handle | None:
    """Return the grip nearest to ``point`` within ``reach`` pixels. Corners win over edges that are as near."""
    distance, _, nearest = min(
        (math.dist(place, point), len(handle.value), handle.name) for handle, place in handle_points(box).items()
    )
    return Handle[nearest] if distance <= reach else None


def words_at(words: Iterable[Word], point: Point) -> list[Word]:
    """Return the words whose box holds ``point``, smallest first, so that a big box never hides a small one."""
    return sorted((w for w in words if w.box.contains(point)), key=lambda w: (w.box.area, w.id))


def next_of_stack(stack: list[Word], current: int | None) -> Word | None:
    """Return the word that a click on these stacked words means: the one after ``current``, or the smallest."""
    ids = [w.id for w in stack]
    if not stack:
        return None
    return stack[(ids.index(current) + 1) % len(stack)] if current in ids else stack[0]


def words_within(words: Iterable[Word], area: Box) -> list[Word]:
    """Return the words whose boxes touch the upright rectangle ``area``."""
    left, top, right, bottom = area.bounds
    found = []
    for word in words:
        a, b, c, d = word.box.bounds
        if a < right and c > left and b < bottom and d > top:
            found.append(word)
    return found


def moved_within(box: Box, dx: float, dy: float, *, size: Point) -> Box:
    """Return the box moved by whole pixels, as far as the page goes."""
    left, top, right, bottom = box.bounds
    dx = min(max(round(dx), -left), max(size[0] - right, -left))
    dy = min(max(round(dy), -top), max(size[1] - bottom, -top))
    return box.moved(dx, dy)


def resized(box: Box, handle: Handle, by: Point, *, size: Point) -> Box:
    """Return the box with one grip moved ``by`` pixels.

    Upright boxes stay upright; of other quadrilaterals the grip's own corners move. A box never gets thinner than
    :data:`LEAST_EDGE_PX` nor turns inside out: the last box that was sound is kept.
    """
    dx, dy = round(by[0]), round(by[1])
    if box.is_upright:
        left, top, right, bottom = box.bounds
        name = handle.name
        left += dx if "LEFT" in name else 0
        right += dx if "RIGHT" in name else 0
        top += dy if "TOP" in name else 0
        bottom += dy if "BOTTOM" in name else 0
        if "LEFT" in name:
            left = min(max(left, 0.0), right - LEAST_EDGE_PX)
        if "RIGHT" in name:
            right = max(min(right, size[0]), left + LEAST_EDGE_PX)
        if "TOP" in name:
            top = min(max(top, 0.0), bottom - LEAST_EDGE_PX)
        if "BOTTOM" in name:
            bottom = max(min(bottom, size[1]), top + LEAST_EDGE_PX)
        return Box.from_bounds(left, top, right, bottom)
    points = [(x + dx, y + dy) if i in handle.value else (x, y) for i, (x, y) in enumerate(box.points)]
    wanted = Box((points[0], points[1], points[2], points[3])).clamped(*size)
    return wanted if _is_sound(wanted) else box


def _is_sound(box: Box) -> bool:
    """Whether the corners go round clockwise without crossing and enclose something."""
    turns = []
    for i in range(4):
        (ax, ay), (bx, by), (cx, cy) = (box.points[(i + k) % 4] for k in range(3))
        turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return all(t > 0 for t in turns) and min(box.width, box.height) >= LEAST_EDGE_PX


def free_places(wanted: Mapping[int, Bounds], boxes: Mapping[int, Bounds]) -> set[int]:
    """Return whose texts may be shown: those that cover neither another word's box nor a text before them.

    Args:
        wanted: where the texts would stand, by word; those that matter most come first.
        boxes: the outlines of all words of the page.
    """
    taken: dict[int, list[tuple[int, Bounds]]] = {}
    # Rows of the page, so that each text is compared with its neighbours alone.
    row = 2 * max((b - t for _, t, _, b in wanted.values()), default=1.0)
    for word_id, area in boxes.items():
        for n in _rows(area, row):
            taken.setdefault(n, []).append((word_id, area))
    free: set[int] = set()
    for word_id, area in wanted.items():
        near = (one for n in _rows(area, row) for one in taken.get(n, ()))
        if not any(other != word_id and _overlap(area, place) for other, place in near):
            free.add(word_id)
            for n in _rows(area, row):
                taken.setdefault(n, []).append((word_id, area))
    return free


def _rows(area: Bounds, height: float) -> range:
    return range(math.floor(area[1] / height), math.floor(area[3] / height) + 1)


def _overlap(a: Bounds, b: Bounds) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _mean(points: list[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
