"""How long `crnn-gui FOLDER` takes to its window, its page list, its first page and its first reading.

    python tests/benchmarks/startup.py
    python tests/benchmarks/startup.py --labelme VENV/bin/python

The second form measures labelme beside it, from an environment of its own. Every run is a process, offscreen, and
every program takes its turn before the next round begins. The clock starts before the process does. Next to the app
runs the least that a Qt program with numpy and Pillow can be, an interpreter that shows an empty window, so that a slow
or busy machine is seen as such.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LONGEST_RUN_SECONDS = 180

Marks = dict[str, Any]

# What runs in the processes that are measured. Each ends with one JSON line of what it saw, and when.
MINIMAL = """
import json, sys, time
import numpy, PIL.Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow()
window.resize(1440, 900)
window.show()
def painted():
    sys.stdout.write(json.dumps({"window": time.perf_counter()}))
    app.quit()
QTimer.singleShot(0, painted)
app.exec()
"""

LABELME = """
import json, sys, time
folder, count = sys.argv[1], int(sys.argv[2])
sys.argv = ["labelme", folder]
from PyQt5 import QtCore, QtWidgets
import labelme.__main__
marks = {}
def poll():
    [window] = [w for w in QtWidgets.QApplication.topLevelWidgets() if isinstance(w, QtWidgets.QMainWindow)]
    if window.isVisible():
        marks.setdefault("window", time.perf_counter())
    if any(w.count() >= count for w in window.findChildren(QtWidgets.QListWidget)):
        marks.setdefault("pages", time.perf_counter())
        sys.stdout.write(json.dumps(marks))
        sys.stdout.flush()
        timer.stop()
        QtWidgets.QApplication.exit(0)
timer = QtCore.QTimer()
timer.setInterval(5)
timer.timeout.connect(poll)
run = QtWidgets.QApplication.exec_
def exec_(*arguments):
    timer.start()
    return run()
QtWidgets.QApplication.exec_ = QtWidgets.QApplication.exec = exec_
labelme.__main__.main()
"""


def watch(arguments: list[str]) -> None:
    """Be `crnn-gui FOLDER` and say when what was reached. Runs in the process that is measured."""
    folder, count = arguments[0], int(arguments[1])
    sys.path.insert(0, str(ROOT))
    from crnn_gui import __main__, app

    run = app.run
    app.run = lambda *args, **options: run(*args, **options, on_shown=lambda program: _probe(program, count))
    sys.exit(__main__.main([folder]))


def _probe(program: Any, count: int) -> None:
    from PIL import Image
    from PySide6.QtCore import QEvent, QObject, QTimer

    from model.annotations import Box

    marks: Marks = {}
    model = program.window.annotate.pages.view.model()
    predictor = program.services.predictor

    def mark(name: str) -> None:
        if name not in marks:
            marks[name] = time.perf_counter()
            marks["torch in the app"] = "torch" in sys.modules
        if {"window", "pages", "image", "reading"} <= marks.keys():
            sys.stdout.write(json.dumps(marks))
            sys.stdout.flush()
            program.window.close()

    def on_rows() -> None:
        if model.rowCount() >= count:
            mark("pages")

    def on_loaded() -> None:
        mark("recogniser")
        predictor.request_live(None, Box.from_bounds(0, 0, 100, 32), Image.new("L", (100, 32), 255))

    class FirstPainting(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and "window" not in marks:
                marks["child before window"] = predictor._worker._child is not None
                QTimer.singleShot(0, lambda: mark("window"))  # the children of the window are painted by then
            return False

    program.first_painting = FirstPainting()
    program.window.installEventFilter(program.first_painting)
    model.modelReset.connect(on_rows)
    model.rowsInserted.connect(on_rows)
    program.document.image_ready.connect(lambda _: mark("image"))
    predictor.loaded.connect(on_loaded)
    predictor.live_answer.connect(lambda _: mark("reading"))


def make_images(folder: Path, count: int) -> None:
    """Fill the folder with small photographs, unless it has been filled before."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    if sum(1 for _ in folder.glob("*.jpg")) == count:
        return
    rng = random.Random(20240229)
    for i in range(count):
        colour = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        Image.new("RGB", (640, 480), colour).save(folder / f"photo {i}.jpg", quality=60)


def run(command: list[str], place: Path) -> Marks:
    """Run one process; return the milliseconds from its start to each of its marks."""
    names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME")
    environment = os.environ | {name: str(place) for name in names}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    # An installed program is compiled; a checkout may not be.
    environment |= {"PYTHONPYCACHEPREFIX": str(place / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    start = time.perf_counter()
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_RUN_SECONDS
    )
    if not done.stdout:
        raise SystemExit(f"{command[:3]} showed nothing:\n{done.stderr}")
    marks: Marks = json.loads(done.stdout.splitlines()[-1])
    return {k: v if isinstance(v, bool) else round((v - start) * 1000, 1) for k, v in marks.items()}


def measure(folder: Path, count: int, rounds: int, labelme: str | None) -> dict[str, list[Marks]]:
    """Let each program take its turn in every round."""
    watched = [sys.executable, __file__, "--watch", str(folder), str(count)]
    measured: dict[str, list[Marks]] = {}
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        for turn in range(-1, rounds):  # the first round only warms the disk's cache
            seen = {"minimal window": run([sys.executable, "-c", MINIMAL], place)}
            (folder / "annotations.crnn").unlink(missing_ok=True)
            shutil.rmtree(folder / "annotations.crnn.backups", ignore_errors=True)
            seen["crnn-gui, new folder"] = run(watched, place)
            seen["crnn-gui, opened again"] = run(watched, place)
            if labelme:
                seen["labelme"] = run([labelme, "-c", LABELME, str(folder), str(count)], place)
            for name, marks in seen.items() if turn >= 0 else ():
                measured.setdefault(name, []).append(marks)
    return measured


def summary(measured: dict[str, list[Marks]]) -> dict[str, Marks]:
    """Return the median of every time, and whether a thing that must not happen ever did."""
    return {
        name: {
            key: any(r[key] for r in runs) if isinstance(value, bool) else statistics.median(r[key] for r in runs)
            for key, value in runs[0].items()
        }
        for name, runs in measured.items()
    }


def main() -> None:
    """Measure and print a table; with --json a JSON document with every single run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the images are or get made (default: a temporary folder)")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--labelme", metavar="PYTHON", help="an interpreter that has labelme, to run it as well")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        make_images(folder, options.images)
        measured = measure(folder, options.images, options.rounds, options.labelme)
    medians = summary(measured)
    if options.json:
        sys.stdout.write(json.dumps({"median": medians, "runs": measured, "load": os.getloadavg()}, indent=1) + "\n")
        return
    columns = ("window", "pages", "image", "recogniser", "reading")
    sys.stdout.write(f"{'milliseconds from start to':24}" + "".join(f"{c:>11}" for c in columns) + "\n")
    for name, marks in medians.items():
        cells = "".join(f"{marks[c]:11.0f}" if c in marks else f"{'-':>11}" for c in columns)
        sys.stdout.write(f"{name:24}{cells}\n")
    for name, marks in medians.items():
        sys.stdout.writelines(f"{name}: {key}: {value}\n" for key, value in marks.items() if isinstance(value, bool))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        watch(sys.argv[2:])
    main()
