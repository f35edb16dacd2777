"""Small words: numbers with their noun."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 word" or "1,200 words". ``many`` is needed where the plural is not made with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
