"""Texts that are written from right to left: kept as they are typed, read and learnt as they stand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.beam import prefix_beam
from model.charset import Charset, frames_needed
from model.decoding import Lexicon, greedy
from model.devices import choose
from model.directions import turned, turned_characters
from model.engines import TorchEngine
from model.patterns import Pattern, PatternError
from model.reader import Reader
from tests.unit.test_inference import untrained

TEXTS = st.text("אבשע٣éa1b2. ,-%+()[/\u05b8\u0301€", max_size=12).map(lambda text: text.lstrip("\u05b8\u0301"))

# From left to right, as any text display that knows UAX 9 shows them.
SHOWN = {
    "שלום": "םולש",
    "שלום 12": "12 םולש",
    "12 שלום": "םולש 12",
    "ab שלום cd": "ab םולש cd",
    "שלום ab עולם": "םלוע ab םולש",
    "מחיר 12.50 ₪": "₪ 12.50 ריחמ",
    "טלפון 03-1234567": "03-1234567 ןופלט",
    "מבצע 50% היום": "םויה 50% עצבמ",
    "(שלום)": "(םולש)",
    "[א) ב": "ב (א]",
    "مرحبا ٣٤": "٣٤ ابحرم",
    "abc (12)": "abc (12)",
    "Größe": "Größe",
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.items())
def test_texts_are_turned_as_they_are_shown(text: str, shown: str) -> None:
    assert turned(text) == shown
    assert turned(shown) == text


def test_marks_stay_behind_their_character() -> None:
    assert turned("ש\u05c1\u05b8לום") == "םולש\u05c1\u05b8"


@settings(max_examples=500)
@given(TEXTS)
def test_turning_twice_gives_the_text_again(text: str) -> None:
    assert turned(turned(text)) == text
    characters, places = turned_characters(text)
    assert "".join(characters) == turned(text)
    assert sorted(places) == list(range(len(text)))


@given(TEXTS)
def test_every_text_comes_back_from_its_indices(text: str) -> None:
    charset = Charset.from_texts(["a", text])
    again = charset.text(charset.encode(text))
    assert charset.encode(again) == charset.encode(text)
    assert charset.unknown(text) == ()
    assert frames_needed(text) == frames_needed(charset.encode(text))


def test_indices_follow_each_other_from_left_to_right() -> None:
    charset = Charset("אבגab12 ")
    assert charset.encode("גבא 12") == [6, 7, 8, *charset.encode("א"), *charset.encode("ב"), *charset.encode("ג")]
    assert charset.decode([6, 0, 7, 8, 8, 1, 0, 2, 3]) == "גבא 12"


def test_a_reading_has_its_characters_in_order_of_the_text_and_its_spans_in_the_picture() -> None:
    charset = Charset("אבגדהוזחטיכלמנסעפצקרשת0123456789(")
    weights, device = untrained(hidden=16), choose("cpu")
    engine = TorchEngine(weights, device)
    reader = Reader(replace(weights, charset=charset), "", engine=engine, device=device, trials=())
    path = [30, 0, 31, 0, 13, 6, 12, 21, 0]  # 7 and 8, mem, vav, lamed and shin, as they stand
    log_probs = np.log(np.full((1, len(path), len(charset)), 1e-6))
    log_probs[0, range(len(path)), path] = np.log(1 - 1e-6 * (len(charset) - 1))
    assert greedy(log_probs[0]) == (30, 31, 13, 6, 12, 21)
    lexicon = Lexicon(["שלומ 78", "שלומ78"], charset)
    for constraint in (None, lexicon):
        [prediction] = reader.predictions(log_probs, [1.0], top=2, constraint=constraint)
        assert prediction.text == "שלומ78"
        assert [c.char for c in prediction.characters] == list(prediction.text)
        letters, digits = prediction.characters[:4], prediction.characters[4:]
        assert [c.start for c in letters] == sorted((c.start for c in letters), reverse=True)
        assert digits[0].end <= digits[1].start < digits[1].end <= letters[-1].start


@pytest.mark.parametrize("expression", ["א.*", "אב?ג+", "(?:אב|ג)*ד", "[אב]{2}-ג", "^א\\(ב+\\)$", ".*א.ב"])
@given(text=st.text("אבגד()-", max_size=6).filter(lambda text: re.search("[א-ת]", text)))
def test_a_pattern_has_its_characters_in_the_order_in_which_they_are_typed(expression: str, text: str) -> None:
    matches = re.fullmatch(expression, text) is not None
    assert Pattern(expression, Charset("אבגד()-")).matches(text) == matches


def test_a_search_by_pattern_reads_from_right_to_left() -> None:
    charset = Charset("אבג")
    log_probs = np.log(np.full((6, 4), 0.25))
    (text, _), *_ = prefix_beam(log_probs, top=1, grammar=Pattern("אב{2}ג", charset))
    assert charset.text(text) == "אבבג"


def test_a_pattern_that_mixes_directions_is_refused_unless_order_says_nothing() -> None:
    charset = Charset("אבגabc12 ")
    for expression in ("[א-ת]+ \\d", "א.", "aא"):
        with pytest.raises(PatternError, match="mixes letters that are written from right to left"):
            Pattern(expression, charset)
    for expression in (".*", r"\w{2,4}", r"[a-c]+\d", "[א-ת ]+"):
        Pattern(expression, charset)
