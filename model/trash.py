"""What was deleted from a project: pages lie in the trash with their words, deleted words in the journal."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.annotations import Edit, Page, Word
from model.page_store import NOT_TRASHED, PageStore
from model.store_rows import (
    EDIT_COLUMNS,
    PAGE_COLUMNS,
    changes_to_json,
    edit_from_row,
    page_changes_to_json,
    page_from_row,
    word_from_json,
)

if TYPE_CHECKING:
    import sqlite3

MOST_WORDS = 1000

# Words that are in the journal and nowhere else, with the last edit of each: the one that took it away.
_GONE = """SELECT word_id, max(journal_id) AS last FROM journal_words
    WHERE NOT EXISTS (SELECT 1 FROM words WHERE id = word_id) GROUP BY word_id"""

# SQLite takes the journal's JSON apart without the interpreter, so an edit of 100,000 words stops nobody meanwhile.
_DELETED = f"""WITH gone AS ({_GONE} ORDER BY last DESC LIMIT ?),
    sides AS (SELECT journal.id AS last, at, author, undoes, json_extract(value, '$.before') AS word
        FROM journal, json_each(changes) WHERE journal.id IN (SELECT last FROM gone)),
    found AS (SELECT last, at, author, undoes, word, word ->> '$.id' AS word_id, word ->> '$.page' AS page_id
        FROM sides WHERE word IS NOT NULL)
    SELECT at, author, word, {PAGE_COLUMNS} FROM found JOIN pages ON pages.id = page_id
    WHERE (word_id, last) IN (SELECT word_id, last FROM gone) AND {NOT_TRASHED}
        AND NOT (undoes AND word ->> '$.label' IS NULL)
    ORDER BY last DESC, word_id"""

_TOUCHING = f"""WITH wanted AS (SELECT value FROM json_each(?))
    SELECT id, {EDIT_COLUMNS} FROM journal
    WHERE EXISTS (SELECT 1 FROM json_each(changes)
            WHERE coalesce(value ->> '$.after.page', value ->> '$.before.page') IN wanted)
        OR EXISTS (SELECT 1 FROM json_each(pages) WHERE value ->> '$[0]' IN wanted)"""


@dataclass(frozen=True, slots=True)
class TrashedPage:
    """A page in the trash: since when (Unix seconds), by whom, and how many words lie there with it."""

    page: Page
    at: float
    by: str
    words: int


@dataclass(frozen=True, slots=True)
class DeletedWord:
    """A word that was deleted: as it was, from which page, when (Unix seconds) and by whom."""

    word: Word
    page: Page
    at: float
    by: str


@dataclass(frozen=True, slots=True)
class Trash:
    """What can be taken back without Undo, the newest first."""

    pages: tuple[TrashedPage, ...] = ()
    words: tuple[DeletedWord, ...] = ()


class TrashStore(PageStore):
    """The part of :class:`model.store.AnnotationStore` that belongs to the trash."""

    def trash(self) -> Trash:
        """Return the pages in the trash, and the newest deleted words of the others.

        A box without a text that Undo took back was never wanted, so it is not listed.
        """
        sql = f"""SELECT trashed_at, trashed_by, (SELECT count(*) FROM words WHERE page_id = pages.id), {PAGE_COLUMNS}
            FROM pages WHERE trashed_at IS NOT NULL ORDER BY trashed_at DESC, id"""
        pages = (TrashedPage(page_from_row(row), at, by, words) for at, by, words, *row in self._rows(sql))
        rows = self._rows(_DELETED, (MOST_WORDS,))
        words = (DeletedWord(word_from_json(word), page_from_row(row), at, by) for at, by, word, *row in rows)
        return Trash(tuple(pages), tuple(words))

    def empty_trash(self) -> int:
        """Forget the pages in the trash, their words and all that the journal says of them; nothing brings them back.

        Their images are not touched, and stay out when the folder is looked through again.

        Returns:
            How many pages were forgotten.
        """
        with self._writing() as db:
            rows = db.execute("SELECT id, path FROM pages WHERE trashed_at IS NOT NULL").fetchall()
            pages = {page_id for page_id, _ in rows}
            self._strip_journal(db, pages)
            wanted = (json.dumps(list(pages)),)
            db.execute("DELETE FROM words WHERE page_id IN (SELECT value FROM json_each(?))", wanted)
            db.execute("DELETE FROM pages WHERE id IN (SELECT value FROM json_each(?))", wanted)
            db.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", ((path,) for _, path in rows))
        return len(pages)

    def _strip_journal(self, db: sqlite3.Connection, pages: Collection[int]) -> None:
        """Take the changes of these pages out of every edit. An edit and the one that undoes it change alike."""
        for entry, *row in db.execute(_TOUCHING, (json.dumps(list(pages)),)).fetchall():
            edit = edit_from_row(row)
            rest = _without(edit, pages)
            gone = {c.word_id for c in edit.changes} - {c.word_id for c in rest.changes}
            rows = ((word_id, entry) for word_id in gone)
            db.executemany("DELETE FROM journal_words WHERE word_id = ? AND journal_id = ?", rows)
            if rest.changes or rest.pages:
                texts = (changes_to_json(rest.changes), page_changes_to_json(rest.pages))
                db.execute("UPDATE journal SET changes = ?, pages = ? WHERE id = ?", (*texts, entry))
            else:
                db.execute("DELETE FROM journal WHERE id = ?", (entry,))


def _without(edit: Edit, pages: Collection[int]) -> Edit:
    changes = tuple(c for c in edit.changes if c.page_id not in pages)
    return replace(edit, changes=changes, pages=tuple(c for c in edit.pages if c.page_id not in pages))
