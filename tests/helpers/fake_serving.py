"""A child that speaks the real frames with scripted answers, and starts without torch.

It reads the size of each crop ("40x12"), and of a word of a page the page's name. A crop whose first pixel is 13 and a
page called "deadly" kill it, a page called "broken" cannot be read, weights called "bad" are refused, and training
takes a step every 10 ms until it is stopped or has made 200. A suspended run goes on where it was:
its state is the number of steps in `OUT.run/last.safetensors`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np

from model.annotations import Prediction
from model.errors import CharsetError, TrainingError, WeightsError
from model.events import Batch, Decision, Finished, Started
from model.images import Preprocessing
from model.messages import (
    Answer,
    LoadWeights,
    Planned,
    PlanSummary,
    Read,
    ReadWords,
    Told,
    Train,
    Usage,
    WeightsSummary,
    WordReading,
)
from model.rules import FREE, ReadingRules
from model.run_state import RunFolder
from model.serving import Controls, Server, main

STEPS = 200
DEADLY = 13


class FakeServer(Server):
    """Answers at once, without a network."""

    def __init__(self, controls: Controls) -> None:
        super().__init__(controls)
        self._hash = ""

    def _load(self, request: LoadWeights) -> WeightsSummary:
        print("a stray print must not break the frames")  # noqa: T201
        name = request.path.stem if request.path else "starter"
        if name == "bad":
            raise WeightsError("bad.safetensors is no weights file.")
        self._hash = f"hash of {name}"
        spec = Preprocessing(widths=(64,))
        return WeightsSummary(request.path, name, self._hash, "fake", "0123", "", "cpu", "a test", spec, {64: 16})

    def _use_rules(self, rules: ReadingRules) -> None:
        self._rules = FREE
        if rules.lexicon == ("impossible",):
            raise CharsetError("These weights can write no word of the lexicon.")
        self._rules = rules

    def _ruled(self, free: Prediction) -> Prediction:
        """What the lexicon says first, what the image says second."""
        if not self._rules.lexicon:
            return free
        return self._rules.weighed(free, Prediction(self._rules.lexicon[0], 0.25, weights=self._hash), top=10)

    def _read(self, request: Read) -> Answer:
        if any(crop.flat[0] == DEADLY for crop in request.crops):
            os._exit(3)
        readings = (Prediction(f"{crop.shape[1]}x{crop.shape[0]}", 0.5, weights=self._hash) for crop in request.crops)
        return Answer(tuple(map(self._ruled, readings)), tuple(np.zeros((32, 16), np.uint8) for _ in request.crops))

    def _read_words(self, request: ReadWords) -> Iterator[WordReading]:
        time.sleep(0.02)
        for place in request.places:
            if place.image.name.startswith("broken"):
                yield WordReading(place.word_id, place.box, None, f"{place.image.name} cannot be read as an image.")
                continue
            if place.image.name.startswith("deadly"):
                os._exit(3)
            free = Prediction(place.image.name, 0.9, weights=self._hash)
            yield WordReading(place.word_id, place.box, self._ruled(free))

    def _plan(self, project, options):
        if not project.exists():
            raise TrainingError("There are no words to train on.")
        yield Planned(PlanSummary(9, 1, 1, 1, (), (), "", "cpu: a test"))
        return None, None

    def _train(self, request: Train) -> Iterator[object]:
        yield from self._plan(request.project, request.options)
        last = RunFolder.of(request.options.out).last
        step = int(last.read_text()) if request.options.resume else 0
        yield Told(Started(9, 1, (), "", STEPS, 1, 3, 1e-3, "fake", "cpu", None, resumed_at=step))
        yield Usage(300_000_000)
        while step < STEPS and not self._controls.cancelled.is_set():
            step += 1
            time.sleep(0.01)
            yield Told(Batch(step, 0, 1 / step, 0.0, 1.0, 1e-3, 3, 0.01 * step))
            self._controls.wait_while_paused()
        if self._controls.suspended.is_set():
            last.parent.mkdir(parents=True, exist_ok=True)
            last.write_text(str(step))
            return
        decision = Decision.BETTER if step == STEPS else Decision.STOPPED
        yield Told(Finished(decision, "scripted", None, None, None, None, None, (), (), 0, step, 0, 1.0, 1.0))


if __name__ == "__main__":
    main(FakeServer)
