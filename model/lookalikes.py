"""Characters that look like others: letters of another script, full-width forms and typographic marks in a label.

A label with one of them reads right to a person and wrong to everything else. The table holds what keyboards and
word processors really mix up, not all of Unicode's confusables (UTS 39).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_PAIRS = (
    ("АВЕЗКМНОРСТУХЅІЈаеорсухѕіј", "ABE3KMHOPCTYXSIJaeopcyxsij"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοντ", "ABEZHIKMNOPTYXovt"),
    ("‐‑‒–—−‘’‚“”„′″·∙⁄×", '------\'\',"""\'"../x'),
)
_ASCII_OF = {strange: plain for left, right in _PAIRS for strange, plain in zip(left, right, strict=True)}


def lookalike(char: str, known: Container[str]) -> str | None:
    """Return the character among the known ones that this unknown one looks like, if there is one."""
    plain = _ASCII_OF.get(char) or unicodedata.normalize("NFKC", char)
    return plain if plain != char and len(plain) == 1 and plain in known else None


_SMALL = {ord(char): char.lower() for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_STANDS_FOR = str.maketrans("0q9i1|!5$862", "oggllllssbbz")


def skeleton(text: str) -> str:
    """Return what is left of a text when characters that recognisers mix up are one: two texts with one look alike."""
    text = text.lower() if text.isascii() else text.translate(_SMALL)
    return text.replace("rn", "m").replace("vv", "w").translate(_STANDS_FOR)
