"""Files and folders that appear whole or not at all.

The new content is written beside its place under a hidden name, flushed to the disk and renamed over it. When the
block fails or is interrupted, what stood there before still stands and nothing is left beside it.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from model.errors import KnownError

_log = logging.getLogger(__name__)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it takes the name ``path`` when the block ends, replacing a file of that name.

    Raises:
        OSError: from creating, flushing or renaming; ``path`` is then as it was.
    """
    beside = _beside(path)
    try:
        yield beside
        _flush(beside)
        os.replace(beside, path)  # noqa: PTH105  pathlib's replace is this, and the fault tests patch this name
    finally:
        beside.unlink(missing_ok=True)
    _flush_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with atomic_file(path) as beside:
        beside.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file with LF line ends whole or not at all."""
    write_bytes(path, text.encode())


def require_writable(path: Path, *, make_folders: bool = False) -> None:
    """Find out before long work that its result could not be written. Nothing is left on the disk.

    Args:
        path: a file that will be written.
        make_folders: missing folders on the way to it will be made.

    Raises:
        KnownError: it could not be.
    """
    folder = path.absolute().parent
    while make_folders and not folder.exists():
        folder = folder.parent
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise KnownError(f"{path} cannot be written: {error.strerror or error}.") from error


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; it takes the name ``path`` when the block ends.

    A folder that stands there is replaced whole; whether that may happen is the caller's to decide beforehand. It is
    moved aside, not deleted, until the new one is in place.

    Raises:
        OSError: from creating, flushing or renaming; ``path`` is then as it was.
    """
    beside, aside = _beside(path), _beside(path)
    beside.mkdir()
    try:
        yield beside
        _flush_everything(beside)
        try:
            if path.exists():
                path.rename(aside)
            beside.rename(path)
        finally:
            if aside.exists() and not path.exists():
                aside.rename(path)
        _flush_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if path.exists():  # else what was moved aside is the only one there is
            shutil.rmtree(aside, ignore_errors=True)


def tell_unfinished(path: Path) -> None:
    """Name what stands beside ``path`` to take its name. It is not removed: another program may be at work in it."""
    for beside in sorted(path.parent.glob(f"{escape(_stem(path))}.{'[0-9a-f]' * 8}.part")):
        _log.warning("%s was left by a run that was killed; remove it unless another run is writing it.", beside)


def _beside(path: Path) -> Path:
    return path.with_name(f"{_stem(path)}.{secrets.token_hex(4)}.part")


def _stem(path: Path) -> str:
    return f".{path.name[:100]}"


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and renames are durable without
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flush_everything(folder: Path) -> None:
    """Flush a folder of possibly a million small files: once for all where the system can, else one by one."""
    if hasattr(os, "sync"):
        os.sync()
        return
    for path in folder.rglob("*"):
        if path.is_file():
            _flush(path)
