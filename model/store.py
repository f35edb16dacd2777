"""The annotation file: one SQLite file that holds all of a project, and survives whatever happens to the program.

Every method that writes is one durable transaction. A store belongs to the thread that opened it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from model.annotation_file import FILE_NAME
from model.annotations import (
    Box,
    Edit,
    PageChange,
    PageContent,
    PageMark,
    Prediction,
    State,
    Word,
    WordChange,
)
from model.backups import copy_aside, newest_backup, restore_backup
from model.errors import StoreError
from model.locking import Owner
from model.page_store import NOT_TRASHED, Counts
from model.schema import explained, transaction
from model.store_rows import (
    BOX_COLUMNS,
    EDIT_COLUMNS,
    PREDICTION_COLUMNS,
    WORD_COLUMNS,
    HistoryEntry,
    Row,
    box_values,
    changes_to_json,
    clean_word,
    edit_from_row,
    page_changes_to_json,
    prediction_from_row,
    prediction_row,
    word_from_row,
    word_row,
)
from model.training_store import TrainingStore
from model.trash import DeletedWord, Trash, TrashedPage, TrashStore

__all__ = [
    "FILE_NAME",
    "AnnotationStore",
    "Counts",
    "DeletedWord",
    "HistoryEntry",
    "Owner",
    "Trash",
    "TrashedPage",
    "copy_aside",
    "newest_backup",
    "restore_backup",
]

_WORDS_PER_READ = 5000

_INSERT_WORD = f"INSERT INTO words ({WORD_COLUMNS}, state) VALUES ({', '.join('?' * 16)})"

_UPDATE_WORD = f"UPDATE words SET ({WORD_COLUMNS}) = ({', '.join('?' * 15)}) WHERE id = ?"

# The one place that derives the state of a word that is stored; it must agree with Word.state.
_REFRESH_STATE = """UPDATE words SET state = CASE
    WHEN ignored THEN 'ignored'
    WHEN label IS NOT NULL THEN 'verified'
    WHEN EXISTS (SELECT 1 FROM predictions WHERE word_id = words.id) THEN 'suggested'
    ELSE 'unlabelled' END
    WHERE id = ?"""

# The newest prediction of a word is the one with the highest id.
_NOTE_VERIFICATION = """INSERT INTO verifications (word_id, weights, text)
    SELECT word_id, weights, text FROM predictions WHERE word_id = ? ORDER BY id DESC LIMIT 1"""

# From one weights to the next along the index: DISTINCT would visit every row.
_VERIFIED_WEIGHTS = """WITH RECURSIVE found (weights) AS (
        SELECT min(weights) FROM verifications
        UNION ALL
        SELECT (SELECT min(weights) FROM verifications WHERE weights > found.weights) FROM found
        WHERE found.weights IS NOT NULL)
    SELECT weights FROM found WHERE weights IS NOT NULL"""

_VERIFICATIONS = """SELECT verifications.id, verifications.text = words.label
    FROM verifications JOIN words ON words.id = verifications.word_id
    WHERE weights = ? ORDER BY verifications.id DESC LIMIT ?"""

_SAVE_PREDICTION = f"""INSERT OR REPLACE INTO predictions ({PREDICTION_COLUMNS}, made_at)
    SELECT id, ?, ?, ?, ?, ?, ? FROM words WHERE id = ? AND ({BOX_COLUMNS}) = ({", ".join("?" * 8)})"""

# Of the ids below zero, which no other prediction has: so an opinion is never the newest where the recogniser has read.
_SAVE_OPINION = _SAVE_PREDICTION.replace("predictions (", "predictions (id, ").replace("SELECT id,", "SELECT -id, id,")


class AnnotationStore(TrashStore, TrainingStore):
    """The pages, words, predictions, weights and the journal of a project. Make one with :meth:`open`."""

    def content(self, page_id: int) -> PageContent:
        """Return all that is known of one page, as it was at one moment.

        Raises:
            StoreError: there is no such page.
        """
        with explained(self.path), transaction(self._db, "BEGIN"):
            pages = self._pages("id = ?", (page_id,))
            words = self._rows(f"SELECT {WORD_COLUMNS} FROM words WHERE page_id = ? ORDER BY id", (page_id,))
            predictions = self._predictions("SELECT id FROM words WHERE page_id = ?", (page_id,))
            order = self.meta(f"order/{page_id}")
        if not pages:
            raise StoreError(f"{self.path.name} holds no page {page_id} any more; open the project again.")
        ids = tuple(json.loads(order)) if order else ()
        return PageContent(pages[0], tuple(map(word_from_row, words)), predictions, ids)

    def set_order(self, page_id: int, order: Iterable[int]) -> None:
        """Keep the order in which a person wants a page's words to be read; an empty one goes by their places."""
        ids = list(order)
        self.set_meta(f"order/{page_id}", json.dumps(ids) if ids else None)

    # --- words ---

    def words(self, page_id: int | None = None, *, state: State | None = None) -> Iterator[Word]:
        """Yield words by page, then by id, leaving out pages in the trash. The store may be changed meanwhile."""
        wanted = {"page_id = ?": page_id, "state = ?": state}
        conditions = [condition for condition, value in wanted.items() if value is not None]
        values = [value for value in wanted.values() if value is not None]
        where = " AND ".join(["(page_id, id) > (?, ?)", NOT_TRASHED, *conditions])
        sql = f"SELECT {WORD_COLUMNS} FROM words WHERE {where} ORDER BY page_id, id LIMIT {_WORDS_PER_READ}"
        last = (0, 0)
        while rows := self._rows(sql, (*last, *values)):
            yield from map(word_from_row, rows)
            last = rows[-1][1], rows[-1][0]

    def words_by_id(self, word_ids: Iterable[int]) -> list[Word]:
        """Return the words with these ids that there are, in order of id."""
        sql = f"SELECT {WORD_COLUMNS} FROM words WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return [word_from_row(row) for row in self._rows(sql, (json.dumps(list(word_ids)),))]

    def next_word_id(self) -> int:
        """Return the id for the next new word: higher than any this file has ever given."""
        return self._next_id("words")

    def add_words(self, words: Mapping[int, Iterable[Word]]) -> range:
        """Add many words at once, by page id, as an import does. They are not journalled, so they cannot be undone.

        Args:
            words: the id and page of each word are set here; author and time where they are missing.

        Returns:
            The ids they were given, in the same order.
        """
        with self._writing() as db:
            first = self._next_id("words")
            signed = (self._signed(replace(word, page_id=page)) for page, those in words.items() for word in those)
            rows = ((i, *word_row(word)[1:], word.state()) for i, word in enumerate(signed, start=first))
            count = db.executemany(_INSERT_WORD, rows).rowcount
        return range(first, first + max(count, 0))

    def apply(self, edit: Edit) -> None:
        """Make an edit and write it into the journal; when this returns it is on the disk.

        Raises:
            StoreError: a word is not what the edit says it was, or the file cannot be written. Nothing was changed.
        """
        changes = tuple(
            WordChange(c.before and clean_word(c.before), c.after and self._signed(c.after)) for c in edit.changes
        )
        with self._writing() as db:
            for change in changes:
                self._make(change)
            for mark in edit.pages:
                self._mark(mark)
            sql = f"INSERT INTO journal (at, author, {EDIT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
            texts = (changes_to_json(changes), page_changes_to_json(edit.pages))
            entry = db.execute(sql, (time.time(), self._author, edit.title, edit.undoes, *texts)).lastrowid
            db.executemany(
                "INSERT INTO journal_words VALUES (?, ?)", ((i, entry) for i in {c.word_id for c in changes})
            )

    def undo_history(self, limit: int = 500) -> list[Edit]:
        """Return the newest edits that stand, the oldest of them first: what Undo can take back."""
        edits: list[Edit] = []
        undone = 0
        with explained(self.path):
            cursor = self._db.execute(f"SELECT {EDIT_COLUMNS} FROM journal ORDER BY id DESC")
            while len(edits) < limit and (row := cursor.fetchone()):
                if row[1]:
                    undone += 1
                elif undone:
                    undone -= 1
                else:
                    edits.append(edit_from_row(row))
            cursor.close()
        return edits[::-1]

    def word_history(self, word_id: int) -> list[HistoryEntry]:
        """Return what happened to one word, the oldest first. An imported word's history begins with its first edit."""
        sql = f"""SELECT at, author, {EDIT_COLUMNS} FROM journal
            JOIN journal_words ON journal_id = id WHERE word_id = ? ORDER BY id"""
        entries = ((at, author, edit_from_row(row)) for at, author, *row in self._rows(sql, (word_id,)))
        return [
            HistoryEntry(at, author, edit.title, edit.undoes, change)
            for at, author, edit in entries
            for change in edit.changes
            if change.word_id == word_id
        ]

    # --- predictions ---

    def save_predictions(self, predictions: Iterable[tuple[int, Box, Prediction]]) -> int:
        """Keep predictions, each given with its word's id and the box it was made for. Labels are never touched.

        Returns:
            How many were kept. The others speak of a box that has changed since, or of a word that is gone.
        """
        return self._save(_SAVE_PREDICTION, predictions)

    def save_opinions(self, opinions: Iterable[tuple[int, Box, Prediction]]) -> int:
        """Keep what a second reader says as :meth:`save_predictions` does, but behind what the recogniser has read."""
        return self._save(_SAVE_OPINION, opinions)

    def _save(self, sql: str, predictions: Iterable[tuple[int, Box, Prediction]]) -> int:
        now = time.time()
        rows = [(*prediction_row(p), now, word_id, *box_values(box)) for word_id, box, p in predictions]
        with self._writing() as db:
            kept = db.executemany(sql, rows).rowcount
            db.executemany(_REFRESH_STATE, [(row[6],) for row in rows])
        return max(kept, 0)

    def predictions_for(self, word_ids: Iterable[int], *, weights: str | None = None) -> dict[int, Prediction]:
        """Return the newest prediction of each word that has one, by word id; of certain weights only where given."""
        ids = json.dumps(list(word_ids))
        with explained(self.path):
            return self._predictions("SELECT value FROM json_each(?)", (ids,), weights=weights)

    def read_before(self, page_id: int, moment: float) -> frozenset[int]:
        """Return the words of a page whose newest prediction was made before a moment, in seconds since the epoch."""
        words = "SELECT id FROM words WHERE page_id = ?"
        newest = f"SELECT max(id) FROM predictions WHERE word_id IN ({words}) GROUP BY word_id"
        sql = f"SELECT word_id FROM predictions WHERE id IN ({newest}) AND made_at < ?"
        return frozenset(word_id for (word_id,) in self._rows(sql, (page_id, moment)))

    def verifications(self, last: int) -> dict[str, tuple[bool, ...]]:
        """Return whether weights were right about the words a human has decided on since, by the weights' hash.

        A word counts for the weights whose prediction stood beside it when it got its label, and was read right when
        that prediction is its label. A word without a prediction, and an imported one, is no test of anything.

        Args:
            last: so many words of each weights, the newest; in order of the decisions.

        Returns:
            The weights in order of their newest decision.
        """
        rows = {w: self._rows(_VERIFICATIONS, (w, last)) for (w,) in self._rows(_VERIFIED_WEIGHTS)}
        order = sorted(rows, key=lambda weights: rows[weights][0])
        return {weights: tuple(bool(right) for _, right in reversed(rows[weights])) for weights in order}

    # --- inside ---

    def _make(self, change: WordChange) -> None:
        before, after = change.before, change.after
        row = self._db.execute(f"SELECT {WORD_COLUMNS} FROM words WHERE id = ?", (change.word_id,)).fetchone()
        if _essence(word_from_row(row) if row else None) != _essence(before):
            raise StoreError(
                f"Word {change.word_id} was changed elsewhere in the meantime, so nothing was saved; reload the page "
                "and try again."
            )
        if after is None:
            self._db.execute("DELETE FROM words WHERE id = ?", (change.word_id,))
        elif before is None:
            self._db.execute(_INSERT_WORD, (*word_row(after), after.state()))
        else:
            self._db.execute(_UPDATE_WORD, (*word_row(after), after.id))
            if (before.box, before.page_id) != (after.box, after.page_id):  # they speak about other pixels
                self._db.execute("DELETE FROM predictions WHERE word_id = ?", (after.id,))
            self._db.execute(_REFRESH_STATE, (after.id,))
            if after.label is None:
                self._db.execute("DELETE FROM verifications WHERE word_id = ?", (after.id,))
            elif before.label is None:
                self._db.execute(_NOTE_VERIFICATION, (after.id,))

    def _mark(self, change: PageChange) -> None:
        values: Row = (change.is_set,)
        sql = "UPDATE pages SET verified = ? WHERE id = ? AND verified = ?"
        if change.mark is PageMark.TRASHED:
            values = (time.time(), self._author) if change.is_set else (None, "")
            sql = "UPDATE pages SET trashed_at = ?, trashed_by = ? WHERE id = ? AND (trashed_at IS NOT NULL) = ?"
        if not self._db.execute(sql, (*values, change.page_id, not change.is_set)).rowcount:
            raise StoreError(
                f"Page {change.page_id} was changed elsewhere in the meantime, so nothing was saved; open the project "
                "again."
            )

    def _signed(self, word: Word) -> Word:
        word = clean_word(word)
        if word.author and word.changed_at:
            return word
        return replace(word, author=word.author or self._author, changed_at=word.changed_at or time.time())

    def _predictions(self, words: str, values: Row, *, weights: str | None = None) -> dict[int, Prediction]:
        sql = f"""SELECT {PREDICTION_COLUMNS} FROM predictions WHERE id IN (
            SELECT max(id) FROM predictions WHERE word_id IN ({words}) AND weights IS coalesce(?, weights)
            GROUP BY word_id)"""
        return {row[0]: prediction_from_row(row) for row in self._db.execute(sql, (*values, weights))}

    def _next_id(self, table: str) -> int:
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        return int(rows[0][0]) + 1 if rows else 1


def _essence(word: Word | None) -> object:
    """Return what two sides must agree on; who changed a word and when is allowed to differ."""
    return word and (word.page_id, word.box, word.label, word.ignored)
