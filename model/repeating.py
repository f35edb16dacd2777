"""The same mistake elsewhere: what one correction says about other readings.

A recogniser that reads ``l00`` for ``100`` once does it again. Two kinds of readings are proposed for the same
correction: those of the same text, and those where the same characters stand between the same neighbours. What a human
has let stand is no mistake, and a reading much surer than the corrected one is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rapidfuzz.distance import Levenshtein

from model.lookalikes import skeleton

if TYPE_CHECKING:
    from model.annotations import Prediction

SURE = 0.9
"""A reading up to this sure may be the same mistake; a surer one only when the corrected reading was as sure."""

REST_SURE = 0.8
"""How sure the other characters of a reading have to be where it alone speaks for its correction."""

_LEAST_ALIKE = 0.5
_END = "\n"  # stands for either end of a text, which never holds it


@dataclass(frozen=True, slots=True)
class Confusion:
    """Characters that were read for others, between two neighbours; an end of the text counts as one."""

    left: str
    wrong: str
    right: str
    put: str

    @property
    def holding(self) -> str:
        """What a text with the confusion holds."""
        return self._seen.strip(_END)

    @property
    def _seen(self) -> str:
        return self.left + self.wrong + self.right

    def is_in(self, text: str) -> bool:
        """Whether a text holds the characters between these neighbours."""
        return self._seen in f"{_END}{text}{_END}"

    def put_right(self, text: str) -> str:
        """Return the text without the confusion."""
        return f"{_END}{text}{_END}".replace(self._seen, self.left + self.put + self.right).strip(_END)

    @property
    def is_of_lookalikes(self) -> bool:
        """Whether the two look alike, so that one may well stand for the other."""
        return bool(self.wrong) and skeleton(self.wrong) == skeleton(self.put)


def confusions(read: str, typed: str) -> tuple[Confusion, ...]:
    """Return what was mistaken for what; nothing when the two have little in common."""
    if Levenshtein.normalized_similarity(read, typed) < _LEAST_ALIKE:
        return ()
    padded = f"{_END}{read}{_END}"
    found = []
    for start, end, put_start, put_end in _changed_spans(read, typed):
        left, right = padded[start], padded[end + 1]
        found.append(Confusion(left, read[start:end], right, typed[put_start:put_end]))
    return tuple(found)


def _changed_spans(read: str, typed: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield where the two differ; changes that touch are one."""
    spans: list[tuple[int, int, int, int]] = []
    for op in Levenshtein.opcodes(read, typed):
        if op.tag == "equal":
            continue
        if spans and spans[-1][1] == op.src_start and spans[-1][3] == op.dest_start:
            first = spans.pop()
            spans.append((first[0], op.src_end, first[2], op.dest_end))
        else:
            spans.append((op.src_start, op.src_end, op.dest_start, op.dest_end))
    yield from spans


class Correction:
    """One correction, and what follows from it for other readings.

    Args:
        read: the reading that was corrected.
        typed: the text that a human put in its place.
        stands: whether humans let a text stand somewhere, given as whole text or as a part; such a text is no mistake.
    """

    def __init__(self, read: Prediction, typed: str, stands: Callable[[Confusion | str], bool]) -> None:
        self._read, self._typed = read.text, typed
        self._limit = max(SURE, read.confidence)
        self._is_always = not stands(read.text)
        self._confusions = tuple(c for c in confusions(read.text, typed) if not stands(c))

    @property
    def holding(self) -> tuple[str, ...]:
        """Parts of texts that may hold the mistake."""
        return tuple(confusion.holding for confusion in self._confusions if confusion.holding)

    def put_right(self, text: str) -> str:
        """Return a reading without the confusions of the one that was corrected."""
        for confusion in self._confusions:
            text = confusion.put_right(text)
        return text

    def propose(self, prediction: Prediction, known: Container[str]) -> str | None:
        """Return what another reading should be; None when nothing speaks for a mistake.

        Args:
            known: texts that humans stand behind somewhere.
        """
        if prediction.confidence > self._limit:
            return None
        if prediction.text == self._read:
            return self._typed if self._is_always else None
        text = self.put_right(prediction.text)
        if not text or text == prediction.text:
            return None
        if any(text == other.text for other in prediction.alternatives) or text in known:
            return text
        found = [confusion for confusion in self._confusions if confusion.is_in(prediction.text)]
        is_alike = all(confusion.is_of_lookalikes and confusion.wrong not in text for confusion in found)
        return text if is_alike and _rest_is_sure(prediction, text) else None


def _rest_is_sure(prediction: Prediction, text: str) -> bool:
    """Whether the characters that a correction leaves are sure; without their confidences nothing is known of them."""
    kept = [op for op in Levenshtein.opcodes(prediction.text, text) if op.tag == "equal"]
    shares = [one.confidence for one in prediction.characters]
    if len(shares) != len(prediction.text):
        return False
    return min((share for op in kept for share in shares[op.src_start : op.src_end]), default=1.0) >= REST_SURE
