"""A network with a specialist: each crop is read by one of the two, and what is general stays as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from model.annotations import LabelledCrop
from model.assets import default_weights
from model.charset import Charset
from model.checkpoint import Weights, build_network, load_weights, save_weights, with_charset
from model.dataset import CropSet, normalized
from model.errors import WeightsError
from model.events import Cause
from model.material import crop_set
from model.networks import NETWORKS
from model.networks.routed import Routed, seen
from model.planning import TrainingPlan
from model.specialists import Generalist, general_part, joined, routed, specialist_part
from model.training import TrainConfig, fine_tune
from model.training_setup import general_words
from tests.helpers.tiny import draw_words
from tests.unit.test_inference import small


def louder(weights: Weights) -> Weights:
    """Return other weights of the same network."""
    return replace(weights, state={name: 2 * value for name, value in weights.state.items()})


def halving(weights: Weights, images: Tensor) -> dict[str, Tensor]:
    """Return a router that gives half of the images to the specialist."""
    features, _ = seen(build_network(weights), images)
    weight = torch.randn(1, features.shape[1], generator=torch.Generator().manual_seed(3))
    scores = (features @ weight.T).squeeze(1).sort().values.detach()
    return {"weight": weight, "bias": -scores[[len(scores) // 2 - 1, len(scores) // 2]].mean(0, keepdim=True)}


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_each_crop_is_read_by_one_of_the_two(name: str) -> None:
    general = small(name)
    special, spec = louder(general), general.preprocessing
    images = torch.randn(5, spec.channels, spec.height, 96, generator=torch.Generator().manual_seed(1))
    router = halving(general, images)
    network = build_network(joined(general, special, router))
    assert isinstance(network, Routed)
    mine = (seen(build_network(general), images)[0] @ router["weight"].T + router["bias"] > 0).squeeze(1)
    assert 0 < int(mine.sum()) < len(mine)
    wanted = torch.where(mine[:, None, None], build_network(special)(images), build_network(general)(images))
    torch.testing.assert_close(network(images), wanted)
    for one, logits in zip(images, wanted, strict=True):
        torch.testing.assert_close(network(one[None])[0], logits, rtol=1e-2, atol=0.1)


def test_what_was_joined_comes_apart(tmp_path: Path) -> None:
    general = small("crnn-lite")
    special = replace(louder(general), metrics={"cer": 0.5}, temperature=1.5)
    whole = joined(general, special, halving(general, torch.randn(2, 1, 32, 64)))
    save_weights(whole, tmp_path / "whole.safetensors")
    again = load_weights(tmp_path / "whole.safetensors")
    assert (again.metrics, again.temperature, again.network) == ({"cer": 0.5}, 1.5, "crnn-lite")
    for part, wanted in ((general_part(again), general), (specialist_part(again), special)):
        assert part.options == wanted.options
        assert part.state.keys() == wanted.state.keys()
        assert all(torch.equal(part.state[key], value) for key, value in wanted.state.items())
        assert with_charset(part, Charset("xyz")).charset == Charset("xyz")
    assert general_part(general) is specialist_part(general) is general
    lame = replace(whole, state={key: value for key, value in whole.state.items() if key != "router.bias"})
    save_weights(lame, tmp_path / "lame.safetensors")
    with pytest.raises(WeightsError, match=r"router\.bias"):
        load_weights(tmp_path / "lame.safetensors")


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledCrop]:
    return draw_words(tmp_path_factory.mktemp("words"))


def loaded(crops: CropSet) -> CropSet:
    crops.load()
    return crops


def marked(weights: Weights, crops: CropSet) -> float:
    """Return the share of crops that go to the specialist."""
    network = build_network(weights)
    assert isinstance(network, Routed)
    scores = []
    with torch.no_grad():
        for width in np.unique(crops.widths):
            _, strips = crops.strips(np.flatnonzero(crops.widths == width))
            scores.append(network.router(seen(network.general, normalized(strips, weights.preprocessing))[0]))
    return float((torch.cat(scores) > 0).float().mean())


def test_a_router_tells_a_kind_of_crops_from_general_ones(words: list[LabelledCrop]) -> None:
    starter = load_weights(default_weights())
    spec = starter.preprocessing
    learnt, others = general_words()
    generalist = Generalist(starter, loaded(crop_set((), None, spec=spec, drawn=learnt[:200])))
    own = loaded(crop_set(words[::2], None, spec=spec))
    weights = routed(generalist, starter, own, count=300, seed=0, device=torch.device("cpu"))
    assert marked(weights, loaded(crop_set(words[1::2], None, spec=spec))) == 1, "the other words of the kind"
    assert marked(weights, loaded(crop_set((), None, spec=spec, drawn=others[:200]))) < 0.01, "other general words"


@pytest.mark.parametrize("own", [0, 1], ids=["no own crop", "one own crop"])
def test_a_router_can_be_fitted_to_whatever_can_be_read(words: list[LabelledCrop], own: int) -> None:
    starter = load_weights(default_weights())
    spec = starter.preprocessing
    generalist = Generalist(starter, loaded(crop_set((), None, spec=spec, drawn=general_words()[0][:60])))
    crops = loaded(crop_set(words[:3], None, spec=spec))
    for i in range(own, len(crops)):
        crops.refuse(i, Cause.MISSING, "It is gone.")
    weights = routed(generalist, starter, crops, count=90, seed=0, device=torch.device("cpu"))
    assert marked(weights, crops) == own
    assert marked(weights, generalist.crops) == 0


def test_one_training_after_another_leaves_the_general_weights_as_they_were(
    words: list[LabelledCrop], tmp_path: Path
) -> None:
    starter = load_weights(default_weights())
    plan = TrainingPlan(tuple(words[:16]), tuple(words[16:]), (), starter.charset.extended("é"), "é")
    first = TrainConfig(
        out=tmp_path / "1.safetensors", base=default_weights(), steps=2, batch=8, gate=False, device="cpu", threads=1
    )
    second = replace(first, out=tmp_path / "2.safetensors", base=first.out)
    for config in (first, second):
        list(fine_tune(plan, config))
    one, two = load_weights(first.out), load_weights(second.out)
    moved = with_charset(starter, plan.charset).state
    for weights in (one, two):
        general = general_part(weights).state
        assert all(torch.equal(general[name], value) for name, value in moved.items())
    before, between, after = (specialist_part(weights).state["cnn.0.weight"] for weights in (starter, one, two))
    assert 0 < float((after - between).abs().max()) < float((after - before).abs().max())
    assert [entry["steps"] for entry in two.ancestry[-2:]] == [2, 2]


def test_without_a_specialist_a_training_makes_plain_weights(words: list[LabelledCrop], tmp_path: Path) -> None:
    plan = TrainingPlan(tuple(words[:16]), tuple(words[16:]), (), load_weights(default_weights()).charset)
    config = TrainConfig(
        out=tmp_path / "plain.safetensors",
        base=default_weights(),
        specialist=False,
        steps=1,
        batch=8,
        gate=False,
        device="cpu",
        threads=1,
    )
    list(fine_tune(plan, config))
    weights = load_weights(config.out)
    assert weights.options == load_weights(default_weights()).options
    assert specialist_part(weights) is weights
