"""Finding words: only where nothing is, never over what is there, one step of Undo a page; with a scripted detector."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from model.annotations import Box, Edit, PageChange, PageMark, State, Word
from model.cli import main
from model.detecting import SECOND_READER, FoundWord, WordFinder, find_words, free_words
from model.images import read_image
from model.store import FILE_NAME, AnnotationStore
from model.suggesting import Which, pages_to_read

NEAR_THE_OTHER = FoundWord(Box.from_bounds(101, 21, 161, 35), "near", 0.8)
ALONE = FoundWord(Box.from_bounds(200, 200, 260, 220), "alone", 0.9)


class Finds:
    """Finds the same two words on every page."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def find(self, image: Image.Image) -> tuple[FoundWord, ...]:
        self.seen.append(image.size)
        return NEAR_THE_OTHER, ALONE


@pytest.fixture
def store(tiny_project: Path) -> Iterator[AnnotationStore]:
    with AnnotationStore.open(tiny_project / FILE_NAME) as opened:
        yield opened


def finder() -> WordFinder:
    return cast(WordFinder, Finds())


def test_only_pages_without_words_are_searched_and_each_is_one_step_of_undo(store: AnnotationStore) -> None:
    result = find_words(store, finder())
    assert (result.pages, result.words, result.skipped) == (1, 2, 1)
    [_, second] = store.pages()
    words = store.content(second.id).words
    assert [(w.box, w.label, w.source) for w in words] == [(f.box, None, None) for f in (NEAR_THE_OTHER, ALONE)]
    [edit] = store.undo_history()
    assert (edit.title, len(edit.changes)) == ("Find words", 2)
    assert find_words(store, finder()).pages == 0


def test_found_words_never_lie_over_words_that_are_there(store: AnnotationStore) -> None:
    before = list(store.words())
    result = find_words(store, finder(), every=True)
    assert (result.pages, result.words, result.overlapping) == (2, 3, 1)
    assert [word for word in store.words() if word.id in {b.id for b in before}] == before


@pytest.mark.parametrize(
    ("bounds", "is_free"),
    [
        ((0, 0, 100, 20), False),
        ((0, 10, 100, 30), True),  # the lines of a page are close: 10 of 20 rows in common
        ((0, 9, 100, 29), False),
        ((90, 0, 100, 20), False),  # a small box in a large one
        ((-200, -200, 300, 300), False),  # and a large one around a small one
        ((110, 0, 200, 20), True),
    ],
)
def test_a_box_is_free_where_at_most_half_of_the_smaller_one_is_shared(
    bounds: tuple[float, float, float, float], is_free: bool
) -> None:
    found = FoundWord(Box.from_bounds(*bounds), "", 1)
    words = [Word(1, 1, Box.from_bounds(0, 0, 100, 20), ignored=True)]
    assert bool(free_words([found], words)) is is_free


def test_found_words_of_close_lines_all_come() -> None:
    lines = [FoundWord(Box.from_bounds(0, top, 100, top + 20), "", 1) for top in (0, 12, 24)]
    assert free_words(lines, []) == lines


def test_pages_verified_as_empty_are_left_alone(store: AnnotationStore) -> None:
    store.apply(Edit("Verify page", (), pages=(PageChange(store.pages()[1].id, PageMark.VERIFIED, True),)))
    result = find_words(store, finder(), every=True)
    assert (result.pages, result.skipped) == (1, 1)


def test_a_page_that_cannot_be_read_is_named(store: AnnotationStore) -> None:
    page = store.pages()[1]
    (store.root / page.path).write_text("no image")
    [(path, reason)] = find_words(store, finder()).left_out
    assert path == page.path
    assert reason.endswith(".")


def test_a_search_that_is_stopped_goes_on_with_the_next_page(tiny_folder: Path) -> None:
    with AnnotationStore.open(tiny_folder, create=True) as store:
        store.add_pages(sorted(tiny_folder.glob("*.png")))
        answers = iter((False, True))
        assert find_words(store, finder(), should_stop=lambda: next(answers)).pages == 1
        assert find_words(store, finder()).pages == 1


def test_what_the_detector_read_is_a_second_opinion_and_the_recogniser_reads_all_the_same(
    store: AnnotationStore,
) -> None:
    find_words(store, finder())
    page = store.pages()[1]
    content = store.content(page.id)
    assert [content.predictions[w.id].text for w in content.words] == ["near", "alone"]
    assert {word.state(content.predictions[word.id]) for word in content.words} == {State.SUGGESTED}
    assert set(store.predictions_for([w.id for w in content.words], weights=SECOND_READER)) == {
        w.id for w in content.words
    }
    [_, todo] = pages_to_read(store, "weights", Which.UNREAD)
    assert (len(todo.words), todo.older) == (2, 0)


def test_without_the_extra_the_command_says_how_to_get_it(
    tiny_project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    assert main(["detect", str(tiny_project)]) == 2
    assert "pip install 'crnn-gui[assist]'" in capsys.readouterr().err


# The real detector


def test_words_of_a_real_form_are_found(shared_data, tmp_path: Path) -> None:
    pytest.importorskip("rapidocr", reason="the extra assist is not installed")
    row = json.loads(shared_data("pages/forms/boxes.jsonl").read_text().splitlines()[0])
    image = read_image(shared_data("pages/forms") / row["image"])
    found = WordFinder(threads=1).find(image)
    texts = {word.text for word in found}
    wanted = {word["text"] for word in row["words"]}
    assert len(wanted & texts) > len(wanted) / 3
    assert all(0 <= word.confidence <= 1 for word in found)


def test_detect_makes_a_project_of_a_folder_of_images(
    shared_data, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rapidocr", reason="the extra assist is not installed")
    plate = next(shared_data("pages/plates").rglob("*.jpg"))
    read_image(plate).save(tmp_path / "plate.png")
    (tmp_path / "broken.png").write_text("no image")
    assert main(["detect", str(tmp_path), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["pages"], summary["skipped"]) == (1, 0)
    assert summary["words"] > 0
    assert [row["path"] for row in summary["left_out"]] == ["broken.png"]
    with AnnotationStore.open(tmp_path, read_only=True) as store:
        assert store.counts().suggested == summary["words"]
