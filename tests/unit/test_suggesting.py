"""Suggestions for a whole project: only what no human has verified, never twice, and stopped at any page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from model.annotations import Edit, Prediction, Source, State, WordChange
from model.inference import Recognizer
from model.store import FILE_NAME, AnnotationStore
from model.suggesting import Which, suggest


class ReadsWidths:
    def __init__(self, name: str = "first weights") -> None:
        self.weights_hash = name

    def read_many(self, images: Iterable[Image.Image], *, top: int) -> Iterator[Prediction]:
        for image in images:
            yield Prediction(str(image.width), 0.5, weights=self.weights_hash)


def recognizer(name: str = "first weights") -> Recognizer:
    return cast(Recognizer, ReadsWidths(name))


@pytest.fixture
def store(tiny_project: Path) -> Iterator[AnnotationStore]:
    with AnnotationStore.open(tiny_project / FILE_NAME) as opened:
        yield opened


def texts(store: AnnotationStore) -> dict[int, str]:
    return {i: p.text for page in store.pages() for i, p in store.content(page.id).predictions.items()}


def test_only_words_that_no_human_verified_are_read(store: AnnotationStore) -> None:
    verified, other = store.words()
    result = suggest(store, recognizer())
    assert (result.read, result.known, result.left_out) == (1, 0, ())
    assert texts(store) == {other.id: "60"}
    assert next(store.words()) == verified
    assert store.counts().verified == 1


def test_ignored_words_are_not_read(store: AnnotationStore) -> None:
    [page, _] = store.pages()
    [word] = store.words(state=State.UNLABELLED)
    store.add_words({page.id: [replace(word, id=0, ignored=True)]})
    assert suggest(store, recognizer()).read == 1


def test_a_second_run_reads_nothing_and_other_weights_read_again(store: AnnotationStore) -> None:
    suggest(store, recognizer())
    again = suggest(store, recognizer())
    assert (again.read, again.known) == (0, 1)
    assert suggest(store, recognizer("second weights")).read == 1


def test_a_run_that_is_stopped_goes_on_where_it_was(store: AnnotationStore) -> None:
    [_, second] = store.pages()
    [word] = store.words(state=State.UNLABELLED)
    store.add_words({second.id: [replace(word, id=0)]})
    answers = iter((False, True))
    told: list[tuple[int, int | None]] = []
    first = suggest(store, recognizer(), should_stop=lambda: next(answers), progress=lambda *args: told.append(args))
    assert (first.read, told) == (1, [(1, 2)])
    resumed: list[tuple[int, int]] = []
    rest = suggest(store, recognizer(), resumed=lambda *place: resumed.append(place))
    assert (rest.read, rest.known, resumed) == (1, 1, [(2, 2)])


def test_a_first_run_says_nothing_of_going_on(store: AnnotationStore) -> None:
    resumed: list[tuple[int, int]] = []
    suggest(store, recognizer(), resumed=lambda *place: resumed.append(place))
    assert not resumed


def test_only_unread_words_leaves_words_alone_that_other_weights_have_read(store: AnnotationStore) -> None:
    suggest(store, recognizer())
    [page, _] = store.pages()
    [word] = store.words(state=State.SUGGESTED)
    store.add_words({page.id: [replace(word, id=0)]})
    result = suggest(store, recognizer("second weights"), which=Which.UNREAD)
    assert (result.read, result.known) == (1, 1)
    assert {p.weights for p in store.content(page.id).predictions.values()} == {"first weights", "second weights"}


def test_c06_text_of_a_human_stands_when_all_is_read_again(store: AnnotationStore) -> None:
    suggest(store, recognizer())
    [page, _] = store.pages()
    verified, read = store.content(page.id).words
    corrected = replace(read, label="corrected", source=Source.TYPED)
    store.apply(Edit("Type label", (WordChange(read, corrected),)))
    store.add_words({page.id: [replace(verified, id=0, label=None, source=None)]})
    again = suggest(store, recognizer("second weights"))
    content = store.content(page.id)
    assert again.read == 1
    assert [word.label for word in content.words] == ["first", "corrected", None]
    assert content.predictions[content.words[2].id].weights == "second weights"


def test_a_page_that_cannot_be_read_is_named_and_the_others_are_read(store: AnnotationStore) -> None:
    [first, second] = store.pages()
    [word] = store.words(state=State.UNLABELLED)
    store.add_words({second.id: [replace(word, id=0)]})
    (store.root / first.path).write_text("no image")
    result = suggest(store, recognizer())
    assert result.read == 1
    [(page, reason)] = result.left_out
    assert page == first.path
    assert reason.endswith(".")
