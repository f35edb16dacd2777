"""How fast crops are read: one live, as while a box is dragged, and many in bulk, beside the CRNN of the paper.

    python tests/benchmarks/live.py

Live is the whole way through the app's service and its child process: from the request to the answer in the event loop.
The CRNN of the paper is run the plain way, eager, in single precision, as it was published: each crop resized to
100 x 32, decoded greedily. Both read the same crops, in turns, on the CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image  # noqa: E402

LABEL = "the CRNN of the paper"
TIMEOUT_MS = 120_000


def crops(count: int) -> list[Image.Image]:
    """Return words of 3 to 9 digits as they are cut from photographs: of many sizes, none at the network's."""
    from PIL import ImageDraw

    pictures = []
    for i in range(count):
        text = str(7919 * (i + 1) ** 3)[: 3 + i % 7]
        height = 28 + i * 7 % 40
        picture = Image.new("L", (len(text) * height * 2 // 3 + 8, height), 220)
        ImageDraw.Draw(picture).text((4, 2), text, fill=30, font_size=height - 6)
        pictures.append(picture)
    return pictures


def paper_crnn() -> Callable[[Sequence[Image.Image]], list[str]]:
    """Return a plain reader with the paper's CRNN: its weights are random, which takes as long as any."""
    import numpy as np
    import torch

    from model.networks import build

    network = build("crnn", 37).eval()

    @torch.no_grad()
    def read(pictures: Sequence[Image.Image]) -> list[str]:
        planes = [np.asarray(p.convert("L").resize((100, 32), Image.Resampling.BILINEAR)) for p in pictures]
        images = torch.from_numpy(np.stack(planes)).unsqueeze(1).float().div(127.5).sub(1)
        best = network(images).argmax(2).tolist()
        texts = []
        for row in best:
            kept = [c for i, c in enumerate(row) if c and (i == 0 or c != row[i - 1])]
            texts.append("".join(" 0123456789abcdefghijklmnopqrstuvwxyz"[c] for c in kept))
        return texts

    return read


def live_milliseconds(
    pictures: Sequence[Image.Image], baseline: Callable[[], object]
) -> tuple[list[float], list[float]]:
    """Return the times from request to answer through the service, and of the baseline after each."""
    from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer

    from crnn_gui.services.predictor import PredictorService
    from model.annotations import Box

    app = QCoreApplication([])
    service = PredictorService()
    loop = QEventLoop()
    failures: list[Any] = []
    for signal in (service.loaded, service.live_answer):
        signal.connect(lambda _: loop.quit())
    for signal in (service.loading_failed, service.failed):
        signal.connect(lambda error: (failures.append(error), loop.quit()))
    QTimer.singleShot(TIMEOUT_MS, lambda: (failures.append("no answer in time"), loop.quit()))
    ours, theirs = [], []
    try:
        service.load(device="cpu")
        loop.exec()
        for picture in pictures:
            start = time.perf_counter()
            service.request_live(None, Box.from_bounds(0, 0, *picture.size), picture)
            loop.exec()
            if failures:
                raise SystemExit(f"the recogniser failed: {failures[0]}")
            ours.append((time.perf_counter() - start) * 1000)
            start = time.perf_counter()
            baseline()
            theirs.append((time.perf_counter() - start) * 1000)
    finally:
        service.stop()
        del app
    warm = min(10, len(ours) // 4)
    return ours[warm:], theirs[warm:]


def bulk_per_second(pictures: Sequence[Image.Image], rounds: int) -> tuple[list[float], list[float]]:
    """Return crops per second of ``Recognizer.read_many`` and of the paper's CRNN in batches of 64, by round."""
    from model.inference import Recognizer

    recognizer = Recognizer.load(device="cpu")
    plain = paper_crnn()
    few = pictures[: max(128, len(pictures) // 8)]  # it is slow
    ours, theirs = [], []
    for turn in range(-1, rounds):  # the first round only warms up
        start = time.perf_counter()
        for _ in recognizer.read_many(pictures):
            pass
        middle = time.perf_counter()
        for i in range(0, len(few), 64):
            plain(few[i : i + 64])
        end = time.perf_counter()
        if turn >= 0:
            ours.append(len(pictures) / (middle - start))
            theirs.append(len(few) / (end - middle))
    return ours, theirs


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def main() -> None:
    """Measure both and print a small table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, default=100, help="live readings")
    parser.add_argument("--bulk", type=int, default=1024, help="crops of one round in bulk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--plain-threads",
        type=int,
        help="threads of the paper's CRNN (default: as torch chooses; on a busy machine 1 is fairer to it)",
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    import torch

    from model.devices import cores

    if options.plain_threads:
        torch.set_num_threads(options.plain_threads)
    plain = paper_crnn()
    one = crops(1)
    live, plain_live = live_milliseconds(crops(options.live), lambda: plain(one))
    bulk, plain_bulk = bulk_per_second(crops(options.bulk), options.rounds)
    numbers = {
        "threads": {"crnn-gui": cores(), LABEL: torch.get_num_threads()},
        "live_ms": {
            name: {"p50": round(statistics.median(v), 1), "p95": round(percentile(v, 95), 1)}
            for name, v in (("crnn-gui", live), (LABEL, plain_live))
        },
        "bulk_per_second": {name: round(statistics.median(v)) for name, v in (("crnn-gui", bulk), (LABEL, plain_bulk))},
        "load": os.getloadavg(),
    }
    if options.json:
        sys.stdout.write(json.dumps(numbers, indent=1) + "\n")
        return
    sys.stdout.write(f"{'':24}{'live p50 ms':>12}{'live p95 ms':>12}{'bulk /s':>9}{'threads':>9}\n")
    for name in ("crnn-gui", LABEL):
        live_ms = numbers["live_ms"][name]
        sys.stdout.write(f"{name:24}{live_ms['p50']:12.1f}{live_ms['p95']:12.1f}")
        sys.stdout.write(f"{numbers['bulk_per_second'][name]:9}{numbers['threads'][name]:9}\n")
    sys.stdout.write(f"load average {numbers['load'][0]:.1f} at the end\n")


if __name__ == "__main__":
    main()
