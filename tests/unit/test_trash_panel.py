"""Deleting pages by keys in the list, and the trash panel: choose, Enter, and a question before anything is final."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from crnn_gui.widgets.trash_panel import TrashPanel
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import draw_page
from tests.helpers.desk import CTRL, SHIFT, Desk

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)", extend=True)


def paths(desk: Desk) -> list[str]:
    return [page.path for page in desk.document.pages]


def listed(desk: Desk) -> list[str]:
    model = desk.window.annotate.pages.view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def delete_first_page(desk: Desk) -> None:
    desk.window.annotate.pages.view.setFocus()
    desk.key(Qt.Key.Key_Delete)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")


def opened(desk: Desk) -> TrashPanel:
    desk.window.actions_by_id["trash"].trigger()
    return desk.app.panels.trash


def choose(panel: TrashPanel, group: int, row: int) -> None:
    panel.list.setCurrentItem(panel.list.topLevelItem(group).child(row))
    panel.list.setFocus()


def click(panel: TrashPanel, text: str) -> None:
    [button] = [b for b in panel.notices.findChildren(QPushButton) if b.text() == text and b.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_c29_delete_in_the_list_moves_the_page_to_the_trash_and_ctrl_z_brings_it_back(desk: Desk) -> None:
    delete_first_page(desk)
    assert listed(desk) == ["second.png"]
    assert [notice.text for notice in desk.window.notices.notices][-1].startswith("1 page moved to the trash")
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_Z, CTRL)
    desk.until(lambda: desk.document.page.path == "first.png")
    assert listed(desk) == ["first.png", "second.png"]


def test_letters_and_backspace_in_the_search_for_pages_delete_none(desk: Desk) -> None:
    desk.window.annotate.search_pages()
    desk.type("f")
    desk.key(Qt.Key.Key_Backspace)
    desk.key(Qt.Key.Key_Delete)
    assert paths(desk) == ["first.png", "second.png"]


def test_pages_opened_by_shortcuts_do_not_gather_as_chosen(desk: Desk) -> None:
    """Ctrl and Shift are still down when verifying a page opens the next one."""
    desk.key(Qt.Key.Key_Return, CTRL | SHIFT)
    QTest.keyPress(desk.canvas, Qt.Key.Key_Control, CTRL)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    assert desk.window.annotate.pages.chosen == (desk.document.page.id,)
    QTest.keyRelease(desk.canvas, Qt.Key.Key_Control)


def test_the_panel_names_what_was_deleted_and_enter_takes_it_back(desk: Desk) -> None:
    panel = opened(desk)
    assert panel.rows == ()
    word = next(iter(desk.document.words.values()))
    desk.document.delete_words([word.id])
    delete_first_page(desk)
    desk.until(lambda: len(panel.rows) == 1)
    assert panel.rows[0][:2] == ("first.png", "1 word"), "the deleted word is with its page"
    choose(panel, 0, 0)
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    desk.until(lambda: panel.rows and panel.rows[0][:2] == ("first", "first.png"))
    assert paths(desk) == ["first.png", "second.png"]
    choose(panel, 0, 0)
    QTest.mouseClick(panel.restore_button, Qt.MouseButton.LeftButton)
    desk.until(lambda: panel.rows == ())
    assert desk.document.words[word.id].label == "first"
    assert not panel.restore_button.isEnabled()
    panel.close()


def test_pages_are_forgotten_only_after_the_question_and_for_good(desk: Desk) -> None:
    folder = desk.document.project.folder
    delete_first_page(desk)
    panel = opened(desk)
    desk.until(panel.empty_button.isVisible)
    QTest.mouseClick(panel.empty_button, Qt.MouseButton.LeftButton)
    assert [notice.text[:19] for notice in panel.notices.notices] == ["1 page with 2 words"]
    click(panel, "Keep them")
    assert panel.notices.notices == ()
    QTest.mouseClick(panel.empty_button, Qt.MouseButton.LeftButton)
    click(panel, "Forget them")
    desk.until(lambda: panel.rows == () and not panel.empty_button.isVisible())
    assert not desk.document.undo_stack.canUndo()
    assert (folder / "first.png").exists()
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        assert [page.path for page in store.pages()] == ["second.png"]
    panel.close()


def test_c29_the_list_stays_where_it_was_scrolled_to(desk: Desk) -> None:
    folder = desk.document.project.folder
    for i in range(40):
        draw_page(folder / f"{i}.png", size=(40, 30))
    desk.document.close_project()
    desk.until(lambda: desk.document.project is None)
    desk.document.open_path(folder)
    desk.until(lambda: len(desk.document.pages) == 42 and desk.document.page_image is not None)
    desk.until(lambda: not desk.app.services.tasks.running)
    view = desk.window.annotate.pages.view
    desk.document.open_page(desk.document.pages[30].id)
    desk.until(lambda: desk.document.page == desk.document.pages[30])
    before, after = view.verticalScrollBar().value(), desk.document.pages[31]
    assert before > 500
    view.setFocus()
    desk.key(Qt.Key.Key_Delete)
    desk.until(lambda: desk.document.page is not None and desk.document.page.id == after.id)
    assert view.verticalScrollBar().value() == before
    assert view.currentIndex().data() == after.path
