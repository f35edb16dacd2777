"""Values of an annotation as rows and JSON of the annotation file, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from model.annotations import (
    Alternative,
    Box,
    Character,
    Edit,
    Page,
    PageChange,
    PageMark,
    Prediction,
    RunRecord,
    Source,
    Word,
    WordChange,
)
from model.charset import normalize
from model.errors import StoreError

Row = tuple[Any, ...]

PAGE_COLUMNS = "id, path, width, height, problem, verified"
BOX_COLUMNS = "x1, y1, x2, y2, x3, y3, x4, y4"
WORD_COLUMNS = f"id, page_id, {BOX_COLUMNS}, label, ignored, source, author, changed_at"
PREDICTION_COLUMNS = "word_id, text, confidence, characters, alternatives, weights"
EDIT_COLUMNS = "title, undoes, changes, pages"
RUN_COLUMNS = "name, started_at, ended_at, verified, outcome, reason, options, curves, log"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One edit as it concerned one word: when (Unix seconds), by whom, in what action, and both sides."""

    at: float
    author: str
    title: str
    undoes: bool
    change: WordChange


def clean_text(text: str) -> str:
    """Return the text in normal form C.

    Raises:
        StoreError: the text holds what the annotation file cannot: NUL, or half of a surrogate pair.
    """
    if "\0" in text:
        raise StoreError("A text cannot hold the character NUL (U+0000); remove it.")
    if text.isascii():
        return text
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise StoreError("A text cannot hold a lone surrogate (U+D800 to U+DFFF); remove it.")
    return normalize(text)


def clean_word(word: Word) -> Word:
    """Return the word as it is stored: its label in normal form C."""
    if word.label is None or (label := clean_text(word.label)) == word.label:
        return word
    return replace(word, label=label)


def page_from_row(row: Row) -> Page:
    """Return the page of a row of :data:`PAGE_COLUMNS`."""
    page_id, path, width, height, problem, verified = row
    return Page(page_id, path, width, height, problem, bool(verified))


def box_values(box: Box) -> tuple[float, ...]:
    """Return the eight numbers of a box, as :data:`BOX_COLUMNS` has them."""
    return tuple(float(value) for point in box.points for value in point)


def box_from_values(values: Iterable[float]) -> Box:
    """Return the box of eight numbers."""
    x1, y1, x2, y2, x3, y3, x4, y4 = values
    return Box(((x1, y1), (x2, y2), (x3, y3), (x4, y4)))


def word_row(word: Word) -> Row:
    """Return the values of :data:`WORD_COLUMNS`."""
    return (
        word.id,
        word.page_id,
        *box_values(word.box),
        word.label,
        word.ignored,
        word.source,
        word.author,
        word.changed_at,
    )


def word_from_row(row: Row) -> Word:
    """Return the word of a row of :data:`WORD_COLUMNS`."""
    label, ignored, source, author, changed_at = row[10:]
    box = box_from_values(row[2:10])
    return Word(row[0], row[1], box, label, bool(ignored), Source(source) if source else None, author, changed_at)


def prediction_row(prediction: Prediction) -> Row:
    """Return the values of :data:`PREDICTION_COLUMNS` without the word's id."""
    return (
        clean_text(prediction.text),
        prediction.confidence,
        _to_json([(c.char, c.confidence, c.start, c.end) for c in prediction.characters]),
        _to_json([(a.text, a.confidence) for a in prediction.alternatives]),
        prediction.weights,
    )


def prediction_from_row(row: Row) -> Prediction:
    """Return the prediction of a row of :data:`PREDICTION_COLUMNS`."""
    _, text, confidence, characters, alternatives, weights = row
    return Prediction(
        text,
        confidence,
        tuple(Character(*c) for c in json.loads(characters)),
        tuple(Alternative(*a) for a in json.loads(alternatives)),
        weights,
    )


def run_row(run: RunRecord) -> Row:
    """Return the values of :data:`RUN_COLUMNS`."""
    texts = map(_to_json, (dict(run.options), dict(run.curves), run.log))
    return (run.name, run.started_at, run.ended_at, run.verified, run.outcome, run.reason, *texts)


def run_from_row(row: Row) -> RunRecord:
    """Return the training run of a row of :data:`RUN_COLUMNS`."""
    name, started_at, ended_at, verified, outcome, reason, *texts = row
    options, curves, log = map(json.loads, texts)
    return RunRecord(name, started_at, ended_at, verified, outcome, reason, options, curves, tuple(log))


def changes_to_json(changes: Iterable[WordChange]) -> str:
    """Return both sides of every change as the journal keeps them; a side that does not exist is null."""
    # One by one: a single call for a hundred thousand changes would keep all other threads waiting for its end.
    texts = (_to_json({"before": _word_to_dict(c.before), "after": _word_to_dict(c.after)}) for c in changes)
    return f"[{','.join(texts)}]"


def page_changes_to_json(changes: Iterable[PageChange]) -> str:
    """Return the marks that pages got or lost as the journal keeps them."""
    return _to_json([(c.page_id, c.mark, c.is_set) for c in changes])


def edit_from_row(row: Row) -> Edit:
    """Return the edit of a row of :data:`EDIT_COLUMNS`."""
    title, undoes, changes, pages = row
    return Edit(
        title,
        tuple(WordChange(_word_from_dict(c["before"]), _word_from_dict(c["after"])) for c in json.loads(changes)),
        bool(undoes),
        tuple(PageChange(page_id, PageMark(mark), is_set) for page_id, mark, is_set in json.loads(pages)),
    )


def word_from_json(text: str) -> Word:
    """Return the word of one side of a change that the journal keeps."""
    word = _word_from_dict(json.loads(text))
    assert word is not None, "this side of the change has a word"
    return word


def _word_to_dict(word: Word | None) -> dict[str, Any] | None:
    if word is None:
        return None
    values = {"id": word.id, "page": word.page_id, "box": box_values(word.box), "author": word.author}
    return values | {
        "changed_at": word.changed_at,
        "label": word.label,
        "ignored": word.ignored,
        "source": word.source,
    }


def _word_from_dict(values: dict[str, Any] | None) -> Word | None:
    if values is None:
        return None
    source = values["source"]
    return Word(
        id=values["id"],
        page_id=values["page"],
        box=box_from_values(values["box"]),
        label=values["label"],
        ignored=values["ignored"],
        source=Source(source) if source else None,
        author=values["author"],
        changed_at=values["changed_at"],
    )


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
