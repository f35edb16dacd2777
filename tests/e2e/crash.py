"""Mistakes of our own in every place where code runs: ``python crash.py RESULT.json ARGUMENTS…``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from drive import Steps, Told
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui import app
from crnn_gui.__main__ import main
from crnn_gui.script import Until
from crnn_gui.widgets.crash_dialog import CrashDialog
from model.annotations import Box


def fail(*_arguments: object) -> None:
    raise ZeroDivisionError("a mistake of ours")


class Crash(Told):
    """Raises in a slot, a task, the store's thread, a plain thread and a child, labelling a word after each."""

    def steps(self) -> Steps:
        document, services = self.program.document, self.program.services
        yield from self.is_ready()
        places: dict[str, Callable[[], object]] = {
            "slot": lambda: QTimer.singleShot(0, fail),
            "task": lambda: services.tasks.run(fail),
            "reading of the file": lambda: services.store.read(fail, fail),
            "change of the file": lambda: services.store.write(fail),
            "thread": lambda: threading.Thread(target=fail).start(),
        }
        told = {}
        for row, (place, cause) in enumerate(places.items()):
            cause()
            yield Until(f"the dialog of the {place}", lambda: bool(self.dialogs()), 20)
            [dialog] = self.dialogs()
            QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
            told[place] = QGuiApplication.clipboard().text()
            dialog.close()
            self.window.activateWindow()
            yield Until("the active window", self.window.isActiveWindow)
            yield from self.draw(Box.from_bounds(40, 30 + 50 * row, 140, 60 + 50 * row))
            yield from self.type_label(place)
        self.found = {"told": told, "labels": [word.label for word in document.words.values()]}
        self.tell()

    def dialogs(self) -> list[CrashDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, CrashDialog) and w.isVisible()]


def run(result: Path, arguments: list[str]) -> int:
    build = app.build

    def build_and_crash(*args: object) -> app.Application:
        program = build(*args)  # type: ignore[arg-type]
        program.window.resize(1440, 900)
        script = Crash(program, result)
        script.ended.connect(sys.stderr.write)
        script.ended.connect(program.window.close)
        script.start()
        return program

    app.build = build_and_crash
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[2]), sys.argv[3:]))
