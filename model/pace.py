"""How long a training run is: the number of steps, evaluations and words examined that fit into its time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model import distributed

if TYPE_CHECKING:
    from model.learner import Learner
    from model.material import Material

EXAM_LIMIT = 2_000
"""Held-out words that are read at each evaluation: they settle the accuracy to one point."""

VIEWS = 1_500
"""Views of crops that a router learns from, see :func:`model.specialists.routed`."""

# Of the time there is: reading all exams once, fitting the router, and all evaluations.
_SITTING_SHARE, _ROUTING_SHARE, _EVALUATION_SHARE = 0.04, 0.08, 0.1
_LEAST_EXAM = 64  # words of each exam, however slow the network
_READS_PER_STEP = 100  # crops that are read in the time of a step of 32, about, where nobody measures
_LEAST_STEPS = 20  # between two evaluations
_LONG_EPOCH = 8_000  # crops; longer passes are evaluated in between


@dataclass(slots=True)
class Pace:
    """How long a run is, fixed at its start and kept for a resume.

    Attributes:
        steps: batches of the whole run.
        epoch_steps: batches of one pass, about.
        evaluate_every: steps between two evaluations. A count, not a time: a run must not depend on the clock.
        exam, general: how many held-out and general words are read.
        views: how many the router of a specialist learns from; 0 where there is none.
        sitting, routing: seconds that reading all exams and fitting the router should take; 0 where nobody measured.
    """

    steps: int
    epoch_steps: int
    evaluate_every: int
    exam: int
    general: int
    views: int
    sitting: float = 0.0
    routing: float = 0.0


def exact_pace(
    material: Material, *, steps: int | None, epochs: int | None, exam: int, general: int, views: int
) -> Pace:
    """Return the pace of a run of so many steps, or epochs, that no clock bounds.

    Args:
        material: loaded.
        steps, epochs: one of them; steps go before.
        exam, general: words that can be read.
        views: that a router learns from; 0 without one.
    """
    steps = steps or sum(len(material.deal(epoch)) for epoch in range(epochs or 1))
    exam = min(exam, EXAM_LIMIT)
    every = _evaluate_every(material, exam / _READS_PER_STEP / _EVALUATION_SHARE)
    return Pace(steps, len(material.deal(0)), every, exam, general, views)


def measured_pace(
    material: Material,
    trial: Learner,
    reading_seconds: Callable[[], float],
    *,
    epochs: int | None,
    exam: int,
    general: int,
    views: int,
    left: float,
) -> Pace:
    """Measure for a few seconds and return the pace that fills the time.

    Args:
        material: loaded.
        trial: a learner to measure with; it is spoilt.
        reading_seconds: reads some words and returns what one of them takes.
        epochs: passes that are enough.
        exam, general: words that can be read.
        views: that a router would learn from; 0 without one.
        left: seconds until training must end.
    """
    step_seconds = _step_seconds(material, trial, limit=min(5.0, 0.05 * left))
    word_seconds = reading_seconds()
    affordable = int(_SITTING_SHARE * left / word_seconds)
    exam = min(exam, EXAM_LIMIT, max(_LEAST_EXAM, affordable * 2 // 3))
    general = min(general, max(_LEAST_EXAM, affordable - exam))
    # With a specialist two networks look at each of its words.
    sitting = word_seconds * ((2 if views else 1) * exam + general)
    views = min(views, max(2 * _LEAST_EXAM, int(_ROUTING_SHARE * left / word_seconds)))
    routing = word_seconds * views
    # The words are read before the first step, too.
    steps = max(1, int((1 - _EVALUATION_SHARE) * max(0.5 * left, left - 2 * sitting - routing) / step_seconds))
    if epochs is not None:
        steps = min(steps, sum(len(material.deal(epoch)) for epoch in range(epochs)))
    every = _evaluate_every(material, exam * word_seconds / step_seconds / _EVALUATION_SHARE)
    return Pace(steps, len(material.deal(0)), every, exam, general, views, sitting, routing)


def _evaluate_every(material: Material, least: float) -> int:
    """Return the steps from one evaluation to the next, whole epochs where these are not too long."""
    batches = material.deal(0)
    size = float(np.mean([len(batch) for batch in batches]))
    often = min(len(batches), max(1, round(_LONG_EPOCH / size)))
    return often * math.ceil(max(_LEAST_STEPS, least) / often)


def _step_seconds(material: Material, trial: Learner, *, limit: float) -> float:
    """Return the mean time of a step, after one to warm up."""
    start, done = time.perf_counter(), 0
    for n, indices in enumerate(material.deal(0) * 2):
        if n == 1:
            start, done = time.perf_counter(), 0
        batch = material.batch(indices, epoch=0, device=trial.device)
        if batch is not None:
            trial.learn(batch, [material.crops.crops[i] for i in batch.indices], step=done)
            done += 1
        if n and done and distributed.anywhere(time.perf_counter() - start > limit):
            break
    return (time.perf_counter() - start) / max(1, done)
