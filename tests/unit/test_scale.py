"""What is done in the GUI thread does not grow with the project: counted, because time cannot be tested."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from crnn_gui import reviewing
from crnn_gui.app import Application
from crnn_gui.item_models import PageListModel
from crnn_gui.project_state import ProjectState
from model import review_table
from model.annotations import Box, Edit, Prediction, State, Word, WordChange
from model.review_queries import Order, ReviewIndex, ReviewQuery
from model.store import FILE_NAME, AnnotationStore, Counts

Until = Callable[..., None]
PAGES = 2000
FEW = 200


@pytest.fixture(scope="module")
def long_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of one small image each, with a word that waits on every one."""
    folder = tmp_path_factory.mktemp("long")
    paths = [folder / f"{i:04}.png" for i in range(PAGES)]
    Image.new("L", (60, 40), 255).save(paths[0])
    for path in paths[1:]:
        os.link(paths[0], path)
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        added = store.add_pages(paths, [(60, 40)] * PAGES)
        store.add_words({page.id: [Word(0, 0, Box.from_bounds(5, 5, 50, 30))] for page in added})
    return folder


@pytest.fixture
def long_desk(start: Callable[[], Application], long_project: Path, until: Until) -> Application:
    made = start()
    made.window.resize(1400, 800)
    made.document.open_path(long_project)
    until(lambda: made.document.page_image is not None and not made.services.tasks.running)
    return made


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[type, str], list[Any]]:
    """Return a function that begins to count the calls of a method."""

    def count(owner: type, name: str) -> list[Any]:
        made: list[Any] = []
        method = getattr(owner, name)

        def counted(*args: Any, **options: Any) -> Any:
            made.append(args[1:])
            return method(*args, **options)

        monkeypatch.setattr(owner, name, counted)
        return made

    return count


def test_the_list_of_pages_asks_for_the_rows_that_are_seen(
    start: Callable[[], Application], long_project: Path, until: Until, calls: Callable[[type, str], list[Any]]
) -> None:
    asked = [calls(PageListModel, name) for name in ("rowCount", "data")]
    made = start()
    made.window.resize(1400, 800)
    made.document.open_path(long_project)
    until(lambda: made.document.page_image is not None and not made.services.tasks.running)
    view = made.window.annotate.pages.view
    QTest.keyClick(view, Qt.Key.Key_End)
    until(lambda: made.document.page is not None and made.document.page.path == f"{PAGES - 1:04}.png")
    assert view.visualRect(view.currentIndex()).intersects(view.viewport().rect())
    QTest.keyClick(view, Qt.Key.Key_Home)
    until(lambda: made.document.page is not None and made.document.page.path == "0000.png")
    assert len(asked[0]) < PAGES
    assert len(asked[1]) < PAGES


def test_a_walk_looks_at_the_pages_up_to_the_next_one(
    long_desk: Application, until: Until, calls: Callable[[type, str], list[Any]]
) -> None:
    QTest.keyClick(long_desk.window, Qt.Key.Key_F8)
    asked = calls(ProjectState, "page_counts")
    QTest.keyClick(long_desk.window, Qt.Key.Key_F8)
    until(lambda: long_desk.document.page is not None and long_desk.document.page.path == "0001.png")
    assert len(asked) < FEW


def test_only_pages_that_changed_are_counted_again(
    long_desk: Application, until: Until, calls: Callable[[type, str], list[Any]]
) -> None:
    document, found = long_desk.document, []
    long_desk.services.store.read(lambda store: store.words_by_id([7, 8]), found.extend)
    until(lambda: found)
    counted = calls(AnnotationStore, "page_counts")
    document.change_words("Ignore", [WordChange(word, replace(word, ignored=True)) for word in found])
    until(lambda: counted)
    assert counted == [([7, 8],)]
    document.undo()
    document.record_predictions([(9, Box.from_bounds(5, 5, 50, 30), Prediction("a", 0.5, weights="w"))])
    until(lambda: document.page_counts(9) == Counts(1, 1, suggested=1))
    assert document.page_counts(7) == Counts(1, 1, unlabelled=1)
    assert document.counts == Counts(PAGES, PAGES, suggested=1, unlabelled=PAGES - 1)


def test_the_words_to_review_are_taken_in_before_anybody_asks(
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[], Application],
    long_project: Path,
    until: Until,
    calls: Callable[[type, str], list[Any]],
) -> None:
    monkeypatch.setattr(reviewing, "PREPARE_MILLISECONDS", 50)
    monkeypatch.setattr(review_table, "PORTION", PAGES // 4)
    portions = calls(ReviewIndex, "take_in")
    made = start()
    made.document.open_path(long_project)
    until(lambda: len(portions) == 4)
    assert not made.window.is_built("review")


def test_words_are_counted_once_for_one_set_of_filters(long_project: Path, calls: Callable[..., list[Any]]) -> None:
    with AnnotationStore.open(long_project / FILE_NAME) as store:
        index = ReviewIndex(store)
        while index.take_in() < 1:
            pass
        counts = index.counts(ReviewQuery())
        scanned = calls(ReviewIndex, "_rows")
        assert index.counts(ReviewQuery(order=Order.TEXT)) == counts
        assert not any("count(" in sql for sql, *_ in scanned)
        [word] = store.words_by_id([5])
        store.apply(Edit("Ignore", (WordChange(word, replace(word, ignored=True)),)))
        index.refresh([5])
        after = index.counts(ReviewQuery())
        assert (after[State.IGNORED], after[State.UNLABELLED]) == (1, counts[State.UNLABELLED] - 1)
