"""Copies of an annotation file: one a day of its last good state, and what to do when the file is damaged.

Backups lie in ``annotations.crnn.backups/`` beside the file. Every one was checked when it was made, so a damaged file
never pushes the good backups out.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from model.atomic import atomic_file
from model.errors import StoreCorruptError, StoreError
from model.locking import WriteLock
from model.schema import connect, explained, is_sound, logs_of

if TYPE_CHECKING:
    from datetime import date

KEPT = 7

_DAILY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].crnn"


def make_daily_backup(db: sqlite3.Connection, path: Path, today: date) -> None:
    """Keep the present state as today's backup unless there is one, and delete the daily ones beyond :data:`KEPT`.

    Raises:
        StoreCorruptError: the file is damaged; no backup was made or deleted.
        StoreError: the backup cannot be written.
    """
    if not (_folder(path) / f"{today.isoformat()}.crnn").exists():
        make_backup(db, path, today.isoformat())
        with _written(path):
            for old in sorted(_folder(path).glob(_DAILY))[:-KEPT]:
                old.unlink()


def make_backup(db: sqlite3.Connection, path: Path, name: str) -> None:
    """Write the present state to ``<name>.crnn`` in the folder of backups, complete or not at all.

    Raises:
        StoreCorruptError: the file is damaged.
        StoreError: the backup cannot be written.
    """
    with _written(path):
        _folder(path).mkdir(exist_ok=True)
    make_copy(db, path, _folder(path) / f"{name}.crnn")


def make_copy(db: sqlite3.Connection, path: Path, target: Path) -> None:
    """Write the present state of the annotation file at ``path`` to ``target``, complete or not at all.

    Raises:
        StoreCorruptError: the file is damaged.
        StoreError: the copy cannot be written.
    """
    with _written(path), explained(path), atomic_file(target) as fresh, closing(sqlite3.connect(fresh)) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # it lies alone, so it must not ask for a log beside it
        if not is_sound(copy):
            raise StoreCorruptError(f"{path} is damaged, so it was not backed up; restore the newest backup.")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is intact, and what it holds."""

    path: Path
    pages: int
    words: int
    verified: int


def backups(path: Path) -> Iterator[Backup]:
    """Yield the backups of the annotation file that are intact, the newest first."""
    for backup in sorted(_folder(path).glob("[0-9]*.crnn"), reverse=True):
        try:
            with closing(connect(backup, read_only=True)) as db, explained(backup):
                if not is_sound(db):
                    continue
                [pages] = db.execute("SELECT count(*) FROM pages WHERE trashed_at IS NULL").fetchone()
                words, verified = db.execute("SELECT count(*), count(label) FROM words").fetchone()
        except StoreError:
            continue  # not usable, an older one may be
        yield Backup(backup, pages, words, verified)


def newest_backup(path: Path) -> Path | None:
    """Return the newest backup of the annotation file that is intact, or None when there is none."""
    return next((backup.path for backup in backups(path)), None)


def copy_aside(path: Path) -> Path:
    """Copy a damaged annotation file, with its write-ahead log, to ``<name>.damaged-YYYYmmdd-HHMMSS`` beside it.

    Raises:
        StoreError: the copy cannot be written.
    """
    stamp = f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (path.with_name(stamp if i == 1 else f"{stamp}-{i}") for i in count(1))
    aside = next(name for name in names if not name.exists())
    with _written(path):
        shutil.copy2(path, aside)
        for log, log_aside in zip(logs_of(path), logs_of(aside), strict=True):
            if log.exists():
                shutil.copy2(log, log_aside)
    return aside


def restore_backup(path: Path, backup: Path | None = None) -> Path:
    """Put a backup in the place of a damaged or missing file, which is copied aside first.

    Args:
        path: the annotation file.
        backup: by default the newest one.

    Returns:
        The backup that was restored. It stays where it is.

    Raises:
        StoreError: there is no backup, another program has the file open, or the disk does not take it.
    """
    backup = backup or newest_backup(path)
    if backup is None:
        raise StoreError(f"There is no backup of {path}; copy the file aside and start anew.")
    lock = WriteLock(path)
    lock.acquire()
    try:
        if path.exists():
            copy_aside(path)
        with _written(path), atomic_file(path) as fresh:
            shutil.copyfile(backup, fresh)
            # The old logs speak about the damaged file. SQLite would play them into the restored one.
            for log in (*logs_of(path), path.with_name(path.name + "-shm")):
                log.unlink(missing_ok=True)
    finally:
        lock.release()
    return backup


def _folder(path: Path) -> Path:
    return path.with_name(f"{path.name}.backups")


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"A copy of {path.name} cannot be written ({error.strerror}); check the free space and the permissions in "
            f"{path.parent}."
        ) from error
