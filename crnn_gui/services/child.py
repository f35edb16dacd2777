"""A child process that answers requests: pickled frames over its standard input and output."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from PySide6.QtCore import QCoreApplication

import model
from model.errors import KnownError

# -P keeps the working directory, which may hold anything, out of the import path.
SERVING = (sys.executable, "-P", "-m", "model.serving")

PATIENCE_SECONDS = 0.5


class ChildEndedError(KnownError):
    """The child process is gone: it crashed, was killed, or was stopped."""


class ChildProcess:
    """One process, from start to end. Requests may be sent from any thread; one thread receives.

    Args:
        command: the program, which speaks the frames of :mod:`model.serving`.
        background: give it what the rest of the machine leaves.

    Raises:
        ChildEndedError: the system does not start it.
    """

    def __init__(self, command: Sequence[str] = SERVING, *, background: bool = False) -> None:
        priority = 0
        if sys.platform == "win32" and background:
            priority = subprocess.BELOW_NORMAL_PRIORITY_CLASS  # elsewhere the child makes itself nice
        arguments = [*command, "--background"] if background else [*command]
        try:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=priority, env=environment()
            )
        except OSError as error:
            raise ChildEndedError(f"The process that holds the recogniser cannot be started: {error}.") from error
        assert self._process.stdin is not None, "stdin is a pipe"
        assert self._process.stdout is not None, "stdout is a pipe"
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._sending = Lock()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def send(self, request: object) -> None:
        """Hand a frame to the child.

        Raises:
            ChildEndedError: it is gone.
        """
        frame = pickle.dumps(request, pickle.HIGHEST_PROTOCOL)
        try:
            with self._sending:
                self._requests.write(frame)
                self._requests.flush()
        except (OSError, ValueError) as error:  # a broken or, after :meth:`stop`, a closed pipe
            raise ChildEndedError(self._why()) from error

    def receive(self) -> object:
        """Wait for the next frame.

        Raises:
            ChildEndedError: it is gone and there is none.
        """
        try:
            return pickle.load(self._replies)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise ChildEndedError(self._why()) from error

    def stop(self) -> None:
        """End the process: ask, then insist. Callable from any thread; one in :meth:`receive` gets ChildEndedError."""
        with self._sending, suppress(OSError):  # it has left already, with a request unread
            self._requests.close()  # the child leaves when its standard input ends
        for insist in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                insist()
        self._process.wait()

    def close(self) -> None:
        """End the process and free its pipes. Called by the thread that receives, or when none does any more."""
        self.stop()
        self._replies.close()

    def _why(self) -> str:
        try:
            status = self._process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return QCoreApplication.translate("Child", "The process that holds the recogniser no longer answers.")
        if status == -9:
            return QCoreApplication.translate(
                "Child",
                "The process that holds the recogniser was ended by the system, which may have run out of memory.",
            )
        sentence = QCoreApplication.translate(
            "Child", "The process that holds the recogniser ended unexpectedly (exit status {status})."
        )
        return sentence.format(status=status)


def environment() -> dict[str, str]:
    """Return this process's environment, in which the child finds the packages that run here."""
    home = str(Path(model.__file__).parents[1])
    paths = [home, os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
