"""Labels that training contradicts: which crops are probably mislabelled.

Whenever a crop is learnt from, the network tells before the step how much likelier than the label is what it would
write itself. For a sound label that margin soon shrinks, because all other crops teach the same characters; for a wrong
one it stays, because nothing but the label itself speaks for it. The mean over all of training tells the two apart long
before the network has learnt the wrong labels by heart (area under the margin: Pleiss et al., NeurIPS 2020).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

LEAST_MARGIN = 1.5
"""Nats a character: below this a label is no suspect, whatever the other crops are like."""

FENCE = 1.5
"""Interquartile ranges above the upper quartile, beyond which Tukey calls a value an outlier."""

_LEAST_TIMES = 2  # a crop seen once has only met a network that had learnt nothing yet


class Doubts:
    """The margins of all crops of a run, in nats a character, summed.

    Args:
        crops: how many crops there are.
    """

    def __init__(self, crops: int) -> None:
        self._sums = torch.zeros(crops, dtype=torch.float64)
        self._times = torch.zeros(crops, dtype=torch.int64)

    def add(self, indices: Sequence[int], margins: Sequence[float], lengths: Tensor) -> None:
        """Take note of the margins of one batch, in nats, of labels of these lengths."""
        rows = torch.tensor(indices)
        self._sums[rows] += torch.tensor(margins, dtype=torch.float64) / lengths
        self._times[rows] += 1

    def suspects(self) -> dict[int, float]:
        """Return the crops whose labels are contradicted and their mean margins, the clearest first."""
        seen = (self._times >= _LEAST_TIMES).nonzero().flatten()
        if not len(seen):
            return {}
        means = self._sums[seen] / self._times[seen]
        lower, upper = np.quantile(means.numpy(), (0.25, 0.75))
        fence = max(LEAST_MARGIN, upper + FENCE * (upper - lower))
        order = means.argsort(descending=True, stable=True)
        return {int(seen[i]): float(means[i]) for i in order if means[i] > fence}

    def state(self) -> dict[str, Tensor]:
        """Return what :meth:`load_state` needs."""
        return {"doubts.sums": self._sums, "doubts.times": self._times}

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from a saved state."""
        self._sums, self._times = tensors["doubts.sums"], tensors["doubts.times"]
