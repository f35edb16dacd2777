"""The sample project: a copy of the sample pages, most of their words labelled, some left for the user."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from model.assets import asset
from model.formats import open_dataset
from model.importing import import_dataset

DRAWN_PAGE = "bakery.jpg"
"""This sample page comes without boxes: its words are for the user to draw."""

READ_PAGE = "board-morning.jpg"
"""This sample page comes with boxes, but without labels: its words are for the recogniser to suggest."""


def make_sample_project(folder: Path) -> Path:
    """Copy the sample pages into a new folder, take most of their words in, and return the folder."""
    sample = asset("resources/sample")
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("*.jsonl"))
    lines = []
    for line in (sample / "boxes.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        if page["image"] == DRAWN_PAGE:
            continue
        if page["image"] == READ_PAGE:
            page["words"] = [word | {"text": ""} for word in page["words"]]
        lines.append(json.dumps(page, ensure_ascii=False))
    boxes = folder / "boxes.jsonl"
    boxes.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_dataset(open_dataset(folder, format="boxes-jsonl"), folder)
    boxes.unlink()
    return folder
