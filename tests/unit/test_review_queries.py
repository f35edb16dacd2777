"""Filters, orders and counts of words under review, against the same done by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from model.annotations import Box, Edit, PageChange, PageMark, Prediction, Source, State, Word, WordChange
from model.errors import KnownError
from model.lookalikes import skeleton
from model.review_queries import STATES, Bin, Order, ReviewIndex, ReviewQuery
from model.store import FILE_NAME, AnnotationStore

BOX = Box.from_bounds(0, 0, 10, 10)
TEXTS = st.text("aAbß%_1lİé\\", max_size=4)
CONFIDENCES = st.sampled_from([0.0, 0.25, 0.5, 0.5, 0.9, 1.0])
PAGES = 3

Row = tuple[int, str | None, bool, tuple[tuple[str, float, str], ...]]
WORDS = st.lists(
    st.tuples(
        st.integers(0, PAGES - 1),
        st.none() | TEXTS.filter(bool),
        st.booleans(),
        st.lists(st.tuples(TEXTS, CONFIDENCES, st.sampled_from(["w1", "w2"])), max_size=2).map(tuple),
    ),
    max_size=12,
)
QUERIES = st.builds(
    ReviewQuery,
    states=st.just(STATES) | st.lists(st.sampled_from(STATES), unique=True).map(tuple),
    least=st.sampled_from([0.0, 0.5]),
    most=st.sampled_from([1.0, 0.5]),
    weights=st.just("") | st.sampled_from(["w1", "w2"]),
    page_id=st.just(0) | st.integers(1, PAGES),
    text=st.just("") | TEXTS,
    order=st.sampled_from([Order.DOUBT, Order.TEXT, Order.LOOKALIKE, Order.PAGE]),
)


@contextmanager
def project(rows: list[Row]) -> Iterator[AnnotationStore]:
    with TemporaryDirectory() as folder, AnnotationStore.open(Path(folder) / FILE_NAME, create=True) as store:
        pages = store.add_pages([Path(folder) / f"{i}.png" for i in range(PAGES)])
        for page, label, ignored, predictions in rows:
            source = Source.TYPED if label else None
            word = Word(0, pages[page].id, BOX, label=label, ignored=ignored, source=source)
            [word_id] = store.add_words({pages[page].id: [word]})
            for text, confidence, weights in predictions:
                store.save_predictions([(word_id, BOX, Prediction(text, confidence, weights=weights))])
        yield store


def index_of(store: AnnotationStore) -> ReviewIndex:
    index = ReviewIndex(store)
    while index.take_in() < 1:
        pass
    return index


def text_of(word: Word, read: Prediction | None) -> str:
    return word.label if word.label is not None else read.text if read else ""


def naive(store: AnnotationStore, query: ReviewQuery) -> list[int]:
    """The wanted words, by one look at each."""
    words = list(store.words())
    read = store.predictions_for(word.id for word in words)

    def wanted(word: Word) -> bool:
        prediction = read.get(word.id)
        sure = prediction.confidence if prediction else None
        return (
            word.state(prediction) in query.states
            and ((query.least, query.most) == (0, 1) or (sure is not None and query.least <= sure <= query.most))
            and (not query.weights or (prediction is not None and prediction.weights == query.weights))
            and query.page_id in (0, word.page_id)
            and query.text.casefold() in text_of(word, prediction).casefold()
        )

    def place(word: Word) -> tuple[object, ...]:
        prediction = read.get(word.id)
        state, text = word.state(prediction), text_of(word, prediction)
        doubt = prediction.confidence if prediction and state is State.SUGGESTED else 0
        first: dict[Order, tuple[object, ...]] = {
            Order.DOUBT: (STATES.index(state), doubt),
            Order.TEXT: (text.encode(),),
            Order.LOOKALIKE: (skeleton(text).encode(), text.encode()),
            Order.PAGE: (),
        }
        return (*first[query.order], word.page_id, word.id)

    return [word.id for word in sorted(filter(wanted, words), key=place)]


@settings(max_examples=25, deadline=None)
@given(rows=WORDS, queries=st.lists(QUERIES, min_size=1, max_size=6), limit=st.integers(0, 5))
def test_words_are_filtered_ordered_and_counted_as_by_hand(
    rows: list[Row], queries: list[ReviewQuery], limit: int
) -> None:
    with project(rows) as store:
        index = index_of(store)
        for query in queries:
            expected = naive(store, query)
            assert index.word_ids(query) == expected
            assert index.word_ids(query, limit) == expected[:limit]
            assert index.counts(query) == {s: len(naive(store, replace(query, states=(s,)))) for s in STATES}
            assert sum(one.words for one in index.bins(query)) == len(store.predictions_for(expected))


@settings(max_examples=25, deadline=None)
@given(rows=WORDS.filter(bool), data=st.data())
def test_refreshed_words_are_as_if_taken_in_anew(rows: list[Row], data: st.DataObject) -> None:
    with project(rows) as store:
        index = index_of(store)
        words = list(store.words())
        changed = data.draw(st.lists(st.sampled_from(words), unique_by=lambda w: w.id))
        for word in changed:
            after = data.draw(st.none() | st.just(replace(word, label="new", ignored=False)))
            store.apply(Edit("Change", (WordChange(word, after),)))
        [new] = store.add_words({words[0].page_id: [Word(0, words[0].page_id, BOX, label="drawn")]})
        index.refresh([*(word.id for word in changed), new])
        for query in (ReviewQuery(states=STATES, order=Order.PAGE), ReviewQuery(states=STATES, text="new")):
            assert index.word_ids(query) == naive(store, query)


def test_words_of_trashed_pages_are_not_under_review() -> None:
    with project([(0, None, False, (("a", 0.5, "w1"),)), (1, None, False, (("b", 0.5, "w1"),))]) as store:
        index = index_of(store)
        page = next(iter(store.words())).page_id
        store.apply(Edit("Delete page", (), pages=(PageChange(page, PageMark.TRASHED, is_set=True),)))
        assert index.word_ids(ReviewQuery()) == [2]
        assert [reading.text for reading in index.readings(text="a")] == []


def test_what_was_never_verified_promises_more_and_a_text_promises_less_each_time() -> None:
    verified: list[Row] = [(0, "aaa", False, ())] * 20
    read: list[Row] = [(0, None, False, ((text, 0.5, "w1"),)) for text in ("aaa", "zzz", "zzz", "aza")]
    doubted: Row = (0, None, False, (("zz", 0.99, "w1"),))
    with project([*verified, *read, doubted]) as store:
        ranked = index_of(store).word_ids(ReviewQuery(states=(State.SUGGESTED,), order=Order.GAIN))
    assert ranked.index(22) < ranked.index(21)
    assert ranked.index(22) < ranked.index(23)
    assert ranked.index(22) < ranked.index(25)


def test_an_expression_is_searched_for_and_a_bad_or_endless_one_is_refused() -> None:
    texts = ("ab12", "AB12", "x", "a" * 40)
    with project([(0, text, False, ()) for text in texts]) as store:
        index = index_of(store)
        found = index.word_ids(ReviewQuery(states=STATES, text=r"^[a-z]+\d", is_regex=True))
        assert found == [i for i, text in enumerate(texts, 1) if regex.search(r"^[a-z]+\d", text)] == [1]
        with pytest.raises(KnownError, match="not a complete expression"):
            index.word_ids(ReviewQuery(text="(", is_regex=True))
        with pytest.raises(KnownError, match="takes too long"):
            index.word_ids(ReviewQuery(states=STATES, text="(a|aa)+$x|(a|aa)+b", is_regex=True))
        assert index.word_ids(ReviewQuery(states=STATES, text="x")) == [3]


def test_bins_tell_how_sure_the_readings_are() -> None:
    rows: list[Row] = [(0, None, False, (("a", c, "w1"),)) for c in (0.5, 0.5, 0.99991, 0.99993)]
    with project(rows) as store:
        found = index_of(store).bins(ReviewQuery(states=(State.SUGGESTED,)))
        assert found == [Bin(2, 0.5), Bin(2, pytest.approx(0.99992))]
        assert index_of(store).weights() == {"w1": 4}


def test_readings_and_labels_are_found_by_their_text_or_a_part_of_it() -> None:
    rows: list[Row] = [
        (0, None, False, (("l00", 0.5, "w1"),)),
        (1, None, False, (("xl0", 0.5, "w1"),)),
        (0, "l00", False, (("l00", 0.5, "w1"),)),
        (0, None, True, (("l00", 0.5, "w1"),)),
    ]
    with project(rows) as store:
        index = index_of(store)
        assert [r.word_id for r in index.readings(text="l00")] == [1]
        assert [r.word_id for r in index.readings(holding="l0")] == [1, 2]
        assert [r.word_id for r in index.readings()] == []
        assert index.labels(holding="l0") == ["l00"]
        assert index.known(["l00", "xl0"]) == {"l00"}
