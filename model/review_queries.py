"""Which words a person reviews, and in which order: filters, sorts and counts over all words of a project.

The annotation file keeps words and predictions apart, and every prediction of a word. Here they stand side by side in
one narrow temporary table, which a scan of a million words goes through in a tenth of a second; so no filter needs an
index, and the file stays as it is. Nothing here changes what is stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import numpy as np
import regex

from model.annotations import State
from model.errors import KnownError, StoreError
from model.lookalikes import SKELETON_STEPS
from model.schema import explained

if TYPE_CHECKING:
    from model.store import AnnotationStore

PORTION = 25_000
"""Words taken in at once: so many keep nobody waiting who wants the annotation file meanwhile."""

REGEX_SECONDS = 0.05
"""The longest one text may take; an expression that goes back and forth could take for ever."""

STATES = (State.SUGGESTED, State.UNLABELLED, State.VERIFIED, State.IGNORED)
"""The states in the order they are listed in."""

_LABELS_LOOKED_AT = 20_000
_TEXT_BUCKETS = 1 << 16


class Order(StrEnum):
    """What comes first."""

    DOUBT = "doubt"
    GAIN = "gain"
    TEXT = "text"
    LOOKALIKE = "lookalike"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which words are wanted.

    Attributes:
        states: in any of these.
        least, most: the reading is this sure, in [0, 1]. The whole range lets words without a reading through too.
        weights: hash of the weights the newest reading comes from; empty for any.
        page_id: on this page; 0 for any.
        text: the text that stands for the word holds this, whatever its case; empty for any.
        is_regex: ``text`` is an expression that is found in it, and case counts.
        order: what comes first.
    """

    states: tuple[State, ...] = (State.SUGGESTED, State.UNLABELLED)
    least: float = 0.0
    most: float = 1.0
    weights: str = ""
    page_id: int = 0
    text: str = ""
    is_regex: bool = False
    order: Order = Order.DOUBT


class Bin(NamedTuple):
    """Readings of about one confidence: how many, and their mean confidence."""

    words: int
    confidence: float


class Reading(NamedTuple):
    """A word that waits for a human, and what was read in it."""

    word_id: int
    text: str


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


class ReviewIndex:
    """The words of an open annotation file, to be filtered and put in order. It belongs to the store's thread.

    Make one, call :meth:`take_in` until it returns 1, and :meth:`refresh` for words that were changed since.
    """

    def __init__(self, store: AnnotationStore) -> None:
        self._store = store
        self._db = store.connection
        self._last = 0
        self._novelty = _Novelty()
        self._problem: KnownError | None = None
        with explained(store.path):
            self._db.create_function("novelty", 2, self._novelty.weigh)
            self._db.create_function("casefold", 1, str.casefold, deterministic=True)
            self._db.create_function("is_found", 2, self._is_found, deterministic=True)
            self._db.execute("PRAGMA temp.cache_size = -32000")  # KiB
            self._db.execute("DROP TABLE IF EXISTS temp.review")
            self._db.execute(_TABLE)
            for (label,) in self._db.execute(_LABELS, (_LABELS_LOOKED_AT,)):
                self._novelty.know(label)
            self._end = int(self._db.execute("SELECT coalesce(max(id), 0) FROM words").fetchone()[0])

    def take_in(self) -> float:
        """Take in the next :data:`PORTION` words; return the share of all words that is in now."""
        if self._last < self._end:
            first, self._last = self._last + 1, self._last + PORTION
            with explained(self._store.path):
                self._db.execute(f"{_INSERT} WHERE id BETWEEN ? AND ?", (True, first, self._last))
        return min(1.0, self._last / self._end) if self._end else 1.0

    def refresh(self, word_ids: Iterable[int]) -> None:
        """Read words again that were made, changed, read or deleted."""
        ids = json.dumps([word_id for word_id in word_ids if word_id <= self._last or word_id > self._end])
        with explained(self._store.path):
            self._db.execute("DELETE FROM temp.review WHERE word_id IN (SELECT value FROM json_each(?))", (ids,))
            self._db.execute(f"{_INSERT} WHERE id IN (SELECT value FROM json_each(?))", (False, ids))

    def word_ids(self, query: ReviewQuery, limit: int = -1) -> list[int]:
        """Return the ids of the wanted words in their order, the first ``limit`` of them.

        Raises:
            KnownError: the text is no expression, or one that takes too long.
        """
        where, values = self._conditions(query)
        states, values_of_states = _any_of(query.states)
        sql = f"SELECT word_id FROM temp.review WHERE {where} AND {states} ORDER BY {_ORDERS[query.order]} LIMIT ?"
        return [word_id for (word_id,) in self._rows(sql, (*values, *values_of_states, limit))]

    def counts(self, query: ReviewQuery) -> dict[State, int]:
        """Return how many words are in each state that every other filter lets through.

        Raises:
            KnownError: as for :meth:`word_ids`.
        """
        where, values = self._conditions(query)
        sums = ", ".join(f"total(place = {place})" for place in range(len(STATES)))
        [row] = self._rows(f"SELECT {sums} FROM temp.review WHERE {where}", values)
        return dict(zip(STATES, map(int, row), strict=True))

    def weights(self) -> dict[str, int]:
        """Return how many words each weights read last, by hash."""
        return dict(self._rows("SELECT weights, count(*) FROM temp.review WHERE weights > '' GROUP BY weights"))

    def bins(self, query: ReviewQuery) -> list[Bin]:
        """Return how sure the wanted readings are, in bins of a ten-thousandth.

        Raises:
            KnownError: as for :meth:`word_ids`.
        """
        where, values = self._conditions(query)
        states, values_of_states = _any_of(query.states)
        sql = f"""SELECT count(*), avg(confidence) FROM temp.review
            WHERE {where} AND {states} AND confidence IS NOT NULL GROUP BY CAST(confidence * 10000 AS INTEGER)"""
        return [Bin(*row) for row in self._rows(sql, (*values, *values_of_states))]

    def readings(self, *, text: str = "", holding: str = "") -> Iterator[Reading]:
        """Yield what was read in words that wait for a human, by page.

        Args:
            text: read as exactly this.
            holding: read as something that holds exactly this.
        """
        sql = f"""SELECT word_id, text FROM temp.review NOT INDEXED WHERE place = 0 AND {self._not_trashed()}
            AND (text = ? OR ? AND instr(text, ?)) ORDER BY page_id, word_id"""
        yield from (Reading(*row) for row in self._rows(sql, (text, bool(holding), holding)))

    def labels(self, *, text: str = "", holding: str = "") -> list[str]:
        """Return the texts humans stand behind that are this, or hold this, each once."""
        sql = """SELECT DISTINCT text FROM temp.review NOT INDEXED WHERE place = 2
            AND (text = ? OR ? AND instr(text, ?))"""
        return [found for (found,) in self._rows(sql, (text, bool(holding), holding))]

    def _conditions(self, query: ReviewQuery) -> tuple[str, tuple[Any, ...]]:
        """Return everything but the states as SQL, and its values."""
        parts: list[str] = [self._not_trashed()]
        values: list[Any] = []
        if (query.least, query.most) != (0.0, 1.0):
            parts.append("confidence BETWEEN ? AND ?")
            values += [query.least, query.most]
        if query.weights:
            parts.append("weights = ?")
            values.append(query.weights)
        if query.page_id:
            parts.append("page_id = ?")
            values.append(query.page_id)
        if query.text:
            sql, found = _matches(query.text) if query.is_regex else _holds(query.text)
            parts.append(sql)
            values += found
        return " AND ".join(parts), tuple(values)

    def _not_trashed(self) -> str:
        """Return the condition that a word's page is not in the trash, which costs nothing while the trash is empty."""
        has_trash = self._rows("SELECT 1 FROM pages WHERE trashed_at IS NOT NULL LIMIT 1")
        return "page_id NOT IN (SELECT id FROM pages WHERE trashed_at IS NOT NULL)" if has_trash else "TRUE"

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
        self._characters: Counter[str] = Counter()
        self._texts = np.zeros(_TEXT_BUCKETS, np.uint16)  # by hash: two texts in one bucket count as met before

    def know(self, label: str) -> None:
        """Take in a text that a human stands behind."""
        self._characters.update(set(label))
        self._meet(label)

    def weigh(self, text: str, is_first: bool) -> float:
        """Return a weight in (0, 1].

        Args:
            is_first: the word was not met before, so it counts.
        """
        rarest = min((self._characters[char] for char in text), default=0)
        met = self._meet(text) if is_first else int(self._texts[_bucket(text)])
        return 1 / sqrt(1 + rarest) / max(met, 1)

    def _meet(self, text: str) -> int:
        bucket = _bucket(text)
        self._texts[bucket] = min(int(self._texts[bucket]) + 1, 60_000)
        return int(self._texts[bucket])


def _bucket(text: str) -> int:
    return crc32(text.encode()) % _TEXT_BUCKETS


def _matches(expression: str) -> tuple[str, list[str]]:
    """Return the condition that an expression is found in a text."""
    compiled(expression)
    return "is_found(?, text)", [expression]


def _holds(text: str) -> tuple[str, list[str]]:
    """Return the condition that a text holds this, whatever its case. SQLite folds the case of ASCII alone."""
    folded = "instr(casefold(text), ?) > 0"
    if not text.isascii():
        return folded, [text.casefold()]
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    sql = f"(text LIKE ? ESCAPE '\\' OR length(text) < length(CAST(text AS BLOB)) AND {folded})"
    return sql, [f"%{escaped}%", text.casefold()]


def _any_of(states: tuple[State, ...]) -> tuple[str, list[int]]:
    places = [STATES.index(state) for state in states]
    return f"place IN ({', '.join('?' * len(places))})", places


def _skeleton_of(column: str) -> str:
    sql = f"lower({column})"
    for seen, stands_for in SKELETON_STEPS:
        sql = f"replace({sql}, '{seen}', '{stands_for}')"
    return sql


_TABLE = """CREATE TEMP TABLE review (
    word_id INTEGER PRIMARY KEY, page_id INTEGER, place INTEGER, confidence REAL, weights TEXT,
    text TEXT, skeleton TEXT, gain REAL)"""

_LABELS = "SELECT label FROM words WHERE state = 'verified' AND label IS NOT NULL ORDER BY page_id DESC LIMIT ?"

_PLACES = " ".join(f"WHEN '{state}' THEN {place}" for place, state in enumerate(STATES))

# The newest prediction of a word is the one with the highest id.
_INSERT = f"""INSERT INTO temp.review SELECT id, page_id, place, confidence, weights, text, {_skeleton_of("text")},
        CASE place WHEN 0 THEN (1 - confidence) * novelty(text, ?) ELSE 0 END
    FROM (SELECT words.id, page_id, CASE state {_PLACES} END AS place, confidence, weights,
            coalesce(label, text, '') AS text
        FROM words LEFT JOIN predictions
            ON predictions.id = (SELECT max(id) FROM predictions WHERE word_id = words.id))"""

_BY_PAGE = "page_id, word_id"
_ORDERS = {
    Order.DOUBT: f"place, CASE place WHEN 0 THEN confidence ELSE 0 END, {_BY_PAGE}",
    Order.GAIN: f"place, gain DESC, {_BY_PAGE}",
    Order.TEXT: f"text, {_BY_PAGE}",
    Order.LOOKALIKE: f"skeleton, text, {_BY_PAGE}",
    Order.PAGE: _BY_PAGE,
}
