"""CTC decoding against brute force over every path, and constraints against Python's own regular expressions."""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from model.beam import prefix_beam, prefix_beams
from model.charset import Charset, frames_needed
from model.decoding import (
    Floats,
    Lexicon,
    Text,
    align,
    ctc_log_prob,
    ctc_log_probs,
    greedy,
    greedy_spans,
    log_softmax,
)
from model.errors import KnownError
from model.patterns import Pattern, PatternError

AB = Charset("ab")


@st.composite
def grids(draw: st.DrawFn, *, frames: int = 5, classes: int = 4) -> Floats:
    """Log-probabilities of a few frames over a few classes, from flat to nearly certain."""
    t, c = draw(st.integers(1, frames)), draw(st.integers(2, classes))
    values = draw(st.lists(st.floats(-6, 6), min_size=t * c, max_size=t * c))
    return log_softmax(np.array(values).reshape(t, c))


def collapse(path: tuple[int, ...]) -> Text:
    return tuple(index for index, _ in groupby(path) if index)


def by_brute_force(log_probs: Floats) -> dict[Text, float]:
    """Return the probability of every text, by walking all paths."""
    frames, classes = log_probs.shape
    total: dict[Text, float] = defaultdict(float)
    for path in product(range(classes), repeat=frames):
        total[collapse(path)] += math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
    return total


def grid(*rows: str, charset: Charset = AB, sure: float = 0.9) -> Floats:
    """Return log-probabilities whose best path is spelled by the letters, "-" standing for the blank."""
    probs = np.full((len(rows), len(charset)), (1 - sure) / (len(charset) - 1))
    for t, row in enumerate(rows):
        probs[t, 0 if row == "-" else charset.encode(row)[0]] = sure
    result: Floats = np.log(probs)
    return result


@given(grids())
def test_the_probability_of_a_text_is_that_of_all_its_paths(log_probs: Floats) -> None:
    truth = by_brute_force(log_probs)
    for text, probability in truth.items():
        assert math.exp(ctc_log_prob(log_probs, text)) == pytest.approx(probability, rel=1e-9)
    assert np.exp(ctc_log_probs(log_probs, list(truth))).sum() == pytest.approx(1.0)


@given(grids())
def test_texts_that_do_not_fit_have_no_probability(log_probs: Floats) -> None:
    frames = len(log_probs)
    assert ctc_log_prob(log_probs, [1] * (frames + 1)) == -math.inf
    if frames > 1:
        assert ctc_log_prob(log_probs, [1] * frames) == -math.inf  # each repeat needs a blank more


@given(st.lists(st.lists(st.floats(-6, 6), min_size=12, max_size=12), min_size=1, max_size=3))
def test_a_batch_of_crops_scores_like_each_alone(values: list[list[float]]) -> None:
    crops = log_softmax(np.array(values).reshape(-1, 4, 3))
    texts = [greedy(crop) for crop in crops]
    alone = [ctc_log_prob(crop, text) for crop, text in zip(crops, texts, strict=True)]
    assert ctc_log_probs(crops, texts).tolist() == pytest.approx(alone)


@pytest.mark.parametrize(("frames", "length"), [(1, 1), (48, 12), (599, 250), (1000, 220), (1000, 1)])
def test_the_probability_of_a_text_counts_its_paths_however_many(frames: int, length: int) -> None:
    flat = np.full((frames, 3), math.log(1 / 3))
    text = [1 + i % 2 for i in range(length)]
    # Paths of a text without repeats: C(T + L, 2 L).
    paths = math.lgamma(frames + length + 1) - math.lgamma(2 * length + 1) - math.lgamma(frames - length + 1)
    assert ctc_log_prob(flat, text) == pytest.approx(paths - frames * math.log(3))


@pytest.mark.parametrize("rare", [1e-8, 1e-30])
def test_texts_too_improbable_for_floats_keep_their_order(rare: float) -> None:
    log_probs = np.log(np.array([[rare, rare, 2 * rare, 1.0]] * 40))
    near, far, farther = ctc_log_probs(log_probs, [[3], [2], [1]])
    assert near == pytest.approx(0, abs=1e-6)
    assert farther == pytest.approx(math.log(40 * 41 / 2) + 40 * math.log(rare), rel=1e-12)
    assert far > farther


def test_no_texts_have_no_scores() -> None:
    assert ctc_log_probs(grid("a", "b"), []).shape == (0,)


@given(grids())
@settings(max_examples=200)
def test_a_wide_beam_finds_the_most_probable_text(log_probs: Floats) -> None:
    truth = by_brute_force(log_probs)
    found = prefix_beam(log_probs, beam=1000, top=3)
    assert math.exp(found[0][1]) == pytest.approx(max(truth.values()), rel=1e-9)
    for text, log_prob in found:
        assert math.exp(log_prob) == pytest.approx(truth[text], rel=1e-9)
    scores = [log_prob for _, log_prob in found]
    assert scores == sorted(scores, reverse=True)
    assert len({text for text, _ in found}) == len(found)


@pytest.mark.parametrize(("frames", "text"), [("bbooo-ookk", "book"), ("bboooookk", "bok")])
def test_the_worked_examples_of_the_article(frames: str, text: str) -> None:
    charset = Charset.named("alphanumeric")
    log_probs = grid(*frames, charset=charset)
    assert charset.text(greedy(log_probs)) == text
    found, log_prob = prefix_beam(log_probs)[0]
    assert charset.text(found) == text
    assert log_prob == ctc_log_prob(log_probs, charset.encode(text))
    assert Lexicon(["book", "bok", "boo"], charset).best(log_probs)[0][0] == text
    assert charset.text(prefix_beam(log_probs, grammar=Pattern("bo+k", charset))[0][0]) == text


def test_the_beam_sees_what_the_best_path_does_not() -> None:
    # Each frame prefers the blank, and yet "a" is more probable than nothing: 0.64 against 0.36.
    log_probs = np.log(np.array([[0.6, 0.4], [0.6, 0.4]]))
    assert greedy(log_probs) == ()
    text, log_prob = prefix_beam(log_probs)[0]
    assert (text, math.exp(log_prob)) == ((1,), pytest.approx(0.64))


def test_one_letter_over_many_frames_does_not_crowd_a_narrow_beam() -> None:
    assert prefix_beam(grid(*"aaaaaaaab"), beam=2)[0][0] == (1, 2)


def test_a_frame_without_characters_parts_those_around_it() -> None:
    blank = grid("-", sure=0.9999)
    log_probs = np.concatenate([grid("a", sure=0.8), blank, grid("a", sure=0.8), blank])
    exact = by_brute_force(log_probs)
    found = dict(prefix_beam(log_probs, top=20))
    assert next(iter(found)) == (1, 1)
    assert {text: math.exp(score) for text, score in found.items()} == pytest.approx(
        {text: exact[text] for text in found}
    )
    assert sum(map(math.exp, found.values())) > 0.999


@given(st.lists(st.floats(-9, 9), min_size=3 * 5 * 3, max_size=3 * 5 * 3))
def test_crops_searched_together_read_as_alone(values: list[float]) -> None:
    log_probs = log_softmax(np.array(values).reshape(3, 5, 3))
    assert prefix_beams(log_probs) == [prefix_beam(rows) for rows in log_probs]


@given(grids())
def test_greedy_is_the_text_of_the_best_path_and_its_spans_are_the_best_alignment(log_probs: Floats) -> None:
    frames, classes = log_probs.shape
    two_best = np.sort(log_probs)[:, -2:]
    assume((two_best[:, 1] - two_best[:, 0] > 1e-9).all())
    best = max(product(range(classes), repeat=frames), key=lambda path: path_score(log_probs, path))
    assert greedy(log_probs) == collapse(best)
    assert tuple(span.index for span in greedy_spans(log_probs)) == collapse(best)
    assert align(log_probs, greedy(log_probs)) == greedy_spans(log_probs)


def path_score(log_probs: Floats, path: tuple[int, ...]) -> float:
    return float(sum(log_probs[t, c] for t, c in enumerate(path)))


@given(grids(), st.lists(st.integers(1, 3), max_size=4))
def test_the_alignment_is_the_best_path_of_a_text(log_probs: Floats, indices: list[int]) -> None:
    frames, classes = log_probs.shape
    text = tuple(index for index in indices if index < classes)
    if frames_needed(text) > frames:
        with pytest.raises(ValueError, match="do not fit"):
            align(log_probs, text)
        return
    spans = align(log_probs, text)
    assert tuple(span.index for span in spans) == text
    path = [0] * frames
    for span in spans:
        assert span.start < span.end
        path[span.start : span.end] = [span.index] * (span.end - span.start)
        assert span.confidence == pytest.approx(np.exp(log_probs[span.start : span.end, span.index].max()))
    assert collapse(tuple(path)) == text
    best = max(path_score(log_probs, p) for p in product(range(classes), repeat=frames) if collapse(p) == text)
    assert path_score(log_probs, tuple(path)) == pytest.approx(best)


def test_log_softmax_survives_large_logits_and_divides_by_the_temperature() -> None:
    probs = np.exp(log_softmax(np.array([[1e4, 0.0], [2.0, 0.0]], np.float32), temperature=2.0))
    assert probs == pytest.approx(np.array([[1.0, 0.0], [math.e / (1 + math.e), 1 / (1 + math.e)]]))
    assert greedy(log_softmax(np.array([[1e4, -1e4, 0.0]] * 3, np.float32))) == ()
    assert prefix_beam(log_softmax(np.array([[-1e4, 1e4, 0.0]] * 3, np.float32)))[0][0] == (1,)


# --- lexicon ---


def test_the_lexicon_takes_the_most_probable_word() -> None:
    charset = Charset.named("alphanumeric-case")
    log_probs = grid(*"h-e-l-l-0-", charset=charset, sure=0.8)
    assert charset.text(greedy(log_probs)) == "hell0"
    lexicon = Lexicon(["hello", "help", "Hello", "yellow", "he€llo", ""], charset)
    (word, score), *others = lexicon.best(log_probs, top=3)
    assert word == "hello"
    assert score == pytest.approx(ctc_log_prob(log_probs, charset.encode("hello")))
    assert len(others) == 2
    assert score > others[0][1] > others[1][1]


@given(grids(frames=5, classes=3))
def test_the_lexicon_is_exact_over_its_words(log_probs: Floats) -> None:
    charset = Charset("ab"[: log_probs.shape[1] - 1])
    words = ["".join(w) for n in (1, 2, 3) for w in product(charset.characters, repeat=n)]
    expected = max(ctc_log_prob(log_probs, charset.encode(word)) for word in words)
    assert Lexicon(words, charset).best(log_probs)[0][1] == pytest.approx(expected)


@given(grids(frames=5, classes=4), st.integers(1, 4))
def test_a_lexicon_word_that_outweighs_the_rest_is_the_best_of_all(log_probs: Floats, candidates: int) -> None:
    charset = Charset("abc"[: log_probs.shape[1] - 1])
    words = ["".join(w) for n in (1, 2, 3) for w in product(charset.characters, repeat=n)]
    scored = Lexicon(words, charset).best(log_probs, top=candidates, candidates=candidates)
    best = max(ctc_log_prob(log_probs, charset.encode(word)) for word in words)
    if scored and math.exp(scored[0][1]) >= 1 - sum(math.exp(score) for _, score in scored):
        assert scored[0][1] == pytest.approx(best)


def test_a_lexicon_can_miss_a_word_behind_many_nearer_readings() -> None:
    # "bbb" is three edits from the reading "aaa", "aac" one; but where "a" stands, "b" is likelier than "c".
    letter, gap = [0.0001, 0.9, 0.0998, 0.0001], [0.9997, 0.0001, 0.0001, 0.0001]
    log_probs = np.log(np.array([letter, gap, letter, gap, letter]))
    lexicon = Lexicon(["aac", "bbb"], Charset("abc"))
    assert lexicon.best(log_probs)[0][0] == "bbb"
    assert lexicon.best(log_probs, candidates=1)[0][0] == "aac"


def test_words_too_long_for_the_crop_are_left_out() -> None:
    assert Lexicon(["aaa", "abab"], AB).best(grid("a", "b")) == []


def test_words_too_long_for_the_crop_are_no_candidates() -> None:
    lexicon = Lexicon(["aaaa", "aaab", "b"], AB)
    assert [word for word, _ in lexicon.best(grid("a", "-", "a", "-", "a"), candidates=1)] == ["b"]


# --- patterns ---


PATTERNS = [
    "a",
    "ab?",
    "a*b",
    "(?:a|bb)+",
    "[^a]b*",
    "a{2}",
    "(ab){1,2}a?",
    "a{0,2}b{1,}",
    "(?:a*b*)*",
    "(?:b*a)?",
    ".b|",
    "a+?b",
    "^a|b$",
    "^a|^b",
    "^ab$|^a$",
    r"^(?:ab|b)+$",
    r"\Aa?b\Z",
]


@pytest.mark.parametrize("expression", PATTERNS)
def test_a_pattern_matches_what_python_matches(expression: str) -> None:
    pattern = Pattern(expression, AB)
    for length in range(7):
        for letters in product("ab", repeat=length):
            text = "".join(letters)
            assert pattern.matches(text) == bool(re.fullmatch(expression, text)), text


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.text("ab|*+?()[]{}2,^$-.\\dAZB=!<>:i1", max_size=8), st.text("ab2-", max_size=5))
@settings(max_examples=300)
def test_any_pattern_is_refused_or_agrees_with_python(expression: str, text: str) -> None:
    try:
        pattern = Pattern(expression, Charset("ab2-"))
    except PatternError:
        return
    assert pattern.matches(text) == bool(re.fullmatch(expression, text))


CLASSES = [r"\d", r"\D", r"[\d\-a-c]", r"[^\W_]", r"\s", r"\S", r"\.", ".", r"[&-\]^|-]"]
FLAGGED = [r"(?i)[à-ý]", r"(?i)s", r"(?i)[^k]", r"(?a)\w", r"(?ai)[^\Ws]"]


@pytest.mark.parametrize("expression", CLASSES + FLAGGED)
def test_classes_mean_what_they_mean_in_python(expression: str) -> None:
    charset = Charset.named("latin")
    pattern = Pattern(expression, charset)
    for char in charset.characters:
        assert pattern.matches(char) == bool(re.fullmatch(expression, char)), char


def test_ignoring_case() -> None:
    pattern = Pattern("(?i)[a-c]X", Charset.named("alphanumeric-case"))
    assert [t for t in ("ax", "BX", "cX", "dx", "a1") if pattern.matches(t)] == ["ax", "BX", "cX"]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("(a", "malformed"),
        ("(a", "position 0"),
        ("a^b", "anchor within the text at character 2"),
        ("a$b$", "anchor within the text at character 2"),
        (r"[$]a(b\Z)?", "anchor within the text at character 7"),
        (r"\bab", "word boundaries at character 1"),
        (r"[\b]|a\B", "word boundaries at character 7"),
        ("a|(?!)", "lookahead or lookbehind at character 3"),
        ("b(?=a)b", "lookahead or lookbehind at character 2"),
        ("(?<!a)b", "lookahead or lookbehind at character 1"),
        (r"(a)[\1]?\\?\1", "references to groups at character 12"),
        ("(?P<n>a)(?P=n)", "references to groups at character 9"),
        ("(a)?(?(1)b|a)", "references to groups at character 5"),
        ("(?>a)", "atomic groups at character 1"),
        ("a++", "possessive quantifiers at character 2"),
        ("(?:a)(?i:a)", "flags inside groups at character 6"),
        ("a{99999}", "too large"),
        ("€+", "no text"),
        (r"a\d", "no text"),
    ],
)
def test_what_a_pattern_cannot_do_is_said(expression: str, reason: str) -> None:
    with pytest.raises(PatternError, match=reason) as caught:
        Pattern(expression, AB)
    assert isinstance(caught.value, KnownError)
    assert repr(expression) in str(caught.value)


@given(grids(frames=5, classes=3), st.sampled_from(PATTERNS))
@settings(max_examples=200)
def test_a_constrained_beam_finds_the_best_text_of_the_pattern(log_probs: Floats, expression: str) -> None:
    charset = Charset("ab"[: log_probs.shape[1] - 1])
    try:
        pattern = Pattern(expression, charset)
    except PatternError:
        assert charset == Charset("a")
        return
    truth = {text: p for text, p in by_brute_force(log_probs).items() if pattern.matches(charset.text(text))}
    found = prefix_beam(log_probs, beam=1000, top=1, grammar=pattern)
    if truth:
        assert math.exp(found[0][1]) == pytest.approx(max(truth.values()), rel=1e-9)
    else:
        assert found == []


def test_a_narrow_beam_reaches_the_end_of_a_pattern_against_all_odds() -> None:
    charset = Charset.named("ascii")
    log_probs = grid(*"h-e-l-l-o-w-o-r-l-d-", charset=charset, sure=0.9999)
    (text, log_prob), *_ = prefix_beam(log_probs, beam=4, grammar=Pattern(r"[A-Z]{2}\d{6}", charset))
    assert re.fullmatch(r"[A-Z]{2}\d{6}", charset.text(text))
    assert log_prob == pytest.approx(ctc_log_prob(log_probs, text))


@pytest.mark.parametrize("expression", [r".*[yz]", r".*z.", r"\w+\d{2}", r".*zz", r"[^z]*zz[^z]*"])
def test_a_pattern_is_met_by_characters_that_no_frame_would_choose(expression: str) -> None:
    charset = Charset("abcdefghijklmnopqrstuvwxyz0123456789")
    probs = np.full((8, len(charset)), 1e-9)
    probs[:, 1:20] = np.linspace(1, 0.1, 19)  # a to s, so that y, z and digits are never among the best
    found = prefix_beam(np.log(probs / probs.sum(axis=1, keepdims=True)), grammar=Pattern(expression, charset))
    assert found, "a text that fits into the frames was not found"
    assert re.fullmatch(expression, charset.text(found[0][0]))


@pytest.mark.parametrize(
    "expression", [".*[a-m].{15}", "(?:(?:){30000}){30000}a*", "(?:){0,1000000000}a*", r"(?i)[\x00-\U0010ffff]{0,400}"]
)
def test_no_pattern_keeps_the_reader_for_long(expression: str) -> None:
    charset = Charset("abcdefghijklmnopqrstuvwxyz")
    log_probs = log_softmax(np.random.default_rng(0).normal(size=(40, len(charset))))
    start = time.process_time()
    found = prefix_beam(log_probs, grammar=Pattern(expression, charset))
    assert found
    assert time.process_time() - start < 30


@pytest.mark.parametrize("expression", [".*a.{12}", ".{300}"])
def test_a_pattern_of_many_states_does_not_hold_up_the_widest_strip(expression: str) -> None:
    charset = Charset.named("ascii")
    log_probs = log_softmax(3 * np.random.default_rng(0).normal(size=(512, len(charset))))
    start = time.process_time()
    [(text, _), *_] = prefix_beam(log_probs, grammar=Pattern(expression, charset))
    assert re.fullmatch(expression, charset.text(text))
    assert time.process_time() - start < 20  # on a quiet core 3; following every state with ten characters, 50


def test_a_pattern_longer_than_the_crop_finds_nothing() -> None:
    assert prefix_beam(grid("a", "b", "a"), grammar=Pattern("a{4}", AB)) == []
