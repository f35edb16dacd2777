"""The inspector follows the hands: live boxes, quarter turns, and other readings of words that were read in bulk."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from crnn_gui.services.predictor import LiveAnswer
from crnn_gui.widgets.strip_view import StripView
from model.annotations import Alternative, Box, Character, Prediction
from tests.helpers.desk import Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def test_c40_crop_and_strip_follow_every_move_of_a_drag(desk: Desk) -> None:
    inspector = desk.window.inspector
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_W)
    desk.press(200, 100)
    for right in (240, 270, 333):
        desk.move(right, 130)
        assert inspector.crop_image.width() == pytest.approx(right - 200, abs=2)
    desk.release(333, 130)


def test_spans_stay_while_the_next_reading_is_awaited(desk: Desk) -> None:
    strip = desk.window.inspector.findChild(StripView)
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_W)
    desk.press(200, 100)
    desk.move(240, 130)
    box = Box.from_bounds(200, 100, 240, 130)
    reading = Prediction("ab", 0.9, (Character("a", 0.9, 0, 0.5), Character("b", 0.8, 0.5, 1)))
    desk.app.reading.previewed.emit(LiveAnswer(1, None, box, reading, np.zeros((32, 40), np.uint8)))
    assert strip.accessibleDescription() == "a 90%, b 80%"
    desk.move(250, 130)
    assert strip.accessibleDescription() == "a 90%, b 80%"
    desk.key(Qt.Key.Key_Escape)
    desk.release(250, 130)
    desk.press(20, 200)
    desk.move(80, 230)
    assert strip.accessibleDescription() == "", "another drag is another word"
    desk.release(80, 230)


def test_a_word_is_turned_by_a_quarter_beside_its_crop(desk: Desk) -> None:
    inspector = desk.window.inspector
    desk.click(130, 27)
    before, upright = desk.word(2).box, inspector.crop_image
    button = next(
        b for b in inspector.findChildren(QToolButton) if b.defaultAction() is desk.window.actions_by_id["turn_reading"]
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (inspector.crop_image.width(), inspector.crop_image.height()) == (upright.height(), upright.width())
    assert desk.word(2).box.bounds == before.bounds
    assert desk.word(2).box.points[0] != before.points[0], "the orientation is stored"
    desk.document.undo()
    assert desk.word(2).box == before


def test_a_word_that_was_read_in_bulk_is_read_once_more_for_other_readings(reading_desk: Desk) -> None:
    desk = reading_desk
    assert desk.document.predictions[2].text == "first.png"
    desk.click(130, 27)
    desk.until(lambda: re.fullmatch(r"\d+x\d+", desk.document.predictions[2].text))


def test_the_word_at_hand_keeps_its_other_readings_when_its_page_is_read(reading_desk: Desk) -> None:
    desk = reading_desk
    desk.click(130, 27)
    desk.until(lambda: desk.document.predictions[2].text != "first.png")
    read: list[str] = []
    desk.document.predicted.connect(lambda kept: read.extend(p.text for i, _, p in kept if i == 2))
    desk.window.actions_by_id["read_page"].trigger()
    desk.until(lambda: len(read) == 2)
    assert read[0] == "first.png"
    assert re.fullmatch(r"\d+x\d+", read[1])


def test_a_word_with_other_readings_is_left_as_it_was_read(reading_desk: Desk) -> None:
    desk = reading_desk
    weights = desk.document.predictions[2].weights
    reading = Prediction("read", 0.9, (), (Alternative("reed", 0.1),), weights)
    desk.document.record_prediction(2, desk.word(2).box, reading)
    live: list[object] = []
    desk.app.services.predictor.live_answer.connect(live.append)
    desk.click(130, 27)
    desk.document.add_word(Box.from_bounds(200, 100, 260, 130))
    desk.until(lambda: live)
    assert [answer.word_id for answer in live] == [3], "the new word alone"
