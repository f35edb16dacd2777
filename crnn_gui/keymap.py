"""The keys of the wishes as the user has them: the table's, a preset's, or of their own; checked, stored and shared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QKeySequence

from crnn_gui.actions import ACTIONS, ActionSpec, Scope
from crnn_gui.settings import Settings
from model.errors import KnownError

FILE_KIND = "crnn-gui keys"

PRESETS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "labelme": {
        "draw": ("Ctrl+R",),
        "draw_corners": ("Ctrl+N",),
        "read_word": ("Ctrl+I",),
        "duplicate": ("Ctrl+D",),
        "split_at_caret": ("Ctrl+Shift+D",),
        "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
        "edit_text": ("Ctrl+E", "F2"),
    },
    "PPOCRLabel": {
        "draw": ("W",),
        "verify_page": ("End", "Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
        "edit_text": ("Ctrl+E", "F2"),
        "zoom_full": ("Ctrl+=",),
        "zoom_in": ("Ctrl++",),
    },
}
"""What other programs have otherwise; everything else keeps its key."""

_PLACES = {
    Scope.WINDOW: frozenset({"page", "text"}),
    Scope.CANVAS: frozenset({"page"}),
    Scope.FIELD: frozenset({"text"}),
    Scope.WORD: frozenset({"page", "text"}),
}
_BY_ID = {spec.id: spec for spec in ACTIONS}


class KeymapError(KnownError):
    """A file of keys cannot be used."""


class Keymap(QObject):
    """Which keys fulfil which wish. Only what differs from the table is stored.

    Signals:
        changed: some wish has other keys now.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._own = _known(settings.keys)

    def keys(self, spec: ActionSpec) -> tuple[str, ...]:
        """Return a wish's keys in Qt's portable notation; the first one is shown."""
        return self._own.get(spec.id, spec.keys)

    def is_own(self, spec: ActionSpec) -> bool:
        """Whether the user has given it other keys than the table."""
        return spec.id in self._own

    def set_keys(self, spec: ActionSpec, keys: Iterable[str]) -> None:
        """Give a wish these keys and no others, and take them from wishes that would hear them at the same time."""
        wanted = tuple(dict.fromkeys(keys))
        own = dict(self._own)
        for key in wanted:
            for other in self.conflicts(spec, key):
                own[other.id] = tuple(one for one in own.get(other.id, other.keys) if not _same(one, key))
        own[spec.id] = wanted
        self._replace(own)

    def conflicts(self, spec: ActionSpec, key: str) -> tuple[ActionSpec, ...]:
        """Return the other wishes that a key means where it would mean this one too."""
        return tuple(
            other
            for other in ACTIONS
            if other.id != spec.id
            and _PLACES[other.scope] & _PLACES[spec.scope]
            and any(_same(key, one) for one in self.keys(other))
        )

    def reset(self) -> None:
        """Go back to the keys of the table."""
        self._replace({})

    def use_preset(self, name: str) -> None:
        """Take the keys of another program where it has its own, and the table's elsewhere.

        Raises:
            KeyError: there is no such preset.
        """
        self._replace(PRESETS[name])

    def save(self, path: Path) -> None:
        """Write the user's keys to a file for :meth:`load`.

        Raises:
            KeymapError: the file cannot be written.
        """
        told = {"kind": FILE_KIND, "keys": {id_: list(keys) for id_, keys in sorted(self._own.items())}}
        try:
            path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise KeymapError(f"{path} cannot be written: {error.strerror}. Choose another folder.") from error

    def load(self, path: Path) -> None:
        """Take the keys of a file that :meth:`save` has written. Wishes that this version does not know are left out.

        Raises:
            KeymapError: it is no such file, or one of its keys would mean two things. The keys stay as they are.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise KeymapError(f"{path.name} cannot be read as a file of keys; choose one that was exported.") from error
        if not isinstance(told, dict) or told.get("kind") != FILE_KIND or not isinstance(told.get("keys"), dict):
            raise KeymapError(f"{path.name} is no file of keys; choose one that was exported.")
        own = _known(told["keys"])
        for spec in ACTIONS:
            for key in own.get(spec.id, ()):
                if problem := problem_with(spec, key):
                    raise KeymapError(f"{path.name} cannot be used, because of {key}: {problem}")
        before, self._own = self._own, own
        clash = next(((s, k, c) for s in ACTIONS for k in self.keys(s) for c in self.conflicts(s, k)), None)
        self._own = before
        if clash is not None:
            spec, key, other = clash
            raise KeymapError(f"{path.name} cannot be used, because {key} is both {spec.id} and {other.id} in it.")
        self._replace(own)

    def _replace(self, own: Mapping[str, tuple[str, ...]]) -> None:
        self._own = {id_: keys for id_, keys in own.items() if keys != _BY_ID[id_].keys}
        self._settings.set_keys(self._own)
        self.changed.emit()


def problem_with(spec: ActionSpec, key: str) -> str:
    """Return why a key cannot fulfil a wish, or nothing when it can. Conflicts with other wishes are another matter."""
    sequence = QKeySequence(key)
    if sequence.isEmpty() or sequence.toString() != key:
        return QCoreApplication.translate("Keymap", "No keyboard has such a key.")
    name = key.removeprefix("Shift+")
    if len(name) == 1 and spec.scope is not Scope.CANVAS and key not in spec.keys:
        return QCoreApplication.translate("Keymap", "It types a character in a word's text; add Ctrl or Alt.")
    return ""


def _same(key: str, other: str) -> bool:
    return QKeySequence(key) == QKeySequence(other)


def _known(stored: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return what can be used of stored keys: an older or newer version may have had other wishes."""
    lists = {id_: keys for id_, keys in stored.items() if id_ in _BY_ID and isinstance(keys, list | tuple)}
    return {id_: tuple(key for key in keys if isinstance(key, str)) for id_, keys in lists.items()}
