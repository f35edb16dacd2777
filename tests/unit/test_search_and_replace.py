"""Search and replace over all pages: the preview, what is chosen from the start, one step of undo, the history."""

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
from crnn_gui.widgets.review import ReviewWorkspace
from model.annotations import Box, Prediction, Source, Word
from model.errors import KnownError
from model.replacing import Rule
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
BOX = Box.from_bounds(10, 10, 80, 40)

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.mark.parametrize(
    ("rule", "text", "becomes"),
    [
        (Rule("o", "0"), "foO", "f0O"),
        (Rule("o", "0", is_case_kept=False), "foO", "f00"),
        (Rule(".", "-"), "a.b", "a-b"),
        (Rule("a", r"\1"), "a", r"\1"),
        (Rule(r"(\d+)kg", r"\1 kg", is_regex=True), "12kg", "12 kg"),
        (Rule(r"^x", "", is_regex=True), "xx", "x"),
        (Rule("e", "e\u0301"), "e", "é"),
        (Rule("b", " "), "ab", "a"),
    ],
)
def test_a_rule_makes_another_text(rule: Rule, text: str, becomes: str) -> None:
    assert rule.apply(text) == becomes


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule("(", "", is_regex=True), "not a complete expression"),
        (Rule("a", r"\1", is_regex=True), "cannot be put in its place"),
        (Rule("(a|aa)+$x|(a|aa)+b", "", is_regex=True), "takes too long"),
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(rule: Rule, sentence: str) -> None:
    with pytest.raises(KnownError, match=sentence):
        rule.apply("a" * 40)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Words of two pages: readings, a label and an ignored reading with a zero in them, and one without."""
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        pages = store.add_pages([draw_page(tmp_path / f"{n}.png") for n in "ab"], [(400, 300)] * 2)
        first, second = (page.id for page in pages)
        store.add_words(
            {
                first: [Word(0, first, BOX), Word(0, first, BOX), Word(0, first, BOX, ignored=True)],
                second: [Word(0, second, BOX), Word(0, second, BOX, label="B0B", source=Source.TYPED)],
            }
        )
        readings = {1: "L0ND0N", 2: "Paris", 3: "T0KY0", 4: "0"}
        store.save_predictions((i, BOX, Prediction(text, 0.5 + i / 10, weights="w1")) for i, text in readings.items())
    return tmp_path


@pytest.fixture
def review(room: Room, until: Until, qtbot: QtBot) -> ReviewWorkspace:
    review = ReviewWorkspace(room.document, Reviewing(room.document, room.store), Crops(room.tasks))
    qtbot.addWidget(review)
    review.resize(900, 500)
    review.show()
    review.activateWindow()
    until(lambda: not review.model.is_loading)
    review.head.replace_button.click()
    return review


def enter(review: ReviewWorkspace, find: str, put: str) -> None:
    assert QApplication.focusWidget() is review.replace_panel.find_field
    QTest.keyClicks(review.replace_panel.find_field, find)
    review.replace_panel.put_field.setFocus()
    QTest.keyClicks(review.replace_panel.put_field, put)


def rows(review: ReviewWorkspace) -> list[tuple[str, str, bool]]:
    """What the list shows: old, new, ticked."""
    model = review.replace_table.model()
    ticked = [
        model.index(r, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked for r in range(model.rowCount())
    ]
    return [(model.index(r, 2).data(), model.index(r, 3).data(), tick) for r, tick in enumerate(ticked)]


def labels(room: Room, project: Path, until: Until) -> dict[int, str | None]:
    until(lambda: room.store.saved.pending == 0)
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        return {word.id: word.label for word in store.words()}


def test_c25_readings_of_all_pages_are_replaced_in_one_step_and_labels_are_left(
    review: ReviewWorkspace, room: Room, project: Path, until: Until
) -> None:
    enter(review, "0", "O")
    until(lambda: len(rows(review)) == 3)
    assert rows(review) == [("L0ND0N", "LONDON", True), ("0", "O", True), ("B0B", "BOB", False)]
    assert review.replace_panel.apply_button.text() == "Replace 2"
    steps = room.document.undo_stack.count()
    review.replace_panel.apply_button.click()
    until(lambda: not review.replacing.is_open)
    assert QApplication.focusWidget() is review.wall
    assert labels(room, project, until) == {1: "LONDON", 2: None, 3: None, 4: "O", 5: "B0B"}
    assert room.document.undo_stack.count() == steps + 1
    room.document.undo()
    assert labels(room, project, until) == {1: None, 2: None, 3: None, 4: None, 5: "B0B"}


def test_c25_a_label_is_replaced_when_it_is_chosen_and_its_history_tells(
    review: ReviewWorkspace, room: Room, project: Path, until: Until
) -> None:
    enter(review, "0", "O")
    until(lambda: len(rows(review)) == 3)
    review.replace_panel.readings_box.click()
    assert [tick for *_, tick in rows(review)] == [False] * 3
    review.replace_table.setFocus()
    review.replace_table.selectRow(2)
    QTest.keyClick(review.replace_table, Qt.Key.Key_Space)
    assert [tick for *_, tick in rows(review)] == [False, False, True]
    review.replace_panel.apply_button.click()
    until(lambda: not review.replacing.is_open)
    assert labels(room, project, until) == {1: None, 2: None, 3: None, 4: None, 5: "BOB"}
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        [entry] = store.word_history(5)
    assert entry.title == "Replace text"
    assert entry.change.before is not None
    assert entry.change.before.label == "B0B"


def test_c25_an_expression_with_groups_and_a_bad_one(review: ReviewWorkspace, until: Until) -> None:
    review.replace_panel.regex_button.click()
    review.replace_panel.find_field.setFocus()
    enter(review, r"^(\w)0(\w)", r"\2\1")
    until(lambda: len(rows(review)) == 2)
    assert rows(review) == [("L0ND0N", "NLD0N", True), ("B0B", "BB", False)]
    review.replace_panel.put_field.setText(r"\3")
    until(lambda: not rows(review))
    assert "cannot be put in its place" in review.replace_panel._hint.text()
    review.replace_panel.find_field.setText("(")
    until(lambda: "not a complete expression" in review.replace_panel._hint.text())
    assert not review.replace_panel.apply_button.isEnabled()


def test_texts_that_would_be_empty_stay_and_are_counted(review: ReviewWorkspace, until: Until) -> None:
    enter(review, "0", "")
    until(lambda: len(rows(review)) == 2)
    assert "1 would be left without a text" in review.replace_panel._hint.text()


def test_a_word_that_changes_meanwhile_is_listed_anew(review: ReviewWorkspace, room: Room, until: Until) -> None:
    enter(review, "0", "O")
    until(lambda: len(rows(review)) == 3)
    room.document.set_label(1, "Lond0n")
    until(lambda: ("Lond0n", "LondOn", False) in rows(review))


def test_escape_goes_back_to_the_wall(review: ReviewWorkspace, until: Until) -> None:
    enter(review, "0", "O")
    until(lambda: len(rows(review)) == 3)
    assert review._middle.currentWidget() is review.replace_table
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert review._middle.currentWidget() is review.wall
    assert review.replace_panel.isHidden()
    assert QApplication.focusWidget() is review.wall
