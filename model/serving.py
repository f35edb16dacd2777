"""The child process of the application that holds torch: ``python -m model.serving``.

Requests come pickled on standard input, replies leave pickled on standard output (:mod:`model.messages`). Both ends
are this program, so pickle is safe here. Importing this module imports no torch; the first request does.

A control frame (Cancel, Pause, Resume) takes effect while a request is being worked on; all other requests are answered
in order. When standard input ends, the parent is gone and so is this process.
"""

from __future__ import annotations

import math
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from model.errors import KnownError
from model.messages import (
    Answer,
    Cancel,
    Done,
    Failed,
    Loaded,
    LoadWeights,
    Pause,
    Planned,
    PlanSummary,
    PlanTraining,
    Read,
    ReadWords,
    Resume,
    Suspend,
    Told,
    Train,
    TrainOptions,
    Usage,
    UseRules,
    WeightsSummary,
    WordReading,
    WordsRead,
)
from model.processes import keep_freed_memory
from model.rules import FREE, ReadingRules
from model.suggesting import read_words

if TYPE_CHECKING:
    from model.annotations import LabelledCrop, Prediction
    from model.inference import Recognizer
    from model.planning import TrainingPlan
    from model.reader import Strip
    from model.training import TrainConfig

NICENESS = 10
USAGE_SECONDS = 1.0


class Controls:
    """The flags that control frames set while a request is being worked on."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.suspended = threading.Event()
        self._running = threading.Event()
        self.reset()

    def reset(self) -> None:
        """Forget the flags of the request before."""
        self.cancelled.clear()
        self.suspended.clear()
        self._running.set()

    def take(self, frame: object) -> bool:
        """Obey a control frame; return False for any other."""
        match frame:
            case Cancel():
                self.cancelled.set()
                self._running.set()
            case Suspend():
                self.suspended.set()
                self.cancelled.set()
                self._running.set()
            case Pause():
                self._running.clear()
            case Resume():
                self._running.set()
            case _:
                return False
        return True

    def wait_while_paused(self) -> None:
        """Return at once unless the parent has paused the work."""
        self._running.wait()


class _Cancelled(Exception):  # noqa: N818 - not an error
    """Planning was given up."""


class Server:
    """Works requests off, one at a time, each into the replies it yields."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._recognizer: Recognizer | None = None
        self._rules = FREE

    def answer(self, request: object) -> Iterator[object]:
        """Yield the replies to one request; the last one is Done, Failed or the answer itself."""
        try:
            yield from self._replies(request)
        except _Cancelled:
            yield Done()
        except KnownError as error:
            yield Failed(str(error), known=True)
        except Exception as error:  # noqa: BLE001 - the border of the process: the parent reports it
            yield Failed(f"{type(error).__name__}: {error}", known=False, traceback=traceback.format_exc())

    def _replies(self, request: object) -> Iterator[object]:
        match request:
            case LoadWeights():
                yield Loaded(self._load(request))
            case Read():
                yield self._read(request)
            case ReadWords():
                yield WordsRead(tuple(self._read_words(request)))
            case UseRules():
                self._use_rules(request.rules)
                yield Done()
            case PlanTraining():
                yield from self._plan(request.project, request.options)
                yield Done()
            case Train():
                yield from self._train(request)
                yield Done()
            case _:
                raise TypeError(f"{request!r} is no request")

    def _load(self, request: LoadWeights) -> WeightsSummary:
        from model.inference import Recognizer
        from model.networks import NETWORKS

        recognizer = Recognizer.load(request.path, device=request.device, precision=request.precision)
        self._recognizer = recognizer
        weights = recognizer.weights
        return WeightsSummary(
            path=request.path,
            name=request.path.stem if request.path else "starter weights",
            hash=recognizer.weights_hash,
            network=weights.network,
            characters=weights.charset.characters,
            licence=weights.licence,
            device=recognizer.device.kind,
            reason=recognizer.device.reason,
            preprocessing=weights.preprocessing,
            frames={width: NETWORKS[weights.network].frames(width) for width in weights.preprocessing.widths},
            metrics=dict(weights.metrics),
        )

    @property
    def recognizer(self) -> Recognizer:
        """The recogniser in use."""
        assert self._recognizer is not None, "the parent loads weights first"
        return self._recognizer

    def _use_rules(self, rules: ReadingRules) -> None:
        self._rules = FREE
        self.recognizer.prepare(lexicon=rules.lexicon or None, pattern=rules.pattern or None)
        self._rules = rules

    def _read(self, request: Read) -> Answer:
        if not request.with_strip:
            return Answer(tuple(self.recognizer.read_many(request.crops, top=request.top)))
        seen = [self._read_with_strip(crop, request.top) for crop in request.crops]
        return Answer(tuple(prediction for prediction, _ in seen), tuple(strip for _, strip in seen))

    def _read_with_strip(self, crop: Strip, top: int) -> tuple[Prediction, Strip]:
        rules = self._rules
        free, strip = self.recognizer.read_with_strip(crop, top=top)
        if not rules:
            return free, strip
        ruled = self.recognizer.read(crop, top=top, lexicon=rules.lexicon or None, pattern=rules.pattern or None)
        return rules.weighed(free, ruled, top=top), strip

    def _read_words(self, request: ReadWords) -> Iterator[WordReading]:
        return read_words(self.recognizer, request.places, top=request.top, rules=self._rules)

    def _plan(
        self, project: Path, options: TrainOptions
    ) -> Generator[object, None, tuple[TrainConfig, TrainingPlan, tuple[LabelledCrop, ...]]]:
        """Yield Planned; return what training needs, and the crops it was planned for."""
        from model.devices import choose, cores
        from model.formats import open_dataset
        from model.run_state import RunFolder
        from model.training import TrainConfig
        from model.training_plan import plan_for

        def check(done: int, total: int | None) -> None:
            if self._controls.cancelled.is_set():
                raise _Cancelled

        values = asdict(options)
        val, new_characters = values.pop("val"), values.pop("new_characters")
        # One core is left to the person at the desk; torch's threads stall each other when they have to share one.
        config = TrainConfig(**values, threads=max(1, cores() - 1))
        device = choose(config.device)
        # Words that were verified since a run began are not its own: it goes on with those it had.
        folder = RunFolder.of(config.out)
        crops = folder.load_crops() if config.resume else tuple(open_dataset(project, format="crnn").crops())
        plan = plan_for(config, crops, val=val, new_characters=new_characters, progress=check)
        yield Planned(_summary(plan, f"{device.kind}: {device.reason}"))
        return config, plan, crops

    def _train(self, request: Train) -> Iterator[object]:
        from model.events import Checkpoint, Started
        from model.run_state import RunFolder
        from model.training import fine_tune

        began = time.monotonic()
        config, plan, crops = yield from self._plan(request.project, request.options)
        keep_freed_memory()
        events = fine_tune(plan, config, should_stop=self._controls.cancelled.is_set, spent=time.monotonic() - began)
        told_at = -math.inf
        try:
            for event in events:
                yield Told(event)
                if isinstance(event, Started):
                    RunFolder.of(config.out).save_crops(crops)
                elif self._controls.suspended.is_set() and isinstance(event, Checkpoint) and event.kind == "last":
                    return
                if time.monotonic() - told_at >= USAGE_SECONDS:
                    told_at = time.monotonic()
                    yield _usage()
                self._controls.wait_while_paused()
        finally:
            events.close()  # type: ignore[attr-defined]  # a generator, although it promises an iterator only


def _usage() -> Usage:
    """Return what this process takes of the machine."""
    import psutil
    import torch

    device_memory = torch.cuda.memory_reserved() if torch.cuda.is_available() else 0
    return Usage(psutil.Process().memory_info().rss, device_memory)


def _summary(plan: TrainingPlan, device: str) -> PlanSummary:
    return PlanSummary(
        train=len(plan.train),
        val=len(plan.val),
        train_pages=len({crop.image for crop in plan.train}),
        val_pages=len({crop.image for crop in plan.val}),
        left_out=plan.left_out,
        warnings=plan.warnings,
        new_characters=plan.new_characters,
        device=device,
    )


def main(make_server: Callable[[Controls], Server] = Server) -> None:
    """Serve the parent until it closes standard input or dies.

    Args:
        make_server: tests put a server with scripted answers here.
    """
    replies = _claim_stdout()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal reaches the whole group; the parent decides
    if "--background" in sys.argv and hasattr(os, "nice"):
        os.nice(NICENESS)
    controls = Controls()
    requests: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, controls, requests), daemon=True).start()
    server = make_server(controls)
    while True:
        request = requests.get()
        for reply in server.answer(request):
            pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
            replies.flush()
        controls.reset()


def _claim_stdout() -> BinaryIO:
    """Return the pipe to the parent, and let whatever prints write to standard error instead."""
    sys.stdout.flush()
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _listen(pipe: BinaryIO, controls: Controls, requests: queue.SimpleQueue[object]) -> None:
    """Sort what the parent sends, beside the work, until the parent is gone."""
    while True:
        try:
            frame = pickle.load(pipe)
        except (EOFError, pickle.UnpicklingError):
            os._exit(0)  # nobody is left to answer; a normal exit would wait for torch's threads
        if not controls.take(frame):
            requests.put(frame)


if __name__ == "__main__":
    main()
