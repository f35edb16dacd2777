"""What computes: every engine and precision says the same, and the trial at load chooses among those that do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from model import engines
from model.assets import default_weights
from model.checkpoint import Weights, load_weights
from model.devices import bf16_pays, choose
from model.engines import Engine, EngineError, OnnxEngine, TorchEngine, fastest
from model.extras import MissingLibraryError
from model.formats import open_dataset
from model.images import cut_crops
from model.inference import Recognizer
from model.networks import NETWORKS
from tests.unit.test_inference import crops, small, untrained

CPU = choose("cpu")


def needs_onnx() -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")


def strips(weights: Weights, count: int = 3, width: int = 100) -> np.ndarray:
    spec = weights.preprocessing
    colours = () if spec.channels == 1 else (3,)
    return np.random.default_rng(3).integers(0, 256, (count, spec.height, width, *colours), np.uint8)


@pytest.mark.parametrize("name", NETWORKS)
def test_all_engines_compute_the_same(name: str, device: torch.device) -> None:
    weights = small(name)
    plain = TorchEngine(weights, CPU).logits(strips(weights))
    there = choose(device.type)
    others: list[tuple[Engine, float]] = [
        (TorchEngine(weights, there), 1e-3),
        (TorchEngine(weights, there, "bf16"), 5e-2),
    ]
    if device.type == "cpu":
        needs_onnx()
        others.append((OnnxEngine(weights), 1e-4))
    for engine, tolerance in others:
        logits = engine.logits(strips(weights))
        assert (logits.dtype, logits.shape) == (np.float32, plain.shape)
        assert np.abs(logits - plain).max() < tolerance * np.abs(plain).max(), (engine.name, engine.precision)


def slow_torch(monkeypatch: pytest.MonkeyPatch, *, factor: float) -> None:
    """Let time pass quicker or slower where torch computes."""
    monkeypatch.setattr(engines, "_milliseconds", lambda engine, _: factor if engine.name == "torch" else 1.0)


def test_the_trial_takes_the_quickest(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_onnx()
    weights = untrained(hidden=8)
    for factor, expected in ((3.0, "onnxruntime"), (0.3, "torch"), (1.05, "torch")):
        slow_torch(monkeypatch, factor=factor)
        engine, trials = fastest(weights, CPU, "fp32")
        assert engine.name == expected
        assert [(t.engine, t.precision, t.agrees) for t in trials] == [
            ("torch", "fp32", True),
            ("onnxruntime", "fp32", True),
        ]


def test_an_engine_that_computes_something_else_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    needs_onnx()
    slow_torch(monkeypatch, factor=100.0)
    real = OnnxEngine.logits
    for wrong in (lambda logits: logits * 1.01, lambda logits: logits * np.nan):
        monkeypatch.setattr(OnnxEngine, "logits", lambda self, x, wrong=wrong: wrong(real(self, x)))
        engine, trials = fastest(untrained(hidden=8), CPU, "fp32")
        assert engine.name == "torch"
        assert not trials[1].agrees


def test_half_precision_pays_where_it_is_clearly_quicker(monkeypatch: pytest.MonkeyPatch) -> None:
    for ratio, pays in ((0.5, True), (0.9, False), (3.0, False)):
        bf16_pays.cache_clear()
        monkeypatch.setattr(
            "model.devices._multiplication", lambda _k, _n, dtype, r=ratio: r if dtype is torch.bfloat16 else 1.0
        )
        assert bf16_pays("cpu") is pays
    bf16_pays.cache_clear()
    assert not bf16_pays("mps")


def test_without_onnxruntime_torch_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert fastest(untrained(hidden=8), CPU, "fp32")[0].name == "torch"
    with pytest.raises(MissingLibraryError, match=r"onnxruntime.*crnn-gui\[onnx\]"):
        fastest(untrained(hidden=8), CPU, engine="onnxruntime")


def test_what_is_asked_for_is_taken_or_refused() -> None:
    weights = untrained(hidden=8)
    engine, trials = fastest(weights, CPU, "bf16")
    assert (engine.name, engine.precision, trials) == ("torch", "bf16", ())
    engine, trials = fastest(weights, CPU, "fp32", "torch")
    assert (engine.name, engine.precision, trials) == ("torch", "fp32", ())
    for precision, name, reason in (
        ("fp64", "auto", "no precision 'fp64'; known are auto, fp32, bf16"),
        ("auto", "tvm", "no engine 'tvm'"),
        ("bf16", "onnxruntime", "fp32 only"),
    ):
        with pytest.raises(EngineError, match=reason):
            fastest(weights, CPU, precision, name)


def test_the_recogniser_tells_what_computes(device: torch.device) -> None:
    recognizer = Recognizer(untrained(hidden=8), device=choose(device.type), engine="torch", precision="fp32")
    assert (recognizer.engine, recognizer.precision, recognizer.trials) == ("torch", "fp32", ())
    assert recognizer.read(crops(1)[0]).text


@pytest.mark.slow
def test_what_may_be_chosen_reads_the_same_words(device: torch.device, shared_data: Callable[[str], Path]) -> None:
    """Of real words, at most one in five hundred may be read otherwise than by torch in fp32 on the CPU."""
    weights = load_weights(default_weights())
    dataset = open_dataset(shared_data("words/iiit5k_train")).crops()
    images = [image for _, image in zip(range(500), (pixels for _, pixels in cut_crops(dataset)), strict=False)]
    plain = [one.text for one in Recognizer(weights, device=CPU, engine="torch", precision="fp32").read_many(images)]
    engine = "onnxruntime" if device.type == "cpu" else "torch"
    other = Recognizer(weights, device=choose(device.type), engine=engine)
    texts = [one.text for one in other.read_many(images)]
    assert sum(one != two for one, two in zip(plain, texts, strict=True)) <= 0.002 * len(images)
