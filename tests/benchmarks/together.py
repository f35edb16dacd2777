"""How long the desk holds the hands up while a training runs beside it and words are drawn and read.

    python tests/benchmarks/together.py

The window opens the sample project, offscreen, and a script with real mouse and key events draws words and types what
they say: first alone, then while the training worker fine-tunes for a minute. A beat of a timer is due every 5 ms.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.watched import use, watched  # noqa: E402

MINUTES = 1.0
DRAWING_SECONDS = 30.0
PAGE = "poster.jpg"


def _script(program: Any) -> Any:
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from crnn_gui.script import Script, Steps, Until
    from crnn_gui.services.trainer import TrainerState
    from model.annotations import Box
    from tests.benchmarks.stall import Heartbeat

    beats = Heartbeat()
    marks: dict[str, Any] = {}

    class Use(Script):
        def steps(self) -> Steps:
            document, trainer = program.document, program.training.trainer
            key, control = QTest.keyClick, Qt.KeyboardModifier.ControlModifier
            self.click(self.window.empty.demo_button)
            yield Until("the sample project", lambda: document.page_image is not None)
            yield from self.open_page(PAGE)
            yield Until("the recogniser", lambda: program.services.predictor.weights is not None)
            yield from self.pause(3.0)
            beats.late.clear()
            yield from self.drawing("drawing and reading", lambda: True)
            key(self.window, Qt.Key.Key_3, control)
            yield Until("the plan", lambda: trainer.state is TrainerState.PLANNED)
            self.window.train.plan.set_minutes(MINUTES)
            beats.late.clear()
            self.click(self.window.train.plan.start_button)
            yield Until("the first steps", lambda: self.window.train.progress > 0)
            yield from self.pause(5.0)
            self.mark("training, curves shown")
            key(self.window, Qt.Key.Key_1, control)
            yield from self.drawing("drawing and reading, training", lambda: trainer.state is TrainerState.RUNNING)
            yield Until("the end of the run", lambda: trainer.state is TrainerState.IDLE)
            sys.stdout.write(json.dumps(marks))
            sys.stdout.flush()
            self.window.close()

        def drawing(self, name: str, is_on: Any) -> Steps:
            """Draw words and type what they say until the time is over."""
            field, end, words = self.window.annotate.field, time.monotonic() + DRAWING_SECONDS, 0
            while time.monotonic() < end and is_on():
                left, top = 40 + 90 * (words % 6), 40 + 50 * (words % 9)
                yield from self.draw(Box.from_bounds(left, top, left + 160, top + 60))
                QTest.keyClicks(field, "word")
                QTest.keyClick(field, Qt.Key.Key_Return)
                yield from self.pause(0.2)
                words += 1
            self.mark(f"{name} ({words} words)")

        def mark(self, name: str) -> None:
            late = sorted(beats.late)
            marks[name] = [round(late[int(0.99 * (len(late) - 1))], 1), round(late[-1], 1), len(late)]
            beats.late.clear()

    return Use(program, program)


def main() -> None:
    """Measure and print a table."""
    found = watched(__file__, timeout=600)
    sys.stdout.write("| | stall p99 ms | max | beats |\n|---|---|---|---|\n")
    for name, figures in found.items():
        sys.stdout.write(f"| {name} | {' | '.join(map(str, figures))} |\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        use([], _script)
    main()
