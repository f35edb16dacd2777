"""Networks: shapes, time steps, what a batch may and may not change, and folding for reading."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

from model.annotations import LabelledCrop
from model.charset import Charset
from model.checkpoint import Weights, load_weights, save_weights
from model.ctc import ctc_losses
from model.dataset import CropBatch, CropSet, normalized
from model.devices import choose
from model.errors import WeightsError
from model.events import Cause
from model.images import prepare_crop
from model.inference import Recognizer
from model.learner import Learner
from model.networks import NETWORKS, Network, build, fold_batch_norm, register
from model.networks.base import INITS
from model.recovery import recover
from model.run_state import Progress
from model.schedules import Cosine
from tests.helpers import network_tables

NAMES = network_tables.NAMES
EVERY = sorted(NETWORKS)
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


@pytest.fixture(scope="module", params=EVERY)
def settled(request: pytest.FixtureRequest) -> Network:
    """Each network in turn, in eval mode, with statistics of its own in the batch normalisation. Built once: some hold
    forty million numbers to draw; a test that changes it works on a copy.
    """
    torch.manual_seed(1)
    network = build(request.param, CLASSES)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.3, 0.3)
    return network.eval()


@torch.no_grad()
def test_logits_have_one_row_for_each_frame(settled: Network) -> None:
    for width in (16, 100, 128):
        logits = settled(images(settled, width=width))
        assert logits.shape == (2, settled.frames(width), CLASSES)
        assert logits.dtype == torch.float32


class KeepsLength(nn.Module):
    """In place of a recurrent or a linear layer: neither changes the length of a sequence."""

    def __init__(self, out: object) -> None:
        super().__init__()
        self._out = out

    def forward(self, sequence: Tensor) -> object:
        return (sequence, None) if self._out is tuple else sequence


def skeleton(name: str) -> Network:
    """Return a network that does to widths what the real one does, with one channel everywhere."""
    network = network_tables.on_meta(name)
    for parent in list(network.modules()):
        for place, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d):
                thin = nn.Conv2d(1, 1, child.kernel_size, child.stride, child.padding)
            elif isinstance(child, nn.BatchNorm2d):
                thin = nn.Identity()
            elif isinstance(child, nn.RNNBase | nn.Linear):
                thin = KeepsLength(tuple if isinstance(child, nn.RNNBase) else Tensor)
            else:
                continue
            setattr(parent, place, thin)
    return network


@pytest.mark.parametrize("name", EVERY)
@torch.no_grad()
def test_frames_tell_the_logits_of_every_width(name: str) -> None:
    network = skeleton(name)
    lengths = {width: network(torch.zeros(1, 1, 32, width)).shape[1] for width in (*range(16, 144), 512)}
    assert {width: network.frames(width) for width in lengths} == lengths


@pytest.mark.parametrize(("name", "least"), [("crnn", 4), ("crnn-lite", 1), ("vgg-bigru", 4), ("vgg16-bilstm", 4)])
@torch.no_grad()
def test_frames_tell_which_widths_are_too_narrow(name: str, least: int) -> None:
    network = skeleton(name)
    assert [width for width in range(8) if network.frames(width) > 0] == list(range(least, 8))
    for width in range(least, 16):
        assert network(torch.zeros(1, 1, 32, width)).shape[1] == network.frames(width)
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 1, 32, least - 1))


@torch.no_grad()
def test_a_crop_reads_the_same_alone_and_in_a_batch(settled: Network) -> None:
    batch = images(settled, count=3)
    torch.testing.assert_close(settled(batch)[1:2], settled(batch[1:2]), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_folding_batch_norm_changes_no_logit(settled: Network) -> None:
    batch = images(settled)
    before = settled(batch)
    folded = fold_batch_norm(copy.deepcopy(settled))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(folded(batch), before, rtol=1e-4, atol=1e-5)


def test_every_parameter_learns(settled: Network) -> None:
    network = copy.deepcopy(settled).train()
    network(images(network)).square().mean().backward()
    still = [key for key, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert still == []


def test_body_and_head_are_where_the_prefixes_say(settled: Network) -> None:
    head = settled.get_submodule(settled.head_prefix)
    assert isinstance(head, nn.Linear)
    assert head.out_features == CLASSES
    assert any(isinstance(module, nn.Conv2d) for module in settled.get_submodule(settled.body_prefix).modules())


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


@pytest.mark.parametrize(
    ("name", "options"),
    [("clovaai-vgg", {"channels": 7}), ("clovaai-resnet", {"channels": 15}), ("crnn", {"hidden": 0})],
)
def test_sizes_of_which_nothing_can_be_built_are_named(name: str, options: dict[str, int]) -> None:
    with pytest.raises(WeightsError, match=f"{name}.*{options}"):
        build(name, 11, **options)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="crnn-lite"):
        register("crnn-lite")(NETWORKS["crnn"])


# --- what the documentation says of them ---


@pytest.fixture(scope="module")
def documented() -> dict[str, str]:
    return dict(network_tables.written(network_tables.DOCUMENT.read_text(encoding="utf-8")))


def test_the_document_holds_a_table_for_each_network_and_no_other_figures(documented: dict[str, str]) -> None:
    assert set(documented) == {"overview", "frames", "flops", *NAMES}
    text = network_tables.DOCUMENT.read_text(encoding="utf-8")
    inside = "\n".join(documented.values()).split("\n")
    assert [line for line in text.split("\n") if line.startswith("|")] == inside


@pytest.mark.parametrize("name", ["overview", "frames", *NAMES])
def test_documented_figures_are_those_of_the_code(name: str, documented: dict[str, str]) -> None:
    assert documented[name] == network_tables.table(name)


def test_documented_work_is_that_of_the_code(documented: dict[str, str]) -> None:
    assert documented["flops"] == network_tables.table("flops")


def test_work_is_counted_as_twice_the_multiplications() -> None:
    flops = {layer.name: layer.flops for layer in network_tables.run("vgg16-bilstm", 200).layers}
    assert flops["stage5"] == 2 * 50 * 512 * 512 * 2 * 3
    assert flops["rnn.0.rnn"] == 2 * 50 * 2 * 4 * 256 * (512 + 256)
    assert flops["rnn.1.embedding"] == 2 * 50 * 512 * 37


# --- initial values ---


@pytest.mark.parametrize("init", INITS)
def test_initial_values_are_an_option_that_weights_keep(init: str, tmp_path: Path) -> None:
    network = build("crnn-lite", 4, hidden=8, init=init)
    weights = Weights(
        network="crnn-lite",
        options=network.options,
        charset=Charset("abc"),
        preprocessing=network.preprocessing,
        state=network.state_dict(),
    )
    save_weights(weights, tmp_path / "w.safetensors")
    assert load_weights(tmp_path / "w.safetensors").options == {"hidden": 8, "init": init}


@pytest.mark.parametrize("name", NAMES)
def test_initial_values_are_as_wide_as_their_names_say(name: str) -> None:
    heads = {}
    for init in INITS:
        torch.manual_seed(0)
        network = build(name, 97, init=init)
        heads[init] = network.get_submodule(network.head_prefix).requires_grad_(False)
    head = heads["xavier"]
    assert float(heads["normal"].weight.std()) == pytest.approx(1, rel=0.05)
    limit = math.sqrt(6 / (head.in_features + head.out_features))
    assert float(head.weight.abs().max()) == pytest.approx(limit, rel=0.05)
    assert not any(head.bias.any() for head in heads.values())


@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_only_plain_normal_values_put_the_first_loss_out_of_all_proportion(name: str) -> None:
    first = {}
    for init in INITS:
        torch.manual_seed(0)
        network = build(name, CLASSES, init=init)
        logits = network(images(network, width=32))
        loss = ctc_losses(logits, torch.tensor([[1, 2]] * 2), torch.tensor([2, 2])).mean()
        first[init] = float(loss) / (logits.shape[1] * math.log(CLASSES))
    assert first["he"] < 1.5
    assert first["xavier"] < 1.5
    assert first["normal"] > 2


def strips_of(network: Network, *texts: str) -> tuple[CropBatch, list[LabelledCrop]]:
    """Return plain crops of one width with these labels, as a batch and as the crops they are."""
    crops = [LabelledCrop(text, Path(), None, text) for text in texts]
    pixels = {i: Image.new("RGB", (48, 32), (90, 120, 30 * i)) for i in range(len(texts))}
    crop_set = CropSet(crops, Charset("abc"), preprocessing=network.preprocessing, pixels=pixels)
    crop_set.load()
    found, strips = crop_set.strips(range(len(texts)))
    return CropBatch(tuple(found), normalized(strips, network.preprocessing), *crop_set.labels(found)), crops


@pytest.mark.parametrize(("init", "cause"), [("he", None), ("xavier", None), ("normal", Cause.INITIAL_VALUES)])
def test_the_doctor_of_a_run_names_initial_values_that_are_too_large(init: str, cause: Cause | None) -> None:
    torch.manual_seed(0)
    network = build("crnn-lite", 4, init=init)
    learner = Learner(network, learning_rate=1e-3, schedule=Cosine(10), batch=2)
    outcome = learner.learn(*strips_of(network, "ab", "cab"), step=0)
    assert (outcome.diagnosis and outcome.diagnosis.cause) == cause
    if outcome.diagnosis:
        assert "--init he" in outcome.diagnosis.finding
        progress = Progress()
        advice, restored = recover(learner, outcome.diagnosis, progress)
        assert restored
        assert progress.recoveries == 1
        assert "no learning rate" in advice


def test_trained_weights_are_never_told_that_their_initial_values_are_too_large() -> None:
    torch.manual_seed(0)
    network = build("crnn-lite", 4, init="normal")
    learner = Learner(network, learning_rate=1e-3, schedule=Cosine(10), batch=2, fine_tune=True)
    outcome = learner.learn(*strips_of(network, "ab", "cab"), step=0)
    assert outcome.diagnosis
    assert outcome.diagnosis.cause is Cause.LEARNING_RATE


def test_unknown_initial_values_are_named() -> None:
    with pytest.raises(WeightsError, match=r"'ones'.*he, xavier, normal"):
        build("crnn", CLASSES, init="ones")


# --- ImageNet ---


def imagenet_file(path: Path) -> Path:
    """Write a file of VGG16's shape; each tensor is one repeated value, which takes no room."""
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        shapes = {
            name: tuple(value.shape) for name, value in torchvision.models.vgg16(weights=None).state_dict().items()
        }
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {name: torch.full((1,), float(i)).expand(shape) for i, (name, shape) in enumerate(shapes.items())}
    torch.save(values, path)
    return path


def first_values(network: Network) -> list[float]:
    return [float(value.flatten()[0]) for value in network.get_submodule("body").state_dict().values()]


def test_the_body_starts_from_a_file_of_imagenet_weights(tmp_path: Path) -> None:
    network = build("vgg16-bilstm", CLASSES, hidden=8, pretrained=imagenet_file(tmp_path / "vgg16.pth"))
    assert first_values(network) == list(range(20))
    assert all(value.requires_grad for value in network.parameters())
    assert network.options == {"hidden": 8}, "where the first state came from is no option of the network"


def test_the_body_starts_from_the_weights_that_torchvision_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    imagenet_file(tmp_path / "hub" / "checkpoints" / "vgg16-397923af.pth")
    assert first_values(build("vgg16-bilstm", CLASSES, hidden=8, pretrained=True)) == list(range(20))


def test_without_a_network_connection_the_way_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise URLError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    with pytest.raises(WeightsError, match=r"no route to host.*https://.*vgg16-397923af.pth.*--pretrained FILE"):
        build("vgg16-bilstm", CLASSES, pretrained=True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "There is no checkpoint"),
        (b"", "is no checkpoint, or a damaged one"),
        (b"root:x:0:0:root:/root:/bin/bash", "damaged"),  # of which pickle raises an IndexError
        (b"not a checkpoint", "damaged"),
        ([1, 2], "holds a list"),
        ({"features.0.weight": torch.zeros(2)}, "features.0.weight, features.0.bias"),
    ],
)
def test_files_of_anything_else_are_refused(content: object, told: str, tmp_path: Path) -> None:
    path = tmp_path / "vgg16.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(WeightsError, match=told):
        build("vgg16-bilstm", CLASSES, pretrained=path)


@pytest.mark.parametrize("name", ["vgg16-bilstm", "crnn-lite"])
def test_a_frozen_body_keeps_its_weights_and_its_statistics(name: str) -> None:
    torch.manual_seed(0)
    network = build(name, 4, hidden=8)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    learner = Learner(network, learning_rate=0.01, schedule=Cosine(4), batch=2, freeze=True)
    batch, crops = strips_of(network, "ab", "cab")
    for step in range(3):
        assert learner.learn(batch, crops, step=step).diagnosis is None
    changed = {key for key, value in network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert not [key for key in changed if key.startswith(network.body_prefix + ".")]
    assert f"{network.head_prefix}.weight" in changed


def test_red_green_and_blue_are_normalised_as_imagenet_was() -> None:
    colour = Image.new("RGB", (64, 32), (255, 0, 128))
    planes = prepare_crop(colour, build("vgg16-bilstm", 2).preprocessing)
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, (128 / 255 - 0.406) / 0.225]
    np.testing.assert_allclose(planes[:, 5, 5], expected, rtol=1e-5)


def test_imagenet_weights_fit_the_body() -> None:
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        theirs = torchvision.models.vgg16(weights=None).features[:24]
        ours = build("vgg16-bilstm", CLASSES).get_submodule("body")
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}
    assert [type(module) for module in ours] == [type(module) for module in theirs]


# --- crops of every length ---


def drawn(text: str, width: int) -> Image.Image:
    """Return a crop of this text, stretched to a width at height 32."""
    font = ImageFont.load_default(24)
    box = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((0, 0), text, font=font)
    image = Image.new("L", (int(box[2]) + 4, 32), 230)
    ImageDraw.Draw(image).text((2, 0), text, fill=20, font=font)
    return image.resize((width, 32))


LINE = " ".join(["the quick brown fox jumps over the lazy dog"] * 4)
CROPS = (("7", 8), ("i", 12), ("W", 16), ("pneumonoultramicroscopicsilicovolcanoconiosis", 700), (LINE, 2048))


@pytest.mark.parametrize("name", NAMES)
def test_one_character_long_words_and_whole_lines_are_read_and_can_be_learnt(name: str) -> None:
    charset = Charset.from_texts(text for text, _ in CROPS)
    torch.manual_seed(0)
    network = build(name, len(charset), hidden=16)
    weights = Weights(
        network=name,
        options=network.options,
        charset=charset,
        preprocessing=network.preprocessing,
        state=network.state_dict(),
    )
    recognizer = Recognizer(weights, device=choose("cpu"), workers=1)
    pictures = [drawn(text, width) for text, width in CROPS]
    widths = [recognizer.strip(picture).shape[1] for picture in pictures]
    assert widths == [16, 16, 16, 704, 2048]
    assert recognizer.strip(drawn(LINE, 5000)).shape[1] == 2048
    predictions = list(recognizer.read_many(pictures))
    assert [recognizer.read(picture).text for picture in pictures[:3]] == [one.text for one in predictions[:3]]
    for (text, _), width, picture, prediction in zip(CROPS, widths, pictures, predictions, strict=True):
        assert 0 <= prediction.confidence <= 1
        assert all(0 <= one.start < one.end <= 1 for one in prediction.characters)
        with torch.no_grad():
            logits = network.eval()(torch.from_numpy(prepare_crop(picture, network.preprocessing)).unsqueeze(0))
        assert logits.shape[1] == network.frames(width)
        loss = ctc_losses(logits, torch.tensor([charset.encode(text)]), torch.tensor([len(text)]))
        assert torch.isfinite(loss).all()
