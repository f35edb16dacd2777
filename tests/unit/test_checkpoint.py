"""Weights files: what goes in comes out, the same bytes each time, and nothing wrong is let in."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.charset import Charset
from model.checkpoint import (
    Weights,
    build_network,
    load_weights,
    load_with_hash,
    read_header,
    read_info,
    save_weights,
    weights_hash,
    with_charset,
)
from model.errors import WeightsError
from model.images import Fit, Preprocessing
from model.networks import build

DIGITS = Charset.named("digits")


@pytest.fixture
def weights() -> Weights:
    torch.manual_seed(3)
    network = build("crnn-lite", len(DIGITS), hidden=8)
    return Weights(
        network="crnn-lite",
        options={"hidden": 8},
        charset=DIGITS,
        preprocessing=Preprocessing(mean=(0.4,), std=(0.2,), widths=(32, 64, 96), fit=Fit.PAD, padding=0),
        metrics={"word_accuracy": 0.875},
        ancestry=({"base": None, "crops": 120}, {"base": "0123456789abcdef", "crops": 8}),
        licence="Apache-2.0",
        temperature=1.25,
        state=network.state_dict(),
    )


@pytest.fixture
def path(tmp_path: Path, weights: Weights) -> Path:
    save_weights(weights, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def rewritten(path: Path, **changes: object) -> Path:
    """Change entries of the metadata document; None removes one."""
    document = read_header(path) | changes
    document = {key: value for key, value in document.items() if value is not None}
    save_file(load_file(path), path, metadata={"crnn": json.dumps(document)})
    return path


def with_state(path: Path, state: dict[str, torch.Tensor]) -> Path:
    save_file(state, path, metadata={"crnn": json.dumps(read_header(path))})
    return path


def test_everything_comes_back(path: Path, weights: Weights) -> None:
    loaded = load_weights(path)
    assert replace(loaded, state={}) == replace(weights, state={})
    assert loaded.state.keys() == weights.state.keys()
    assert all(torch.equal(loaded.state[name], value) for name, value in weights.state.items())


def test_the_same_weights_are_the_same_bytes(path: Path, tmp_path: Path, weights: Weights) -> None:
    shuffled = replace(weights, state=dict(reversed(weights.state.items())), metrics=dict(weights.metrics))
    save_weights(shuffled, tmp_path / "again.safetensors")
    save_weights(load_weights(path), tmp_path / "loaded.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert (tmp_path / "loaded.safetensors").read_bytes() == path.read_bytes()


def test_the_network_computes_what_it_did(path: Path, weights: Weights) -> None:
    torch.manual_seed(3)
    original = build("crnn-lite", len(DIGITS), hidden=8).eval()
    images = torch.rand(2, 1, 32, 64)
    network = build_network(load_weights(path))
    assert not network.training
    assert torch.equal(network(images), original(images))


def test_training_a_built_network_leaves_the_weights_alone(weights: Weights) -> None:
    network = build_network(weights)
    before = {name: value.clone() for name, value in weights.state.items()}
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1.0)
    assert all(torch.equal(before[name], weights.state[name]) for name in before)


def test_the_description_needs_no_torch(path: Path) -> None:
    info = read_info(path)
    assert (info.name, info.network, info.charset, info.temperature) == ("w", "crnn-lite", DIGITS, 1.25)
    assert info.hash == weights_hash(path)
    probe = (
        "import sys; from pathlib import Path; from model.checkpoint import read_info; "
        f"read_info(Path({str(path)!r})); print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_the_hash_follows_the_content(path: Path, tmp_path: Path, weights: Weights) -> None:
    other = tmp_path / "other.safetensors"
    save_weights(replace(weights, temperature=2.0), other)
    assert weights_hash(other) != weights_hash(path)
    assert len(weights_hash(path)) == 16


def test_missing_parameters_are_named(path: Path) -> None:
    state = load_file(path)
    del state["fc.bias"]
    with pytest.raises(WeightsError, match=r"lacks fc\.bias"):
        load_weights(with_state(path, state))


def test_left_over_parameters_are_named(path: Path) -> None:
    with pytest.raises(WeightsError, match=r"more than the network: attention\.weight"):
        load_weights(with_state(path, load_file(path) | {"attention.weight": torch.zeros(2)}))


def test_wrong_shapes_are_named_with_both(path: Path) -> None:
    with pytest.raises(WeightsError, match=r"fc\.bias \(7,\) instead of \(11,\)"):
        load_weights(with_state(path, load_file(path) | {"fc.bias": torch.zeros(7)}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_values_that_are_not_finite_are_neither_written_nor_read(path: Path, weights: Weights, value: float) -> None:
    state = {name: tensor.clone() for name, tensor in weights.state.items()}
    state["fc.bias"][2] = value
    before = path.read_bytes()
    with pytest.raises(WeightsError, match=r"not finite in fc\.bias"):
        save_weights(replace(weights, state=state), path)
    assert path.read_bytes() == before
    with pytest.raises(WeightsError, match=r"not finite in fc\.bias"):
        load_weights(with_state(path, state))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a pickle in a zip file", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"])
def test_foreign_files_are_sent_to_convert(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "crnn.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="`crnn convert` reads foreign checkpoints"):
        load_weights(path)


def test_an_onnx_file_is_not_sent_to_convert(tmp_path: Path) -> None:
    (tmp_path / "english.onnx").write_bytes(b"\x08\x08" * 20)
    with pytest.raises(WeightsError, match=r"ONNX file.*\.safetensors") as refusal:
        load_weights(tmp_path / "english.onnx")
    assert "convert" not in str(refusal.value)


def test_safetensors_of_others_are_foreign_too(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"x": torch.zeros(1)}, path, metadata={"format": "pt"})
    with pytest.raises(WeightsError, match="crnn convert"):
        read_header(path)


def test_missing_and_cut_off_files_are_told_apart(path: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no weights file"):
        load_weights(tmp_path / "none.safetensors")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(path)


def test_newer_formats_are_refused(path: Path) -> None:
    with pytest.raises(WeightsError, match="newer version"):
        load_weights(rewritten(path, format=2))


@pytest.mark.parametrize(
    "changes",
    [
        {"charset": "00"},
        {"charset": None},
        {"temperature": 0},
        {"preprocessing": {"height": 32}},
        {"preprocessing": {"colour": 1, "widths": [32]}},
        {"charset": ["0", "1"]},
        {"network": ["crnn-lite"]},
        {"options": [["hidden", 8]]},
        {"licence": 5},
        {"ancestry": "none"},
        {"ancestry": [1]},
        {"metrics": {"word_accuracy": float("nan")}},
        {"temperature": True},
        {"temperature": 1e-300},
        {"temperature": 10**400},
    ],
)
def test_wrong_metadata_is_refused(path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(WeightsError, match="metadata is wrong"):
        load_weights(rewritten(path, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"mean": [float("nan")]},
        {"mean": [float("inf")]},
        {"mean": ["0.5"]},
        {"std": [0.5, 0.5]},
        {"height": 32.5},
        {"height": True},
        {"height": 10**9},
        {"widths": [32.5, 64]},
        {"widths": [2**40]},
        {"padding": 0.5},
        {"closeup": "yes"},
        {"fit": "squeeze"},
    ],
    ids=str,
)
def test_preprocessing_that_cannot_be_is_refused(path: Path, changes: dict[str, object]) -> None:
    preprocessing = read_header(path)["preprocessing"] | changes
    with pytest.raises(WeightsError, match="metadata is wrong"):
        read_info(rewritten(path, preprocessing=preprocessing))


@pytest.mark.parametrize("changes", [{"height": 64}, {"height": 1}, {"channels": 3, "mean": [0.5] * 3, "std": [1] * 3}])
def test_strips_that_the_network_cannot_take_are_refused(path: Path, changes: dict[str, object]) -> None:
    preprocessing = read_header(path)["preprocessing"] | changes
    with pytest.raises(WeightsError, match=r"'crnn-lite'; it takes no strips of 32 x \d+ pixels in \d channels"):
        load_weights(rewritten(path, preprocessing=preprocessing))


def test_unknown_networks_are_refused(path: Path) -> None:
    with pytest.raises(WeightsError, match="transformer"):
        load_weights(rewritten(path, network="transformer"))


@pytest.mark.parametrize("options", [{"hidden": 10**9}, {"hidden": "8"}, {"classes": 5}, {"name": "crnn"}, {"x": 1}])
def test_options_that_the_network_cannot_have_are_refused(path: Path, options: dict[str, object]) -> None:
    with pytest.raises(WeightsError, match="cannot be built with the options"):
        load_weights(rewritten(path, options=options))


@pytest.mark.parametrize("source", [True, "pretrained.pth"])
def test_a_file_cannot_have_others_opened_or_fetched(
    path: Path, source: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("something was opened for a weights file")

    monkeypatch.setattr(torch, "load", opened)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", opened)
    with pytest.raises(WeightsError, match="metadata is wrong"):
        load_weights(rewritten(path, network="vgg16-bilstm", options={"pretrained": source}))


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64, torch.int32, torch.float8_e4m3fn])
def test_parameters_of_another_type_are_named(path: Path, kind: torch.dtype) -> None:
    state = load_file(path)
    told = str(kind).removeprefix("torch.")
    with pytest.raises(WeightsError, match=rf"of a wrong type: fc\.bias {told} instead of float32\."):
        load_weights(with_state(path, state | {"fc.bias": state["fc.bias"].to(kind)}))


def test_weights_and_hash_are_of_one_file_while_another_takes_its_place(
    path: Path, tmp_path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / "one.safetensors", tmp_path / "other.safetensors"]
    for file, characters in zip(files, ("0123456789", "9876543210"), strict=True):
        save_weights(replace(weights, charset=Charset(characters)), file)
    written = {weights_hash(file): load_weights(file).charset for file in files}
    real = Path.open

    def opened_and_replaced(file: Path, *args: Any, **kwargs: Any) -> Any:
        opened = real(file, *args, **kwargs)
        if file == path:
            files.reverse()
            file.unlink()
            shutil.copyfile(files[0], file)
        return opened

    monkeypatch.setattr(Path, "open", opened_and_replaced)
    for _ in range(3):
        loaded, hash_ = load_with_hash(path)
        assert written[hash_] == loaded.charset
        info = read_info(path)
        assert written[info.hash] == info.charset


def test_a_failed_write_leaves_the_old_file(path: Path, weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match="No space left on device"):
        save_weights(replace(weights, temperature=2.0), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_rows_move_with_their_characters(weights: Weights) -> None:
    moved = with_charset(weights, Charset("x90"))
    old, new = weights.state, moved.state
    for name in ("fc.weight", "fc.bias"):
        assert torch.equal(new[name][0], old[name][0])
        assert torch.equal(new[name][2], old[name][10])
        assert torch.equal(new[name][3], old[name][1])
    assert all(torch.equal(new[name], old[name]) for name in old if not name.startswith("fc."))
    assert build_network(moved).get_submodule("fc").out_features == 4


@torch.no_grad()
def test_new_characters_do_not_push_in(weights: Weights) -> None:
    extended = DIGITS.extended("abcdefghijklmnopqrstuvwxyz€")
    images = torch.rand(4, 1, 32, 96) * 2 - 1
    before = build_network(weights)(images)
    after = build_network(with_charset(weights, extended))(images)
    assert torch.equal(after[..., : len(DIGITS)], before)
    # Close to the mean of the old characters, and so below the best of them.
    fresh, mean = after[..., len(DIGITS) :], before[..., 1:].mean(dim=-1, keepdim=True)
    assert (fresh - mean).abs().mean() < 0.3 * before[..., 1:].std()
    assert fresh.std(dim=-1).min() > 0


def test_charset_surgery_is_deterministic(weights: Weights) -> None:
    torch.manual_seed(1)
    one = with_charset(weights, DIGITS.extended("abc"))
    torch.manual_seed(2)
    two = with_charset(weights, DIGITS.extended("abc"))
    assert torch.equal(one.state["fc.weight"], two.state["fc.weight"])
