"""The recogniser: one crop, many crops, constraints, devices; all with untrained weights."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model import devices
from model.annotations import Prediction
from model.charset import Charset
from model.checkpoint import Weights, build_network, load_weights, save_weights, weights_hash
from model.decoding import ctc_log_prob, log_softmax
from model.devices import Device, DeviceError, choose
from model.engines import TorchEngine
from model.errors import CharsetError, ImageError, WeightsError
from model.images import Fit, Preprocessing, prepare_crop
from model.inference import Recognizer
from model.networks import NETWORKS, build
from model.patterns import PatternError
from model.reader import Reader

CHARSET = Charset.named("alphanumeric")


def untrained(name: str = "crnn-lite", **options: int) -> Weights:
    torch.manual_seed(11)
    network = build(name, len(CHARSET), **options)
    state = network.state_dict()
    head = f"{network.head_prefix}.weight"
    return Weights(
        network=name,
        options=options,
        charset=CHARSET,
        preprocessing=network.preprocessing,
        # Louder rows, so that readings are decided and of some length.
        state=state | {head: state[head] * 40},
    )


def small(name: str) -> Weights:
    """Return untrained weights of a network as small as its options make it."""
    known = inspect.signature(NETWORKS[name]).parameters
    return untrained(name, **{key: value for key, value in (("hidden", 8), ("channels", 32)) if key in known})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "untrained.safetensors"
    save_weights(untrained(hidden=16), path)
    return path


@cache
def loaded(path: Path, device: str) -> Recognizer:
    return Recognizer.load(path, device=device, workers=2)


@pytest.fixture
def recognizer(path: Path, device: torch.device) -> Recognizer:
    return loaded(path, device.type)


def crops(count: int) -> list[Image.Image]:
    rng = np.random.default_rng(2)
    return [
        Image.fromarray(rng.integers(0, 256, (int(rng.integers(8, 60)), int(rng.integers(8, 300))), np.uint8))
        for _ in range(count)
    ]


def assert_same(one: Prediction, other: Prediction) -> None:
    assert one.text == other.text
    assert one.confidence == pytest.approx(other.confidence, rel=1e-3, abs=1e-9)
    assert [c.char for c in one.characters] == [c.char for c in other.characters]


def test_a_prediction_is_what_the_network_says(recognizer: Recognizer) -> None:
    crop = crops(1)[0]
    prediction = recognizer.read(crop)
    images = torch.from_numpy(prepare_crop(crop, recognizer.weights.preprocessing))[None]
    with torch.no_grad():
        log_probs = log_softmax(build_network(recognizer.weights)(images)[0].numpy())
    assert prediction.text == CHARSET.decode(log_probs.argmax(axis=1).tolist())
    expected = np.exp(ctc_log_prob(log_probs, CHARSET.encode(prediction.text)))
    assert prediction.confidence == pytest.approx(expected, rel=1e-3)
    assert prediction.weights == recognizer.weights_hash
    assert prediction.alternatives == ()


def test_characters_follow_each_other_across_the_crop(recognizer: Recognizer) -> None:
    for crop in crops(12):
        prediction = recognizer.read(crop)
        assert "".join(c.char for c in prediction.characters) == prediction.text
        edges = [edge for c in prediction.characters for edge in (c.start, c.end)]
        assert edges == sorted(edges)
        assert all(0.0 <= edge <= 1.0 for edge in edges)
        assert all(c.start < c.end and 0.0 < c.confidence <= 1.0 for c in prediction.characters)


def test_bulk_readings_are_the_single_ones_in_order(recognizer: Recognizer) -> None:
    images = crops(70)
    bulk = list(recognizer.read_many(iter(images), batch=3))  # more than one window
    assert len(bulk) == len(images)
    for image, prediction in zip(images, bulk, strict=True):
        assert_same(prediction, recognizer.read(image))
    assert len({prediction.text for prediction in bulk}) > 10


def test_files_and_images_in_bulk_keep_their_order(recognizer: Recognizer, tmp_path: Path) -> None:
    images = crops(150)
    mixed: list[Image.Image | Path] = []
    for place, image in enumerate(images):
        path = tmp_path / f"{place}.png"
        image.save(path)
        mixed.append(image if place in {0, 7, 149} else path)
    expected = [one.text for one in recognizer.read_many(images)]
    assert [one.text for one in recognizer.read_many(mixed)] == expected
    assert len(set(expected)) > 10


def test_bulk_readings_obey_lexicon_and_pattern(recognizer: Recognizer) -> None:
    images, words = crops(5), ["meter", "plate", "77"]
    for limits in ({"lexicon": words}, {"pattern": r"[a-f]\d+"}, {"lexicon": words, "pattern": r"\d+"}):
        for image, prediction in zip(images, recognizer.read_many(images, top=2, **limits), strict=True):
            assert_same(prediction, recognizer.read(image, top=2, **limits))


def test_a_crop_that_cannot_be_read_costs_no_other(recognizer: Recognizer, tmp_path: Path) -> None:
    images: list[Image.Image | Path] = [*crops(40)]
    expected = [recognizer.read(image).text for image in images]
    for place in (3, 20, 21):
        images[place] = tmp_path / f"{place}.png"
    left_out: list[tuple[int, str]] = []
    readings = recognizer.read_many(images, batch=1, on_error=lambda place, error: left_out.append((place, str(error))))
    assert [one.text for one in readings] == [text for i, text in enumerate(expected) if i not in (3, 20, 21)]
    assert [place for place, _ in left_out] == [3, 20, 21]
    assert "20.png does not exist" in left_out[1][1]

    readings, before = recognizer.read_many(images[4:], batch=1), []
    with pytest.raises(ImageError, match=r"20\.png"):
        before.extend(one.text for one in readings)
    assert [*before, "end"] == [*expected[4:20], "end"]


@pytest.mark.parametrize("numbers", [{"batch": 0}, {"top": 0}])
def test_numbers_below_one_are_refused(recognizer: Recognizer, numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        next(recognizer.read_many(crops(1), **numbers))


def test_bulk_reading_takes_no_more_than_two_windows_ahead(recognizer: Recognizer) -> None:
    taken = 0

    def endless() -> Iterator[Image.Image]:
        nonlocal taken
        while True:
            taken += 1
            yield Image.new("L", (64, 32), taken % 256)

    readings = recognizer.read_many(endless(), batch=2)
    next(readings)
    assert taken <= 2 * 16 * 2
    readings.close()


def test_a_full_batch_is_computed_while_others_are_still_opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, computed = TorchEngine.logits, threading.Event()

    def logits(engine: TorchEngine, strips: np.ndarray) -> np.ndarray:
        computed.set()
        return real(engine, strips)

    def two_then_wait() -> Iterator[Image.Image]:
        yield from SHADES[:2]
        assert computed.wait(10), "the first batch waits for the whole window"
        yield from SHADES[2:5]

    with Recognizer.load(path, device="cpu", engine="torch", precision="fp32", workers=1) as own:
        monkeypatch.setattr(TorchEngine, "logits", logits)
        assert len(list(own.read_many(two_then_wait(), batch=2))) == 5


def test_after_closing_nothing_is_read(path: Path) -> None:
    with Recognizer.load(path, device="cpu", workers=2) as own:
        assert own.read(crops(1)[0]).weights == own.weights_hash
        during = set(threading.enumerate())
    assert len(during - set(threading.enumerate())) == 2
    with pytest.raises(RuntimeError, match="shutdown"):
        own.read(crops(1)[0])


def test_nothing_to_read(recognizer: Recognizer) -> None:
    assert list(recognizer.read_many([])) == []


def test_a_crop_can_be_an_image_an_array_or_a_file(recognizer: Recognizer, tmp_path: Path) -> None:
    crop = crops(1)[0]
    crop.save(tmp_path / "crop.png")
    expected = recognizer.read(crop)
    assert recognizer.read(np.asarray(crop)) == expected
    assert recognizer.read(np.asarray(crop.convert("RGB"))) == expected
    assert recognizer.read(tmp_path / "crop.png") == expected
    assert recognizer.read(str(tmp_path / "crop.png")) == expected
    with pytest.raises(ImageError, match=r"none\.png"):
        recognizer.read(tmp_path / "none.png")


def test_an_image_of_any_mode_reads_as_its_file_does(recognizer: Recognizer, tmp_path: Path) -> None:
    ink = np.asarray(crops(1)[0])
    clear = np.zeros((*ink.shape, 4), np.uint8)
    clear[..., 3] = ink  # black on transparent
    for name, image in (("clear", Image.fromarray(clear)), ("deep", Image.fromarray(ink.astype(np.uint16) * 16))):
        image.save(tmp_path / f"{name}.png")
        expected = recognizer.read(tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as opened:
            assert recognizer.read(opened) == expected
            assert recognizer.read(opened.copy()) == expected
        assert recognizer.strip(tmp_path / f"{name}.png").std() > 20


def test_an_image_whose_file_is_cut_off_is_refused(recognizer: Recognizer, tmp_path: Path) -> None:
    crops(1)[0].save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:200])
    with Image.open(tmp_path / "cut.png") as opened, pytest.raises(ImageError, match=r"cut\.png cannot be read"):
        recognizer.read(opened)
    with pytest.raises(ImageError, match="no pixels"):
        recognizer.read(Image.new("L", (0, 5)))


@pytest.mark.parametrize(
    "pixels",
    [
        np.ones((32, 64)),
        np.ones((32, 64), np.float32),
        np.ones((32, 64), np.uint16),
        np.ones((32, 64), bool),
        np.ones((3, 32, 64), np.uint8),
        np.ones((32, 64, 4), np.uint8),
        np.ones((32, 64, 1), np.uint8),
        np.ones((0, 64), np.uint8),
        np.ones(64, np.uint8),
    ],
    ids=lambda pixels: f"{pixels.dtype}-{pixels.shape}",
)
def test_an_array_that_is_no_image_is_refused(recognizer: Recognizer, pixels: np.ndarray) -> None:
    with pytest.raises(ImageError, match=re.escape(f"not {pixels.dtype} of shape {pixels.shape}")):
        recognizer.read(pixels)


def test_the_strip_is_what_the_network_sees(recognizer: Recognizer) -> None:
    strip = recognizer.strip(Image.new("RGB", (100, 50), "white"))
    assert (strip.shape, strip.dtype) == ((32, 64), np.uint8)
    for crop in crops(3):
        prediction, strip = recognizer.read_with_strip(crop, top=3)
        assert prediction == recognizer.read(crop, top=3)
        assert (strip == recognizer.strip(crop)).all()


def test_networks_that_see_colours_get_colours() -> None:
    recognizer = Recognizer(untrained("vgg16-bilstm", hidden=8), device=choose("cpu"), workers=1)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 64, 3), np.uint8)
    assert recognizer.strip(pixels).shape == (32, 64, 3)
    images = torch.from_numpy(prepare_crop(Image.fromarray(pixels), recognizer.weights.preprocessing))[None]
    with torch.no_grad():
        log_probs = log_softmax(build_network(recognizer.weights)(images)[0].numpy())
    single, bulk = recognizer.read(pixels), next(recognizer.read_many([pixels]))
    assert_same(single, bulk)
    expected = np.exp(ctc_log_prob(log_probs, CHARSET.encode(single.text)))
    assert single.confidence == pytest.approx(expected, rel=1e-3)


def test_alternatives_are_other_texts_and_come_in_order(recognizer: Recognizer) -> None:
    for crop in crops(5):
        prediction = recognizer.read(crop, top=5)
        assert prediction.text == recognizer.read(crop, top=1).text
        texts = [prediction.text, *(a.text for a in prediction.alternatives)]
        assert len(texts) == len(set(texts)) == 5
        scores = [prediction.confidence, *(a.confidence for a in prediction.alternatives)]
        assert scores == sorted(scores, reverse=True)
        assert next(recognizer.read_many([crop], top=5)).alternatives[0].text == texts[1]


def reader(characters: str = "abcdefghijklmnopqrstuvwxyz0123456789") -> Reader:
    weights = replace(untrained(hidden=16), charset=Charset(characters))
    device = choose("cpu")
    return Reader(weights, "", engine=TorchEngine(weights, device), device=device, trials=())


def test_the_text_is_the_most_probable_of_those_told() -> None:
    # The best path is "a"; but three paths write "b", and one of them is nearly as good.
    probs = np.full((1, 2, 37), 1e-9)
    probs[0, :, 0], probs[0, :, 1], probs[0, :, 2] = (0.45, 0.2), (0.1, 0.45), (0.45, 0.35)
    log_probs = np.log(probs / probs.sum(axis=-1, keepdims=True))
    [path] = reader().predictions(log_probs, [1.0], top=None)
    [one], [several] = (reader().predictions(log_probs, [1.0], top=top) for top in (1, 5))
    assert (path.text, one.text, several.text) == ("a", "b", "b")
    assert one.confidence == several.confidence > several.alternatives[0].confidence
    assert "a" in [alternative.text for alternative in several.alternatives]
    assert [c.char for c in several.characters] == ["b"]


@pytest.mark.parametrize("top", [None, 1, 5])
@pytest.mark.parametrize("pattern", [None, "[ab ]+"])
def test_a_margin_that_is_read_as_a_space_is_no_part_of_the_text(top: int | None, pattern: str | None) -> None:
    likely = (3, 1, 3, 2, 0, 3)  # " a b ", the last space not quite sure
    probs = np.full((1, len(likely), 37), 0.001)
    probs[0, range(len(likely)), likely] = 1
    probs[0, -1, 0] = 0.5
    log_probs = np.log(probs / probs.sum(axis=-1, keepdims=True))
    reads = reader("ab cdefghijklmnopqrstuvwxyz012345678")
    constraint = reads.constraint(lexicon=None, pattern=pattern)
    [prediction] = reads.predictions(log_probs, [1.0], top=top, constraint=constraint)
    texts = [prediction.text, *(a.text for a in prediction.alternatives)]
    assert texts[0] == "".join(c.char for c in prediction.characters) == "a b"
    assert texts == list(dict.fromkeys(text.strip() for text in texts))


def test_the_last_character_reaches_to_the_end_unless_another_would_fit() -> None:
    def last_end(frames: int, share: float = 1.0) -> float:
        probs = np.full((1, frames, 37), 1e-6)
        probs[..., 0] = 1
        for symbol, place in zip((6, 18, 15, 13), (2, 5, 9, 14), strict=True):
            probs[0, place, [0, symbol]] = 1e-6, 1
        log_probs = np.log(probs / probs.sum(axis=-1, keepdims=True))
        [prediction] = reader().predictions(log_probs, [share], top=None)
        assert prediction.text == "from"
        return prediction.characters[-1].end

    assert last_end(20) == 1.0  # a letter m, five frames wide behind its mark
    assert 17.5 / 32 < last_end(32) < 20 / 32
    assert last_end(32, 20 / 32) == 1.0  # the rest is padding, where no character finds room
    assert 17.5 / 28 < last_end(32, 28 / 32) < 20 / 28


def test_a_lexicon_is_read_as_it_is_now(recognizer: Recognizer) -> None:
    words = ["meter"]
    assert recognizer.read(crops(1)[0], lexicon=words).text == "meter"
    words[0] = "plate"
    assert recognizer.read(crops(1)[0], lexicon=words).text == "plate"
    assert recognizer.read(crops(1)[0], lexicon=iter(words)).text == "plate"


def test_a_lexicon_that_cannot_be_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(TypeError, match="collection of words"):
        recognizer.read(crops(1)[0], lexicon="hello")
    with pytest.raises(CharsetError, match="can write no word"):
        recognizer.read(crops(1)[0], lexicon=["größe"])


def test_a_lexicon_bounds_the_reading(recognizer: Recognizer) -> None:
    words = ["meter", "plate", "receipt", "größe"]
    prediction = recognizer.read(crops(1)[0], lexicon=words, top=3)
    texts = [prediction.text, *(a.text for a in prediction.alternatives)]
    assert sorted(texts) == ["meter", "plate", "receipt"]
    assert "".join(c.char for c in prediction.characters) == prediction.text
    assert recognizer.read(crops(1)[0], lexicon=["other"]).text == "other"


def test_a_pattern_bounds_the_reading(recognizer: Recognizer) -> None:
    prediction = recognizer.read(crops(1)[0], pattern=r"[a-f]{2}\d{3}", top=4)
    for text in (prediction.text, *(a.text for a in prediction.alternatives)):
        assert re.fullmatch(r"[a-f]{2}\d{3}", text)
    with pytest.raises(PatternError, match="malformed"):
        recognizer.read(crops(1)[0], pattern="(")


def test_lexicon_and_pattern_hold_together(recognizer: Recognizer) -> None:
    words = ["plate7", "plate", "7"]
    assert recognizer.read(crops(1)[0], lexicon=words, pattern=r"[a-z]+").text == "plate"
    assert recognizer.read(crops(1)[0], lexicon=words, pattern=r"\d").text == "7"


def test_where_nothing_allowed_fits_the_reading_is_empty(recognizer: Recognizer) -> None:
    narrow = Image.new("L", (8, 32))
    assert recognizer.read(narrow, pattern=r"\d{30}") == Prediction("", 0.0, weights=recognizer.weights_hash)
    assert recognizer.read(narrow, lexicon=["incomprehensibilities"]).confidence == 0.0


def test_temperature_tempers_confidence_and_nothing_else(recognizer: Recognizer) -> None:
    warm = Recognizer(replace(recognizer.weights, temperature=3.0), device=choose("cpu"), workers=1)
    crop = crops(1)[0]
    assert warm.read(crop).text == recognizer.read(crop).text
    assert warm.read(crop).confidence < recognizer.read(crop).confidence


def test_half_precision_reads_too(path: Path) -> None:
    prediction = Recognizer.load(path, device="cpu", precision="bf16", workers=1).read(crops(1)[0])
    assert 0.0 <= prediction.confidence <= 1.0


def test_loading_names_the_weights(path: Path) -> None:
    recognizer = Recognizer.load(path, device="cpu", workers=1)
    assert recognizer.weights_hash == weights_hash(path)
    assert recognizer.device == Device("cpu", "the CPU was asked for")


def test_weights_may_be_named_by_a_string(path: Path, tmp_path: Path) -> None:
    recognizer = Recognizer.load(str(path), device="cpu")
    recognizer.reload(str(path))
    assert recognizer.weights_hash == weights_hash(path)
    with pytest.raises(WeightsError, match="There is no weights file"):
        recognizer.reload(str(tmp_path / "none.safetensors"))


def test_a_recogniser_leaves_the_threads_of_others_alone(path: Path) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        recognizer = Recognizer.load(path, device="cpu", workers=3)
        recognizer.read(crops(1)[0])
        with ThreadPoolExecutor(1) as other:
            assert other.submit(torch.get_num_threads).result() == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def without_memory_for(most: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the first engine that computes be a GPU's without memory for more crops; return what is asked of it."""
    real, sizes, first = TorchEngine.logits, [], []

    def logits(engine: TorchEngine, strips: np.ndarray) -> np.ndarray:
        first.append(engine)
        if engine is first[0]:
            sizes.append(len(strips))
            if len(strips) > most:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        return real(engine, strips)

    monkeypatch.setattr(TorchEngine, "logits", logits)
    return sizes


SHADES = [Image.new("L", (64, 32), shade) for shade in range(0, 250, 25)]


def test_a_gpu_without_memory_is_given_less(
    recognizer: Recognizer,
    path: Path,
    expect_warning: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = [recognizer.read(image) for image in SHADES]
    small = Recognizer.load(path, device=recognizer.device.kind, engine="torch", precision="fp32", workers=1)
    sizes = without_memory_for(2, monkeypatch)
    for size in (10, 5, 3):
        expect_warning(f"no memory for {size} crops")
    for one, other in zip(small.read_many(SHADES), expected, strict=True):
        assert_same(one, other)
    assert sizes == [10, 5, 3, 2, 1, 2, 5, 3, 2, 1, 2]
    assert small.device == recognizer.device


def test_a_gpu_without_memory_for_one_crop_is_left(
    recognizer: Recognizer,
    path: Path,
    expect_warning: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = [recognizer.read(image) for image in SHADES]
    small = Recognizer.load(path, device=recognizer.device.kind, engine="torch", precision="fp32", workers=1)
    sizes = without_memory_for(0, monkeypatch)
    for size in (10, 5, 3, 2):
        expect_warning(f"no memory for {size} crops")
    expect_warning("goes on with the CPU")
    for one, other in zip(small.read_many(SHADES), expected, strict=True):
        assert_same(one, other)
    assert sizes == [10, 5, 3, 2, 1]
    assert small.device == Device("cpu", "the GPU ran out of memory")


def test_new_weights_leave_readings_that_have_begun_alone(recognizer: Recognizer, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    weights = untrained(hidden=16)
    save_weights(replace(weights, charset=Charset(CHARSET.characters[::-1])), other)
    own = Recognizer.load(path, device=recognizer.device.kind, workers=2)
    images = crops(30)
    before = [own.read(image) for image in images]
    bulk = own.read_many(iter(images), batch=1)  # a window of sixteen
    begun = [next(bulk)]
    own.reload(other)
    after = [own.read(image) for image in images]
    assert {one.weights for one in after} == {own.weights_hash} != {one.weights for one in before}
    for one, expected in zip([*begun, *bulk], before, strict=True):
        assert one.weights == expected.weights
        assert_same(one, expected)
    assert any(one.text != two.text for one, two in zip(before, after, strict=True))


def test_two_threads_read_while_a_third_changes_the_weights(recognizer: Recognizer, path: Path, tmp_path: Path) -> None:
    reverse = tmp_path / "reverse.safetensors"
    save_weights(replace(untrained(hidden=16), charset=Charset(CHARSET.characters[::-1])), reverse)
    own = Recognizer.load(path, device=recognizer.device.kind, workers=2)
    images = crops(4)
    words = ["plate", "meter"]

    def texts() -> list[tuple[str, str, str]]:
        return [
            (prediction.weights, prediction.text, own.read(image, lexicon=words).text[:0])
            for image in images
            for prediction in [own.read(image), *own.read_many([image])]
        ]

    expected = set(texts())
    own.reload(reverse)
    expected |= set(texts())
    assert len({hash_ for hash_, _, _ in expected}) == 2
    with ThreadPoolExecutor(2) as readers:
        pending = [readers.submit(texts) for _ in range(4)]
        for turn in range(4):
            own.reload((path, reverse)[turn % 2])
        assert {one for future in pending for one in future.result()} <= expected


def test_weights_that_cannot_be_used_leave_those_before(path: Path, tmp_path: Path) -> None:
    own = Recognizer.load(path, device="cpu", workers=1)
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="broken"):
        own.reload(tmp_path / "broken.safetensors")
    assert own.read(crops(1)[0]).weights == weights_hash(path)


def test_weights_that_compute_nothing_finite_are_refused(path: Path, tmp_path: Path) -> None:
    weights = load_weights(path)
    state = {name: -value if name.endswith("running_var") else value for name, value in weights.state.items()}
    save_weights(replace(weights, state=state), tmp_path / "odd.safetensors")
    own = Recognizer.load(path, device="cpu", workers=1)
    with pytest.raises(WeightsError, match="not finite"):
        own.reload(tmp_path / "odd.safetensors")
    assert own.read(crops(1)[0]).weights == weights_hash(path)


def test_what_nobody_waits_for_is_not_computed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Recognizer.load(path, device="cpu", engine="torch", precision="fp32", workers=1)
    real, begun = TorchEngine.logits, []

    def logits(engine: TorchEngine, strips: np.ndarray) -> np.ndarray:
        begun.append(len(strips))
        time.sleep(0.02)
        return real(engine, strips)

    monkeypatch.setattr(TorchEngine, "logits", logits)
    readings = own.read_many(SHADES * 4, batch=1)
    next(readings)
    readings.close()
    own.read(SHADES[0])  # waits for all that has been begun
    assert sum(begun) < 16 + 16


def test_reading_does_not_import_torchvision(path: Path) -> None:
    probe = (
        "import sys; from pathlib import Path; from PIL import Image; from model import Recognizer; "
        f"Recognizer.load(Path({str(path)!r})).read(Image.new('L', (64, 32))); "
        "from model.networks import build; build('vgg16-bilstm', 11); print('torchvision' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


# --- devices ---


def test_auto_always_finds_a_device_and_says_why() -> None:
    device = choose("auto")
    assert device.kind in devices.KINDS
    assert device.reason


def test_absent_and_unknown_devices_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    for name in ("cuda", "mps"):
        with pytest.raises(DeviceError, match=f"{name} cannot be used"):
            choose(name)
    with pytest.raises(DeviceError, match=r"'tpu'.*cuda"):
        choose("tpu")
    assert choose("auto").kind == "cpu"


def test_an_old_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def available() -> bool:
        import warnings

        warnings.warn(
            "CUDA initialization: The NVIDIA driver on your system is too old (found 11040). Update.", stacklevel=1
        )
        return False

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", available)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    assert "driver" in choose("auto").reason
    assert "too old" in choose("auto").reason


def test_a_build_without_cuda_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    assert choose("auto") == Device("cpu", "this build of PyTorch is for the CPU only")


def test_default_preprocessing_is_the_networks(recognizer: Recognizer) -> None:
    assert recognizer.weights.preprocessing == Preprocessing()


def test_spans_are_fractions_of_the_crop_where_the_strip_is_padded(path: Path) -> None:
    padding = Preprocessing(widths=(240,), fit=Fit.PAD)
    recognizer = Recognizer(replace(load_weights(path), preprocessing=padding), workers=1)
    crop = crops(1)[0].resize((120, 32))
    whole = recognizer.strip(crop)  # the same pixels, without padding
    for padded, plain in (
        (recognizer.read(crop), recognizer.read(whole)),
        (recognizer.read(crop, pattern=".{3}"), recognizer.read(whole, pattern=".{3}")),
        (next(recognizer.read_many([crop])), recognizer.read(whole)),
    ):
        assert padded.text == plain.text
        starts = [min(2 * c.start, 1) for c in plain.characters]
        assert [c.start for c in padded.characters] == pytest.approx(starts)
        # The last one may reach to the end of the crop, where the padding begins.
        assert [c.end for c in padded.characters[:-1]] == pytest.approx(starts[1:])
        assert padded.characters[-1].start <= padded.characters[-1].end <= 1
        assert len(starts) >= 3
