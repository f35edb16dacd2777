"""Collecting cyclic garbage in the GUI thread, without holding the hands up."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from crnn_gui import garbage

Until = Callable[..., None]


def test_a_hundred_thousand_new_objects_are_not_gone_through(
    qapp: object, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "INTERVAL_MILLISECONDS", 10)
    collector = garbage.GarbageCollector()
    try:
        before = gc.get_freeze_count()
        kept = [[i] for i in range(garbage.MANY_OBJECTS + 1000)]
        until(lambda: gc.get_freeze_count() >= before + len(kept))
    finally:
        collector.stop()
