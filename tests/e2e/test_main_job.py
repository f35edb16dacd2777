"""The main job on real photographs: draw, read live, correct, survive kill -9, train, switch, export, read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.annotations import State
from model.store import AnnotationStore

FORM_WORDS = 14


def read_boxes(folder: Path, count: int) -> dict[str, list[tuple[str, tuple[int, int, int, int]]]]:
    """Return pages with words that stand well apart, as (text, bounds)."""
    pages = {}
    for line in (folder / "boxes.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        chosen: list[tuple[str, tuple[int, int, int, int]]] = []
        for word in page["words"]:
            xs, ys = zip(*word["quad"], strict=True)
            bounds = (min(xs), min(ys), max(xs), max(ys))
            clear = all(
                bounds[0] > b[2] + 12 or bounds[2] < b[0] - 12 or bounds[1] > b[3] + 40 or bounds[3] < b[1] - 40
                for _, b in chosen
            )
            if clear and 2 <= len(word["text"]) <= 12 and bounds[2] - bounds[0] > 25 and bounds[3] - bounds[1] > 10:
                chosen.append((word["text"], bounds))
        if len(chosen) >= count:
            pages[page["image"]] = chosen[:count]
    return pages


def mjsynth_lines(folder: Path) -> list[tuple[Path, str, str]]:
    """Read an export as trainers do: one space, zero-based index into the stripped lines of the lexicon."""
    lexicon = [line.strip() for line in (folder / "lexicon.txt").read_text(encoding="utf-8").splitlines()]
    rows = []
    for part in ("train", "val", "test"):
        for line in (folder / f"annotation_{part}.txt").read_text(encoding="utf-8").splitlines():
            path, index = line.strip().split(" ")
            rows.append((folder / path, lexicon[int(index)], part))
    return rows


@pytest.mark.slow
def test_the_main_job_on_real_photographs(
    shared_data: Callable[[str], Path], tmp_path: Path, start: Callable[..., Any]
) -> None:
    project = tmp_path / "photographs"
    project.mkdir()
    forms = read_boxes(shared_data("pages/forms"), FORM_WORDS)
    plates = read_boxes(shared_data("pages/plates"), 1)
    form, plate = next(iter(forms)), next(iter(plates))
    wishes = {}
    for source, name, words in (("forms", form, forms[form]), ("plates", plate, plates[plate])):
        shutil.copy(shared_data(f"pages/{source}") / name, project / Path(name).name)
        wishes[Path(name).name] = words
    photographs = {path.name: path.read_bytes() for path in project.iterdir()}
    expected = {name: [text for text, _ in words] for name, words in wishes.items()}

    labelling = start("label", project, pages=wishes)
    seen = labelling.told()
    labelling.kill()
    assert {name: [word["label"] for word in words] for name, words in seen["pages"].items()} == expected
    assert len(seen["live"]) > FORM_WORDS, "every drag was read while the button was down"

    (tmp_path / "previews").mkdir()
    again = start(
        "reopen", project, pages=wishes, minutes=0.2, previews=str(tmp_path / "previews"), export=str(tmp_path / "out")
    )
    found = again.told(seconds=400)
    assert again.process.wait(30) == 0, again.output
    assert found["pages"] == seen["pages"]
    total = FORM_WORDS + 1
    assert found["after_undo"] == total - 1
    assert found["counts_while_training"] == total
    assert len(found["history"]) == 1
    assert found["report"].startswith(f"{total} written + 0 skipped = {total} words")

    rows = mjsynth_lines(tmp_path / "out")
    assert sorted(text for _, text, _ in rows) == sorted(text for texts in expected.values() for text in texts)
    exported = {Image.open(path).convert("RGB").tobytes() for path, _, _ in rows}
    for path in found["previews"].values():
        assert Image.open(path).convert("RGB").tobytes() in exported
    assert {path.name: path.read_bytes() for path in project.iterdir() if path.name in photographs} == photographs
    with AnnotationStore.open(project, read_only=True) as store:
        assert store.counts().verified == total
        assert all(word.state() is State.VERIFIED for word in store.words())
    assert np.isfinite([record.metrics["seconds"] for record in _history(project)]).all()


def _history(project: Path) -> list[Any]:
    with AnnotationStore.open(project, read_only=True) as store:
        return store.weights_history()
