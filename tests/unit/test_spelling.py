"""What is odd about the characters of a text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.charset import Charset
from model.spelling import Oddness, find_characters, oddities, relatives

ASCII = Charset.named("ascii")


@pytest.mark.parametrize(
    ("text", "char", "oddness", "looks_like"),
    [
        ("pаypal", "а", Oddness.SCRIPT, "a"),  # U+0430 among Latin letters
        ("кoт", "o", Oddness.SCRIPT, ""),  # Latin among Cyrillic letters
        ("１23", "１", Oddness.WIDTH, "1"),
        ("a\u200bb", "\u200b", Oddness.INVISIBLE, ""),
        ("12\u00a0kg", "\u00a0", Oddness.INVISIBLE, ""),
    ],
)
def test_c33_odd_characters_are_named(text: str, char: str, oddness: Oddness, looks_like: str) -> None:
    [oddity] = oddities(text)
    assert (oddity.char, oddity.oddness, oddity.looks_like) == (char, oddness, looks_like)


@pytest.mark.parametrize(
    "text", ["Straße", "кот", "αβγ", "日本語 ABC", "a-b_c d!", "１２３", "naïve", "مرحبا", "हिन्दी", "안녕", ""]
)
def test_c33_what_a_language_writes_is_not_odd(text: str) -> None:
    assert oddities(text) == ()


def test_a_character_the_weights_lack_is_odd_where_it_looks_like_one_they_have() -> None:
    assert [(o.char, o.looks_like) for o in oddities("АВС", ASCII)] == [("А", "A"), ("В", "B"), ("С", "C")]
    assert oddities("АВС") == ()
    assert oddities("–", ASCII)[0].code_point == "U+2013 EN DASH"


@given(st.text())
def test_c33_both_normal_forms_of_a_text_are_told_the_same_of(text: str) -> None:
    assert oddities(unicodedata.normalize("NFD", text)) == oddities(unicodedata.normalize("NFC", text))


def test_relatives_carry_other_marks_or_look_alike() -> None:
    assert {"É", "é", "è", "ē", "ẽ", "е"} <= set(relatives("e")), "the last one is Cyrillic"
    assert "e" in relatives("é")
    assert {"–", "—", "‑"} <= set(relatives("-"))
    assert "e" not in relatives("a")


@pytest.mark.parametrize(("query", "found"), [("e acute", "é"), ("euro sign", "€"), ("u+00df", "ß"), ("sharp s", "ß")])
def test_characters_are_found_by_the_words_of_their_names(query: str, found: str) -> None:
    assert found in find_characters(query)


@pytest.mark.parametrize("query", ["", " ", "xyzzy", "u+d800", "u+ffffff"])
def test_no_character_is_found_by_nothing_or_nonsense(query: str) -> None:
    assert find_characters(query) == ()
