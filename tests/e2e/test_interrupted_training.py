"""A training run outlives the window: closed in the middle, while words were added, it goes on and comes to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crnn_gui.leaving import CLOSE
from crnn_gui.sample import make_sample_project


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_run_that_was_closed_goes_on_when_the_project_is_opened_again(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    project = make_sample_project(tmp_path / "pages")
    leaving = start("leave", project, minutes=0.75, box=(10, 10, 200, 60))
    seen = leaving.told(seconds=400)
    assert leaving.process.wait(60) == 0, leaving.output
    assert seen["asked"] == [CLOSE]
    assert "of memory" in seen["pace"]
    again = start("go on", project)
    found = again.told(seconds=500)
    assert again.process.wait(30) == 0, again.output
    assert any("goes on at step" in line for line in found["log"])
    assert found["outcome"] in ("better", "refused")
    assert found["new_words"] == 1, "the word that was added meanwhile is not in the run"
    assert found["taken"] == sorted(set(found["taken"])), "no step was taken twice"
