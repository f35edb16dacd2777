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

BLENDS = 3
"""Blends that are tried when the new weights alone forget more; each halves the interval that the best share is in."""


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
        """Return the weights to decide on: these or, where they forget too much, a blend with the old that does not.

        Of those that pass the gate it is the one with most of the new weights.

        Args:
            candidate: what training arrived at.
            until: the `time.monotonic` moment after which no blend is tried any more.

        Returns:
            the weights, how they compare, and the share of the new ones in them.
        """
        tried = [(candidate, self.compare(candidate), 1.0)]
        low, high = 0.0, 1.0
        while forgets(tried[0][1]) and len(tried) <= BLENDS and time.monotonic() + self.sitting < until:
            share = (low + high) / 2
            mixed = replace(candidate, state=blended(self._setup.start.state, candidate.state, share))
            tried.append((mixed, self.compare(mixed), share))
            low, high = (low, share) if forgets(tried[-1][1]) else (share, high)
        passing = [found for found in tried if decide(found[1]).decision is Decision.BETTER]
        return max(passing, key=lambda found: found[2], default=tried[0])

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
