"""The parts of the Train workspace, and what the window tells of a run that is watched or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListWidget, QPushButton, QTreeView, QWidget
from pytestqt.qtbot import QtBot

from crnn_gui import app as program
from crnn_gui.services.child import ChildProcess
from crnn_gui.services.pages import PageImages, Thumbnails
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Tasks
from crnn_gui.services.trainer import TrainerService, TrainerState
from crnn_gui.settings import Settings
from crnn_gui.theme import DARK, LIGHT, Scheme, Theme
from crnn_gui.training import RunSettings, weights_folder
from crnn_gui.widgets.plan_card import PlanCard
from crnn_gui.widgets.result_card import ResultCard
from crnn_gui.widgets.training_plot import TrainingPlot
from crnn_gui.widgets.trouble_view import SHOWN_BATCHES, TroubleView
from crnn_gui.widgets.weights_list import WeightsList
from model.annotations import WeightsRecord
from model.events import (
    BadBatch,
    Batch,
    Cause,
    Decision,
    Finished,
    Offender,
    Problem,
    Reading,
    Score,
    Severity,
    Started,
)
from model.messages import PlanSummary, TrainOptions

Until = Callable[..., None]

# The offscreen platform has no window manager to tell a window's least size, and says so for each.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)", extend=True)

STARTED = Started(9, 1, (), "", 100, 1, 3, 1e-3, "crnn-lite", "cpu", None, 2.0, 0.5, 0.1)
ADVICE = "The network's numbers overflow. The learning rate is lowered, and the last good state is put back."


def batch(step: int, loss: float = 1.0) -> Batch:
    return Batch(step, 0, loss, 0.5, 1.0, 1e-3, 3, 0.1 * step)


def bad_batch(step: int, word_id: int | None = 7) -> BadBatch:
    offender = Offender("page.png word 7", "text", 12, 4, math.nan, None, word_id)
    return BadBatch(step, 0, Cause.LEARNING_RATE, ADVICE, (offender,), 1e-3, True, 1.0)


def finished(decision: Decision = Decision.BETTER, out: str | None = "/w/new.safetensors") -> Finished:
    fixed = (Reading("a.png word 1", "Rose", "Rase", "Rose", 1),)
    broken = (Reading("a.png word 2", "Tulip", "Tulip", "", 2),)
    before, after = Score(10, 0.5, 0.2), Score(10, 0.9, 0.05)
    return Finished(decision, "measured", out, before, after, None, None, fixed, broken, 0, 9, 0, 1.0, 1.0)


@pytest.fixture
def looks(qapp: QApplication) -> Iterator[Callable[[str], None]]:
    """Return a function that shows the light or the dark look."""
    theme = Theme(qapp, Scheme.LIGHT)
    yield lambda name: theme.set_scheme(Scheme(name))
    theme.set_scheme(Scheme.LIGHT)


# --- trouble ---


@pytest.fixture
def trouble(qtbot: QtBot) -> TroubleView:
    view = TroubleView(RunSettings)
    qtbot.addWidget(view)
    view.show()
    return view


def tree(trouble: TroubleView) -> QTreeView:
    view = trouble.findChild(QTreeView)
    assert view is not None
    return view


def test_problems_are_grouped_by_cause_and_what_is_left_out_comes_first(trouble: TroubleView) -> None:
    warning = Problem("c.png", Cause.MIXED_FORMS, Severity.WARNING, "mixed", 3)
    errors = [Problem(name, Cause.TOO_SMALL, Severity.ERROR, "1 x 1 pixels", 1) for name in ("a.png", "b.png")]
    trouble.show_problems([warning, *errors])
    assert trouble.rows == ("Left out: crop is too small (2 crops)", "Kept all the same: mixed Unicode forms (1 crop)")


def test_every_cause_has_words(trouble: TroubleView) -> None:
    trouble.show_problems([Problem("a.png", cause, Severity.ERROR, "why") for cause in Cause])
    assert len(set(trouble.rows)) == len(Cause)


@pytest.mark.parametrize("is_batch", [True, False], ids=["bad batch", "left out"])
def test_a_row_leads_to_its_word(trouble: TroubleView, qtbot: QtBot, is_batch: bool) -> None:
    if is_batch:
        trouble.append([bad_batch(3)])
    else:
        trouble.show_problems([Problem("a.png", Cause.TOO_SMALL, Severity.ERROR, "1 x 1 pixels", 7)])
    view = tree(trouble)
    head = view.model().index(0, 0, QModelIndex())
    view.expand(head)
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 0, head))
    with qtbot.waitSignal(trouble.word_requested) as asked:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert asked.args == [7]


def test_one_click_on_a_crops_name_leads_to_its_word(trouble: TroubleView, qtbot: QtBot) -> None:
    trouble.append([bad_batch(3)])
    trouble.resize(800, 300)
    trouble.show()
    view = tree(trouble)
    head = view.model().index(0, 0, QModelIndex())
    view.expand(head)
    name, label = (view.visualRect(view.model().index(0, column, head)).center() for column in (0, 1))
    with qtbot.assertNotEmitted(trouble.word_requested):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=label)
    with qtbot.waitSignal(trouble.word_requested) as asked:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=name)
    assert asked.args == [7]
    trouble.hide()


def test_a_row_without_a_word_leads_nowhere(trouble: TroubleView, qtbot: QtBot) -> None:
    trouble.append([bad_batch(3, word_id=None)])
    view = tree(trouble)
    with qtbot.assertNotEmitted(trouble.word_requested):
        view.activated.emit(view.model().index(0, 0, QModelIndex()))
        view.activated.emit(view.model().index(0, 0, view.model().index(0, 0, QModelIndex())))


def test_the_sentence_of_the_current_row_is_written_out(trouble: TroubleView) -> None:
    trouble.append([bad_batch(3), bad_batch(8)])
    assert trouble.detail.startswith("Step 3"), "the first row is current"
    trouble.show_step(8)
    assert trouble.detail == f"Step 8: learning rate is too high. {ADVICE}"
    trouble.clear()
    assert trouble.detail == ""


def test_a_diverging_run_does_not_fill_the_list_for_ever(trouble: TroubleView) -> None:
    trouble.append([bad_batch(step) for step in range(SHOWN_BATCHES + 40)])
    assert len(trouble.rows) == SHOWN_BATCHES
    assert trouble.rows[-1] == "and 41 bad batches more"


# --- result ---


@pytest.fixture
def result(qtbot: QtBot) -> ResultCard:
    card = ResultCard()
    qtbot.addWidget(card)
    card.show_result(finished())
    card.show()
    return card


def rows(card: ResultCard | WeightsList) -> QListWidget:
    found = card.findChild(QListWidget)
    assert found is not None
    return found


def texts(card: QWidget) -> str:
    return " | ".join(label.text() for label in card.findChildren(QLabel) if label.isVisible())


def test_a_result_shows_scores_and_each_word_that_changed(result: ResultCard) -> None:
    assert "The new weights are better" in texts(result)
    assert "50.0 %" in texts(result)
    assert "90.0 %" in texts(result)
    assert "1 fixed, 1 broken" in texts(result)
    assert [rows(result).item(i).text() for i in range(2)] == ["Tulip  →  nothing", "Rase  →  Rose"]


def test_a_changed_word_leads_to_its_page(result: ResultCard, qtbot: QtBot) -> None:
    rows(result).setFocus()
    rows(result).setCurrentRow(1)
    with qtbot.waitSignal(result.word_requested) as asked:
        QTest.keyClick(rows(result), Qt.Key.Key_Return)
    assert asked.args == [1]


def test_the_question_is_asked_once(result: ResultCard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(result.switch_requested) as asked:
        QTest.mouseClick(result.switch_button, Qt.MouseButton.LeftButton)
    assert asked.args == ["/w/new.safetensors"]
    result.settle("done")
    assert not result.switch_button.isVisible()
    assert "done" in texts(result)


@pytest.mark.parametrize("decision", [Decision.REFUSED, Decision.STOPPED])
def test_weights_that_are_not_better_are_not_offered(result: ResultCard, decision: Decision) -> None:
    result.show_result(finished(decision))
    assert not result.switch_button.isVisible()
    assert result.out is None


def test_words_fixed_and_broken_follow_the_look(result: ResultCard, looks: Callable[[str], None]) -> None:
    for name, look in (("light", LIGHT), ("dark", DARK)):
        looks(name)
        colors = [rows(result).item(i).foreground().color() for i in range(2)]
        assert colors == [look.color("error"), look.color("verified")]


# --- weights ---


def test_weights_are_used_unless_they_are_in_use_or_were_refused(qtbot: QtBot, looks: Callable[[str], None]) -> None:
    listed = WeightsList()
    qtbot.addWidget(listed)
    listed.show()
    good = WeightsRecord("1", "good", "good", created_at=2.0, metrics={"verdict": "better"})
    refused = WeightsRecord("2", "bad", "bad", created_at=1.0, metrics={"verdict": "refused"})
    listed.show_history([good, refused])
    assert len(listed.rows) == 3
    assert "refused" in listed.rows[1]
    asked: list[object] = []
    listed.use_requested.connect(asked.append)
    button = listed.findChild(QPushButton)
    assert button is not None
    for row in range(3):
        rows(listed).setCurrentRow(row)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [good]
    for name, look in (("dark", DARK), ("light", LIGHT)):
        looks(name)
        assert rows(listed).item(1).foreground().color() == look.color("muted")


# --- plan ---


@pytest.fixture
def plan(qtbot: QtBot) -> PlanCard:
    card = PlanCard()
    qtbot.addWidget(card)
    card.show()
    return card


def test_the_choices_are_what_is_on_the_screen(plan: PlanCard) -> None:
    assert plan.settings.learning_rate is None
    plan.set_minutes(2.5)
    QTest.keyClicks(plan.rate_field, "0.01")
    assert (plan.settings.minutes, plan.settings.learning_rate) == (2.5, 0.01)
    plan.rate_field.clear()
    QTest.keyClicks(plan.rate_field, "abc-1")
    assert plan.settings.learning_rate in (None, 1.0)


def test_a_plan_shows_labels_as_they_are_and_follows_the_look(plan: PlanCard, looks: Callable[[str], None]) -> None:
    plan.show_plan(PlanSummary(9, 1, 2, 1, (), (), "<é&", "cpu: a test"))
    label = next(label for label in plan.findChildren(QLabel) if "to learn from" in label.text())
    assert "&lt; é &amp;" in label.text()
    for name, look in (("dark", DARK), ("light", LIGHT)):
        looks(name)
        assert look.muted in label.text()
    assert "CPU: a test" in label.text()
    plan.show_message("No <words>.")
    looks("dark")
    assert label.text() == "No &lt;words&gt;."


# --- curves ---


def test_bad_batches_leave_a_mark_and_do_not_flatten_the_curve(qtbot: QtBot) -> None:
    plot = TrainingPlot()
    qtbot.addWidget(plot)
    plot.append([STARTED, *(batch(step) for step in range(1, 20)), bad_batch(20), batch(21, 9e9), batch(22, math.inf)])
    assert plot.bad_steps == (20,)
    top = plot._loss_plot.viewRange()[1][1]
    assert 1.3 < top < 2e4
    plot.append([STARTED])
    assert plot.bad_steps == ()


# --- the workspace, and the window around it ---


@pytest.fixture
def made(
    qapp: QApplication, tmp_path: Path, tiny_project: Path, fake_child: Callable[[], ChildProcess], until: Until
) -> Iterator[program.Application]:
    """The program with scripted children, on a project."""
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    settings.set_value("training/minutes", 7)
    tasks = Tasks()
    predictor, trainer = PredictorService(fake_child), TrainerService(fake_child)
    services = program.Services(tasks, StoreService(), PageImages(tasks), Thumbnails(tasks), predictor, trainer)
    made = program.build(settings, services, Theme(qapp, Scheme.LIGHT))
    made.window.show()
    made.load_recogniser()
    made.document.open_path(tiny_project)
    until(lambda: made.document.page_image is not None and predictor.weights is not None)
    yield made
    made.window.close()
    made.window.deleteLater()


def to_train(made: program.Application, until: Until) -> None:
    made.window.show_workspace("train")
    until(lambda: made.training.trainer.state is TrainerState.PLANNED)


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_keeps_a_plan_from_being_made_stands_in_the_plan_and_only_a_training_that_fails_is_an_error(
    made: program.Application, until: Until, tmp_path: Path
) -> None:
    to_train(made, until)
    trainer, options = made.training.trainer, TrainOptions(out=tmp_path / "out.safetensors")
    trainer.plan(tmp_path / "gone.crnn", options)
    until(lambda: "There are no words to train on." in texts(made.window.train.plan))
    assert made.window.notices.notices == ()
    until(lambda: trainer.state is TrainerState.IDLE)
    trainer.start(tmp_path / "gone.crnn", options)
    until(lambda: [n.text for n in made.window.notices.notices] == ["There are no words to train on."])


def test_a_run_is_started_paused_stopped_and_judged(
    made: program.Application, until: Until, at_rest: Callable[[Callable[[], float]], float]
) -> None:
    to_train(made, until)
    workspace, trainer = made.window.train, made.training.trainer
    assert workspace.plan.settings.minutes == 7
    click(workspace.plan.start_button)
    until(lambda: workspace.progress > 0.1)
    assert not workspace.plan.start_button.isEnabled()
    click(workspace.pause_button)
    reached = at_rest(lambda: workspace.progress)
    assert workspace.pause_button.text() == "Resume"
    click(workspace.pause_button)
    until(lambda: workspace.progress > reached)
    click(workspace.stop_button)
    until(lambda: workspace.result.isVisible() and trainer.state is TrainerState.IDLE)
    assert "Training was stopped" in texts(workspace.result)
    assert workspace.plan.start_button.isEnabled()
    assert not made.window.notices.notices, "who looks on needs no bar"


def test_a_new_window_in_the_middle_of_a_run_lists_what_the_run_has_told(
    made: program.Application, until: Until
) -> None:
    to_train(made, until)
    click(made.window.train.plan.start_button)
    until(lambda: made.window.train.progress > 0.1)
    made.training.trainer.events_ready.emit((bad_batch(3),))
    told, old = made.window.train.trouble.rows, made.window
    made.rebuild_window()
    made.window.show_workspace("train")
    assert made.window is not old
    assert made.window.train.trouble.rows == told != ()
    click(made.window.train.stop_button)
    until(lambda: made.training.trainer.state is TrainerState.IDLE)


def test_who_labels_meanwhile_is_told_and_can_switch_from_there(
    made: program.Application, until: Until, tiny_project: Path
) -> None:
    to_train(made, until)
    made.window.show_workspace("annotate")
    out = weights_folder(tiny_project / "annotations.crnn") / "new.safetensors"
    out.parent.mkdir()
    out.write_bytes(b"weights")
    made.training.trainer.finished.emit(finished(out=str(out)))
    [notice] = made.window.notices.notices
    assert notice.actions == ("Look", "Use the new weights")
    assert made.window.rail.is_marked("train")
    click(next(b for b in made.window.notices.findChildren(QPushButton) if b.text() == "Use the new weights"))
    until(lambda: made.training.active is not None and made.services.predictor.weights.name == "new")
    made.window.show_workspace("train")
    assert not made.window.rail.is_marked("train")
    assert not made.window.train.result.switch_button.isVisible(), "the question is answered"


def test_the_bar_leads_to_the_result(made: program.Application, until: Until) -> None:
    to_train(made, until)
    made.window.show_workspace("annotate")
    made.training.trainer.finished.emit(finished(Decision.REFUSED, None))
    [notice] = made.window.notices.notices
    assert notice.actions == ("Look",)
    click(next(b for b in made.window.notices.findChildren(QPushButton) if b.text() == "Look"))
    assert made.window.train.isVisible()
    assert made.window.train.result.isVisible()


def test_a_row_of_trouble_opens_the_page_with_its_word(made: program.Application, until: Until) -> None:
    to_train(made, until)
    made.window.train.trouble.word_requested.emit(2)
    until(lambda: made.window.annotate.isVisible() and made.document.current_word is not None)
    assert made.document.current_word.id == 2
