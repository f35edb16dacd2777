"""Noticing that an annotation file was replaced while it was open: by a sync tool, by version control, by a copy.

SQLite would go on writing: into a file that has no name any more, or, where the bytes were exchanged in place, into
somebody else's. So every write looks first, and a file that was replaced is let go without a byte being written.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import StoreReplacedError
from model.schema import logs_of, uri_of

if TYPE_CHECKING:
    from model.store import AnnotationStore

_Identity = tuple[int, ...] | None


class Watch:
    """Remembers what an open annotation file looks like on the disk, and says when that is no longer so.

    The file is never opened for this: closing any descriptor of it would free SQLite's locks (POSIX).
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path
        # Without a write-ahead log, the file changes with every commit, and network shares tell the time of it late.
        self._is_wal = db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        self.note()

    def note(self) -> None:
        """Take the file as it is now for ours: we have just written it."""
        self._file, self._log, self._version = self._look_at_file(), _log(self._path), self._data_version()

    @property
    def is_replaced(self) -> bool:
        """Whether another file stands where ours was, or other bytes in it."""
        return self._look_at_file() != self._file or (self._log is not None and _log(self._path) != self._log)

    def require_ours(self) -> None:
        """Pass when nobody else has written.

        Raises:
            StoreReplacedError: the file was replaced, or another program has written into it.
        """
        if not self.is_replaced and self._data_version() == self._version:
            return
        name = self._path.name
        if not self._path.exists():
            raise StoreReplacedError(f"{name} was moved or deleted while it was open here; save this version of it.")
        raise StoreReplacedError(
            f"{name} was changed by another program while it was open here; nothing was overwritten. Open what is "
            "there now, or save this version as a copy."
        )

    @property
    def has_lost_ours(self) -> bool:
        """Whether the bytes of our file were exchanged in place, so that it is nowhere any more."""
        now = self._look_at_file()
        return now is not None and self._file is not None and now != self._file and now[:2] == self._file[:2]

    def let_go(self) -> None:
        """Close the connection to a file that was replaced, leaving what stands there now as it is."""
        # SQLite merges the write-ahead log when the last connection closes. While another one looks, it does not; and
        # that one cannot, as it may only read.
        guard = sqlite3.connect(uri_of(self._path, "mode=ro"), uri=True) if self._path.exists() else None
        if guard is not None:
            with suppress(sqlite3.Error):
                guard.execute("SELECT 1 FROM sqlite_master").fetchone()
        self._db.close()
        if guard is not None:
            guard.close()
        # Left behind, our log would be played into the other file by whoever opens it next.
        if _log(self._path) == self._log:
            for file in (logs_of(self._path)[0], self._path.with_name(self._path.name + "-shm")):
                with suppress(OSError):
                    file.unlink(missing_ok=True)

    def _look_at_file(self) -> _Identity:
        try:
            status = self._path.stat()
        except OSError:
            return None
        changing = (status.st_size, status.st_mtime_ns) if self._is_wal else ()
        return (status.st_dev, status.st_ino, *changing)

    def _data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])


def _log(path: Path) -> _Identity:
    try:
        status = logs_of(path)[0].stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@dataclass(frozen=True, slots=True)
class Difference:
    """How two versions of a project differ in their words; a word that was changed counts on both sides."""

    only_mine: int
    only_theirs: int

    def __str__(self) -> str:
        if not (self.only_mine or self.only_theirs):
            return "Both have the same words."
        return f"Words that are so only here: {self.only_mine:,}; only there: {self.only_theirs:,}."


def compare(mine: AnnotationStore, theirs: AnnotationStore) -> Difference:
    """Return how the words of two versions differ: their page, box, text, or whether they are ignored."""
    words = []
    for store in (mine, theirs):
        paths = {page.id: page.path for page in store.pages()}
        words.append({(paths[w.page_id], w.box, w.label, w.ignored) for w in store.words()})
    return Difference(len(words[0] - words[1]), len(words[1] - words[0]))
