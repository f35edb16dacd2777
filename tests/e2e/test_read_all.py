"""Reading all pages outlives the window: killed at image 500 of 1,000, it goes on by itself and says where."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.long_project import project_of_crops, read_so_far

PAGES = 1000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_c30_reading_goes_on_behind_the_image_the_window_was_killed_at(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    file = project_of_crops(folder, PAGES)
    killed = start("read all", folder, start=True)
    deadline = time.monotonic() + 180
    while read_so_far(file) < PAGES // 2:
        assert killed.process.poll() is None, killed.output
        assert time.monotonic() < deadline, killed.output
    killed.kill()
    done = read_so_far(file)
    assert PAGES // 2 <= done < PAGES
    again = start("read all", folder, start=False)
    goes_on, over = again.told()["told"]
    assert again.process.wait(30) == 0, again.output
    assert goes_on == f"Reading goes on at page {done + 1:,} of {PAGES:,}; what lies before it has been read."
    assert f"{PAGES - done:,} words" in over
    assert read_so_far(file) == PAGES
