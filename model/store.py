"""The annotation file: one SQLite file that holds all of a project, and survives whatever happens to the program.

Every method that writes is one durable transaction. A store belongs to the thread that opened it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

from model.annotation_file import FILE_NAME, AnnotationFile
from model.annotations import (
    Box,
    Edit,
    Page,
    PageContent,
    Prediction,
    RunRecord,
    State,
    WeightsRecord,
    Word,
    WordChange,
)
from model.backups import copy_aside, newest_backup, restore_backup
from model.errors import StoreError
from model.locking import Owner
from model.schema import explained, transaction
from model.store_rows import (
    BOX_COLUMNS,
    PAGE_COLUMNS,
    PREDICTION_COLUMNS,
    RUN_COLUMNS,
    WORD_COLUMNS,
    HistoryEntry,
    Row,
    box_values,
    changes_to_json,
    clean_word,
    edit_from_row,
    page_from_row,
    prediction_from_row,
    prediction_row,
    run_from_row,
    run_row,
    word_from_row,
    word_row,
)

__all__ = [
    "FILE_NAME",
    "AnnotationStore",
    "Counts",
    "HistoryEntry",
    "Owner",
    "copy_aside",
    "newest_backup",
    "restore_backup",
]

_WORDS_PER_READ = 5000

_NOT_TRASHED = "page_id NOT IN (SELECT id FROM pages WHERE trashed_at IS NOT NULL)"

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


class Counts(NamedTuple):
    """A project or a page in numbers; the words are counted by their state."""

    pages: int = 0
    words: int = 0
    verified: int = 0
    suggested: int = 0
    ignored: int = 0
    unlabelled: int = 0


class AnnotationStore(AnnotationFile):
    """The pages, words, predictions, weights and the journal of a project. Make one with :meth:`open`."""

    # --- pages ---

    def pages(self) -> list[Page]:
        """Return the pages in the order they were added, without those in the trash."""
        return self._pages("trashed_at IS NULL ORDER BY id")

    def trashed_pages(self) -> list[Page]:
        """Return the pages in the trash, the newest first."""
        return self._pages("trashed_at IS NOT NULL ORDER BY trashed_at DESC, id")

    def add_pages(self, paths: Iterable[Path], sizes: Iterable[tuple[int, int]] = ()) -> list[Page]:
        """Add image files and return the pages of those that are new. Known ones stay as they are, trashed or not.

        Args:
            paths: image files; relative ones are relative to the working directory.
            sizes: width and height of each in the same order, as far as they are known.
        """
        added = []
        folders: dict[str, str] = {}
        with self._writing() as db:
            for path, (width, height) in zip(paths, chain(sizes, repeat((0, 0)))):  # noqa: B905
                stored, problem = self._stored_path(path, folders)
                if db.execute("SELECT 1 FROM pages WHERE path = ?", (stored,)).fetchone():
                    continue
                row = (stored, width, height, problem)
                insert = "INSERT INTO pages (path, width, height, problem) VALUES (?, ?, ?, ?)"
                page_id = db.execute(insert, row).lastrowid
                assert page_id is not None, "an insert always has a row id"
                added.append(Page(page_id, *row))
        return added

    def update_page(self, page: Page) -> None:
        """Store a page's path, size, problem and mark."""
        values = (page.path, page.width, page.height, page.problem, page.verified, page.id)
        self._change_pages("path = ?, width = ?, height = ?, problem = ?, verified = ?", [values])

    def set_page_verified(self, page_id: int, verified: bool) -> None:
        """Say that a page is complete, or that it is not."""
        self._change_pages("verified = ?", [(verified, page_id)])

    def trash_pages(self, page_ids: Iterable[int]) -> None:
        """Put pages and their words out of sight. Nothing of them is lost, and their images are not touched."""
        self._change_pages("trashed_at = ?", [(time.time(), page_id) for page_id in page_ids])

    def restore_pages(self, page_ids: Iterable[int]) -> None:
        """Take pages out of the trash."""
        self._change_pages("trashed_at = NULL", [(page_id,) for page_id in page_ids])

    def page_counts(self) -> dict[int, Counts]:
        """Return the numbers of every page that has words, by page id."""
        words: dict[int, dict[str, int]] = {}
        sql = f"SELECT page_id, state, count(*) FROM words WHERE {_NOT_TRASHED} GROUP BY state, page_id"
        for page_id, state, count in self._rows(sql):
            words.setdefault(page_id, {})[state] = count
        return {page_id: _counts(1, by_state) for page_id, by_state in words.items()}

    def counts(self) -> Counts:
        """Return the numbers of the project, without the trash."""
        [(pages,)] = self._rows("SELECT count(*) FROM pages WHERE trashed_at IS NULL")
        sql = f"SELECT state, count(*) FROM words WHERE {_NOT_TRASHED} GROUP BY state"
        return _counts(pages, dict(self._rows(sql)))

    def content(self, page_id: int) -> PageContent:
        """Return all that is known of one page, as it was at one moment.

        Raises:
            StoreError: there is no such page.
        """
        with explained(self.path), transaction(self._db, "BEGIN"):
            pages = self._pages("id = ?", (page_id,))
            words = self._rows(f"SELECT {WORD_COLUMNS} FROM words WHERE page_id = ? ORDER BY id", (page_id,))
            predictions = self._predictions("SELECT id FROM words WHERE page_id = ?", (page_id,))
        if not pages:
            raise StoreError(f"{self.path.name} holds no page {page_id} any more; open the project again.")
        return PageContent(pages[0], tuple(map(word_from_row, words)), predictions)

    # --- words ---

    def words(self, page_id: int | None = None, *, state: State | None = None) -> Iterator[Word]:
        """Yield words by page, then by id, leaving out pages in the trash. The store may be changed meanwhile."""
        wanted = {"page_id = ?": page_id, "state = ?": state}
        conditions = [condition for condition, value in wanted.items() if value is not None]
        values = [value for value in wanted.values() if value is not None]
        where = " AND ".join(["(page_id, id) > (?, ?)", _NOT_TRASHED, *conditions])
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
            sql = "INSERT INTO journal (at, author, title, undoes, changes) VALUES (?, ?, ?, ?, ?)"
            row = (time.time(), self._author, edit.title, edit.undoes, changes_to_json(changes))
            entry = db.execute(sql, row).lastrowid
            db.executemany(
                "INSERT INTO journal_words VALUES (?, ?)", ((i, entry) for i in {c.word_id for c in changes})
            )

    def undo_history(self, limit: int = 500) -> list[Edit]:
        """Return the newest edits that stand, the oldest of them first: what Undo can take back."""
        edits: list[Edit] = []
        undone = 0
        with explained(self.path):
            cursor = self._db.execute("SELECT title, undoes, changes FROM journal ORDER BY id DESC")
            while len(edits) < limit and (row := cursor.fetchone()):
                if row[1]:
                    undone += 1
                elif undone:
                    undone -= 1
                else:
                    edits.append(edit_from_row(*row))
            cursor.close()
        return edits[::-1]

    def word_history(self, word_id: int) -> list[HistoryEntry]:
        """Return what happened to one word, the oldest first. An imported word's history begins with its first edit."""
        sql = """SELECT at, author, title, undoes, changes FROM journal
            JOIN journal_words ON journal_id = id WHERE word_id = ? ORDER BY id"""
        return [
            HistoryEntry(at, author, title, bool(undoes), change)
            for at, author, title, undoes, changes in self._rows(sql, (word_id,))
            for change in edit_from_row(title, undoes, changes).changes
            if change.word_id == word_id
        ]

    # --- predictions ---

    def save_predictions(self, predictions: Iterable[tuple[int, Box, Prediction]]) -> int:
        """Keep predictions, each given with its word's id and the box it was made for. Labels are never touched.

        Returns:
            How many were kept. The others speak of a box that has changed since, or of a word that is gone.
        """
        now = time.time()
        rows = [(*prediction_row(p), now, word_id, *box_values(box)) for word_id, box, p in predictions]
        with self._writing() as db:
            kept = db.executemany(_SAVE_PREDICTION, rows).rowcount
            db.executemany(_REFRESH_STATE, [(row[6],) for row in rows])
        return max(kept, 0)

    def predictions_for(self, word_ids: Iterable[int], *, weights: str | None = None) -> dict[int, Prediction]:
        """Return the newest prediction of each word that has one, by word id; of certain weights only where given."""
        ids = json.dumps(list(word_ids))
        with explained(self.path):
            return self._predictions("SELECT value FROM json_each(?)", (ids,), weights=weights)

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

    # --- weights and training runs ---

    def add_weights(self, record: WeightsRecord) -> None:
        """Add weights to the history; the same file again replaces its record."""
        metrics = json.dumps(dict(record.metrics), ensure_ascii=False)
        row = (record.hash, record.name, record.path, record.parent, record.created_at, metrics, record.decision)
        with self._writing() as db:
            columns = "hash, name, path, parent, created_at, metrics, decision, active"
            db.execute(f"INSERT OR REPLACE INTO weights ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, 0)", row)
            if record.active:
                db.execute("UPDATE weights SET active = (hash = ?)", (record.hash,))

    def weights_history(self) -> list[WeightsRecord]:
        """Return the weights of this project in the order they were added."""
        sql = "SELECT hash, name, path, parent, created_at, metrics, decision, active FROM weights ORDER BY id"
        return [
            WeightsRecord(digest, name, path, parent, created_at, json.loads(metrics), decision, bool(active))
            for digest, name, path, parent, created_at, metrics, decision, active in self._rows(sql)
        ]

    def activate_weights(self, weights_hash: str | None) -> None:
        """Remember which weights the recogniser uses; None stands for the starter weights.

        Raises:
            StoreError: these weights are not in the history.
        """
        with self._writing() as db:
            if weights_hash and not db.execute("SELECT 1 FROM weights WHERE hash = ?", (weights_hash,)).fetchone():
                raise StoreError(f"{self.path.name} knows no weights {weights_hash}; add them first.")
            db.execute("UPDATE weights SET active = (hash IS ?)", (weights_hash,))

    def save_run(self, run: RunRecord) -> None:
        """Keep a training run as it stands now; one of the same name is replaced."""
        with self._writing() as db:
            db.execute(f"INSERT OR REPLACE INTO runs ({RUN_COLUMNS}) VALUES ({', '.join('?' * 9)})", run_row(run))

    def runs(self, last: int = 100) -> list[RunRecord]:
        """Return the newest training runs, the newest first."""
        sql = f"SELECT {RUN_COLUMNS} FROM runs ORDER BY started_at DESC LIMIT ?"
        return [run_from_row(row) for row in self._rows(sql, (last,))]

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

    def _signed(self, word: Word) -> Word:
        word = clean_word(word)
        if word.author and word.changed_at:
            return word
        return replace(word, author=word.author or self._author, changed_at=word.changed_at or time.time())

    def _pages(self, where: str, values: Row = ()) -> list[Page]:
        return [page_from_row(row) for row in self._rows(f"SELECT {PAGE_COLUMNS} FROM pages WHERE {where}", values)]

    def _change_pages(self, assignments: str, rows: list[Row]) -> None:
        with self._writing() as db:
            db.executemany(f"UPDATE pages SET {assignments} WHERE id = ?", rows)

    def _predictions(self, words: str, values: Row, *, weights: str | None = None) -> dict[int, Prediction]:
        sql = f"""SELECT {PREDICTION_COLUMNS} FROM predictions WHERE id IN (
            SELECT max(id) FROM predictions WHERE word_id IN ({words}) AND weights IS coalesce(?, weights)
            GROUP BY word_id)"""
        return {row[0]: prediction_from_row(row) for row in self._db.execute(sql, (*values, weights))}

    def _next_id(self, table: str) -> int:
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))
        return int(rows[0][0]) + 1 if rows else 1

    def _stored_path(self, path: Path, folders: dict[str, str]) -> tuple[str, str]:
        """Return the path as the file keeps it, and the problem where that cannot be its real name.

        Args:
            folders: what has been found out of folders so far; the pages that are added together share few.
        """
        absolute = os.path.abspath(path)  # noqa: PTH100  resolve() would follow links that lie inside the project
        if not self._is_inside(absolute) and os.path.islink(absolute):  # noqa: PTH114  strings, for 100,000 pages
            absolute = os.path.realpath(absolute)
        folder, name = os.path.split(absolute)
        if folder not in folders:
            folders[folder] = self._stored_folder(folder)
        stored = folders[folder] + name
        legible = stored.encode("utf-8", "backslashreplace").decode()
        return legible, "" if legible == stored else "The file name is not valid UTF-8; rename the file."

    def _stored_folder(self, folder: str) -> str:
        """Return what stands before the names of a folder's images in their stored paths: empty, or ending in "/"."""
        if not self._is_inside(folder):
            folder = os.path.realpath(folder)  # the root is resolved too, so that the way up leads to the image
        try:
            stored = os.path.relpath(folder, self.root)
        except ValueError:  # another drive
            stored = folder
        return "" if stored == os.curdir else os.path.join(stored, "").replace(os.sep, "/")  # noqa: PTH118

    def _is_inside(self, absolute: str) -> bool:
        return os.path.join(absolute, "").startswith(os.path.join(self.root, ""))  # noqa: PTH118


def _counts(pages: int, by_state: Mapping[str, int]) -> Counts:
    states = (State.VERIFIED, State.SUGGESTED, State.IGNORED, State.UNLABELLED)
    return Counts(pages, sum(by_state.values()), *(by_state.get(state, 0) for state in states))


def _essence(word: Word | None) -> object:
    """Return what two sides must agree on; who changed a word and when is allowed to differ."""
    return word and (word.page_id, word.box, word.label, word.ignored)
