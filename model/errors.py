"""Errors a user can act on. Everything else that is raised is a bug and reaches the crash dialog.

The text of a :class:`KnownError` is one clear sentence that says what is wrong and what to do. The command line
prints it and exits with status 2; the application shows it in a bar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.locking import Owner

_LONGEST_SENTENCE = 4000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, most: int = _LONGEST_SENTENCE) -> str:
    """Return what is told to a person on one line: names and values of files may hold anything, a million times."""
    if len(text) > most:
        text = f"{text[: most * 2 // 3]}…{text[-most // 4 :]}"
    return _CONTROLS.sub(" ", text)


class KnownError(Exception):
    """Base of every error whose cause lies outside the program. ``str(error)`` is the sentence to show."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class StoreError(KnownError):
    """The annotation file cannot be read or written."""


class StoreLockedError(StoreError):
    """Another program has the annotation file open for writing; ``owner`` says who, where that is known."""

    def __init__(self, message: str, owner: Owner | None = None) -> None:
        super().__init__(message)
        self.owner = owner


class StoreReplacedError(StoreError):
    """The annotation file was replaced or written by another program while it was open. Nothing was overwritten."""


class StoreTooNewError(StoreError):
    """The annotation file was written by a newer version of the program."""


class StoreCorruptError(StoreError):
    """The annotation file is damaged. It is never overwritten."""


class ImageError(KnownError):
    """An image is missing, unreadable, or of a mode that cannot be shown. Names the file."""


class CharsetError(KnownError):
    """A charset is malformed, or a text holds characters outside it. Names the characters."""


class DatasetError(KnownError):
    """A path is no data set, or one of its files breaks the format's grammar. Names file and line."""


class WeightsError(KnownError):
    """A weights file is missing, foreign, incomplete or not finite."""


class TrainingError(KnownError):
    """Training cannot start, for example with too few usable crops."""


class ExportError(KnownError):
    """An export cannot be written. Nothing half-written is left behind."""
