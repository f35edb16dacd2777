"""The lists of pages and of words, over a real document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Room
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester

from crnn_gui.item_models import PageFilter, PageListModel, PageRole, WordListModel, WordRole
from crnn_gui.services.crops import Crops
from crnn_gui.services.pages import Thumbnails
from model.annotations import Box, Prediction, State

Until = Callable[..., None]
BOX = Box.from_bounds(10, 10, 60, 30)


@pytest.fixture
def room(open_room: Callable[[], Room], until: Until, tiny_project: Path) -> Room:
    room = open_room()
    room.document.open_path(tiny_project)
    until(lambda: room.document.page_image is not None and not room.tasks.running)
    return room


def strictly(model: object) -> QAbstractItemModelTester:
    return QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)


def names(model: PageListModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


def texts(model: WordListModel) -> list[str]:
    return [model.index(row).data() for row in range(model.rowCount())]


@pytest.fixture
def pages(room: Room) -> PageListModel:
    model = PageListModel(room.document, Thumbnails(room.tasks), room.document)
    strictly(model)
    return model


def test_pages_are_narrowed_by_search_and_by_chips(room: Room, pages: PageListModel, until: Until) -> None:
    assert names(pages) == ["first.png", "second.png"]
    pages.set_search("SEC")
    assert names(pages) == ["second.png"]
    pages.set_search("")
    pages.set_filter(PageFilter.DONE)
    assert names(pages) == []
    room.document.set_label(2, "text")
    pages.set_filter(PageFilter.DONE)
    assert names(pages) == ["first.png"]
    pages.set_filter(PageFilter.TODO)
    assert names(pages) == ["second.png"]
    assert not pages.index_of(room.document.page.id).isValid()


def test_doubtful_pages_are_found_in_the_file(room: Room, pages: PageListModel, until: Until) -> None:
    document = room.document
    document.record_prediction(2, document.words[2].box, Prediction("sure", 0.99, weights="a"))
    pages.set_filter(PageFilter.DOUBTFUL)
    until(lambda: room.store.saved.pending == 0)
    assert names(pages) == []
    document.record_prediction(2, document.words[2].box, Prediction("unsure", 0.3, weights="b"))
    pages.set_filter(PageFilter.DOUBTFUL)
    until(lambda: names(pages) == ["first.png"])


def test_thumbnails_come_later_and_are_kept_on_disk(
    room: Room, pages: PageListModel, until: Until, own_home: Path
) -> None:
    index = pages.index(0)
    assert index.data(PageRole.THUMBNAIL) is None
    until(lambda: index.data(PageRole.THUMBNAIL) is not None)
    image: QImage = index.data(PageRole.THUMBNAIL)
    assert (image.width(), image.height()) == (128, 96)
    assert len(list(own_home.rglob("*.png"))) == 1


def test_new_pages_are_inserted_and_a_closed_project_empties_the_list(room: Room, pages: PageListModel) -> None:
    inserted: list[tuple[int, int]] = []
    pages.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    from dataclasses import replace

    room.document._on_pages_found([replace(room.document.pages[0], id=77, path="third.png")])
    assert inserted == [(2, 2)]
    room.document.close_project()
    assert pages.rowCount() == 0


@pytest.fixture
def wall(room: Room, until: Until) -> WordListModel:
    document = room.document
    far = document.add_word(BOX)
    document.record_prediction(2, document.words[2].box, Prediction("unsure", 0.3, weights="a"))
    document.record_prediction(far, BOX, Prediction("sure", 0.9, weights="a"))
    model = WordListModel(document, Crops(room.tasks), document)
    strictly(model)
    model.load()
    until(lambda: model.rowCount() == 3)
    return model


def test_the_least_certain_words_come_first(room: Room, wall: WordListModel, until: Until) -> None:
    assert texts(wall) == ["first", "unsure", "sure"]
    wall.load(State.SUGGESTED)
    until(lambda: texts(wall) == ["unsure", "sure"])
    wall.set_search("un")
    assert texts(wall) == ["unsure"]


def test_an_accepted_word_stays_in_its_place_and_a_deleted_one_leaves(room: Room, wall: WordListModel) -> None:
    room.document.accept_prediction(2)
    assert wall.index(1).data(WordRole.STATE) == State.VERIFIED
    room.document.undo()
    assert wall.index(1).data(WordRole.STATE) == State.SUGGESTED
    room.document.delete_words([2])
    assert texts(wall) == ["first", "sure"]


def test_a_moved_word_loses_its_prediction_and_a_new_one_is_shown(room: Room, wall: WordListModel) -> None:
    box = room.document.words[2].box.moved(3, 0)
    room.document.move_word(2, box)
    assert wall.index(1).data(WordRole.PREDICTION) is None
    room.document.record_prediction(2, box, Prediction("new", 0.4, weights="b"))
    assert wall.index(1).data(WordRole.CONFIDENCE) == 0.4


def test_crops_come_later_with_the_pixels_of_the_word(room: Room, wall: WordListModel, until: Until) -> None:
    index = wall.index(1)
    assert index.data(WordRole.CROP) is None
    until(lambda: index.data(WordRole.CROP) is not None)
    assert (index.data(WordRole.CROP).width(), index.data(WordRole.CROP).height()) == (60, 14)


def test_the_wall_can_follow_words_of_a_page_that_is_not_open(room: Room, wall: WordListModel, until: Until) -> None:
    room.document.step_page(1)
    until(lambda: not room.document.words)
    box = wall.index(1).data(WordRole.WORD).box
    room.document.record_predictions([(2, box, Prediction("again", 0.8, weights="c"))])
    assert wall.index(1).data() == "again"
