"""What the program remembers of its user: one table of settings over QSettings, and the recent projects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

RECENT_PROJECTS = 8


@dataclass(frozen=True, slots=True)
class RecentProject:
    """A project that was open lately, and how far it was then.

    Attributes:
        path: what the user opened: a folder or an annotation file.
        opened_at: when it was opened last, in seconds since 1970; 0 when nobody knows.
        picture: path of the image of a page; empty without one.
    """

    path: Path
    opened_at: float = 0.0
    pages: int = 0
    words: int = 0
    verified: int = 0
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its key, its default (whose type is the setting's type), and how a person is told of it.

    Attributes:
        label, group, hint: what the settings page says; choices have names in ``names``, in the same order.
        choices: the values it can have, for a setting that is chosen from a list.
        least, most, step: the range of a number, and how far one key press goes.
        unit: stands behind a number.
        is_folder: the text is the path of a folder, empty for the usual place.
        is_shown: False for what is set elsewhere on the screen.
    """

    key: str
    default: str | int | float | bool
    label: str
    group: str
    hint: str = ""
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    step: float = 1
    unit: str = ""
    is_folder: bool = False
    is_shown: bool = True


_DEVICES = ("auto", "cpu", "cuda", "mps")
_DEVICE_NAMES = ("The fastest that is there", "CPU", "CUDA", "MPS")

GROUPS = ("Look", "Reading", "Training")

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "look/language",
        "system",
        "Language",
        "Look",
        choices=("system", "en", "zh_CN"),
        names=("As the system", "English", "简体中文"),
    ),
    Setting(
        "look/scheme",
        "system",
        "Light or dark",
        "Look",
        choices=("system", "light", "dark"),
        names=("As the system", "Light", "Dark"),
    ),
    Setting(
        "look/colours",
        "safe",
        "Colours of the states",
        "Look",
        "Shapes tell the states apart in either case: dashed, hatched, with a tick.",
        choices=("safe", "vivid"),
        names=("Safe for the colour-blind", "Traffic light"),
    ),
    Setting("look/text_percent", 100, "Size of the interface's text", "Look", least=100, most=300, step=10, unit="%"),
    Setting(
        "look/field_percent",
        140,
        "Size of the words' text",
        "Look",
        "Where a word is typed, whatever the size of the interface.",
        least=100,
        most=300,
        step=10,
        unit="%",
    ),
    Setting(
        "look/paging",
        "remember",
        "Zoom and place of a page that is opened",
        "Look",
        choices=("remember", "keep", "fit"),
        names=("As the page was left", "As on the page before", "The whole page"),
    ),
    Setting("look/text_at_boxes", True, "Show the text at the boxes", "Look", is_shown=False),
    Setting("look/word_list", False, "Show the list of words", "Look", is_shown=False),
    Setting("reading/live", True, "Read while a box is being drawn", "Reading"),
    Setting(
        "reading/doubt_below",
        0.85,
        "A reading is doubtful below this confidence",
        "Reading",
        least=0.0,
        most=1.0,
        step=0.05,
    ),
    Setting(
        "reading/device",
        "auto",
        "Device that reads",
        "Reading",
        "Counts from the next start.",
        choices=_DEVICES,
        names=_DEVICE_NAMES,
    ),
    Setting("training/device", "auto", "Device that trains", "Training", choices=_DEVICES, names=_DEVICE_NAMES),
    Setting("training/minutes", 5, "A training run may take", "Training", least=1, most=720, unit="min"),
    Setting(
        "training/switch",
        "ask",
        "Better weights are put to use",
        "Training",
        choices=("ask", "automatic"),
        names=("When I agree", "By themselves"),
    ),
    Setting(
        "training/folder",
        "",
        "Folder of trained weights",
        "Training",
        "Empty: beside the annotation file.",
        is_folder=True,
    ),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}


class Settings(QObject):
    """Typed access to the table. A value of the wrong type or out of range reads as the default.

    Signals:
        changed: key of the setting that has another value now.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store

    @classmethod
    def of_user(cls) -> Settings:
        """Return the settings of the person who runs the program."""
        return cls(QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "crnn-gui", "crnn-gui"))

    def value(self, key: str) -> Any:
        """Return the setting's value, of the type of its default.

        Raises:
            KeyError: the table has no such setting.
        """
        setting = _BY_KEY[key]
        stored = self._store.value(key, None)
        return setting.default if stored is None else _parsed(setting, stored)

    def set_value(self, key: str, value: str | float | bool) -> None:
        """Remember a value.

        Raises:
            KeyError: the table has no such setting.
            ValueError: the value is not one the setting can have.
        """
        setting = _BY_KEY[key]
        if not _is_allowed(setting, value):
            raise ValueError(f"{value!r} is no value for the setting {key}")
        before = self.value(key)
        self._store.setValue(key, value)
        if value != before:
            self.changed.emit(key)

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys the user has chosen, by the id of the action."""
        try:
            stored = json.loads(str(self._store.value("keys/own", "{}")))
        except ValueError:
            return {}
        return stored if isinstance(stored, dict) else {}

    def set_keys(self, keys: Mapping[str, Sequence[str]]) -> None:
        """Remember keys of the user's own."""
        self._store.setValue("keys/own", json.dumps({name: list(one) for name, one in keys.items()}))

    @property
    def effort(self) -> tuple[str, str]:
        """The day that was counted last, and its figures as they were handed in."""
        return str(self._store.value("effort/day", "")), str(self._store.value("effort/figures", ""))

    def set_effort(self, day: str, figures: str) -> None:
        """Remember the figures of a day."""
        self._store.setValue("effort/day", day)
        self._store.setValue("effort/figures", figures)

    @property
    def recent(self) -> tuple[Path, ...]:
        """Projects opened lately, the latest first. They may be gone by now."""
        return tuple(project.path for project in self.recent_projects)

    @property
    def recent_projects(self) -> tuple[RecentProject, ...]:
        """Projects opened lately with what is known of them, the latest first."""
        try:
            stored = json.loads(str(self._store.value("recent/known", "[]")))
            return tuple(RecentProject(**{**one, "path": Path(one["path"])}) for one in stored)
        except (ValueError, TypeError, KeyError):
            return ()

    def add_recent(self, project: RecentProject) -> None:
        """Put a project in front of the list."""
        self._set_recent((project, *(one for one in self.recent_projects if one.path != project.path)))

    def describe_recent(self, project: RecentProject) -> None:
        """Remember what is known of a listed project now; its place in the list stays."""
        self._set_recent(project if one.path == project.path else one for one in self.recent_projects)

    def forget_recent(self, path: Path) -> None:
        """Take a project off the list, for example because it is gone."""
        self._set_recent(one for one in self.recent_projects if one.path != path)

    def _set_recent(self, projects: Iterable[RecentProject]) -> None:
        told = [{**asdict(one), "path": str(one.path)} for one in projects][:RECENT_PROJECTS]
        self._store.setValue("recent/known", json.dumps(told))

    def geometry(self, name: str) -> QByteArray:
        """Return the remembered layout of a window or a splitter; empty when there is none."""
        value = self._store.value(f"geometry/{name}", QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_geometry(self, name: str, value: QByteArray) -> None:
        self._store.setValue(f"geometry/{name}", value)


def _parsed(setting: Setting, stored: object) -> str | int | float | bool:
    """INI files hold text, so everything comes back as text on the next start."""
    kind = type(setting.default)
    if kind is bool:
        return str(stored).lower() in ("true", "1")
    try:
        value: str | int | float = kind(str(stored))
    except ValueError:
        return setting.default
    return value if _is_allowed(setting, value) else setting.default


def _is_allowed(setting: Setting, value: object) -> bool:
    if isinstance(setting.default, bool) or isinstance(value, bool):
        return isinstance(setting.default, bool) and isinstance(value, bool)
    if isinstance(setting.default, str):
        return isinstance(value, str) and (not setting.choices or value in setting.choices)
    if not isinstance(value, int | float):
        return False
    low = setting.least if setting.least is not None else value
    high = setting.most if setting.most is not None else value
    return low <= value <= high
