"""The annotation file as SQLite sees it: tables, migrations, connections, and what SQLite's errors mean to a person."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from model.atomic import atomic_file
from model.errors import StoreCorruptError, StoreError, StoreTooNewError

APPLICATION_ID = 0x63726E6E  # "crnn" in ASCII

_BUSY_TIMEOUT_MS = 5000

# A whole check reads every page of the file: 0.1 s for this size. Larger files are checked when they are backed up.
_CHECKED_AT_OPENING_BYTES = 32 * 2**20

_VERSION_1 = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # AUTOINCREMENT here and below: an id is never given twice, so the journal and a deleted word keep their meaning.
    """CREATE TABLE pages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        width INTEGER NOT NULL DEFAULT 0,
        height INTEGER NOT NULL DEFAULT 0,
        problem TEXT NOT NULL DEFAULT '',
        verified INTEGER NOT NULL DEFAULT 0,
        trashed_at REAL)""",
    "CREATE INDEX pages_trashed ON pages (id) WHERE trashed_at IS NOT NULL",
    """CREATE TABLE words (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        page_id INTEGER NOT NULL REFERENCES pages (id),
        x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
        x3 REAL NOT NULL, y3 REAL NOT NULL, x4 REAL NOT NULL, y4 REAL NOT NULL,
        label TEXT,
        ignored INTEGER NOT NULL DEFAULT 0,
        source TEXT,
        author TEXT NOT NULL,
        changed_at REAL NOT NULL,
        state TEXT NOT NULL)""",
    # Both end in the rowid, so they also give the order by page and id; the second alone answers every count.
    "CREATE INDEX words_by_page ON words (page_id)",
    "CREATE INDEX words_by_state ON words (state, page_id)",
    # A prediction that is made again gets a new, higher id: the newest of a word is the one with the highest.
    """CREATE TABLE predictions (
        id INTEGER PRIMARY KEY,
        word_id INTEGER NOT NULL REFERENCES words (id) ON DELETE CASCADE,
        weights TEXT NOT NULL,
        text TEXT NOT NULL,
        confidence REAL NOT NULL,
        characters TEXT NOT NULL,
        alternatives TEXT NOT NULL,
        made_at REAL NOT NULL,
        UNIQUE (word_id, weights))""",
    """CREATE TABLE weights (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        path TEXT NOT NULL,
        parent TEXT,
        created_at REAL NOT NULL,
        metrics TEXT NOT NULL,
        decision TEXT NOT NULL,
        active INTEGER NOT NULL)""",
    """CREATE TABLE journal (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        author TEXT NOT NULL,
        title TEXT NOT NULL,
        undoes INTEGER NOT NULL,
        changes TEXT NOT NULL)""",
    """CREATE TABLE journal_words (
        word_id INTEGER NOT NULL,
        journal_id INTEGER NOT NULL REFERENCES journal (id),
        PRIMARY KEY (word_id, journal_id)) WITHOUT ROWID""",
)


_VERSION_2 = (
    # What was read of a word when a human first decided on its text. A later correction of the label is seen by
    # comparing with the word itself; ids grow in the order of the decisions.
    """CREATE TABLE verifications (
        id INTEGER PRIMARY KEY,
        word_id INTEGER NOT NULL UNIQUE REFERENCES words (id) ON DELETE CASCADE,
        weights TEXT NOT NULL,
        text TEXT NOT NULL)""",
    "CREATE INDEX verifications_by_weights ON verifications (weights, id)",
    # A run without an end was interrupted.
    """CREATE TABLE runs (
        name TEXT PRIMARY KEY,
        started_at REAL NOT NULL,
        ended_at REAL,
        verified INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL,
        options TEXT NOT NULL,
        curves TEXT NOT NULL,
        log TEXT NOT NULL) WITHOUT ROWID""",
)

_VERSION_3 = (
    # The marks of pages that an edit changed; `changes` holds its words.
    "ALTER TABLE journal ADD COLUMN pages TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE pages ADD COLUMN trashed_by TEXT NOT NULL DEFAULT ''",
    # Images whose pages were emptied from the trash: looking through the folder does not bring them back.
    "CREATE TABLE forgotten (path TEXT PRIMARY KEY) WITHOUT ROWID",
)


def _create(db: sqlite3.Connection) -> None:
    for statement in _VERSION_1:
        db.execute(statement)
    db.execute("INSERT INTO meta VALUES ('created_at', ?)", (str(time.time()),))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _add_verifications_and_runs(db: sqlite3.Connection) -> None:
    for statement in _VERSION_2:
        db.execute(statement)


def _journal_pages(db: sqlite3.Connection) -> None:
    for statement in _VERSION_3:
        db.execute(statement)


# Entry i takes a file of version i to version i + 1. Entries are never changed once released, only added.
MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [_create, _add_verifications_and_runs, _journal_pages]


def version_of(db: sqlite3.Connection) -> int:
    """Return the schema version of an annotation file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to the newest version, all of it or nothing."""
    with transaction(db):
        old = version_of(db)
        for version, migration in enumerate(MIGRATIONS[old:], start=old + 1):
            migration(db)
            db.execute(f"PRAGMA user_version = {version}")


def create(path: Path) -> None:
    """Make an empty annotation file. It appears under its name only when it is complete.

    Raises:
        StoreError: the folder does not take it.
    """
    try:
        with atomic_file(path) as fresh, explained(path), closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            migrate(db)
    except OSError as error:
        raise StoreError(f"{path} cannot be made ({error.strerror}); choose a folder that you may write in.") from error


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open an annotation file, checked to be one. Nothing is written to it.

    Raises:
        StoreCorruptError: the file is damaged or something else.
        StoreTooNewError: a newer version of the program wrote it.
        StoreError: it cannot be read.
    """
    with explained(path):
        try:
            return _connect(path, "mode=ro" if read_only else "mode=rw")
        except sqlite3.OperationalError as error:
            # A file in WAL mode needs a -shm file beside it, which a folder without write permission cannot give.
            # With no log there is no writer and nothing to merge, so the file alone is all there is.
            refused = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
            if not read_only or not refused or any(log.exists() for log in logs_of(path)):
                raise
            return connect_alone(path)


def connect_alone(path: Path) -> sqlite3.Connection:
    """Open an annotation file for reading as it lies there, without a look at the logs beside it.

    Raises:
        StoreCorruptError, StoreTooNewError, StoreError: as :func:`connect`.
    """
    with explained(path):
        return _connect(path, "mode=ro&immutable=1")


def logs_of(path: Path) -> tuple[Path, Path]:
    """Return the write-ahead log and the rollback journal that may lie beside an annotation file."""
    return path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")


def uri_of(path: Path, options: str) -> str:
    """Return what SQLite opens the file by, with options such as ``mode=ro``."""
    # Not Path.as_uri: SQLite refuses the host name it makes of a Windows share.
    name = path.absolute().as_posix()
    return f"file://{'' if name.startswith('/') else '/'}{quote(os.fsencode(name))}?{options}"


def _connect(path: Path, options: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri_of(path, options), uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA cache_size = -32000")  # KiB
        _check(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StoreCorruptError(f"{path} is not an annotation file; it was left as it is. Restore a backup of it.")
    if version_of(db) > len(MIGRATIONS):
        raise StoreTooNewError(
            f"{path.name} was written by a newer version of crnn-gui; update the program to open it."
        )
    if path.stat().st_size <= _CHECKED_AT_OPENING_BYTES and not is_sound(db):
        raise _damaged(path)


def is_sound(db: sqlite3.Connection) -> bool:
    """Whether the structure of every page of the file is intact."""
    return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def prepare_writing(db: sqlite3.Connection) -> None:
    """Make every commit durable: write-ahead log where the file system can do it, otherwise a rollback journal."""
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA fullfsync = ON")  # macOS: without it fsync leaves the data in the drive's cache
    try:
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.OperationalError:  # a file system without shared memory, such as some network shares
        mode = None
    if mode != "wal":
        db.execute("PRAGMA journal_mode = DELETE")


def finish_writing(db: sqlite3.Connection) -> None:
    """Merge the write-ahead log, so that one file is all of it and can be read where nothing can be written."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:  # somebody is reading: the file stays in WAL mode, the log is emptied
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def merge_log(db: sqlite3.Connection) -> None:
    """Merge the write-ahead log into the file and empty it, unless somebody is reading."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")


@contextmanager
def transaction(db: sqlite3.Connection, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Commit what the block does, or nothing of it."""
    db.execute(begin)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has rolled it back already
            db.execute("ROLLBACK")
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into a :class:`StoreError` that says what to do. Misuse of SQLite is a bug and stays one."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except UnicodeDecodeError as error:  # SQLite quotes the damaged bytes in what it says
        raise _damaged(path) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged(path) from error
        sentence = _SENTENCES.get(code, "{path} could not be used ({error}); restore the newest backup if it stays so.")
        raise StoreError(sentence.format(path=path, name=path.name, error=error)) from error


def _damaged(path: Path) -> StoreCorruptError:
    return StoreCorruptError(f"{path} is damaged; it was left as it is. Restore the newest backup, or copy it aside.")


_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full, so {name} could not be written; free some space and try again. Everything "
    "saved before is safe.",
    sqlite3.SQLITE_READONLY: "{path} cannot be written; check the permissions of the file and its folder.",
    sqlite3.SQLITE_PERM: "{path} cannot be used; check the permissions of the file and its folder.",
    sqlite3.SQLITE_BUSY: "Another program keeps {name} busy; close it there and try again.",
    sqlite3.SQLITE_LOCKED: "Another program keeps {name} busy; close it there and try again.",
    sqlite3.SQLITE_IOERR: "Reading or writing {path} failed; check the disk or the network connection and try again.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened; check that it exists and that you may write in its folder. On a "
    "network share, copy the folder to a local disk.",
    sqlite3.SQLITE_PROTOCOL: "{path} cannot be locked; copy the folder from the network share to a local disk.",
    sqlite3.SQLITE_CONSTRAINT: "The change does not fit what {name} holds now ({error}); reload and try again.",
}
