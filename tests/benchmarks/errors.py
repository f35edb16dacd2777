"""Which words weights misread: accuracy by length, case, size, sharpness, contrast, polarity and narrowness.

    crnn evaluate DATASET --alphanumeric --predictions read.tsv
    python tests/benchmarks/errors.py DATASET read.tsv [DATASET read.tsv ...]

Each table counts the crops of a kind, the share of them that is read right, and the share of all errors they make.
``--sheet FILE.png`` pastes the misread crops, with what was read under each.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

STRIP = 32
QUANTILES = (0.1, 0.3, 0.7, 0.9)


@dataclass(frozen=True)
class Reading:
    """One crop with its label, what was read, and numbers that describe its pixels."""

    image: Image.Image
    label: str
    text: str
    correct: bool
    numbers: dict[str, float]


def read(dataset: Path, predictions: Path) -> list[Reading]:
    """Join the crops of a data set with the predictions that `crnn evaluate` wrote."""
    from model.errors import ImageError
    from model.formats import open_dataset
    from model.images import cut_crops

    with predictions.open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    readings = []
    for crop, image in cut_crops(open_dataset(dataset).crops()):
        if crop.key in rows and not isinstance(image, ImageError):
            row = rows[crop.key]
            readings.append(Reading(image, crop.text, row["text"], row["correct"] == "1", numbers(image, crop.text)))
    return readings


def numbers(image: Image.Image, label: str) -> dict[str, float]:
    """Return what can be measured on a crop, brought to the height of a strip."""
    width = max(8, round(image.width * STRIP / image.height))
    grey = np.asarray(image.convert("L").resize((width, STRIP), Image.Resampling.BILINEAR), np.float32)
    deviation = float(grey.std()) + 1e-3
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    return {
        "height, px": image.height,
        "contrast (deviation)": deviation,
        "sharpness (steepest edge / deviation)": float(np.percentile(np.abs(np.diff(grey, axis=1)), 98)) / deviation,
        "unrest at the border (deviation / deviation)": float(border.std()) / deviation,
        "width of a character / height": width / STRIP / len(label),
        "light ink (share brighter than the border)": float((grey > np.median(border)).mean()),
    }


def case(label: str) -> str:
    """Name how a label is written."""
    if any(c.isdigit() for c in label):
        return "digits only" if label.isdigit() else "with digits"
    return "UPPER" if label.isupper() else "lower" if label.islower() else "Title" if label.istitle() else "miXed"


def length(label: str) -> str:
    """Name the band of a label's length."""
    return next(
        name for limit, name in ((2, "1-2"), (4, "3-4"), (7, "5-7"), (10, "8-10"), (99, "11-")) if len(label) <= limit
    )


def bands(readings: list[Reading], name: str) -> dict[str, list[Reading]]:
    """Group crops by the quantiles of a number."""
    values = np.array([reading.numbers[name] for reading in readings])
    edges = np.quantile(values, QUANTILES)
    groups: dict[str, list[Reading]] = defaultdict(list)
    names = [f"< {edges[0]:.2f}", *(f"{a:.2f} .. {b:.2f}" for a, b in pairwise(edges))]
    names.append(f"> {edges[-1]:.2f}")
    for group in names:
        groups[group] = []
    for reading, band in zip(readings, np.searchsorted(edges, values, side="right"), strict=True):
        groups[names[band]].append(reading)
    return groups


def table(title: str, groups: dict[str, list[Reading]], errors: int) -> None:
    """Print one row for each group of crops."""
    sys.stdout.write(f"\n{title}\n")
    for name, group in groups.items():
        if group:
            right = sum(reading.correct for reading in group)
            share = 100 * (len(group) - right) / max(1, errors)
            right_share = 100 * right / len(group)
            sys.stdout.write(f"  {name:16} {len(group):6} crops {right_share:6.1f} % right {share:6.1f} % of errors\n")


def sheet(readings: list[Reading], path: Path) -> None:
    """Paste misread crops into rows, what was read under each."""
    page = Image.new("RGB", (1500, 1100), (90, 90, 140))
    draw = ImageDraw.Draw(page)
    x, y = 4, 4
    for reading in readings:
        image = reading.image.convert("RGB")
        image = image.resize((min(320, max(20, round(image.width * 44 / image.height))), 44))
        if x + image.width > page.width:
            x, y = 4, y + 62
        if y + 62 > page.height:
            break
        page.paste(image, (x, y))
        draw.text((x, y + 46), reading.text or "-", fill=(255, 255, 255))
        x += max(image.width, 7 * len(reading.text)) + 8
    page.save(path)


def main() -> None:
    """Print the tables of all data sets together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", nargs="+", type=Path, metavar="DATASET PREDICTIONS")
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    readings = [r for pair in zip(options.pairs[::2], options.pairs[1::2], strict=True) for r in read(*pair)]
    wrong = [reading for reading in readings if not reading.correct]
    sys.stdout.write(f"{len(readings)} crops, {100 * (1 - len(wrong) / len(readings)):.1f} % right\n")
    for title, name in (("length", length), ("case", case)):
        groups: dict[str, list[Reading]] = defaultdict(list)
        for reading in readings:
            groups[name(reading.label)].append(reading)
        table(title, groups, len(wrong))
    for title in readings[0].numbers:
        table(title, bands(readings, title), len(wrong))
    if options.sheet:
        sheet(wrong[:: max(1, len(wrong) // 170)], options.sheet)


if __name__ == "__main__":
    main()
