"""Coordinates, boxes and texts as the page formats write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from model.annotations import Box, Point

ILLEGIBLE = "###"
"""What several formats write in place of a text that nobody can read."""

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_FARTHEST = 1e7  # pixels: no image reaches as far, and sums of such numbers stay finite


def number(value: object) -> float:
    """Return a coordinate from JSON.

    Raises:
        ValueError: it is no finite number that a page could reach.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _FARTHEST:
        raise ValueError("a coordinate is no number that can be on a page")
    return float(value)


def number_in(text: str | None) -> float:
    """Return a coordinate from text. Raises as `number`."""
    is_number = text is not None and _NUMBER.fullmatch(text)
    return number(float(text) if text is not None and is_number else None)


def points_of(value: object) -> list[Point]:
    """Return corners from [[x, y], ...] or [x, y, x, y, ...].

    Raises:
        ValueError: they are anything else.
    """
    if not isinstance(value, list):
        raise ValueError("the corners are no list")
    if value and all(isinstance(p, list) for p in value):
        if any(len(p) != 2 for p in value):
            raise ValueError("a corner is not one x and one y")
        value = [coordinate for p in value for coordinate in p]
    if len(value) % 2:
        raise ValueError("the corners are not pairs of x and y")
    numbers = [number(v) for v in value]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def points_in(text: str | None) -> list[Point]:
    """Return corners from "x,y x,y" or "x y x y".

    Raises:
        ValueError: they are anything else.
    """
    return points_of([number_in(v) for v in re.split(r"[\s,;]+", (text or "").strip()) if v])


def rectangle(left: float, top: float, width: float, height: float) -> Box:
    """Return an upright box from an edge and sizes."""
    return Box.from_bounds(left, top, left + width, top + height)


def outline(points: Sequence[Point]) -> Box:
    """Return the box of a polygon.

    Four corners are taken in their order, which is to begin at the text's top-left; anticlockwise ones would mirror
    the text, so they are turned around. Around more, or three, the smallest rectangle is laid, its text running as
    nearly from left to right as it can.

    Raises:
        ValueError: there are fewer than three corners.
    """
    if len(points) > 4 and points[0] == points[-1]:
        points = points[:-1]
    if len(points) < 3:
        raise ValueError(f"{len(points)} corners make no box")
    if len(points) != 4:
        return _smallest_rectangle(points)
    a, b, c, d = points
    return Box((a, b, c, d)) if _doubled_area(points) >= 0 else Box((a, d, c, b))


def _doubled_area(points: Sequence[Point]) -> float:
    """Return twice the area of a polygon, positive when it runs clockwise on the screen."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True))


def _smallest_rectangle(points: Sequence[Point]) -> Box:
    """Return the rectangle of least area around points; one side of it lies on their hull."""
    best: tuple[float, Box] | None = None
    hull = _hull(points)
    for (ax, ay), (bx, by) in zip(hull, [*hull[1:], hull[0]], strict=True):
        angle = math.atan2(by - ay, bx - ax)
        angle -= round(angle / (math.pi / 2)) * (math.pi / 2)  # text runs from left to right
        cos, sin = math.cos(angle), math.sin(angle)
        turned = [(x * cos + y * sin, y * cos - x * sin) for x, y in hull]
        left, top, right, bottom = _bounds(turned)
        area = (right - left) * (bottom - top)
        if best is None or area < best[0]:
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            a, b, c, d = ((u * cos - v * sin, u * sin + v * cos) for u, v in corners)
            best = area, Box((a, b, c, d))
    assert best is not None, "a hull has corners"
    return best[1]


def _bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _hull(points: Sequence[Point]) -> list[Point]:
    """Return the convex hull (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    halves: list[list[Point]] = []
    for run in (ordered, ordered[::-1]):
        half: list[Point] = []
        for x, y in run:
            while len(half) > 1:
                (ax, ay), (bx, by) = half[-2:]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                half.pop()
            half.append((x, y))
        halves.append(half[:-1])
    return halves[0] + halves[1]


def turned_rectangle(centre: Point, width: float, height: float, degrees: float) -> Box:
    """Return a rectangle turned clockwise about its centre."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y, w, h = *centre, width / 2, height / 2
    corners = ((-w, -h), (w, -h), (w, h), (-w, h))
    a, b, c, d = ((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners)
    return Box((a, b, c, d))


def clockwise(box: Box) -> Box:
    """Return the box as `outline` reads it back."""
    return outline(box.points)


def whole_pixels(box: Box) -> Box:
    """Return the box with each corner at the nearest whole pixel, halves away from zero as `images.cut_crop` does."""
    a, b, c, d = ((math.floor(x + 0.5), math.floor(y + 0.5)) for x, y in box.points)
    return Box((a, b, c, d))


def written(value: float) -> str:
    """Return a number as text that reads back as the same; a whole one without a point."""
    return str(int(value)) if value == int(value) else repr(value)


def plain_numbers(points: Iterable[Point]) -> list[list[float]]:
    """Return corners for JSON, whole numbers without a point."""
    return [[int(v) if v == int(v) else v for v in point] for point in points]


def plain_text(text: object) -> str:
    """Return a word's text.

    Raises:
        ValueError: it is a number, a list, ...
    """
    if not isinstance(text, str):
        raise ValueError("its text is no text")
    return text


def legible(text: object) -> str:
    """Return a word's text where a mark may stand for it.

    Raises:
        ValueError: it is no text, or the mark of what nobody can read.
    """
    text = plain_text(text)
    if text == ILLEGIBLE:
        raise ValueError(f"it is marked as illegible ({ILLEGIBLE})")
    return text


def illegible_refusal(text: str) -> str | None:
    """Return why a format with a mark for illegible words cannot carry a label; None when it can."""
    return f"is {ILLEGIBLE}, which marks illegible words in this format" if text == ILLEGIBLE else None


def line_refusal(text: str) -> str | None:
    """Return why a line whose ends are stripped cannot carry a label, as a clause after "the label"; else None."""
    if not text.strip():
        return "is empty"
    if len(f"{text}.".splitlines()) > 1:
        return "is broken over lines"
    if text != text.strip():
        return "begins or ends with a space"
    return illegible_refusal(text)


def text_among(attributes: Mapping[str, object]) -> str:
    """Return the text among a word's attributes: the one that is called so, else the only one there is, else ""."""
    texts = {name.casefold(): value for name, value in attributes.items() if isinstance(value, str)}
    for name in ("text", "transcription", "utf8_string"):
        if name in texts:
            return texts[name]
    return next(iter(texts.values())) if len(texts) == 1 else ""
