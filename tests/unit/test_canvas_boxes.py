"""Boxes that are turned, and boxes of four corners, by mouse and keys as a person would."""

from __future__ import annotations

import math

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui.widgets.canvas_tools import Handle, handle_points
from model.annotations import Box, Point
from model.geometry import angle, centre, is_rectangle, is_sound, rectangle, rotated
from model.images import cut_crop
from model.ink import cut_sides
from tests.helpers.desk import ALT, CTRL, NO_KEY, SHIFT, Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LEFT = Qt.MouseButton.LeftButton
BOX = Box.from_bounds(100, 100, 220, 140)


def draw(desk: Desk, box: Box = BOX) -> int:
    """Put a word on the page, alone in the selection, with the keys on the page."""
    word_id = desk.document.add_word(box)
    desk.canvas.setFocus()
    return word_id


def turn_handle(desk: Desk) -> Point:
    """Return the place of the handle that turns the current box, on the page."""
    place = desk.canvas._grips._turn.pos()
    assert desk.canvas._grips._turn.isVisible()
    return place.x(), place.y()


# --- turning ---


def test_c26_one_handle_turns_the_box_by_whole_degrees_and_shows_them(desk: Desk) -> None:
    word_id = draw(desk)
    steps = desk.document.undo_stack.count()
    start, middle = turn_handle(desk), centre(BOX)
    end = rotated(start, 33.3, middle)
    desk.press(*start)
    desk.move(*rotated(start, 20, middle))
    desk.move(*end)
    degrees = desk.canvas._grips._degrees
    assert degrees.isVisible()
    assert degrees._text == "33°"
    desk.release(*end)
    assert not degrees.isVisible()
    box = desk.word(word_id).box
    assert angle(box) == pytest.approx(33, abs=0.01)
    assert (box.width, box.height) == pytest.approx((120, 40), abs=0.01)
    assert desk.document.undo_stack.count() == steps + 1
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.word(word_id).box == BOX


def test_c26_shift_turns_in_steps_of_15_degrees(desk: Desk) -> None:
    word_id = draw(desk)
    start = turn_handle(desk)
    desk.drag(start, rotated(start, 33.3, centre(BOX)), SHIFT)
    assert angle(desk.word(word_id).box) == pytest.approx(30, abs=0.01)


def test_c26_keys_turn_by_1_and_by_15_degrees_and_back_to_the_very_same_box(desk: Desk) -> None:
    word_id = draw(desk)
    desk.key(Qt.Key.Key_Period, SHIFT)
    desk.key(Qt.Key.Key_Period)
    assert angle(desk.word(word_id).box) == pytest.approx(16, abs=0.01)
    assert is_rectangle(desk.word(word_id).box)
    desk.key(Qt.Key.Key_Comma)
    desk.key(Qt.Key.Key_Comma, SHIFT)
    assert desk.word(word_id).box == BOX


def test_c26_angle_field_shows_and_sets_the_angle(desk: Desk) -> None:
    word_id = draw(desk, rectangle(centre(BOX), 120, 40, 12))
    field = desk.window.annotate.angle
    assert field.isEnabled()
    assert field.value() == pytest.approx(12, abs=0.05)
    field.setFocus()
    field.selectAll()
    desk.type("7.5")
    desk.key(Qt.Key.Key_Return)
    assert angle(desk.word(word_id).box) == pytest.approx(7.5, abs=0.01)
    assert desk.canvas.hasFocus(), "Enter hands the keys back to the page"
    field.setFocus()
    field.selectAll()
    desk.type("90")
    desk.key(Qt.Key.Key_Escape)
    assert angle(desk.word(word_id).box) == pytest.approx(7.5, abs=0.01), "Esc leaves it as it was"
    assert desk.canvas.hasFocus()
    desk.document.select(())
    assert not field.isEnabled()


def test_resizing_a_turned_box_by_mouse_and_keys_keeps_its_angle(desk: Desk) -> None:
    turned = rectangle((200, 160), 120, 40, 20)
    word_id = draw(desk, turned)
    start = handle_points(turned)[Handle.RIGHT]
    desk.drag(start, (start[0] + 30, start[1] + 11))
    box = desk.word(word_id).box
    assert angle(box) == pytest.approx(20, abs=0.01)
    assert box.width > turned.width + 25
    assert math.dist(box.points[0], turned.points[0]) < 0.01, "the other end stays"
    desk.key(Qt.Key.Key_Right, ALT)
    wider = desk.word(word_id).box
    assert (wider.width - box.width, angle(wider)) == pytest.approx((1, 20), abs=0.02)


def test_arrows_move_all_selected_words_and_shift_goes_by_ten(desk: Desk) -> None:
    before = {i: desk.word(i).box for i in (1, 2)}
    desk.key(Qt.Key.Key_A, CTRL)
    desk.key(Qt.Key.Key_Down, SHIFT)
    desk.key(Qt.Key.Key_Right)
    for word_id in (1, 2):
        assert desk.word(word_id).box == before[word_id].moved(1, 10)
    desk.key(Qt.Key.Key_Z, CTRL)
    assert {i: desk.word(i).box for i in (1, 2)} == before, "one step of Undo"


def test_drag_moves_all_selected_words(desk: Desk) -> None:
    before = {i: desk.word(i).box for i in (1, 2)}
    desk.key(Qt.Key.Key_A, CTRL)
    desk.drag((130, 27), (140, 67))
    moved = {i: desk.word(i).box for i in (1, 2)}
    (dx, dy) = (a - b for a, b in zip(moved[1].points[0], before[1].points[0], strict=True))
    assert (dx, dy) == pytest.approx((10, 40), abs=1)
    assert moved[2] == before[2].moved(dx, dy)
    assert desk.document.selection == (1, 2)


# --- the direction of reading ---


def test_c11_a_key_turns_the_reading_and_the_crop_that_is_shown_is_what_is_exported(desk: Desk) -> None:
    word_id = draw(desk, Box.from_bounds(15, 15, 65, 40))
    page = desk.document.page_image.pixels
    upright = cut_crop(page, desk.word(word_id).box)
    for quarters in (1, 2, 3):
        desk.key(Qt.Key.Key_O)
        crop = cut_crop(page, desk.word(word_id).box)
        expected = upright.rotate(90 * quarters, expand=True)
        assert crop.size == expected.size
        assert crop.tobytes() == expected.tobytes(), "no pixel is lost or mirrored"
        shown = desk.window.inspector.crop_image.convertToFormat(desk.window.inspector.crop_image.Format.Format_RGB888)
        bits = bytes(shown.constBits())
        rows = [bits[y * shown.bytesPerLine() :][: 3 * shown.width()] for y in range(shown.height())]
        assert Image.frombytes("RGB", (shown.width(), shown.height()), b"".join(rows)).tobytes() == crop.tobytes()
    desk.key(Qt.Key.Key_O, SHIFT)
    assert angle(desk.word(word_id).box) == 180
    desk.key(Qt.Key.Key_Z, CTRL)
    assert angle(desk.word(word_id).box) == 0, "a row of quick presses is one step of Undo"


# --- four corners ---

CORNERS = ((60.0, 90.0), (200.0, 80.0), (210.0, 130.0), (64.0, 120.0))


def test_four_clicks_draw_a_box_with_a_live_reading_before_the_last(reading_desk: Desk) -> None:
    desk = reading_desk
    seen: list[Box | None] = []
    desk.canvas.box_previewed.connect(seen.append)
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_Q)
    assert desk.window.actions_by_id["draw_corners"].isChecked()
    for corner in CORNERS[:3]:
        desk.click(*corner)
    desk.move(*CORNERS[3])
    assert seen
    assert seen[-1] is not None
    desk.until(lambda: desk.window.inspector.field.text() != "")
    desk.click(*CORNERS[3])
    box = desk.only_new(known).box
    for has, wanted in zip(box.points, CORNERS, strict=True):
        assert has == pytest.approx(wanted, abs=1.5)
    assert desk.field.hasFocus()


def test_corners_clicked_the_other_way_round_read_from_the_first(desk: Desk) -> None:
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_Q)
    for corner in (CORNERS[0], CORNERS[3], CORNERS[2], CORNERS[1]):
        desk.click(*corner)
    box = desk.only_new(known).box
    assert is_sound(box)
    assert box.points[0] == pytest.approx(CORNERS[0], abs=1.5)
    assert box.points[1] == pytest.approx(CORNERS[1], abs=1.5)


def test_escape_takes_the_corners_back_and_then_the_tool(desk: Desk) -> None:
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_Q)
    desk.click(*CORNERS[0])
    desk.click(*CORNERS[1])
    assert desk.canvas.drawn.isVisible()
    desk.key(Qt.Key.Key_Escape)
    assert not desk.canvas.drawn.isVisible()
    assert desk.window.actions_by_id["draw_corners"].isChecked()
    desk.key(Qt.Key.Key_Escape)
    assert not desk.window.actions_by_id["draw_corners"].isChecked()
    assert set(desk.document.words) == known


def test_a_corner_within_the_others_is_refused_with_a_sentence(desk: Desk) -> None:
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_Q)
    for corner in ((60, 90), (200, 90), (130, 200), (130, 120)):
        desk.click(*corner)
    assert set(desk.document.words) == known
    assert "within the other three" in desk.window.notices.notices[-1].text
    desk.click(200, 190)
    assert is_sound(desk.only_new(known).box), "the other corners were kept"


def test_alt_drags_one_corner_and_never_through_the_others(desk: Desk) -> None:
    word_id = draw(desk)
    desk.drag((220, 140), (240, 160), ALT)
    box = desk.word(word_id).box
    assert box.points[2] == pytest.approx((240, 160), abs=1)
    assert box.points[:2] == BOX.points[:2]
    desk.drag(box.points[2], (20, 60), ALT)
    assert is_sound(desk.word(word_id).box)


def test_the_tool_for_corners_drags_them_too(desk: Desk) -> None:
    word_id = draw(desk)
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_Q)
    desk.drag((100, 100), (90, 85))
    assert set(desk.document.words) == known
    assert desk.word(word_id).box.points[0] == pytest.approx((90, 85), abs=1)
    desk.key(Qt.Key.Key_Escape)
    desk.drag(desk.word(word_id).box.points[0], (80, 80))
    assert not is_rectangle(desk.word(word_id).box), "grips of such a box move their own corners"


# --- the mouse ---


def test_c28_each_click_goes_one_down_the_stack_however_quick(desk: Desk) -> None:
    big = desk.document.add_word(Box.from_bounds(90, 10, 200, 60))
    biggest = desk.document.add_word(Box.from_bounds(80, 5, 220, 80))
    view, place = desk.canvas.viewport(), desk.view(130, 27)
    desk.click(130, 27)
    assert desk.document.selection == (2,), "the smallest first"
    # The second press within the system's time reaches a widget as a double click.
    for wanted in (big, biggest, 2):
        press = QMouseEvent(QEvent.Type.MouseButtonDblClick, place, view.mapToGlobal(place), LEFT, LEFT, NO_KEY)
        QApplication.sendEvent(view, press)
        QTest.mouseRelease(view, LEFT, NO_KEY, place)
        assert desk.document.selection == (wanted,)


# --- the writing ---


def test_c26_a_key_draws_the_box_close_around_the_writing(desk: Desk) -> None:
    word_id = draw(desk, Box.from_bounds(5, 5, 90, 50))
    desk.key(Qt.Key.Key_F)
    left, top, right, bottom = desk.word(word_id).box.bounds
    assert 14 <= left <= 22, "the text was written from (20, 20) on"
    assert 14 <= top <= 24
    assert right < 60
    assert bottom < 40
    desk.key(Qt.Key.Key_Z, CTRL)
    assert desk.word(word_id).box == Box.from_bounds(5, 5, 90, 50)


def test_where_there_is_no_writing_the_box_stays_and_a_sentence_says_so(desk: Desk) -> None:
    word_id = draw(desk, Box.from_bounds(200, 200, 260, 230))
    desk.key(Qt.Key.Key_F)
    assert desk.word(word_id).box == Box.from_bounds(200, 200, 260, 230)
    assert "No writing stands out" in desk.window.notices.notices[-1].text


def test_the_side_that_cuts_a_character_is_marked_once_the_box_rests(desk: Desk) -> None:
    def marked() -> tuple[int, ...]:
        return tuple(side for side, line in enumerate(desk.canvas._grips._cuts) if line.isVisible())

    pixels = desk.document.page_image.pixels
    word_id = draw(desk, Box.from_bounds(5, 5, 90, 50))
    desk.until(lambda: not desk.canvas._cuts_soon.isActive())
    assert marked() == ()
    tight = [Box.from_bounds(left, 15, 80, 36) for left in range(19, 45)]
    cutting = next(box for box in tight if 0 in cut_sides(pixels, box))
    desk.document.move_word(word_id, cutting)
    assert marked() == (), "not while it moves"
    desk.until(lambda: 0 in marked())
    desk.document.select(())
    assert marked() == ()
