"""Labels that training contradicts: which crops are probably mislabelled.

Whenever a crop is learnt from, the network tells before the step how much likelier than the label is what it would
write itself. For a sound label that margin soon shrinks, because all other crops teach the same characters; for a wrong
one it stays, because nothing but the label itself speaks for it. The mean over the first times tells the two apart long
before the network has learnt the wrong labels by heart (area under the margin: Pleiss et al., NeurIPS 2020).

How large a margin must be follows from the labels themselves. Margins of sound labels fall off like an exponential
distribution, whose scale the middle of all of them tells, as long as most labels are sound. So it is known how many
sound ones to expect beyond any margin, and as many labels are listed as keep these to their share (Benjamini &
Hochberg, Journal of the Royal Statistical Society B 57, 1995).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

LEAST_MARGIN = 1.5
"""Nats a character: below this a label is no suspect, whatever the other crops are like."""

SOUND_SHARE = 0.1
"""How many of the suspects may be expected to have sound labels, as a share."""

MOST_TIMES = 10
"""Times that a crop's margin counts: after more of them most crops are known by heart, so that the hard ones among them
are no longer what an exponential distribution would have."""

_LEAST_TIMES = 2  # a crop seen once has only met a network that had learnt nothing yet


class Doubts:
    """The first margins of all crops of a run, in nats a character, summed.

    Args:
        crops: how many crops there are.
    """

    def __init__(self, crops: int) -> None:
        self._sums = torch.zeros(crops, dtype=torch.float64)
        self._times = torch.zeros(crops, dtype=torch.int64)

    def add(self, indices: Sequence[int], margins: Sequence[float], lengths: Tensor) -> None:
        """Take note of the margins of one batch, in nats, of labels of these lengths."""
        rows = torch.tensor(indices)
        counts = self._times[rows] < MOST_TIMES
        self._sums[rows] += counts * torch.tensor(margins, dtype=torch.float64) / lengths
        self._times[rows] += counts

    def suspects(self) -> dict[int, float]:
        """Return the crops whose labels are contradicted and their mean margins, the clearest first."""
        seen = (self._times >= _LEAST_TIMES).nonzero().flatten()
        if not len(seen):
            return {}
        means, order = (self._sums[seen] / self._times[seen]).sort(descending=True, stable=True)
        scale = max(float(means.median()), 1e-9) / math.log(2)
        sound = len(means) * (-means / scale).exp()
        listed = torch.arange(1, len(means) + 1)
        within = ((sound <= SOUND_SHARE * listed) & (means > LEAST_MARGIN)).nonzero().flatten()
        count = int(within[-1]) + 1 if len(within) else 0
        return {int(seen[i]): float(margin) for i, margin in zip(order[:count], means[:count], strict=True)}

    def state(self) -> dict[str, Tensor]:
        """Return what :meth:`load_state` needs."""
        return {"doubts.sums": self._sums, "doubts.times": self._times}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from a saved state."""
        self._sums, self._times = tensors["doubts.sums"], tensors["doubts.times"]
