"""Gestures on the page, as plain geometry: what lies under the pointer, and which box a drag comes to.

Everything is in image pixels. ``size`` is the page's (width, height); no gesture leaves a box outside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from model import geometry
from model.annotations import Box, Point, Word

Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom."""
LEAST_EDGE_PX = 3.0
"""A drag that ends smaller than this was a click."""
FULL_STEP_DEGREES = 15
TURN_HANDLE_PX = 26.0
"""Length of the stem of the handle that turns a box, on the screen."""


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


class Tool(Enum):
    """What the mouse does on the page."""

    SELECT = "select"
    RECTANGLE = "rectangle"
    CORNERS = "corners"
    """Four clicks draw a box, and a drag takes one corner of the current one."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A new upright box, in whole pixels, from where the button went down."""

    start: Point

    def box_at(self, point: Point, size: Point) -> Box | None:
        """Return the box if the button were released at ``point``, or None while it comes to nothing."""
        (x1, y1), (x2, y2) = self.start, point
        box = Box.from_bounds(round(x1), round(y1), round(x2), round(y2)).clamped(*size)
        left, top, right, bottom = box.bounds
        return box if right - left >= LEAST_EDGE_PX and bottom - top >= LEAST_EDGE_PX else None


class Change(Protocol):
    """A drag that changes boxes of words."""

    @property
    def before(self) -> Mapping[int, Box]:
        """The boxes as they were, by word."""

    def boxes_at(self, point: Point, size: Point, *, snaps: bool = False) -> Mapping[int, Box]:
        """Return the boxes if the button were released at ``point``.

        Args:
            snaps: only values that people like, such as multiples of 15 degrees.
        """


@dataclass(frozen=True, slots=True)
class Move:
    """Boxes that follow the pointer, keeping their places to each other."""

    before: Mapping[int, Box]
    start: Point

    def boxes_at(self, point: Point, size: Point, *, snaps: bool = False) -> Mapping[int, Box]:
        return moved_within(self.before, point[0] - self.start[0], point[1] - self.start[1], size=size)


@dataclass(frozen=True, slots=True)
class Resize:
    """A box whose grip follows the pointer."""

    before: Mapping[int, Box]
    handle: Handle
    start: Point

    def boxes_at(self, point: Point, size: Point, *, snaps: bool = False) -> Mapping[int, Box]:
        by = point[0] - self.start[0], point[1] - self.start[1]
        return {i: resized(box, self.handle, by, size=size) for i, box in self.before.items()}


@dataclass(frozen=True, slots=True)
class DragCorner:
    """A box of which one corner follows the pointer, whatever its other corners say."""

    before: Mapping[int, Box]
    corner: int
    start: Point

    def boxes_at(self, point: Point, size: Point, *, snaps: bool = False) -> Mapping[int, Box]:
        by = point[0] - self.start[0], point[1] - self.start[1]
        return {i: corner_dragged(box, self.corner, by, size=size) for i, box in self.before.items()}


@dataclass(frozen=True, slots=True)
class Turn:
    """A box that turns about its centre with the pointer, to whole degrees."""

    before: Mapping[int, Box]
    start: Point

    def boxes_at(self, point: Point, size: Point, *, snaps: bool = False) -> Mapping[int, Box]:
        return {i: self._turned(box, point, size, FULL_STEP_DEGREES if snaps else 1) for i, box in self.before.items()}

    def _turned(self, box: Box, point: Point, size: Point, step: int) -> Box:
        (x, y), old = geometry.centre(box), geometry.angle(box)
        by = math.atan2(point[1] - y, point[0] - x) - math.atan2(self.start[1] - y, self.start[0] - x)
        wanted = step * round((old + math.degrees(by)) / step)
        return turned_within(box, wanted - old, size=size)


def handle_points(box: Box) -> dict[Handle, Point]:
    """Return where the grips of a box are: its corners and the middles of its edges."""
    return {handle: _mean([box.points[i] for i in handle.value]) for handle in Handle}


def handle_at(box: Box, point: Point, *, reach: float) -> Handle | None:
    """Return the grip nearest to ``point`` within ``reach`` pixels. Corners win over edges that are as near."""
    distance, _, nearest = min(
        (math.dist(place, point), len(handle.value), handle.name) for handle, place in handle_points(box).items()
    )
    return Handle[nearest] if distance <= reach else None


def turn_handle_ends(box: Box, scale: float, seen: Bounds) -> tuple[Point, Point]:
    """Return where the stem of the handle that turns a box begins and ends: above the text, or where it is in view.

    Args:
        scale: screen pixels of a page pixel.
        seen: the part of the page that is in view.
    """
    reach = TURN_HANDLE_PX / scale
    middle = geometry.centre(box)
    ends = []
    for handle in (Handle.TOP, Handle.RIGHT, Handle.LEFT, Handle.BOTTOM):
        a, b = (box.points[i] for i in handle.value)
        length = math.dist(a, b) or 1.0
        foot = _mean([a, b])
        outwards = ((b[1] - a[1]) / length, (a[0] - b[0]) / length)  # corners go round clockwise
        end = foot[0] + outwards[0] * reach, foot[1] + outwards[1] * reach
        if seen[0] <= end[0] <= seen[2] and seen[1] <= end[1] <= seen[3]:
            return foot, end
        ends.append((foot, end))
    return min(ends, key=lambda e: math.dist(e[1], middle))


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


def moved_within(boxes: Mapping[int, Box], dx: float, dy: float, *, size: Point) -> dict[int, Box]:
    """Return the boxes moved together by whole pixels, as far as the page goes for all of them."""
    lefts, tops, rights, bottoms = zip(*(box.bounds for box in boxes.values()), strict=True)
    dx = min(max(round(dx), -min(lefts)), max(size[0] - max(rights), -min(lefts)))
    dy = min(max(round(dy), -min(tops)), max(size[1] - max(bottoms), -min(tops)))
    return {i: box.moved(dx, dy) for i, box in boxes.items()}


def turned_within(box: Box, degrees: float, *, size: Point) -> Box:
    """Return the box turned clockwise about its centre, and pushed back where it would leave the page.

    A box that is too long for the page in that direction stays as it is.
    """
    wanted = geometry.turned(box, degrees)
    left, top, right, bottom = wanted.bounds
    if right - left > size[0] or bottom - top > size[1]:
        return box
    dx = max(-left, 0.0) + min(size[0] - right, 0.0)
    dy = max(-top, 0.0) + min(size[1] - bottom, 0.0)
    return wanted.moved(dx, dy) if dx or dy else wanted


def corner_dragged(box: Box, corner: int, by: Point, *, size: Point) -> Box:
    """Return the box with one of its points moved ``by`` pixels, as far as the page goes and the box stays sound."""
    x, y = box.points[corner][0] + round(by[0]), box.points[corner][1] + round(by[1])
    inside = min(max(x, 0.0), size[0]), min(max(y, 0.0), size[1])
    return geometry.with_corner_moved(box, corner, inside, LEAST_EDGE_PX)


def resized(box: Box, handle: Handle, by: Point, *, size: Point) -> Box:
    """Return the box with one grip moved ``by`` pixels.

    A rectangle stays one and keeps its angle; of other quadrilaterals the grip's own corners move. A box never gets
    thinner than :data:`LEAST_EDGE_PX` nor turns inside out.
    """
    if box.is_upright:
        return _upright_resized(box, handle, by, size)
    if geometry.is_rectangle(box):
        return _rectangle_resized(box, handle, by, size)

    def at(share: float) -> Box:
        dx, dy = round(by[0]) * share, round(by[1]) * share
        points = [(x + dx, y + dy) if i in handle.value else (x, y) for i, (x, y) in enumerate(box.points)]
        return Box((points[0], points[1], points[2], points[3])).clamped(*size)

    return geometry.furthest(at, lambda candidate: geometry.is_sound(candidate, LEAST_EDGE_PX), box)


def _upright_resized(box: Box, handle: Handle, by: Point, size: Point) -> Box:
    left, top, right, bottom = _edges_moved(box.bounds, handle, (round(by[0]), round(by[1])))
    return Box.from_bounds(max(left, 0.0), max(top, 0.0), min(right, size[0]), min(bottom, size[1]))


def _rectangle_resized(box: Box, handle: Handle, by: Point, size: Point) -> Box:
    """Resize in the text's own directions; at the edge of the page the grip stops."""
    degrees, middle = geometry.angle(box), geometry.centre(box)
    along, across = geometry.rotated(by, -degrees)
    own = (-box.width / 2, -box.height / 2, box.width / 2, box.height / 2)

    def at(share: float) -> Box:
        left, top, right, bottom = _edges_moved(own, handle, (round(along) * share, round(across) * share))
        x, y = geometry.rotated(((left + right) / 2, (top + bottom) / 2), degrees)
        return geometry.rectangle((middle[0] + x, middle[1] + y), right - left, bottom - top, degrees)

    return geometry.furthest(at, lambda candidate: _is_inside(candidate, size), box)


def _edges_moved(edges: Bounds, handle: Handle, by: Point) -> Bounds:
    left, top, right, bottom = edges
    name = handle.name
    if "LEFT" in name:
        left = min(left + by[0], right - LEAST_EDGE_PX)
    if "RIGHT" in name:
        right = max(right + by[0], left + LEAST_EDGE_PX)
    if "TOP" in name:
        top = min(top + by[1], bottom - LEAST_EDGE_PX)
    if "BOTTOM" in name:
        bottom = max(bottom + by[1], top + LEAST_EDGE_PX)
    return left, top, right, bottom


def _is_inside(box: Box, size: Point) -> bool:
    left, top, right, bottom = box.bounds
    return left >= 0 and top >= 0 and right <= size[0] and bottom <= size[1]


def free_places(wanted: Mapping[int, Bounds], boxes: Mapping[int, Bounds]) -> set[int]:
    """Return whose texts may be shown: those that cover neither another word's box nor a text before them.

    Args:
        wanted: where the texts would stand, by word; those that matter most come first.
        boxes: the outlines of all words of the page.
    """
    if not wanted:
        return set()
    taken: dict[int, list[tuple[int, Bounds]]] = {}
    # Rows of the page, so that each text is compared with its neighbours alone.
    row = 2 * max(b - t for _, t, _, b in wanted.values())
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
