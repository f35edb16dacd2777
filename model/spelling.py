"""Characters that are hard to see or to type: what is odd about those of a text, and where to find others."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from model.charset import is_character, normalize
from model.lookalikes import lookalike

_ALIKE = ("LATIN", "CYRILLIC", "GREEK")
"""Scripts with letters that nobody can tell apart. Others share no shapes, and are mixed on purpose."""

_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class Oddness(StrEnum):
    """Why a character is odd where it stands."""

    LOOKALIKE = "lookalike"
    SCRIPT = "script"
    WIDTH = "width"
    INVISIBLE = "invisible"


@dataclass(frozen=True, slots=True)
class Oddity:
    """A character that is odd where it stands.

    Attributes:
        looks_like: the usual character it is taken for; empty for an invisible one and where there is none.
    """

    char: str
    oddness: Oddness
    looks_like: str = ""

    @property
    def code_point(self) -> str:
        """The character as Unicode names it: "U+0430 CYRILLIC SMALL LETTER A"."""
        return f"U+{ord(self.char):04X} {unicodedata.name(self.char, '')}".rstrip()


def oddities(text: str, charset: Container[str] | None = None) -> tuple[Oddity, ...]:
    """Return the odd characters of a text, each once, in the order of the text.

    Args:
        text: any text; it is looked at in normal form C, as it would be stored.
        charset: what the network at hand can write: a character it lacks and that looks like one it has is odd.
    """
    text = normalize(text)
    scripts = Counter(_script(char) for char in text if _script(char))
    usual = max(scripts, key=lambda script: (scripts[script], script == "LATIN"), default="")
    has_ascii = any(char.isascii() and char.isalnum() for char in text)
    found = (_oddity(char, usual, has_ascii=has_ascii, charset=charset) for char in dict.fromkeys(text))
    return tuple(oddity for oddity in found if oddity is not None)


def _oddity(char: str, usual: str, *, has_ascii: bool, charset: Container[str] | None) -> Oddity | None:
    if char == " ":
        return None
    if unicodedata.category(char) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
        return Oddity(char, Oddness.INVISIBLE)
    if charset is not None and char not in charset and (plain := lookalike(char, charset)):
        return Oddity(char, Oddness.LOOKALIKE, plain)
    plain = lookalike(char, _ASCII) or ""
    if _script(char) not in ("", usual):
        return Oddity(char, Oddness.SCRIPT, plain)
    if has_ascii and plain and unicodedata.east_asian_width(char) == "F":
        return Oddity(char, Oddness.WIDTH, plain)
    return None


def _script(char: str) -> str:
    """Return the script of a letter that has doubles in another one, as the first word of its name; else nothing."""
    script = unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""
    return script if script in _ALIKE else ""


_OFFERED = ((0x21, 0x24F), (0x370, 0x52F), (0x1E00, 0x1EFF), (0x2010, 0x2044), (0x20A0, 0x20BF), (0x2190, 0x22FF))
"""Where characters are looked for: Latin, Greek and Cyrillic letters, marks, currencies, arrows and signs."""


@cache
def _offered() -> tuple[str, ...]:
    every = (chr(code) for first, last in _OFFERED for code in range(first, last + 1))
    return tuple(char for char in every if unicodedata.category(char)[0] != "C" and normalize(char) == char)


def relatives(char: str) -> tuple[str, ...]:
    """Return the characters that may be meant where this one stands: with other marks, or alike; its case first."""
    base = _base(char)
    kin = [one for one in _offered() if one != char and (_base(one) == base or lookalike(one, (base, char)))]
    return tuple(sorted(kin, key=lambda one: one.isupper() != char.isupper()))


def _base(char: str) -> str:
    return unicodedata.normalize("NFD", char)[0].casefold()


def find_characters(query: str) -> tuple[str, ...]:
    """Return the characters whose Unicode names have all these words, such as "e acute"; or that of a code point."""
    words = query.upper().split()
    if len(words) == 1 and (code := re.fullmatch(r"U\+([0-9A-F]{4,6})", words[0])):
        number = int(code[1], 16)
        return (chr(number),) if number <= sys.maxunicode and is_character(chr(number)) else ()
    return tuple(char for char in _offered() if words and {*words} <= {*unicodedata.name(char).split()})
