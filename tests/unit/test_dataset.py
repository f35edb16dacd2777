from __future__ import annotations

from multiprocessing.resource_tracker import ensure_running
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from model import dataset
from model.annotations import Box, LabelledCrop
from model.augment import augment
from model.charset import Charset
from model.dataset import CropSet, deal, normalized
from model.events import Cause
from model.images import Preprocessing, cut_crop, prepare_crop, read_image

ABC = Charset("abc")

ensure_running()  # else the first reading process of all would seem to leave it behind
SPEC = Preprocessing()


def save_noise(path: Path, width: int = 60, height: int = 20) -> Path:
    pixels = np.random.default_rng(width).integers(0, 256, (height, width), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def crops(tmp_path: Path) -> list[LabelledCrop]:
    page = save_noise(tmp_path / "page.png", 200, 100)
    whole = [save_noise(tmp_path / f"{width}.png", width) for width in (30, 60, 61)]
    boxed = [Box.from_bounds(10, 10, 70, 30), Box(((10, 40), (70, 50), (68, 70), (8, 60)))]
    return [
        *(LabelledCrop(path.name, path, None, "ab") for path in whole),
        *(LabelledCrop(f"page {i}", page, box, "ca") for i, box in enumerate(boxed)),
    ]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_images_are_bit_for_bit_those_of_prediction(crops: list[LabelledCrop], channels: int, memory: int) -> None:
    spec = Preprocessing(channels=channels, mean=(0.4, 0.5, 0.45)[:channels], std=(0.3, 0.2, 0.25)[:channels])
    crop_set = CropSet(crops, ABC, preprocessing=spec, memory=memory)
    crop_set.load()
    for i, crop in enumerate(crops):
        found, strips = crop_set.strips([i])
        wanted = prepare_crop(cut_crop(read_image(crop.image), crop.box), spec)
        assert found == [i]
        assert strips.dtype == torch.uint8
        assert np.array_equal(normalized(strips, spec)[0].numpy(), wanted)


def test_a_crop_beyond_the_memory_is_measured_and_read_when_needed(crops: list[LabelledCrop]) -> None:
    kept, read = (CropSet(crops, ABC, preprocessing=SPEC, memory=memory) for memory in (1 << 20, 0))
    kept.load()
    read.load(until=0)
    assert read.widths.tolist() == kept.widths.tolist()


def test_crops_beyond_the_memory_are_read_by_other_processes(
    tmp_path: Path, crops: list[LabelledCrop], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = LabelledCrop("lost", save_noise(tmp_path / "lost.png", 62), None, "a")
    kept, read = (CropSet([*crops, lost], ABC, preprocessing=SPEC, memory=memory) for memory in (1 << 20, 0))
    kept.load()
    read.load(until=0)
    lost.file.unlink()
    monkeypatch.setattr(dataset, "read_strip", lambda *_: pytest.fail("this process reads"))
    try:
        for i in range(len(crops)):
            read.read_ahead([i, len(crops)], workers=1)
            found, strips = read.strips([i])
            assert found == [i]
            assert torch.equal(strips, kept.strips([i])[1])
        assert read.strips([len(crops)])[0] == []
        assert read.problems[len(crops)].cause is Cause.MISSING
    finally:
        read.close()


def test_unusable_crops_are_named_and_never_dealt(tmp_path: Path, crops: list[LabelledCrop]) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no image")
    nan = tmp_path / "nan.tif"
    Image.fromarray(np.full((20, 60), np.nan, np.float32)).save(nan)
    bad = [
        LabelledCrop("missing", tmp_path / "missing.png", None, "a"),
        LabelledCrop("text", text, None, "a"),
        LabelledCrop("nan", nan, None, "a"),
        LabelledCrop("unknown", crops[0].image, None, "x"),
    ]
    crop_set = CropSet([*crops, *bad], ABC, preprocessing=SPEC)
    crop_set.load()
    causes = {problem.key: problem.cause for problem in crop_set.problems.values()}
    assert causes == {
        "missing": Cause.MISSING,
        "text": Cause.UNREADABLE,
        "nan": Cause.NOT_FINITE,
        "unknown": Cause.UNKNOWN_CHARACTER,
    }
    assert crop_set.usable().tolist() == list(range(len(crops)))


def test_an_image_that_vanished_becomes_a_problem(crops: list[LabelledCrop]) -> None:
    crop_set = CropSet(crops, ABC, preprocessing=SPEC, memory=0)
    crop_set.load(until=0)
    crops[1].image.unlink()
    found, strips = crop_set.strips([1, 2])
    assert found == [2]
    assert len(strips) == 1
    assert crop_set.problems[1].cause is Cause.MISSING


def test_labels_are_padded_indices(crops: list[LabelledCrop]) -> None:
    crop_set = CropSet([crops[0], LabelledCrop("long", crops[0].image, None, "abcc")], ABC, preprocessing=SPEC)
    targets, lengths = crop_set.labels([0, 1])
    assert targets.tolist() == [[1, 2, 0, 0], [1, 2, 3, 3]]
    assert lengths.tolist() == [2, 4]
    assert targets.dtype == lengths.dtype == torch.int64


@given(
    widths=st.lists(st.sampled_from([16, 32, 48, 320]), min_size=1, max_size=200),
    batch=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 100),
)
def test_an_epoch_deals_every_crop_once_in_batches_of_one_width(
    widths: list[int], batch: int, seed: int, epoch: int
) -> None:
    sizes = np.array(widths)
    batches = deal(np.arange(len(widths)), sizes, batch=batch, seed=seed, epoch=epoch)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(widths)))
    for members in batches:
        assert len(members) <= batch
        assert len(set(sizes[members])) == 1
    again = deal(np.arange(len(widths)), sizes, batch=batch, seed=seed, epoch=epoch)
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]


def test_another_epoch_deals_in_another_order() -> None:
    widths = np.full(100, 32)
    first, second = (np.concatenate(deal(np.arange(100), widths, batch=8, seed=0, epoch=epoch)) for epoch in (0, 1))
    assert first.tolist() != second.tolist()


@settings(max_examples=20, deadline=None)
@given(width=st.sampled_from([16, 48, 128, 512]), channels=st.sampled_from([1, 3]), seed=st.integers(0, 2**40))
def test_augmented_strips_stay_images(width: int, channels: int, seed: int) -> None:
    images = 255 * torch.rand(6, channels, 32, width, generator=torch.Generator().manual_seed(seed))
    varied = augment(images, range(6), seed=seed, epoch=0)
    assert varied.shape == images.shape
    assert varied.dtype == torch.float32
    assert torch.isfinite(varied).all()
    assert varied.min() >= 0
    assert varied.max() <= 255


def test_augmentation_depends_on_the_crop_not_on_its_batch() -> None:
    images = 255 * torch.rand(8, 1, 32, 64, generator=torch.Generator().manual_seed(1))
    together = augment(images.clone(), range(8), seed=3, epoch=5)
    for key in (2, 7):
        alone = augment(images[key : key + 1].clone(), [key], seed=3, epoch=5)
        assert torch.allclose(alone[0], together[key], atol=1e-3)
    assert not torch.allclose(augment(images.clone(), range(8), seed=3, epoch=6), together, atol=1)


@pytest.mark.parametrize(("plain", "least", "most"), [(0.0, 0, 0), (0.5, 70, 130), (1.0, 200, 200)])
def test_as_many_crops_as_asked_stay_as_they_are(plain: float, least: int, most: int) -> None:
    images = 255 * torch.rand(200, 1, 32, 64)
    varied = augment(images.clone(), range(200), seed=1, epoch=2, plain=plain)
    assert least <= sum(map(torch.equal, varied, images)) <= most


@pytest.mark.parametrize("width", [32, 128, 512])
def test_augmentation_keeps_the_ends_of_the_text(width: int) -> None:
    """A mark close to either end must stay on the strip, whatever the geometry."""
    images = torch.full((200, 1, 32, width), 255.0)
    images[:, :, 6:26, 3:6] = 0
    images[:, :, 6:26, -6:-3] = 0
    flat = augment(images.clone(), range(200), seed=0, epoch=0)
    lively = flat.std(dim=(1, 2, 3)) > 8
    half = width // 2
    for part in (flat[lively, :, :, :half], flat[lively, :, :, half:]):
        spread = part.amax(dim=(1, 2, 3)) - part.amin(dim=(1, 2, 3))
        assert (spread > 40).all()
    assert lively.float().mean() > 0.95
