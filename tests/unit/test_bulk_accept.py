"""Accepting many readings unseen: what is promised, the sample that is looked at first, and one step of undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from crnn_gui.accepting import Stage
from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets.review import ReviewWorkspace
from model.annotations import Box, Edit, Prediction, Source, State, Word, WordChange
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
SURE, DOUBTFUL, KNOWN = 60, 15, 40
BOX = Box.from_bounds(10, 10, 80, 40)

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Sure and doubtful readings that wait, and verified ones that were all right."""
    with AnnotationStore.open(tmp_path / FILE_NAME, create=True) as store:
        [page] = store.add_pages([draw_page(tmp_path / "page.png")], [(400, 300)])
        ids = store.add_words({page.id: [Word(0, page.id, BOX)] * (SURE + DOUBTFUL + KNOWN)})
        shares = [0.995] * SURE + [0.4] * DOUBTFUL + [0.99] * KNOWN
        store.save_predictions(
            (i, BOX, Prediction(f"word{i}", share, weights="w1")) for i, share in zip(ids, shares, strict=True)
        )
        known = [word for word in store.words() if word.id > SURE + DOUBTFUL]
        done = [Word(w.id, page.id, BOX, f"word{w.id}", source=Source.ACCEPTED) for w in known]
        store.apply(Edit("Verify", tuple(map(WordChange, known, done))))
    return tmp_path


@pytest.fixture
def review(room: Room, until: Until, qtbot: QtBot) -> ReviewWorkspace:
    review = ReviewWorkspace(room.document, Reviewing(room.document, room.store), Crops(room.tasks))
    qtbot.addWidget(review)
    review.resize(900, 500)
    review.show()
    review.activateWindow()
    review.setFocus()
    until(lambda: not review.model.is_loading and review.model.tally.of(State.SUGGESTED) == SURE + DOUBTFUL)
    review.head.accept_button.click()
    until(lambda: review.accepting.estimate is not None)
    return review


def press(*keys: Qt.Key | str) -> None:
    for key in keys:
        QTest.keyClick(QApplication.focusWidget(), key)


def test_c24_the_threshold_tells_how_many_and_how_many_wrong(review: ReviewWorkspace, until: Until) -> None:
    estimate = review.accepting.estimate
    assert estimate is not None
    assert estimate.words == SURE
    assert 0 < estimate.expected < 6
    assert estimate.low <= estimate.expected <= estimate.high
    assert "60 readings would be accepted" in review.accept_panel.sentence.text()
    assert QApplication.focusWidget() is review.accept_panel.slider
    press(Qt.Key.Key_Home)
    until(lambda: "No reading" not in review.accept_panel.sentence.text())
    assert review.accepting.threshold == 0.5
    press(Qt.Key.Key_End)
    until(lambda: "No reading" in review.accept_panel.sentence.text())
    assert not review.accept_panel.step_button.isEnabled()


def test_c24_a_checked_sample_lets_all_be_accepted_in_one_step_of_undo(
    review: ReviewWorkspace, room: Room, project: Path, until: Until
) -> None:
    review.accept_panel.step_button.click()
    until(lambda: review.model.rowCount() == 20 and review.accepting.stage is Stage.SAMPLING)
    assert all(review.model.found(review.model.index(i)).prediction.confidence == 0.995 for i in range(20))
    for _ in range(19):
        press(Qt.Key.Key_Return)
    assert review.accepting.sampled.checked == 19
    assert review.accept_panel.step_button.isHidden()
    press(Qt.Key.Key_Return)
    until(lambda: review.accept_panel.step_button.text() == f"Accept {SURE - 20} readings")
    steps = room.document.undo_stack.count()
    review.accept_panel.step_button.click()
    until(lambda: review.model.tally.of(State.SUGGESTED) == DOUBTFUL)
    assert review.accept_panel.isHidden()
    assert room.document.undo_stack.count() == steps + 1
    assert room.document.undo_stack.undoText() == "Accept readings above 97 %"
    room.document.undo()
    until(lambda: review.model.tally.of(State.SUGGESTED) == DOUBTFUL + SURE - 20)
    room.document.redo()
    until(lambda: room.store.saved.pending == 0)
    room.stop()
    with AnnotationStore.open(project / FILE_NAME) as store:
        words = {word.id: word for word in store.words()}
        assert store.undo_history()[-1].title == "Accept readings above 97 %"
    accepted = [i for i, word in words.items() if word.label == f"word{i}" and word.source is Source.ACCEPTED]
    assert accepted == [*range(1, SURE + 1), *range(SURE + DOUBTFUL + 1, SURE + DOUBTFUL + KNOWN + 1)]


def test_c24_a_sample_full_of_mistakes_cancels_it(review: ReviewWorkspace, room: Room, until: Until) -> None:
    review.accept_panel.step_button.click()
    until(lambda: review.accepting.stage is Stage.SAMPLING and review.model.rowCount() == 20)
    for _ in range(6):
        press("x", Qt.Key.Key_Return)
    assert review.accepting.sampled.wrong == 6
    for _ in range(14):
        press(Qt.Key.Key_Return)
    assert review.accepting.stage is Stage.CONTRADICTED
    assert review.accept_panel.step_button.isHidden()
    assert "6 of 20 in the sample were wrong" in review.accept_panel.sentence.text()
    assert room.document.counts.suggested == SURE + DOUBTFUL - 20
    review.accept_panel.slider.setValue(992)
    assert review.accepting.stage is Stage.CHOOSING
    until(lambda: review.accepting.estimate is not None and review.accepting.estimate.words == SURE - 20)
    assert review.accepting.estimate.expected > 2  # the sample's mistakes are remembered


def test_c24_a_few_mistakes_raise_the_estimate_and_undo_takes_a_verdict_back(
    review: ReviewWorkspace, room: Room, until: Until
) -> None:
    before = review.accepting.estimate
    review.accept_panel.step_button.click()
    until(lambda: review.accepting.stage is Stage.SAMPLING and review.model.rowCount() == 20)
    press("i", Qt.Key.Key_Right)  # left out: not read right
    press(*[Qt.Key.Key_Return] * 19)
    until(lambda: review.accepting.stage is Stage.JUDGED and review.accepting.estimate is not None)
    after = review.accepting.estimate
    assert before is not None
    assert after is not None
    assert after.words == SURE - 20
    assert after.expected / after.words > before.expected / before.words
    room.document.undo()
    assert review.accepting.stage is Stage.SAMPLING
    assert review.accepting.sampled.checked == 19


def test_escape_and_cancel_give_the_wall_back(review: ReviewWorkspace, until: Until) -> None:
    review.accept_panel.step_button.click()
    until(lambda: review.model.rowCount() == 20)
    review.accept_panel.slider.setFocus()
    press(Qt.Key.Key_Escape)
    until(lambda: review.model.rowCount() == SURE + DOUBTFUL)
    assert review.accept_panel.isHidden()
    assert QApplication.focusWidget() is review.wall
    review.head.accept_button.click()
    assert review.accept_panel.isVisible()
    review.wall.setFocus()
    press(Qt.Key.Key_Escape)
    assert review.accept_panel.isHidden()
