"""Texts to draw: words, numbers, prices, dates, codes and whatever else stands on signs, labels and screens."""

from __future__ import annotations

import string
import unicodedata
from bisect import bisect
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

import numpy as np

from model.errors import DatasetError
from model.synth.vocabulary import WORDS

_SYSTEM_WORDS = (Path("/usr/share/dict/words"), Path("/usr/share/dict/web2"))
_LONGEST = 22
_TRIES = 8
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ABBREVIATIONS = (
    *("St.", "Ave.", "Dr.", "Mr.", "Mrs.", "No.", "Nr.", "Tel.", "Fax", "Inc.", "Ltd", "Co.", "GmbH", "S.A.", "a.m."),
    *(
        "p.m.",
        "Vol.",
        "p.",
        "e.g.",
        "i.e.",
        "etc.",
        "kg",
        "km/h",
        "kWh",
        "m2",
        "ml",
        "L",
        "XL",
        "XXL",
        "USB",
        "LED",
        "TV",
    ),
    *(
        "P.O.",
        "U.S.",
        "U.K.",
        "VAT",
        "QTY",
        "SKU",
        "EXP",
        "LOT",
        "REF",
        "ISBN",
        "Ph.D.",
        "B&B",
        "R&D",
        "24/7",
        "1st",
        "2nd",
    ),
)
_SMALL = (
    *("a", "i", "an", "as", "at", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no", "of", "on", "or"),
    *("so", "to", "up", "us", "we", "and", "are", "for", "out", "the", "you", "&"),
)
_DOMAINS = ("com", "org", "net", "de", "fr", "co.uk", "io", "es", "it", "info")


@lru_cache(maxsize=1)
def system_words() -> tuple[str, ...]:
    """Return the machine's word list where it has one (letters only, up to 18), else an empty tuple."""
    for path in _SYSTEM_WORDS:
        if path.is_file():
            lines = path.read_text("utf-8", errors="replace").splitlines()
            return tuple(dict.fromkeys(line for line in lines if line.isalpha() and len(line) <= 18))
    return ()


def read_words(path: Path) -> tuple[str, ...]:
    """Return the lines of a UTF-8 word file, NFC, without empty ones.

    Raises:
        DatasetError: the file cannot be read, is no UTF-8, or holds no word.
    """
    try:
        lines = unicodedata.normalize("NFC", path.read_text("utf-8-sig")).splitlines()
    except OSError as error:
        raise DatasetError(f"The word file {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"The word file {path} is not UTF-8 text; it holds one word a line.") from error
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not words:
        raise DatasetError(f"The word file {path} holds no words; it is a UTF-8 text file with one word a line.")
    return words


class TextSource:
    """Draws texts that consist of a charset's characters only.

    Args:
        characters: the characters allowed, in any order.
        words: texts to draw as they are (a user's own list); None draws a general mixture.
        vocabulary: the words of that mixture. None takes the machine's word list where it has one, so that the texts
            are the same only where that list is.

    Raises:
        DatasetError: none of ``words`` can be written with the characters, or none of these is visible.
    """

    def __init__(
        self, characters: str, *, words: Sequence[str] | None = None, vocabulary: Sequence[str] | None = None
    ) -> None:
        self._allowed = frozenset(characters)
        self._characters = "".join(c for c in characters if not c.isspace())
        if not self._characters:
            raise DatasetError("Words to draw need at least one visible character, and the charset has none.")
        self._words: Sequence[str] = ()
        self._exact = words is not None
        if words is not None:
            self._words = [word for word in words if self._allowed.issuperset(word)]
            if not self._words:
                raise DatasetError(
                    "None of the given words can be written with the characters of the charset; give others of either."
                )
            return
        self._words = vocabulary or system_words() or WORDS
        self._letters = any(c in self._allowed for c in string.ascii_letters)
        self._variants = _variants(characters)
        self._kinds, self._weights = self._mixture()

    def text(self, rng: np.random.Generator) -> str:
        """Return one text: not empty, without space at its ends."""
        if self._exact:
            return _one(rng, self._words)
        for _ in range(_TRIES):
            kind = self._kinds[bisect(self._weights, rng.random() * self._weights[-1])]
            text = self._fold(kind(rng))
            if 0 < len(text) <= _LONGEST:
                return text
        return self._string(rng)

    def _mixture(self) -> tuple[list[Callable[[np.random.Generator], str]], list[float]]:
        foreign = sum(c.isalpha() and not c.isascii() for c in self._characters) / len(self._characters)
        mixture: list[tuple[Callable[[np.random.Generator], str], float]] = [(self._string, 5 + 60 * foreign)]
        if any(c.isdigit() for c in self._characters):
            mixture += [(_digits, 7), (_amount, 3.5), (_price, 3), (_date, 2.5), (_time, 2), (_phone, 1.5)]
        if self._letters:
            mixture += [
                (self._word, 72),
                (self._punctuated, 8),
                (self._phrase, 3.5),
                (_abbreviation, 2),
                (self._address, 2),
            ]
            mixture += [(_code, 3), (_plate, 1.5)]
        if not self._letters and not foreign:
            mixture = [(self._string, 1.0)]
        kinds, weights = zip(*mixture, strict=True)
        return list(kinds), list(accumulate(weights))

    def _fold(self, text: str) -> str:
        """Return the text in the charset: other case where only that exists, and without what it lacks."""
        allowed = self._allowed
        folded = "".join(c if c in allowed else c.lower() if c.lower() in allowed else c.upper() for c in text)
        return "".join(c for c in folded if c in allowed).strip()

    def _word(self, rng: np.random.Generator) -> str:
        draw = rng.random()
        if draw < 0.06:
            word = _one(rng, _SMALL)
        elif draw < 0.42:
            word = _one(rng, WORDS)
        else:
            word = _one(rng, self._words) if draw < 0.9 else _coined(rng)
        if self._variants and rng.random() < 0.5:
            word = "".join(_one(rng, self._variants.get(c, c)) if rng.random() < 0.3 else c for c in word)
        return _cased(rng, word)

    def _punctuated(self, rng: np.random.Generator) -> str:
        word = self._word(rng)
        form = (
            _one(rng, ("{},", "{}.", "{}!", "{}:", "{}'s"))
            if rng.random() < 0.5
            else _one(
                rng,
                (
                    "{},",
                    "{}.",
                    "{}!",
                    "{}?",
                    "{}:",
                    "{};",
                    "({})",
                    '"{}"',
                    "{}'s",
                    "{}-{}",
                    "#{}",
                    "{}&{}",
                    "{}...",
                    "'{}'",
                    "*{}",
                    "[{}]",
                    "{}/{}",
                    "{}_{}",
                    "<{}>",
                    "@{}",
                    "+{}",
                ),
            )
        )
        return form.format(word, _one(rng, WORDS))

    def _phrase(self, rng: np.random.Generator) -> str:
        second = _digits(rng)[:4] if rng.random() < 0.3 else _one(rng, WORDS)
        third = f" {_one(rng, WORDS)}" if rng.random() < 0.2 else ""
        return _cased(rng, f"{_one(rng, WORDS)} {second}{third}")

    def _address(self, rng: np.random.Generator) -> str:
        first, second, domain = _one(rng, WORDS), _one(rng, WORDS), _one(rng, _DOMAINS)
        return _one(rng, ("www.{0}.{2}", "{0}{1}.{2}", "{0}@{1}.{2}", "@{0}{1}", "/{0}/{1}", "{0}-{1}.{2}")).format(
            first, second, domain
        )

    def _string(self, rng: np.random.Generator) -> str:
        length = int(rng.integers(1, 11))
        if self._letters and length < 4 and rng.random() < 0.7:
            length += 3
        return "".join(_one(rng, self._characters) for _ in range(length))


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.random() * len(choices))]


def _cased(rng: np.random.Generator, word: str) -> str:
    """Return the word as signs, papers and screens write it: capitals are nearly half of what cameras meet."""
    draw = rng.random()
    if draw < 0.29:
        return word.lower()
    if draw < 0.56:
        return word.capitalize()
    if draw < 0.97:
        return word.upper()
    split = int(rng.random() * len(word))
    return word[:split].capitalize() + word[split:].capitalize()


def _coined(rng: np.random.Generator) -> str:
    """Return a pronounceable word that is in no dictionary."""
    syllables = int(rng.integers(1, 4))
    word = ""
    for _ in range(syllables):
        onset = _one(
            rng,
            (
                "b",
                "c",
                "d",
                "f",
                "g",
                "h",
                "j",
                "k",
                "l",
                "m",
                "n",
                "p",
                "qu",
                "r",
                "s",
                "t",
                "v",
                "w",
                "x",
                "y",
                "z",
                "st",
                "br",
                "ch",
                "sh",
                "th",
                "tr",
                "pl",
                "",
            ),
        )
        word += (
            onset
            + _one(rng, ("a", "e", "i", "o", "u", "ea", "ou", "ie", "y"))
            + _one(rng, ("", "", "n", "r", "s", "t", "l", "m", "ck", "ng", "x"))
        )
    return word


def _digits(rng: np.random.Generator) -> str:
    length = 1 + int((4 if rng.random() < 0.5 else 8) * rng.random())
    return "".join(_one(rng, string.digits) for _ in range(length))


def _amount(rng: np.random.Generator) -> str:
    value = float(10 ** rng.uniform(0, 6))
    form = int(rng.integers(6))
    plain = (f"{value:.0f}", f"{value:.1f}", f"{value:.2f}", f"{value:,.0f}", f"{value:.0f}%", f"-{value:.1f}")[form]
    return plain.replace(".", ",") if form in (1, 2) and rng.random() < 0.3 else plain


def _price(rng: np.random.Generator) -> str:
    value = float(10 ** rng.uniform(0, 3.5))
    amount = f"{value:.2f}" if rng.random() < 0.8 else f"{value:.0f}"
    return _one(rng, ("${}", "{}", "{}$", "€{}", "£{}", "{},-")).format(amount)


def _date(rng: np.random.Generator) -> str:
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1900, 2036))
    name = _MONTHS[month - 1]
    forms = (
        *(f"{day:02}.{month:02}.{year}", f"{month}/{day}/{year % 100:02}", f"{year}-{month:02}-{day:02}", f"{year}"),
        *(
            f"{day:02}/{month:02}/{year}",
            f"{name}-{year}",
            f"{day}{name}{year % 100:02}",
            f"{month:02}/{year % 100:02}",
        ),
    )
    return _one(rng, forms)


def _time(rng: np.random.Generator) -> str:
    hour, minute, second = int(rng.integers(24)), int(rng.integers(60)), int(rng.integers(60))
    clock = f"{hour % 12 + 1}:{minute:02}"
    return _one(
        rng,
        (
            f"{hour:02}:{minute:02}",
            f"{hour:02}:{minute:02}:{second:02}",
            f"{clock}pm",
            f"{clock}AM",
            f"{hour}h{minute:02}",
        ),
    )


def _phone(rng: np.random.Generator) -> str:
    a, b, c = int(rng.integers(100, 1000)), int(rng.integers(100, 1000)), int(rng.integers(1000, 10000))
    return _one(
        rng,
        (f"{a}-{b}-{c}", f"({a}){b}-{c}", f"+{a % 90 + 10}{b}{c}", f"0{a}/{b}{c % 100}", f"{b}-{c}", f"1-800-{b}-{c}"),
    )


def _code(rng: np.random.Generator) -> str:
    letters = "".join(_one(rng, string.ascii_uppercase) for _ in range(int(rng.integers(1, 4))))
    number = _digits(rng)
    return _one(rng, ("{0}{1}", "{0}-{1}", "{1}{0}", "{0}{1}/{0}", "{0}.{1}", "#{0}{1}", "{0}_{1}")).format(
        letters, number
    )


def _plate(rng: np.random.Generator) -> str:
    pattern = _one(
        rng, ("AAA 000", "AA 000 AA", "AA00 AAA", "0AAA000", "A-AA 0000", "AAA-0000", "000-AAA", "AB00CD", "AA000AA")
    )
    swapped = (
        _one(rng, string.ascii_uppercase) if c.isalpha() else _one(rng, string.digits) if c == "0" else c
        for c in pattern
    )
    return "".join(swapped)


def _abbreviation(rng: np.random.Generator) -> str:
    return _one(rng, _ABBREVIATIONS)


def _variants(characters: str) -> dict[str, str]:
    """Return for each ASCII letter the accented letters of the charset that are built on it."""
    variants: dict[str, str] = {}
    for character in characters:
        base = unicodedata.normalize("NFD", character)[0]
        if base != character and base.isascii() and base.isalpha():
            variants[base] = variants.get(base, "") + character
    return variants
