"""What computes a network's logits: torch, or onnxruntime where that is installed and faster.

Which engine is found by a short timed trial on the machine itself. onnxruntime may need a third of torch's time for a
single crop of the default network, and hardly less for a batch; see docs/adr/0009-onnx.md.

bfloat16 is used where it is asked for and not otherwise: with it, one word in fifty that is hard to read is read
differently.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from model.checkpoint import Weights, build_network
from model.dataset import normalized
from model.devices import Device
from model.errors import KnownError
from model.extras import MissingLibraryError, require
from model.images import Preprocessing
from model.networks import fold_batch_norm
from model.onnx_export import OnnxError, to_onnx

logger = logging.getLogger(__name__)

Strips = NDArray[np.uint8]
Logits = NDArray[np.float32]

PRECISIONS = ("auto", "fp32", "bf16")
ENGINES = ("auto", "torch", "onnxruntime")

_RUNS = 4  # of a trial; the quickest counts
_GAIN = 0.9  # a rival must need less than this share of the time, so that chance does not decide between equals
_TOLERANCE = 1e-3  # difference of logits, relative to the largest, that changes hardly any reading
_PROBE_WIDTH = 128


class EngineError(KnownError):
    """An engine or a precision was asked for by name and is not there."""


class Engine(Protocol):
    """A network ready to compute. May be used by several threads at once.

    Attributes:
        name: "torch" or "onnxruntime".
        precision: "fp32" or "bf16".
    """

    name: str
    precision: str

    def logits(self, strips: Strips) -> Logits:
        """Return the logits (N, T, classes) of strips (N, height, W), or (N, height, W, 3), of one width.

        Raises:
            torch.OutOfMemoryError: the GPU has no memory for so many at once.
        """
        ...


class TorchEngine:
    """torch, eager, on any device; batch normalisation folded, channels last in memory."""

    name = "torch"

    def __init__(self, weights: Weights, device: Device, precision: str = "fp32") -> None:
        self.precision = precision
        self._spec = weights.preprocessing
        self._device = device.kind
        # torch has no stubs for the memory format of modules
        network: Any = fold_batch_norm(build_network(weights)).requires_grad_(False)
        self._network = network.to(device.kind, memory_format=torch.channels_last)

    @torch.inference_mode()
    def logits(self, strips: Strips) -> Logits:
        batch = torch.from_numpy(strips[:, np.newaxis] if strips.ndim == 3 else strips.transpose(0, 3, 1, 2))
        images = normalized(batch.to(self._device), self._spec).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self._device, dtype=torch.bfloat16, enabled=self.precision == "bf16"):
            logits = self._network(images)
        result: Logits = logits.float().cpu().numpy()
        return result


class OnnxEngine:
    """onnxruntime on the CPU, one thread a call, so that several calls at once wait for nobody.

    Raises:
        MissingLibraryError: onnx or onnxruntime is not installed.
        OnnxError: the network cannot be written as ONNX.
    """

    name, precision = "onnxruntime", "fp32"

    def __init__(self, weights: Weights) -> None:
        runtime = require("onnxruntime", extra="onnx", purpose="The engine onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings of the runtime tell a user nothing
        self._session = runtime.InferenceSession(to_onnx(weights), options, providers=["CPUExecutionProvider"])

    def logits(self, strips: Strips) -> Logits:
        result: Logits = self._session.run(["logits"], {"strips": np.ascontiguousarray(strips)})[0]
        return result


@dataclass(frozen=True, slots=True)
class Trial:
    """How an engine did on this machine.

    Attributes:
        engine, precision: which one.
        milliseconds: of its quickest run with one crop.
        agrees: whether its logits are those of torch in fp32.
    """

    engine: str
    precision: str
    milliseconds: float
    agrees: bool


def fastest(
    weights: Weights, device: Device, precision: str = "auto", engine: str = "auto"
) -> tuple[Engine, tuple[Trial, ...]]:
    """Return the engine that is quickest here and computes the same, and how those that were tried did.

    The trial takes a fraction of a second. Call it in the thread that will compute, whose number of threads counts.

    Args:
        weights, device: what to compute, and where.
        precision, engine: one of :data:`PRECISIONS` and of :data:`ENGINES`. Where they leave no choice, nothing is
            timed, and there are no trials.

    Raises:
        EngineError: there is no such precision or engine, or not both together on this device.
        MissingLibraryError, OnnxError: see :class:`OnnxEngine`; only where onnxruntime is asked for by name.
    """
    _refuse_unknown(precision, engine, device)
    if engine == "onnxruntime":
        return OnnxEngine(weights), ()
    plain = TorchEngine(weights, device, "bf16" if precision == "bf16" else "fp32")
    if device.kind != "cpu" or precision == "bf16" or engine == "torch":
        return plain, ()
    try:
        return _quicker(plain, OnnxEngine(weights), _probe(weights.preprocessing))
    except (MissingLibraryError, OnnxError) as error:
        logger.info("Reading is left to torch. %s", error)
        return plain, ()


def _refuse_unknown(precision: str, engine: str, device: Device) -> None:
    for what, name, known in (("precision", precision, PRECISIONS), ("engine", engine, ENGINES)):
        if name not in known:
            raise EngineError(f"There is no {what} {name!r}; known are {', '.join(known)}.")
    if engine == "onnxruntime" and (precision == "bf16" or device.kind != "cpu"):
        raise EngineError("The engine onnxruntime computes on the CPU and in fp32 only.")


def _quicker(plain: Engine, rival: Engine, strips: Strips) -> tuple[Engine, tuple[Trial, ...]]:
    agrees = _agree(rival.logits(strips), plain.logits(strips))
    trials = (
        Trial(plain.name, plain.precision, _milliseconds(plain, strips), agrees=True),
        Trial(rival.name, rival.precision, _milliseconds(rival, strips), agrees),
    )
    is_quicker = trials[1].milliseconds < _GAIN * trials[0].milliseconds
    return rival if agrees and is_quicker else plain, trials


def _probe(spec: Preprocessing) -> Strips:
    """Return a strip of noise. One is enough: a batch takes a CPU as much longer as it is larger."""
    width = min(spec.widths, key=lambda width: abs(width - _PROBE_WIDTH))
    colours = () if spec.channels == 1 else (spec.channels,)
    return np.random.default_rng(0).integers(0, 256, (1, spec.height, width, *colours), np.uint8)


def _milliseconds(engine: Engine, strips: Strips) -> float:
    """Return the time of the quickest of a few runs. The engine has run once before."""
    least = float("inf")
    for _ in range(_RUNS):
        start = time.perf_counter()
        engine.logits(strips)
        least = min(least, time.perf_counter() - start)
    return 1000 * least


def _agree(logits: Logits, wanted: Logits) -> bool:
    return bool(np.abs(logits - wanted).max() <= _TOLERANCE * np.abs(wanted).max())
