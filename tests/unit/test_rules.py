"""The lexicon and the pattern of a project: what they allow, where they are kept, and what they leave visible."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.annotations import Alternative, Prediction
from model.errors import DatasetError
from model.rules import FREE, ReadingRules, load_rules, read_lexicon, save_rules
from model.store import AnnotationStore


def test_both_rules_have_to_allow_a_text() -> None:
    rules = ReadingRules(("Größe", "AB12", "zu"), "words.txt", r"[A-Z].*")
    assert rules.allows("AB12")
    assert rules.allows("Gro\u0308ße"), "in whatever normal form"
    assert not rules.allows("zu"), "not by the pattern"
    assert not rules.allows("ABC"), "not by the lexicon"
    assert FREE.allows("anything")
    assert not FREE


def test_what_the_image_says_stays_beside_what_is_allowed() -> None:
    free = Prediction("ab1", 0.7)
    ruled = Prediction("abi", 0.2, alternatives=(Alternative("abl", 0.1), Alternative("ab1", 0.05)))
    weighed = ReadingRules(("abi", "abl")).weighed(free, ruled, top=10)
    assert (weighed.text, weighed.confidence) == ("abi", 0.2)
    assert weighed.alternatives == (Alternative("ab1", 0.7), Alternative("abl", 0.1))
    assert ReadingRules(("abi",)).weighed(free, ruled, top=1).alternatives == (Alternative("ab1", 0.7),)


def test_where_nothing_allowed_fits_the_image_has_the_word() -> None:
    free = Prediction("ab1", 0.7)
    assert ReadingRules(("very long word",)).weighed(free, Prediction("", 0.0), top=5) is free
    same = ReadingRules(("ab1",)).weighed(free, Prediction("ab1", 0.7), top=5)
    assert same.alternatives == ()


def test_rules_are_kept_in_the_annotation_file(tiny_project: Path) -> None:
    rules = ReadingRules(("straße", "日本"), "words.txt", r"\w+")
    with AnnotationStore.open(tiny_project) as store:
        assert load_rules(store) == FREE
        save_rules(store, rules)
    with AnnotationStore.open(tiny_project) as store:
        assert load_rules(store) == rules
        save_rules(store, FREE)
        assert load_rules(store) == FREE


def test_lexicon_is_read_a_word_a_line(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("\ufefftwo words\n\nthree\nthree\n", encoding="utf-8")
    assert read_lexicon(path) == ("two words", "three")


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe\x00", "not UTF-8"), (b"\n \n", "no words")])
def test_a_lexicon_that_is_none_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=says):
        read_lexicon(path)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_lexicon(tmp_path / "missing.txt")
