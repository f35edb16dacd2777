"""The detector and the second reader as the app sees them: a child process holds both and answers one by one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from itertools import count

from PySide6.QtCore import QObject, QThread, Signal

from crnn_gui.services.child import ChildEndedError, ChildProcess
from crnn_gui.services.predictor import failure
from model.detecting import LIBRARY
from model.messages import Failed, FindWords, GiveOpinions

INSTALL_COMMAND = f"{sys.executable} -m pip install 'crnn-gui[assist]'"
"""What installs them into the environment that runs this program."""

ASSISTING = (sys.executable, "-P", "-m", "model.assisting")

STOP_MILLISECONDS = 2000


def is_installed() -> bool:
    """Whether the extra is there; nothing of it is imported."""
    return importlib.util.find_spec(LIBRARY) is not None


def assisting_child() -> ChildProcess:
    """Start a child that takes what the rest of the machine leaves."""
    return ChildProcess(ASSISTING, background=True)


class _Worker(QObject):
    """Lives in the service's thread, owns the child and talks to it."""

    answered = Signal(int, object)
    failed = Signal(int, object)

    def __init__(self, start_child: Callable[[], ChildProcess]) -> None:
        super().__init__()
        self._start_child = start_child
        self._child: ChildProcess | None = None
        self.is_closed = False

    def work(self, ticket: int, request: object) -> None:
        """Have a request answered. A child that has ended is started again by the next call."""
        try:
            if self.is_closed:
                return
            self._child = self._child or self._start_child()
            self._child.send(request)
            reply = self._child.receive()
        except ChildEndedError as error:
            self.release()
            if not self.is_closed:
                self.failed.emit(ticket, error)
            return
        if isinstance(reply, Failed):
            self.failed.emit(ticket, failure(reply))
        else:
            self.answered.emit(ticket, reply)

    def interrupt(self) -> None:
        """End the child under the worker's hands. Called from the GUI thread."""
        child = self._child
        if child is not None:
            child.stop()

    def release(self) -> None:
        """Free the child, which takes some hundred megabytes."""
        if self._child is not None:
            self._child.close()
            self._child = None


class AssistantService(QObject):
    """Finds the words of images and reads words for a second time, one request after the other.

    Signals:
        answered: ticket, :class:`~model.messages.WordsFound` or :class:`~model.messages.WordsRead`.
        failed: ticket, exception; the next request finds a new child.
    """

    answered = Signal(int, object)
    failed = Signal(int, object)
    _asked = Signal(int, object)
    _released = Signal()

    def __init__(
        self, start_child: Callable[[], ChildProcess] = assisting_child, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tickets = count(1)
        self._thread = QThread(self)
        self._thread.setObjectName("assistant")
        self._worker = _Worker(start_child)
        self._worker.moveToThread(self._thread)
        self._asked.connect(self._worker.work)
        self._released.connect(self._worker.release)
        self._worker.answered.connect(self.answered)
        self._worker.failed.connect(self.failed)

    def request(self, request: FindWords | GiveOpinions) -> int:
        """Have a request answered after those before it; return its ticket. The first call starts the child."""
        if not self._thread.isRunning():
            self._thread.start()
        ticket = next(self._tickets)
        self._asked.emit(ticket, request)
        return ticket

    def release(self) -> None:
        """End the child once it has answered: nothing more is wanted for now."""
        self._released.emit()

    def stop(self) -> None:
        """End the child and the thread."""
        self._worker.is_closed = True
        self._worker.interrupt()
        self._thread.quit()
        if not self._thread.wait(STOP_MILLISECONDS):
            self._worker.interrupt()  # the child was started at the very moment of the first call
            self._thread.wait()
        self._worker.release()
