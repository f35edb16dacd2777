"""The demonstration: drives the real widgets with real mouse and key events through the whole job, taking pictures.

It runs inside the application's own event loop. The script is a generator that acts, then yields what it waits for; a
timer looks whether that has come true and lets the script go on.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from crnn_gui.services.trainer import TrainerState
from model.annotations import Box, State, Word, reading_order
from model.assets import asset
from model.formats import open_dataset
from model.importing import import_dataset

if TYPE_CHECKING:
    from crnn_gui.app import Application

DRAWN_PAGE = "bakery.jpg"
"""This sample page comes without boxes: its words are for the user to draw."""

READ_PAGE = "parcel.jpg"
"""This sample page comes with boxes, but without labels: its words are for the recogniser to suggest."""

POLL_MILLISECONDS = 20
DRAG_STEPS = 12
PATIENCE_SECONDS = 60.0


def make_sample_project(folder: Path) -> Path:
    """Copy the sample pages into a new folder, take most of their words in, and return the folder."""
    sample = asset("resources/sample")
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("*.jsonl"))
    lines = []
    for line in (sample / "boxes.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        if page["image"] == DRAWN_PAGE:
            continue
        if page["image"] == READ_PAGE:
            page["words"] = [word | {"text": ""} for word in page["words"]]
        lines.append(json.dumps(page, ensure_ascii=False))
    boxes = folder / "boxes.jsonl"
    boxes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_dataset(open_dataset(folder, format="boxes-jsonl"), folder)
    boxes.unlink()
    return folder


@dataclass(frozen=True, slots=True)
class Until:
    """What the script waits for, and for how long at most."""

    what: str
    is_true: Callable[[], bool]
    seconds: float = PATIENCE_SECONDS


class Demonstration(QObject):
    """Runs the script and ends the application.

    Args:
        program: built and shown, no project open.
        folder: where the numbered pictures go.

    Signals:
        ended: str, empty when the script came to its end, else what it waited for in vain.
    """

    ended = Signal(str)

    def __init__(self, program: Application, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program = program
        self._window = program.window
        self._folder = folder
        self._pictures = 0
        self._script = self._run()
        self._until: Until | None = None
        self._since = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        """Begin at the next turn of the event loop."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._timer.start()

    @Slot()
    def _on_tick(self) -> None:
        until = self._until
        if until is not None and not until.is_true():
            if time.monotonic() - self._since > until.seconds:
                self._end(until.what)
            return
        try:
            self._until = next(self._script)
        except StopIteration:
            self._end("")
        self._since = time.monotonic()

    def _end(self, vain: str) -> None:
        self._timer.stop()
        self._script.close()
        if vain:
            self._take("the demonstration stopped here")
        self.ended.emit(vain)

    # The script

    def _run(self) -> Iterator[Until]:
        window, document = self._window, self._program.document
        yield from self._pause(0.4)
        self._take("empty start")
        self._click(window.empty.demo_button)
        yield Until("the sample project", lambda: document.project is not None and document.page_image is not None)
        yield from self._open_page(DRAWN_PAGE)
        yield Until("the recogniser", lambda: self._program.services.predictor.weights is not None)
        yield from self._pause(1.0)
        self._take("folder open")
        yield from self._draw_words()
        yield from self._review_page()
        yield from self._train()
        yield from self._export()
        yield from self._go_dark()

    def _draw_words(self) -> Iterator[Until]:
        """Draw two words, one of them corrected."""
        canvas, field = self._window.annotate.canvas, self._window.annotate.field
        words = _truths(DRAWN_PAGE)
        for number, (text, box) in enumerate(words[:2]):
            canvas.setFocus()
            QTest.keyClick(canvas, Qt.Key.Key_W)
            yield from self._drag(box, picture="live prediction while the box is drawn" if number == 1 else "")
            yield Until("the new word's field", field.isVisible)
            yield from self._pause(0.5)
            QTest.keyClicks(field, text)
            if number == 1:
                yield from self._pause(0.2)
                self._take("reading corrected in the field")
            QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            yield Until("the edit in the file", self._is_saved)

    def _drag(self, box: Box, *, picture: str) -> Iterator[Until]:
        """Draw a box with the mouse; the picture is taken while the button is still down."""
        view = self._window.annotate.canvas.viewport()
        left, top, right, bottom = box.bounds
        start, end = self._on_screen(left - 4, top - 4), self._on_screen(right + 4, bottom + 4)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, DRAG_STEPS + 1):
            QTest.mouseMove(view, start + (end - start) * step / DRAG_STEPS)
            yield from self._pause(0.05)
        yield from self._pause(0.6)
        if picture:
            self._take(picture)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)

    def _review_page(self) -> Iterator[Until]:
        """Walk a page of suggestions: Enter where the reading is right, the right text where it is not."""
        document, field = self._program.document, self._window.annotate.field
        yield from self._open_page(READ_PAGE)
        yield Until("suggestions", lambda: len(document.predictions) == len(document.words) > 0)
        yield from self._pause(0.5)
        truths = _truths(READ_PAGE)
        order = [word.id for word in reading_order(document.words.values())]
        document.select((order[0],))
        self._window.annotate.editor.edit()
        for number, word_id in enumerate(order):
            if number == len(order) * 2 // 3:
                yield from self._pause(0.3)
                self._take("page of suggestions under review")
            document.select((word_id,))
            self._window.annotate.editor.edit()
            truth = _truth_of(document.words[word_id], truths)
            reading = document.predictions[word_id].text
            if reading != truth:
                QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
                QTest.keyClicks(field, truth)
            QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
            yield Until("the label", lambda i=word_id: document.state(i) is State.VERIFIED)
        yield Until("the edits in the file", self._is_saved)
        QTest.keyClick(self._window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
        yield from self._pause(1.5)
        self._take("review wall")

    def _train(self) -> Iterator[Until]:
        """Train twice: with an absurd learning rate, whose bad batches are named, then as one should."""
        workspace, training = self._window.train, self._program.training
        plan = workspace.plan
        QTest.keyClick(self._window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
        yield Until("the plan", lambda: training.trainer.state is TrainerState.PLANNED)
        plan.set_minutes(0.2)
        QTest.keyClicks(plan.rate_field, "1000")
        self._click(plan.start_button)
        yield Until("a bad batch", lambda: bool(workspace.plot.bad_steps))
        yield Until("the end of the run", lambda: training.trainer.state is TrainerState.IDLE)
        workspace.trouble.show_step(workspace.plot.bad_steps[0])
        yield from self._pause(0.5)
        self._take("bad batches named")
        plan.rate_field.clear()
        plan.set_minutes(0.7)
        self._click(plan.start_button)
        yield Until("a run half done", lambda: workspace.progress > 0.6)
        self._take("training with live curves")
        yield Until("the result", workspace.result.isVisible)
        yield from self._pause(0.5)
        self._take("before and after")
        if workspace.result.out is not None:
            self._click(workspace.result.switch_button)
            yield Until("the new weights", lambda: training.active is not None)

    def _export(self) -> Iterator[Until]:
        panel = self._program.export_panel
        QTest.keyClick(
            self._window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        yield Until("the export panel", panel.isVisible)
        self._click(panel.export_button)
        yield Until("the report", lambda: "=" in panel.summary)
        yield from self._pause(0.3)
        self._take("export report")
        panel.close()

    def _go_dark(self) -> Iterator[Until]:
        self._window.actions_by_id["scheme_dark"].trigger()
        yield from self._pause(0.5)
        self._take("training in the dark look")
        QTest.keyClick(self._window, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
        yield from self._pause(1.0)
        self._take("page in the dark look")

    # What the script is made of

    def _open_page(self, name: str) -> Iterator[Until]:
        document = self._program.document
        page = next(page for page in document.pages if page.path == name)
        document.open_page(page.id)

        def is_open() -> bool:
            return document.page is not None and document.page.path == name and document.page_image is not None

        yield Until(f"the page {name}", is_open)
        yield from self._pause(0.3)

    def _pause(self, seconds: float) -> Iterator[Until]:
        end = time.monotonic() + seconds
        yield Until("a moment", lambda: time.monotonic() >= end)

    def _is_saved(self) -> bool:
        return self._program.services.store.saved.pending == 0

    def _on_screen(self, x: float, y: float) -> QPoint:
        return self._window.annotate.canvas.mapFromScene(x, y)

    def _click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def _take(self, title: str) -> None:
        """Save a picture of the window, with the windows that belong to it in front."""
        self._pictures += 1
        picture = self._window.grab()
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
