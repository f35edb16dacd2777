"""Where the characters of a text stand from left to right, which is the order in which CTC writes them.

Texts are kept in logical order, as they are typed. Hebrew and Arabic stand in a picture from right to left, the numbers
and Latin words among them from left to right. A network goes over a crop from left to right, and CTC cannot write a
character before one that stands left of it; so texts are turned on their way to class indices, and turned back.

This is the bidirectional algorithm of Unicode (UAX 9) for one line, with what makes it its own inverse: the direction
of the line is that of most of its letters instead of the first one, and numbers belong to the Latin words beside them
on either side.
"""

from __future__ import annotations

import re
from enum import Enum
from unicodedata import bidirectional

_FIRST = "\u0590"  # no character before it is written from right to left
_KINDS = {"R": "R", "AL": "R", "L": "L", "EN": "N", "AN": "N", "CS": "S", "ES": "S", "ET": "T"}
_FROM_LEFT = re.compile(r"T*(?:[LN][^R]*)?L(?:[^R]*[LN])?T*|T*N+(?:[ST]+N+)*T*")
_FROM_RIGHT = re.compile(r"R(?:[^L]*R)?")
_MIRRORS = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


class Direction(Enum):
    """Which way a character is written."""

    FROM_LEFT = "left"
    FROM_RIGHT = "right"
    OF_BASE = "base"  # a mark that stands behind its base in either order
    NONE = "none"


Place = tuple[int, bool]
"""Which character, and whether it stands in a part that is written from right to left."""


def turned(text: str) -> str:
    """Return a text in logical order as it stands from left to right, or the other way round, brackets mirrored."""
    return text if _is_plain(text) else "".join(turned_characters(text)[0])


def turned_characters(text: str) -> tuple[list[str], list[int]]:
    """Return the characters of :func:`turned`, and the place in ``text`` that each comes from."""
    if _is_plain(text):
        return list(text), list(range(len(text)))
    clusters = _clusters(text)
    kinds = "".join(_KINDS.get(bidirectional(text[cluster[0]]), "-") for cluster in clusters)
    places = [(i, from_right) for cluster, from_right in _arranged(kinds) for i in clusters[cluster]]
    characters = [text[i].translate(_MIRRORS) if from_right else text[i] for i, from_right in places]
    return characters, [i for i, _ in places]


def direction(char: str) -> Direction:
    """Return which way a character is written; numbers are written from left to right."""
    kind = bidirectional(char)
    if kind == "NSM":
        return Direction.OF_BASE
    found = _KINDS.get(kind)
    return {"R": Direction.FROM_RIGHT, "L": Direction.FROM_LEFT, "N": Direction.FROM_LEFT}.get(
        found or "", Direction.NONE
    )


def mirrored(char: str) -> str:
    """Return the bracket that stands for this one where text is written from right to left; else the character."""
    return char.translate(_MIRRORS)


def _is_plain(text: str) -> bool:
    return text.isascii() or not any(char >= _FIRST and bidirectional(char) in ("R", "AL") for char in text)


def _clusters(text: str) -> list[list[int]]:
    """Return the places of characters, each with the marks behind it, which stay behind it."""
    clusters: list[list[int]] = []
    for i, char in enumerate(text):
        if clusters and bidirectional(char) == "NSM":
            clusters[-1].append(i)
        else:
            clusters.append([i])
    return clusters


def _arranged(kinds: str) -> list[Place]:
    if kinds.count("R") > kinds.count("L"):
        return _backwards(kinds, 0, len(kinds))
    places: list[Place] = []
    end = 0
    for run in _FROM_RIGHT.finditer(kinds):
        places += [(i, False) for i in range(end, run.start())]
        places += _backwards(kinds, *run.span())
        end = run.end()
    return places + [(i, False) for i in range(end, len(kinds))]


def _backwards(kinds: str, start: int, end: int) -> list[Place]:
    """Return the places of a part that is written from right to left, but for numbers and Latin words in it."""
    parts: list[list[Place]] = []
    for run in _FROM_LEFT.finditer(kinds, start, end):
        parts += [[(i, True)] for i in range(start, run.start())]
        parts.append([(i, False) for i in range(*run.span())])
        start = run.end()
    parts += [[(i, True)] for i in range(start, end)]
    return [place for part in reversed(parts) for place in part]
