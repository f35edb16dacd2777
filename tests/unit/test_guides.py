"""Settings page, shortcut editor, command palette, and a window that is built anew in another size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QSpinBox, QToolButton, QWidget
from shiboken6 import isValid

from crnn_gui import app as program
from crnn_gui import theme
from crnn_gui.actions import ACTIONS
from crnn_gui.finding import Entry, find
from crnn_gui.keymap import PRESETS, Keymap, KeymapError
from crnn_gui.settings import SETTINGS, RecentProject, Settings
from crnn_gui.widgets.empty_state import MOST_RECENT
from crnn_gui.widgets.main_window import LEAST_SIZE_PX
from crnn_gui.widgets.recent_row import RecentRow
from model.annotations import Box

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", r"support raise\(\)")

Until = Callable[..., None]
Start = Callable[[], program.Application]
SPECS = {spec.id: spec for spec in ACTIONS}


@pytest.fixture(autouse=True)
def look_of_others(settings: Settings, start: Start) -> Iterator[None]:
    """Language, sizes and colours belong to the whole process; put them back while the windows stand."""
    yield
    for key in ("look/language", "look/text_percent", "look/field_percent", "look/colours"):
        settings.set_value(key, next(one.default for one in SETTINGS if one.key == key))


def open_project(made: program.Application, folder: Path, until: Until) -> None:
    made.document.open_path(folder)
    until(lambda: made.document.page_image is not None)


# --- settings ---


def test_settings_page_covers_the_workspace_and_esc_leaves_it(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    open_project(made, tiny_project, until)
    QTest.keyClick(made.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    page = made.window.guides.settings_page
    assert page.isVisible()
    assert not made.window.annotate.isVisible()
    shown = {label.text() for label in page.findChildren(QLabel)}
    assert {one.label for one in SETTINGS if one.is_shown} <= shown
    QTest.keyClick(page.groups, Qt.Key.Key_Escape)
    assert made.window.annotate.isVisible()
    assert made.window.annotate.canvas.hasFocus()


def test_settings_take_effect_at_once(start: Start, settings: Settings) -> None:
    made = start()
    page = made.window.guides.settings_page
    before = theme.tokens().verified
    box = page.control("look/colours")
    assert isinstance(box, QComboBox)
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert settings.value("look/colours") == "vivid"
    assert theme.tokens().verified != before
    scheme = page.control("look/scheme")
    assert isinstance(scheme, QComboBox)
    scheme.setCurrentIndex(2)
    scheme.activated.emit(2)
    assert theme.tokens().window == theme.DARK.window
    assert made.window.actions_by_id["scheme_dark"].isChecked()


def test_boxes_are_read_live_only_if_wanted(start: Start, settings: Settings, tiny_project: Path, until: Until) -> None:
    made = start()
    open_project(made, tiny_project, until)
    asked: list[object] = []
    made.services.predictor.request_live = lambda *request: asked.append(request)  # type: ignore[method-assign]
    settings.set_value("reading/live", False)
    made.reading.preview(Box.from_bounds(10, 10, 60, 30))
    assert asked == []
    settings.set_value("reading/live", True)
    made.reading.preview(Box.from_bounds(10, 10, 60, 30))
    assert len(asked) == 1


@pytest.mark.parametrize("percent", [100, 200, 300])
def test_c32_interface_scales_while_words_keep_their_own_size(
    start: Start, settings: Settings, tiny_project: Path, until: Until, percent: int
) -> None:
    made = start()
    open_project(made, tiny_project, until)
    made.document.select((1,))
    old = made.window
    usual, typed = old.font().pointSizeF(), old.annotate.field.font().pointSizeF()
    made.window.show_workspace("review")
    old.guides.show_settings()
    size = old.guides.settings_page.control("look/text_percent")
    assert isinstance(size, QSpinBox)
    size.setFocus()
    size.setValue(percent)
    if percent == 100:
        assert made.window is old
        return
    until(lambda: made.window is not old)
    window = made.window
    assert window.font().pointSizeF() == pytest.approx(usual * percent / 100)
    assert window.annotate.field.font().pointSizeF() == pytest.approx(typed)
    assert window.guides.settings_page.isVisible()
    assert window.guides.settings_page.place[1] == "look/text_percent", "the keyboard is where it was"
    until(lambda: made.document.selection == (1,))
    settings.set_value("look/field_percent", 300)
    until(lambda: made.window is not window)
    assert made.window.annotate.field.font().pointSizeF() == pytest.approx(usual * 3)
    assert not old.isVisible()
    made.window.show_workspace("annotate")
    until(lambda: made.window.annotate.field.isVisible())
    texts = [w for w in made.window.annotate.pages.findChildren(QLabel) if w.isVisible()]
    assert all(w.width() >= w.minimumSizeHint().width() for w in texts)


def test_what_is_under_way_survives_a_new_window(
    start: Start, settings: Settings, tiny_project: Path, until: Until
) -> None:
    made = start()
    open_project(made, tiny_project, until)
    made.document.select((2,))
    made.window.annotate.editor.edit()
    QTest.keyClicks(made.window.annotate.field, "typed")
    old = made.window
    settings.set_value("look/text_percent", 120)
    until(lambda: made.window is not old)
    assert made.document.words[2].label == "typed"
    assert made.window.actions_by_id["undo"].text().startswith("&Undo Type label")
    made.document.undo()
    until(lambda: made.document.words[2].label is None)
    until(lambda: made.window.annotate.pages.view.model().rowCount() == 2)
    until(lambda: "Saved" in _texts(made.window.status))


def _texts(widget: QWidget) -> str:
    return " | ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


# --- keys ---


def test_c31_new_key_is_checked_stored_and_shown_everywhere(start: Start, settings: Settings) -> None:
    made = start()
    guides, actions = made.window.guides, made.window.actions_by_id
    editor = guides.settings_page.keys
    guides.show_settings()
    guides.settings_page.show_keys()
    editor.choose("next_page")
    QTest.keyClick(editor.field, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert "Read word again" in editor.verdict.text()
    editor.set_button.click()
    assert actions["next_page"].shortcut() == QKeySequence("Ctrl+R")
    assert actions["read_word"].shortcuts() == [], "a key means one thing"
    assert "Ctrl+R" in actions["next_page"].toolTip()
    guides.show_shortcuts()
    sheet = _texts(made.window)
    assert "Ctrl+R" in sheet
    again = Keymap(settings)
    assert again.keys(SPECS["next_page"]) == ("Ctrl+R",)
    assert again.keys(SPECS["read_word"]) == ()


def test_c31_key_that_types_a_character_is_refused_outside_the_page(start: Start) -> None:
    editor = start().window.guides.settings_page.keys
    editor.choose("read_page")
    QTest.keyClick(editor.field, Qt.Key.Key_G)
    assert "add Ctrl or Alt" in editor.verdict.text()
    assert not editor.set_button.isEnabled()
    editor.choose("ignore")
    QTest.keyClick(editor.field, Qt.Key.Key_G)
    assert editor.set_button.isEnabled()


def test_c31_same_key_in_places_that_never_meet_is_no_conflict(settings: Settings) -> None:
    keymap = Keymap(settings)
    letter = SPECS["next_page_letter"]
    assert keymap.conflicts(letter, "Ctrl+R"), "the page hears the keys of the window"
    assert not keymap.conflicts(letter, "G")


@pytest.mark.parametrize("name", PRESETS)
def test_c31_presets_have_no_key_that_means_two_things(settings: Settings, name: str) -> None:
    keymap = Keymap(settings)
    keymap.use_preset(name)
    clashes = {(spec.id, key): keymap.conflicts(spec, key) for spec in ACTIONS for key in keymap.keys(spec)}
    assert {where: [other.id for other in found] for where, found in clashes.items() if found} == {}
    assert set(PRESETS[name]) <= set(SPECS)


def test_c31_keys_travel_as_a_file(settings: Settings, tmp_path: Path) -> None:
    keymap = Keymap(settings)
    keymap.set_keys(SPECS["draw"], ("X",))
    keymap.save(tmp_path / "keys.json")
    keymap.reset()
    assert keymap.keys(SPECS["draw"]) == SPECS["draw"].keys
    keymap.load(tmp_path / "keys.json")
    assert keymap.keys(SPECS["draw"]) == ("X",)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("no json", "cannot be read"),
        ('{"keys": {}}', "is no file of keys"),
        ('{"kind": "crnn-gui keys", "keys": {"ignore": ["Ctrl+Z"]}}', "both"),
        ('{"kind": "crnn-gui keys", "keys": {"read_page": ["g"]}}', "because of g"),
    ],
)
def test_c31_file_that_would_break_the_keys_changes_nothing(
    settings: Settings, tmp_path: Path, written: str, told: str
) -> None:
    file = tmp_path / "keys.json"
    file.write_text(written, encoding="utf-8")
    keymap = Keymap(settings)
    keymap.set_keys(SPECS["draw"], ("X",))
    with pytest.raises(KeymapError, match=told):
        keymap.load(file)
    assert keymap.keys(SPECS["draw"]) == ("X",)


# --- palette ---


def test_palette_finds_and_does(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    open_project(made, tiny_project, until)
    QTest.keyClick(made.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = made.window.guides.palette
    assert palette.isVisible()
    QTest.keyClicks(palette.field, "revew")
    assert palette.found[0].text == "Review"
    assert palette.found[0].keys == "Ctrl+2"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert not palette.isVisible()
    assert made.window.actions_by_id["review"].isChecked()
    made.window.guides.show_palette()
    QTest.keyClicks(palette.field, "second.png")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    until(lambda: made.document.page is not None and made.document.page.path == "second.png")
    made.window.guides.show_palette()
    QTest.keyClicks(palette.field, "minutes training run")
    assert palette.found[0].kind == "setting"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert made.window.guides.settings_page.place == (2, "training/minutes")


def test_palette_says_why_something_cannot_be_done(start: Start) -> None:
    made = start()
    made.window.guides.show_palette()
    palette = made.window.guides.palette
    QTest.keyClicks(palette.field, "verify page")
    assert palette.found[0].why_not == "Open a folder first."
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible(), "what cannot be done is not done"
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()


def test_keys_of_the_window_rest_while_the_palette_is_open(start: Start, tiny_project: Path, until: Until) -> None:
    made = start()
    open_project(made, tiny_project, until)
    made.window.guides.show_palette()
    field = made.window.guides.palette.field
    QTest.keyClicks(field, "d")
    QTest.keyClick(field, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert made.window.actions_by_id["annotate"].isChecked()


def test_what_can_be_done_and_starts_with_the_letters_comes_first() -> None:
    entries = [Entry("action", "Unread"), Entry("action", "Read page", why_not="no"), Entry("action", "Read word")]
    assert [entry.text for entry in find(entries, "read")] == ["Read word", "Read page", "Unread"]
    assert find(entries, "zzz") == []


# --- a window that is built anew ---


def test_nothing_of_the_old_window_is_left(
    start: Start, settings: Settings, tiny_project: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "LINGER_MILLISECONDS", 0)
    made = start()
    open_project(made, tiny_project, until)
    old = made.window
    for name in ("review", "train", "annotate"):
        old.show_workspace(name)
    old.guides.show_settings()
    old.guides.show_palette()
    settings.set_value("look/text_percent", 110)
    until(lambda: not isValid(old))
    made.document.step_page(1)
    until(lambda: made.document.page is not None and made.document.page.path == "second.png")
    made.document.add_word(Box.from_bounds(10, 10, 60, 30))
    made.document.undo()
    made.document.close_project()
    until(lambda: made.window.empty.isVisible())


# --- language ---


def test_language_is_switched_while_work_goes_on(
    start: Start, settings: Settings, tiny_project: Path, until: Until
) -> None:
    made = start()
    open_project(made, tiny_project, until)
    made.window.show_workspace("train")
    made.window.show_workspace("annotate")
    made.document.select((2,))
    made.window.annotate.editor.edit()
    QTest.keyClicks(made.window.annotate.field, "typed")
    old = made.window
    settings.set_value("look/language", "zh_CN")
    until(lambda: made.window is not old)
    window = made.window
    assert window.menuBar().actions()[0].text() == "文件(&F)"
    assert window.actions_by_id["undo"].text().startswith("撤销 输入标注")
    until(window.isActiveWindow)
    until(lambda: made.document.selection == (2,))
    for name in ("review", "train", "annotate"):
        window.show_workspace(name)
    made.document.undo()
    until(lambda: made.document.words[2].label is None)
    settings.set_value("look/language", "en")
    until(lambda: made.window is not window)
    assert made.window.menuBar().actions()[0].text() == "&File"


# --- recent projects ---


def test_recent_projects_say_how_far_they_are_and_which_are_gone(
    start: Start, settings: Settings, tiny_project: Path, tmp_path: Path, until: Until
) -> None:
    settings.add_recent(RecentProject(tmp_path / "gone"))
    made = start()
    open_project(made, tiny_project, until)
    made.document.close_project()
    until(lambda: len(made.window.empty.findChildren(RecentRow)) == 2)
    here, gone = made.window.empty.findChildren(RecentRow)
    assert here.project.path == tiny_project
    assert here.facts[0] == "2 pages, 50 % verified"
    assert here.project.picture.endswith("first.png")
    assert (gone.isEnabled(), gone.facts[0]) == (False, "not there any more")
    forget = [b for b in made.window.empty.findChildren(QToolButton) if b.isVisible()][1]
    QTest.mouseClick(forget, Qt.MouseButton.LeftButton)
    assert settings.recent == (tiny_project,)


def test_recent_projects_leave_the_place_to_drop_a_folder_on_its_room(
    start: Start, settings: Settings, tmp_path: Path, until: Until
) -> None:
    for number in range(MOST_RECENT):
        settings.add_recent(RecentProject(tmp_path / f"project{number}"))
    window = start().window
    place = window.empty.folder_button.parentWidget()
    for size, least in ((LEAST_SIZE_PX, 1), ((1300, 900), MOST_RECENT)):
        window.resize(*size)
        until(lambda least=least: sum(row.isVisible() for row in window.empty.findChildren(RecentRow)) >= least)
        until(lambda: place.height() >= place.heightForWidth(place.width()))
