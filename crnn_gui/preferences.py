"""Puts the settings of the look into effect: at the start, and at once when the user changes one."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from crnn_gui import language
from crnn_gui.settings import Settings
from crnn_gui.theme import Scheme, Theme

_OF_WINDOW = frozenset({"look/language", "look/text_percent", "look/field_percent"})
REBUILD_MILLISECONDS = 150
"""A pressed key or a turned wheel changes a size many times; the window is built for the last of them."""


class Preferences(QObject):
    """Sees to the colours by itself, and says when the window has to be built anew.

    Signals:
        rebuild_needed: the language or a size of text is another one now; windows keep theirs as long as they live.
    """

    rebuild_needed = Signal()

    def __init__(self, settings: Settings, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._theme = theme
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REBUILD_MILLISECONDS)
        self._soon.timeout.connect(self.rebuild_needed)
        self._use_colours()
        self._use_sizes()
        self._use_language()
        settings.changed.connect(self._on_setting_changed)

    def _use_colours(self) -> None:
        self._theme.set_vivid(self._settings.value("look/colours") == "vivid")

    def _use_sizes(self) -> None:
        percents = (self._settings.value(key) for key in ("look/text_percent", "look/field_percent"))
        self._theme.set_text_scale(*(percent / 100 for percent in percents))

    def _use_language(self) -> None:
        language.use(self._settings.value("look/language"))
        language.use_fonts(self._settings.value("look/language"))

    @Slot(str)
    def _on_setting_changed(self, key: str) -> None:
        if key == "look/scheme":
            self._theme.set_scheme(Scheme(self._settings.value(key)))
        elif key == "look/colours":
            self._use_colours()
        elif key in _OF_WINDOW:
            self._use_sizes()
            self._use_language()
            self._soon.start()
