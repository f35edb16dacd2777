"""What a weights file says of itself: the JSON document in its metadata, read as if a stranger had written it.

Needs no torch. docs/adr/0004-weights-format.md describes the document.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from model.charset import Charset
from model.errors import CharsetError, WeightsError
from model.images import Fit, Preprocessing, Resampling

FORMAT = 1
"""Version of the document. A file with a higher one is refused."""

METADATA_KEY = "crnn"
"""Where the metadata of a file holds the document."""

_HEADER_LIMIT = 100_000_000  # the limit of safetensors itself
_COLDEST, _HOTTEST = 1e-3, 1e3  # temperatures; calibration gives 1/4 to 4

Kind = TypeVar("Kind")


def read_document(file: BinaryIO, path: Path) -> dict[str, Any]:
    """Return the metadata document at the beginning of a weights file.

    Raises:
        WeightsError: the file is foreign, damaged or of a newer format.
    """
    foreign = f"{path} is not a crnn-gui weights file; `crnn convert` reads foreign checkpoints."
    if path.suffix.lower() == ".onnx":
        foreign = f"{path} is an ONNX file for other programs; name the .safetensors file it was exported from."
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= min(_HEADER_LIMIT, size - 8):
        raise WeightsError(foreign)
    try:
        document = json.loads(json.loads(file.read(length))["__metadata__"][METADATA_KEY])
        version = document["format"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WeightsError(foreign) from None
    if type(version) is not int or version > FORMAT:
        raise WeightsError(f"{path} was written by a newer version of crnn-gui (format {version}); update to read it.")
    return dict(document)


def fields(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the attributes of :class:`model.checkpoint.Weights` that a document has, which is all but the state.

    Raises:
        WeightsError: an entry is missing, or of another type or range than it must be.
    """
    try:
        json.dumps(document, allow_nan=False)  # of entries that may hold anything, too, no number is nan or inf
        return {
            "network": _typed(str, document["network"]),
            "options": _options(document["options"]),
            "charset": Charset(_typed(str, document["charset"])),
            "preprocessing": _preprocessing(document["preprocessing"]),
            "metrics": _typed(dict, document["metrics"]),
            "ancestry": tuple(_typed(dict, entry) for entry in _typed(list, document["ancestry"])),
            "licence": _typed(str, document["licence"]),
            "temperature": _temperature(document["temperature"]),
        }
    except (KeyError, TypeError, ValueError, ArithmeticError, CharsetError) as error:
        raise WeightsError(f"The weights file {path} is damaged: its metadata is wrong ({error}).") from error


def _typed(kind: type[Kind], value: Any) -> Kind:
    """Return a value of a JSON document whose type is this one, where a bool is no int."""
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _number(value: Any) -> float:
    return value if type(value) is float else _typed(int, value)


def _temperature(value: Any) -> float:
    temperature = float(_number(value))
    if not _COLDEST <= temperature <= _HOTTEST:
        raise ValueError(f"a temperature of {temperature}")
    return temperature


def _options(value: Any) -> dict[str, Any]:
    options = _typed(dict, value)
    if "pretrained" in options:  # it opens files and fetches others: never for whoever wrote this file
        raise ValueError("pretrained says how a network began, not what it is")
    return options


def _preprocessing(document: Mapping[str, Any]) -> Preprocessing:
    numbers = {name: tuple(map(_number, document[name])) for name in ("mean", "std")}
    widths = tuple(_typed(int, width) for width in document["widths"])
    choices = {"fit": Fit(document["fit"]), "resampling": Resampling(document["resampling"])}
    spec = Preprocessing(**{**document, **numbers, **choices, "widths": widths})
    for number in (spec.height, spec.channels, spec.padding or 0):
        _typed(int, number)
    _typed(bool, spec.closeup)
    return spec
