"""How a training run ends: whether its weights are better, where they are written, and which labels to look at."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from model.charset import normalize
from model.checkpoint import Weights, save_weights
from model.events import Decision, Forecast, Suspect
from model.forecast import Point, forecast
from model.gate import Comparison, decide
from model.recovery import MAX_RECOVERIES
from model.specialists import routed

if TYPE_CHECKING:
    from pathlib import Path

    from model.doubts import Doubts
    from model.run_state import Progress
    from model.training_setup import Setup

MOST_SUSPECTS = 500
"""Labels that are told of at most: where there are more, the labels as a whole are in question."""


def concluded(
    comparison: Comparison, progress: Progress, *, gate: bool, stopped_of: int | None
) -> tuple[Decision, str]:
    """Return the decision on the weights that were compared, and its reason in a sentence or more.

    Args:
        comparison: of these weights with the base.
        progress: how far the run came.
        gate: whether worse weights are refused.
        stopped_of: the steps the run would have taken, where the user has stopped it.
    """
    verdict = decide(comparison)
    decision, reason = verdict.decision, verdict.reason
    if decision is Decision.REFUSED and not gate:
        decision, reason = Decision.BETTER, f"The gate was off. {reason}"
    if not progress.crops:
        decision = Decision.REFUSED
        why = "every batch was bad" if progress.bad_batches else "there was no time for a step, so allow more minutes"
        reason = f"Nothing was learnt: {why}."
    if stopped_of is not None:
        decision = Decision.STOPPED if decision is Decision.REFUSED else decision
        reason = f"Stopped after {progress.step} of {stopped_of} steps. {reason}"
    if progress.recoveries > MAX_RECOVERIES:
        reason = f"Training was given up after {progress.recoveries} recoveries. {reason}"
    return decision, reason


def whole(setup: Setup, specialist: Weights) -> Weights:
    """Return weights that read crops like those of the plan with what was learnt, and others as the base does."""
    if setup.generalist is None:
        return specialist
    return routed(
        setup.generalist,
        specialist,
        setup.material.crops,
        count=setup.pace.views,
        seed=setup.config.seed,
        device=setup.learner.device,
    )


def written(candidate: Weights, decision: Decision, out: Path) -> Path | None:
    """Write the weights and return where: better ones at the name asked for, refused ones beside it.

    Raises:
        WeightsError: they cannot be written.
    """
    refused = out.with_name(f"{out.stem}.refused{out.suffix}")
    if decision is Decision.STOPPED:
        return None
    if decision is Decision.REFUSED:
        save_weights(candidate, refused)
        return refused
    save_weights(candidate, out)
    refused.unlink(missing_ok=True)
    return out


def suspects(setup: Setup, doubts: Doubts, candidate: Weights) -> tuple[Suspect, ...]:
    """Return the crops whose label training contradicted, except those that candidate and base both read as labelled.

    A few hundred wrong labels are known by heart in the end: then the base has another reading, if it is wrong.
    """
    margins = dict(islice(doubts.suspects().items(), MOST_SUSPECTS))
    crops = setup.material.crops
    labels = {i: normalize(crops.crops[i].text) for i in margins}
    readings = setup.sit(crops, list(margins)).read(candidate)
    by_heart = [i for i in margins if normalize(readings[i]) == labels[i]]
    readings |= setup.sit(crops, by_heart).read(setup.base) if setup.base else {}
    return tuple(
        Suspect(crops.crops[i].key, crops.crops[i].text, readings[i], margin, crops.crops[i].word_id)
        for i, margin in margins.items()
        if normalize(readings[i]) != labels[i]
    )


def outlook(weights: Weights) -> Forecast | None:
    """Return what more labels would bring, by what the trainings of these weights reached on held-out words."""
    told = (entry for entry in weights.ancestry if entry.get("words") and "crops" in entry)
    curve = [Point(entry["crops"], round(entry["word_accuracy"] * entry["words"]), entry["words"]) for entry in told]
    return forecast(curve)
