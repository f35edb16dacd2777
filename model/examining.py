"""From the weights that training arrived at to those that are kept: examined, decided on, mixed with the old ones."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from model import distributed
from model.events import Decision
from model.gate import Comparison, blended, decide, forgets

if TYPE_CHECKING:
    from model.checkpoint import Weights
    from model.training_setup import Setup

BLENDS = (0.75, 0.5, 0.25)
"""Shares of the new weights in the blends that are tried when the new weights alone forget too much."""


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
        self._general_before = setup.general.mark_weights(setup.base) if self.before and distributed.leads() else None
        self.sitting = max(setup.pace.sitting, time.monotonic() - began)

    def choose(self, candidate: Weights, *, until: float) -> tuple[Weights, Comparison, float]:
        """Return the weights to decide on: these, or where they forget too much, a blend with the old that does not.

        Args:
            candidate: what training arrived at.
            until: the `time.monotonic` moment after which no blend is tried any more.

        Returns:
            the weights, how they compare, and the share of the new ones in them.
        """
        comparison = self.compare(candidate)
        affordable = (until - time.monotonic()) // max(self.sitting, 1e-3)
        for share in BLENDS if forgets(comparison) else ():
            # Where there is no time for all, the safer ones are tried.
            if len(BLENDS) - BLENDS.index(share) > affordable:
                continue
            mixed = replace(candidate, state=blended(self._setup.start.state, candidate.state, share))
            tried = self.compare(mixed)
            if decide(tried).decision is Decision.BETTER:
                return mixed, tried, share
        return candidate, comparison, 1.0

    def compare(self, candidate: Weights) -> Comparison:
        """Let weights read all words and return what the gate looks at."""
        setup, before = self._setup, self.before
        after = setup.exam.mark_weights(candidate, calibrate=True)
        if before is None or after is None:
            trial = setup.exam if after else setup.trial
            return Comparison(after=after, collapsed=trial.is_collapsed(after or trial.mark_weights(candidate)))
        fixed, broken = setup.exam.compare(before, after)
        return Comparison(
            before=before,
            after=after,
            general_before=self._general_before,
            general_after=setup.general.mark_weights(candidate),
            collapsed=setup.exam.is_collapsed(after),
            guessing=setup.exam.is_guessing(after),
            fixed=fixed,
            broken=broken,
        )
