"""The ordered characters a network can write, and the CTC code between texts and class indices.

The blank is index 0 and no character, so "-" and the space are ordinary characters. Texts are taken in Unicode
normal form C; a combining mark without a precomposed form is a character of its own. Texts are in logical order; their
indices follow each other as the characters stand from left to right, see :mod:`model.directions`.
"""

from __future__ import annotations

import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from types import MappingProxyType

from model.directions import turned
from model.errors import CharsetError

BLANK = 0

_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_SOFT_HYPHEN = "\xad"
_LATIN_1 = "".join(map(chr, range(0xA1, 0x100))).replace(_SOFT_HYPHEN, "")
_LATIN_EXTENDED_A = "".join(map(chr, range(0x100, 0x180)))
_TYPOGRAPHIC = "ȘșȚțẞ‐‑‒–—―‘’‚“”„†‡•…‰′″‹›⁄₤₦₩₪₫€₱₴₹₺₽₿№™−"

PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "digits": string.digits,
        "alphanumeric": string.digits + string.ascii_lowercase,
        "alphanumeric-case": string.digits + string.ascii_uppercase + string.ascii_lowercase,
        "ascii": _ASCII,
        "latin": _ASCII + _LATIN_1 + _LATIN_EXTENDED_A + _TYPOGRAPHIC,
        # The order is that of EasyOCR's configuration: a converted checkpoint's rows follow it.
        "easyocr-english-g2": string.digits
        + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €"
        + string.ascii_uppercase
        + string.ascii_lowercase,
        # And this one that of docTR's vocabulary of the same name.
        "doctr-french": string.digits
        + string.ascii_letters
        + string.punctuation
        + "°£€¥¢฿"
        + "àâéèêëîïôùûüçÀÂÉÈÊËÎÏÔÙÛÜÇ",
    }
)


def normalize(text: str) -> str:
    """Return the text in Unicode normal form C, the only form that labels are compared and encoded in."""
    return unicodedata.normalize("NFC", text)


def from_left(text: str) -> str:
    """Return the characters of a text in normal form C as they stand from left to right."""
    return turned(normalize(text))


def frames_needed(text: str | Sequence[int]) -> int:
    """Return the least number of frames T in which CTC can write the text (or the indices of one).

    That is one frame a character, and one blank between each two equal neighbours.
    """
    symbols = from_left(text) if isinstance(text, str) else text
    return len(symbols) + sum(a == b for a, b in pairwise(symbols))


def describe(characters: Iterable[str]) -> str:
    """Return the characters with their code points, for a message: ``'é' (U+00E9), '€' (U+20AC)``."""
    return ", ".join(f"{char!r} (U+{ord(char):04X})" for char in characters)


def is_character(char: str) -> bool:
    """Whether a network can learn to write this code point: anything but control characters and lone surrogates."""
    return unicodedata.category(char) not in ("Cc", "Cs")


@dataclass(frozen=True, slots=True)
class Charset:
    """The characters of a network, in order. Character i has class index i + 1; index 0 is the blank.

    Attributes:
        characters: distinct code points, each in normal form C.

    Raises:
        CharsetError: a character is repeated, not in normal form C, a control character or a lone surrogate.
    """

    characters: str
    _index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.characters:
            raise CharsetError("A charset needs at least one character.")
        if repeated := [char for char, count in Counter(self.characters).items() if count > 1]:
            raise CharsetError(f"A charset lists each character once, but it repeats {describe(repeated)}.")
        if unusable := [char for char in self.characters if not is_character(char) or normalize(char) != char]:
            raise CharsetError(f"A charset cannot hold {describe(unusable)}: not a printable NFC character.")
        object.__setattr__(self, "_index", {char: i for i, char in enumerate(self.characters, start=1)})

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Charset:
        """Return the charset of all characters in the texts, in code point order."""
        return cls("".join(sorted({char for text in texts for char in from_left(text)})))

    @classmethod
    def named(cls, name: str | Path) -> Charset:
        """Return a preset by its name, or the characters of a UTF-8 file; line breaks in it are no characters."""
        if str(name) in PRESETS:
            return cls(PRESETS[str(name)])
        path = Path(name)
        if not path.is_file():
            raise CharsetError(f"'{name}' is neither a file of characters nor one of: {', '.join(PRESETS)}.")
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except OSError as error:
            raise CharsetError(f"The charset file {path} cannot be read: {error.strerror or error}.") from error
        except UnicodeDecodeError as error:
            raise CharsetError(f"The charset file {path} is not UTF-8 text; save it as UTF-8.") from error
        try:
            # Line by line, so that a combining mark on a line of its own stays one.
            return cls("".join(map(normalize, lines)))
        except CharsetError as error:
            raise CharsetError(f"{path}: {error}") from error

    def __len__(self) -> int:
        """Return the number of classes, the blank among them."""
        return len(self.characters) + 1

    def __contains__(self, char: object) -> bool:
        return char in self._index

    def unknown(self, text: str) -> tuple[str, ...]:
        """Return the characters of the text that this charset lacks, each once, in order of appearance."""
        return tuple(dict.fromkeys(char for char in from_left(text) if char not in self._index))

    def encode(self, text: str) -> list[int]:
        """Return the class index of each character of the text, from left to right; none is the blank.

        Raises:
            CharsetError: characters are unknown; the message names every one of them.
        """
        if unknown := self.unknown(text):
            raise CharsetError(f"The charset lacks {describe(unknown)}, which '{text}' needs.")
        return [self._index[char] for char in from_left(text)]

    def text(self, indices: Iterable[int]) -> str:
        """Return the text that these class indices write from left to right, without the CTC collapse or blanks."""
        return turned("".join(self.characters[i - 1] for i in indices if i != BLANK))

    def decode(self, indices: Iterable[int]) -> str:
        """Return the text of a CTC path, one class index a frame: repeats are merged, then blanks removed."""
        return self.text(index for index, _ in groupby(indices))

    def extended(self, characters: Iterable[str]) -> Charset:
        """Return this charset with those of the characters it lacks appended, so that old rows keep their index."""
        new = dict.fromkeys(char for char in characters if char not in self._index)
        return Charset(self.characters + "".join(new))
