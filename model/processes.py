"""What a process owes to the one it works for, and to the memory it works in."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST = 32 << 20  # glibc takes no more for the latter


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


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Let the processes that are started while the block runs be deaf to Ctrl+C from their first moment on.

    One that hears it before :func:`follow_parent` has run would die of it, and tell so. This process hears it by the
    end of the block.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a signal mask is inherited
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def keep_freed_memory() -> None:
    """Let this process keep the memory it frees, where glibc manages it; elsewhere do nothing.

    A training step takes and frees the same megabytes as the one before. Given back to the system in between, they
    cost 2,000 page faults a step, a twentieth of its time, while the peak of the memory is the same.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        libc.mallopt(_MMAP_THRESHOLD, _LARGEST)
