"""Where the files that travel with the program lie: ``weights/`` and ``resources/``."""

from __future__ import annotations

from pathlib import Path

from model.errors import WeightsError

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """Return the path of a bundled file or folder, for example ``"resources/sample"``.

    In a wheel the files lie in ``model/_bundled``, in a checkout at its top level.

    Raises:
        FileNotFoundError: the file is in neither place, which is a broken installation.
    """
    for root in (_PACKAGE / "_bundled", _PACKAGE.parent):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"{name} is missing from this installation of crnn-gui; install it again")


def default_weights() -> Path:
    """Return the starter weights that ship with the program.

    Raises:
        WeightsError: they are not there.
    """
    try:
        return asset("weights/crnn-lite.safetensors")
    except FileNotFoundError as error:
        raise WeightsError(
            "The starter weights are missing; install crnn-gui again, or name a weights file."
        ) from error
