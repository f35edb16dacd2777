"""Charsets: presets, files, encoding, and the CTC collapse."""

from __future__ import annotations

from itertools import groupby, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.charset import BLANK, PRESETS, Charset, frames_needed, normalize
from model.errors import CharsetError

# Letters, repeats, "-", the space, composed and decomposed accents, a mark that composes with nothing, an astral one.
TEXTS = st.text(alphabet="ab- ée\u0301x\u0336ſ你𝒜", max_size=12)
CHARSET = Charset("ab- áéex\u0301\u0336ſ你𝒜")


def path_of(frames: str) -> list[int]:
    """Return a CTC path from the article's notation, in which "-" is the blank."""
    letters = Charset.named("alphanumeric")
    return [BLANK if frame == "-" else letters.encode(frame)[0] for frame in frames]


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ("bbooo-ookk", "book"),
        ("-b-oo-o--k-", "book"),
        ("bboooookk", "bok"),
        ("b-ook", "bok"),
        ("----", ""),
        ("", ""),
    ],
)
def test_decode_merges_repeats_and_then_drops_blanks(frames: str, text: str) -> None:
    assert Charset.named("alphanumeric").decode(path_of(frames)) == text


def test_blank_is_no_character_and_hyphen_and_space_are() -> None:
    charset = Charset("- a")
    assert len(charset) == 4
    assert charset.encode("- a") == [1, 2, 3]
    assert charset.decode([1, 0, 1, 2, 0, 3]) == "-- a"


def test_text_does_not_collapse() -> None:
    assert Charset("ab").text([1, 1, 0, 2]) == "aab"


@given(TEXTS, st.data())
def test_any_path_of_a_text_decodes_to_it(text: str, data: st.DataObject) -> None:
    indices = CHARSET.encode(text)
    path: list[int] = []
    for i, index in enumerate(indices):
        must_part = i > 0 and indices[i - 1] == index
        path += [BLANK] * data.draw(st.integers(int(must_part), 2))
        path += [index] * data.draw(st.integers(1, 3))
    path += [BLANK] * data.draw(st.integers(0, 2))
    assert CHARSET.decode(path) == normalize(text)
    assert len(path) >= frames_needed(text)


@given(st.text(alphabet="ab", max_size=4))
def test_frames_needed_is_the_shortest_path_there_is(text: str) -> None:
    charset = Charset("ab")
    shortest = next(
        length
        for length in range(9)
        if any(charset.decode(path) == text for path in product(range(len(charset)), repeat=length))
    )
    assert frames_needed(text) == frames_needed(charset.encode(text)) == shortest


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8), min_size=1).filter(any))
def test_any_text_of_any_script_survives_its_own_charset(texts: list[str]) -> None:
    charset = Charset.from_texts(texts)
    for text in texts:
        indices = charset.encode(text)
        assert BLANK not in indices
        assert charset.text(indices) == normalize(text)


def test_frames_needed_counts_the_composed_form() -> None:
    assert frames_needed("e\u0301e\u0301") == frames_needed("éé") == 3


@given(TEXTS, TEXTS)
def test_extended_keeps_every_row(old: str, new: str) -> None:
    charset = Charset.from_texts(["a", old])
    extended = charset.extended(normalize(new))
    assert extended.characters.startswith(charset.characters)
    assert extended.unknown(new) == ()
    assert extended.encode(old) == charset.encode(old)
    assert extended.extended(normalize(new)) == extended


def test_encode_names_every_unknown_character() -> None:
    with pytest.raises(CharsetError, match=r"'é' \(U\+00E9\), '€' \(U\+20AC\)"):
        Charset("a").encode("aé€é")


def test_unknown_lists_each_once_in_order() -> None:
    assert Charset("a").unknown("zaéze\u0301") == ("z", "é")


def test_a_mark_without_composed_form_is_a_character_of_its_own() -> None:
    charset = Charset.from_texts(["x\u0336"])
    assert charset.characters == "x\u0336"
    assert charset.decode(charset.encode("x\u0336")) == "x\u0336"


@pytest.mark.parametrize("characters", ["", "aba", "a\tb", "a\nb", "\ud800", "\u212b"])
def test_malformed_charsets_are_refused(characters: str) -> None:
    with pytest.raises(CharsetError):
        Charset(characters)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_hold_what_their_name_says(name: str) -> None:
    charset = Charset.named(name)
    assert set("0123456789") <= set(charset.characters)
    assert all(len(list(group)) == 1 for _, group in groupby(charset.characters))


def test_preset_sizes() -> None:
    sizes = {name: len(characters) for name, characters in PRESETS.items()}
    assert sizes["digits"] == 10
    assert sizes["alphanumeric"] == 36
    assert sizes["alphanumeric-case"] == 62
    assert sizes["ascii"] == 95
    assert sizes["easyocr-english-g2"] == 96
    assert Charset.named("latin").unknown("“Größe” – 5 €, naïve façade, Łódź, œuvre, ſtraße, Çağrı") == ()


def test_easyocr_order_is_the_one_of_its_checkpoints() -> None:
    characters = PRESETS["easyocr-english-g2"]
    assert characters.startswith("0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ €ABC")
    assert characters.endswith("xyz")


def test_a_file_of_characters(tmp_path: Path) -> None:
    file = tmp_path / "characters.txt"
    file.write_bytes("\ufeffab \r\ne\u0301\n\u0336".encode())
    assert Charset.named(file).characters == Charset.named(str(file)).characters == "ab é\u0336"


@pytest.mark.parametrize("content", [b"aba", b"", b"\xff\xfe", b"a\tb"])
def test_a_bad_file_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "characters.txt"
    file.write_bytes(content)
    with pytest.raises(CharsetError, match=r"characters\.txt"):
        Charset.named(file)


def test_a_charset_file_of_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("äöü".encode("latin-1"))
    with pytest.raises(CharsetError, match=r"latin\.txt is not UTF-8 text; save it as UTF-8\.$"):
        Charset.named(tmp_path / "latin.txt")


def test_an_unknown_name_lists_the_presets() -> None:
    with pytest.raises(CharsetError, match="easyocr-english-g2"):
        Charset.named("klingon")
