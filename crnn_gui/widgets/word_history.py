"""What happened to a word, as a person tells it."""

from __future__ import annotations

from model.annotations import Prediction, Source, Word


def history(word: Word, prediction: Prediction | None, *, now: float) -> str:
    """Return in one sentence where the word's text comes from."""
    doings = {Source.TYPED: "Typed", Source.ACCEPTED: "Accepted", Source.IMPORTED: "Imported"}
    parts = []
    if word.source is not None:
        by = f" by {word.author}" if word.author and word.source is not Source.IMPORTED else ""
        parts.append(f"{doings[word.source]}{by} {ago(now - word.changed_at)}.")
        if prediction is not None and prediction.text != word.label:
            parts.append(f"The reading was “{prediction.text}” ({prediction.confidence:.0%}).")
    elif prediction is not None:
        parts.append(f"Read with weights {prediction.weights[:8] or 'of unknown origin'}.")
    else:
        parts.append(f"Drawn {ago(now - word.changed_at)}, not read yet.")
    return " ".join(parts)


def ago(seconds: float) -> str:
    """Return a span of time as people say it."""
    for unit, name in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // unit)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
