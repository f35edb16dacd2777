"""The exams of a training: held-out and general words, read by the weights before it and by those after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from model import distributed
from model.gate import Comparison

if TYPE_CHECKING:
    from model.checkpoint import Weights
    from model.training_setup import Setup


class Examiner:
    """Compares candidates with the base weights, which it lets read all words at once when it is made.

    Attributes:
        before: the base weights on the held-out words; None without base weights or held-out words.
        sitting: seconds that reading all words takes.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        began = time.monotonic()
        self.before = distributed.of_leader(lambda: setup.exam.mark_weights(setup.base))
        self._general_before = setup.general.mark_weights(setup.base) if distributed.leads() else None
        self.sitting = max(setup.pace.sitting, time.monotonic() - began)

    def compare(self, candidate: Weights) -> Comparison:
        """Let weights read all words and return what the gate looks at."""
        setup, before = self._setup, self.before
        after = setup.exam.mark_weights(candidate, calibrate=True)
        general = self._general_before, setup.general.mark_weights(candidate) if self._general_before else None
        if before is None or after is None:
            trial = setup.exam if after else setup.trial
            collapsed = trial.is_collapsed(after or trial.mark_weights(candidate))
            return Comparison(None, after, *general, collapsed=collapsed)
        fixed, broken = setup.exam.compare(before, after)
        return Comparison(
            before,
            after,
            *general,
            collapsed=setup.exam.is_collapsed(after),
            guessing=setup.exam.is_guessing(after),
            fixed=fixed,
            broken=broken,
        )
