"""Text files of one row a line, and the paths in them: what several formats share."""

from __future__ import annotations

import codecs
import os
import posixpath
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from model.errors import DatasetError

if TYPE_CHECKING:
    from model.formats.base import Refuse

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONGEST_NAME, _LONGEST_PATH = 255, 4096  # bytes
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNUSUAL = re.compile(r"[\x00-\x1f\x7f]|[^/]{64}|.{1000}")
"""What few paths have: those are looked at more closely."""
_LONGEST_LINE = 1 << 23  # characters; a page of 50,000 words as JSON is shorter
LONGEST_PIECE = _LONGEST_LINE  # the same for what other text files are made of: a tag of XML, an attribute
_DRIVE = re.compile(r"[A-Za-z]:")


def numbered_lines(path: Path, refuse: Refuse) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of a UTF-8 file; blank lines are passed over.

    A byte order mark and any line ends are accepted. A line that is not UTF-8, or of many megabytes, is refused.

    Raises:
        DatasetError: the file cannot be read, or is UTF-16.
    """
    try:
        with path.open("rb") as file:
            if file.read(2) in _UTF16:
                raise DatasetError(f"{path} is written in UTF-16; save it as UTF-8.")
        # Bytes that are no UTF-8 become lone surrogates, so that one bad line does not end the reading.
        with path.open(encoding="utf-8-sig", errors="surrogateescape") as text:
            for number, line in enumerate(iter(partial(text.readline, _LONGEST_LINE), ""), 1):
                if len(line) == _LONGEST_LINE and not line.endswith("\n"):
                    refuse(f"{path.name} line {number}", f"the line is longer than {_LONGEST_LINE:,} characters")
                    _skip_line(text)
                elif not line.isascii() and not is_encodable(line):
                    refuse(f"{path.name} line {number}", "the line is not UTF-8")
                elif not line.isspace():
                    yield number, line.rstrip("\n")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}.") from error


def _skip_line(text: TextIO) -> None:
    """Go to the end of a line that is too long to be kept."""
    while (rest := text.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
        pass


def read_small(path: Path, limit: int) -> bytes:
    """Return the content of a file that is read whole.

    Raises:
        ValueError: it holds more than ``limit`` bytes; the message is a clause.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it is larger than {limit:,} bytes")
    return data


def is_encodable(line: str) -> bool:
    """Whether a text that was decoded with surrogate escapes was UTF-8."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def require_path(name: str) -> None:
    """Pass what can be the path of a file, there or not.

    Raises:
        ValueError: it is empty, holds control characters, or is longer than any file system allows.
    """
    if not name.strip() or _UNUSUAL.search(name) or not (name.isascii() or is_encodable(name)):
        parts = name.encode(errors="replace").replace(b"\\", b"/").split(b"/")
        is_long = len(name) > _LONGEST_PATH or max(map(len, parts)) > _LONGEST_NAME
        if is_long or not name.strip() or _CONTROL.search(name) or not is_encodable(name):
            raise ValueError(f"{name!r} is no path of an image")


def clean_path(name: str) -> str:
    """Return a row's image path as a plain POSIX path below the data set's folder.

    Raises:
        ValueError: it is empty, absolute, or leads out of the folder; the message is a clause.
    """
    require_path(name)
    plain = posixpath.normpath(name.replace("\\", "/"))
    if plain == ".":
        raise ValueError(f"{name!r} is no path of an image")
    if plain.startswith("/") or _DRIVE.match(plain):
        raise ValueError(f"the path {name} is absolute; only paths inside the data set are read")
    if plain.split("/", 1)[0] == "..":
        raise ValueError(f"the path {name} leads out of the data set")
    return plain


class LinkGuard:
    """Refuses paths that leave a folder through a symbolic link.

    Each folder on the way is looked through once, for the links in it; no single image is asked for.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.realpath(root)
        self._astray: dict[str, frozenset[str] | None] = {}

    def check(self, name: str) -> None:
        """Pass a clean relative path that stays inside, all links followed; a missing file does.

        Raises:
            ValueError: it leads out; the message is a clause.
        """
        folder, _, base = name.rpartition("/")
        if folder not in self._astray:
            self._astray[folder] = self._look_through(folder)
        astray = self._astray[folder]
        if astray is None or base in astray:
            raise ValueError(f"the path {name} leads out of the data set through a symbolic link")

    def _look_through(self, folder: str) -> frozenset[str] | None:
        """Return the names in a folder that are links out of the root, or None when the folder itself lies outside."""
        path = f"{self._root}/{folder}"
        if not self._is_inside(path):
            return None
        try:
            with os.scandir(path) as entries:
                return frozenset(e.name for e in entries if e.is_symlink() and not self._is_inside(e.path))
        except OSError:  # missing or closed to us: its images will be reported as missing or unreadable
            return frozenset()

    def _is_inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        return real == self._root or real.startswith(self._root.rstrip(os.sep) + os.sep)
