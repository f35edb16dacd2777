"""Deleting pages and words, and how everything comes back: by Undo, after a restart, and out of the trash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crnn_gui.item_models import PageFilter, PageListModel
from crnn_gui.services.pages import Thumbnails
from model.annotations import Box
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
OpenRoom = Callable[[], Room]


@pytest.fixture
def three_pages(tiny_project: Path) -> Path:
    """The tiny project and a third page, so that one of them lies between two others."""
    draw_page(tiny_project / "third.png", text="third")
    with AnnotationStore.open(tiny_project) as store:
        store.add_pages([tiny_project / "third.png"], [(400, 300)])
    return tiny_project


def opened(open_room: OpenRoom, until: Until, path: Path) -> Room:
    room = open_room()
    room.document.open_path(path)
    until(lambda: room.document.page_image is not None and not room.tasks.running)
    return room


def current(room: Room) -> str:
    page = room.document.page
    return page.path if page is not None else ""


def paths(room: Room) -> list[str]:
    return [page.path for page in room.document.pages]


def open_page(room: Room, until: Until, place: int) -> None:
    page = room.document.pages[place]
    room.document.open_page(page.id)
    until(lambda: room.document.page == page)


def test_c29_a_deleted_page_keeps_the_place_in_the_list_and_undo_brings_it_back(
    open_room: OpenRoom, until: Until, three_pages: Path
) -> None:
    room = opened(open_room, until, three_pages)
    document = room.document
    open_page(room, until, 1)
    images = {path: path.read_bytes() for path in three_pages.glob("*.png")}
    document.delete_pages([document.page.id])
    assert paths(room) == ["first.png", "third.png"]
    until(lambda: current(room) == "third.png")
    document.delete_pages([document.page.id])
    until(lambda: current(room) == "first.png")
    assert document.counts.pages == 1
    room.stop()

    again = opened(open_room, until, three_pages)
    assert paths(again) == ["first.png"], "the image lies in the folder, but its page is in the trash"
    again.document.undo()
    until(lambda: current(again) == "third.png")
    again.document.undo()
    until(lambda: current(again) == "second.png")
    assert paths(again) == ["first.png", "second.png", "third.png"]
    assert {path: path.read_bytes() for path in three_pages.glob("*.png")} == images


def test_words_of_a_page_in_the_trash_count_nowhere_and_come_back_with_it(
    open_room: OpenRoom, until: Until, three_pages: Path
) -> None:
    room = opened(open_room, until, three_pages)
    document = room.document
    before = document.counts
    document.delete_pages([document.page.id])
    assert (document.counts.pages, document.counts.words, document.counts.verified) == (2, 0, 0)
    until(lambda: current(room) == "second.png" and room.store.saved.pending == 0)
    with AnnotationStore.open(three_pages / FILE_NAME, read_only=True) as store:
        assert store.counts() == document.counts
        assert store.page_counts()[1].words == 2
    document.restore([1])
    until(lambda: current(room) == "first.png")
    assert document.counts == before
    assert [word.label for word in document.words.values()] == ["first", None]
    assert document.undo_stack.undoText() == "Restore from the trash"


def test_the_last_page_can_be_deleted_and_comes_back(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    document.delete_pages([page.id for page in document.pages])
    assert document.page is None
    assert dict(document.words) == {}
    assert document.counts == (0, 0, 0, 0, 0, 0)
    document.undo()
    until(lambda: current(room) == "first.png")
    assert document.counts.words == 2


def test_a_deleted_word_is_in_the_trash_after_a_restart_and_can_be_restored(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    word = next(iter(document.words.values()))
    document.delete_words([word.id])
    room.stop()

    again = opened(open_room, until, tiny_project)
    found: list = []
    again.store.read(lambda store: store.trash(), found.append)
    until(lambda: found)
    [deleted] = found[0].words
    assert (deleted.word.label, deleted.page.path) == ("first", "first.png")
    again.document.restore([], [deleted.word])
    assert again.document.words[word.id].label == "first"
    until(lambda: again.store.saved.pending == 0)
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        assert store.trash().words == ()
        assert store.content(1).words[0].box == word.box


def test_pages_verified_as_empty_stay_so_and_undo_takes_the_mark_back(
    open_room: OpenRoom, until: Until, three_pages: Path
) -> None:
    room = opened(open_room, until, three_pages)
    open_page(room, until, 1)
    room.document.verify_page(True)
    room.document.add_word(Box.from_bounds(10, 10, 50, 30))
    room.document.undo()
    room.stop()

    again = opened(open_room, until, three_pages)
    assert [page.verified for page in again.document.pages] == [False, True, False]
    assert again.document.undo_stack.undoText() == "Verify page"
    pages = PageListModel(again.document, Thumbnails(again.tasks))
    pages.set_filter(PageFilter.DONE)
    assert [pages.index(row).data() for row in range(pages.rowCount())] == ["second.png"]
    pages.set_filter(PageFilter.TODO)
    assert [pages.index(row).data() for row in range(pages.rowCount())] == ["first.png", "third.png"]
    again.document.undo()
    until(lambda: current(again) == "second.png")
    assert not again.document.page.verified
    again.document.redo()
    assert again.document.page.verified
