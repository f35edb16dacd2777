"""Libraries that only one format or one assistant needs, and what to install where one is missing."""

from __future__ import annotations

import importlib
from typing import Any

from model.errors import KnownError


class MissingLibraryError(KnownError):
    """A library that an extra brings is not installed. Names both."""


def require(library: str, *, extra: str, purpose: str) -> Any:
    """Import a library that the plain installation lacks.

    Args:
        library: its import name.
        extra: what brings it, as in ``pip install 'crnn-gui[formats]'``.
        purpose: what needs it, as the subject of a sentence: "The format parquet".

    Raises:
        MissingLibraryError: it is not installed.
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise MissingLibraryError(
            f"{purpose} needs the library {library.partition('.')[0]}; install it with pip install 'crnn-gui[{extra}]'."
        ) from error
