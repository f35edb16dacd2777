"""The app on a project of 100,000 pages and 1,000,000 words: how soon, how much memory, and how late its event loop.

    python tests/benchmarks/scale.py --folder BIG                  # made at the first run, some minutes
    python tests/benchmarks/scale.py --pages 2000 --words 20000    # a small one, in a temporary folder

The real `crnn-gui FOLDER`, offscreen, is used by a script with keys, as a person would. A timer beats every 5 ms, and
how late each beat comes is told for each thing that was done. The clock starts before the process does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.benchmarks.watched import use, watched  # noqa: E402

LONGEST_RUN_SECONDS = 900
SHEET = (800, 600)
ACROSS, DOWN = 5, 8
ACCEPTED = 20_000


def make_project(folder: Path, pages: int, words: int) -> None:
    """Make a project of hard links to a few sheets; six words of ten verified, three read, one neither."""
    from PIL import Image, ImageDraw

    from model.annotations import Box, Prediction
    from model.store import FILE_NAME, AnnotationStore

    if (folder / FILE_NAME).exists():
        return
    rng = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    sheets = []
    for number in range(8):
        sheet = Image.new("L", SHEET, 255)
        for i in range(ACROSS * DOWN):
            place = (20 + 150 * (i % ACROSS), 20 + 70 * (i // ACROSS))
            ImageDraw.Draw(sheet).text(place, f"{rng.randrange(10**6)}", fill=0, font_size=30)
        sheets.append(folder.parent / f"{folder.name} sheet {number}.png")
        sheet.save(sheets[-1])
    boxes = [
        Box.from_bounds(
            15 + 150 * (i % ACROSS), 15 + 70 * (i // ACROSS), 145 + 150 * (i % ACROSS), 60 + 70 * (i // ACROSS)
        )
        for i in range(ACROSS * DOWN)
    ]
    paths = [folder / f"{i // 1000:03}" / f"page {i:06}.png" for i in range(pages)]
    for i, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        os.link(sheets[i % len(sheets)], path)
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        added = store.add_pages(paths, [SHEET] * pages)
        each = words // pages
        for start in range(0, pages, 1000):
            batch = {page.id: [_word(rng, box) for box in boxes[:each]] for page in added[start : start + 1000]}
            ids = store.add_words(batch)
            unread = [(i, w) for i, w in zip(ids, (w for ws in batch.values() for w in ws), strict=True) if not w.label]
            store.save_predictions(
                (i, word.box, Prediction(_text(rng), rng.random(), weights="0" * 64))
                for i, word in unread
                if rng.random() < 0.75
            )


def _text(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghij0123456789", k=rng.randrange(3, 9)))


def _word(rng: random.Random, box: Any) -> Any:
    from model.annotations import Source, Word

    return Word(0, 0, box, label=_text(rng), source=Source.TYPED) if rng.random() < 0.6 else Word(0, 0, box)


def _script(program: Any) -> Any:
    import psutil
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from crnn_gui.script import Script, Steps, Until
    from tests.benchmarks.stall import Heartbeat

    started = float(os.environ["SCALE_STARTED"])
    beats = Heartbeat()
    marks: dict[str, Any] = {}

    class Use(Script):
        def steps(self) -> Steps:
            document, window = program.document, program.window
            key, control = QTest.keyClick, Qt.KeyboardModifier.ControlModifier
            yield Until("the first page", lambda: document.page_image is not None, 600)
            self.mark("open to the first page", time.time() - started)
            yield from self.until_idle()
            self.mark("all pages listed", time.time() - started)
            pages = window.annotate.pages.view
            pages.setFocus()
            for place in (Qt.Key.Key_End, Qt.Key.Key_Home):
                key(pages, place)
                yield from self.pause(1.0)
            self.mark("list to its end and back")
            for _ in range(20):
                key(window, Qt.Key.Key_PageDown)
                yield from self.pause(0.1)
            self.mark("20 pages on")
            for _ in range(20):
                key(window, Qt.Key.Key_F8)
                yield from self.pause(0.1)
            self.mark("20 unverified words on")
            field = window.annotate.field
            for _ in range(20):
                key(field, Qt.Key.Key_A, control)
                QTest.keyClicks(field, "word")
                key(field, Qt.Key.Key_Return)
                yield from self.pause(0.1)
            yield Until("all in the file", self.is_saved)
            self.mark("20 words typed and verified")
            review = window.workspace("review")
            yield from self.listed("review, doubt first", lambda: key(window, Qt.Key.Key_2, control))
            for row in range(1, review.head.order_box.count()):
                name = review.head.order_box.itemText(row)
                yield from self.listed(f"order: {name}", lambda row=row: review.head.order_box.setCurrentIndex(row))
            yield from self.listed("search a text", lambda: review.head.search.setText("abc"))
            for place in (Qt.Key.Key_End, Qt.Key.Key_Home):
                key(review.wall, place)
                yield from self.pause(1.0)
            self.mark("wall to its end and back")
            yield from self.listed("no filter", review.head.search.clear)
            yield from self.accept(review.accepting)
            marks["memory in MiB"] = round(psutil.Process().memory_info().rss / 2**20)
            marks["torch in the app"] = "torch" in sys.modules
            sys.stdout.write(json.dumps(marks))
            sys.stdout.flush()
            window.close()

        def accept(self, accepting: Any) -> Steps:
            """Accept readings, take that back and make it again, each until it is in the file and counted."""
            accepting.begin(window_model().query)
            threshold = 1 - ACCEPTED / max(program.document.counts.suggested, ACCEPTED)  # they are sure by chance alone
            accepting.set_threshold(threshold)
            yield Until("what is promised", lambda: accepting.estimate is not None)
            words = accepting.estimate.words
            beats.late.clear()
            told: list[str] = []
            accepting.told.connect(told.append)
            for name, act in (("accept {} readings", accepting.accept), ("undo it", program.document.undo)):
                before, counts = time.perf_counter(), program.document.counts
                act()
                yield Until("the edit", lambda: bool(told))
                yield Until("all in the file", self.is_saved)
                seconds = time.perf_counter() - before
                yield Until("all counted", lambda counts=counts: program.document.counts != counts)
                yield from self.pause(3.0)  # the wall and its numbers follow
                self.mark(name.format(f"{words:,}"), seconds)

        def until_idle(self) -> Steps:
            quiet = [time.monotonic()]

            def is_idle() -> bool:
                if program.services.tasks.running:
                    quiet[0] = time.monotonic()
                return time.monotonic() - quiet[0] > 1.0

            yield Until("the folder listed", is_idle, 600)

        def listed(self, name: str, act: Callable[[], object]) -> Steps:
            model = window_model()
            yield from self.pause(1.0)  # a person has looked at the last list before they ask for another
            before = time.perf_counter()
            reset: list[float] = []
            model.modelReset.connect(lambda: reset.append(time.perf_counter()))
            act()
            yield Until(name, lambda: bool(reset) and not model.is_loading and model.rowCount() > 0, 60)
            self.mark(name, reset[-1] - before)
            model.modelReset.disconnect()

        def mark(self, name: str, seconds: float | None = None) -> None:
            late = sorted(beats.late) or [0.0]
            marks[name] = {
                "ms": None if seconds is None else round(seconds * 1000),
                "p99": round(late[int(0.99 * (len(late) - 1))], 1),
                "max": round(late[-1], 1),
            }
            beats.late.clear()

    def window_model() -> Any:
        return program.window.workspace("review").model

    return Use(program, program)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the project is or gets made (default: a temporary folder)")
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = (options.folder or Path(home) / "big").absolute()
        before = time.perf_counter()
        make_project(folder, options.pages, options.words)
        sys.stderr.write(f"the project is there after {time.perf_counter() - before:.0f} s\n")
        found = watched(__file__, str(folder), timeout=LONGEST_RUN_SECONDS, SCALE_STARTED=str(time.time()))
    sys.stdout.write("| | ms | stall p99 ms | max |\n|---|---|---|---|\n")
    for name, marks in found.items():
        if isinstance(marks, dict):
            sys.stdout.write(
                f"| {name} | {'' if marks['ms'] is None else marks['ms']} | {marks['p99']} | {marks['max']} |\n"
            )
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in found.items() if not isinstance(value, dict))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        use(sys.argv[2:], _script)
    main()
