"""One training in several processes that torchrun has started; in a single one everything here goes without saying.

All processes deal the same batches. Each learns from its share of the rows, the gradients are added up, and all take
the same step. Torch's DistributedDataParallel adds them up during the backward pass, when nobody knows yet whether
another process has met a loss that is not finite; here all learn of it first, and none takes the step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributed.rendezvous import rendezvous

from model.devices import DeviceError, choose, cores
from model.errors import KnownError, TrainingError

PATIENCE = timedelta(hours=2)
"""How long a process waits for the slowest one: large data sets take long to look at, and not everywhere as long. One
that was killed is not waited for."""

T = TypeVar("T")


@contextmanager
def joined(device: str) -> Iterator[None]:
    """Be one of the processes of a training while the block runs, if torchrun has started this one.

    Args:
        device: what the processes compute on, as in `crnn train`; each takes a GPU of its own.

    Raises:
        DeviceError: the processes cannot share the work on that device.
    """
    if not is_launched():
        yield
        return
    place, together = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
    if place < torch.cuda.device_count():
        torch.cuda.set_device(place)
    kind = choose(device).kind
    if kind == "cuda" and together > torch.cuda.device_count():
        gpus = torch.cuda.device_count()
        raise DeviceError(
            f"{together} processes cannot share {gpus} GPUs: start torchrun with --nproc-per-node {gpus}."
        )
    if kind == "mps":
        raise DeviceError("Several processes cannot share an Apple GPU; train without torchrun, or with --device cpu.")
    store, number, count = next(rendezvous("env://", timeout=PATIENCE))
    if os.environ["GROUP_WORLD_SIZE"] == "1":
        # Of processes started anew some would find the addresses of those that died in the store, which outlives them.
        # Machines may count starts differently: with several torchrun must make a new store, as the README has it.
        store = dist.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)  # type: ignore[attr-defined]
    backend = "cpu:gloo,cuda:nccl" if kind == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=number, world_size=count, timeout=PATIENCE)
    try:
        yield
        dist.barrier()  # a process whose peer has closed its connections may be aborted while it closes its own
    finally:
        dist.destroy_process_group()


def is_launched() -> bool:
    """Whether torchrun has started this process."""
    return dist.is_torchelastic_launched()


def is_restarted() -> bool:
    """Whether torchrun has started the processes anew, because one of them had ended."""
    return is_launched() and int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")) > 0


def rank() -> int:
    """Return the number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def size() -> int:
    """Return how many processes there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


def leads() -> bool:
    """Whether this is the process that evaluates and writes."""
    return rank() == 0


def cores_left() -> int:
    """Return how many cores this process has for others that help it, at least 1."""
    together = int(os.environ["LOCAL_WORLD_SIZE"]) if dist.is_initialized() else 1
    return max(1, cores() // together - 1)


def share(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return this process's rows of a batch."""
    return rows[rank() :: size()]


def whole(mine: Tensor, rows: int) -> Tensor:
    """Return what all processes know of the rows of a batch, (rows, ...), in its order.

    Args:
        mine: what this process knows of its :func:`share` of them, (share, ...).
        rows: how many there are.
    """
    if size() == 1:
        return mine
    everything = torch.zeros(rows, *mine.shape[1:], dtype=mine.dtype)
    everything[rank() :: size()] = mine.detach().cpu()
    dist.all_reduce(everything)
    return everything


def anywhere(flag: bool) -> bool:
    """Whether any process says so."""
    if size() == 1:
        return flag
    flags = torch.tensor(int(flag))
    dist.all_reduce(flags, dist.ReduceOp.MAX)
    return bool(flags)


def gathered(value: T | None) -> list[T]:
    """Return what the processes have that is not None, in their order; it costs little while none has anything."""
    if size() == 1:
        return [] if value is None else [value]
    if not anywhere(value is not None):
        return []
    values: list[T | None] = [None] * size()
    dist.all_gather_object(values, value)
    return [value for value in values if value is not None]


def of_leader(make: Callable[[], T]) -> T:
    """Let the first process make a value and return it in all of them.

    Raises:
        KnownError: it was raised there.
    """
    if size() == 1:
        return make()
    told: list[Any] = [None]
    if leads():
        try:
            told = [make()]
        except KnownError as error:
            told = [error]
    dist.broadcast_object_list(told)
    if isinstance(told[0], KnownError):
        raise told[0]
    value: T = told[0]
    return value


def require_same(mine: Mapping[str, str]) -> None:
    """Make sure that all processes have the same in hand.

    Raises:
        TrainingError: they have not; the names of what differs are told.
    """
    for other in gathered(mine):
        if different := [name for name, value in mine.items() if other[name] != value]:
            raise TrainingError(
                f"The processes of this training have different {', '.join(different)}; give all of them the same."
            )


def add_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace each gradient by its sum over the processes; a process without one adds nothing."""
    if size() == 1:
        return
    gradients = []
    for parameter in parameters:
        if parameter.requires_grad:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            gradients.append(parameter.grad)
    _add(gradients)


def average_buffers(network: nn.Module) -> None:
    """Replace each running statistic by its mean over the processes."""
    if size() == 1:
        return
    statistics = [buffer for buffer in network.buffers() if buffer.is_floating_point()]
    _add(statistics)
    for buffer in statistics:
        buffer /= size()


def _add(tensors: Sequence[Tensor]) -> None:
    """Add tensors up over the processes, in place and all at once."""
    if not tensors:
        return
    flat = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    dist.all_reduce(flat)
    for tensor, part in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
        tensor.detach().copy_(part.view_as(tensor))
