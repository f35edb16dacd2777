"""Which words a person reviews, and in which order: filters, sorts and counts over all words of a project."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from model.annotations import State
from model.review_table import STATES, ReviewTable, compiled

__all__ = ["STATES", "Bin", "Checked", "Order", "Reading", "ReviewIndex", "ReviewQuery"]


class Order(StrEnum):
    """What comes first."""

    DOUBT = "doubt"
    GAIN = "gain"
    TEXT = "text"
    LOOKALIKE = "lookalike"
    OPINION = "opinion"
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


class Checked(NamedTuple):
    """A reading that a person has decided on."""

    word_id: int
    confidence: float
    is_right: bool


class Reading(NamedTuple):
    """A word that waits for a human, and what was read in it."""

    word_id: int
    text: str


class ReviewIndex(ReviewTable):
    """The words of an open annotation file, to be filtered and put in order. It belongs to the store's thread."""

    def word_ids(self, query: ReviewQuery, limit: int = -1) -> list[int]:
        """Return the ids of the wanted words in their order, the first ``limit`` of them.

        Raises:
            KnownError: the text is no expression, or one that takes too long.
        """
        where, values = self._conditions(query)
        states, values_of_states = _any_of(query.states)
        sql = f"SELECT word_id FROM temp.review WHERE {states} AND {where} ORDER BY {_ORDERS[query.order]} LIMIT ?"
        return [word_id for (word_id,) in self._rows(sql, (*values_of_states, *values, limit))]

    def counts(self, query: ReviewQuery) -> dict[State, int]:
        """Return how many words are in each state that every other filter lets through.

        Raises:
            KnownError: as for :meth:`word_ids`.
        """
        where, values = self._conditions(query)
        if (where, values) not in self._counted:
            sums = ", ".join(f"count(*) FILTER (WHERE place = {place})" for place in range(len(STATES)))
            [row] = self._rows(f"SELECT {sums} FROM temp.review WHERE {where}", values)
            self._counted[where, values] = dict(zip(STATES, row, strict=True))
        return dict(self._counted[where, values])

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
            WHERE {states} AND {where} AND confidence IS NOT NULL GROUP BY CAST(confidence * 10000 AS INTEGER)"""
        return [Bin(*row) for row in self._rows(sql, (*values_of_states, *values))]

    def checked(self, last: int) -> list[Checked]:
        """Return the newest ``last`` readings that people have decided on, by weights whose readings wait now.

        A reading that was made again since by the same weights, and as another text, is no test any more.
        """
        return [
            Checked(word_id, confidence, bool(right)) for word_id, confidence, right in self._rows(_CHECKED, (last,))
        ]

    def sample(self, query: ReviewQuery, size: int) -> list[int]:
        """Return the ids of so many of the wanted words, each as likely as any other.

        Raises:
            KnownError: as for :meth:`word_ids`.
        """
        where, values = self._conditions(query)
        states, values_of_states = _any_of(query.states)
        sql = f"SELECT word_id FROM temp.review WHERE {states} AND {where} ORDER BY random() LIMIT ?"
        return [word_id for (word_id,) in self._rows(sql, (*values_of_states, *values, size))]

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

    def known(self, texts: Iterable[str]) -> set[str]:
        """Return those of the texts that humans stand behind somewhere."""
        sql = "SELECT DISTINCT text FROM temp.review WHERE place = 2 AND text IN (SELECT value FROM json_each(?))"
        return {found for (found,) in self._rows(sql, (json.dumps(sorted(set(texts))),))}

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


_CHECKED = """SELECT verifications.word_id, confidence, verifications.text = words.label
    FROM verifications JOIN words ON words.id = verifications.word_id
    JOIN predictions ON predictions.word_id = verifications.word_id
        AND predictions.weights = verifications.weights AND predictions.text = verifications.text
    WHERE words.state = 'verified' AND verifications.weights IN (SELECT weights FROM temp.review WHERE place = 0)
    ORDER BY verifications.id DESC LIMIT ?"""

_BY_PAGE = "page_id, word_id"
_ORDERS = {
    Order.DOUBT: f"place, CASE place WHEN 0 THEN confidence ELSE 0 END, {_BY_PAGE}",
    Order.GAIN: f"place, gain DESC, {_BY_PAGE}",
    Order.TEXT: f"text, {_BY_PAGE}",
    Order.LOOKALIKE: f"skeleton, text, {_BY_PAGE}",
    Order.OPINION: f"place, dissent DESC, {_BY_PAGE}",
    Order.PAGE: _BY_PAGE,
}
