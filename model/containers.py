"""Files that hold many images: LMDB databases, tar archives, Parquet tables.

An image in one of them is a :class:`model.annotations.PackedImage`; :func:`read_packed` returns its bytes. Containers
stay open from one image to the next, a few at a time, and are opened anew in a forked process and when their file was
replaced. The library of the extra ``formats`` that reads Parquet is imported when a table is opened.
"""

from __future__ import annotations

import atexit
import os
import tarfile
import threading
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from model.annotations import PackedImage
from model.errors import DatasetError, ImageError, KnownError
from model.extras import require
from model.images import MissingImageError
from model.lmdb_file import DATA_FILE, LmdbError, LmdbFile

_OPEN_AT_ONCE = 8
_ROWS_AT_ONCE = 64


class _Container(ABC):
    """An open container."""

    @abstractmethod
    def __init__(self, path: Path) -> None:
        """Open it. Raises what the library that reads it raises."""

    @abstractmethod
    def read(self, image: PackedImage) -> bytes:
        """Return an image file's bytes. Raises KeyError when there is no such image."""

    @abstractmethod
    def close(self) -> None:
        """Free the file."""


class _Lmdb(_Container):
    def __init__(self, path: Path) -> None:
        self.database = LmdbFile(path)

    def read(self, image: PackedImage) -> bytes:
        value = self.database.get(image.key.encode())
        if value is None:
            raise KeyError(image.key)
        return value

    def close(self) -> None:
        self.database.close()


class _Tar(_Container):
    def __init__(self, path: Path) -> None:
        self._archive = tarfile.open(path, "r:")  # noqa: SIM115  closed with the container

    def read(self, image: PackedImage) -> bytes:
        assert self._archive.fileobj is not None
        self._archive.fileobj.seek(image.place)
        member = tarfile.TarInfo.fromtarfile(self._archive)
        data = self._archive.extractfile(member)
        if data is None or member.name != image.key:
            raise KeyError(image.key)
        with data:
            return data.read()

    def close(self) -> None:
        self._archive.close()


class _Parquet(_Container):
    """Reads a few rows at a time and only forward, so that rows asked for in order are decoded once."""

    def __init__(self, path: Path) -> None:
        self._table = open_parquet(path)
        metadata = self._table.metadata
        self._ends = list(accumulate(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)))
        self._at: tuple[int, str] | None = None
        self._batches: Iterator[Any] = iter(())
        self._start = self._end = 0
        self._values: list[Any] = []

    def read(self, image: PackedImage) -> bytes:
        group = bisect_right(self._ends, image.place)
        if group == len(self._ends):
            raise KeyError(image.key)
        if self._at != (group, image.key) or image.place < self._start:
            self._go_to(group, image.key)
        while image.place >= self._end:
            self._values = next(self._batches).column(0).to_pylist()
            self._start, self._end = self._end, self._end + len(self._values)
        value = self._values[image.place - self._start]
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes):
            raise KeyError(image.key)
        return data

    def close(self) -> None:
        self._table.close()

    def _go_to(self, group: int, column: str) -> None:
        self._at = (group, column)
        self._batches = self._table.iter_batches(_ROWS_AT_ONCE, row_groups=[group], columns=[column], use_threads=False)
        self._start = self._end = self._ends[group - 1] if group else 0


def read_packed(image: PackedImage) -> bytes:
    """Return the bytes of an image file that lies inside a container.

    Raises:
        MissingImageError: the container, or the image in it, is not there.
        ImageError: the container is damaged.
        MissingLibraryError: the library that reads it is not installed.
    """
    with _lock:
        try:
            return _opened(image.container, _KINDS.get(image.container.suffix.lower(), _Lmdb)).read(image)
        except (FileNotFoundError, KeyError) as error:
            raise MissingImageError(f"{image} does not exist.") from error
        except KnownError:
            raise
        except Exception as error:  # each library has errors of its own
            raise ImageError(f"{image} cannot be read: {error}.") from error


def close_containers() -> None:
    """Close every container of this process, so that its file can be replaced or deleted on any system."""
    with _lock:
        while _open:
            _open.popitem()[1].close()


atexit.register(close_containers)


def lmdb_items(path: Path, start: bytes, count: int) -> list[tuple[bytes, bytes]]:
    """Return the next ``count`` keys and values of an LMDB environment, from ``start`` on, in the order of the keys.

    Raises:
        DatasetError: it is missing or damaged.
    """
    with _lmdb(path) as database:
        return list(islice(database.items(start), count))


def is_in_lmdb(path: Path, key: str) -> bool:
    """Whether an LMDB environment has a key. Raises as :func:`lmdb_items`."""
    wanted = key.encode()
    with _lmdb(path) as database:
        return next(database.keys(wanted), None) == wanted


@contextmanager
def _lmdb(path: Path) -> Iterator[LmdbFile]:
    with _lock:
        try:
            container = _opened(path, _Lmdb)
            assert isinstance(container, _Lmdb)
            yield container.database
        except LmdbError as error:
            raise DatasetError(f"{path} cannot be read as an LMDB database: {error}.") from error
        except OSError as error:
            raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error


def open_parquet(path: Path) -> Any:
    """Return a Parquet file for reading, a ``pyarrow.parquet.ParquetFile``. Raises what pyarrow raises."""
    parquet = require("pyarrow.parquet", extra="formats", purpose="The format parquet")
    return parquet.ParquetFile(path, memory_map=False)


_KINDS: dict[str, type[_Container]] = {".tar": _Tar, ".parquet": _Parquet}

_lock = threading.Lock()
_open: OrderedDict[tuple[object, ...], _Container] = OrderedDict()


def _opened(path: Path, kind: type[_Container]) -> _Container:
    """Return the open container of a path, the least recently used of too many being closed."""
    stat = (path / DATA_FILE if path.is_dir() else path).stat()
    key = (os.getpid(), path, kind, stat.st_ino, stat.st_size, stat.st_mtime_ns)
    if key in _open:
        _open.move_to_end(key)
        return _open[key]
    for old in [k for k in _open if k[1] == path or k[0] != key[0]]:
        _open.pop(old).close()
    while len(_open) >= _OPEN_AT_ONCE:
        _open.popitem(last=False)[1].close()
    _open[key] = kind(path)
    return _open[key]
