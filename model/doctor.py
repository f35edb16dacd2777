"""Examines the machine: what is installed, which device is used and why, how fast it reads, and if it can train."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from model.annotations import LabelledCrop
from model.checkpoint import load_with_hash
from model.devices import choose
from model.errors import KnownError
from model.events import Batch
from model.inference import Recognizer
from model.synth.general import general_crops
from model.training import TrainConfig, fine_tune
from model.training_plan import plan_for

_DISTRIBUTIONS = (
    "torch",
    "torchvision",
    "PySide6-Essentials",
    "numpy",
    "pillow",
    "safetensors",
    "pyqtgraph",
    "onnxruntime",
    "rapidocr",
)

_TRIAL_CROPS = 32
_QT_SECONDS = 60

# Asked in an interpreter of its own: Qt aborts the process when its platform plugin cannot load.
_QT_PROBE = """
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
print(app.platformName())
"""


def examine(weights: Path, *, device: str = "auto", precision: str = "auto") -> dict[str, Any]:
    """Return all findings as one JSON-ready document. No display and no training are findings too, in a sentence.

    Runs for some seconds: it reads a few hundred crops and trains for two steps on a copy of the weights.

    Raises:
        DeviceError: there is no such device.
        WeightsError: the weights cannot be used.
    """
    chosen = choose(device)
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "versions": {name: _version(name) for name in _DISTRIBUTIONS},
        "qt": _qt_platform(),
        "device": chosen.kind,
        "device_reason": chosen.reason,
        "weights": _weights(weights),
        "reading": _reading_trial(weights, device=device, precision=precision),
        "training": _training_trial(weights, device=device, precision=precision),
    }


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _qt_platform() -> str:
    command = [sys.executable, "-c", _QT_PROBE]
    try:
        probe = subprocess.run(command, capture_output=True, text=True, timeout=_QT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"no window can be opened: the display did not answer within {_QT_SECONDS} s"
    if probe.returncode == 0:
        return probe.stdout.strip()
    lines = [line for line in probe.stderr.splitlines() if line.strip()]
    return f"no window can be opened: {lines[0] if lines else 'the platform plugin failed'}"


def _weights(path: Path) -> dict[str, Any]:
    weights, hash_ = load_with_hash(path)
    return {
        "path": str(path),
        "hash": hash_,
        "network": weights.network,
        "characters": len(weights.charset.characters),
        "metrics": dict(weights.metrics),
    }


def _reading_trial(weights: Path, *, device: str, precision: str) -> dict[str, Any]:
    recognizer = Recognizer.load(weights, device=device, precision=precision)
    crops = [image for image, _ in general_crops()[:256]]
    list(recognizer.read_many(crops[:32]))  # warm-up
    start = time.perf_counter()
    list(recognizer.read_many(crops))
    bulk = len(crops) / (time.perf_counter() - start)
    start = time.perf_counter()
    for crop in crops[:20]:
        recognizer.read(crop, top=5)
    live = (time.perf_counter() - start) / 20
    return {
        "crops_per_second": round(bulk, 1),
        "live_ms": round(live * 1000, 1),
        "engine": recognizer.engine,
        "precision": recognizer.precision,
        "trials": [asdict(trial) for trial in recognizer.trials],
    }


def _training_trial(weights: Path, *, device: str, precision: str) -> str:
    """Train two steps in a temporary folder and say how it went."""
    with tempfile.TemporaryDirectory(prefix="crnn-doctor-") as folder:
        crops = list(_written(Path(folder), general_crops()[:_TRIAL_CROPS]))
        out = Path(folder) / "trial.safetensors"
        config = TrainConfig(
            out=out, base=weights, steps=2, batch=16, device=device, precision=precision, gate=False, specialist=False
        )
        try:
            plan = plan_for(config, crops, val=0.0)
            steps = [event for event in fine_tune(plan, config) if isinstance(event, Batch)]
        except KnownError as error:
            return f"failed: {error}"
    return f"{len(steps)} steps, {steps[-1].seconds:.1f} s" if steps else "failed: no step was taken"


def _written(folder: Path, crops: Iterable[tuple[Image.Image, str]]) -> Iterator[LabelledCrop]:
    for number, (image, text) in enumerate(crops):
        path = folder / f"{number}.png"
        image.save(path)
        yield LabelledCrop(path.name, path, None, text)
