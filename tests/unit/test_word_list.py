"""The list of the page's words, and the order in which they are read everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from model.annotations import Box, Word, reading_order
from model.exporting import export
from model.store import FILE_NAME, AnnotationStore
from tests.helpers.desk import ALT, CTRL, NO_KEY, Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

places = st.tuples(st.integers(0, 300), st.integers(0, 200), st.integers(3, 60), st.integers(3, 30))


@given(boxes=st.lists(places, max_size=10), given=st.lists(st.integers(0, 12)))
def test_c27_an_order_that_was_given_holds_and_loses_no_word(boxes: list[tuple[int, ...]], given: list[int]) -> None:
    words = [Word(i, 1, Box.from_bounds(x, y, x + w, y + h)) for i, (x, y, w, h) in enumerate(boxes)]
    order = [word.id for word in reading_order(words, given)]
    assert sorted(order) == list(range(len(words)))
    wanted = [i for i in dict.fromkeys(given) if i < len(words)]
    assert [i for i in order if i in wanted] == wanted
    if not wanted:
        assert order == [word.id for word in reading_order(words)]
    assert [w.id for w in reading_order(words[::-1], given)] == order, "however the words come"


def rows(desk: Desk) -> list[str]:
    model = desk.window.annotate.word_list.model
    return [model.index(row).data() for row in range(model.rowCount())]


def three_words(desk: Desk) -> list[int]:
    """Show the list with three words on the page, and return their ids in reading order."""
    third = desk.document.add_word(Box.from_bounds(200, 20, 260, 34))
    desk.document.set_label(2, "second")
    desk.document.set_label(third, "third")
    desk.document.select(())
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_L)
    desk.until(lambda: desk.window.annotate.word_list.isVisible())
    return [1, 2, third]


def test_c27_list_keys_and_canvas_walk_in_one_order(desk: Desk) -> None:
    ids = three_words(desk)
    assert rows(desk) == ["1   first", "2   second", "3   third"]
    for word_id in ids:
        desk.key(Qt.Key.Key_Tab)
        assert desk.document.selection == (word_id,)
        chosen = desk.window.annotate.word_list.view.selectionModel().selectedIndexes()
        assert [index.row() for index in chosen] == [ids.index(word_id)]


def test_c09_a_row_brings_its_word_into_view(desk: Desk) -> None:
    ids = three_words(desk)
    for _ in range(8):
        desk.key(Qt.Key.Key_Equal, CTRL)
    desk.canvas.centerOn(20, 280)
    view = desk.window.annotate.word_list.view
    place = view.visualRect(view.model().index(2, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, NO_KEY, place)
    assert desk.document.selection == (ids[2],)
    rect = desk.canvas.word_rect()
    assert rect is not None
    assert desk.canvas.viewport().rect().contains(rect.toRect())


def test_c27_dragging_a_row_changes_the_order_everywhere(desk: Desk, tiny_project: Path, tmp_path: Path) -> None:
    ids = three_words(desk)
    view = desk.window.annotate.word_list.view
    dragged = view.model().mimeData([view.model().index(2, 0)])
    target = view.visualRect(view.model().index(0, 0))
    above = QPointF(target.center().x(), target.top() + 1)
    left, move = Qt.MouseButton.LeftButton, Qt.DropAction.MoveAction
    view.dropEvent(QDropEvent(above, move, dragged, left, NO_KEY))
    assert rows(desk) == ["1   third", "2   first", "3   second"]
    desk.canvas.setFocus()
    desk.document.select(())
    desk.key(Qt.Key.Key_Tab)
    assert desk.document.selection == (ids[2],)
    desk.until(lambda: desk.app.services.store.saved.pending == 0)
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        assert store.content(1).order == (ids[2], ids[0], ids[1])
        export(store, format="ppocr", out=tmp_path / "out")
    (label,) = (tmp_path / "out").rglob("Label.txt")
    texts = label.read_text(encoding="utf-8")
    assert texts.index('"third"') < texts.index('"first"') < texts.index('"second"')


def test_c27_an_order_is_undone_kept_for_the_page_and_takes_new_words_in(desk: Desk) -> None:
    ids = three_words(desk)
    view = desk.window.annotate.word_list.view
    view.setFocus()
    desk.document.select((ids[2],))
    QTest.keyClick(view, Qt.Key.Key_Up, ALT)
    QTest.keyClick(view, Qt.Key.Key_Up, ALT)
    QTest.keyClick(view, Qt.Key.Key_Up, ALT)
    assert desk.document.order == (ids[2], ids[0], ids[1])
    new = desk.document.add_word(Box.from_bounds(20, 100, 60, 114))
    assert desk.document.order == (ids[2], new, ids[0], ids[1]), "after the word that is before it on the page"
    desk.document.open_page(2)
    desk.until(lambda: desk.document.page is not None and desk.document.page.id == 2)
    desk.document.open_page(1)
    desk.until(lambda: ids[0] in desk.document.words)
    assert desk.document.order == (ids[2], new, ids[0], ids[1])
    for _ in range(3):
        desk.document.undo()
        QApplication.processEvents()
    assert desk.document.order == tuple(ids)
    desk.document.redo()
    assert desk.document.order == (ids[0], ids[2], ids[1])


def test_a_list_of_no_page_is_empty(desk: Desk) -> None:
    three_words(desk)
    desk.document.close_project()
    desk.until(lambda: desk.document.project is None)
    assert rows(desk) == []
