"""Review from the rest of the window: the keys that open its panels, and offers after a correction on the page."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from crnn_gui.widgets.main_window import LEAST_SIZE_PX
from crnn_gui.widgets.review import ReviewWorkspace
from model.annotations import Box, Character, Prediction
from tests.helpers.desk import CTRL, SHIFT, Desk

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)

READ = "l00"


@pytest.fixture
def repeated(desk: Desk) -> list[int]:
    """Three words of the page that were read with the same mistake."""
    boxes = [Box.from_bounds(40, 100 + 40 * i, 140, 130 + 40 * i) for i in range(3)]
    ids = [desk.document.add_word(box) for box in boxes]
    characters = tuple(Character(char, 0.9, 0, 1) for char in READ)
    prediction = Prediction(READ, 0.6, characters, (), "w1")
    desk.document.record_predictions([(i, box, prediction) for i, box in zip(ids, boxes, strict=True)])
    return ids


def review_of(desk: Desk) -> ReviewWorkspace:
    review = desk.window.workspace("review")
    assert isinstance(review, ReviewWorkspace)
    return review


def offers(desk: Desk) -> dict[str, QPushButton]:
    """The buttons of the bars above the workspaces."""
    return {button.text(): button for button in desk.window.notices.findChildren(QPushButton)}


def test_keys_lead_from_the_page_to_search_and_replace(desk: Desk) -> None:
    desk.key(Qt.Key.Key_H, CTRL | SHIFT)
    review = review_of(desk)
    desk.until(lambda: QApplication.focusWidget() is review.replace_panel.find_field)
    assert desk.window.workspaces.currentWidget() is review
    desk.type("first")
    QTest.keyClicks(review.replace_panel.put_field, "last")
    desk.until(lambda: [row.new for row in review.replacing.rows] == ["last"])


def test_keys_lead_from_the_page_to_bulk_accept(desk: Desk, repeated: list[int]) -> None:
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_A, CTRL | SHIFT)
    review = review_of(desk)
    desk.until(lambda: QApplication.focusWidget() is review.accept_panel.slider)
    QTest.keyClick(review.accept_panel.slider, Qt.Key.Key_Home)
    desk.until(lambda: review.accepting.estimate is not None and review.accepting.estimate.words == len(repeated))


def test_keys_with_shift_reach_the_window_from_the_wall(desk: Desk, repeated: list[int]) -> None:
    desk.window.show_workspace("review")
    review = review_of(desk)
    desk.until(lambda: review.wall.hasFocus() and not review.model.is_loading)
    desk.key(Qt.Key.Key_A, CTRL | SHIFT)
    desk.until(lambda: QApplication.focusWidget() is review.accept_panel.slider)


def test_controls_fold_where_the_window_is_narrow_and_do_not_cover_one_another(desk: Desk, repeated: list[int]) -> None:
    desk.window.resize(*LEAST_SIZE_PX)
    desk.window.show_workspace("review")
    review = review_of(desk)
    desk.until(lambda: not review.model.is_loading)
    review.head.accept_button.click()
    desk.until(lambda: review.accept_panel.isVisible() and review.accepting.estimate is not None)
    head, panel = review.head, review.accept_panel
    buttons = (*head.chips.buttons(), head.accept_button, head.replace_button, head.order_box, head.filter_button)
    buttons += (head.page_chip, head.search, head.regex_button, panel.slider, panel.cancel_button, panel.step_button)
    desk.until(lambda: all(button.width() >= button.minimumSizeHint().width() for button in buttons))
    places = [QRect(button.mapTo(review, QPoint()), button.size()) for button in buttons]
    assert not any(one.intersects(other) for one, other in combinations(places, 2))


def test_page_down_moves_the_slider_of_accept_above_and_turns_no_page(desk: Desk, repeated: list[int]) -> None:
    desk.canvas.setFocus()
    desk.key(Qt.Key.Key_A, CTRL | SHIFT)
    review, page = review_of(desk), desk.document.page
    slider = review.accept_panel.slider
    desk.until(lambda: QApplication.focusWidget() is slider)
    before = slider.value()
    desk.key(Qt.Key.Key_PageDown)
    assert slider.value() == before - slider.pageStep()
    assert desk.document.page == page


def test_a_correction_on_the_page_is_offered_for_the_same_mistake(desk: Desk, repeated: list[int]) -> None:
    desk.document.select([repeated[0]])
    desk.window.annotate.editor.edit()
    QTest.keyClick(desk.field, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(desk.field, "100")
    QTest.keyClick(desk.field, Qt.Key.Key_Return, CTRL)
    desk.until(lambda: "Replace all" in offers(desk))
    QTest.mouseClick(offers(desk)["Replace all"], Qt.MouseButton.LeftButton)
    desk.until(lambda: [desk.document.words[i].label for i in repeated] == ["100"] * 3)
    desk.document.undo()
    assert [desk.document.words[i].label for i in repeated] == ["100", None, None]


def test_the_offer_can_be_looked_at_first(desk: Desk, repeated: list[int]) -> None:
    desk.document.set_label(repeated[0], "100")
    desk.until(lambda: "Show" in offers(desk))
    QTest.mouseClick(offers(desk)["Show"], Qt.MouseButton.LeftButton)
    review = review_of(desk)
    desk.until(lambda: len(review.replacing.rows) == 2)
    assert desk.window.workspaces.currentWidget() is review
    assert review.replace_table.isVisible()
