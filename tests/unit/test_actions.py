"""The table of actions, icons, settings and looks."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import QApplication

import crnn_gui
from crnn_gui import resources, theme
from crnn_gui.actions import ACTIONS, MENUS, Scope, plain_text, shown_keys
from crnn_gui.settings import SETTINGS, RecentProject, Settings
from crnn_gui.theme import DARK, LIGHT, Scheme, Theme, Tokens


def test_ids_are_unique_and_menus_known() -> None:
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    assert {spec.menu for spec in ACTIONS} == set(MENUS)


def test_no_key_means_two_things_at_once() -> None:
    """Scopes that can have the focus together must not share a key."""
    places = {
        Scope.WINDOW: {"canvas", "field"},
        Scope.CANVAS: {"canvas"},
        Scope.FIELD: {"field"},
        Scope.WORD: {"canvas", "field"},
    }
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for spec in ACTIONS:
        for key in spec.keys:
            for place in places[spec.scope]:
                taken[place, QKeySequence(key).toString()].append(spec.id)
    assert {where: ids for where, ids in taken.items() if len(ids) > 1} == {}


def test_every_shortcut_is_one_that_qt_knows() -> None:
    for spec in ACTIONS:
        for key in spec.keys:
            assert QKeySequence(key).toString() == key, spec.id


def test_keys_that_type_text_belong_to_the_page_alone() -> None:
    """A letter that acts elsewhere would be taken from a text someone types."""
    for spec in ACTIONS:
        typing = [key for key in spec.keys if len(key) == 1 and key.isalnum()]
        assert not typing or spec.scope is Scope.CANVAS, spec.id


def test_texts_are_told_without_marks() -> None:
    spec = next(s for s in ACTIONS if s.id == "open_folder")
    assert plain_text(spec) == "Open folder"
    verify = next(s for s in ACTIONS if s.id == "verify_next")
    assert "Return" not in shown_keys(verify.keys)


def _icon_names() -> set[str]:
    """Every name that the program's source hands to resources.icon() or glyph(), and those of the tables."""
    names = {spec.icon for spec in ACTIONS if spec.icon}
    for file in Path(crnn_gui.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
                "icon",
                "glyph",
            ):
                names |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return names


def test_every_icon_is_in_the_family(qapp: QApplication) -> None:
    names = _icon_names()
    assert len(names) > 30
    for name in names:
        resources.glyph(name)


def test_missing_icon_is_an_error_with_its_name(qapp: QApplication) -> None:
    with pytest.raises(KeyError, match="no-such-icon"):
        resources.icon("no-such-icon")


def test_icons_follow_the_look(qapp: QApplication) -> None:
    look = Theme(qapp, Scheme.LIGHT)
    icon = resources.icon("folder-open")
    light = icon.pixmap(32).toImage()
    look.set_scheme(Scheme.DARK)
    dark = icon.pixmap(32).toImage()
    look.set_scheme(Scheme.LIGHT)
    darkest = [
        min(i.pixelColor(x, y).lightness() for x in range(32) for y in range(32) if i.pixelColor(x, y).alpha() > 200)
        for i in (light, dark)
    ]
    assert darkest[0] < 60
    assert darkest[1] > 180


def _luminance(name: str) -> float:
    color = QColor(name)
    parts = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _contrast(a: str, b: str) -> float:
    high, low = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
def test_texts_stand_out_from_their_ground(look: Tokens) -> None:
    for ground in (look.window, look.surface):
        for text in (look.text, look.muted, look.error, look.suggested, look.doubtful, look.verified):
            assert _contrast(text, ground) >= 4.5, (text, ground)
    assert _contrast(look.on_accent, look.accent) >= 4.5


def test_look_changes_live(qapp: QApplication) -> None:
    look = Theme(qapp, Scheme.DARK)
    assert theme.tokens() is DARK
    look.set_scheme(Scheme.LIGHT)
    assert theme.tokens() is LIGHT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))


def test_settings_keep_their_types_over_a_restart(tmp_path: Path) -> None:
    first = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    Settings(first).set_value("look/text_at_boxes", False)
    Settings(first).set_value("reading/doubt_below", 0.5)
    first.sync()
    again = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    assert again.value("look/text_at_boxes") is False
    assert again.value("reading/doubt_below") == 0.5


def test_nonsense_in_the_settings_file_reads_as_the_default(tmp_path: Path) -> None:
    (tmp_path / "s.ini").write_text("[reading]\ndoubt_below=nonsense\n[look]\nscheme=purple\n", encoding="utf-8")
    settings = Settings(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    assert settings.value("reading/doubt_below") == 0.85
    assert settings.value("look/scheme") == "system"


def test_values_outside_the_table_are_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="purple"):
        settings.set_value("look/scheme", "purple")
    with pytest.raises(KeyError):
        settings.value("no/such")
    for setting in SETTINGS:
        settings.set_value(setting.key, setting.default)
        assert settings.value(setting.key) == setting.default


def test_recent_projects_are_few_and_the_latest_is_first(settings: Settings) -> None:
    for n in range(12):
        settings.add_recent(RecentProject(Path(f"/p/{n}")))
    settings.add_recent(RecentProject(Path("/p/9")))
    assert settings.recent[:2] == (Path("/p/9"), Path("/p/11"))
    assert len(settings.recent) == 8
    settings.forget_recent(Path("/p/9"))
    assert Path("/p/9") not in settings.recent
