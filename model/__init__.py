"""The Qt-free core: annotations, data sets, networks, training and recognition.

The short door for a script::

    from model import Recognizer
    print(Recognizer.load().read("crop.png").text)

Importing this package imports nothing heavy; torch is loaded with the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.inference import Recognizer

__version__ = "0.1.0"
__all__ = ["Recognizer", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Recognizer":
        from model.inference import Recognizer

        return Recognizer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
