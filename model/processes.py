"""What a process that works for another owes to it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading


def follow_parent() -> None:
    """Let this process end when the one it works for is killed, and leave Ctrl+C at the terminal to that one.

    Without this it would wait for ever to be rid of its results, for it holds both ends of its queues.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=wait, daemon=True).start()
