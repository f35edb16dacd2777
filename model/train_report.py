"""What ``crnn train`` says: what happens while it goes on, to the person at the terminal, and how it ended."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from model import console
from model.events import BadBatch, Batch, Epoch, Finished, Forecast, Reading, Score, Started, Suspect

if TYPE_CHECKING:
    from model.events import TrainEvent

SHOWN_PROBLEMS = 10


class Teller:
    """Tells the person at the terminal what they would want to know while waiting."""

    def __init__(self, advance: console.Advance) -> None:
        self._advance = advance
        self._steps: int | None = None

    def tell(self, event: TrainEvent) -> None:
        """Move the progress bar, and remark on evaluations, bad batches and crops that were left out."""
        if isinstance(event, Started):
            self._steps = event.steps
            console.remark(
                f"{event.train} crops to learn from, {event.val} held out, {len(event.left_out)} left out; "
                f"{event.steps} steps of {event.network} on {event.device}"
            )
            for problem in event.left_out[:SHOWN_PROBLEMS]:
                console.remark(f"left out: {problem.key}: {problem.detail}")
            if len(event.left_out) > SHOWN_PROBLEMS:
                console.remark(f"and {len(event.left_out) - SHOWN_PROBLEMS} more; crnn check lists them all")
        elif isinstance(event, Batch):
            self._advance(event.step, self._steps)
        elif isinstance(event, Epoch):
            held_out = "" if math.isnan(event.val_cer) else f", held-out words right {event.val_accuracy:.1%}"
            console.remark(f"step {event.step}: loss {event.loss:.3f}, words right {event.accuracy:.1%}{held_out}")
        elif isinstance(event, BadBatch):
            names = ", ".join(offender.key for offender in event.offenders[:3])
            console.remark(f"step {event.step}: no step was taken ({event.cause}): {event.advice} Crops: {names}")


def summarise(finished: Finished, *, as_json: bool) -> None:
    """Print how the run ended. Accuracies are percent of words, None where nothing was held out."""
    summary: dict[str, Any] = {
        "decision": finished.decision.value,
        "reason": finished.reason,
        "before": _percent(finished.before),
        "after": _percent(finished.after),
        "general_before": _percent(finished.general_before),
        "general_after": _percent(finished.general_after),
        "gain": None if finished.gain is None else [round(100 * bound, 1) for bound in finished.gain],
        "forecast": _forecast(finished.forecast),
        "steps": finished.steps,
        "bad_batches": finished.bad_batches,
        "left_out": finished.left_out,
        "crops_per_second": round(finished.crops_per_second, 1),
        "seconds": round(finished.seconds, 1),
        "out": finished.out,
    }
    if as_json:
        changed = {"fixed": finished.fixed, "broken": finished.broken}
        summary |= {name: [_reading(r) for r in readings] for name, readings in changed.items()}
        outlook = finished.forecast and asdict(finished.forecast)
        console.emit(summary | {"mislabelled": [_suspect(s) for s in finished.mislabelled], "forecast": outlook})
        return
    console.show({name: "-" if value is None else value for name, value in summary.items()})
    for title, readings in (("Fixed", finished.fixed), ("Broken", finished.broken)):
        rows = [(r.key, r.truth, r.before, r.after) for r in readings]
        console.show_list(title, ("crop", "truth", "before", "after"), rows)
    doubtful = [(s.key, s.label, s.reading) for s in finished.mislabelled]
    console.show_list("Probably mislabelled", ("crop", "label", "reads"), doubtful)


def _percent(score: Score | None) -> float | None:
    return None if score is None or math.isnan(score.accuracy) else round(100 * score.accuracy, 2)


def _reading(reading: Reading) -> dict[str, str]:
    return {"path": reading.key, "truth": reading.truth, "before": reading.before, "after": reading.after}


def _forecast(forecast: Forecast | None) -> str | None:
    if forecast is None:
        return None
    return (
        f"about {forecast.words} more words (between {forecast.low} and {forecast.high}) to read {forecast.target:.0%}"
    )


def _suspect(suspect: Suspect) -> dict[str, str | float]:
    return {
        "path": suspect.key,
        "label": suspect.label,
        "reading": suspect.reading,
        "margin": round(suspect.margin, 2),
    }
