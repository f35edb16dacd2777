"""``crnn`` as one of the processes that torchrun starts, with a tiny network, and with trouble in process 1 if wanted.

    torchrun --nproc-per-node 2 tests/helpers/together.py TROUBLE train ...

TROUBLE is "none"; "batches": three of process 1's batches cannot be learnt from, each for another reason; or "kill0",
"kill1": that process is killed in the middle of the training, the first time it is started.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import torch

from model import distributed, training
from model.__main__ import main
from model.learner import Learner
from model.networks import NETWORKS
from model.training_setup import TrainConfig
from tests.helpers.tiny import Tiny

KILLED_AT = 25
TROUBLES = {4: "pixels", 8: "memory", 12: "gradient"}


def nothing(learner: Learner, batch: Any, step: int) -> None:
    """Leave everything as it is."""


def batches(learner: Learner, batch: Any, step: int) -> None:
    """Spoil some batches of process 1."""
    trouble = TROUBLES.get(step) if distributed.rank() == 1 else None
    if trouble == "pixels":
        batch.images[0, 0, 0, 0] = torch.nan
    learner.network.trouble = trouble


def kill(rank: int) -> Callable[[Learner, Any, int], None]:
    """Return what kills a process in the middle of the training, unless it was started anew."""

    def do(learner: Learner, batch: Any, step: int) -> None:
        if step == KILLED_AT and distributed.rank() == rank and not distributed.is_restarted():
            os.kill(os.getpid(), signal.SIGKILL)

    return do


class Troubled(Tiny):
    """A network that has no memory left, or whose gradient overflows, when told so."""

    trouble: str | None = None

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if self.trouble == "memory":
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        logits = super().forward(images)
        if self.trouble == "gradient" and self.training:
            logits.register_hook(lambda gradient: gradient * torch.inf)
        return logits


def plant(trouble: Callable[[Learner, Any, int], None]) -> None:
    """Let the trouble be caused before each step."""
    learn = Learner.learn

    def troubled(self: Learner, batch: Any, crops: Any, *, step: int) -> Any:
        trouble(self, batch, step)
        return learn(self, batch, crops, step=step)

    Learner.learn = troubled  # type: ignore[method-assign]


if __name__ == "__main__":
    NETWORKS["tiny"] = Troubled
    training._GOOD_EVERY = 10
    TrainConfig.__init__.__kwdefaults__["save_seconds"] = 0.0
    name = sys.argv.pop(1)
    plant({"none": nothing, "batches": batches, "kill0": kill(0), "kill1": kill(1)}[name])
    sys.exit(main())
