"""Minutes of training as numbers of steps, so that a busy machine changes how long a run lasts but not what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from model.annotations import LabelledCrop
from model.checkpoint import load_weights
from model.dataset import CropSet
from model.images import Fit

COLUMNS = 35_000
"""Columns of strips that `crnn-lite` learns from in a second on two quiet cores (docs/benchmarks.md)."""


def steps_in(
    minutes: float,
    base: Path,
    crops: Sequence[LabelledCrop],
    *,
    batch: int = 32,
    columns: float = COLUMNS,
) -> int:
    """Return the steps that fit into so many minutes of fine-tuning these weights with these crops."""
    spec = load_weights(base).preprocessing
    own = mean_width(CropSet(crops, None, preprocessing=replace(spec, closeup=spec.fit is Fit.STRETCH)))
    return max(1, round(60 * minutes * columns / (batch * own)))


def mean_width(crops: CropSet) -> float:
    """Return the mean width of strips, in columns."""
    crops.load()
    return float(np.mean(crops.widths[crops.usable()]))
