"""Runs the real ``main()`` with a script inside it: ``python drive.py SCRIPT RESULT.json ARGUMENTS…``.

The script uses mouse and keyboard; what it saw is printed as JSON into RESULT.json when it has come to its end.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMimeData, QModelIndex, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QTreeView, QTreeWidget

from crnn_gui import app
from crnn_gui.__main__ import main
from crnn_gui.leaving import CLOSE
from crnn_gui.script import Script, Steps, Until
from crnn_gui.services.trainer import TrainerState
from crnn_gui.training_advice import GO_ON
from crnn_gui.widgets.recent_row import RecentRow
from crnn_gui.widgets.word_look import other_readings
from model.annotations import Box, Prediction

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Told(Script):
    """A script with a wish list (JSON beside the result file) and a result."""

    def __init__(self, program: app.Application, result: Path) -> None:
        super().__init__(program, program)
        self._result = result
        self.wishes = json.loads(result.with_suffix(".wishes.json").read_text(encoding="utf-8"))
        self.found: dict[str, object] = {}

    def tell(self) -> None:
        """Write what was found so far, whole."""
        beside = self._result.with_suffix(".part")
        beside.write_text(json.dumps(self.found, ensure_ascii=False), encoding="utf-8")
        beside.replace(self._result)

    def is_ready(self) -> Steps:
        """Wait for the project, its first page and the recogniser."""
        document = self.program.document
        yield Until("the first page", lambda: document.page_image is not None and document.page is not None)
        yield Until("the recogniser", lambda: self.program.services.predictor.weights is not None)

    def words(self) -> list[dict[str, object]]:
        """Return what the current page shows."""
        document = self.program.document
        return [
            {"box": word.box.bounds, "label": word.label, "state": document.state(word.id).value}
            for word in document.words.values()
        ]


class Label(Told):
    """Draws every wished box on its page, sees it read live, types its text, and waits to be killed."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        live: list[str] = []
        self.program.reading.previewed.connect(lambda answer: live.append(answer.prediction.text))
        pages: dict[str, object] = {}
        for name, words in self.wishes["pages"].items():
            yield from self.open_page(name)
            for text, bounds in words:
                yield from self.draw(Box.from_bounds(*bounds))
                yield from self.type_label(text)
            pages[name] = self.words()
        self.found = {"pages": pages, "live": live}
        self.tell()
        yield Until("being killed", lambda: False, 600)


class Reopen(Told):
    """Finds everything again, takes the last label back and forth, trains, switches, exports and leaves."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        document = self.program.document
        pages: dict[str, object] = {}
        for name in self.wishes["pages"]:
            yield from self.open_page(name)
            pages[name] = self.words()
        self.found["pages"] = pages
        labels = [word["label"] for words in pages.values() for word in words]  # type: ignore[attr-defined]
        QTest.keyClick(self.window, Qt.Key.Key_Z, CONTROL)
        yield Until("the undo in the file", lambda: self.is_saved() and document.undo_stack.canRedo())
        self.found["after_undo"] = document.counts.verified
        QTest.keyClick(self.window, Qt.Key.Key_Y, CONTROL)
        yield Until("the redo in the file", lambda: document.counts.verified == len(labels) and self.is_saved())
        self.found["previews"] = self._save_previews()
        yield from self._train()
        yield from self._export()
        self.tell()

    def _save_previews(self) -> dict[str, str]:
        """Save what the inspector shows of each word of the page, by label."""
        folder = Path(self.wishes["previews"])
        saved = {}
        for word in list(self.program.document.words.values()):
            self.program.document.select((word.id,))
            path = folder / f"{word.id}.png"
            self.window.inspector.crop_image.save(str(path))
            saved[str(word.id)] = str(path)
        return saved

    def _train(self) -> Steps:
        QTest.keyClick(self.window, Qt.Key.Key_3, CONTROL)
        workspace, trainer = self.window.train, self.program.training.trainer
        yield Until("the plan", lambda: trainer.state is TrainerState.PLANNED)
        workspace.plan.set_minutes(self.wishes["minutes"])
        if "learning_rate" in self.wishes:
            QTest.keyClicks(workspace.plan.rate_field, self.wishes["learning_rate"])
        self.click(workspace.plan.start_button)
        yield Until("the run", lambda: self.program.training.is_training, 120)
        # Labelling goes on meanwhile.
        QTest.keyClick(self.window, Qt.Key.Key_1, CONTROL)
        self.found["counts_while_training"] = self.program.document.counts.verified
        QTest.keyClick(self.window, Qt.Key.Key_3, CONTROL)
        yield Until("the result", workspace.result.isVisible, 240)
        yield Until("the end of the child", lambda: trainer.state is TrainerState.IDLE)
        self.found["trouble"] = list(workspace.trouble.rows)
        self.found["bad_steps"] = len(workspace.plot.bad_steps)
        if workspace.result.out is not None:
            self.click(workspace.result.switch_button)
            yield Until("the new weights", lambda: self.program.training.active is not None)
        self.found["history"] = [record.metrics["verdict"] for record in self.program.training.history]

    def _export(self) -> Steps:
        panel = self.program.panels.exporting
        QTest.keyClick(self.window, Qt.Key.Key_E, CONTROL | SHIFT)
        yield Until("the export panel", panel.isVisible)
        panel.folder.setText(self.wishes["export"])
        self.click(panel.export_button)
        yield Until("the report", lambda: "=" in panel.summary)
        self.found["report"] = panel.summary
        panel.close()


class ReadAll(Told):
    """Has all pages read, or finds that it goes on by itself, and tells what the bars say until it is over."""

    def steps(self) -> Steps:
        told: list[str] = []
        reading = self.program.recognising.reading
        reading.told.connect(lambda notice: told.append(notice.text))
        yield from self.is_ready()
        if self.wishes["start"]:
            self.window.actions_by_id["read_project"].trigger()
        yield Until("the end", lambda: bool(told) and not reading.is_running and self.is_saved(), 120)
        self.found = {"told": told}
        self.tell()


class Look(Told):
    """Opens what the arguments name and tells what a person would see.

    It looks when there are as many ``pages`` and ``notices`` as wished, and the ``recogniser`` where that is wished;
    with ``stay`` the window stays open until it is killed.
    """

    def steps(self) -> Steps:
        document, predictor, notices = self.program.document, self.program.services.predictor, self.window.notices
        yield Until("the pages", lambda: len(document.pages) >= self.wishes.get("pages", 0))
        if self.wishes.get("recogniser"):
            yield Until("the recogniser", lambda: predictor.weights is not None)
        yield Until("the notices", lambda: len(notices.notices) >= self.wishes.get("notices", 0))
        yield from self.pause(1.0)  # for what should not come
        self.found = {
            "weights": predictor.weights.name if predictor.weights else "",
            "pages": [page.path for page in document.pages],
            "problems": {page.path: page.problem for page in document.pages if page.problem},
            "notices": [notice.text for notice in notices.notices],
            "actions": [action for notice in notices.notices for action in notice.actions],
            "gone": [row.project.path.name for row in self.window.findChildren(RecentRow) if not row.is_there],
            "read_only": document.read_only,
            "torch": "torch" in sys.modules,
        }
        self.tell()
        if self.wishes.get("stay"):
            yield Until("being killed", lambda: False, 600)


class Poison(Told):
    """Trains on what should not be trained on, far too fast, then follows a row of trouble to its word."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        QTest.keyClick(self.window, Qt.Key.Key_3, CONTROL)
        workspace, trainer = self.window.train, self.program.training.trainer
        yield Until("the plan", lambda: trainer.state is TrainerState.PLANNED)
        self.found["planned"] = list(workspace.trouble.rows)
        workspace.plan.set_minutes(self.wishes["minutes"])
        QTest.keyClicks(workspace.plan.rate_field, "1000")
        self.click(workspace.plan.start_button)
        # Labelling goes on meanwhile, so the end has to be told.
        yield Until("the run", lambda: self.program.training.is_training, 120)
        QTest.keyClick(self.window, Qt.Key.Key_1, CONTROL)
        notices = self.window.notices
        yield Until("the news", lambda: any("Look" in notice.actions for notice in notices.notices), 240)
        self.found["news"] = [notice.text for notice in notices.notices if "Look" in notice.actions]
        self.found["dot"] = self.window.rail.is_marked("train")
        QTest.keyClick(self.window, Qt.Key.Key_3, CONTROL)
        yield Until("the result", workspace.result.isVisible)
        self.found["dot_after"] = self.window.rail.is_marked("train")
        self.found["trouble"] = list(workspace.trouble.rows)
        self.found["bad_steps"] = list(workspace.plot.bad_steps)
        yield from self._follow(workspace.trouble.findChild(QTreeView))
        yield Until("the end of the child", lambda: trainer.state is TrainerState.IDLE)
        self.tell()

    def _follow(self, view: QTreeView) -> Steps:
        """Open the first row with a crop below it by keyboard, and go from the crop to its word."""
        view.setFocus()
        view.setCurrentIndex(view.model().index(0, 0, QModelIndex()))
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(view, key)
        self.found["followed"] = view.currentIndex().siblingAtColumn(0).data()
        document, annotate = self.program.document, self.window.annotate
        yield Until("the word", lambda: annotate.isVisible() and document.current_word is not None)
        self.found["arrived"] = document.page.path if document.page else ""


class Leave(Told):
    """Trains, goes on labelling, closes the window in the middle of the run, and agrees that it goes on next time."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        QTest.keyClick(self.window, Qt.Key.Key_3, CONTROL)
        workspace, training = self.window.train, self.program.training
        yield Until("the plan", lambda: training.trainer.state is TrainerState.PLANNED)
        workspace.plan.set_minutes(self.wishes["minutes"])
        self.click(workspace.plan.start_button)
        yield Until("steps", lambda: workspace.progress > 0, 240)
        QTest.keyClick(self.window, Qt.Key.Key_1, CONTROL)
        yield from self.draw(Box.from_bounds(*self.wishes["box"]))
        yield from self.type_label("meanwhile")
        self.found["pace"] = workspace.pace
        self.window.close()
        self.found["asked"] = [action for notice in self.window.notices.notices for action in notice.actions]
        assert self.window.isVisible(), "a run is under way"
        self.click(next(b for b in self.window.notices.findChildren(QPushButton) if b.text() == CLOSE))
        self.tell()
        yield Until("the closed window", lambda: not self.window.isVisible())


class GoOn(Told):
    """Takes the offer to go on with the run, and watches it to its end."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        notices, training = self.window.notices, self.program.training
        yield Until("the offer", lambda: any(GO_ON in notice.actions for notice in notices.notices))
        self.click(next(b for b in notices.findChildren(QPushButton) if b.text() == GO_ON))
        workspace = self.window.train
        yield Until("the result", workspace.result.isVisible, 300)
        yield Until("the end of the child", lambda: training.trainer.state is TrainerState.IDLE)
        [run] = training.runs.runs
        self.found = {"log": list(run.log), "outcome": run.outcome, "steps": run.curves["steps"]}
        self.found["taken"] = [row[0] for row in run.curves["batches"]]
        self.found["new_words"] = training.new_words
        self.tell()


class Exchange(Told):
    """Drops a data set on the window, sees what will happen, imports it, looks at a word of it, and exports all."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        document = self.program.document
        self._drop(self.wishes["dropped"])
        panel = self.program.panels.importing
        yield Until("the import panel", panel.isVisible)
        yield Until("the preview", panel.import_button.isEnabled)
        self.found["before"] = [panel.headline, panel.summary, list(panel.rows.titles), document.counts.words]
        self.click(panel.import_button)
        yield Until("the report", lambda: "Imported" in panel.summary)
        self.found["after"] = [panel.summary, list(panel.rows.titles), document.counts.words]
        self._follow(panel.rows)
        yield Until("the word", lambda: document.current_word is not None and document.current_word.label is not None)
        self.found["arrived"] = [document.page.path if document.page else "", document.current_word.label]
        panel.close()
        yield from self._export()
        self._drop(self.wishes["plain"])
        yield Until("the plain folder", lambda: document.project.folder == Path(self.wishes["plain"]))
        self.found["panel_for_photographs"] = panel.isVisible()
        self.tell()

    def _drop(self, path: str) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path)])
        place = self.window.rect().center()
        actions, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(self.window, QDragEnterEvent(place, actions, data, button, modifier))
        QApplication.sendEvent(self.window, QDropEvent(QPointF(place), actions, data, button, modifier))

    def _follow(self, rows: QTreeWidget) -> None:
        rows.setCurrentItem(rows.topLevelItem(0).child(0))
        QTest.keyClick(rows, Qt.Key.Key_Return)

    def _export(self) -> Steps:
        panel = self.program.panels.exporting
        self.window.activateWindow()
        yield Until("the active window", self.window.isActiveWindow)
        QTest.keyClick(self.window, Qt.Key.Key_E, CONTROL | SHIFT)
        yield Until("the count", lambda: panel.isVisible() and "word" in panel.summary)
        self.found["plan"] = panel.summary
        panel.format.choose("labelme")
        panel.folder.setText(self.wishes["export"])
        self.click(panel.export_button)
        yield Until("the report", lambda: "=" in panel.summary)
        self.found["report"] = panel.summary
        panel.close()


class Keyboard(Told):
    """Verifies all that was suggested by keys alone, correcting what differs from the wished texts."""

    def steps(self) -> Steps:
        yield from self.is_ready()
        truth, document = self.wishes["texts"], self.program.document
        keys: dict[str, list[int]] = {"accepted": [], "corrected": []}
        waits: list[float] = []
        self.press(Qt.Key.Key_F8)
        while document.counts.suggested:
            word, field = document.current_word, QApplication.focusWidget()
            assert word is not None, "the hands rest on a word"
            assert field is self.window.annotate.field, "and in its field"
            right = field.text() == truth[str(word.id)]
            taken = 1 if right else self._correct(truth[str(word.id)])
            pressed = time.monotonic()
            self.press(Qt.Key.Key_Return)
            yield Until("the next word", lambda before=word: self._is_at_next(before.id))
            waits.append(time.monotonic() - pressed)
            keys["accepted" if right else "corrected"].append(taken)
        yield Until("the labels in the file", self.is_saved)
        self.found = {"keys": keys, "waits": sorted(waits), "told": [n.text for n in self.window.notices.notices]}
        self.tell()

    def _correct(self, text: str) -> int:
        """Take the reading that says so, or type it. Returns the keys pressed, Enter included."""
        others = [alternative.text for alternative in other_readings(self.reading_at_hand())]
        if text in others:
            self.press(Qt.Key(Qt.Key.Key_1 + others.index(text)), Qt.KeyboardModifier.AltModifier)
            return 2
        QTest.keyClicks(QApplication.focusWidget(), text)
        return len(text) + 1

    def reading_at_hand(self) -> Prediction | None:
        word = self.program.document.current_word
        return self.program.document.predictions.get(word.id) if word is not None else None

    def _is_at_next(self, before: int) -> bool:
        word, counts = self.program.document.current_word, self.program.document.counts
        return not counts.suggested or (
            word is not None and word.id != before and self.window.annotate.field.hasFocus()
        )

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        QTest.keyClick(QApplication.focusWidget(), key, modifiers)


SCRIPTS = {
    "keyboard": Keyboard,
    "leave": Leave,
    "go on": GoOn,
    "label": Label,
    "reopen": Reopen,
    "look": Look,
    "read all": ReadAll,
    "poison": Poison,
    "exchange": Exchange,
}


def forbid_writing(folder: str) -> None:
    """Let a folder look as one without write permission does; tests run as a user who may write everywhere, too."""
    access = os.access
    os.access = lambda path, mode, **rest: Path(path) != Path(folder) and access(path, mode, **rest)


def drive(name: str, result: Path, arguments: list[str]) -> int:
    build = app.build
    failures: list[str] = []

    class Reporter(app.CrashReporter):
        """An exception that nobody caught fails the test; the application would go on."""

        def hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            failures.append(f"the end without an exception: {error!r}")
            sys.__excepthook__(kind, error, trace)

    def build_and_drive(*args: object) -> app.Application:
        program = build(*args)  # type: ignore[arg-type]
        program.window.resize(1440, 900)  # the screen of the offscreen platform is a small one
        script = SCRIPTS[name](program, result)
        if "unwritable" in script.wishes:
            forbid_writing(script.wishes["unwritable"])
        script.ended.connect(failures.append)
        script.ended.connect(program.window.close)
        script.start()
        return program

    app.build, app.CrashReporter = build_and_drive, Reporter
    status = main(arguments)
    if any(failures):
        sys.exit(f"waited in vain for {next(filter(None, failures))}")
    return status


if __name__ == "__main__":
    sys.exit(drive(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
