"""The program's own mistakes: shown, logged, copied, and no edit lost by them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model.store import AnnotationStore


@pytest.mark.slow
def test_c02_an_exception_anywhere_is_shown_and_work_goes_on(
    start: Callable[..., Any], tiny_folder: Path, own_home: Path
) -> None:
    driven = start("crash", tiny_folder, program="crash.py")
    found = driven.told()
    places = ["slot", "task", "reading of the file", "change of the file", "thread"]
    assert list(found["told"]) == places
    assert all(text.endswith("ZeroDivisionError: a mistake of ours\n") for text in found["told"].values())
    assert driven.process.wait(60) == 0
    with AnnotationStore.open(tiny_folder) as store:
        assert [word.label for word in store.words()] == places == found["labels"]
    [log] = own_home.rglob("crnn-gui.log")
    assert log.read_text(encoding="utf-8").count("ZeroDivisionError: a mistake of ours") >= len(places)
