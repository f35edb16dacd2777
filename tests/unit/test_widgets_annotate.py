"""The Annotate workspace, driven by mouse and keyboard as a person would."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton

from crnn_gui.theme import Scheme
from crnn_gui.widgets.canvas_tools import Tool
from model.annotations import Box, Prediction, Source, State, Word, WordChange
from model.messages import WordReading
from tests.helpers.desk import ALT, CTRL, SHIFT, Desk, mouse_move, predict

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

# --- drawing ---


def test_box_is_read_while_the_button_is_down(reading_desk: Desk) -> None:
    desk = reading_desk
    seen = []
    desk.app.reading.previewed.connect(lambda answer: seen.append(answer.prediction.text))
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_W)
    desk.press(200, 100)
    desk.move(220, 110)
    desk.move(250, 130)
    desk.until(lambda: "50x30" in seen)
    assert set(desk.document.words) == known, "the button is still down"
    assert desk.window.inspector.field.text() == "50x30"
    desk.move(280, 140)
    desk.release(280, 140)
    word = desk.only_new(known)
    assert word.box == Box.from_bounds(200, 100, 280, 140)
    assert desk.field.hasFocus()
    desk.until(lambda: desk.field.text() == "80x40")
    assert desk.field.selectedText() == "80x40", "typing would replace it"
    desk.key(Qt.Key.Key_Return)
    assert (desk.word(word.id).label, desk.word(word.id).source) == ("80x40", Source.ACCEPTED)


def test_typing_replaces_what_was_read(reading_desk: Desk) -> None:
    desk = reading_desk
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_W)
    desk.drag((200, 100), (260, 130))
    word = desk.only_new(known)
    desk.until(lambda: desk.field.text() == "60x30")
    desk.type("wad?")
    assert desk.field.text() == "wad?", "letters are text while typing, not shortcuts"
    desk.key(Qt.Key.Key_Return, CTRL)
    assert (desk.word(word.id).label, desk.word(word.id).source) == ("wad?", Source.TYPED)
    assert desk.document.selection == (word.id,), "verified, and stayed"


def test_reading_that_arrives_while_typing_does_not_touch_the_text(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("mine")
    predict(desk, 2, "theirs")
    assert desk.field.text() == "mine"


def test_escape_gives_up_a_drag_and_then_the_tool(desk: Desk) -> None:
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_W)
    desk.press(200, 100)
    desk.move(260, 130)
    desk.key(Qt.Key.Key_Escape)
    desk.release(260, 130)
    assert set(desk.document.words) == known
    assert desk.window.inspector.findChild(QLabel).text() == "No word selected"
    desk.key(Qt.Key.Key_Escape)
    assert not desk.window.actions_by_id["draw"].isChecked()
    desk.drag((200, 100), (260, 130))
    assert set(desk.document.words) == known, "a drag selects again"


# --- moving and resizing ---


def test_drag_moves_a_word_in_one_undo_step(desk: Desk) -> None:
    before = desk.word(2).box
    steps = desk.document.undo_stack.count()
    desk.drag((130, 27), (150, 67))
    dx, dy = (a - b for a, b in zip(desk.word(2).box.points[0], before.points[0], strict=True))
    assert (dx, dy) == pytest.approx((20, 40), abs=1)
    assert desk.word(2).box == before.moved(dx, dy)
    assert desk.document.undo_stack.count() == steps + 1
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.word(2).box == before


def test_grip_resizes(desk: Desk) -> None:
    desk.click(130, 27)
    desk.drag((160, 27), (190, 27))
    assert desk.word(2).box.bounds == (100, 20, 190, 34)


def test_arrows_move_and_resize_on_the_page_only(desk: Desk) -> None:
    desk.click(130, 27)
    assert desk.field.hasFocus()
    desk.key(Qt.Key.Key_Right)
    assert desk.word(2).box.bounds == (100, 20, 160, 34), "in the field an arrow moves the caret"
    desk.key(Qt.Key.Key_Escape)
    assert desk.canvas.hasFocus()
    for _ in range(3):
        desk.key(Qt.Key.Key_Right)
    desk.key(Qt.Key.Key_Down, ALT)
    assert desk.word(2).box.bounds == (103, 20, 163, 35)


def test_delete_and_undo(desk: Desk) -> None:
    desk.click(130, 27)
    desk.key(Qt.Key.Key_Escape)
    desk.key(Qt.Key.Key_Delete)
    assert 2 not in desk.document.words
    desk.key(Qt.Key.Key_Z, CTRL)
    assert 2 in desk.document.words
    desk.key(Qt.Key.Key_Y, CTRL)
    assert 2 not in desk.document.words


def test_band_and_control_click_select(desk: Desk) -> None:
    desk.drag((5, 5), (170, 60))
    assert set(desk.document.selection) == {1, 2}
    desk.click(130, 27, CTRL)
    assert desk.document.selection == (1,)


def test_second_click_takes_the_word_below(desk: Desk) -> None:
    big = desk.document.add_word(Box.from_bounds(90, 10, 200, 60))
    desk.click(130, 27)
    assert desk.document.selection == (2,)
    desk.click(130, 27)
    assert desk.document.selection == (big,)


# --- text ---


def test_tab_walks_in_reading_order_with_the_field_open(desk: Desk) -> None:
    desk.key(Qt.Key.Key_Tab)
    assert desk.document.selection == (1,)
    assert desk.field.hasFocus()
    assert desk.field.selectedText() == "first"
    desk.key(Qt.Key.Key_Tab)
    assert desk.document.selection == (2,)
    desk.key(Qt.Key.Key_Tab, SHIFT)
    assert desk.document.selection == (1,)
    assert desk.field.hasFocus()


def test_enter_goes_to_the_next_word_that_waits(desk: Desk) -> None:
    later = desk.document.add_word(Box.from_bounds(20, 100, 80, 120))
    last = desk.document.add_word(Box.from_bounds(20, 200, 80, 220))
    desk.document.set_label(later, "done")
    desk.click(130, 27)
    desk.type("two")
    desk.key(Qt.Key.Key_Return)
    assert desk.word(2).label == "two"
    assert desk.document.selection == (last,), "the one between is verified already"
    assert desk.field.hasFocus()


def test_enter_on_an_empty_field_verifies_nothing(desk: Desk) -> None:
    desk.click(130, 27)
    desk.key(Qt.Key.Key_Return)
    assert desk.document.state(2) is State.UNLABELLED
    assert "Type what the word says" in desk.window.notices.notices[-1].text


def test_first_escape_keeps_the_text_and_second_deselects(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("kept")
    desk.key(Qt.Key.Key_Escape)
    assert desk.word(2).label == "kept"
    assert desk.canvas.hasFocus()
    assert desk.document.selection == (2,)
    desk.key(Qt.Key.Key_Escape)
    assert desk.document.selection == ()


def test_text_survives_leaving_the_word_in_any_way(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("by click")
    desk.click(40, 27)
    assert desk.word(2).label == "by click"
    desk.click(130, 27)
    desk.type("by page")
    desk.key(Qt.Key.Key_PageDown)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    desk.document.step_page(-1)
    desk.until(lambda: 2 in desk.document.words)
    assert desk.word(2).label == "by page"


def test_alternatives_and_the_way_back(desk: Desk) -> None:
    predict(desk, 2, "read", "reed", "road")
    desk.click(130, 27)
    desk.key(Qt.Key.Key_2, ALT)
    assert desk.field.text() == "road"
    desk.key(Qt.Key.Key_Return, CTRL)
    assert (desk.word(2).label, desk.word(2).source) == ("road", Source.TYPED)
    desk.key(Qt.Key.Key_Backspace, CTRL)
    assert desk.word(2).label is None
    assert desk.field.text() == "read"


def test_undo_in_the_field_undoes_typing_first_and_then_edits(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("x")
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "x"
    desk.type("yz")
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.word(2).label == "x"
    assert desk.field.text() != "yz"
    desk.key(Qt.Key.Key_Escape)
    desk.key(Qt.Key.Key_F2)
    assert desk.field.hasFocus()
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.word(2).label is None, "nothing was typed since"


def test_nothing_acts_while_an_input_method_composes(desk: Desk) -> None:
    predict(desk, 2, "read")
    desk.click(130, 27)
    desk.key(Qt.Key.Key_End)
    QApplication.sendEvent(desk.field, QInputMethodEvent("zhang", []))
    desk.key(Qt.Key.Key_Return)
    assert desk.word(2).label is None
    done = QInputMethodEvent("", [])
    done.setCommitString("张")
    QApplication.sendEvent(desk.field, done)
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "read张"


def test_f8_finds_the_next_word_that_waits(desk: Desk) -> None:
    desk.click(40, 27)
    desk.key(Qt.Key.Key_F8)
    assert desk.document.selection == (2,)


def test_ignoring_is_a_letter_on_the_page(desk: Desk) -> None:
    desk.click(130, 27)
    desk.key(Qt.Key.Key_Escape)
    desk.key(Qt.Key.Key_I)
    assert desk.document.state(2) is State.IGNORED
    desk.key(Qt.Key.Key_I)
    assert desk.document.state(2) is not State.IGNORED


# --- the view ---


def test_control_wheel_zooms_at_the_pointer(desk: Desk) -> None:
    place = desk.view(300, 200)
    before, zoom = desk.canvas.mapToScene(place), desk.canvas.zoom
    wheel = QWheelEvent(
        QPointF(place),
        QPointF(desk.canvas.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        CTRL,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(desk.canvas.viewport(), wheel)
    assert desk.canvas.zoom == pytest.approx(zoom * 1.25**2)
    after = desk.canvas.mapToScene(place)
    assert (after - before).manhattanLength() * desk.canvas.zoom < 3


def test_zoom_stays_from_page_to_page_and_fit_fits_again(desk: Desk) -> None:
    fitted = desk.canvas.zoom
    desk.key(Qt.Key.Key_0, CTRL)
    assert desk.canvas.zoom == pytest.approx(1)
    desk.key(Qt.Key.Key_D)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    desk.until(lambda: desk.document.page_image is not None)
    assert desk.canvas.zoom == pytest.approx(1)
    desk.key(Qt.Key.Key_F, CTRL)
    assert desk.canvas.zoom == pytest.approx(fitted)


def test_space_and_drag_moves_the_page(desk: Desk) -> None:
    for _ in range(4):
        desk.key(Qt.Key.Key_Equal, CTRL)
    before = desk.canvas.mapToScene(QPoint(100, 100))
    view = desk.canvas.viewport()
    QTest.keyPress(desk.canvas, Qt.Key.Key_Space)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QApplication.sendEvent(view, mouse_move(view, QPoint(260, 280)))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(260, 280))
    QTest.keyRelease(desk.canvas, Qt.Key.Key_Space)
    moved = desk.canvas.mapToScene(QPoint(100, 100)) - before
    assert (moved * desk.canvas.zoom - QPointF(40, 20)).manhattanLength() < 3
    assert desk.document.selection == ()


def test_selected_word_and_its_field_come_into_view(desk: Desk) -> None:
    for _ in range(8):
        desk.key(Qt.Key.Key_Equal, CTRL)
    far = desk.document.add_word(Box.from_bounds(350, 270, 390, 290))
    desk.document.select(())
    desk.document.select((far,))
    rect = desk.canvas.word_rect()
    assert rect is not None
    assert desk.canvas.viewport().rect().contains(rect.toRect())
    assert desk.field.isVisible()
    assert desk.canvas.viewport().rect().contains(desk.field.geometry())


# --- reading ---


def test_words_are_read_when_the_recogniser_comes_and_when_boxes_change(reading_desk: Desk) -> None:
    desk = reading_desk
    assert 2 in desk.document.predictions, "the unlabelled word of the open page"
    desk.click(130, 27)
    desk.key(Qt.Key.Key_Escape)
    desk.key(Qt.Key.Key_Right, ALT)
    desk.until(lambda: 2 in desk.document.predictions and desk.document.predictions[2].text == "61x14")


def test_reading_a_verified_word_again_keeps_its_label(reading_desk: Desk) -> None:
    desk = reading_desk
    desk.click(40, 27)
    desk.key(Qt.Key.Key_R, CTRL)
    desk.until(lambda: 1 in desk.document.predictions)
    assert desk.word(1).label == "first"
    assert desk.field.text() == "first"


def test_key_events_reach_nobody_twice(desk: Desk) -> None:
    """The override that Qt asks with before each key must not act by itself."""
    desk.click(130, 27)
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Backspace, CTRL)
    QApplication.sendEvent(desk.field, override)
    assert not override.isAccepted(), "the action of the table takes it"
    letter = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_W, Qt.KeyboardModifier.NoModifier, "w")
    QApplication.sendEvent(desk.field, letter)
    assert letter.isAccepted(), "letters are the field's own"


# --- nothing typed is lost, nothing hides the word ---


def test_text_typed_before_the_project_is_closed_is_kept(desk: Desk, tiny_project: Path) -> None:
    desk.click(130, 27)
    desk.type("draft")
    desk.key(Qt.Key.Key_W, CTRL)
    desk.until(lambda: desk.document.project is None)
    desk.document.open_path(tiny_project)
    desk.until(lambda: 2 in desk.document.words)
    assert desk.word(2).label == "draft"


def test_keys_work_on_the_page_at_once_after_coming_back_to_it(desk: Desk) -> None:
    desk.window.show_workspace("review")
    desk.window.show_workspace("annotate")
    assert desk.canvas.hasFocus()
    desk.key(Qt.Key.Key_Tab)
    assert desk.field.hasFocus()


def test_reading_nothing_is_no_alternative(desk: Desk) -> None:
    desk.click(130, 27)
    predict(desk, 2, "reading", "", "second")
    desk.key(Qt.Key.Key_1, ALT)
    assert desk.field.text() == "second"


def test_grips_leave_a_small_word_visible(desk: Desk) -> None:
    def shown() -> int:
        return sum(item.isVisible() for item in desk.canvas._grips._squares.values())

    desk.click(130, 27)
    desk.canvas.zoom_word()
    assert shown() == 8
    desk.key(Qt.Key.Key_0, CTRL)
    assert shown() == 0, "the box is 14 pixels high now"


def test_field_is_as_wide_as_its_text(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("a rather long text for a box")
    assert desk.field.fontMetrics().horizontalAdvance(desk.field.text()) < desk.field.width()


def test_unreadable_page_takes_no_boxes_and_its_notice_goes_with_it(desk: Desk, tiny_project: Path) -> None:
    (tiny_project / "second.png").write_bytes(b"")
    desk.app.services.images.clear()
    desk.document.open_page(2)
    desk.until(lambda: desk.document.page is not None and desk.document.page.problem)
    assert "empty" in desk.window.notices.notices[0].text
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_A)
    desk.until(lambda: desk.document.page is not None and desk.document.page.id == 1)
    assert not desk.window.notices.notices


def test_narrow_window_leaves_the_page_the_room(desk: Desk) -> None:
    desk.window.resize(800, 600)
    desk.until(lambda: not desk.window.annotate.pages.isVisible())
    desk.until(lambda: desk.canvas.width() > 350)
    desk.key(Qt.Key.Key_P, CTRL)
    assert desk.window.annotate.pages.isVisible()
    desk.window.resize(1200, 800)
    desk.until(lambda: desk.window.annotate.pages.isVisible())


def test_all_pages_can_be_read_at_once(reading_desk: Desk) -> None:
    desk = reading_desk
    change = WordChange(None, Word(7, 2, Box.from_bounds(10, 10, 60, 30)))
    desk.document.change_words("Draw word", [change])
    seen: list[int] = []
    desk.document.predicted.connect(lambda read: seen.extend(word_id for word_id, _, _ in read))
    desk.window.actions_by_id["read_project"].trigger()
    desk.until(lambda: 7 in seen)


def test_answer_for_words_of_the_project_before_is_dropped(reading_desk: Desk, tmp_path: Path) -> None:
    desk = reading_desk
    box = desk.word(2).box
    desk.app.reading._asked.clear()
    desk.document.delete_words((1,))
    seen: list[object] = []
    desk.document.predicted.connect(seen.append)
    desk.app.services.predictor.bulk_answer.emit((WordReading(2, box, Prediction("old", 0.5, (), (), "w")),))
    assert not seen


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_a_narrow_window_shows_where_the_other_tools_are(desk: Desk, scheme: Scheme) -> None:
    desk.window.use_look(scheme.value)
    desk.window.resize(1024, 640)
    more = desk.window.annotate.findChild(QToolButton, "qt_toolbar_ext_button")
    desk.until(more.isVisible)
    image = desk.window.grab(QRect(more.mapTo(desk.window, QPoint()), more.size())).toImage()
    ground = image.pixelColor(0, 0).lightness()
    seen = [
        abs(image.pixelColor(x, y).lightness() - ground) for x in range(image.width()) for y in range(image.height())
    ]
    desk.window.use_look(Scheme.LIGHT.value)
    assert sum(difference > 64 for difference in seen) >= 8


def test_letters_mean_the_page_after_a_click_on_its_row(desk: Desk) -> None:
    view = desk.window.annotate.pages.view
    desk.until(lambda: view.model().rowCount() == 2)
    place = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    assert QApplication.focusWidget() is view
    desk.key(Qt.Key.Key_W)
    assert desk.canvas.tool is Tool.RECTANGLE
    assert desk.canvas.hasFocus()


# --- from word to word ---


def add_second_page_word(desk: Desk, word_id: int = 7) -> None:
    """Put a word that waits on the second page, which is not open."""
    change = WordChange(None, Word(word_id, 2, Box.from_bounds(10, 10, 60, 30)))
    desk.document.change_words("Draw word", [change])


def test_enter_goes_on_with_the_next_page_that_has_a_word_to_decide_on(desk: Desk) -> None:
    add_second_page_word(desk)
    desk.click(130, 27)
    desk.type("two")
    desk.key(Qt.Key.Key_Return)
    desk.until(lambda: desk.document.selection == (7,) and desk.field.hasFocus())
    assert desk.document.page.path == "second.png"
    desk.type("seven")
    desk.key(Qt.Key.Key_Return)
    desk.until(lambda: desk.window.notices.notices)
    assert "No word of this project waits" in desk.window.notices.notices[-1].text
    assert desk.word(7).label == "seven"


def test_enter_after_each_word_that_is_drawn_leaves_the_page_where_it_is(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("two")
    desk.key(Qt.Key.Key_Return, CTRL)
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_W)
    known, before = set(desk.document.words), desk.view(0, 0)
    desk.drag((40, 100), (140, 130))
    desk.until(desk.field.hasFocus)
    desk.type("new")
    done = QSignalSpy(desk.window.annotate.editor.all_done)
    desk.key(Qt.Key.Key_Return)
    desk.until(done.count)
    assert desk.only_new(known).label == "new"
    assert desk.window.notices.notices == ()
    assert desk.view(0, 0) == before


def test_what_is_typed_while_the_next_page_is_opened_acts_on_nothing(desk: Desk) -> None:
    add_second_page_word(desk)
    desk.click(130, 27)
    desk.type("two")
    desk.key(Qt.Key.Key_Return)
    assert desk.document.page.path == "first.png", "the store has not answered yet"
    for key in (Qt.Key.Key_Return, Qt.Key.Key_W, Qt.Key.Key_I):
        QTest.keyClick(desk.canvas, key)
    assert not desk.window.actions_by_id["draw"].isChecked()
    desk.until(lambda: desk.document.selection == (7,))
    assert desk.word(7).label is None
    assert not desk.word(7).ignored


def test_f8_goes_over_the_end_and_leaves_out_pages_that_cannot_be_read(desk: Desk, tiny_project: Path) -> None:
    add_second_page_word(desk)
    (tiny_project / "second.png").write_bytes(b"")
    desk.app.services.images.clear()
    first = desk.document.add_word(Box.from_bounds(5, 5, 15, 12))
    desk.click(130, 27)
    desk.key(Qt.Key.Key_F8)
    desk.until(lambda: desk.document.selection == (first,))
    desk.key(Qt.Key.Key_F8, SHIFT)
    desk.until(lambda: desk.document.selection == (2,))
    assert desk.document.page.path == "first.png"
