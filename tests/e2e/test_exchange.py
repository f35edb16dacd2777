"""A data set is dropped on the window, seen, imported, and goes out again in another format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from model.formats import open_dataset


def labelme(folder: Path, words: dict[str, tuple[int, int, int, int]]) -> Path:
    """Write one page as labelme and X-AnyLabeling do."""
    folder.mkdir()
    page = Image.new("RGB", (320, 120), "white")
    for text, (left, top, _, _) in words.items():
        ImageDraw.Draw(page).text((left + 4, top + 4), text, "black")
    page.save(folder / "sign.png")
    shapes = [
        {"label": "text", "description": text, "points": [[a, b], [c, d]], "shape_type": "rectangle", "flags": {}}
        for text, (a, b, c, d) in words.items()
    ]
    document = {"version": "5.5.0", "imagePath": "sign.png", "imageWidth": 320, "imageHeight": 120, "shapes": shapes}
    (folder / "sign.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_dropped_data_set_is_shown_imported_and_exported(
    tiny_project: Path, tmp_path: Path, start: Callable[..., Any]
) -> None:
    words = {"Caf\u00e9": (10, 10, 80, 30), "No. 7": (100, 10, 180, 30)}
    dropped = labelme(tmp_path / "labelled", words)
    (tmp_path / "plain").mkdir()
    Image.new("RGB", (640, 480), "gray").save(tmp_path / "plain" / "holiday.jpg")
    driven = start(
        "exchange", tiny_project, dropped=str(dropped), export=str(tmp_path / "out"), plain=str(tmp_path / "plain")
    )
    found = driven.told(seconds=200)
    assert driven.process.wait(30) == 0, driven.output
    headline, summary, titles, count = found["before"]
    assert headline.startswith("labelme")
    assert "Recognised because" in headline
    assert summary.startswith("2 rows: 2 new, 0 already there, 0 conflicting, 0 refused; 1 new page. Nothing")
    assert (titles, count) == (["New  (2)"], 2)
    summary, titles, count = found["after"]
    assert "Imported" in summary
    assert (titles, count) == (["Added  (2)"], 4)
    assert found["arrived"] == ["../labelled/sign.png", "Caf\u00e9"]
    assert "<b>3 words</b> of 2 pages; 1 will be skipped" in found["plan"]
    assert found["report"].startswith("3 written + 1 skipped = 4 words")
    assert not found["panel_for_photographs"]
    exported = {crop.text: crop.box for crop in open_dataset(tmp_path / "out").crops()}
    assert {text: exported[text].bounds for text in words} == words
    assert set(exported) == {*words, "first"}
