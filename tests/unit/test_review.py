"""The review wall: what hangs on it, in which order, what the keys do, and that it follows everything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, Qt
from PySide6.QtGui import QKeyEvent, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication
from pytestqt.qtbot import QtBot

from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets.review import ReviewWorkspace
from crnn_gui.widgets.word_field import WordField
from model.annotations import Box, Character, Prediction, Source, State, Word
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
TODO, VERIFIED, IGNORED, ALL = range(4)

# The offscreen platform has no window manager to tell a window's least size, and says so for each.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def box(place: int) -> Box:
    return Box.from_bounds(20, 20 + 40 * place, 120, 50 + 40 * place)


def reading(text: str, confidence: float) -> Prediction:
    step = 1 / max(len(text), 1)
    characters = tuple(Character(c, confidence, i * step, (i + 1) * step) for i, c in enumerate(text))
    return Prediction(text, confidence, characters, (), "w1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two pages; four words were read, one was not, one is verified and one ignored."""
    images = [draw_page(tmp_path / f"{name}.png", text=name) for name in ("first", "second")]
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        first, second = store.add_pages(images, [(400, 300)] * 2)
        words = [Word(0, first.id, box(i)) for i in range(3)]
        more = [Word(0, second.id, box(i)) for i in range(2)]
        more.append(Word(0, second.id, box(2), label="known", source=Source.TYPED))
        more.append(Word(0, second.id, box(3), ignored=True))
        store.add_words({first.id: words, second.id: more})
        readings = {1: ("sure", 0.97), 2: ("doubtful", 0.5), 4: ("worse", 0.2), 5: ("better", 0.9)}
        boxes = {1: box(0), 2: box(1), 4: box(0), 5: box(1)}
        store.save_predictions([(i, boxes[i], reading(*said)) for i, said in readings.items()])
    return tmp_path


@pytest.fixture
def review(room: Room, qtbot: QtBot, until: Until) -> ReviewWorkspace:
    review = ReviewWorkspace(room.document, Reviewing(room.document, room.store), Crops(room.tasks))
    qtbot.addWidget(review)
    review.resize(700, 400)
    review.show()
    review.activateWindow()
    settle(review, until)
    review.setFocus()
    until(lambda: QApplication.focusWidget() is review.wall)
    return review


def settle(review: ReviewWorkspace, until: Until) -> None:
    until(lambda: not review.model.is_loading)


def texts(review: ReviewWorkspace) -> list[str]:
    model = review.model
    return [model.index(row).data() for row in range(model.rowCount())]


def states(review: ReviewWorkspace) -> list[State]:
    found = [review.model.found(review.model.index(row)) for row in range(review.model.rowCount())]
    return [f.word.state(f.prediction) for f in found]


def press(
    review: ReviewWorkspace, *keys: Qt.Key | str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    for key in keys:
        QTest.keyClick(QApplication.focusWidget() or review.wall, key, modifier)


def choose(review: ReviewWorkspace, chip: int, until: Until) -> None:
    review.head.chips.button(chip).click()
    settle(review, until)


def test_the_least_certain_readings_hang_first_then_unread_words(review: ReviewWorkspace, until: Until) -> None:
    assert texts(review) == ["worse", "doubtful", "better", "sure", ""]
    choose(review, ALL, until)
    assert texts(review) == ["worse", "doubtful", "better", "sure", "", "known", ""]
    assert states(review)[-2:] == [State.VERIFIED, State.IGNORED]


def test_each_chip_tells_how_many_words_it_stands_for(review: ReviewWorkspace, until: Until) -> None:
    until(lambda: review.head.chips.button(ALL).text() == "All  7")
    assert [chip.text() for chip in review.head.chips.buttons()] == ["To do  5", "Verified  1", "Ignored  1", "All  7"]
    press(review, Qt.Key.Key_Return)
    until(lambda: review.head.chips.button(TODO).text() == "To do  4")
    assert review.head.chips.button(VERIFIED).text() == "Verified  2"
    choose(review, VERIFIED, until)
    assert texts(review) == ["worse", "known"]


def test_enter_accepts_the_reading_and_goes_to_the_next_word(
    review: ReviewWorkspace, room: Room, project: Path, until: Until
) -> None:
    press(review, Qt.Key.Key_Return, Qt.Key.Key_Return)
    assert texts(review)[:2] == ["worse", "doubtful"]
    assert states(review)[:3] == [State.VERIFIED, State.VERIFIED, State.SUGGESTED]
    assert review.wall.currentIndex().row() == 2
    until(lambda: room.store.saved.pending == 0)
    room.stop()
    with AnnotationStore.open(project / FILE_NAME) as store:
        labels = {word.id: (word.label, word.source) for word in store.words()}
    assert labels[4] == ("worse", Source.ACCEPTED)
    assert labels[2] == ("doubtful", Source.ACCEPTED)


def test_enter_passes_over_decided_words_and_goes_round_at_the_end(review: ReviewWorkspace) -> None:
    review.wall.go_to(review.model.index(1))
    press(review, Qt.Key.Key_Return)
    review.wall.go_to(review.model.index(0))
    press(review, Qt.Key.Key_Return)
    assert review.wall.currentIndex().row() == 2
    review.wall.go_to(review.model.index(3))
    press(review, Qt.Key.Key_Return)  # on to the unread word, whose field Enter opens
    assert review.wall.currentIndex().row() == 4
    press(review, Qt.Key.Key_Return)
    assert isinstance(QApplication.focusWidget(), WordField)
    QTest.keyClicks(QApplication.focusWidget(), "unread")
    press(review, Qt.Key.Key_Return)
    assert review.wall.currentIndex().row() == 2


def test_control_enter_stays(review: ReviewWorkspace) -> None:
    press(review, Qt.Key.Key_Return, modifier=Qt.KeyboardModifier.ControlModifier)
    assert review.wall.currentIndex().row() == 0
    assert states(review)[0] == State.VERIFIED


def test_typing_corrects_in_place_and_enter_goes_on(review: ReviewWorkspace, room: Room) -> None:
    press(review, "h")
    field = QApplication.focusWidget()
    assert isinstance(field, WordField)
    QTest.keyClicks(field, "ello")
    press(review, Qt.Key.Key_Return)
    assert texts(review)[0] == "hello"
    assert review.model.found(review.model.index(0)).word.source == Source.TYPED
    assert review.wall.currentIndex().row() == 1
    assert review.wall.state() != QAbstractItemView.State.EditingState
    assert QApplication.focusWidget() is review.wall
    room.document.undo()
    assert texts(review)[0] == "worse"


def test_escape_drops_what_was_typed_and_leaving_keeps_it(review: ReviewWorkspace, until: Until) -> None:
    press(review, "x", Qt.Key.Key_Escape)
    assert texts(review)[0] == "worse"
    press(review, "x")
    review.focus_search()
    until(lambda: texts(review)[0] == "x")


def test_an_empty_field_is_refused_with_a_sentence(review: ReviewWorkspace, qtbot: QtBot) -> None:
    press(review, Qt.Key.Key_F2, Qt.Key.Key_Delete)
    with qtbot.waitSignal(review.told):
        press(review, Qt.Key.Key_Return)
    assert states(review)[0] == State.SUGGESTED


def test_i_leaves_out_and_takes_back_but_a_capital_is_typed(review: ReviewWorkspace) -> None:
    press(review, "i")
    assert states(review)[0] == State.IGNORED
    press(review, "i")
    assert states(review)[0] == State.SUGGESTED
    press(review, "I", modifier=Qt.KeyboardModifier.ShiftModifier)
    field = QApplication.focusWidget()
    assert isinstance(field, WordField)
    assert field.text() == "I"


def test_arrows_go_on_in_the_next_line(review: ReviewWorkspace) -> None:
    columns = review.wall.viewport().width() // 168
    assert columns == 4
    press(review, *[Qt.Key.Key_Right] * 4)
    assert review.wall.currentIndex().row() == 4
    press(review, Qt.Key.Key_Up)
    assert review.wall.currentIndex().row() == 0


def test_several_words_are_accepted_in_one_step_of_undo(review: ReviewWorkspace, room: Room) -> None:
    before = room.document.undo_stack.count()
    review.wall.selectAll()
    press(review, Qt.Key.Key_Return)
    assert states(review) == [State.VERIFIED] * 4 + [State.UNLABELLED]
    assert room.document.undo_stack.count() == before + 1
    room.document.undo()
    assert states(review) == [State.SUGGESTED] * 4 + [State.UNLABELLED]


def test_rows_that_follow_each_other_are_told_of_at_once(review: ReviewWorkspace) -> None:
    told: list[tuple[int, int]] = []
    review.model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    for row in (0, 1, 3):
        index = review.model.index(row)
        review.wall.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)
    press(review, Qt.Key.Key_Return, modifier=Qt.KeyboardModifier.ControlModifier)
    assert told == [(0, 1), (3, 3)]


def test_undo_returns_to_the_word_even_on_another_page(review: ReviewWorkspace, room: Room, until: Until) -> None:
    press(review, Qt.Key.Key_Return)  # "worse" hangs first and is on the second page
    review.wall.go_to(review.model.index(3))
    until(lambda: room.document.selection == (1,))
    QShortcut("Ctrl+Z", review).activated.connect(room.document.undo)
    press(review, "z", modifier=Qt.KeyboardModifier.ControlModifier)
    until(lambda: review.wall.currentIndex().row() == 0)
    assert states(review)[0] == State.SUGGESTED
    assert len(review.wall.chosen) == 1


def test_the_inspector_gets_the_word_the_hands_rest_on(review: ReviewWorkspace, room: Room, until: Until) -> None:
    press(review, Qt.Key.Key_Right, Qt.Key.Key_Right)
    until(lambda: room.document.selection == (5,))
    assert review.wall.currentIndex().row() == 2


def test_o_opens_the_word_on_its_page(review: ReviewWorkspace, room: Room, until: Until, qtbot: QtBot) -> None:
    with qtbot.waitSignal(review.workspace_requested) as wanted:
        press(review, "o")
    assert wanted.args == ["annotate"]
    until(lambda: room.document.selection == (4,))


def test_search_narrows_and_says_when_nothing_matches(review: ReviewWorkspace, until: Until) -> None:
    review.head.search.setText("OU")
    until(lambda: texts(review) == ["doubtful"])
    review.head.search.setText("zebra")
    until(lambda: not texts(review))
    assert "zebra" in review._empty.sentence
    assert review._middle.currentWidget() is review._empty


def test_decided_words_stay_until_they_are_taken_down(review: ReviewWorkspace, until: Until) -> None:
    press(review, Qt.Key.Key_Return)
    press(review, "i")
    assert len(texts(review)) == 5
    assert review.head.tidy_button.text() == "Take down 2 done"
    review.head.tidy_button.click()
    settle(review, until)
    assert texts(review) == ["better", "sure", ""]
    assert review.head.tidy_button.isHidden()


def test_an_empty_wall_says_the_next_step(review: ReviewWorkspace, until: Until, qtbot: QtBot) -> None:
    review.wall.selectAll()
    press(review, "i")
    choose(review, TODO, until)
    assert review._empty.sentence.startswith("Nothing left to review")
    with qtbot.waitSignal(review.workspace_requested) as wanted:
        review._empty._button.click()
    assert wanted.args == ["train"]


def test_words_drawn_and_deleted_elsewhere_come_and_go(review: ReviewWorkspace, room: Room, until: Until) -> None:
    new = room.document.add_word(Box.from_bounds(200, 100, 260, 120))
    until(lambda: len(texts(review)) == 6)
    room.document.record_prediction(new, room.document.words[new].box, reading("new", 0.1))
    assert review.model.index_of(new).data() == "new"
    room.document.delete_words([new])
    assert len(texts(review)) == 5
    room.document.undo()
    until(lambda: review.model.index_of(new).isValid())


def test_words_drawn_while_the_wall_is_hidden_hang_when_it_is_shown(
    review: ReviewWorkspace, room: Room, until: Until
) -> None:
    review.hide()
    new = room.document.add_word(Box.from_bounds(200, 100, 260, 120))
    room.document.set_label(1, "decided")
    assert len(texts(review)) == 5
    review.show()
    until(lambda: review.model.index_of(new).isValid())
    assert "decided" not in texts(review)


def test_what_happens_while_the_words_are_read_is_not_lost(review: ReviewWorkspace, room: Room, until: Until) -> None:
    first, second = review.model.found(review.model.index(0)), review.model.found(review.model.index(1))
    review.model.load()
    room.document.record_predictions([(second.word.id, second.word.box, reading("again", 0.6))])
    review._reviewing.accept([first])
    settle(review, until)
    assert "again" in texts(review)
    assert "worse" not in texts(review)
    review.model.set_filter(review.model.chosen)
    review._reviewing.correct(second.word, "typed")
    settle(review, until)
    assert "again" not in texts(review)


def test_a_reading_of_a_moved_box_is_dropped(review: ReviewWorkspace, room: Room) -> None:
    old = room.document.words[1].box
    room.document.move_word(1, old.moved(3, 0))
    assert texts(review)[3] == ""
    room.document.record_predictions([(1, old, reading("late", 0.9))])
    assert texts(review)[3] == ""


def test_crops_are_cut_and_shown(review: ReviewWorkspace, room: Room, until: Until) -> None:
    word = review.model.found(review.model.index(0)).word
    path = room.document.page_path(room.document.page_of(word.page_id))
    until(lambda: review._crops.get(word.id, word.box, path) is not None)
    until(lambda: review.wall.grab().toImage().pixelColor(20, 20) != review.palette().base().color())


def test_the_walls_keys_do_not_reach_the_windows_actions(review: ReviewWorkspace) -> None:
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_I):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, Qt.KeyboardModifier.NoModifier)
        event.ignore()
        QApplication.sendEvent(review.wall, event)
        assert event.isAccepted(), key


def test_nothing_is_changed_in_a_read_only_project(
    open_room: Callable[[], Room], project: Path, qtbot: QtBot, until: Until
) -> None:
    with AnnotationStore.open(project / FILE_NAME):
        room = open_room()
        room.document.open_path(project)
        until(lambda: room.document.project is not None and room.document.read_only)
        review = ReviewWorkspace(room.document, Reviewing(room.document, room.store), Crops(room.tasks))
        qtbot.addWidget(review)
        review.show()
        settle(review, until)
        review.setFocus()
        with qtbot.waitSignal(room.document.notice):
            press(review, Qt.Key.Key_Return)
        press(review, "x")
        assert not isinstance(QApplication.focusWidget(), WordField)
        assert states(review)[0] == State.SUGGESTED
        room.stop()
