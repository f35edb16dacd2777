"""All words of a project with their newest readings, side by side in one narrow temporary table.

The annotation file keeps words and predictions apart, and every prediction of a word. A scan of this table goes
through a million words in a tenth of a second; so no filter needs an index, and the file stays as it is. Nothing here
changes what is stored.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain, repeat
from math import sqrt
from typing import TYPE_CHECKING, Any
from zlib import crc32

import regex

from model.annotations import State
from model.detecting import SECOND_READER
from model.errors import KnownError, StoreError
from model.lookalikes import skeleton
from model.schema import explained

if TYPE_CHECKING:
    from model.store import AnnotationStore

PORTION = 10_000
"""Words taken in at once: so many keep nobody waiting who wants the annotation file meanwhile."""

REGEX_SECONDS = 0.05
"""The longest one text may take; an expression that goes back and forth could take for ever."""

STATES = (State.SUGGESTED, State.UNLABELLED, State.VERIFIED, State.IGNORED)
"""The states in the order they are listed in."""

_LABELS_LOOKED_AT = 20_000
_TEXT_BUCKETS = 1 << 16


def compiled(expression: str) -> regex.Pattern[str]:
    """Return an expression, ready to be searched for.

    Raises:
        KnownError: it is not one.
    """
    try:
        return _compiled(expression)
    except (regex.error, OverflowError) as error:
        raise KnownError(
            f"“{expression}” is not a complete expression ({error}); mend it or search for plain text."
        ) from error


@lru_cache(maxsize=32)
def _compiled(expression: str) -> regex.Pattern[str]:
    return regex.compile(expression)


def is_found(pattern: regex.Pattern[str], text: str) -> bool:
    """Whether an expression is found in a text.

    Raises:
        KnownError: it takes too long.
    """
    try:
        return pattern.search(text, timeout=REGEX_SECONDS, concurrent=True) is not None
    except TimeoutError as error:
        raise too_slow(pattern.pattern) from error


def too_slow(expression: str) -> KnownError:
    """Return what to say of an expression that goes back and forth over a text for ever."""
    return KnownError(f"“{expression}” takes too long on some texts; use fewer nested repetitions.")


class ReviewTable:
    """The table and the functions that queries of it use. It belongs to the store's thread.

    Make one, call :meth:`take_in` until it returns 1, and :meth:`refresh` for words that were changed since.
    """

    def __init__(self, store: AnnotationStore) -> None:
        self._store = store
        self._db = store.connection
        self._last = 0
        self._novelty = _Novelty()
        self._problem: KnownError | None = None
        self._counted: dict[tuple[str, tuple[Any, ...]], dict[State, int]] = {}
        with explained(store.path):
            self._db.create_function("novelty", 2, self._novelty.weigh)
            self._db.create_function("skeleton", 1, skeleton, deterministic=True)
            self._db.create_function("casefold", 1, str.casefold, deterministic=True)
            self._db.create_function("is_found", 2, self._is_found, deterministic=True)
            self._db.execute("PRAGMA temp.cache_size = -32000")  # KiB
            self._db.execute("DROP TABLE IF EXISTS temp.review")
            self._db.execute(_TABLE)
            self._novelty.know(label for (label,) in self._db.execute(_LABELS, (_LABELS_LOOKED_AT,)))
            self._end = int(self._db.execute("SELECT coalesce(max(id), 0) FROM words").fetchone()[0])

    def take_in(self) -> float:
        """Take in the next :data:`PORTION` words; return the share of all words that is in now."""
        if self._last < self._end:
            first, self._last = self._last + 1, self._last + PORTION
            with explained(self._store.path):
                self._counted.clear()
                self._db.execute(f"{_INSERT} WHERE id BETWEEN ? AND ?", (True, first, self._last))
        return min(1.0, self._last / self._end) if self._end else 1.0

    def refresh(self, word_ids: Iterable[int]) -> None:
        """Read words again that were made, changed, read or deleted."""
        changed = [word_id for word_id in word_ids if word_id <= self._last or word_id > self._end]
        if not changed:
            return
        self._counted.clear()
        ids = json.dumps(changed)
        with explained(self._store.path):
            self._db.execute("DELETE FROM temp.review WHERE word_id IN (SELECT value FROM json_each(?))", (ids,))
            self._db.execute(f"{_INSERT} WHERE id IN (SELECT value FROM json_each(?))", (False, ids))

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        self._problem = None
        try:
            with explained(self._store.path):
                return self._db.execute(sql, values).fetchall()
        except StoreError as error:
            if self._problem is not None:  # SQLite drops what a function of ours has raised
                raise self._problem from error
            raise

    def _is_found(self, expression: str, text: str) -> bool:
        try:
            return is_found(compiled(expression), text)
        except KnownError as error:
            self._problem = error
            raise


class _Novelty:
    """How much there is to learn from a text: of its rarest character, and of the text itself when it is met again."""

    def __init__(self) -> None:
        self._characters: dict[str, int] = {}
        self._texts = array("H", bytes(2 * _TEXT_BUCKETS))  # by hash: two texts in one bucket count as met before

    def know(self, labels: Iterable[str]) -> None:
        """Take in the texts that a human stands behind."""
        known = list(labels)
        self._characters = Counter(chain.from_iterable(map(set, known)))
        for label in known:
            self._meet(label)

    def weigh(self, text: str, is_first: bool) -> float:
        """Return a weight in (0, 1].

        Args:
            is_first: the word was not met before, so it counts.
        """
        rarest = min(map(self._characters.get, text, repeat(0)), default=0)
        met = self._meet(text) if is_first else self._texts[_bucket(text)]
        return 1 / sqrt(1 + rarest) / max(met, 1)

    def _meet(self, text: str) -> int:
        bucket = _bucket(text)
        met = min(self._texts[bucket] + 1, 60_000)
        self._texts[bucket] = met
        return met


def _bucket(text: str) -> int:
    return crc32(text.encode()) % _TEXT_BUCKETS


_TABLE = """CREATE TEMP TABLE review (
    word_id INTEGER PRIMARY KEY, page_id INTEGER, place INTEGER, confidence REAL, weights TEXT,
    text TEXT, skeleton TEXT, gain REAL, dissent REAL)"""

_LABELS = "SELECT label FROM words WHERE state = 'verified' AND label IS NOT NULL ORDER BY page_id DESC LIMIT ?"

_PLACES = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(STATES))

# The surer a second reader is of another text, the likelier the first is wrong; where both agree, the likelier right.
_DISSENT = """CASE WHEN second.id IS NULL THEN 0
    WHEN second.text = newest.text THEN -second.confidence ELSE second.confidence END"""

# The newest prediction of a word is the one with the highest id.
_INSERT = f"""INSERT INTO temp.review SELECT id, page_id, place, confidence, weights, text, skeleton(text),
        CASE place WHEN 0 THEN (1 - confidence) * novelty(text, ?) ELSE 0 END, dissent
    FROM (SELECT words.id, page_id, CASE state {_PLACES} END AS place, newest.confidence, newest.weights,
            coalesce(label, newest.text, '') AS text, {_DISSENT} AS dissent
        FROM words LEFT JOIN predictions AS newest
            ON newest.id = (SELECT max(id) FROM predictions WHERE word_id = words.id)
        LEFT JOIN predictions AS second
            ON second.word_id = newest.word_id AND second.weights = '{SECOND_READER}' AND second.id <> newest.id)"""
