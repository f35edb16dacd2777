"""The curves of a run as values: smoothed, kept, thinned out, and taken up where an interrupted run goes on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from crnn_gui.curves import KEPT_BATCHES, PLOTTED_LOSS, Curves
from model.events import BadBatch, Batch, Cause, Epoch, Started

STARTED = Started(9, 1, (), "", 100, 1, 3, 1e-3, "crnn-lite", "cpu", None, 2.0, 0.5, 0.1)


def batch(step: int, loss: float = 1.0) -> Batch:
    return Batch(step, 0, loss, 0.5, 1.0, 1e-3, 3, 0.1 * step)


def epoch(step: int) -> Epoch:
    return Epoch(1, step, 1.0, 0.5, 1.0, 0.75, 0.25, True, 0.1 * step)


def bad(step: int) -> BadBatch:
    return BadBatch(step, 0, Cause.UNKNOWN, "", (), 1e-3, False, 0.1 * step)


def drawn(*steps: int) -> Curves:
    curves = Curves()
    curves.append([STARTED, *(batch(step) for step in steps)])
    return curves


def test_the_first_smoothed_values_are_means_and_a_wild_batch_is_cut() -> None:
    curves = Curves()
    curves.append([STARTED, batch(1, 2.0), batch(2, 4.0), batch(3, math.inf)])
    (_, _, first, _), (_, _, second, _), (_, cut, _, accuracy) = curves.batches
    assert first == pytest.approx(2.0)
    assert second == pytest.approx((0.95 * 2 + 4) / 1.95)
    assert cut == PLOTTED_LOSS
    assert accuracy == pytest.approx(50)


def test_a_run_that_goes_on_takes_back_the_steps_it_takes_again() -> None:
    curves = drawn(1, 2, 3)
    curves.append([epoch(2), bad(3), epoch(3), replace(STARTED, resumed_at=2), batch(3), batch(4)])
    assert [row[0] for row in curves.batches] == [1, 2, 3, 4]
    assert [row[0] for row in curves.epochs] == [0, 2]
    assert curves.bad == []
    curves.append([STARTED])
    assert curves.batches == []


def test_curves_come_back_as_they_were_kept() -> None:
    curves = drawn(1, 2)
    curves.append([bad(3), epoch(3)])
    values = curves.to_json()
    assert values["batches"][2] == [3.0, None, None, None]
    again = Curves.from_json(values)
    assert again.to_json() == values
    assert math.isnan(again.batches[2][1])
    assert again.bad == [(3.0, 1.0)]
    assert Curves.from_json({}) == Curves()


def test_a_long_run_is_thinned_out_and_keeps_its_last_step() -> None:
    kept = drawn(*range(1, 10 * KEPT_BATCHES)).to_json()["batches"]
    assert len(kept) <= KEPT_BATCHES
    assert kept[-1][0] == 10 * KEPT_BATCHES - 1
