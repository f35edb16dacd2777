"""The lists of pages and of words, over a real document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtTest import QAbstractItemModelTester

from crnn_gui.item_models import PageFilter, PageListModel, PageRole
from crnn_gui.services.pages import Thumbnails
from model.annotations import Box, Prediction
from tests.conftest import Room

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
