"""Words on the system's clipboard, as JSON of a type of their own, so that they pass from window to window."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData

from model.annotations import Box, Word

MIME_TYPE = "application/x-crnn-words+json"


@dataclass(frozen=True, slots=True)
class CopiedWord:
    """What is copied of a word."""

    box: Box
    label: str | None = None
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class CopiedWords:
    """Words and the image they were copied from.

    Attributes:
        page: absolute path of the image. Over another one the boxes hold other pixels, and a text would not be true.
    """

    page: str
    words: tuple[CopiedWord, ...]


def to_clipboard(words: Sequence[Word], page: str) -> QMimeData:
    """Return words for the clipboard; other programs get their texts, a line each."""
    rows = [{"points": w.box.points, "label": w.label, "ignored": w.ignored} for w in words]
    data = QMimeData()
    data.setData(MIME_TYPE, json.dumps({"page": page, "words": rows}).encode())
    data.setText("\n".join(w.label for w in words if w.label is not None))
    return data


def from_clipboard(data: QMimeData | None) -> CopiedWords | None:
    """Return the words on the clipboard; None where there are none, or none that make sense."""
    if data is None or not data.hasFormat(MIME_TYPE):
        return None
    try:
        content = json.loads(data.data(MIME_TYPE).toStdString())
        return CopiedWords(str(content["page"]), tuple(_word(row) for row in content["words"]))
    except (ValueError, KeyError, TypeError):  # another program's, or another version's
        return None


def _word(row: dict[str, object]) -> CopiedWord:
    points, label = row["points"], row["label"]
    if not isinstance(points, list) or not (label is None or isinstance(label, str)):
        raise TypeError("a copied word has points and a text")
    a, b, c, d = ((float(x), float(y)) for x, y in points)
    return CopiedWord(Box((a, b, c, d)), label, bool(row["ignored"]))
