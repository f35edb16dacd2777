"""What happened to a word, as a person tells it: who did what when, and what the text was before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from html import escape

from PySide6.QtCore import QCoreApplication

from crnn_gui import theme
from model.annotations import Prediction, Source, Word
from model.store_rows import HistoryEntry


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happened to a word, or several of a kind in a row.

    Attributes:
        what: what was done, in a word or two.
        author: who did it; empty where nobody knows.
        at: when, Unix seconds; of several, when the last was done.
        before, after: the text on both sides; both are the same where the deed was not about it.
        times: how many in a row.
    """

    what: str
    author: str
    at: float
    before: str | None = None
    after: str | None = None
    times: int = 1

    @property
    def changed_text(self) -> bool:
        """Whether the deed was about the text."""
        return self.before != self.after


def deeds(entries: Iterable[HistoryEntry]) -> list[Deed]:
    """Return what a word's journal tells, the newest first; moves of the box that follow each other are one."""
    told: list[Deed] = []
    for entry in entries:
        deed = _deed(entry)
        last = told[-1] if told else None
        if (
            last
            and not deed.changed_text
            and (last.what, last.author, last.after) == (deed.what, deed.author, deed.after)
        ):
            told[-1] = replace(deed, times=last.times + 1)
        else:
            told.append(deed)
    return told[::-1]


def _deed(entry: HistoryEntry) -> Deed:
    before, after = entry.change.before, entry.change.after
    old, new = (word.label if word is not None else None for word in (before, after))
    what = _doing(before, after)
    if entry.undoes:
        what = QCoreApplication.translate("WordHistory", "{what}, by Undo").format(what=what)
    return Deed(what, entry.author, entry.at, old, new)


def _doing(before: Word | None, after: Word | None) -> str:
    translate = QCoreApplication.translate
    if before is None or after is None:
        return translate("WordHistory", "Drawn") if before is None else translate("WordHistory", "Deleted")
    if before.label != after.label:
        if after.label is None:
            return translate("WordHistory", "Text cleared")
        return _source_text(after.source)
    if before.ignored != after.ignored:
        return translate("WordHistory", "Ignored") if after.ignored else translate("WordHistory", "No longer ignored")
    return translate("WordHistory", "Box moved")


def _source_text(source: Source | None) -> str:
    translate = QCoreApplication.translate
    match source:
        case Source.ACCEPTED:
            return translate("WordHistory", "Reading accepted")
        case Source.IMPORTED:
            return translate("WordHistory", "Imported")
        case _:
            return translate("WordHistory", "Typed")


def difference(before: str, after: str) -> str:
    """Return the new text as HTML, with what it lost struck out and what it gained in bold."""
    look = theme.tokens()
    parts = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(escape(after[k:m]))
            continue
        if j > i:
            parts.append(f'<s style="color:{look.error}">{escape(before[i:j])}</s>')
        if m > k:
            parts.append(f'<b style="color:{look.verified}">{escape(after[k:m])}</b>')
    return "".join(parts).replace("  ", "&nbsp; ")


def history(word: Word, prediction: Prediction | None, *, now: float) -> str:
    """Return in one sentence where the word's text comes from."""
    translate = QCoreApplication.translate
    when = ago(now - word.changed_at)
    if word.source is None:
        if prediction is None:
            return translate("WordHistory", "Drawn {when}, not read yet.").format(when=when)
        weights = prediction.weights[:8] or translate("WordHistory", "of unknown origin")
        return translate("WordHistory", "Read with weights {weights}.").format(weights=weights)
    if word.author and word.source is not Source.IMPORTED:
        told = translate("WordHistory", "{what} by {author} {when}.")
    else:
        told = translate("WordHistory", "{what} {when}.")
    told = told.format(what=_source_text(word.source), author=word.author, when=when)
    if prediction is not None and prediction.text != word.label:
        read = translate("WordHistory", "The reading was “{text}” ({confidence}).")
        told += " " + read.format(text=prediction.text, confidence=f"{prediction.confidence:.0%}")
    return told


def ago(seconds: float) -> str:
    """Return a span of time as people say it."""
    translate = QCoreApplication.translate
    spans = (
        (86400 * 365, translate("WordHistory", "1 year ago"), translate("WordHistory", "{count} years ago")),
        (86400 * 30, translate("WordHistory", "1 month ago"), translate("WordHistory", "{count} months ago")),
        (86400, translate("WordHistory", "1 day ago"), translate("WordHistory", "{count} days ago")),
        (3600, translate("WordHistory", "1 hour ago"), translate("WordHistory", "{count} hours ago")),
        (60, translate("WordHistory", "1 minute ago"), translate("WordHistory", "{count} minutes ago")),
    )
    for unit, one, many in spans:
        count = int(seconds // unit)
        if count:
            return one if count == 1 else many.format(count=count)
    return translate("WordHistory", "just now")
