"""The review wall's filters and orders, with words by the thousand, and the counts beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets import wall_model
from crnn_gui.widgets.review import ReviewWorkspace
from model import review_queries, review_table
from model.annotations import Box, Prediction, Source, State, Word
from model.review_queries import Order
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
WORDS = 60

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two pages of words read "n00" and so on, surer and surer; the last ten are verified as something else."""
    images = [draw_page(tmp_path / f"{name}.png") for name in ("first", "second")]
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        pages = store.add_pages(images, [(400, 300)] * 2)
        boxes = [Box.from_bounds(5 * i, 10, 5 * i + 50, 40) for i in range(WORDS)]
        words: dict[int, list[Word]] = {page.id: [] for page in pages}
        for i, box in enumerate(boxes):
            page = pages[i * 2 // WORDS].id
            is_verified = i >= WORDS - 10
            label = "seen" if is_verified else None
            words[page].append(Word(0, page, box, label=label, source=Source.TYPED if label else None))
        ids = store.add_words(words)
        store.save_predictions(
            (word_id, box, Prediction(f"n{i:02}", (i + 1) / 100, weights="w2" if i % 10 == 0 else "w1"))
            for i, (word_id, box) in enumerate(zip(ids, boxes, strict=True))
        )
    return tmp_path


@pytest.fixture
def review(
    open_room: Callable[[], Room], project: Path, until: Until, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> ReviewWorkspace:
    monkeypatch.setattr(wall_model, "FIRST_ROWS", 20)
    monkeypatch.setattr(wall_model, "MORE_ROWS", 15)
    monkeypatch.setattr(review_table, "PORTION", 7)
    room = open_room()
    room.document.open_path(project)
    until(lambda: room.document.page_image is not None)
    review = ReviewWorkspace(room.document, Reviewing(room.document, room.store), Crops(room.tasks))
    qtbot.addWidget(review)
    review.resize(700, 320)
    review.show()
    review.activateWindow()
    review.setFocus()
    until(lambda: not review.model.is_loading and review.model.tally.of(State.SUGGESTED) == 50)
    return review


def texts(review: ReviewWorkspace) -> list[str]:
    return [review.model.index(row).data() for row in range(review.model.rowCount())]


def test_c23_a_range_of_confidence_narrows_the_wall_with_live_counts(review: ReviewWorkspace, until: Until) -> None:
    review.head.filter_button.click()
    slider = review.head.filters.least_slider
    slider.setFocus()
    for _ in range(4):
        QTest.keyClick(slider, Qt.Key.Key_PageUp)
    until(lambda: review.head.chips.button(0).text() == "To do  11")
    assert texts(review) == [f"n{i}" for i in range(39, 50)]
    assert review.head.chips.button(3).text() == "All  21"
    review.head.filters.most_slider.setValue(45)
    until(lambda: texts(review) == [f"n{i}" for i in range(39, 45)])
    review.head.filter_button.click()
    until(lambda: review.head.chips.button(0).text() == "To do  50")


def test_c23_words_decided_on_leave_the_counts_of_the_filter(review: ReviewWorkspace, until: Until) -> None:
    review.head.search.setText("n1")
    until(lambda: review.head.chips.button(0).text() == "To do  10")
    review.wall.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    until(lambda: review.head.chips.button(0).text() == "To do  9")
    assert review.head.chips.button(1).text() == "Verified  1"


def test_the_wall_grows_as_the_hands_come_near_its_end(review: ReviewWorkspace, until: Until) -> None:
    until(lambda: review.model.rowCount() == 50, seconds=10)  # the whole wall is nearer than a screenful to its end
    assert texts(review) == [f"n{i:02}" for i in range(50)]
    assert review._where.text().startswith("1 of 50")


def test_weights_and_the_open_page_narrow_the_wall(review: ReviewWorkspace, until: Until) -> None:
    review.head.filter_button.click()
    box = review.head.filters.weights_box
    until(lambda: box.count() == 3)
    assert {box.itemText(i) for i in range(3)} == {"Any weights", "w1  54", "w2  6"}
    box.setCurrentIndex(box.findData("w2"))
    until(lambda: texts(review) == ["n00", "n10", "n20", "n30", "n40"])
    review.head.page_chip.click()
    until(lambda: texts(review) == ["n00", "n10", "n20"])
    assert review.head.page_chip.text() == "first.png"


def test_orders_put_the_wall_in_order(review: ReviewWorkspace, until: Until) -> None:
    box = review.head.order_box
    box.setCurrentIndex(box.findData(Order.LOOKALIKE))
    until(lambda: len(texts(review)) == 50 and texts(review)[:2] != ["n00", "n01"])
    found = texts(review)
    assert abs(found.index("n11") - found.index("n01")) > 1
    assert "side by side" in review.head.hint.text()
    box.setCurrentIndex(box.findData(Order.PAGE))
    until(lambda: texts(review)[:2] == ["n00", "n01"])
    assert not review.head.hint.isVisible()


def test_an_expression_is_searched_for_and_a_bad_one_is_told(review: ReviewWorkspace, until: Until) -> None:
    review.head.regex_button.click()
    review.head.search.setText("n[12]0")
    until(lambda: texts(review) == ["n10", "n20"])
    review.head.search.setText("n[12")
    until(review.head.hint.isVisible)
    assert "not a complete expression" in review.head.hint.text()
    assert texts(review) == ["n10", "n20"]
    review.head.search.setText("n[1]0")
    until(lambda: texts(review) == ["n10"])
    assert not review.head.hint.isVisible()


def test_filters_that_let_nothing_through_say_so(review: ReviewWorkspace, until: Until) -> None:
    review.head.filter_button.click()
    review.head.filters.least_slider.setValue(99)
    until(lambda: review._empty.isVisible())
    assert review._empty.sentence.startswith("No word here passes the filters")


def test_a_search_that_was_overtaken_is_neither_listed_nor_told(review: ReviewWorkspace, until: Until) -> None:
    listed: list[list[str]] = []
    review.model.modelReset.connect(lambda: listed.append(texts(review)))
    for text, is_regex in (("n0", False), ("(", True), ("n4", False)):
        review.model.set_query(review_queries.ReviewQuery(text=text, is_regex=is_regex))
    until(lambda: texts(review) == [f"n{i}" for i in range(40, 50)])
    assert listed == [texts(review)]
    assert not review.head.hint.isVisible()
