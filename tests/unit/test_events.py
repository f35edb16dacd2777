"""Events as JSON lines: strict, one line each, every type."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any, NoReturn

import pytest

from model.events import (
    BadBatch,
    Batch,
    Cause,
    Checkpoint,
    Decision,
    Epoch,
    Finished,
    Offender,
    Problem,
    Reading,
    Score,
    Severity,
    Started,
    TrainEvent,
    to_json,
)

PROBLEM = Problem("a\tb.png", Cause.NOT_FINITE, Severity.ERROR, "line\nbreak", 3)
EVENTS: dict[str, TrainEvent] = {
    "started": Started(
        train=1,
        val=0,
        left_out=(PROBLEM,),
        new_characters="é\u2028",
        steps=2,
        epochs=1,
        batch=32,
        learning_rate=1e-3,
        network="crnn-lite",
        device="cpu: it was asked for",
        base=None,
    ),
    "batch": Batch(1, 1, math.inf, 0.5, math.nan, 1e-3, 32, 0.1),
    "epoch": Epoch(1, 10, 0.5, 0.5, math.nan, math.nan, math.nan, False, 1.0),
    "bad_batch": BadBatch(
        1, 1, Cause.LEARNING_RATE, "divided", (Offender("數.png", "x", 4, 1, -math.inf, None),), 1e-3, True, 1.0
    ),
    "checkpoint": Checkpoint(1, "out.run/last.safetensors", "last", 1.0),
    "finished": Finished(
        decision=Decision.REFUSED,
        reason="worse",
        out=None,
        before=Score(1, 1.0, 0.0),
        after=None,
        general_before=None,
        general_after=None,
        fixed=(Reading("a", "b", "c", "d"),),
        broken=(),
        left_out=1,
        steps=2,
        bad_batches=0,
        crops_per_second=math.inf,
        seconds=1.0,
    ),
}


def strict(text: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_one_line_of_strict_json_with_all_its_fields(name: str) -> None:
    event = EVENTS[name]
    line = to_json(event)
    assert len(line.split("\n")) == 1
    document = strict(line)
    assert document.pop("type") == name
    assert set(document) == {field.name for field in fields(event)}


def test_every_type_of_event_is_tried() -> None:
    assert {type(event) for event in EVENTS.values()} == set(TrainEvent.__args__)


def test_what_is_not_finite_is_null_and_values_in_values_keep_their_names() -> None:
    assert strict(to_json(EVENTS["batch"]))["loss"] is None
    [offender] = strict(to_json(EVENTS["bad_batch"]))["offenders"]
    assert (offender["key"], offender["loss"]) == ("數.png", None)
    [problem] = strict(to_json(EVENTS["started"]))["left_out"]
    assert (problem["cause"], problem["severity"], problem["word_id"]) == ("not_finite", "error", 3)
    finished = strict(to_json(EVENTS["finished"]))
    assert (finished["decision"], finished["before"]["accuracy"], finished["after"]) == ("refused", 1.0, None)


@pytest.mark.parametrize("name", ["batch", "epoch"])
def test_batch_and_epoch_tell_loss_accuracy_and_seconds(name: str) -> None:
    assert {"loss", "accuracy", "seconds"} <= strict(to_json(EVENTS[name])).keys()
