"""Small words: numbers with their noun, and sentences that several places say."""

from __future__ import annotations

import time

from model.annotations import RunRecord


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 word" or "1,200 words". ``many`` is needed where the plural is not made with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def interrupted(run: RunRecord) -> str:
    """Return the sentence about a run that can go on."""
    when = time.strftime("%d %b, %H:%M", time.localtime(run.started_at))
    step = max((row[0] for row in run.curves.get("batches", ())), default=0)
    return f"The training of {when} was interrupted at step {step:,.0f} of {run.curves.get('steps', 0):,}."
