"""Networks: shapes, time steps, what a batch may and may not change, and folding for reading."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from model.errors import WeightsError
from model.networks import NETWORKS, Network, build, fold_batch_norm, register

NAMES = ("crnn", "crnn-lite", "vgg-bigru", "vgg16-bilstm")
CLASSES = 11


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def images(network: Network, *, count: int = 2, width: int = 64) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.rand(count, network.preprocessing.channels, 32, width, generator=generator) * 2 - 1


def settled(name: str) -> Network:
    """Return a network in eval mode whose batch normalisation has statistics of its own."""
    torch.manual_seed(1)
    network = build(name, CLASSES)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return network.eval()


def test_the_registry_holds_the_networks_of_the_documentation() -> None:
    assert sorted(NETWORKS) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_logits_have_one_row_for_each_frame(name: str) -> None:
    network = build(name, CLASSES).eval()
    for width in (16, 100, 128):
        logits = network(images(network, width=width))
        assert logits.shape == (2, network.frames(width), CLASSES)
        assert logits.dtype == torch.float32


def test_frames_follow_the_width() -> None:
    assert {name: NETWORKS[name].frames(200) for name in NAMES} == {
        "crnn": 51,
        "crnn-lite": 50,
        "vgg-bigru": 50,
        "vgg16-bilstm": 50,
    }


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_a_crop_reads_the_same_alone_and_in_a_batch(name: str) -> None:
    network = settled(name)
    batch = images(network, count=3)
    torch.testing.assert_close(network(batch)[1:2], network(batch[1:2]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_folding_batch_norm_changes_no_logit(name: str) -> None:
    network = settled(name)
    batch = images(network)
    before = network(batch)
    folded = fold_batch_norm(network)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded(batch), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_learns(name: str) -> None:
    network = build(name, CLASSES)
    network(images(network)).square().mean().backward()
    still = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert still == []


@pytest.mark.parametrize("name", NAMES)
def test_body_and_head_are_where_the_prefixes_say(name: str) -> None:
    network = build(name, CLASSES)
    head = network.get_submodule(network.head_prefix)
    assert isinstance(head, nn.Linear)
    assert head.out_features == CLASSES
    assert any(isinstance(module, nn.Conv2d) for module in network.get_submodule(network.body_prefix).modules())


def test_crnn_has_the_size_and_the_names_of_published_checkpoints() -> None:
    network = build("crnn", 37)
    assert sum(p.numel() for p in network.parameters()) == 8_331_301
    state = network.state_dict()
    assert state["cnn.conv6.weight"].shape == (512, 512, 2, 2)
    assert state["cnn.batchnorm4.running_var"].shape == (512,)
    assert state["rnn.0.rnn.weight_ih_l0_reverse"].shape == (1024, 512)
    assert state["rnn.1.embedding.weight"].shape == (37, 512)


def test_the_default_network_stays_small() -> None:
    assert sum(p.numel() for p in build("crnn-lite", 97).parameters()) < 2_000_000


def test_options_reach_the_network_and_are_kept() -> None:
    network = build("crnn-lite", CLASSES, hidden=8)
    assert network.get_submodule(network.head_prefix).in_features == 16
    assert network.options == {"hidden": 8}


def test_unknown_networks_and_options_are_named() -> None:
    with pytest.raises(WeightsError, match=r"'resnet'.*crnn-lite"):
        build("resnet", CLASSES)
    with pytest.raises(WeightsError, match=r"'crnn'.*depth"):
        build("crnn", CLASSES, depth=3)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="crnn-lite"):
        register("crnn-lite")(NETWORKS["crnn"])


def test_networks_do_not_import_torchvision() -> None:
    probe = (
        "from model.networks import build; build('vgg16-bilstm', 11); import sys; print('torchvision' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_imagenet_weights_fit_the_body() -> None:
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        theirs = torchvision.models.vgg16(weights=None).features[:24].state_dict()
        ours = build("vgg16-bilstm", CLASSES).get_submodule("body").state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}
