"""Odd characters go into the field by keys alone: found by name, by their relatives, or among those of the weights."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui.widgets.character_map import COLUMNS, CharacterMap
from tests.helpers.desk import CTRL, Desk

# The offscreen platform says so of every window with a least size, and of every popup.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "grabbing the keyboard")


def open_map(desk: Desk) -> CharacterMap:
    """Press the key in the field."""
    desk.key(Qt.Key.Key_F4)
    found = desk.window.annotate.findChild(CharacterMap)
    assert found is not None
    assert found.isVisible()
    return found


def press(shown: CharacterMap, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(shown.search, key)


def test_relatives_of_the_character_before_the_caret_come_first(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("caf")
    desk.type("e")
    shown = open_map(desk)
    assert set("éèêë") <= set(shown.characters[:40])
    place = shown.characters.index("é")
    press(shown, *[Qt.Key.Key_Down] * (place // COLUMNS), *[Qt.Key.Key_Right] * (place % COLUMNS), Qt.Key.Key_Return)
    assert not shown.isVisible()
    assert desk.field.text() == "cafeé"
    assert desk.field.hasFocus()
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "cafeé"


def test_a_name_finds_a_character_and_the_next_time_it_is_the_first(desk: Desk) -> None:
    desk.click(130, 27)
    desk.type("5")
    shown = open_map(desk)
    QTest.keyClicks(shown.search, "euro sign")
    assert shown.characters == "€"
    press(shown, Qt.Key.Key_Return)
    assert desk.field.text() == "5€"
    assert open_map(desk).characters[0] == "€"
    press(shown, Qt.Key.Key_Escape)
    assert not shown.isVisible()
    assert desk.field.text() == "5€"


def test_characters_of_the_labels_are_offered_and_nothing_is_taken_from_an_empty_map(desk: Desk) -> None:
    desk.document.set_label(1, "Ω7")
    desk.click(130, 27)
    shown = open_map(desk)
    assert {"Ω", "7"} <= set(shown.characters)
    QTest.keyClicks(shown.search, "xyzzy")
    press(shown, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert shown.isVisible()
    assert desk.field.text() == ""
    shown.hide()


def test_map_is_on_the_screen_wherever_the_field_is(desk: Desk) -> None:
    desk.click(130, 27)
    desk.window.inspector.field.setFocus()
    shown = open_map(desk)
    assert shown.screen().availableGeometry().contains(shown.geometry())
    shown.hide()
    QApplication.processEvents()
