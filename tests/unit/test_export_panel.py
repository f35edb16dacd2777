"""The export panel: what it asks, what it says afterwards, and the way from a skipped word to the word."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from crnn_gui.exchange import Exporting
from crnn_gui.theme import DARK, LIGHT, Scheme, Theme
from crnn_gui.widgets.export_panel import ExportPanel
from tests.conftest import Room

Until = Callable[..., None]

# The offscreen platform has no window manager to tell a window's least size, and says so for each.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)", extend=True)


@pytest.fixture
def panel(open_room: Callable[[], Room], tiny_project: Path, tmp_path: Path, until: Until, qtbot: QtBot) -> ExportPanel:
    """The panel on a project of one verified and one unlabelled word."""
    room = open_room()
    room.document.open_path(tiny_project)
    until(lambda: room.document.page_image is not None and room.document.counts.words == 2)
    panel = ExportPanel(Exporting(room.document, room.store, room.tasks, parent=room.document))
    qtbot.addWidget(panel)
    panel.propose(tmp_path / "out")
    panel.show()
    return panel


def press_export(panel: ExportPanel) -> None:
    QTest.mouseClick(panel.export_button, Qt.MouseButton.LeftButton)


def test_every_word_is_accounted_for_and_a_skipped_one_leads_to_its_page(
    panel: ExportPanel, tmp_path: Path, until: Until, qtbot: QtBot
) -> None:
    assert not panel.skips.isVisible()
    press_export(panel)
    until(lambda: "=" in panel.summary)
    assert panel.summary.startswith("1 written + 1 skipped = 2 words")
    assert (tmp_path / "out" / "lexicon.txt").read_text(encoding="utf-8") == "first\n"
    reason = panel.skips.topLevelItem(0)
    assert reason.text(0).endswith("(1)")
    assert panel.skips.isVisible()
    panel.skips.setFocus()
    panel.skips.setCurrentItem(reason)
    with qtbot.waitSignal(panel.word_requested) as asked:
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Return):
            QTest.keyClick(panel.skips, key)
    assert asked.args == [2]


def test_a_part_that_no_page_fell_into_is_told(panel: ExportPanel, until: Until) -> None:
    press_export(panel)
    until(lambda: "=" in panel.summary)
    assert "No page fell into" in panel.summary


@pytest.mark.parametrize(
    ("split", "folder", "sentence"), [("80/20", "out", "80/10/10"), ("80/10/10", "", "Name a folder")]
)
def test_a_wish_that_cannot_be_granted_is_answered_in_a_sentence(
    panel: ExportPanel, tmp_path: Path, split: str, folder: str, sentence: str
) -> None:
    next(field for field in panel.findChildren(QLineEdit) if field.text() == "80/10/10").setText(split)
    panel.folder.setText(str(tmp_path / folder) if folder else "  ")
    press_export(panel)
    assert sentence in panel.summary
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_export_is_left_alone(panel: ExportPanel, tmp_path: Path, until: Until) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "diary.txt").write_text("dear diary")
    before = panel.summary
    press_export(panel)
    until(lambda: panel.summary not in (before, "Exporting…"))
    assert str(tmp_path / "out") in panel.summary
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["diary.txt"]
    assert panel.export_button.text() == "Export"


def test_the_button_cancels_a_running_export_and_nothing_is_left_of_it(
    panel: ExportPanel, tmp_path: Path, until: Until, qtbot: QtBot
) -> None:
    press_export(panel)
    assert panel.export_button.text() == "Cancel"
    press_export(panel)
    assert panel.export_button.text() == "Export"
    assert "Cancelled" in panel.summary
    qtbot.wait(300)
    assert "Cancelled" in panel.summary
    assert not (tmp_path / "out").exists()


def test_reasons_follow_the_look(panel: ExportPanel, qapp: QApplication, until: Until) -> None:
    theme = Theme(qapp, Scheme.LIGHT)
    press_export(panel)
    until(lambda: "=" in panel.summary)
    for scheme, look in ((Scheme.LIGHT, LIGHT), (Scheme.DARK, DARK)):
        theme.set_scheme(scheme)
        assert panel.skips.topLevelItem(0).foreground(0).color() == look.color("doubtful")
    theme.set_scheme(Scheme.LIGHT)


def test_what_will_be_written_is_counted_before_and_why_the_rest_is_not(
    panel: ExportPanel, tmp_path: Path, until: Until
) -> None:
    until(lambda: "see why" in panel.summary)
    assert panel.summary.startswith("<b>1 word</b> of 1 page; 1 will be skipped")
    QTest.keyClick(panel.format, Qt.Key.Key_Down)
    panel.words.setCurrentIndex(2)
    until(lambda: "<b>0 words</b>" in panel.summary)
    panel._summary.linkActivated.emit("why")
    assert panel.skips.titles == ("Skipped: the word is verified  (1)", "Skipped: the word is unlabelled  (1)")
    assert not (tmp_path / "out").exists()


def test_options_that_mean_nothing_in_a_format_are_not_shown(panel: ExportPanel) -> None:
    assert not panel.margin.isVisible()
    QTest.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    shown = {}
    for name in ("mjsynth", "labelme", "icdar"):
        panel.format.choose(name)
        shown[name] = [w.isVisible() for w in (panel.margin, panel.view, panel.images)]
    assert shown == {"mjsynth": [True, True, False], "labelme": [False, False, True], "icdar": [False, False, False]}
    assert not panel.confidence.isVisible()
    panel.words.setCurrentIndex(1)
    assert panel.confidence.isVisible()


def test_every_option_reaches_the_export(panel: ExportPanel, tmp_path: Path, until: Until) -> None:
    QTest.mouseClick(panel.more_button, Qt.MouseButton.LeftButton)
    panel.margin.setText("10%")
    panel.split.setText("0/1/1")
    panel.seed.setValue(7)
    panel.case.setCurrentIndex(1)
    panel.image.setCurrentIndex(1)
    panel.words.setCurrentIndex(1)
    panel.confidence.setValue(0.5)
    press_export(panel)
    until(lambda: "=" in panel.summary and "written" in panel.summary)
    options = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["options"]
    assert options | {"view": None, "append": False, "images": True} == options
    assert (options["split"], options["seed"], options["case"], options["image"]) == ("0/1/1", 7, "lower", "jpeg")
    assert (options["states"], options["min_confidence"]) == (["verified", "suggested"], 0.5)
    assert options["margin"] == {"size": 10.0, "is_percent": True}
    panel.append.setChecked(True)
    press_export(panel)
    until(lambda: "written" in panel.summary)
    assert json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["options"]["append"]
    panel.format.choose("labelme")
    press_export(panel)
    until(lambda: "append in that format" in panel.summary)
