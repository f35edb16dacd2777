"""The synthesiser: texts of the charset only, fonts that draw the letters they claim, crops that a seed repeats."""

from __future__ import annotations

import io
import json
import logging
import math
import os
import string
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

import model
from model.annotations import Box
from model.assets import asset
from model.charset import Charset
from model.errors import DatasetError, ExportError, KnownError
from model.formats import open_dataset
from model.synth import (
    FontFace,
    FontList,
    Style,
    SyntheticCrops,
    TextSource,
    find_fonts,
    fonts,
    glyphs,
    render_word,
    surfaces,
    synthesise,
    texts,
    write_crops,
)
from model.synth.general import general_crops
from model.synth.warping import homography

ASCII = Charset.named("ascii").characters
BUILT_IN = FontList((FontFace(Path()),))
Surface = Callable[[np.random.Generator, tuple[int, int]], Image.Image]


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(folder))
    return folder


@pytest.fixture
def font_folder(tmp_path: Path) -> Path:
    """A folder with one good font file: the one that Pillow carries inside."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / "Good.ttf").write_bytes(font_bytes())
    return folder


def font_bytes() -> bytes:
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font.font_bytes


def shifted_letters(data: bytes, by: int) -> bytes:
    """Return the font with every character drawn as the one ``by`` places on, by its format 4 character map."""
    font = bytearray(data)
    tables = struct.unpack_from(">H", font, 4)[0]
    for table in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sLLL", font, 12 + 16 * table)
        if tag == b"cmap":
            for record in range(struct.unpack_from(">H", font, offset + 2)[0]):
                start = offset + struct.unpack_from(">HHL", font, offset + 4 + 8 * record)[2]
                kind, _, _, doubled = struct.unpack_from(">HHHH", font, start)
                deltas = start + 16 + 2 * doubled
                if kind == 4:
                    (delta,) = struct.unpack_from(">H", font, deltas)
                    struct.pack_into(">H", font, deltas, (delta + by) % 65536)
                    break  # both records point to this one map
    return bytes(font)


# Texts


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(ASCII + "äéßñ€жд"), min_size=1), st.integers(0, 10**6))
def test_texts_consist_of_the_charset(characters: set[str], seed: int) -> None:
    if characters == {" "}:
        characters = {"a"}
    source = TextSource("".join(sorted(characters)))
    generator = rng(seed)
    for _ in range(20):
        text = source.text(generator)
        assert set(text) <= characters
        assert text
        assert text == text.strip()


def test_digits_are_strings_of_one_to_ten() -> None:
    source = TextSource(string.digits)
    generator = rng(1)
    lengths = Counter(len(source.text(generator)) for _ in range(500))
    assert set(lengths) == set(range(1, 11))


def test_the_mixture_holds_words_in_three_cases_and_numbers() -> None:
    source = TextSource(ASCII)
    generator = rng(2)
    drawn = [source.text(generator) for _ in range(2000)]
    words = [text for text in drawn if text.isalpha() and len(text) > 2]
    assert len(words) > 0.4 * len(drawn)
    for case in (str.islower, str.istitle, str.isupper):
        assert sum(map(case, words)) > 0.2 * len(words)
    assert sum(any(c.isdigit() for c in text) for text in drawn) > 0.15 * len(drawn)
    assert set("".join(drawn)) == set(ASCII)


def test_accents_are_drawn_from_a_latin_charset() -> None:
    source = TextSource(Charset.named("latin").characters)
    generator = rng(3)
    assert any(c in "éèêëáàäöüñç" for _ in range(300) for c in source.text(generator))


def test_a_word_file_gives_exactly_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("Zug 7\n\n  Gleis  \nCafe\u0301\n", "utf-8")
    words = texts.read_words(file)
    assert words == ("Zug 7", "Gleis", "Café")
    source = TextSource(ASCII, words=words)
    generator = rng(4)
    assert {source.text(generator) for _ in range(50)} == {"Zug 7", "Gleis"}


def test_words_that_the_charset_cannot_write_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="None of the given words"):
        TextSource(string.digits, words=["one", "two"])
    empty = tmp_path / "empty.txt"
    empty.write_text("\n \n", "utf-8")
    with pytest.raises(DatasetError, match="no words"):
        texts.read_words(empty)
    with pytest.raises(DatasetError, match=r"missing.*: No such file or directory\.$"):
        texts.read_words(tmp_path / "missing.txt")
    empty.write_bytes(b"caf\xe9")
    with pytest.raises(DatasetError, match=r"is not UTF-8 text; it holds one word a line\.$"):
        texts.read_words(empty)
    with pytest.raises(DatasetError, match="visible character"):
        TextSource(" ")


# Fonts


@pytest.mark.usefixtures("cache")
def test_a_font_of_letters_is_found_and_files_that_are_none_are_not(font_folder: Path) -> None:
    (font_folder / "broken.ttf").write_bytes(b"\0\1\0\0" + b"junk" * 50)
    (font_folder / "readme.txt").write_text("no font")
    found = find_fonts([font_folder])
    assert [face.path.name for face in found.faces] == ["Good.ttf"]
    assert found.faces[0].legibility > fonts.PLAIN
    assert not found.faces[0].capitals


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("by", [3, 11])
def test_a_font_whose_letters_stand_for_others_is_turned_away(font_folder: Path, by: int) -> None:
    (font_folder / "Shifted.ttf").write_bytes(shifted_letters(font_bytes(), by))
    shifted = ImageFont.truetype(str(font_folder / "Shifted.ttf"), 20)
    good = ImageFont.truetype(str(font_folder / "Good.ttf"), 20)
    assert shifted.getlength("a") == pytest.approx(good.getlength(chr(ord("a") + by)), abs=0.5)
    assert [face.path.name for face in find_fonts([font_folder]).faces] == ["Good.ttf"]


def test_fonts_are_tried_once(font_folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = find_fonts([font_folder])
    assert list(cache.iterdir())

    def never(path: Path) -> None:
        raise AssertionError(f"{path} was tried again")

    monkeypatch.setattr(fonts, "_try_font", never)
    assert find_fonts([font_folder]) == first


@pytest.mark.usefixtures("cache")
def test_the_digest_names_the_list(font_folder: Path) -> None:
    first = find_fonts([font_folder]).digest
    (font_folder / "Second.ttf").write_bytes(font_bytes())
    assert find_fonts([font_folder]).digest != first


@pytest.mark.usefixtures("cache")
def test_a_damaged_memory_of_fonts_is_no_obstacle(font_folder: Path, cache: Path) -> None:
    first = find_fonts([font_folder])
    for file in cache.iterdir():
        file.write_text("{")
    assert find_fonts([font_folder]) == first


@pytest.mark.usefixtures("cache")
def test_without_fonts_the_built_in_one_draws_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = find_fonts([tmp_path])
    assert "no usable font" in caplog.text
    assert render_word("Hello", rng(1), found).width > 10


def test_a_text_that_no_font_can_draw_is_named() -> None:
    with pytest.raises(KnownError, match="你"):
        render_word("你好", rng(1), BUILT_IN)


def test_a_face_of_capitals_never_draws_small_letters() -> None:
    capitals, plain = FontFace(Path(), 0.8, capitals=True), FontFace(Path(), 0.9)
    both = FontList((capitals, plain))
    assert {both.pick(rng(i), "Sale") for i in range(40)} == {plain}
    assert {both.pick(rng(i), "SALE") for i in range(40)} == {capitals, plain}


def test_a_window_turns_through_all_families_and_still_draws_what_only_another_face_can(tmp_path: Path) -> None:
    capitals = [FontFace(tmp_path / f"{number}-Bold.ttf", 0.8, capitals=True) for number in range(100)]
    for face in capitals:
        face.path.touch()
    plain = FontFace(Path(), 0.9)
    found = FontList((*capitals, plain))
    drawn = [{found.window(number).pick(rng(number, i), "SALE") for i in range(300)} for number in range(3)]
    assert all(len(faces) < 60 for faces in drawn)
    assert len(drawn[0] | drawn[1] | drawn[2]) > 95
    assert {found.window(number).pick(rng(number), "Sale") for number in range(3)} == {plain}


# Shapes


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.floats(-0.2, 0.2)] * 8),
    st.floats(0.1, 8),
    st.floats(20, 200),
    st.floats(10, 60),
)
def test_a_homography_takes_each_corner_to_its_own(
    shift: tuple[float, ...], stretch: float, width: float, height: float
) -> None:
    square = ((0, 0), (stretch, 0), (stretch, 1), (0, 1))
    corners = [(x + shift[2 * i] * min(1, stretch), y + shift[2 * i + 1]) for i, (x, y) in enumerate(square)]
    a, b, c, d, e, f, g, h = homography(corners, width, height)
    for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        w = g * x + h * y + 1
        assert ((a * x + b * y + c) / w, (d * x + e * y + f) / w) == pytest.approx((u, v), abs=1e-6)


@pytest.mark.parametrize("bend", [-2.5, -0.5, 0.5, 2.5])
def test_letters_on_a_circle_stand_where_it_bends(bend: float) -> None:
    straight = glyphs.line("HHHHHHH", FontFace(Path()))
    bent = np.asarray(glyphs.arched("HHHHHHH", FontFace(Path()), gap=0, bend=bend), np.float64)
    heights = np.arange(len(bent))
    first, _, _, middle, _, _, last = (
        np.average(heights, weights=part.sum(1)) for part in np.array_split(bent, 7, axis=1)
    )
    rise = (first + last) / 2 - middle
    radius = straight.width / bend
    assert rise == pytest.approx(radius * (1 - math.cos(bend / 2 * 6 / 7)), rel=0.25)
    assert bent.sum() == pytest.approx(np.asarray(straight, np.float64).sum(), rel=0.06)


@pytest.mark.parametrize("bank", [surfaces.scenery, surfaces.grain, surfaces.cloud])
@pytest.mark.parametrize("size", [(1, 1), (100, 30), (1600, 90), (40, 600)])
def test_a_surface_has_any_size_and_is_no_plain_colour(bank: Surface, size: tuple[int, int]) -> None:
    pieces = [bank(rng(i), size) for i in range(8)]
    assert all(piece.size == size and piece.mode == "RGB" for piece in pieces)
    assert len({piece.tobytes() for piece in pieces}) == len(pieces)
    if min(size) > 1:
        assert all(np.asarray(piece).std() > 1 for piece in pieces)


# Crops


def test_the_same_seed_gives_the_same_pixels_in_any_order() -> None:
    crops = SyntheticCrops(7, BUILT_IN, TextSource(ASCII))
    forward = [crops[i] for i in range(12)]
    assert len({text for _, text in forward}) > 8
    for i in reversed(range(12)):
        image, text = crops[i]
        assert text == forward[i][1]
        assert image.mode == forward[i][0].mode
        assert image.tobytes() == forward[i][0].tobytes()
    other = SyntheticCrops(8, BUILT_IN, TextSource(ASCII))
    assert [other[i][1] for i in range(12)] != [text for _, text in forward]


def test_crops_have_the_size_and_contrast_of_crops() -> None:
    crops = SyntheticCrops(1, BUILT_IN, TextSource(ASCII))
    heights = []
    for i in range(300):
        image, text = crops[i]
        assert image.mode in ("RGB", "L")
        assert 6 <= image.height <= 200, (i, text, image.size)
        assert 4 <= image.width <= 2000, (i, text, image.size)
        low, high = image.convert("L").getextrema()
        assert high - low >= 12, (i, text)
        heights.append(image.height)
    assert 20 <= np.median(heights) <= 50


@pytest.mark.parametrize("style", list(Style))
def test_every_style_draws_every_digit(style: Style) -> None:
    for i, text in enumerate([*string.digits, "0123456789", "-12.5", "18:30"]):
        image = render_word(text, rng(i), BUILT_IN, style=style, difficulty=0.5)
        assert np.asarray(image.convert("L")).std() > 5, (style, text)


def test_a_display_cannot_show_words() -> None:
    with pytest.raises(ValueError, match="seven-segment"):
        render_word("Hello", rng(1), BUILT_IN, style=Style.SEGMENTS)


def test_easy_crops_are_sharper_in_contrast_than_hard_ones() -> None:
    def contrast(difficulty: float) -> float:
        crops = SyntheticCrops(3, BUILT_IN, TextSource(string.ascii_lowercase), difficulty)
        return float(np.mean([np.asarray(crops[i][0].convert("L")).std() for i in range(150)]))

    assert contrast(0.0) > 1.15 * contrast(1.0)


def test_hard_words_stand_in_nearly_square_crops_at_times() -> None:
    def narrow(difficulty: float) -> int:
        crops = (
            render_word("Magnolia", rng(5, i), BUILT_IN, style=Style.SCENE, difficulty=difficulty) for i in range(300)
        )
        return sum(crop.width < 1.5 * crop.height for crop in crops)

    assert narrow(1.0) >= 4
    assert narrow(0.0) == 0


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from(ASCII), min_size=1, max_size=25).filter(str.strip), st.integers(0, 2**32 - 1))
def test_any_printable_text_is_drawn(text: str, seed: int) -> None:
    image = render_word(text, rng(seed), BUILT_IN)
    assert image.width >= 4
    assert image.height >= 4


# Data sets


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_written_data_set_reads_back(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    report = synthesise(
        tmp_path / "out",
        count=40,
        charset=Charset.named("ascii"),
        seed=5,
        fonts=BUILT_IN,
        progress=lambda done, total: told.append((done, total)),
    )
    assert (report.crops, report.fonts, report.font_list) == (40, 1, BUILT_IN.digest)
    assert told == [(i, 40) for i in range(1, 41)]
    data = open_dataset(tmp_path / "out")
    crops = list(data.crops())
    assert data.format == "mjsynth"
    assert not data.problems
    assert Counter(crop.part for crop in crops) == {"train": 32, "val": 4, "test": 4}
    expected = SyntheticCrops(5, BUILT_IN, TextSource(ASCII), 0.3)
    assert sorted(crop.text for crop in crops) == sorted(expected[i][1] for i in range(40))
    for crop in crops:
        with Image.open(crop.image) as image:
            image.verify()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        synthesise(tmp_path / name, count=10, charset=Charset.named("digits"), seed=seed, fonts=BUILT_IN)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert tree(tmp_path / "a") != tree(tmp_path / "c")


@pytest.mark.slow
def test_more_processes_write_the_same_bytes(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from model.charset import Charset; from model.synth import *\n"
        "if __name__ == '__main__':\n"
        "    for name, workers in (('one', 1), ('two', 2)):\n"
        "        synthesise(Path(sys.argv[1], name), count=70, charset=Charset.named('alphanumeric'), seed=1,\n"
        "                   fonts=FontList((FontFace(Path()),)), workers=workers)\n"
    )
    script = tmp_path / "draw.py"  # a file: the processes of a pool import the program that started them
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(Path(model.__file__).parents[1])}
    subprocess.run([sys.executable, script, tmp_path], check=True, env=environment, timeout=120)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_folder_in_use_is_refused_and_untouched(tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="exists already"):
        synthesise(used, count=2, charset=Charset.named("digits"), fonts=BUILT_IN)
    assert tree(used) == {"mine.txt": b"mine"}
    (tmp_path / "empty").mkdir()
    synthesise(tmp_path / "empty", count=2, charset=Charset.named("digits"), fonts=BUILT_IN)
    assert (tmp_path / "empty" / "lexicon.txt").is_file()


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesise(tmp_path / "out", count=9, charset=Charset.named("digits"), fonts=BUILT_IN, progress=stop)
    assert not list(tmp_path.iterdir())

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ExportError, match="No space left on device"):
        synthesise(tmp_path / "out", count=9, charset=Charset.named("digits"), fonts=BUILT_IN)
    assert not list(tmp_path.iterdir())


# What is shipped


def test_the_general_crops_are_there_and_small() -> None:
    crops = general_crops()
    assert len(crops) == 1000
    charset = Charset.named("ascii")
    assert not any(charset.unknown(text) for _, text in crops)
    assert len({text for _, text in crops}) > 900
    assert all(image.height >= 6 and image.width >= 4 for image, _ in crops)
    folder = asset("resources/general")
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 3_000_000


def test_crops_at_hand_are_written_too(tmp_path: Path) -> None:
    crops = general_crops()[:20]
    assert write_crops(tmp_path / "out", crops) == 20
    assert sorted(c.text for c in open_dataset(tmp_path / "out").crops()) == sorted(text for _, text in crops)


def test_the_sample_pages_hold_what_their_boxes_say() -> None:
    folder = asset("resources/sample")
    assert sum(p.stat().st_size for p in folder.iterdir()) < 1_500_000
    pages = [json.loads(line) for line in (folder / "boxes.jsonl").read_text("utf-8").splitlines()]
    assert {page["image"] for page in pages} == {p.name for p in folder.glob("*.jpg")}
    angles = []
    for page in pages:
        with Image.open(io.BytesIO((folder / page["image"]).read_bytes())) as file:
            image = file.convert("L")
        assert len(page["words"]) >= 8
        for word in page["words"]:
            (x1, y1), (x2, y2), *_ = word["quad"]
            box = Box(tuple(map(tuple, word["quad"])))
            left, top, right, bottom = box.bounds
            assert left >= 0, word
            assert top >= 0, word
            assert right <= image.width, word
            assert bottom <= image.height, word
            assert np.asarray(image.crop((int(left), int(top), int(right) + 1, int(bottom) + 1))).std() > 8, word
            angles.append(math.degrees(math.atan2(y2 - y1, x2 - x1)))
    assert any(15 <= abs(angle) <= 25 for angle in angles)
