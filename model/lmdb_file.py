"""Reads LMDB databases without trust, and without the library.

The library maps the file into memory and believes every number in it: a database whose download broke off, or a
damaged one, ends the process. Here every page is read from the file, and every offset is looked at before it is used.

Source: the structures MDB_meta, MDB_db, MDB_page and MDB_node of LMDB 0.9 (lmdb.h, mdb.c), as 64-bit machines with the
low byte first write them.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

DATA_FILE = "data.mdb"
"""The file of an LMDB environment that is a folder."""

_HEADER = struct.Struct("<QHHHH")  # page number, padding, flags, lower and upper bound of the free space
_META = struct.Struct("<IIQQ")  # magic, version, address, size of the map
_TREE = struct.Struct("<IHHQQQQQ")  # page size, flags, depth, branch, leaf and overflow pages, entries, root
_LAST = struct.Struct("<QQ")  # last page, transaction
_NODE = struct.Struct("<HHHH")  # low and high half of the data's size, flags, size of the key
_MAGIC, _VERSION = 0xBEEFC0DE, 1
_BRANCH, _LEAF, _OVERFLOW, _META_PAGE = 1, 2, 4, 8
_BIG = 1  # a node whose data lies in pages of its own
_NO_ROOT = 2**64 - 1
_PAGE_SIZES = (512, 65_536)
_MOST_DEPTH = 32
_PAGES_KEPT = 16


class LmdbError(ValueError):
    """The file is no LMDB database, is cut off or damaged. The message is a clause."""


@dataclass(frozen=True, slots=True)
class _Meta:
    page_size: int
    flags: int
    depth: int
    entries: int
    root: int
    last_page: int
    transaction: int


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of the tree: its keys in order, and where each one's value or child is."""

    is_leaf: bool
    keys: list[bytes]
    places: list[tuple[int, int]]  # a leaf's: offset in the file and size of the value; a branch's: child page, 0


class LmdbFile:
    """The main database of an environment that nobody writes to meanwhile.

    Args:
        path: the folder with ``data.mdb``, or the file itself.

    Raises:
        LmdbError: it is no LMDB database, or is cut off.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = (path / DATA_FILE if path.is_dir() else path).open("rb")
        try:
            self._size = self._file.seek(0, 2)
            self._meta = self._read_meta()
        except BaseException:
            self._file.close()
            raise
        self._pages: dict[int, _Page] = {}

    def close(self) -> None:
        """Free the file."""
        self._file.close()

    def get(self, key: bytes) -> bytes | None:
        """Return a key's value, None without one. Raises LmdbError."""
        for found, place in self._from(key):
            return self._value(place) if found == key else None
        return None

    def keys(self, start: bytes) -> Iterator[bytes]:
        """Yield the keys from ``start`` on, in order. Raises LmdbError."""
        return (key for key, _ in self._from(start))

    def items(self, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys and values from ``start`` on, in the order of the keys. Raises LmdbError."""
        return ((key, self._value(place)) for key, place in self._from(start))

    def _from(self, start: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
        if self._meta.root == _NO_ROOT:
            return
        visits = 0
        waiting = [(self._meta.root, 1)]  # pages and their depth, the next one last
        while waiting:
            number, depth = waiting.pop()
            visits += 1
            page = self._page(number)
            if visits > self._meta.last_page + 1 or page.is_leaf != (depth == self._meta.depth):
                raise LmdbError("its pages are not in a tree")
            if page.is_leaf:
                first = bisect_left(page.keys, start)
                yield from zip(page.keys[first:], page.places[first:], strict=True)
            else:
                first = bisect_right(page.keys, start, lo=1) - 1
                waiting += ((child, depth + 1) for child, _ in reversed(page.places[first:]))

    def _read_meta(self) -> _Meta:
        """Return the newer of the two meta pages: the one of the last transaction that was finished."""
        first = self._meta_at(0)
        second = self._meta_at(first.page_size)
        meta = max(first, second, key=lambda one: one.transaction)
        if not 1 <= meta.depth <= _MOST_DEPTH and meta.root != _NO_ROOT:
            raise LmdbError(f"its tree cannot be {meta.depth} pages deep")
        if meta.flags:
            raise LmdbError("its keys are sorted in an unusual way")
        if (meta.last_page + 1) * meta.page_size > self._size:
            raise LmdbError(
                f"it is cut off: {self._size:,} of {(meta.last_page + 1) * meta.page_size:,} bytes are there"
            )
        return meta

    def _meta_at(self, offset: int) -> _Meta:
        data = self._bytes(offset, _HEADER.size + _META.size + 2 * _TREE.size + _LAST.size)
        flags = _HEADER.unpack_from(data)[2]
        magic, version, _, _ = _META.unpack_from(data, _HEADER.size)
        if not flags & _META_PAGE or magic != _MAGIC or version != _VERSION:
            raise LmdbError("it is no LMDB database of this kind of machine")
        trees = _HEADER.size + _META.size
        page_size = _TREE.unpack_from(data, trees)[0]
        if not _PAGE_SIZES[0] <= page_size <= _PAGE_SIZES[1] or page_size & (page_size - 1):
            raise LmdbError(f"its pages cannot be {page_size} bytes long")
        _, flags, depth, _, _, _, entries, root = _TREE.unpack_from(data, trees + _TREE.size)
        last, transaction = _LAST.unpack_from(data, trees + 2 * _TREE.size)
        return _Meta(page_size, flags, depth, entries, root, last, transaction)

    def _page(self, number: int) -> _Page:
        if number not in self._pages:
            if len(self._pages) >= _PAGES_KEPT:
                self._pages.clear()
            self._pages[number] = self._read_page(number)
        return self._pages[number]

    def _read_page(self, number: int) -> _Page:
        size = self._meta.page_size
        if not 1 < number <= self._meta.last_page:
            raise LmdbError(f"it is damaged: there can be no page {number}")
        data = self._bytes(number * size, size)
        own_number, _, flags, lower, _ = _HEADER.unpack_from(data)
        kind = flags & (_BRANCH | _LEAF | _OVERFLOW | _META_PAGE)
        if own_number != number or kind not in (_BRANCH, _LEAF) or not _HEADER.size <= lower <= size or lower % 2:
            raise LmdbError(f"it is damaged at page {number}")
        offsets = struct.unpack_from(f"<{(lower - _HEADER.size) // 2}H", data, _HEADER.size)
        nodes = [self._node(data, offset, number, is_leaf=kind == _LEAF) for offset in offsets]
        keys = [key for key, _ in nodes]
        in_order = keys if kind == _LEAF else keys[1:]  # a branch's first key is not looked at
        if not keys or any(a >= b for a, b in pairwise(in_order)):
            raise LmdbError(f"it is damaged at page {number}: its keys are not in order")
        return _Page(kind == _LEAF, keys, [place for _, place in nodes])

    def _node(self, data: bytes, offset: int, number: int, *, is_leaf: bool) -> tuple[bytes, tuple[int, int]]:
        """Return a node's key, and the place of its value or its child."""
        if not _HEADER.size <= offset <= len(data) - _NODE.size:
            raise LmdbError(f"it is damaged at page {number}")
        low, high, flags, key_size = _NODE.unpack_from(data, offset)
        begin = offset + _NODE.size
        end = begin + key_size
        key = data[begin:end]
        if end > len(data):
            raise LmdbError(f"it is damaged at page {number}")
        if not is_leaf:
            return key, (low | high << 16 | flags << 32, 0)
        size = low | high << 16
        if flags & ~_BIG:
            raise LmdbError("it holds databases in its database")
        if flags & _BIG:
            if end + 8 > len(data):
                raise LmdbError(f"it is damaged at page {number}")
            return key, (int.from_bytes(data[end : end + 8], "little") * self._meta.page_size + _HEADER.size, size)
        if end + size > len(data):
            raise LmdbError(f"it is damaged at page {number}")
        return key, (number * self._meta.page_size + end, size)

    def _value(self, place: tuple[int, int]) -> bytes:
        return self._bytes(*place)

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > self._size:
            raise LmdbError("it is cut off or damaged: it names bytes behind its end")
        self._file.seek(offset)
        data = self._file.read(size)
        if len(data) < size:
            raise LmdbError("it became shorter while it was read")
        return data
