"""The curves of a training run as values: gathered from events, kept with the run, drawn by the plot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model.events import BadBatch, Batch, Epoch, Started, TrainEvent

SMOOTHING = 0.95
"""Share of the past in the smoothed loss and accuracy: a memory of about twenty batches."""

PLOTTED_LOSS = 1e4
"""Losses above this are drawn here, so that one wild batch does not flatten the curve."""

KEPT_BATCHES = 600
"""Batches of a run that are kept in the annotation file: more than a plot has pixels for, less than 50 kB."""

Row = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(slots=True)
class Curves:
    """What is drawn of one run.

    Attributes:
        steps: of the whole run; 0 before it began.
        batches: step, loss, smoothed loss and smoothed accuracy in percent; a bad batch is a gap of nan.
        epochs: step, held-out loss, held-out accuracy in percent, held-out character error rate in percent.
        bad: step and height of each mark.
    """

    steps: int = 0
    batches: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)
    bad: list[Point] = field(default_factory=list)
    _sums: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def append(self, events: Iterable[TrainEvent]) -> None:
        """Take up what a run has told, in order. A ``Started`` begins anew unless it resumes the run that is here."""
        for event in events:
            if isinstance(event, Started):
                self._begin(event)
            elif isinstance(event, Batch):
                self._add_batch(event)
            elif isinstance(event, Epoch):
                self.epochs.append((event.step, event.val_loss, 100 * event.val_accuracy, 100 * event.val_cer))
            elif isinstance(event, BadBatch):
                height = next((loss for _, _, loss, _ in reversed(self.batches) if math.isfinite(loss)), 0.0)
                self.bad.append((event.step, height))
                self.batches.append((event.step, math.nan, math.nan, math.nan))

    def _begin(self, event: Started) -> None:
        """Go back to where the run goes on; steps after its last saved state are taken again."""
        at = event.resumed_at
        self.steps = event.steps
        self.batches = [row for row in self.batches if row[0] <= at] if at else []
        self.epochs = [row for row in self.epochs if row[0] <= at] if at else []
        self.bad = [row for row in self.bad if row[0] <= at] if at else []
        self._sums = (0.0, 0.0, 0.0)
        if not at and math.isfinite(event.cer):
            self.epochs.append((0, event.loss, 100 * event.accuracy, 100 * event.cer))

    def _add_batch(self, event: Batch) -> None:
        drawn = min(event.loss, PLOTTED_LOSS)
        new = (drawn, event.accuracy, 1.0)
        # The last one is the weight, so that early means are means, too.
        loss, accuracy, weight = (
            SMOOTHING * old + event.crops * value for old, value in zip(self._sums, new, strict=True)
        )
        self._sums = loss, accuracy, weight
        self.batches.append((event.step, drawn, loss / weight, 100 * accuracy / weight))

    def to_json(self) -> dict[str, Any]:
        """Return JSON values for the annotation file, thinned out; numbers that are not finite become null."""
        every = -(-len(self.batches) // KEPT_BATCHES) or 1
        thin = self.batches[::-1][::every][::-1]  # the last one tells how far the run came
        return {"steps": self.steps, "batches": _plain(thin), "epochs": _plain(self.epochs), "bad": _plain(self.bad)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Curves:
        """Return the curves of :meth:`to_json`; no curves of an empty mapping."""
        batches, epochs, bad = ([_numbers(r) for r in values.get(name, ())] for name in ("batches", "epochs", "bad"))
        return cls(values.get("steps", 0), batches, epochs, bad)


def _plain(rows: Iterable[tuple[float, ...]]) -> list[list[float | None]]:
    return [[float(f"{value:.5g}") if math.isfinite(value) else None for value in row] for row in rows]


def _numbers(row: Iterable[float | None]) -> Any:
    return tuple(math.nan if value is None else value for value in row)
