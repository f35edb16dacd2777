"""How the learning rate goes from a run's first step to its last, and when the statistics come to rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

WARM_STEPS = 300
"""Steps of a warm-up at most."""


class Schedule(Protocol):
    """How a run goes from its first step to its last."""

    def rate(self, step: int) -> float:
        """Return the share of the peak learning rate at a step, in [0, 1]."""
        ...

    def is_settled(self, step: int) -> bool:
        """Whether the batch normalisation keeps its statistics from this step on."""
        ...


@dataclass(frozen=True, slots=True)
class Cosine:
    """The schedule of a run of known length: a linear warm-up, then half a cosine down to 1 % of the peak.

    Attributes:
        steps: of the whole run.
        settled: share of the steps after which the batch normalisation keeps its statistics.
    """

    steps: int
    settled: float = 0.75

    def rate(self, step: int) -> float:
        """Return the share of the peak learning rate at a step."""
        warm = max(1, min(WARM_STEPS, self.steps // 10))
        if step < warm:
            return (step + 1) / warm
        return 0.01 + 0.99 * (1 + math.cos(math.pi * (step - warm) / max(1, self.steps - warm))) / 2

    def is_settled(self, step: int) -> bool:
        """Whether the batch normalisation keeps its statistics from this step on."""
        return step >= math.ceil(self.settled * self.steps)


@dataclass(frozen=True, slots=True)
class WarmupStableDecay:
    """The schedule of one period.

    Attributes:
        spent: the share of the period that is gone at a step.
        cooldown: the share in which the rate sinks. In its second half the normalisation keeps its statistics.
    """

    spent: Callable[[int], float]
    cooldown: float

    def rate(self, step: int) -> float:
        """Return the share of the stable learning rate at a step of the run."""
        return min(1.0, (step + 1) / WARM_STEPS) * (1 - math.sqrt(self._decayed(step)))

    def is_settled(self, step: int) -> bool:
        """Whether the batch normalisation keeps its statistics at this step."""
        return self._decayed(step) >= 0.5

    def is_decaying(self, step: int) -> bool:
        """Whether the learning rate has begun to sink."""
        return self._decayed(step) > 0

    def _decayed(self, step: int) -> float:
        """Return the share of the cooldown that is gone, in [0, 1]."""
        if not self.cooldown:
            return 0.0
        return min(1.0, max(0.0, (self.spent(step) - (1 - self.cooldown)) / self.cooldown))
