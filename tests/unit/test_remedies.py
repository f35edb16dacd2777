"""Every finding of training has something that can be done about it, and each of these does what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QTreeView
from pytestqt.qtbot import QtBot

from crnn_gui.remedies import REMEDIES, Finding, Remedy, WordRemedies, changed, title, widened
from crnn_gui.training import RunSettings
from crnn_gui.widgets.plan_card import PlanCard
from crnn_gui.widgets.trouble_view import TroubleView
from model.annotations import Box, LabelledCrop
from model.checking import MIN_HEIGHT, MIN_WIDTH, check_crops
from model.events import BadBatch, Cause, Offender, Problem, Severity
from model.images import Preprocessing
from tests.conftest import Room

Until = Callable[..., None]


@pytest.fixture
def card(qtbot: QtBot) -> PlanCard:
    card = PlanCard()
    qtbot.addWidget(card)
    card.choose(RunSettings(new_characters="skip"))
    return card


@pytest.fixture
def trouble(qtbot: QtBot, card: PlanCard) -> TroubleView:
    view = TroubleView(lambda: card.settings)
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.show()
    return view


def press(trouble: TroubleView, text: str) -> None:
    QApplication.processEvents()  # buttons are laid out in the next turn
    button = next(b for b in trouble.findChildren(QPushButton) if b.isVisible() and b.text() == text)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_a_remedy_with_a_button(trouble: TroubleView, cause: Cause) -> None:
    trouble.show_problems([Problem("a.png", cause, Severity.ERROR, "why", 7, 256)])
    assert len(trouble.remedies) == len(REMEDIES[cause]) > 0


def test_what_is_chosen_already_is_not_offered(trouble: TroubleView, card: PlanCard) -> None:
    def apply(remedy: Remedy, finding: Finding) -> None:
        card.choose(changed(card.settings, remedy, finding, rate=1e-3))

    trouble.remedy_requested.connect(apply)
    trouble.show_problems([Problem("a.png", Cause.UNKNOWN_CHARACTER, Severity.ERROR, "why", 7, None)])
    press(trouble, "Learn new characters")
    assert trouble.remedies == ("Go to the word", "Ignore the word")
    trouble.clear()
    trouble.show_problems([Problem("a.png", Cause.UNKNOWN_CHARACTER, Severity.WARNING, "why", 7, None)])
    assert trouble.remedies == ("Go to the word", "Ignore the word")


def test_a_head_speaks_of_all_its_words_and_a_row_of_its_own(trouble: TroubleView, qtbot: QtBot) -> None:
    problems = [Problem(f"{i}.png", Cause.LABEL_TOO_LONG, Severity.ERROR, "why", i, 64 * i) for i in (3, 4)]
    trouble.show_problems(problems)
    assert trouble.remedies == ("Go to the first word", "Widen the 2 boxes", "Train at width 256", "Ignore the 2 words")
    with qtbot.waitSignal(trouble.remedy_requested) as asked:
        press(trouble, "Ignore the 2 words")
    assert asked.args == [Remedy.EXCLUDE, Finding(Cause.LABEL_TOO_LONG, (3, 4), 256)]
    tree = trouble.findChild(QTreeView)
    tree.setCurrentIndex(tree.model().index(0, 0, tree.model().index(0, 0, QModelIndex())))
    assert trouble.remedies == ("Go to the word", "Widen the box", "Train at width 192", "Ignore the word")
    with qtbot.waitSignal(trouble.word_requested) as asked:
        press(trouble, "Go to the word")
    assert asked.args == [3]


def test_a_bad_batch_offers_only_what_concerns_its_guilty_words(trouble: TroubleView, qtbot: QtBot) -> None:
    guilty = Offender("a.png", "x", 12, 4, float("nan"), Cause.NOT_FINITE, 7)
    innocent = Offender("b.png", "y", 12, 4, 1.0, None, 8)
    trouble.append([BadBatch(3, 0, Cause.NOT_FINITE, "left out", (guilty, innocent), 1e-3, False, 1.0)])
    with qtbot.waitSignal(trouble.remedy_requested) as asked:
        press(trouble, "Ignore the word")
    assert asked.args[1].words == (7,)
    trouble.clear()
    assert trouble.remedies == ()
    trouble.append([BadBatch(3, 0, Cause.LEARNING_RATE, "lowered", (innocent,), 1e-3, True, 1.0)])
    assert trouble.remedies == ("Lower the rate",)


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        (Remedy.WIDTH, RunSettings(width=256)),
        (Remedy.EXTEND, RunSettings(new_characters="extend")),
        (Remedy.LOWER_RATE, RunSettings(learning_rate=5e-5)),
        (Remedy.HALVE_BATCH, RunSettings(batch=16)),
        (Remedy.FULL_PRECISION, RunSettings(precision="fp32")),
        (Remedy.START_OVER, RunSettings(from_starter=True)),
    ],
)
def test_a_remedy_changes_the_choices_on_the_screen(qtbot: QtBot, remedy: Remedy, expected: RunSettings) -> None:
    card = PlanCard()
    qtbot.addWidget(card)
    before = RunSettings(new_characters="skip" if remedy is Remedy.EXTEND else "extend")
    card.choose(before)
    finding = Finding(Cause.UNKNOWN, (7,), width=256)
    card.choose(changed(card.settings, remedy, finding, rate=5e-4))
    assert card.settings == expected
    assert title(remedy, finding)


def test_a_lower_rate_is_lower_than_the_one_typed_and_a_batch_never_vanishes() -> None:
    finding = Finding(Cause.UNKNOWN)
    typed = RunSettings(learning_rate=1000.0, batch=4)
    assert changed(typed, Remedy.LOWER_RATE, finding, rate=5e-4).learning_rate == 100.0
    assert changed(typed, Remedy.HALVE_BATCH, finding, rate=5e-4).batch == 4


@pytest.fixture
def room(open_room: Callable[[], Room], tiny_project: Path, until: Until) -> Room:
    room = open_room()
    room.document.open_path(tiny_project)
    until(lambda: room.document.page_image is not None)
    return room


def test_words_are_ignored_and_widened_in_one_step_that_can_be_undone(room: Room, until: Until) -> None:
    remedies, told = WordRemedies(room.document, room.store), []
    remedies.done.connect(told.append)
    before = dict(room.document.words)
    remedies.apply(Remedy.EXCLUDE, before)
    until(lambda: all(word.ignored for word in room.document.words.values()))
    assert told == ["2 words left out from now on; Undo takes that back."]
    room.document.undo()
    assert {i: word.ignored for i, word in room.document.words.items()} == dict.fromkeys(before, False)
    remedies.apply(Remedy.WIDEN, [1])
    until(lambda: room.document.words[1].box != before[1].box)
    assert room.document.words[1].box.bounds == (16.5, 16.5, 63.5, 37.5)
    room.document.undo()
    assert room.document.words[1].box == before[1].box


@pytest.mark.parametrize("box", [Box.from_bounds(5, 5, 5, 5), Box.from_bounds(5, 5, 6, 6), Box.from_bounds(0, 0, 9, 2)])
def test_a_widened_box_is_large_enough_to_be_read(box: Box) -> None:
    grown = widened(box)
    if box.width and box.height:
        assert grown.width >= MIN_WIDTH
        assert grown.height >= MIN_HEIGHT


def test_the_width_that_is_offered_is_the_least_at_which_the_label_fits(tmp_path: Path) -> None:
    Image.effect_noise((40, 32), 60).save(tmp_path / "a.png")
    crop = LabelledCrop("a.png", tmp_path / "a.png", None, "abcdefghijklmnop", word_id=7)
    report = check_crops(
        [crop], charset=None, preprocessing=Preprocessing(widths=(32, 48)), frames=lambda width: width // 4
    )
    [problem] = report.problems
    assert (problem.cause, problem.width) == (Cause.LABEL_TOO_LONG, 64)
    assert Finding(problem.cause, (7,), problem.width).remedies.count(Remedy.WIDTH) == 1
