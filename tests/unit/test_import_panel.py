"""The import panel: what a data set is and will do is told first; then it is done, whole, and accounted for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTreeWidgetItem
from pytestqt.qtbot import QtBot

from crnn_gui.exchange import Importing
from crnn_gui.widgets.import_panel import ImportPanel
from model import importing
from model.annotations import Box
from model.store import AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)", extend=True)

FIRST = ((20, 20, 60, 34), "first")
NEW = ((100, 60, 180, 80), "new")


def boxes(folder: Path, pages: dict[str, list[tuple[tuple[int, int, int, int], str]]]) -> Path:
    """Write a data set of pages as boxes.jsonl, with images where there are none."""
    folder.mkdir(exist_ok=True)
    lines = []
    for name, words in pages.items():
        if not (folder / name).exists():
            draw_page(folder / name, text=name)
        quads = [([[a, b], [c, b], [c, d], [a, d]], text) for (a, b, c, d), text in words]
        lines.append(json.dumps({"image": name, "words": [{"quad": q, "text": t} for q, t in quads]}))
    (folder / "boxes.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def room(open_room: Callable[[], Room], tiny_project: Path, until: Until) -> Room:
    """A project of one verified and one unlabelled word."""
    room = open_room()
    room.document.open_path(tiny_project)
    until(lambda: room.document.page_image is not None and room.document.counts.words == 2)
    return room


@pytest.fixture
def panel(room: Room, qtbot: QtBot) -> ImportPanel:
    panel = ImportPanel(Importing(room.document, room.store, room.tasks, room.document))
    qtbot.addWidget(panel)
    panel.show()
    return panel


def looked(panel: ImportPanel) -> bool:
    return "Nothing was changed yet" in panel.summary


def press(panel: ImportPanel) -> None:
    QTest.mouseClick(panel.import_button, Qt.MouseButton.LeftButton)


def rows(panel: ImportPanel, title: str) -> list[QTreeWidgetItem]:
    head = next(panel.rows.topLevelItem(i) for i, t in enumerate(panel.rows.titles) if t.startswith(title))
    return [head.child(i) for i in range(head.childCount())]


def test_what_will_happen_is_told_before_anything_happens(
    panel: ImportPanel, room: Room, tiny_folder: Path, until: Until
) -> None:
    other = (100, 20, 160, 34)  # the project has this box without a label
    boxes(tiny_folder, {"first.png": [FIRST, (other, "says"), NEW], "gone.png": [NEW]})
    (tiny_folder / "gone.png").unlink()
    before = sorted(tiny_folder.rglob("*.png"))
    panel.propose(tiny_folder / "boxes.jsonl")
    until(lambda: looked(panel))
    assert "Pages with boxes.jsonl · 1 page" in panel.headline
    assert "Recognised because it is boxes.jsonl" in panel.headline
    assert panel.summary.startswith("4 rows: 1 new, 1 already there, 1 conflicting, 1 refused; 0 new pages.")
    assert [title.split("  ")[1] for title in panel.rows.titles] == ["(1)"] * 4
    [new] = rows(panel, "New")
    assert new.text(0) == "new"
    assert not new.icon(0).isNull()
    [refused] = rows(panel, "Refused")
    assert "gone.png" in refused.text(1)
    assert room.document.counts.words == 2
    assert sorted(tiny_folder.rglob("*.png")) == before
    with AnnotationStore.open(tiny_folder, read_only=True) as store:
        assert (len(store.pages()), [word.label for word in store.words()]) == (2, ["first", None])


def test_words_come_into_the_open_project_beside_what_is_drawn_meanwhile(
    panel: ImportPanel, room: Room, tiny_folder: Path, tmp_path: Path, until: Until, qtbot: QtBot
) -> None:
    boxes(tmp_path / "more", {"third.png": [NEW, (FIRST[0], "")]})
    panel.propose(tmp_path / "more")
    until(lambda: looked(panel))
    drawn = room.document.add_word(Box.from_bounds(200, 100, 260, 120))
    press(panel)
    room.document.add_word(Box.from_bounds(200, 140, 260, 160))
    until(lambda: "Imported" in panel.summary)
    last = room.document.add_word(Box.from_bounds(200, 180, 260, 200))
    until(lambda: room.store.saved.pending == 0)
    assert (room.document.counts.words, room.document.counts.pages) == (7, 3)
    assert [page.path for page in room.document.pages][-1] == "../more/third.png"
    assert drawn in room.document.words
    assert last in room.document.words
    with AnnotationStore.open(tiny_folder, read_only=True) as store:
        assert store.counts() == room.document.counts
        assert {w.label for w in store.words()} == {"first", "new", None}
    added = rows(panel, "Added")
    with qtbot.waitSignal(panel.word_requested) as asked:
        panel.rows.setFocus()
        panel.rows.setCurrentItem(added[0])
        QTest.keyClick(panel.rows, Qt.Key.Key_Return)
    with AnnotationStore.open(tiny_folder, read_only=True) as store:
        assert [w.label for w in store.words_by_id(asked.args)] == ["new"]


def test_words_on_the_page_that_is_open_appear(panel: ImportPanel, room: Room, tiny_folder: Path, until: Until) -> None:
    boxes(tiny_folder, {"first.png": [NEW]})
    panel.propose(tiny_folder / "boxes.jsonl")
    until(lambda: looked(panel))
    press(panel)
    until(lambda: "new" in {word.label for word in room.document.words.values()})
    assert room.document.counts.words == 3
    assert not panel.import_button.isEnabled()


def test_a_new_project_beside_the_data_set_is_opened(
    panel: ImportPanel, room: Room, tmp_path: Path, until: Until
) -> None:
    boxes(tmp_path / "more", {"third.png": [NEW]})
    panel.propose(tmp_path / "more")
    until(lambda: looked(panel))
    panel.there.click()
    panel.copy.click()
    until(lambda: looked(panel) and "1 image will be copied" in panel.summary)
    assert not (tmp_path / "more-project").exists()
    press(panel)
    until(lambda: room.document.project is not None and room.document.project.name == "more-project")
    until(lambda: room.document.counts.words == 1)
    assert (tmp_path / "more-project/images/more/third.png").read_bytes() == (tmp_path / "more/third.png").read_bytes()


def test_cancelling_leaves_nothing_behind(
    panel: ImportPanel, room: Room, tiny_folder: Path, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes(tmp_path / "more", {f"{i}.png": [NEW] for i in range(4)})
    panel.propose(tmp_path / "more")
    until(lambda: looked(panel))
    panel.copy.click()
    until(lambda: looked(panel) and "4 images will be copied" in panel.summary)
    copied, go_on, fetch = threading.Event(), threading.Event(), importing._fetch

    def slow(image: Path, target: Path) -> None:
        fetch(image, target)
        copied.set()
        go_on.wait(10)

    monkeypatch.setattr(importing, "_fetch", slow)
    press(panel)
    until(copied.is_set)
    assert (tiny_folder / "images").exists()
    QTest.mouseClick(panel._cancel, Qt.MouseButton.LeftButton)
    go_on.set()
    until(lambda: not (tiny_folder / "images").exists())
    assert panel.summary == "Cancelled. Nothing was written."
    assert room.document.counts.words == 2


def test_a_format_may_be_chosen_where_none_is_recognised(panel: ImportPanel, tmp_path: Path, until: Until) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    for name in ("IMG_0001", "IMG_0002"):
        draw_page(folder / f"{name}.png")
    panel.propose(folder)
    until(lambda: "no data set" in panel.summary)
    assert not panel.import_button.isEnabled()
    panel.format.choose("filename")
    until(lambda: looked(panel))
    assert "because it was chosen" in panel.headline
    assert panel.summary.startswith("2 rows: 2 new")


def test_a_label_is_shown_as_it_is_whatever_it_says(panel: ImportPanel, tmp_path: Path, until: Until) -> None:
    label = '<img src="file:///x.png"> & <b>bold</b>'
    panel.propose(boxes(tmp_path / "more", {"third.png": [((100, 60, 180, 80), label)]}))
    until(lambda: panel.rows.titles != ())
    row = panel.rows.topLevelItem(0).child(0)
    assert row.text(0) == label
    shown = QTextDocument()
    shown.setHtml(row.toolTip(0))
    assert shown.toPlainText() == label


def test_a_part_may_be_chosen(panel: ImportPanel, tmp_path: Path, until: Until) -> None:
    for part, count in (("train", 2), ("val", 1)):
        folder = tmp_path / "set" / part
        folder.mkdir(parents=True)
        lines = [f"{i}.png,w{i}" for i in range(count)]
        (folder / "labels.csv").write_text("\n".join(["filename,words", *lines]) + "\n")
        for i in range(count):
            draw_page(folder / f"{i}.png", size=(40, 20))
    panel.propose(tmp_path / "set")
    until(lambda: looked(panel) and "3 rows" in panel.summary)
    assert panel.part.isVisible()
    panel.part.setCurrentIndex(panel.part.findData("val"))
    until(lambda: looked(panel) and "1 row:" in panel.summary)


def test_a_read_only_project_is_no_target(
    open_room: Callable[[], Room], tiny_project: Path, tmp_path: Path, until: Until, qtbot: QtBot
) -> None:
    with AnnotationStore.open(tiny_project):
        room = open_room()
        room.document.open_path(tiny_project)
        until(lambda: room.document.project is not None and room.document.read_only)
        panel = ImportPanel(Importing(room.document, room.store, room.tasks, room.document))
        qtbot.addWidget(panel)
        panel.show()
        panel.propose(boxes(tmp_path / "more", {"third.png": [NEW]}))
        until(lambda: looked(panel))
        assert not panel.here.isEnabled()
        assert panel.there.isChecked()
