"""The right to write an annotation file: one process at a time, freed by the system when that process dies."""

from __future__ import annotations

import getpass
import json
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from model.atomic import write_text
from model.errors import StoreError, StoreLockedError


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an annotation file open for writing, and since when (Unix seconds)."""

    user: str
    host: str
    pid: int
    since: float

    def __str__(self) -> str:
        opened = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"{self.user} on {self.host} (process {self.pid}, since {opened})"


class WriteLock:
    """An operating system lock on ``.<name>.lock`` beside the annotation file, and a record of who holds it.

    Only the lock decides. The record is for people: one that a killed process left behind names nobody as soon as the
    next writer has replaced it.
    """

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # slow to import, and the app shows its window before it opens a file

        self._path = path
        # Not in thread-local storage: a QThread that runs Python only in slots loses it after each of them.
        self._lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=0, thread_local=False)

    def acquire(self) -> Owner:
        """Take the lock and return the record that was written for others to read.

        Raises:
            StoreLockedError: another store has the file open for writing, in this process or another.
            StoreError: the folder does not take files.
        """
        from filelock import Timeout

        try:
            self._lock.acquire()
        except Timeout:
            owner = read_owner(self._path)
            raise StoreLockedError(
                f"{self._path.name} is open for writing by {owner or 'another program'}; close it there, or open it "
                "for reading only.",
                owner,
            ) from None
        except OSError as error:
            raise _not_writable(self._path) from error
        owner = Owner(user_name(), platform.node(), os.getpid(), time.time())
        try:
            write_text(_record(self._path), json.dumps(asdict(owner)))
        except OSError as error:
            self._lock.release()
            raise _not_writable(self._path) from error
        return owner

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock.is_locked

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self.is_held:
            _record(self._path).unlink(missing_ok=True)
            self._lock.release()


def read_owner(path: Path) -> Owner | None:
    """Return who is recorded as the writer of the annotation file, or None when nobody is.

    After a crash the record stays until the next writer comes, so only a :class:`StoreLockedError` proves that the
    owner is alive.
    """
    try:
        return Owner(**json.loads(_record(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # no record, or one that a crash cut short: the owner is not known


def user_name() -> str:
    """Return the name of the person at this machine, as the system has it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a user id that has no name
        return "unknown"


def _record(path: Path) -> Path:
    return path.with_name(f".{path.name}.owner.json")


def _not_writable(path: Path) -> StoreError:
    return StoreError(
        f"{path.parent} does not take files, so {path.name} cannot be changed; check the permissions and the free "
        "space there, or open it for reading only."
    )
