"""How fast a person gets on: words a minute and keys a word, today and in this project."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from shiboken6 import isValid

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.services.store_service import StoreService
from crnn_gui.settings import Settings
from model.annotations import Edit, State, Word

META_KEY = "effort"
IDLE_SECONDS = 15.0
"""A longer pause between two keys is no work: reading one word takes less, and making tea takes more."""

KEEP_MILLISECONDS = 10_000
_MODIFIERS = frozenset({Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr})


@dataclass(frozen=True, slots=True)
class Effort:
    """What was done, and what it took.

    Attributes:
        words: words decided one by one; a word that is taken back counts no more.
        keys: keys that were pressed, whatever for; a key that is held down counts once.
        seconds: time at work.
    """

    words: int = 0
    keys: int = 0
    seconds: float = 0.0

    @property
    def words_a_minute(self) -> float:
        """Words in a minute of work; 0 without any."""
        return 60 * self.words / self.seconds if self.seconds else 0.0

    @property
    def keys_a_word(self) -> float:
        """Keys for a word; 0 without any."""
        return self.keys / self.words if self.words else 0.0

    def plus(self, *, words: int = 0, keys: int = 0, seconds: float = 0.0) -> Effort:
        """Return the effort with more of it."""
        return Effort(max(0, self.words + words), self.keys + keys, self.seconds + seconds)


class Stopwatch:
    """Tells how much of the time between two signs of life was work."""

    def __init__(self) -> None:
        self._last: float | None = None

    def passed(self, now: float) -> float:
        """Return the seconds of work since the last sign of life; ``now`` is in seconds of any clock."""
        before, self._last = self._last, now
        gap = now - before if before is not None else 0.0
        return gap if 0 <= gap <= IDLE_SECONDS else 0.0


class EffortMeter(QObject):
    """Counts keys where they are pressed and words where they are decided, and keeps both.

    Today's figures are the user's and lie with the settings, those of a project in its annotation file.

    Signals:
        changed: some figure is another one now.
    """

    changed = Signal()

    def __init__(
        self,
        document: ProjectDocument,
        store: StoreService,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._store, self._settings, self._clock = document, store, settings, clock
        self._watch = Stopwatch()
        self._focused: QObject | None = None
        self._project = Effort()
        self._is_kept = True
        self._is_read = False
        day, kept = settings.effort
        self._day = time.strftime("%Y-%m-%d")
        self._today = _parsed(kept) if day == self._day else Effort()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(KEEP_MILLISECONDS)
        self._soon.timeout.connect(self.keep)
        document.edited.connect(self._on_edited)
        document.project_changed.connect(self._on_project_changed)
        document.page_left.connect(self.keep)  # a project is left with its page, and its file is closed after that
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication), "there is a screen"
        app.focusObjectChanged.connect(self._on_focus_object_changed)
        self._on_focus_object_changed(app.focusObject())

    @property
    def today(self) -> Effort:
        """All of today, whatever the project."""
        return self._today

    @property
    def project(self) -> Effort:
        """All of this project, whatever the day."""
        return self._project

    @Slot()
    def reset(self) -> None:
        """Begin to count anew."""
        self._today = self._project = Effort()
        self._is_kept = False
        self.keep()
        self.changed.emit()

    @Slot()
    def keep(self) -> None:
        """Write the figures down."""
        if self._is_kept:
            return
        self._is_kept = True
        self._settings.set_effort(self._day, json.dumps(asdict(self._today)))
        project = self._document.project
        if project is not None and not project.read_only and self._is_read:
            told = json.dumps(asdict(self._project))
            self._store.write(lambda store: store.set_meta(META_KEY, told))

    # What is counted

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Comes once for each key, whether it is typed or taken for a shortcut.
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if not event.isAutoRepeat() and event.key() not in _MODIFIERS:
            self._count(keys=1)
        return False

    @Slot(QObject)
    def _on_focus_object_changed(self, focused: QObject | None) -> None:
        """Watch what has the keyboard, and nothing else: a filter on the whole program would see every event of it."""
        if self._focused is not None and isValid(self._focused):  # a button may go with its bar when it is pressed
            self._focused.removeEventFilter(self)
            self._focused.destroyed.disconnect(self._on_focused_destroyed)
        self._focused = focused
        if focused is not None:
            focused.installEventFilter(self)
            focused.destroyed.connect(self._on_focused_destroyed)

    @Slot()
    def _on_focused_destroyed(self) -> None:
        self._focused = None

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        # What is accepted by the hundred says nothing about reading.
        if len(edit.changes) == 1:
            [change] = edit.changes
            step = _is_verified(change.after) - _is_verified(change.before)
            if step:
                self._count(words=step)

    def _count(self, *, keys: int = 0, words: int = 0) -> None:
        self._begin_day()
        seconds = self._watch.passed(self._clock())
        self._today = self._today.plus(words=words, keys=keys, seconds=seconds)
        if self._document.project is not None:
            self._project = self._project.plus(words=words, keys=keys, seconds=seconds)
        self._is_kept = False
        if not self._soon.isActive():
            self._soon.start()
        if words:
            self.changed.emit()

    def _begin_day(self) -> None:
        day = time.strftime("%Y-%m-%d")
        if day != self._day:
            self._day, self._today = day, Effort()

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._project, self._is_read = Effort(), False
        if project is not None:
            self._store.read(lambda store: store.meta(META_KEY), lambda kept: self._on_project_read(project, kept))
        self.changed.emit()

    def _on_project_read(self, project: ProjectInfo, kept: str | None) -> None:
        if project is not self._document.project:
            return
        self._is_read = True
        before = _parsed(kept)  # keys may have been pressed meanwhile
        self._project = self._project.plus(words=before.words, keys=before.keys, seconds=before.seconds)
        self.changed.emit()


def _is_verified(word: Word | None) -> bool:
    return word is not None and word.state() is State.VERIFIED


def _parsed(kept: str | None) -> Effort:
    """Return kept figures; none where they cannot be read, because nothing depends on them."""
    try:
        stored = json.loads(kept or "{}")
        return Effort(max(0, int(stored["words"])), max(0, int(stored["keys"])), max(0.0, float(stored["seconds"])))
    except (ValueError, KeyError, TypeError):
        return Effort()
