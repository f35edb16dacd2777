"""kill -9 in the middle of a day's work: what was announced as saved is there, and Undo goes on where it was."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from model import schema
from model.annotations import Box, Prediction, Word
from model.store import AnnotationStore
from tests.conftest import draw_page

SEED = 20261122
PAGES = 4
UNDONE = 3
UNDO_KEPT = 500
"""Steps that can be undone after a restart, at most."""
START_SECONDS = 90.0
"""On a machine that many share, the window may take its time."""

State = dict[str, Any]


def make_project(folder: Path) -> Path:
    """A project of a few pages, each with suggestions that wait."""
    folder.mkdir()
    images = [draw_page(folder / f"{i}.png", size=(600, 400), text=f"page {i}") for i in range(PAGES)]
    with AnnotationStore.open(folder, create=True) as store:
        pages = store.add_pages(images, [(600, 400)] * PAGES)
        boxes = [Box.from_bounds(40, y, 140, y + 30) for y in range(40, 340, 60)]
        ids = store.add_words({page.id: [Word(0, page.id, box) for box in boxes] for page in pages})
        read = [(i, box, Prediction(f"read {i}", 0.9, weights="w")) for i, box in zip(ids, boxes * PAGES, strict=True)]
        store.save_predictions(read)
    return folder


@dataclass
class Truth:
    """What the sessions wrote down: the states the file may be in, and how Undo led there.

    Attributes:
        states: the state after each edit of the last session, the one it was opened with first.
        stands: at each of them, the states that Undo goes back through, the present one last.
        told: how many of these states were announced as saved; the file is at the last one of them or beyond it.
        saved, opened, killed: how often that happened in all.
        edits: how often each kind of edit was made, by its title.
    """

    states: list[State] = field(default_factory=list)
    stands: list[list[State]] = field(default_factory=list)
    told: int = 0
    edits: Counter[str] = field(default_factory=Counter)
    saved: int = 0
    opened: int = 0
    killed: int = 0

    def take(self, lines: list[dict[str, Any]]) -> None:
        """Follow the log of one session, checking what it found at its beginning."""
        while lines and lines[0]["what"] != "opened":
            lines = lines[1:]  # what the program saves while it opens is no edit
        for line in lines:
            if line["what"] == "opened":
                self._check_opened(line["state"], line["undo"])
            elif line["what"] == "edit":
                self._follow(line)
            elif line["what"] == "refused":
                pytest.fail(f"after {'; '.join(self.edits)}: {line['why']}")
            elif line["what"] == "joined":
                self.stands[-1] = [*self.stands[-2][:-1], self.states[-1]]
            elif line["what"] == "saved":
                self.told = len(self.states) - 1
                self.saved += 1

    def _check_opened(self, found: State, undo: int) -> None:
        self.opened += 1
        stand = [found]
        if self.states:
            places = [i for i in range(self.told, len(self.states)) if self.states[i] == found]
            assert places, f"edit {self.told} of {len(self.states) - 1} was saved, and the file is at none since"
            stand = next((self.stands[i] for i in places if min(len(self.stands[i]) - 1, UNDO_KEPT) == undo), [])
            assert stand, f"{undo} steps can be undone, and no edit since the last one saved left so many"
        self.states, self.stands, self.told = [found], [stand], 0

    def _follow(self, line: dict[str, Any]) -> None:
        """Undo must lead to the state before the edit it takes back, however many sessions ago that was made."""
        self.edits["Undo" if line["undoes"] else line["title"]] += 1
        stand, state = self.stands[-1], line["state"]
        if line["undoes"]:
            assert state == stand[-2], f"undoing {line['title']} led elsewhere"
            stand = stand[:-1]
        else:
            stand = [*stand, state]
        self.states.append(state)
        self.stands.append(stand)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a log; the last one may have been cut short."""
    whole = path.read_bytes().rpartition(b"\n")[0] if path.exists() else b""
    return [json.loads(line) for line in whole.splitlines()]


def is_at_work(log: Path) -> bool:
    return log.exists() and b'"working"' in log.read_bytes()


def survives_kills(start: Callable[..., Any], tmp_path: Path, kills: int) -> Truth:
    project = make_project(tmp_path / "desk")
    images = {path: path.read_bytes() for path in project.glob("*.png")}
    rng, truth = random.Random(SEED), Truth()
    for i in range(kills + 1):
        log = tmp_path / f"log-{i}.jsonl"
        driven = start(
            "desk", project, program="desk.py", log=str(log), seed=SEED + i, undo=UNDONE, recogniser=i % 20 == 1
        )
        in_opening = rng.random() < 0.15
        moment = time.monotonic() + (rng.uniform(0.5, 3.0) if in_opening else START_SECONDS)
        while time.monotonic() < moment and (in_opening or not is_at_work(log)):
            assert driven.process.poll() is None, driven.output
            time.sleep(0.02)
        assert in_opening or is_at_work(log), f"session {i} did not get to work: {driven.output}"
        time.sleep(0 if in_opening else rng.uniform(0, 4.0))
        assert driven.process.poll() is None, driven.output
        driven.kill()
        truth.killed += 1
        truth.take(read_log(log))
        log.unlink(missing_ok=True)
    with AnnotationStore.open(project) as store:
        assert schema.is_sound(store._db)
    assert {path: path.read_bytes() for path in project.glob("*.png")} == images
    return truth


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_c01_what_was_saved_survives_kill_9_and_undo_goes_on(start: Callable[..., Any], tmp_path: Path) -> None:
    truth = survives_kills(start, tmp_path, 5)
    assert truth.opened >= 3
    assert truth.edits.total() > 20


@pytest.mark.campaign
@pytest.mark.timeout(4 * 3600)
def test_c01_what_was_saved_survives_200_kills_of_the_desk(
    start: Callable[..., Any], tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    truth = survives_kills(start, tmp_path, 200)
    for name in ("killed", "opened", "saved", "edits"):
        record_property(name, getattr(truth, name))
