"""How long the event loop of the app is held up by torch, in a thread of the same process and in a child.

    python tests/benchmarks/stall.py

A timer beats every 5 ms; a beat that comes later than that is a stall. Each case runs in a fresh process, with the
training of `model.training` on synthetic digits. The numbers stand in docs/adr/0002-torch-in-child-processes.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Slot  # noqa: E402

BEAT_MS = 5
TRAINING_SECONDS = 20.0


class Heartbeat(QObject):
    """Measures how late each beat comes, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._on_beat)
        self._timer.start()

    @Slot()
    def _on_beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1000 - BEAT_MS))
        self._last = now


def digits(folder: Path) -> Path:
    """Write a data set of synthetic words once and return it."""
    from PIL import Image, ImageDraw

    from model.annotations import Box, Source, Word
    from model.store import FILE_NAME, AnnotationStore

    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        for page in range(8):
            image = Image.new("L", (600, 800), 255)
            draw = ImageDraw.Draw(image)
            texts = [f"{(page * 100 + i) * 7919 % 100000}" for i in range(40)]
            for i, text in enumerate(texts):
                draw.text((20 + 140 * (i % 4), 10 + 75 * (i // 4)), text, fill=0, font_size=28)
            image.save(folder / f"{page}.png")
            boxes = [
                Box.from_bounds(15 + 140 * (i % 4), 8 + 75 * (i // 4), 125 + 140 * (i % 4), 48 + 75 * (i // 4))
                for i in range(40)
            ]
            [added] = store.add_pages([folder / f"{page}.png"], [(600, 800)])
            words = [Word(0, 0, b, label=t, source=Source.TYPED) for b, t in zip(boxes, texts, strict=True)]
            store.add_words({added.id: words})
    return folder


def train_in_process(project: Path) -> None:
    """Train in the calling thread."""
    from model.formats import open_dataset
    from model.training import TrainConfig, fine_tune
    from model.training_plan import plan_for

    config = TrainConfig(out=project / "out.safetensors", minutes=TRAINING_SECONDS / 60)
    for _ in fine_tune(plan_for(config, open_dataset(project, format="crnn").crops()), config):
        pass


def train_in_child(project: Path, *, background: bool) -> None:
    """Train in a child and listen to it in the calling thread."""
    from crnn_gui.services.child import ChildProcess
    from model.messages import Done, Failed, Train, TrainOptions

    child = ChildProcess(background=background)
    child.send(Train(project, TrainOptions(out=project / "out.safetensors", minutes=TRAINING_SECONDS / 60)))
    while not isinstance(reply := child.receive(), Done):
        assert not isinstance(reply, Failed), reply
    child.close()


def import_torch() -> None:
    """Import torch in the calling thread."""
    import torch  # noqa: F401


def import_in_child() -> None:
    """Start a process that imports torch."""
    subprocess.run([sys.executable, "-c", "import torch"], check=True)


def measure(work: Callable[[], None]) -> Heartbeat:
    """Run ``work`` in a thread and count the beats of the event loop meanwhile."""
    app = QCoreApplication([])
    heart = Heartbeat()
    errors: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below, in the thread that waits
            errors.append(error)
        finally:
            app.quit()

    thread = threading.Thread(target=run)
    QTimer.singleShot(300, thread.start)
    app.exec()
    thread.join()
    if errors:
        raise errors[0]
    return heart


def main() -> None:
    """Measure one case, or all of them, each in a fresh process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", nargs="?")
    case = parser.parse_args().case
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        cases: dict[str, Callable[[], None]] = {
            "nothing": lambda: time.sleep(5),
            "import torch, thread": import_torch,
            "import torch, child": import_in_child,
            "train, thread": lambda: train_in_process(project),
            "train, child": lambda: train_in_child(project, background=False),
            "train, niced child": lambda: train_in_child(project, background=True),
        }
        if case is None:
            sys.stdout.write("case                    beats   p99 ms   max ms\n")
            sys.stdout.flush()
            for name in cases:
                subprocess.run([sys.executable, __file__, name], check=True)
            return
        if case.startswith("train"):
            digits(project)
        late = sorted(measure(cases[case]).late)
        sys.stdout.write(f"{case:22} {len(late):6} {late[int(len(late) * 0.99)]:8.1f} {late[-1]:8.1f}\n")


if __name__ == "__main__":
    main()
