"""ONNX files: every network, any number of crops of any width, read with onnxruntime and nothing of ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from model.checkpoint import Weights, build_network
from model.dataset import normalized
from model.devices import choose
from model.errors import WeightsError
from model.extras import MissingLibraryError
from model.images import Fit, Preprocessing, Resampling, prepare_crop, to_strip
from model.inference import Recognizer
from model.networks import NETWORKS, Network
from model.onnx_export import OnnxError, export_onnx, to_onnx
from model.specialists import joined
from tests.unit.test_inference import CHARSET, crops, small, untrained
from tests.unit.test_specialists import halving, louder

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


def session(content: bytes) -> object:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def settled(name: str) -> Weights:
    """Return weights whose batch normalisation has seen something, so that folding it wrongly shows."""
    weights = small(name)
    network, spec = build_network(weights).train(), weights.preprocessing
    noise = torch.rand((4, spec.channels, spec.height, 64), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        for _ in range(3):
            network(noise)
    return replace(weights, state=network.state_dict())


@pytest.mark.parametrize("specialist", [False, True], ids=["plain", "specialist"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_file_computes_what_the_network_does(name: str, *, specialist: bool) -> None:
    weights = settled(name)
    if specialist:
        spec = weights.preprocessing
        weights = joined(weights, louder(weights), halving(weights, torch.rand(9, spec.channels, spec.height, 100)))
    content = to_onnx(weights)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    network, opened = build_network(weights), session(content)
    rng = np.random.default_rng(1)
    for count, width in ((1, 16), (1, 131), (3, 100), (2, 256)):
        spec = weights.preprocessing
        images = [Image.fromarray(rng.integers(0, 256, (spec.height, width, 3), np.uint8)) for _ in range(count)]
        strips = np.stack([to_strip(image, spec, width=width) for image in images])
        logits = opened.run(["logits"], {"strips": strips})[0]
        with torch.no_grad():
            inputs = [torch.from_numpy(prepare_crop(image, spec, width=width)) for image in images]
            wanted = network(torch.stack(inputs)).numpy()
        assert logits.shape == wanted.shape == (count, network.frames(width), len(CHARSET))
        assert np.abs(logits - wanted).max() < 1e-4 * np.abs(wanted).max()


@pytest.mark.parametrize("share", [0, 2, 4])
def test_a_specialist_reads_its_crops_alone(share: int) -> None:
    """Of four crops it is given none, two or all."""
    weights = settled("crnn-lite")
    strips = np.random.default_rng(1).integers(0, 256, (4, 32, 96), np.uint8)
    images = normalized(torch.from_numpy(strips[:, None]), weights.preprocessing)
    router = halving(weights, images)
    if share != 2:
        router = {"weight": 0 * router["weight"], "bias": torch.tensor([share - 2.0])}
    whole = joined(weights, louder(weights), router)
    logits = session(to_onnx(whole)).run(["logits"], {"strips": strips})[0]
    with torch.no_grad():
        general, wanted = build_network(weights)(images).numpy(), build_network(whole)(images).numpy()
    assert (np.abs(wanted - general).max((1, 2)) > 1).sum() == share
    assert np.abs(logits - wanted).max() < 1e-4 * np.abs(wanted).max()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(4, 400))
def test_any_number_of_crops_of_any_width(count: int, width: int) -> None:
    strips = np.random.default_rng(width).integers(0, 256, (count, 32, width), np.uint8)
    logits = LITE.run(["logits"], {"strips": strips})[0]
    assert logits.shape == (count, NETWORKS["crnn-lite"].frames(width), len(CHARSET))
    alone = LITE.run(["logits"], {"strips": strips[-1:]})[0]
    assert logits[-1:] == pytest.approx(alone, abs=1e-3)


LITE = session(to_onnx(untrained(hidden=8)))


def test_the_file_tells_all_that_reading_needs() -> None:
    weights = replace(untrained(hidden=8), temperature=1.7, licence="Apache-2.0")
    opened = session(to_onnx(weights))
    document = json.loads(opened.get_modelmeta().custom_metadata_map["crnn"])
    assert document["charset"] == CHARSET.characters
    assert (document["temperature"], document["licence"]) == (1.7, "Apache-2.0")
    assert document["preprocessing"] == json.loads(json.dumps(asdict(weights.preprocessing)))
    assert [(i.name, i.type, i.shape) for i in opened.get_inputs()] == [("strips", "tensor(uint8)", ["N", 32, "W"])]
    assert [(o.name, o.type, o.shape) for o in opened.get_outputs()] == [
        ("logits", "tensor(float)", ["N", "T", len(CHARSET)])
    ]


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(),
        Preprocessing(widths=(64, 256), fit=Fit.PAD, resampling=Resampling.BILINEAR),
        Preprocessing(widths=(64, 256), fit=Fit.PAD, padding=0),
    ],
    ids=["stretched", "padded", "padded with black"],
)
def test_the_lines_of_the_docs_read_with_the_file_and_without_us(preprocessing: Preprocessing, tmp_path: Path) -> None:
    weights = replace(untrained(hidden=8), preprocessing=preprocessing)
    export_onnx(weights, tmp_path / "new" / "lite.onnx")
    crop = crops(3)[2]
    crop.save(tmp_path / "crop.png")
    page = (Path(__file__).parents[2] / "docs" / "converting.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    lines += 'assert not {"torch", "model"} & set(sys.modules)\n'
    command = [sys.executable, "-c", lines, str(tmp_path / "new" / "lite.onnx"), str(tmp_path / "crop.png")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = Recognizer(weights, device=choose("cpu"), engine="torch", precision="fp32", workers=1).read(crop).text
    assert result.stdout.strip() == expected != ""


def test_the_same_weights_give_the_same_bytes() -> None:
    assert to_onnx(untrained(hidden=8)) == to_onnx(untrained(hidden=8))


def test_what_has_no_counterpart_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(Network):
        head_prefix = "fc"

        def __init__(self, classes: int, *, layer: str = "act") -> None:
            super().__init__()
            self.cnn = nn.Conv2d(1, 4, (32, 3), padding="same" if layer == "same" else 0)
            self.act = nn.Softshrink()
            self.fc = nn.Linear(4, classes)
            self.layer = layer

        def forward(self, images: Tensor) -> Tensor:
            maps = self.cnn(images)
            maps = self.act(maps) if self.layer == "act" else torch.roll(maps, 1)
            return self.fc(maps.mean(2).permute(0, 2, 1))

    monkeypatch.setitem(NETWORKS, "odd", Odd)
    for layer, name in (("act", "Softshrink"), ("roll", "roll"), ("same", "pads")):
        weights = Weights(
            network="odd",
            options={"layer": layer},
            charset=CHARSET,
            preprocessing=Preprocessing(),
            state=Odd(len(CHARSET), layer=layer).state_dict(),
        )
        with pytest.raises(OnnxError, match=name):
            to_onnx(weights)


def test_without_the_library_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx.helper", None)
    with pytest.raises(MissingLibraryError, match=r"^An ONNX file needs the library onnx.*'crnn-gui\[onnx\]'\.$"):
        export_onnx(untrained(hidden=8), tmp_path / "lite.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match=r"lite\.onnx"):
        export_onnx(untrained(hidden=8), tmp_path / "file" / "lite.onnx")
