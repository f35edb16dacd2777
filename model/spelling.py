"""What is odd about the characters of a text: what reads right to a person and is something else to a machine."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from model.charset import normalize
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
