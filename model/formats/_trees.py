"""JSON and XML of others: read in bounded memory and without trust."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree as DefusedTree
from defusedxml.common import DefusedXmlException

from model.formats._lists import LONGEST_PIECE
from model.formats.base import Refuse

_CHUNK = 1 << 18
_LARGEST_VALUE = 1 << 26  # characters; of the lists that are read member by member, the members


# --- JSON ---


def load_json(data: bytes | str) -> Any:
    """Return the JSON value of a text; whole numbers come as floats, however long.

    Raises:
        ValueError: it is none; the message is a clause.
    """
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
        return json.loads(text.removeprefix("\ufeff"), parse_int=float)
    except RecursionError as error:
        raise ValueError("it is JSON that is nested too deeply") from error
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from error


def json_members(file: Path, key: str, refuse: Refuse) -> Iterator[tuple[str, Any]]:
    """Yield (key, value) of each member of an object or list in a large JSON file, in bounded memory.

    The members of a list have their number from 1 as key. What is broken ends the reading and is refused.

    Args:
        file: UTF-8 or UTF-16, with or without a byte order mark.
        key: the member of the outermost object that is meant; "" is the outermost object or list itself.
        refuse: told what is not JSON.
    """
    try:
        with file.open("rb") as binary:
            encoding = json.detect_encoding(binary.read(4))
        with file.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding) as text:
            reader = _JsonReader(text)
            if not key:
                yield from ((name, reader.value()) for name in reader.members())
                return
            for name in reader.members():
                if name == key and reader.peek() in _OPEN:
                    yield from ((name, reader.value()) for name in reader.members())
                else:
                    reader.skip()
    except RecursionError:
        refuse(file.name, "it is JSON that is nested too deeply")
    except ValueError as error:
        refuse(file.name, f"it is not JSON: {error}")
    except OSError as error:
        refuse(file.name, f"it cannot be read: {error.strerror or error}")


_OPEN = ("{", "[")
_SPACE = re.compile(r"[ \t\n\r]*")


class _JsonReader:
    """Reads a JSON text member by member; only the value that is read last is held as a whole."""

    _decoder = json.JSONDecoder(parse_int=float)

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0

    def peek(self) -> str:
        """Return the next character that is no space, "" at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Yield the key of each member of the object or list that comes next; the caller reads its value."""
        end = {"{": "}", "[": "]"}[self._take(*_OPEN)]
        if self.peek() == end:
            self._at += 1
            return
        number = 0
        while True:
            number += 1
            key = str(number)
            if end == "}":
                if self.peek() != '"':
                    raise ValueError("an object has a key that is no text")
                key = self.value()
                self._take(":")
            yield key
            if self._take(",", end) == end:
                return

    def value(self) -> Any:
        """Return the value that comes next, whole."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # A text is also broken where what has been read of it ends; elsewhere reading on does not help.
                is_cut = error.msg.startswith(("Unterminated", "Invalid \\")) or error.pos > len(self._text) - 10
                if not (is_cut and self._more()):
                    raise ValueError(error.msg) from error
            else:
                if end < len(self._text) or not self._more():  # a number may go on
                    self._at = end
                    return value

    def skip(self) -> None:
        """Pass over the value that comes next."""
        if self.peek() not in _OPEN:
            self.value()
            return
        for _ in self.members():
            self.value()

    def _take(self, *expected: str) -> str:
        found = self.peek()
        if found not in expected or not found:
            raise ValueError(f"{' or '.join(expected)} is missing")
        self._at += 1
        return found

    def _more(self) -> bool:
        kept = self._text[self._at :]
        if len(kept) > _LARGEST_VALUE:
            raise ValueError(f"one of its values is longer than {_LARGEST_VALUE:,} characters")
        more = self._file.read(max(_CHUNK, len(kept)))
        self._text, self._at = kept + more, 0
        return bool(more)


# --- XML ---

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;",
}  # fmt: skip


def xml_refusal(text: str) -> str | None:
    """Return why no XML file can carry a label, as a clause after "the label"; None when it can."""
    return "holds a control character that XML forbids" if _NO_XML.search(text) else None


def escaped(text: str) -> str:
    """Return a text as it stands in an XML element or between double quotes; a reader gets the very same back."""
    return "".join(_ESCAPES.get(char, char) for char in _NO_XML.sub("_", text))


def xml_elements(file: Path, name: str, refuse: Refuse) -> Iterator[Element]:
    """Yield each element of this name, whatever its namespace, and forget it afterwards.

    Entities are refused: they can grow without bound, or read other files. What is broken ends the reading.
    """
    found = False
    try:
        with file.open("rb") as opened:
            source = _Pieces(opened)
            root: Element | None = None
            for event, element in DefusedTree.iterparse(source, events=("start", "end"), forbid_dtd=False):
                source.since = 0
                root = element if root is None else root
                if event == "end" and local_name(element) == name:
                    found = True
                    yield element
                    if element is not root:
                        element.clear()
                        root.clear()
        if not found:
            refuse(file.name, f"it has no element {name}")
    except DefusedXmlException as error:
        refuse(file.name, f"it declares entities, which are never read ({type(error).__name__})")
    except _EndlessError:
        refuse(file.name, f"a piece of it is longer than {LONGEST_PIECE:,} bytes")
    except ParseError as error:
        refuse(file.name, f"it is not XML: {error}")
    except (LookupError, ValueError) as error:  # an encoding that does not exist, or does not fit
        refuse(file.name, f"its encoding cannot be read: {error}")
    except OSError as error:
        refuse(file.name, f"it cannot be read: {error.strerror or error}")


class _EndlessError(Exception):
    """So much of an XML file has been read without a tag that its end is not waited for."""


class _Pieces:
    """A file that the XML parser reads from; `since` is set to 0 with each tag that the parser has found."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.since = 0

    def read(self, size: int = -1, /) -> bytes:
        self.since += size
        if self.since > LONGEST_PIECE:
            raise _EndlessError
        return self._file.read(size)


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def descendants(element: Element, *names: str) -> Iterator[Element]:
    """Yield the elements of these names below an element, whatever their namespace."""
    return (e for e in element.iter() if e is not element and local_name(e) in names)


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the elements of this name right below an element, whatever their namespace."""
    return (e for e in element if local_name(e) == name)
