"""Which device reads and why, one click away, with the facts of the doctor; a scripted process answers for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton

from crnn_gui.machine import Machine
from crnn_gui.widgets.machine_panel import MachinePanel
from crnn_gui.widgets.status_bar import StatusBar

Until = Callable[..., None]

FINDINGS = {
    "python": "3.12",
    "device": "cpu",
    "device_reason": "CUDA is of an older driver than torch asks for",
    "versions": {"torch": "2.9", "rapidocr": "not installed"},
    "reading": {"live_ms": 4.25, "trials": [{"engine": "torch", "milliseconds": 5.0}]},
}


def says(text: str, *, status: int = 0) -> tuple[str, ...]:
    return sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit({status})"


@pytest.fixture
def panel_of(qapp: object) -> Iterator[Callable[[tuple[str, ...]], MachinePanel]]:
    made: list[tuple[Machine, MachinePanel]] = []

    def build(command: tuple[str, ...]) -> MachinePanel:
        machine = Machine(command)
        made.append((machine, MachinePanel(machine)))
        made[-1][1].open_for(None)
        return made[-1][1]

    yield build
    for machine, panel in made:
        machine.stop()
        panel.close()


def labels(panel: MachinePanel) -> str:
    return " | ".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_c20_the_facts_say_the_device_and_why_and_can_be_copied(panel_of, until: Until) -> None:
    panel = panel_of(says(json.dumps(FINDINGS)))
    assert not panel.copy_button.isEnabled()
    until(lambda: panel.is_complete, seconds=20)
    assert "CPU" in labels(panel)
    assert "older driver" in labels(panel)
    panel.copy_button.click()
    copied = QGuiApplication.clipboard().text().splitlines()
    assert "device reason: CUDA is of an older driver than torch asks for" in copied
    assert copied[copied.index("versions:") + 2] == "  rapidocr: not installed"
    assert "  trials: engine torch, milliseconds 5" in copied


def test_an_examination_that_fails_is_told_and_can_be_repeated(panel_of, until: Until) -> None:
    panel = panel_of((sys.executable, "-c", "import sys; sys.exit('There is no room on the disk.')"))
    until(lambda: "There is no room on the disk." in labels(panel), seconds=20)
    assert panel.again_button.isEnabled()
    assert not panel.is_complete


def test_c20_a_click_on_the_device_asks_for_the_facts(qtbot) -> None:
    status = StatusBar()
    qtbot.addWidget(status)
    status.resize(800, 24)
    status.show()
    status.show_recogniser("CPU", "no CUDA device was found", "starter weights")
    [fact] = [label for label in status.findChildren(QLabel) if label.text() == "CPU: no CUDA device was found"]
    with qtbot.waitSignal(status.machine_requested):
        QTest.mouseClick(fact, Qt.MouseButton.LeftButton)


def test_a_task_that_can_be_paused_has_a_button_that_says_what_it_does(qtbot) -> None:
    status = StatusBar()
    qtbot.addWidget(status)
    status.show()
    status.show_task("all pages", "Reading page 2 of 4", 0.5, is_paused=False)
    asked: list[tuple[str, bool]] = []
    status.pause_requested.connect(lambda *wish: asked.append(wish))
    for is_paused, says_so in ((False, "Pause"), (True, "Go on")):
        status.show_task("all pages", "Reading page 2 of 4", 0.5, is_paused=is_paused)
        [button] = [b for b in status.findChildren(QToolButton) if b.accessibleName() == says_so]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [("all pages", True), ("all pages", False)]
    status.show_task("import", "Importing", None)
    assert sum(b.isVisible() for b in status.findChildren(QToolButton)) == 3  # two crosses, one pause
