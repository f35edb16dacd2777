"""How long the canvas takes with thousands of boxes on one page: to paint, select, drag, zoom and place its texts.

    python tests/benchmarks/canvas.py [BOXES...]

The window is the real one, offscreen, without a recogniser. Half of the words are verified.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui import app as program
from crnn_gui.settings import Settings
from crnn_gui.theme import Theme
from model.annotations import Box, Source, Word
from model.store import FILE_NAME, AnnotationStore

SIZE = (2400, 3300)
COLUMNS = 25
RUNS = 20
MOST_SECONDS = 60


def make_project(folder: Path, boxes: int) -> None:
    """Make a project of one white page with this many words in rows."""
    folder.mkdir()
    Image.new("L", SIZE, 255).save(folder / "page.png")
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        (page,) = store.add_pages([folder / "page.png"], [SIZE])
        words = []
        for i in range(boxes):
            x, y = 40 + i % COLUMNS * 94, 40 + i // COLUMNS * 40
            label, source = (f"word{i}", Source.TYPED) if i % 2 else (None, None)
            words.append(Word(0, page.id, Box.from_bounds(x, y, x + 72, y + 22), label=label, source=source))
        store.add_words({page.id: words})


def measure(name: str, act: Callable[[int], object]) -> None:
    """Print the median and the longest of some runs."""
    times = []
    for run in range(RUNS):
        began = time.perf_counter()
        act(run)
        times.append(1000 * (time.perf_counter() - began))
    sys.stdout.write(f"  {name:<24}{statistics.median(times):8.1f} ms, at most {max(times):.1f} ms\n")


def report(app: QApplication, boxes: int) -> None:
    """Open a page with this many boxes and measure what hands do with it."""
    with tempfile.TemporaryDirectory() as folder:
        make_project(Path(folder, "pages"), boxes)
        settings = Settings(QSettings(str(Path(folder, "settings.ini")), QSettings.Format.IniFormat))
        services = program.start_services()
        made = program.build(settings, services, Theme(app))
        document, canvas = made.document, made.window.annotate.canvas
        made.window.resize(1440, 900)
        made.window.show()
        document.open_path(Path(folder, "pages"))
        began = time.monotonic()
        while document.page_image is None and time.monotonic() - began < MOST_SECONDS:
            QTest.qWait(20)
        QTest.qWait(500)
        ids = list(document.words)
        box = document.words[ids[0]].box
        sys.stdout.write(f"{len(ids):,} boxes on one page\n")
        measure("paint all", lambda _: canvas.viewport().repaint())
        measure("select a word", lambda run: document.select((ids[run * 7 % len(ids)],)))
        document.select((ids[0],))
        measure("a step of a drag", lambda run: document.move_words({ids[0]: box.moved(run + 1, 0)}, gesture=1))
        measure("zoom", lambda run: canvas.zoom_in() if run % 2 else canvas.zoom_out())
        measure("select all", lambda run: document.select(ids if run % 2 else ()))
        made.window.close()


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    for count in [int(argument) for argument in sys.argv[1:]] or [100, 2000]:
        report(application, count)
