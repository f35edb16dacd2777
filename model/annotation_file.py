"""An annotation file that is open: who may write it, its transactions, its daily backup, and how it is closed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from model import schema
from model.backups import make_backup, make_copy, make_daily_backup
from model.errors import StoreCorruptError, StoreError
from model.locking import Owner, WriteLock, read_owner, user_name
from model.schema import explained, transaction
from model.watching import Watch

if TYPE_CHECKING:
    import sqlite3

FILE_NAME = "annotations.crnn"

logger = logging.getLogger(__name__)


class AnnotationFile:
    """The file below an :class:`model.store.AnnotationStore`. It belongs to the thread that opened it.

    Attributes:
        path: the annotation file.
        root: its folder, with symbolic links resolved; ``root / page.path`` is a page's image.
        read_only: nothing can be changed through this store.
        owner: who has the file open for writing: this store itself, or for a read-only store whoever is on record.
        backup_problem: why today's backup could not be made, in one sentence; empty when it was.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, *, lock: WriteLock | None, owner: Owner | None, author: str):
        self.path = path
        self.root = path.parent
        self.read_only = lock is None
        self.owner = owner
        self.backup_problem = ""
        self._author = author
        self._db = db
        self._lock = lock
        self._watch = Watch(db, path) if lock is not None else None
        self._backed_up_on: date | None = None

    @classmethod
    def open(cls, path: Path, *, create: bool = False, read_only: bool = False, author: str | None = None) -> Self:
        """Open the annotation file at ``path``, bringing it to the present schema first if it is older.

        Args:
            path: the file, or the folder that holds :data:`FILE_NAME`.
            create: make an empty file (and its folder) where there is none.
            read_only: take no lock and change nothing; works where nothing can be written.
            author: who makes the edits; the name of the system's user by default.

        Raises:
            StoreLockedError: another program has it open for writing.
            StoreCorruptError: it is damaged or no annotation file; it was not touched.
            StoreTooNewError: a newer version of the program wrote it.
            StoreError: it does not exist, or cannot be read or written.
        """
        path = _file_at(path)
        author = author or user_name()
        if read_only:
            _require(path)
            return cls._reading(path, schema.connect(path, read_only=True), author)
        if create:
            _make_folder(path.parent)
        else:
            _require(path)
        lock = WriteLock(path)
        owner = lock.acquire()
        try:
            if create and not path.exists():
                schema.create(path)
            db = _connect_for_writing(path)
        except BaseException:
            lock.release()
            raise
        return cls(path, db, lock=lock, owner=owner, author=author)

    @classmethod
    def look_at(cls, path: Path) -> Self:
        """Read a file as it lies there, whatever log lies beside it: after it was replaced, the log belongs to another.

        Raises:
            StoreError: it is missing, damaged, or of another version.
        """
        _require(path)
        return cls._reading(path, schema.connect_alone(path))

    @classmethod
    def _reading(cls, path: Path, db: sqlite3.Connection, author: str = "") -> Self:
        if schema.version_of(db) < len(schema.MIGRATIONS):
            db.close()
            raise StoreError(f"{path.name} is of an older version; open it for writing once to bring it up to date.")
        return cls(path, db, lock=None, owner=read_owner(path), author=author)

    def close(self) -> None:
        """Merge everything into the one file and free it for others. A second call does nothing."""
        try:
            if self._lock is not None and self._lock.is_held and self._watch is not None:
                with explained(self.path):
                    if self._watch.is_replaced:
                        self._watch.let_go()
                    else:
                        schema.finish_writing(self._db)
        finally:
            self._db.close()
            if self._lock is not None:
                self._lock.release()

    def settle(self) -> None:
        """Merge what was written into the one file, where nobody reads it at this moment. Done while nobody writes."""
        if self._watch is None or self._watch.is_replaced:
            return
        with explained(self.path):
            schema.merge_log(self._db)
            self._watch.note()

    def save_copy(self, target: Path) -> None:
        """Write all of this version of the project to another place, as when the file was replaced in its own.

        Raises:
            StoreError: this version is nowhere any more, or the copy cannot be written.
        """
        if self._watch is not None and self._watch.has_lost_ours:
            raise StoreError(
                f"The bytes of {self.path.name} were exchanged in place, so this version of it is gone; open what is "
                "there now, or restore a backup."
            )
        make_copy(self._db, self.path, target)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def meta(self, key: str) -> str | None:
        """Return a value of the project that has no table of its own, or None."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a value of the project under a name; None takes it away. It is no edit, so Undo knows nothing of it."""
        with self._writing() as db:
            if value is None:
                db.execute("DELETE FROM meta WHERE key = ?", (key,))
            else:
                db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, for queries that have rooms of their own: they write temporary tables and nothing else."""
        return self._db

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with explained(self.path):
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        if self.read_only:
            raise StoreError(f"{self.path.name} is open for reading only, so nothing can be changed.")
        assert self._watch is not None, "who may write, watches"
        self._back_up()
        with explained(self.path):
            with transaction(self._db):
                self._watch.require_ours()
                yield self._db
            self._watch.note()

    def _back_up(self) -> None:
        """Before the first change of a day, keep the state that the last day left."""
        today = date.today()
        if today == self._backed_up_on or not self._rows("SELECT 1 FROM words LIMIT 1"):
            return
        try:
            make_daily_backup(self._db, self.path, today)
            self.backup_problem = ""
        except StoreCorruptError:
            raise
        except StoreError as error:  # the edit itself may still find room; losing it for want of a copy would be worse
            self.backup_problem = str(error)
            logger.warning("no backup today: %s", error)
        self._backed_up_on = today


def _file_at(path: Path) -> Path:
    file = path / FILE_NAME if path.is_dir() else path
    return file.parent.resolve() / file.name


def _require(path: Path) -> None:
    if not path.is_file():
        raise StoreError(f"There is no annotation file {path}; check the name, or open the folder of images.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{folder} cannot be made ({error.strerror}); choose another place.") from error


def _connect_for_writing(path: Path) -> sqlite3.Connection:
    db = schema.connect(path, read_only=False)
    try:
        with explained(path):
            schema.prepare_writing(db)
            if (version := schema.version_of(db)) < len(schema.MIGRATIONS):
                make_backup(db, path, f"{date.today().isoformat()}-version-{version}")
                schema.migrate(db)
    except BaseException:
        db.close()
        raise
    return db
