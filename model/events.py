"""What training tells while it runs: plain values that cross threads and processes, and one JSON line each.

:func:`model.training.fine_tune` yields ``Started``, then ``Batch``, ``Epoch``, ``BadBatch`` and ``Checkpoint`` in any
order, and ``Finished`` last. Losses are the mean CTC negative log-likelihood per crop in nats; accuracies and
character error rates are fractions in [0, 1]; times are seconds since the run started.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Cause(StrEnum):
    """Why a crop cannot be trained on (found before training), or why a batch was bad (found during it)."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    NOT_FINITE = "not_finite"
    CONSTANT = "constant"
    TOO_SMALL = "too_small"
    EMPTY_LABEL = "empty_label"
    UNKNOWN_CHARACTER = "unknown_character"
    LABEL_TOO_LONG = "label_too_long"
    MIXED_FORMS = "mixed_forms"
    DUPLICATE_CONFLICT = "duplicate_conflict"
    BAD_PARAMETERS = "bad_parameters"
    INITIAL_VALUES = "initial_values"
    LEARNING_RATE = "learning_rate"
    EXPLODING_GRADIENT = "exploding_gradient"
    HALF_PRECISION = "half_precision"
    NOT_NORMALISED = "not_normalised"
    POOL_STRIDE = "pool_stride"
    BATCH_TOO_LARGE = "batch_too_large"
    COLLAPSED = "collapsed"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """Whether a problem keeps a crop out of training."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one crop, found before training.

    Attributes:
        width: of the strip in pixels, the least at which the label fits, where a greater width helps.
    """

    key: str
    cause: Cause
    severity: Severity
    detail: str
    word_id: int | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Offender:
    """One crop of a bad batch.

    Attributes:
        frames: time steps T the network has at this crop's width.
        frames_needed: length of the label plus its adjacent repeats, the least T with a finite CTC loss.
        loss: this crop's own loss; inf or nan where it is not finite.
        cause: what is wrong with this crop, or None when it only shared the batch.
    """

    key: str
    label: str
    frames: int
    frames_needed: int
    loss: float
    cause: Cause | None
    word_id: int | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """The run begins: what is trained, on what, where, what was left out and why.

    ``warnings`` are problems of crops that are trained on all the same: new characters, mixed forms, duplicates.
    """

    train: int
    val: int
    left_out: tuple[Problem, ...]
    new_characters: str
    steps: int
    epochs: int
    batch: int
    learning_rate: float
    network: str
    device: str
    base: str | None
    loss: float = math.nan
    accuracy: float = math.nan
    cer: float = math.nan
    resumed_at: int = 0
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """One optimizer step. ``accuracy`` is the share of this batch's crops whose greedy reading was right."""

    step: int
    epoch: int
    loss: float
    accuracy: float
    gradient_norm: float
    learning_rate: float
    crops: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training crops, and the evaluation after it.

    ``loss`` and ``accuracy`` are means over the epoch's batches, ``val_*`` over the held-out crops (nan without any).
    """

    epoch: int
    step: int
    loss: float
    accuracy: float
    val_loss: float
    val_accuracy: float
    val_cer: float
    is_best: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class BadBatch:
    """A batch with a loss or gradient that is not finite. No step was taken with it.

    Attributes:
        cause: the first cause found, looking at inputs, labels, parameters, then gradients.
        advice: what was done and what the user can do, in one or two sentences.
        offenders: the crops of the batch, guilty ones first.
        restored: the last good state was put back, because trouble had repeated or the parameters were bad.
    """

    step: int
    epoch: int
    cause: Cause
    advice: str
    offenders: tuple[Offender, ...]
    learning_rate: float
    restored: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state was saved: the best so far, or the last one for a resume."""

    step: int
    path: str
    kind: str
    seconds: float


class Decision(StrEnum):
    """What became of the new weights."""

    BETTER = "better"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Score:
    """How a network did on a set of crops: word accuracy and character error rate as fractions in [0, 1]."""

    words: int
    accuracy: float
    cer: float
    loss: float = math.nan


@dataclass(frozen=True, slots=True)
class Reading:
    """One held-out crop before and after training, for the lists of words fixed and broken."""

    key: str
    truth: str
    before: str
    after: str
    word_id: int | None = None


@dataclass(frozen=True, slots=True)
class Suspect:
    """One crop that was learnt from and is probably mislabelled.

    Attributes:
        label: what it is said to read.
        reading: what the new weights read instead or, where they know the label by heart, the old ones.
        margin: nats a character by which the network found its own reading likelier, mean over the training.
    """

    key: str
    label: str
    reading: str
    margin: float
    word_id: int | None = None


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many words more, labelled like those there are, reach a target.

    Attributes:
        target: share of held-out words read right, in [0, 1].
        words: how many more, about.
        low, high: and with four chances in five.
    """

    target: float
    words: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over.

    Attributes:
        out: where the weights lie: better ones at the name asked for, refused ones beside it.
        gain: the interval that holds the gain in held-out accuracy, a fraction, in 19 of 20 cases; None where nothing
            was compared.
        mislabelled: crops whose labels training contradicted, the clearest first.
        forecast: from the trainings that the weights have been through; None where these are too few to tell.
    """

    decision: Decision
    reason: str
    out: str | None
    before: Score | None
    after: Score | None
    general_before: Score | None
    general_after: Score | None
    fixed: tuple[Reading, ...]
    broken: tuple[Reading, ...]
    left_out: int
    steps: int
    bad_batches: int
    crops_per_second: float
    seconds: float
    gain: tuple[float, float] | None = None
    mislabelled: tuple[Suspect, ...] = ()
    forecast: Forecast | None = None


TrainEvent = Started | Batch | Epoch | BadBatch | Checkpoint | Finished


def event_type(event: TrainEvent) -> str:
    """Return the event's name in JSON: ``started batch epoch bad_batch checkpoint finished``."""
    return "bad_batch" if isinstance(event, BadBatch) else type(event).__name__.lower()


def to_json(event: TrainEvent) -> str:
    """Return the event as one line of strict JSON. Numbers that are not finite become null."""
    fields = dataclasses.asdict(event)
    return json.dumps({"type": event_type(event)} | _strict(fields), ensure_ascii=False, allow_nan=False)


def _strict(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    return value
