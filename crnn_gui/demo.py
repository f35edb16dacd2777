"""The demonstration: takes the sample project through the whole job, with a picture of each stage."""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QPoint, QSettings, Qt, Slot
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSlider, QApplication, QDialog

from crnn_gui.sample import DRAWN_PAGE, READ_PAGE
from crnn_gui.script import Script, Steps, Until
from crnn_gui.services.trainer import TrainerState
from crnn_gui.settings import Settings
from model.annotations import Box, State, Word
from model.assets import asset

if TYPE_CHECKING:
    from crnn_gui.app import Application
    from crnn_gui.widgets.review import ReviewWorkspace

PICTURE_PX = (1440, 900)

TRAINING_SECONDS = 240.0
"""The longest wait for something of a training run that takes a minute and a half: the machine may be busy."""

LOWERED = 17
"""Steps of one percent from the usual threshold to one that some readings of the board reach."""


class Demonstration(Script):
    """The whole main job, with a picture of each stage.

    Args:
        program: built and shown, no project open.
        folder: where the numbered pictures go.
    """

    def __init__(self, program: Application, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(program, parent)
        self._folder = folder
        self._pictures = 0
        self.ended.connect(self._on_ended)

    @Slot(str)
    def _on_ended(self, vain: str) -> None:
        if vain:
            self._take(f"stopped waiting for {vain}")

    def steps(self) -> Steps:
        window, document = self.window, self.program.document
        yield from self.pause(0.4)
        self._take("empty start")
        self.click(window.empty.demo_button)
        yield Until("the sample project", lambda: document.project is not None and document.page_image is not None)
        yield from self.open_page(DRAWN_PAGE)
        yield Until("the recogniser", lambda: self.program.services.predictor.weights is not None)
        yield from self.pause(1.0)
        self._take("folder open")
        yield from self._draw_words()
        yield from self._review_page()
        yield from self._train()
        yield from self._export()
        yield from self._go_dark()
        yield from self._look_for_things()

    def _draw_words(self) -> Steps:
        """Draw two words and type what they say."""
        field = self.window.annotate.field
        (first, first_box), (second, second_box) = _truths(DRAWN_PAGE)[:2]
        yield from self.draw(first_box)
        yield from self.type_label(first)
        yield from self.draw(second_box, before_release=lambda: self._take("live prediction while the box is drawn"))
        yield from self.pause(0.5)
        QTest.keyClicks(field, second)
        yield from self.pause(0.2)
        self._take("reading corrected in the field")
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        yield Until("the edit in the file", self.is_saved)

    def _review_page(self) -> Steps:
        """Walk a page of suggestions: Enter where the reading is right, the right text where it is not."""
        document, field = self.program.document, self.window.annotate.field
        yield from self.open_page(READ_PAGE)
        yield Until("suggestions", lambda: len(document.predictions) == len(document.words) > 0)
        yield from self.pause(0.5)
        truths = _truths(READ_PAGE)
        order = document.order
        document.select((order[0],))
        self.window.annotate.editor.edit()
        for number, word_id in enumerate(order):
            if number == len(order) // 2:
                yield from self.pause(0.3)
                self._take("page of suggestions under review")
                QTest.keyClick(self.window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
                yield from self.pause(1.5)
                self._take("review wall")
                yield from self._review_in_bulk()
                QTest.keyClick(self.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
                yield from self.pause(0.3)
            document.select((word_id,))
            self.window.annotate.editor.edit()
            truth = _truth_of(document.words[word_id], truths)
            reading = document.predictions[word_id].text
            if reading != truth:
                QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
                QTest.keyClicks(field, truth)
            QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            yield Until("the label", partial(self._is_verified, word_id))
        yield Until("the edits in the file", self.is_saved)

    def _review_in_bulk(self) -> Steps:
        """Look at what accepting many readings would come to, and at what a replacement would change."""
        review = cast("ReviewWorkspace", self.window.workspace("review"))
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(self.window, Qt.Key.Key_A, both)
        yield Until("what is promised", lambda: review.accepting.estimate is not None)
        for _ in range(LOWERED):
            review.accept_panel.slider.triggerAction(QAbstractSlider.SliderAction.SliderPageStepSub)
        yield from self.pause(0.8)
        self._take("readings above a threshold")
        QTest.keyClick(review.accept_panel.slider, Qt.Key.Key_Escape)
        QTest.keyClick(self.window, Qt.Key.Key_H, both)
        QTest.keyClicks(review.replace_panel.find_field, "o")
        QTest.keyClicks(review.replace_panel.put_field, "0")
        yield Until("what would change", lambda: bool(review.replacing.rows))
        yield from self.pause(0.5)
        self._take("search and replace")
        QTest.keyClick(review.replace_panel.find_field, Qt.Key.Key_Escape)

    def _is_verified(self, word_id: int) -> bool:
        return self.program.document.state(word_id) is State.VERIFIED

    def _train(self) -> Steps:
        """Train with an absurd learning rate until its bad batches are named, then as one should."""
        workspace, training = self.window.train, self.program.training
        plan = workspace.plan
        QTest.keyClick(self.window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
        yield Until("the plan", lambda: training.trainer.state is TrainerState.PLANNED)
        plan.set_minutes(3.0)
        QTest.keyClicks(plan.rate_field, "1000")
        self.click(plan.start_button)
        yield Until("a bad batch", lambda: bool(workspace.plot.bad_steps), TRAINING_SECONDS)
        self.click(workspace.stop_button)
        yield Until("the end of the run", lambda: training.trainer.state is TrainerState.IDLE, TRAINING_SECONDS)
        workspace.trouble.show_step(workspace.plot.bad_steps[0])
        yield from self.pause(0.5)
        self._take("bad batches named")
        plan.rate_field.clear()
        plan.set_minutes(1.5)
        self.click(plan.start_button)
        yield Until("a run half done", lambda: workspace.progress > 0.6, TRAINING_SECONDS)
        self._take("training with live curves")
        yield Until("the result", workspace.result.isVisible, TRAINING_SECONDS)
        yield from self.pause(0.5)
        self._take("before and after")
        if workspace.result.out is not None:
            self.click(workspace.result.switch_button)
            yield Until("the new weights", lambda: training.active is not None)

    def _export(self) -> Steps:
        panel = self.program.panels.exporting
        QTest.keyClick(
            self.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        yield Until("the export panel", panel.isVisible)
        self.click(panel.export_button)
        yield Until("the report", lambda: "=" in panel.summary)
        yield from self.pause(0.3)
        self._take("export report")
        panel.close()
        self.window.activateWindow()

    def _go_dark(self) -> Steps:
        self.window.actions_by_id["scheme_dark"].trigger()
        yield from self.pause(0.5)
        self._take("training in the dark look")
        QTest.keyClick(self.window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
        yield from self.pause(1.0)
        self._take("page in the dark look")

    def _look_for_things(self) -> Steps:
        """Open the command palette and the settings."""
        QTest.keyClick(self.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        palette = self.window.guides.palette
        yield Until("the palette", palette.isVisible)
        yield from self.pause(0.3)
        self._take("command palette")
        QTest.keyClick(palette.field, Qt.Key.Key_Escape)
        QTest.keyClick(self.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
        yield Until("the settings", self.window.guides.settings_page.isVisible)
        yield from self.pause(0.3)
        self._take("settings")
        self.window.guides.settings_page.show_keys()
        yield from self.pause(0.3)
        self._take("shortcuts")

    def _take(self, title: str) -> None:
        """Save a picture of the window, with the windows that belong to it in front."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._pictures += 1
        picture = self.window.grab()
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog) and dialog.isVisible():
                _lay_over(picture, dialog)
        picture.save(str(self._folder / f"{self._pictures:02d}-{title.replace(' ', '-')}.png"))


def _lay_over(picture: QPixmap, dialog: QDialog) -> None:
    """Draw a dialog into the middle of a picture, with an edge, as a window manager would."""
    size = dialog.size()
    ratio = picture.devicePixelRatio()
    place = QPoint(
        round(picture.width() / ratio - size.width()) // 2, round(picture.height() / ratio - size.height()) // 2
    )
    painter = QPainter(picture)
    painter.drawPixmap(place, dialog.grab())
    painter.setPen(dialog.palette().mid().color())
    painter.drawRect(place.x() - 1, place.y() - 1, size.width() + 1, size.height() + 1)
    painter.end()


def _truths(page_name: str) -> list[tuple[str, Box]]:
    """Return the text and box of every word of a sample page."""
    for line in (asset("resources/sample") / "boxes.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        if page["image"] == page_name:
            return [(word["text"], Box(tuple(tuple(point) for point in word["quad"]))) for word in page["words"]]  # type: ignore[arg-type]
    raise ValueError(f"there is no sample page {page_name}")


def _truth_of(word: Word, truths: list[tuple[str, Box]]) -> str:
    """Return the text whose box is nearest to a word's."""
    x, y = word.box.bounds[:2]
    return min(truths, key=lambda truth: abs(truth[1].bounds[0] - x) + abs(truth[1].bounds[1] - y))[0]


def run(folder: Path, *, log_file: Path) -> int:
    """Do the whole job by itself and write the pictures. Returns the exit status.

    The user's settings and projects are neither read nor changed.
    """
    from crnn_gui import app

    with tempfile.TemporaryDirectory(prefix="crnn-gui-demo-") as home:
        settings = Settings(QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat))
        settings.set_value("look/scheme", "light")
        failures: list[str] = []

        def begin(program: Application) -> None:
            program.window.resize(*PICTURE_PX)  # the screen of the offscreen platform is a small one
            script = Demonstration(program, folder, program)
            script.ended.connect(failures.append)
            script.ended.connect(program.window.close)
            script.start()

        status = app.run(None, demo=False, log_file=log_file, settings=settings, on_shown=begin)
    if any(failures):
        sys.stderr.write(f"crnn-gui: the demonstration waited in vain for {failures[0]}; the log is {log_file}\n")
        return 1
    return status
