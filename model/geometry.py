"""Boxes turned, cut, joined and kept sound: plane geometry on :class:`~model.annotations.Box`.

Angles are degrees clockwise as the page is seen; 0 is text that runs from left to right, 90 text that runs down.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from model.annotations import Box, Point

RECTANGLE_TOLERANCE_PX = 0.75
"""How far corners may lie off a rectangle's: files of other programs round theirs to whole pixels."""
_DECIMALS = 4
_STEADY_DECIMALS = 2
"""Sizes, centres and angles are rounded to these before a turn, so that turning back and forth drifts nowhere."""


def angle(box: Box) -> float:
    """Return the direction of the text in degrees, over -180 and up to 180."""
    a, b, c, d = box.points
    degrees = math.degrees(math.atan2(b[1] - a[1] + c[1] - d[1], b[0] - a[0] + c[0] - d[0]))
    return 180.0 if degrees <= -180 else degrees


def centre(box: Box) -> Point:
    """Return the mean of the corners."""
    xs, ys = zip(*box.points, strict=True)
    return sum(xs) / 4, sum(ys) / 4


def rotated(point: Point, degrees: float, around: Point = (0.0, 0.0)) -> Point:
    """Return the point turned clockwise about another one."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = point[0] - around[0], point[1] - around[1]
    return around[0] + x * cos - y * sin, around[1] + x * sin + y * cos


def rectangle(middle: Point, width: float, height: float, degrees: float) -> Box:
    """Return the rectangle with this centre and these sizes in pixels, whose text runs in this direction."""
    corners = ((-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2))
    turned_corners = (rotated(corner, degrees) for corner in corners)
    return _box((middle[0] + x, middle[1] + y) for x, y in turned_corners)


def is_rectangle(box: Box) -> bool:
    """Whether the box is a rectangle in any direction, but for rounded corners."""
    wanted = rectangle(centre(box), box.width, box.height, angle(box))
    pairs = zip(box.points, wanted.points, strict=True)
    return all(math.dist(has, wants) <= RECTANGLE_TOLERANCE_PX for has, wants in pairs)


def is_sound(box: Box, least: float = 0.0) -> bool:
    """Whether the corners go round clockwise without crossing, turn inwards nowhere, and no side is under ``least``."""
    turns = []
    for i in range(4):
        (ax, ay), (bx, by), (cx, cy) = (box.points[(i + k) % 4] for k in range(3))
        turns.append((bx - ax) * (cy - by) - (by - ay) * (cx - bx))
    return all(t > 0 for t in turns) and min(box.width, box.height) >= least


def turned(box: Box, degrees: float) -> Box:
    """Return the box turned clockwise about its centre. A rectangle stays one, and turned back is what it was."""
    middle = centre(box)
    if not is_rectangle(box):
        return _box(rotated(point, degrees, middle) for point in box.points)
    steady = (round(v, _STEADY_DECIMALS) for v in (*middle, box.width, box.height, angle(box) + degrees))
    x, y, width, height, direction = steady
    return rectangle((x, y), width, height, direction)


def with_reading_turned(box: Box, quarters: int = 1) -> Box:
    """Return the same outline with the text running a quarter turn (or several) further clockwise."""
    n = quarters % 4
    a, b, c, d = box.points[n:] + box.points[:n]
    return Box((a, b, c, d))


def quadrilateral(points: Sequence[Point], least: float = 0.0) -> Box | None:
    """Return the box with these four corners, given in any order; the text begins at the first.

    None where one corner lies within the others, which no perspective of a rectangle does, or where two are as good
    as one.
    """
    x, y = sum(p[0] for p in points) / 4, sum(p[1] for p in points) / 4
    around = sorted(points, key=lambda p: math.atan2(p[1] - y, p[0] - x))
    start = around.index(points[0])
    a, b, c, d = around[start:] + around[:start]
    box = Box((a, b, c, d))
    return box if is_sound(box, least) else None


def with_corner_moved(box: Box, corner: int, to: Point, least: float = 0.0) -> Box:
    """Return the box with one corner (0 to 3) moved towards a point, as far as it stays sound."""
    start = box.points[corner]

    def at(share: float) -> Box:
        points = list(box.points)
        points[corner] = start[0] + (to[0] - start[0]) * share, start[1] + (to[1] - start[1]) * share
        return _box(points)

    return furthest(at, lambda candidate: is_sound(candidate, least), box)


def furthest(at: Callable[[float], Box], is_fine: Callable[[Box], bool], start: Box) -> Box:
    """Return ``at(share)`` for the largest share from 0 to 1 that is fine; ``start`` when next to none is.

    What is fine has to be an interval that begins at 0, as it is for moves within a convex region.
    """
    if is_fine(wanted := at(1.0)):
        return wanted
    fine, low, high = start, 0.0, 1.0
    for _ in range(12):
        share = (low + high) / 2
        if is_fine(candidate := at(share)):
            fine, low = candidate, share
        else:
            high = share
    return fine


def part(box: Box, left: float, top: float, right: float, bottom: float) -> Box:
    """Return the part of the box between these shares of its length and height; under 0 and over 1 lies outside."""
    a, b, c, d = box.points

    def at(u: float, v: float) -> Point:
        x, y = (
            (p * (1 - u) + q * u) * (1 - v) + (s * (1 - u) + r * u) * v for p, q, r, s in zip(a, b, c, d, strict=True)
        )
        return x, y

    return _box((at(left, top), at(right, top), at(right, bottom), at(left, bottom)))


def cut(box: Box, share: float) -> tuple[Box, Box]:
    """Return the two boxes that a line across the text at this share of its length makes."""
    return part(box, 0, 0, share, 1), part(box, share, 0, 1, 1)


def to_whole_pixels(box: Box) -> Box:
    """Return the box with each corner at the nearest whole pixel."""
    return _box((math.floor(x + 0.5), math.floor(y + 0.5)) for x, y in box.points)


def smallest_around(boxes: Sequence[Box]) -> Box:
    """Return the smallest rectangle around boxes, in the direction of theirs that is nearest.

    Around upright boxes it is upright, even where a slightly turned one would be smaller.
    """
    points = [point for box in boxes for point in box.points]
    if all(box.is_upright for box in boxes):
        xs, ys = zip(*points, strict=True)
        return Box.from_bounds(min(xs), min(ys), max(xs), max(ys))
    direction = mean_angle(boxes)
    hull = convex_hull(points)
    edges = zip(hull, hull[1:] + hull[:1], strict=True)
    candidates = [_around(points, math.degrees(math.atan2(q[1] - p[1], q[0] - p[0])), direction) for p, q in edges]
    return min(candidates, key=lambda box: box.area)


def mean_angle(boxes: Iterable[Box]) -> float:
    """Return the mean direction of the texts; the longer ones count for more."""
    x = y = 0.0
    for box in boxes:
        radians = math.radians(angle(box))
        x, y = x + box.width * math.cos(radians), y + box.width * math.sin(radians)
    return math.degrees(math.atan2(y, x))


def convex_hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the smallest convex outline around points, clockwise (Andrew's monotone chain)."""
    ordered = sorted(set(points))

    def chain(ordered: Iterable[Point]) -> list[Point]:
        kept: list[Point] = []
        for x, y in ordered:
            while len(kept) > 1:
                (ax, ay), (bx, by) = kept[-2:]
                if (bx - ax) * (y - by) - (by - ay) * (x - bx) > 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return chain(ordered) + chain(reversed(ordered))


def _around(points: Sequence[Point], edge: float, direction: float) -> Box:
    """Return the rectangle around points with a side along ``edge`` and its text nearest to ``direction`` (degrees)."""
    degrees = edge + 90 * round((direction - edge) / 90)
    xs, ys = zip(*(rotated(point, -degrees) for point in points), strict=True)
    middle = rotated(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2), degrees)
    return rectangle(middle, max(xs) - min(xs), max(ys) - min(ys), degrees)


def _box(points: Iterable[Point]) -> Box:
    a, b, c, d = ((round(x, _DECIMALS) + 0.0, round(y, _DECIMALS) + 0.0) for x, y in points)
    return Box((a, b, c, d))
