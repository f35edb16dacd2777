"""Where the page is looked at: what stays from page to page, and what comes into view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt

from crnn_gui import theme
from model.annotations import Box, Character, Prediction, Word, WordChange
from tests.helpers.desk import CTRL, Desk

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def corner(desk: Desk) -> QPointF:
    return desk.canvas.mapToScene(QPoint(0, 0))


def turn_page(desk: Desk, key: Qt.Key, name: str) -> None:
    desk.key(key)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == name)
    desk.until(lambda: desk.document.page_image is not None)


def look_near(desk: Desk, x: float, y: float) -> None:
    for _ in range(6):
        desk.key(Qt.Key.Key_Equal, CTRL)
    desk.canvas.centerOn(x, y)


def is_in_view(desk: Desk, margin: int = 0) -> bool:
    rect = desk.canvas.word_rect()
    assert rect is not None
    return desk.canvas.viewport().rect().adjusted(margin, margin, -margin, -margin).contains(rect.toRect())


def test_c22_each_page_is_looked_at_as_it_was_left(desk: Desk) -> None:
    fitted = desk.canvas.zoom
    look_near(desk, 120, 90)
    first = (desk.canvas.zoom, corner(desk))
    turn_page(desk, Qt.Key.Key_D, "second.png")
    assert desk.canvas.zoom == first[0], "a page that is new is looked at like the one before"
    desk.key(Qt.Key.Key_F, CTRL)
    turn_page(desk, Qt.Key.Key_A, "first.png")
    assert desk.canvas.zoom == pytest.approx(first[0])
    assert (corner(desk) - first[1]).manhattanLength() * desk.canvas.zoom < 4
    turn_page(desk, Qt.Key.Key_D, "second.png")
    assert desk.canvas.zoom == pytest.approx(fitted)


def test_c22_or_like_the_page_before_or_always_whole(desk: Desk) -> None:
    fitted = desk.canvas.zoom
    settings = desk.app.settings
    settings.set_value("look/paging", "keep")
    look_near(desk, 120, 90)
    turn_page(desk, Qt.Key.Key_D, "second.png")
    desk.canvas.centerOn(200, 150)
    place = corner(desk)
    turn_page(desk, Qt.Key.Key_A, "first.png")
    assert (corner(desk) - place).manhattanLength() * desk.canvas.zoom < 4
    settings.set_value("look/paging", "fit")
    turn_page(desk, Qt.Key.Key_D, "second.png")
    assert desk.canvas.zoom == pytest.approx(fitted)


def test_c09_word_that_is_gone_to_comes_into_view_with_room_around_it(desk: Desk) -> None:
    look_near(desk, 40, 30)
    far = desk.document.add_word(Box.from_bounds(350, 270, 390, 290))
    desk.document.select((1,))
    assert is_in_view(desk)
    desk.document.select((far,))
    assert is_in_view(desk)
    desk.key(Qt.Key.Key_Tab)
    assert is_in_view(desk)


def test_c09_word_of_another_page_comes_into_view_even_if_its_image_was_never_opened(desk: Desk) -> None:
    look_near(desk, 40, 30)
    there = Word(7, 2, Box.from_bounds(340, 250, 390, 280))
    desk.document.change_words("Draw word", [WordChange(None, there)])
    desk.document.open_page(2, (7,))
    desk.until(lambda: desk.document.selection == (7,) and desk.document.page_image is not None)
    assert is_in_view(desk)
    desk.until(lambda: desk.field.isVisible())


def test_c09_word_larger_than_the_view_is_shown_whole(desk: Desk) -> None:
    big = desk.document.add_word(Box.from_bounds(200, 20, 395, 290))
    desk.document.select((1,))
    for _ in range(9):
        desk.key(Qt.Key.Key_Equal, CTRL)
    desk.canvas.centerOn(30, 27)
    desk.document.select((big,))
    assert is_in_view(desk, 40)


# --- texts at the boxes ---


def has_below(desk: Desk, box: Box, token: str) -> bool:
    """Whether a colour of the theme is on the screen just below a box; edges of letters are mixed with the ground."""
    left, _, right, bottom = box.bounds
    a, b = desk.view(left, bottom), desk.view(right, bottom)
    picture = desk.canvas.viewport().grab(QRect(a.x(), a.y() + 3, b.x() - a.x(), 22)).toImage()
    wanted = theme.tokens().color(token)
    pixels = (picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height()))
    return any(
        abs(p.red() - wanted.red()) + abs(p.green() - wanted.green()) + abs(p.blue() - wanted.blue()) < 60
        for p in pixels
    )


def test_text_stands_below_its_box_with_doubtful_characters_in_their_colour(desk: Desk) -> None:
    box = Box.from_bounds(100, 150, 200, 190)
    word_id = desk.document.add_word(box)
    sure = (0.99, 0.2, 0.99, 0.99)
    spans = [Character(c, s, i / 4, (i + 1) / 4) for i, (c, s) in enumerate(zip("m0mm", sure, strict=True))]
    desk.document.record_prediction(word_id, box, Prediction("m0mm", 0.9, tuple(spans), (), "w"))
    desk.document.select(())
    desk.canvas.setFocus()
    desk.until(lambda: has_below(desk, box, "error"))
    assert has_below(desk, box, "text")
    for _ in range(8):
        desk.key(Qt.Key.Key_Minus, CTRL)
    desk.until(lambda: not has_below(desk, box, "error"))
