"""Training runs outlive the window: closed in the middle they go on, and what was trained stays to be compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from crnn_gui import app as program
from crnn_gui.leaving import CLOSE
from crnn_gui.services.child import ChildProcess
from crnn_gui.services.pages import PageImages, Thumbnails
from crnn_gui.services.predictor import PredictorService
from crnn_gui.services.store_service import StoreService
from crnn_gui.services.tasks import Tasks
from crnn_gui.services.trainer import TrainerService, TrainerState
from crnn_gui.settings import Settings
from crnn_gui.theme import Scheme, Theme
from crnn_gui.training_advice import GO_ON, TRAIN
from model.annotations import Box, LabelledCrop, RunRecord, Source
from model.errors import TrainingError
from model.run_state import RunFolder
from model.store import FILE_NAME, AnnotationStore

Until = Callable[..., None]
Launch = Callable[[], program.Application]

BOX = Box.from_bounds(0, 0, 40, 12)


@pytest.fixture
def launch(
    qapp: QApplication, tmp_path: Path, tiny_project: Path, fake_child: Callable[[], ChildProcess], until: Until
) -> Iterator[Launch]:
    """Return a function that starts the program on the same project again and again."""
    started: list[program.Application] = []
    theme = Theme(qapp, Scheme.LIGHT)

    def start() -> program.Application:
        settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        tasks = Tasks()
        predictor, trainer = PredictorService(fake_child), TrainerService(fake_child)
        services = program.Services(tasks, StoreService(), PageImages(tasks), Thumbnails(tasks), predictor, trainer)
        made = program.build(settings, services, theme)
        started.append(made)
        made.window.resize(1200, 800)
        made.window.show()
        made.load_recogniser()
        made.document.open_path(tiny_project)
        until(lambda: made.document.page_image is not None and predictor.weights is not None)
        return made

    yield start
    for made in started:
        if made.window.isVisible():
            made.leaving.leave()
        made.window.deleteLater()


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(made: program.Application, action: str) -> None:
    """Click a button in a notice."""
    click(next(b for b in made.window.notices.findChildren(QPushButton) if b.text() == action))


def actions(made: program.Application) -> list[str]:
    return [action for notice in made.window.notices.notices for action in notice.actions]


def train(made: program.Application, until: Until, *, steps: float = 0.2) -> None:
    made.window.show_workspace("train")
    until(lambda: made.training.trainer.state is TrainerState.PLANNED)
    click(made.window.train.plan.start_button)
    until(lambda: made.window.train.progress > steps)


def verify(made: program.Application, count: int) -> None:
    """Draw and label words on the page."""
    for number in range(count):
        word_id = made.document.add_word(BOX.moved(0, number))
        made.document.set_label(word_id, "rose")


def test_closing_while_training_asks_and_the_run_goes_on_next_time(launch: Launch, until: Until) -> None:
    made = launch()
    train(made, until)
    assert "words a second" in made.window.train.pace
    assert "MB" in made.window.train.pace
    made.window.close()
    assert made.window.isVisible(), "a run is under way"
    assert actions(made) == [CLOSE]
    choose(made, CLOSE)
    until(lambda: not made.window.isVisible())
    reached = made.training.runs.runs[0].curves["batches"][-1][0]

    again = launch()
    until(lambda: GO_ON in actions(again))
    again.window.show_workspace("train")
    workspace = again.window.train
    until(lambda: not again.training.trainer.is_busy)
    assert workspace.interrupted.isVisible()
    assert f"interrupted at step {reached:.0f} of 200." in " ".join(n.text for n in again.window.notices.notices)
    assert "Training begins" in workspace.log.toPlainText()
    click(workspace.interrupted.resume_button)
    until(lambda: workspace.progress > reached / 200)
    assert GO_ON not in actions(again), "the offer was taken"
    assert not workspace.interrupted.isVisible()
    assert f"goes on at step {reached:.0f}:" in workspace.log.toPlainText()
    until(lambda: workspace.result.isVisible() and again.training.trainer.state is TrainerState.IDLE)
    [run] = again.training.runs.runs
    assert (run.outcome, run.curves["batches"][-1][0]) == ("better", 200)
    assert len({row[0] for row in run.curves["batches"]}) == len(run.curves["batches"]), "no step twice"


def test_who_stays_goes_on_training(launch: Launch, until: Until) -> None:
    made = launch()
    train(made, until)
    made.window.close()
    until(made.window.train.result.isVisible)
    until(lambda: made.training.trainer.state is TrainerState.IDLE)
    assert CLOSE not in actions(made), "there is nothing to ask any more"
    made.window.close()
    assert not made.window.isVisible()


def test_an_interrupted_run_can_be_given_up(launch: Launch, until: Until) -> None:
    made = launch()
    train(made, until)
    made.window.close()
    choose(made, CLOSE)
    until(lambda: not made.window.isVisible())
    again = launch()
    again.window.show_workspace("train")
    until(again.window.train.interrupted.isVisible)
    click(again.window.train.interrupted.give_up_button)
    until(lambda: again.services.store.saved.pending == 0)
    assert not again.window.train.interrupted.isVisible()
    assert again.training.runs.runs[0].outcome == "stopped"
    again.window.close()
    third = launch()
    third.window.show_workspace("train")
    until(lambda: third.training.runs.runs)
    assert third.training.runs.interrupted is None


def test_another_project_leaves_the_run_to_be_taken_up(
    launch: Launch, until: Until, tmp_path: Path, tiny_project: Path
) -> None:
    made = launch()
    train(made, until)
    other = tmp_path / "other"
    other.mkdir()
    made.document.open_path(other)
    until(lambda: made.document.project.folder == other)
    until(lambda: made.training.trainer.state is TrainerState.IDLE)
    assert made.training.runs.runs == ()
    made.document.open_path(tiny_project)
    until(lambda: made.training.runs.interrupted is not None)


def test_the_curves_of_earlier_runs_are_laid_over(launch: Launch, until: Until, tiny_project: Path) -> None:
    curves = {"steps": 9, "batches": [[1, 2.0, 2.0, 50.0]], "epochs": [[0, 2, 50, 9], [9, 1, 70, 5]], "bad": []}
    with AnnotationStore.open(tiny_project / FILE_NAME) as store:
        for number, name in enumerate(("a", "b")):
            store.save_run(RunRecord(name, number + 1.0, number + 2.0, 38, "better", f"reason {name}", curves=curves))
    made = launch()
    made.window.show_workspace("train")
    runs = made.window.train.runs
    until(lambda: len(runs.rows) == 2)
    assert [row[1:] for row in runs.rows] == [
        ("38", "1", "50.0 → 70.0 %", "reason b"),
        ("38", "1", "50.0 → 70.0 %", "reason a"),
    ]
    runs.setFocus()
    for row in range(2):
        runs.setCurrentItem(runs.topLevelItem(row))
        QTest.keyClick(runs, Qt.Key.Key_Space)
    assert made.window.train.plot.laid_over == 2
    QTest.keyClick(runs, Qt.Key.Key_Space)
    assert made.window.train.plot.laid_over == 1


def test_enough_new_words_suggest_another_training_once(launch: Launch, until: Until, tiny_project: Path) -> None:
    with AnnotationStore.open(tiny_project / FILE_NAME) as store:
        store.save_run(RunRecord("a", 1.0, 2.0, 1, "better", "measured"))
    made = launch()
    until(lambda: made.training.runs.runs)
    verify(made, 19)
    assert actions(made) == []
    verify(made, 2)
    [notice] = made.window.notices.notices
    assert notice.text == "20 words verified since the last training: train again?"
    choose(made, TRAIN)
    until(lambda: made.training.is_training)
    assert made.window.train.isVisible()
    verify(made, 1)
    assert TRAIN not in actions(made)
    assert made.training.new_words == 1, "this one is not in the run"


def test_the_yardstick_measures_what_is_verified_and_survives_a_restart(launch: Launch, until: Until) -> None:
    made = launch()
    for label in ("40x12", "rose"):  # the recogniser of this test reads the size of the crop
        word_id = made.document.add_word(BOX)
        until(lambda word_id=word_id: word_id in made.document.predictions)
        made.document.set_label(word_id, label, Source.TYPED)
    until(lambda: made.yardstick.measured.current is not None and len(made.yardstick.measured.current.right) == 2)
    assert made.yardstick.measured.current.right == (True, False)
    assert made.window.status.yardstick == "right on 1 of your last 2 words"
    made.document.undo()
    until(lambda: made.window.status.yardstick == "right on 1 of your last 1 word")
    made.window.close()
    again = launch()
    again.window.show_workspace("train")
    until(again.window.train.yardstick.isVisible)
    until(lambda: again.window.train.yardstick.sentence == "100 % of the last 1 word right.")


def test_the_words_of_a_run_are_kept_with_it(tmp_path: Path) -> None:
    folder = RunFolder.of(tmp_path / "new.safetensors")
    crops = (
        LabelledCrop("a.png word 1", tmp_path / "a.png", BOX, "Röse", None, 1),
        LabelledCrop("b.png", tmp_path / "b.png", None, "x", "val"),
    )
    folder.save_crops(crops)
    assert folder.load_crops() == crops
    folder.clear()
    with pytest.raises(TrainingError, match="start a new run"):
        folder.load_crops()


def test_run_goes_on_in_a_window_that_is_built_anew(launch: Launch, until: Until) -> None:
    made = launch()
    train(made, until)
    old = made.window
    click(old.train.pause_button)
    until(lambda: made.training.trainer.state is TrainerState.PAUSED)
    made.settings.set_value("look/text_percent", 110)
    until(lambda: made.window is not old)
    workspace = made.window.train
    assert "Training begins" in workspace.log.toPlainText()
    click(workspace.pause_button)
    until(lambda: workspace.progress > 0.2)
    until(lambda: workspace.result.isVisible() and made.training.trainer.state is TrainerState.IDLE)
    made.settings.set_value("look/text_percent", 100)
    until(lambda: made.window.train is not workspace)
