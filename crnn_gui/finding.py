"""What the command palette finds: wishes, pages and settings by a few letters of their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

MOST_FOUND = 40
LEAST_SCORE = 60
"""Of 100, as rapidfuzz counts; below it, the letters are hardly there."""

USUAL_KINDS = frozenset({"action"})
"""What is listed before anything is typed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something the palette can do.

    Attributes:
        kind: "action", "page" or "setting".
        text: what it is called.
        group: said behind it, and searched as well.
        keys: its shortcuts, as the platform writes them.
        icon: name of its icon.
        why_not: why it cannot be done now; empty when it can.
        do: does it.
    """

    kind: str
    text: str
    group: str = ""
    keys: str = ""
    icon: str = ""
    why_not: str = ""
    do: Callable[[], object] = field(default=lambda: None, compare=False)


def find(entries: Sequence[Entry], wanted: str) -> list[Entry]:
    """Return what fits the letters best, the best first; without letters, the usual things in their order.

    What cannot be done now comes after what can and fits as well.
    """
    # Not needed before the palette is opened, and the start counts every import.
    from rapidfuzz import fuzz, process

    wanted = wanted.strip().casefold()
    if not wanted:
        return [entry for entry in entries if entry.kind in USUAL_KINDS and not entry.why_not]
    texts = [f"{entry.text} {entry.group}".casefold() for entry in entries]
    close = process.extract(wanted, texts, scorer=fuzz.partial_ratio, limit=4 * MOST_FOUND, score_cutoff=LEAST_SCORE)

    def rank(found: tuple[str, float, int]) -> tuple[float, bool, int]:
        text, _, place = found
        words = text.split()
        scores = [max(_likeness(part, word, fuzz.ratio) for word in words) for part in wanted.split()]
        return -sum(scores) / len(scores), bool(entries[place].why_not), place

    return [entries[place] for _, _, place in sorted(close, key=rank)[:MOST_FOUND]]


def _likeness(part: str, word: str, ratio: Callable[[str, str], float]) -> float:
    """Return how well letters fit a word, of 100: at its beginning best, then within it, then misspelt."""
    if word.startswith(part):
        return 100.0
    return 95.0 if part in word else ratio(part, word[: len(part) + 1])
