"""How to pretrain, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.charset import Charset

if TYPE_CHECKING:
    from model.synth import FontList

LEARNING_RATE = 1e-3
"""Rate between warm-up and decay for batches of 32; larger ones get the square root of as many times more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainConfig:
    """How to pretrain: the options of `crnn pretrain`.

    Attributes:
        out: where the decayed weights are written.
        charset: characters of the texts and the network.
        state: folder of the state from which the next period goes on; None takes ``out.run/`` beside it.
        init: weights to begin with where there is no state yet; their rows move by character.
        network, options: what to build without them.
        minutes: length of this period, without limit when None.
        steps: and in batches; what comes first ends it.
        cooldown: share of the period in which the learning rate sinks.
        batch: crops a step. It may change from period to period, as may all that is below but the seed.
        learning_rate: between warm-up and decay; None chooses by the batch.
        difficulty, ramp: of the first crops and of those from the ramp-th on, see `SyntheticCrops`.
        repeats: times each crop is learnt from, each time as another variation.
        workers: processes that draw words; 0 draws in this one.
        val: held-out words, of the last difficulty.
        seed: of everything random.
        device, precision, threads: as in `TrainConfig`.
        save_seconds: time between two states, with an evaluation each.
        fonts: to draw with; None finds this machine's.
    """

    out: Path
    charset: Charset
    state: Path | None = None
    init: Path | None = None
    network: str = "crnn-lite"
    options: Mapping[str, Any] = field(default_factory=dict)
    minutes: float | None = None
    steps: int | None = None
    cooldown: float = 0.2
    batch: int = 32
    learning_rate: float | None = None
    difficulty: tuple[float, float] = (0.3, 1.0)
    ramp: int = 50_000
    repeats: int = 2
    workers: int = 0
    val: int = 1000
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    save_seconds: float = 180.0
    fonts: FontList | None = None

    @property
    def stable_rate(self) -> float:
        """The learning rate asked for, or the one chosen."""
        return self.learning_rate or LEARNING_RATE * math.sqrt(self.batch / 32)

    @property
    def identity(self) -> dict[str, str]:
        """What all periods of a run have in common, by the name to tell."""
        return {"network": self.network, "characters": self.charset.characters, "seed": str(self.seed)}
