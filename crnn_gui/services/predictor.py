"""The recogniser as the app sees it: crops go in, predictions come out, and a child process does the work.

A live request is for what the user's hands are on: only the newest is kept, and it goes before everything else. Bulk
requests are worked off in order, in small batches, so that a live one never waits long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, SignalInstance, Slot

from crnn_gui.services.child import ChildEndedError, ChildProcess
from model.annotations import Box, Prediction
from model.errors import KnownError
from model.messages import (
    Answer,
    Done,
    Failed,
    Loaded,
    LoadWeights,
    Read,
    ReadWords,
    UseRules,
    WeightsSummary,
    WordPlace,
    WordReading,
    WordsRead,
)
from model.rules import FREE, ReadingRules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

BULK_BATCH = 32
ALTERNATIVES = 9
STOP_MILLISECONDS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class LiveAnswer:
    """What was read in a crop.

    Attributes:
        ticket: what :meth:`PredictorService.request_live` returned; answers to older tickets are stale.
        word_id: None for a box that is still being drawn.
        strip: the pixels the network saw, uint8 (32, W) or (32, W, 3).
    """

    ticket: int
    word_id: int | None
    box: Box
    prediction: Prediction
    strip: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _LiveRequest:
    ticket: int
    word_id: int | None
    box: Box
    pixels: NDArray[np.uint8]


@dataclass(slots=True)
class _Inbox:
    """What is asked for, shared by the GUI thread, which asks, and the worker, which takes."""

    lock: Lock = field(default_factory=Lock)
    load: LoadWeights | None = None
    rules: UseRules | None = None
    live: _LiveRequest | None = None
    bulk: deque[WordPlace] = field(default_factory=deque)
    asked: int = 0
    done: int = 0
    is_closed: bool = False

    def take(self) -> LoadWeights | UseRules | _LiveRequest | ReadWords | None:
        """Return the most urgent request and forget it."""
        with self.lock:
            if self.is_closed:
                return None
            if self.load is not None:
                load, self.load = self.load, None
                return load
            if self.rules is not None:
                rules, self.rules = self.rules, None
                return rules
            if self.live is not None:
                live, self.live = self.live, None
                return live
            places = tuple(self.bulk.popleft() for _ in range(min(BULK_BATCH, len(self.bulk))))
            return ReadWords(places) if places else None

    def count(self, words: int) -> tuple[int, int]:
        """Count words of a bulk request as done; return how many are done of how many."""
        with self.lock:
            self.done += words
            progress = self.done, self.asked
            if not self.bulk:
                self.asked = self.done = 0
            return progress


class _Worker(QObject):
    """Lives in the service's thread, owns the child and talks to it."""

    loaded = Signal(object)
    loading_failed = Signal(object)
    live_answer = Signal(object)
    bulk_answer = Signal(object)
    bulk_progress = Signal(int, int)
    failed = Signal(object)
    rules_refused = Signal(object)

    def __init__(self, inbox: _Inbox, start_child: Callable[[], ChildProcess]) -> None:
        super().__init__()
        self._inbox = inbox
        self._start_child = start_child
        self._child: ChildProcess | None = None
        self._weights = LoadWeights()
        self._rules = UseRules(FREE)

    @Slot()
    def work(self) -> None:
        """Work off what is in the inbox."""
        while (request := self._inbox.take()) is not None:
            match request:
                case LoadWeights():
                    self._load(request)
                case UseRules():
                    self._use_rules(request)
                case _LiveRequest():
                    self._read_live(request)
                case ReadWords():
                    self._read_bulk(request)

    def interrupt(self) -> None:
        """End the child under the worker's hands. Called from the GUI thread, when everything stops."""
        child = self._child
        if child is not None:
            child.stop()

    def close(self) -> None:
        """Free the child. Called when the thread has ended."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _load(self, request: LoadWeights) -> None:
        try:
            reply = self._exchange(request)
        except ChildEndedError as error:
            self._tell(self.loading_failed, error)
            return
        if isinstance(reply, Loaded):
            self._weights = request
            self.loaded.emit(reply.weights)
            if self._rules.rules:
                self._use_rules(self._rules)  # other weights may not be able to
        else:
            self._tell(self.loading_failed, failure(reply))

    def _use_rules(self, request: UseRules) -> None:
        self._rules = request
        try:
            reply = self._ask(request)
        except KnownError as error:
            self._tell(self.failed, error)
            return
        if not isinstance(reply, Done):
            self._tell(self.rules_refused, failure(reply))

    def _read_live(self, request: _LiveRequest) -> None:
        try:
            reply = self._ask(Read((request.pixels,), top=1 + ALTERNATIVES, with_strip=True))
        except KnownError as error:
            self._tell(self.failed, error)
            return
        if isinstance(reply, Answer):
            prediction, strip = reply.predictions[0], reply.strips[0]
            self.live_answer.emit(LiveAnswer(request.ticket, request.word_id, request.box, prediction, strip))
        else:
            self._tell(self.failed, failure(reply))

    def _read_bulk(self, request: ReadWords) -> None:
        try:
            reply = self._ask(request)
            error = None if isinstance(reply, WordsRead) else failure(reply)
        except KnownError as ended:
            reply, error = None, ended
        if isinstance(reply, WordsRead):
            self.bulk_answer.emit(reply.readings)
        else:
            self._tell(self.failed, error)
            self.bulk_answer.emit(tuple(WordReading(p.word_id, p.box, None, str(error)) for p in request.places))
        self.bulk_progress.emit(*self._inbox.count(len(request.places)))

    def _ask(self, request: Read | ReadWords | UseRules) -> object:
        """Return the reply to a request, starting the child again with its weights and rules if it has ended."""
        if self._child is None:
            reply = self._exchange(self._weights)
            if not isinstance(reply, Loaded):
                raise KnownError(str(failure(reply)))
            self._exchange(self._rules)
        return self._exchange(request)

    def _exchange(self, request: object) -> object:
        if self._child is None:
            self._child = self._start_child()
        if self._inbox.is_closed:
            raise ChildEndedError("The app is closing.")
        try:
            self._child.send(request)
            return self._child.receive()
        except ChildEndedError:
            self.close()
            raise

    def _tell(self, signal: SignalInstance, error: object) -> None:
        if not self._inbox.is_closed:
            signal.emit(error)


class PredictorService(QObject):
    """Reads crops in a child process that holds torch.

    Signals:
        loading: weights are being loaded; readings wait.
        loaded: WeightsSummary of the weights in use from now on.
        loading_failed: exception; the weights before stay in use.
        live_answer: LiveAnswer.
        bulk_answer: tuple of WordReading, some words of :meth:`request_many`.
        bulk_progress: words done, of how many.
        failed: exception of a request that was dropped; the next one finds a new child.
        rules_refused: exception that says why the weights cannot read by the rules; everything is allowed then.
    """

    loading = Signal()
    loaded = Signal(object)
    loading_failed = Signal(object)
    live_answer = Signal(object)
    bulk_answer = Signal(object)
    bulk_progress = Signal(int, int)
    failed = Signal(object)
    rules_refused = Signal(object)
    _wake = Signal()

    def __init__(self, start_child: Callable[[], ChildProcess] = ChildProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inbox = _Inbox()
        self._tickets = count(1)
        self._weights: WeightsSummary | None = None
        self._device = "auto"
        self._thread = QThread(self)
        self._thread.setObjectName("predictor")
        self._worker = _Worker(self._inbox, start_child)
        self._worker.moveToThread(self._thread)
        self._wake.connect(self._worker.work)
        self._worker.loaded.connect(self._on_loaded)
        self._worker.loading_failed.connect(self.loading_failed)
        self._worker.live_answer.connect(self.live_answer)
        self._worker.bulk_answer.connect(self.bulk_answer)
        self._worker.bulk_progress.connect(self.bulk_progress)
        self._worker.failed.connect(self.failed)
        self._worker.rules_refused.connect(self.rules_refused)

    @property
    def weights(self) -> WeightsSummary | None:
        """The weights in use; None until the first are loaded."""
        return self._weights

    def load(self, path: Path | None = None, device: str | None = None) -> None:
        """Read with these weights from now on; None stands for the starter weights, or for the device used so far.

        The first call starts the child, which competes with the app for the machine: make it once the window is shown.
        """
        if not self._thread.isRunning():
            self._thread.start()
        self._device = device or self._device
        with self._inbox.lock:
            self._inbox.load = LoadWeights(path, self._device)
        self.loading.emit()
        self._wake.emit()

    def set_rules(self, rules: ReadingRules) -> None:
        """Read by these rules from now on, with these weights and with those that come later."""
        with self._inbox.lock:
            self._inbox.rules = UseRules(rules)
        self._wake.emit()

    def request_live(self, word_id: int | None, box: Box, crop: Image.Image) -> int:
        """Read a crop now; an earlier live request that has not begun is dropped. Returns the answer's ticket."""
        import numpy as np  # here, since the window is shown before anything is read

        request = _LiveRequest(next(self._tickets), word_id, box, np.asarray(crop))
        with self._inbox.lock:
            self._inbox.live = request
        self._wake.emit()
        return request.ticket

    def request_many(self, places: Sequence[WordPlace]) -> None:
        """Read words after those asked for before. Words of one page are best given together."""
        with self._inbox.lock:
            self._inbox.bulk.extend(places)
            self._inbox.asked += len(places)
        self._wake.emit()

    def cancel_bulk(self) -> None:
        """Give up the words of :meth:`request_many` that have not been read yet."""
        with self._inbox.lock:
            self._inbox.bulk.clear()
            self._inbox.asked = self._inbox.done = 0
        self.bulk_progress.emit(0, 0)

    def stop(self) -> None:
        """End the child and the thread."""
        with self._inbox.lock:
            self._inbox.is_closed = True
        self._worker.interrupt()
        self._thread.quit()
        if not self._thread.wait(STOP_MILLISECONDS):
            self._worker.interrupt()  # the child was started at the very moment of the first call
            self._thread.wait()
        self._worker.close()

    @Slot(object)
    def _on_loaded(self, weights: WeightsSummary) -> None:
        self._weights = weights
        self.loaded.emit(weights)


def failure(reply: object) -> Exception:
    """Return the error that a child told instead of an answer."""
    if not isinstance(reply, Failed):
        return TypeError(f"the child answered with {reply!r}")
    return KnownError(reply.message) if reply.known else RuntimeError(reply.traceback or reply.message)
