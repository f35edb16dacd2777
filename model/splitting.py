"""Words cut in two and put together: where to cut, and what the texts are then."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from model import geometry
from model.annotations import Box, Prediction, Word, reading_order

SPACE_SHARE = 0.25
"""Parts that stand this share of their height apart are words of their own, so a space comes between their texts."""
_WIDE = frozenset("WF")  # East Asian widths of scripts that are written without spaces


def texts_at(text: str, caret: int) -> tuple[str, str]:
    """Return the texts left and right of a caret, without the spaces between them."""
    return text[:caret].rstrip(), text[caret:].lstrip()


def share_at(text: str, caret: int, prediction: Prediction | None) -> float:
    """Return where a caret in a word's text is on its crop, as a share of the width.

    The spans of what was read tell it where they are of as many characters as the text; else all are taken as wide.
    """
    left, right = texts_at(text, caret)
    before, after = len(left), len(text) - len(right)
    spans = prediction.characters if prediction is not None else ()
    if len(spans) == len(text) and 0 < before <= after < len(text):
        return (spans[before - 1].end + spans[after].start) / 2
    return (before + after) / 2 / len(text)


def middle_caret(text: str, prediction: Prediction | None) -> int:
    """Return the caret at the space nearest to the middle of the crop, or between the characters nearest to it."""
    inside = [i for i in range(1, len(text)) if all(texts_at(text, i))]
    spaces = [i for i in inside if text[i] == " "]
    return min(spaces or inside, key=lambda i: abs(share_at(text, i, prediction) - 0.5), default=0)


def in_line(words: Sequence[Word]) -> list[Word]:
    """Return words in reading order along their common direction, however it is turned."""
    turn = -geometry.mean_angle(word.box for word in words)
    upright = [replace(word, box=_turned(word.box, turn)) for word in words]
    by_id = {word.id: word for word in words}
    return [by_id[word.id] for word in reading_order(upright)]


def joined_text(boxes: Sequence[Box], texts: Sequence[str]) -> str:
    """Return the text of words that become one, in this order.

    A space comes in where there is one on the page: parts of one word, which a detector tore apart, stand close.
    """
    turn = -geometry.mean_angle(boxes)
    bounds = [_turned(box, turn).bounds for box in boxes]
    text = texts[0]
    for (before, after), more in zip(pairwise(bounds), texts[1:], strict=True):
        text += (" " if _are_apart(before, after) and not _are_wide(text[-1:], more[:1]) else "") + more
    return text


def _are_apart(before: tuple[float, ...], after: tuple[float, ...]) -> bool:
    height = min(before[3] - before[1], after[3] - after[1])
    is_new_line = (after[1] + after[3]) / 2 > before[3]
    return is_new_line or after[0] - before[2] >= SPACE_SHARE * height


def _are_wide(*characters: str) -> bool:
    return all(c and unicodedata.east_asian_width(c) in _WIDE for c in characters)


def _turned(box: Box, degrees: float) -> Box:
    """Return the box turned about the page's corner, so that boxes keep their places to each other."""
    a, b, c, d = (geometry.rotated(point, degrees) for point in box.points)
    return Box((a, b, c, d))
