"""The card under the word: its pixels, other readings, odd characters, writing systems, and its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QInputMethodEvent, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui import theme
from model.annotations import Box, Source, State
from tests.helpers.desk import ALT, CTRL, SHIFT, Desk, predict

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

EVERY_ACTION = [
    (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Return, CTRL),
    (Qt.Key.Key_1, ALT),
    (Qt.Key.Key_Backspace, CTRL),
    (Qt.Key.Key_F8, Qt.KeyboardModifier.NoModifier),
    (Qt.Key.Key_Z, CTRL),
    (Qt.Key.Key_Return, CTRL | SHIFT),
]


def compose(desk: Desk, preedit: str = "", *, commit: str = "") -> None:
    """Let an input method show a text that is not committed yet, or commit one."""
    event = QInputMethodEvent(preedit, [])
    event.setCommitString(commit)
    QApplication.sendEvent(desk.field, event)


# --- input methods and writing systems ---


@pytest.mark.parametrize(("key", "modifiers"), EVERY_ACTION)
def test_c07_no_key_acts_while_an_input_method_composes(
    desk: Desk, key: Qt.Key, modifiers: Qt.KeyboardModifier
) -> None:
    predict(desk, 2, "read", "reed")
    desk.click(130, 27)
    compose(desk, "zhang")
    desk.key(key, modifiers)
    assert desk.document.selection == (2,)
    assert desk.document.state(2) is State.SUGGESTED
    assert desk.word(1).label == "first"
    assert not desk.document.page.verified
    compose(desk, commit="张")
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "张"


def test_c07_letters_and_editing_keys_are_text_in_a_field(desk: Desk) -> None:
    desk.click(130, 27)
    before = desk.word(2).box
    desk.type("wqira dI? ")
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Home, Qt.Key.Key_Delete, Qt.Key.Key_End, Qt.Key.Key_Backspace):
        desk.key(key)
    assert desk.field.text() == "qira dI?"
    assert desk.word(2).box == before
    assert len(desk.document.words) == 2
    assert not desk.window.actions_by_id["draw"].isChecked()


def test_c33_labels_are_kept_in_normal_form_c(desk: Desk) -> None:
    desk.click(130, 27)
    compose(desk, commit=unicodedata.normalize("NFD", "Größe"))
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "Größe"
    assert desk.field.text() == "Größe"


def test_c33_text_from_right_to_left_begins_at_the_right(desk: Desk) -> None:
    desk.click(130, 27)
    compose(desk, commit="مرحبا")
    desk.key(Qt.Key.Key_Home)
    desk.field.grab()  # it is scrolled when it is painted
    assert desk.field.cursorRect().center().x() > desk.field.width() - 24
    desk.key(Qt.Key.Key_Return, CTRL)
    assert desk.word(2).label == "مرحبا"


def test_c33_a_letter_of_another_script_is_told_with_its_code_point(desk: Desk) -> None:
    hint = desk.window.annotate.card.hint
    desk.click(130, 27)
    desk.type("pay")
    assert not hint.isVisible()
    compose(desk, commit="р")
    assert hint.isVisible()
    assert "U+0440 CYRILLIC SMALL LETTER ER" in hint.text
    desk.key(Qt.Key.Key_Backspace)
    assert not hint.isVisible()


# --- what stands on the card ---


def test_crop_stands_above_the_text_at_the_size_of_the_type(desk: Desk) -> None:
    card = desk.window.annotate.card
    desk.click(130, 27)
    line = desk.field.fontMetrics().height()
    assert line <= card.crop.height() <= 1.5 * line
    assert card.crop.geometry().bottom() < desk.field.geometry().top()
    shown = desk.window.inspector.crop_image
    assert card.crop.sizeHint().width() == pytest.approx(shown.width() / shown.height() * card.crop.height(), abs=12)


def test_readings_stand_on_the_card_and_are_taken_by_key_or_click(desk: Desk) -> None:
    readings = desk.window.annotate.card.readings
    predict(desk, 2, "read", "reed", "", "road")
    desk.click(130, 27)
    assert readings.texts == ("reed", "road")
    QTest.mouseClick(readings, Qt.MouseButton.LeftButton, pos=QPoint(30, readings.height() // 2))
    assert desk.field.text() == "reed"
    desk.key(Qt.Key.Key_2, ALT)
    assert desk.field.text() == "road"
    desk.key(Qt.Key.Key_Return, CTRL)
    assert (desk.word(2).label, desk.word(2).source) == ("road", Source.TYPED)


def test_clicks_on_the_card_are_not_for_the_page_below(desk: Desk) -> None:
    below = desk.document.add_word(Box.from_bounds(100, 40, 160, 80))
    desk.click(130, 27)
    card = desk.window.annotate.card
    QTest.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert desk.document.selection == (2,)
    assert below in desk.document.words


# --- its place ---


@pytest.fixture(params=(1.0, 2.0, 3.0))
def large_text(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Desk]:
    """The desk with words typed at one, two and three times the usual size."""
    desk.field.setFont(theme.word_font(share=request.param))
    desk.field.ensurePolished()
    return desk


@pytest.mark.parametrize(
    "bounds", [(0, 0, 60, 20), (340, 0, 400, 20), (0, 280, 60, 300), (340, 280, 400, 300), (0, 0, 400, 300)]
)
def test_c32_card_is_never_beyond_the_edges(large_text: Desk, bounds: tuple[float, float, float, float]) -> None:
    desk = large_text
    word = desk.document.add_word(Box.from_bounds(*bounds))
    predict(desk, word, "a text that is far longer than its word", "another one", "and one more", "too")
    for zoom in ("zoom_fit", "zoom_full", "zoom_word"):
        desk.window.actions_by_id[zoom].trigger()
        desk.document.select((word,))
        card, view = desk.window.annotate.card, desk.canvas.viewport().rect()
        assert card.isVisible()
        assert view.contains(card.geometry())
        assert QRect(QPoint(), card.size()).contains(desk.field.geometry())
        rect = desk.canvas.word_rect().toRect()
        if max(rect.top(), view.height() - rect.bottom()) > card.height() + 24:
            assert not card.geometry().intersects(rect), "where there is room, the word stays visible"


def test_card_shows_in_both_looks(desk: Desk) -> None:
    predict(desk, 2, "read", "reed")
    desk.click(130, 27)
    grounds = []
    for name in ("scheme_light", "scheme_dark"):
        desk.window.actions_by_id[name].trigger()
        QApplication.processEvents()
        picture: QPixmap = desk.window.annotate.card.grab()
        grounds.append(picture.toImage().pixelColor(3, 12).lightness())
    assert grounds[0] > 128 > grounds[1]
