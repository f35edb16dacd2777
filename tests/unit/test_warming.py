"""What is done so that no gesture waits: modules are there in time, and the collector leaves alone what stays."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

from PySide6.QtWidgets import QApplication

from crnn_gui import warming
from crnn_gui.garbage import GarbageCollector
from tests.helpers.desk import Desk
from tests.unit.test_architecture import loaded_after

Until = Callable[..., None]


def test_after_the_first_page_come_the_modules_of_the_first_gestures(desk: Desk, until: Until) -> None:
    until(lambda: {*warming.WITHOUT_QT, *warming.WITH_QT} <= sys.modules.keys())


def test_what_the_pool_imports_needs_no_qt_and_no_torch() -> None:
    statement = f"import {', '.join(warming.WITHOUT_QT)}"
    assert loaded_after(statement, "PySide6", "torch", "numpy") == {"numpy"}


def test_the_collector_looks_no_more_at_what_was_there_when_a_project_came(qapp: QApplication) -> None:
    page = [qapp]
    collector = GarbageCollector()
    try:
        known = [qapp]
        assert any(one is known for one in gc.get_objects())
        collector.spare()
        assert not any(one is known or one is page for one in gc.get_objects())
    finally:
        collector.stop()
    assert any(one is known for one in gc.get_objects())
