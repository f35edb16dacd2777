"""Which device computes, and why; in words a person can read."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Barrier

import torch

from model.errors import KnownError

KINDS = ("cpu", "cuda", "mps")


class DeviceError(KnownError):
    """A device was asked for by name and is not there."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device and the reason it was chosen, in one sentence without a full stop.

    Attributes:
        kind: "cpu", "cuda" or "mps", which is also its name in torch.
    """

    kind: str
    reason: str


def choose(device: str = "auto") -> Device:
    """Return the device asked for, or with "auto" the fastest one that works.

    Raises:
        DeviceError: the device is unknown, or this machine or this build of torch does not have it.
    """
    if device not in ("auto", *KINDS):
        raise DeviceError(f"There is no device {device!r}; known are auto, {', '.join(KINDS)}.")
    if device == "cpu":
        return Device("cpu", "the CPU was asked for")
    absent = {"cuda": _why_no_cuda, "mps": _why_no_mps}
    if device != "auto":
        if reason := absent[device]():
            raise DeviceError(f"{device} cannot be used: {reason}.")
        return Device(device, f"{device} was asked for")
    no_cuda = _why_no_cuda()
    if not no_cuda:
        return Device("cuda", f"{torch.cuda.get_device_name()} is there")
    if not _why_no_mps():
        return Device("mps", "this machine has an Apple GPU")
    return Device("cpu", no_cuda)


def cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def bf16_pays(kind: str) -> bool:
    """Return whether bfloat16 is worth its coarseness on a device: whether it multiplies matrices half as fast again.

    A timed trial of some milliseconds: a processor may know the type and still compute it slowly. On Apple's GPUs the
    answer is no, untried.
    """
    if kind == "mps":
        return False
    size = 256 if kind == "cpu" else 4096
    return 1.5 * _multiplication(kind, size, torch.bfloat16) < _multiplication(kind, size, torch.float32)


def _multiplication(kind: str, size: int, dtype: torch.dtype) -> float:
    """Return the seconds of the quickest of three products of square matrices, after one to warm up."""
    matrix = torch.ones(size, size, dtype=dtype, device=kind)
    seconds = []
    for _ in range(4):
        start = time.perf_counter()
        (matrix @ matrix)[0, 0].item()  # waits for the GPU
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


@contextmanager
def torch_threads(count: int | None) -> Iterator[None]:
    """Let torch use this many threads for a while; None changes nothing."""
    usual = torch.get_num_threads()
    torch.set_num_threads(count or usual)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def worker_pool(workers: int) -> ThreadPoolExecutor:
    """Return a pool of threads in each of which torch computes with one thread; elsewhere nothing changes.

    Small networks gain little from several threads inside one operation, and lose two orders of magnitude when another
    process keeps one of those threads from the meeting point at the operation's end. Several batches at once scale as
    well and wait for nobody.
    """
    elsewhere = torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="reading")
    started = Barrier(workers + 1)

    def start() -> None:
        torch.get_num_threads()  # the first call in a thread takes over the process's number
        torch.set_num_threads(1)
        started.wait()

    for _ in range(workers):
        pool.submit(start)
    started.wait()
    torch.set_num_threads(elsewhere)
    return pool


def _why_no_cuda() -> str:
    """Return why CUDA (or ROCm) cannot be used; empty when it can."""
    if torch.version.cuda is None and torch.version.hip is None:
        return "this build of PyTorch is for the CPU only"
    # An old driver is told by a warning from is_available, and the advice stands on the lines after the first.
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        available = torch.cuda.is_available()
    if not available:
        if told and "driver" in str(told[0].message):
            return f"CUDA build, but {_sentence(told[0].message)}"
        return "no CUDA device was found"
    try:
        torch.ones(1, device="cuda").add(1).item()
    except RuntimeError as error:
        return f"the CUDA device does not work with this build of PyTorch ({_sentence(error)})"
    return ""


def _why_no_mps() -> str:
    if not torch.backends.mps.is_built():
        return "this build of PyTorch has no support for Apple GPUs"
    if not torch.backends.mps.is_available():
        return "no Apple GPU was found"
    return ""


def _sentence(message: object) -> str:
    return str(message).splitlines()[0].split(". ")[0].rstrip(".")
