"""Fix once, fix everywhere: what is offered after a correction, and what is never touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from crnn_gui.document import Notice
from crnn_gui.fixing import REPLACE_ALL, SHOW, FixEverywhere
from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets.review import ReviewWorkspace
from model.annotations import Box, Character, Prediction, Source, Word
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
BOX = Box.from_bounds(10, 10, 80, 40)
READ = {1: "l00", 2: "l00", 3: "l05", 4: "l00", 5: "l00", 6: "hall", 7: "l00"}

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Words of two pages read with the same mistake; one of them is verified, one is left out."""
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        first, second = (p.id for p in store.add_pages([draw_page(tmp_path / f"{n}.png") for n in "ab"]))
        plain = [Word(0, first, BOX)] * 3
        decided = [Word(0, second, BOX, label="loo", source=Source.TYPED), Word(0, second, BOX, ignored=True)]
        store.add_words({first: plain, second: [*decided, Word(0, second, BOX), Word(0, second, BOX)]})
        store.save_predictions(
            (i, BOX, Prediction(text, 0.6, tuple(Character(c, 0.9, 0, 1) for c in text), (), "w1"))
            for i, text in READ.items()
        )
    return tmp_path


@pytest.fixture
def room(open_room: Callable[[], Room], project: Path, until: Until) -> Room:
    room = open_room()
    room.document.open_path(project)
    until(lambda: room.document.page_image is not None)
    return room


@pytest.fixture
def reviewing(room: Room) -> Reviewing:
    return Reviewing(room.document, room.store, room.document)


@pytest.fixture
def given(room: Room, reviewing: Reviewing) -> list[Notice]:
    """The offers; a correction on the page makes the first."""
    given: list[Notice] = []
    fixing = FixEverywhere(room.document, reviewing, reviewing)
    fixing.given.connect(given.append)
    fixing.setObjectName("fixing")
    return given


def fixing_of(reviewing: Reviewing) -> FixEverywhere:
    fixing = reviewing.findChild(FixEverywhere, "fixing")
    assert isinstance(fixing, FixEverywhere)
    return fixing


def labels(room: Room, project: Path, until: Until) -> dict[int, str | None]:
    until(lambda: room.store.saved.pending == 0)
    with AnnotationStore.open(project / FILE_NAME, read_only=True) as store:
        return {word.id: word.label for word in store.words()}


def test_all_readings_with_the_mistake_are_put_right_in_one_step_of_undo(
    room: Room, reviewing: Reviewing, given: list[Notice], project: Path, until: Until
) -> None:
    room.document.set_label(1, "100")
    until(lambda: given)
    assert given[0].text == "“l00” was also read in 2 words, and its mistake is in 1 word; put it right there too?"
    assert given[0].actions == (SHOW, REPLACE_ALL)
    steps = room.document.undo_stack.count()
    fixing_of(reviewing).act(given[0], REPLACE_ALL)
    until(lambda: room.document.undo_stack.count() == steps + 1)
    expected = {1: "100", 2: "100", 3: "105", 4: "loo", 5: None, 6: None, 7: "100"}
    assert labels(room, project, until) == expected
    room.document.undo()
    assert labels(room, project, until) == {**dict.fromkeys(READ), 1: "100", 4: "loo"}


def test_what_was_decided_on_meanwhile_stays(
    room: Room, reviewing: Reviewing, given: list[Notice], project: Path, until: Until
) -> None:
    room.document.set_label(1, "100")
    until(lambda: given)
    room.document.ignore_words([2], True)
    fixing_of(reviewing).act(given[0], REPLACE_ALL)
    until(lambda: room.document.undo_stack.undoText() == "Fix the same mistake")
    assert labels(room, project, until)[2] is None


def test_a_word_that_was_read_anew_meanwhile_is_left_alone(
    room: Room, reviewing: Reviewing, given: list[Notice], project: Path, until: Until
) -> None:
    room.document.set_label(1, "100")
    until(lambda: given)
    room.document.record_predictions([(2, BOX, Prediction("700", 0.9, weights="w2"))])
    fixing_of(reviewing).act(given[0], REPLACE_ALL)
    until(lambda: room.document.undo_stack.undoText() == "Fix the same mistake")
    assert labels(room, project, until)[2] is None


def test_a_word_that_a_person_changes_at_the_same_moment_keeps_what_they_typed(
    room: Room, reviewing: Reviewing, given: list[Notice], project: Path, until: Until
) -> None:
    room.document.set_label(1, "100")
    until(lambda: given)
    fixing_of(reviewing).act(given[0], REPLACE_ALL)
    room.document.set_label(2, "typed", Source.ACCEPTED)
    until(lambda: room.document.undo_stack.undoText() == "Fix the same mistake")
    assert labels(room, project, until) == {1: "100", 2: "typed", 3: "105", 4: "loo", 5: None, 6: None, 7: "100"}
    assert room.document.undo_stack.count() == 3


def test_a_text_that_stands_somewhere_is_no_mistake(room: Room, given: list[Notice], until: Until) -> None:
    room.document.set_label(1, "l00", Source.ACCEPTED)
    room.document.set_label(2, "100")
    told: list[object] = []
    room.store.read(lambda store: store.counts(), told.append)
    until(lambda: told)
    assert not given


def test_undo_withdraws_the_offer(room: Room, reviewing: Reviewing, given: list[Notice], until: Until) -> None:
    withdrawn: list[str] = []
    fixing_of(reviewing).withdrawn.connect(withdrawn.append)
    room.document.set_label(1, "100")
    until(lambda: given)
    room.document.undo()
    assert withdrawn == [given[0].text]
    steps = room.document.undo_stack.index()
    fixing_of(reviewing).act(given[0], REPLACE_ALL)
    assert room.document.undo_stack.index() == steps


def test_show_lists_them_with_ticks_on_the_wall(
    room: Room, reviewing: Reviewing, given: list[Notice], project: Path, until: Until, qtbot: QtBot
) -> None:
    review = ReviewWorkspace(room.document, reviewing, Crops(room.tasks))
    qtbot.addWidget(review)
    review.show()
    review.activateWindow()
    review.setFocus()
    fixing_of(reviewing).show_requested.connect(review.show_replacements)
    until(lambda: review.model.rowCount() == 5)
    QTest.keyClicks(QApplication.focusWidget(), "1")
    QTest.keyClicks(QApplication.focusWidget(), "00")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    until(lambda: given)
    fixing_of(reviewing).act(given[0], SHOW)
    until(lambda: len(review.replacing.rows) == 3)
    assert review.replace_panel._title.text() == "The same mistake as “l00”, which is “100” now:"
    assert review.replace_panel.find_field.isHidden()
    review.replace_table.selectRow(0)
    QTest.keyClick(review.replace_table, Qt.Key.Key_Space)
    review.replace_panel.apply_button.click()
    until(lambda: not review.replacing.is_open)
    assert labels(room, project, until) == {1: "100", 2: None, 3: "105", 4: "loo", 5: None, 6: None, 7: "100"}
