"""What helps a person find their way in the window: settings, command palette, sheet of shortcuts; and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Slot
from PySide6.QtGui import QAction

from crnn_gui.actions import ACTIONS, ActionSpec, menu_title, plain_text, set_keys, shown_keys
from crnn_gui.document import Notice, ProjectDocument
from crnn_gui.finding import MOST_FOUND, Entry
from crnn_gui.keymap import Keymap
from crnn_gui.settings import SETTINGS, Settings
from model.documents import shown_name

if TYPE_CHECKING:
    from crnn_gui.widgets.command_palette import CommandPalette
    from crnn_gui.widgets.main_window import MainWindow
    from crnn_gui.widgets.settings_page import SettingsPage
    from crnn_gui.widgets.shortcuts_overlay import ShortcutsOverlay

_HIDDEN = frozenset({"palette"})


class Guides(QObject):
    """Builds each of them when it is asked for first, and keeps the actions' keys as the user has them."""

    def __init__(self, window: MainWindow, document: ProjectDocument, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._document = document
        self._settings = settings
        self._actions: Mapping[str, QAction] = {}
        self._page: SettingsPage | None = None
        self._palette: CommandPalette | None = None
        self._overlay: ShortcutsOverlay | None = None
        self.keymap = Keymap(settings, self)
        self.keymap.changed.connect(self._give_keys)

    def attach(self, actions: Mapping[str, QAction]) -> None:
        """Give the actions their keys, now and whenever they change."""
        self._actions = actions
        self._give_keys()

    @Slot()
    def _give_keys(self) -> None:
        for spec in ACTIONS:
            set_keys(self._actions[spec.id], spec, self.keymap.keys(spec))

    @property
    def settings_page(self) -> SettingsPage:
        """The settings, built when they are asked for first."""
        if self._page is None:
            from crnn_gui.widgets.settings_page import SettingsPage

            self._page = SettingsPage(self._settings, self.keymap)
            self._page.left.connect(self._window.uncover)
            self._page.told.connect(self._window.tell)
            self._page.refused.connect(self._on_refused)
        return self._page

    @property
    def palette(self) -> CommandPalette:
        """The command palette, built when it is asked for first."""
        if self._palette is None:
            from crnn_gui.widgets.command_palette import CommandPalette

            self._palette = CommandPalette(self._window, self._entries, self._page_entries)
        return self._palette

    @Slot()
    def show_settings(self) -> None:
        """Show the settings in place of the workspace."""
        self._window.cover(self.settings_page)

    @Slot()
    def show_palette(self) -> None:
        """Open the field that finds actions, pages and settings."""
        self.palette.open()

    @Slot()
    def show_shortcuts(self) -> None:
        """Cover the window with the sheet of shortcuts."""
        if self._overlay is None:
            from crnn_gui.widgets.shortcuts_overlay import ShortcutsOverlay

            self._overlay = ShortcutsOverlay(self._window, self.keymap)
        self._overlay.open()

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        self._window.notices.show_notice(Notice("warning", sentence))

    # What the palette finds

    def _entries(self) -> list[Entry]:
        actions = [self._action(spec) for spec in ACTIONS if spec.is_listed and spec.id not in _HIDDEN]
        return actions + self._setting_entries()

    def _action(self, spec: ActionSpec) -> Entry:
        action = self._actions[spec.id]
        return Entry(
            "action",
            plain_text(spec),
            menu_title(spec.menu),
            shown_keys(self.keymap.keys(spec)[:1]),
            spec.icon,
            "" if action.isEnabled() else self._why_not(spec),
            action.trigger,
        )

    def _why_not(self, spec: ActionSpec) -> str:
        if spec.needs and self._document.project is None:
            return self.tr("Open a folder first.")
        if spec.needs == "word" and self._document.page is not None:
            return self.tr("Select a word first.")
        return self.tr("Open a page first.") if spec.needs else self.tr("There is nothing to do it with now.")

    def _setting_entries(self) -> list[Entry]:
        def show(key: str) -> None:
            self.show_settings()
            self.settings_page.show_setting(key)

        def show_keys() -> None:
            self.show_settings()
            self.settings_page.show_keys()

        told = QCoreApplication.translate
        entries = [
            Entry(
                "setting",
                told("Settings", one.label),
                f"{self.tr('Settings')} · {told('Settings', one.group)}",
                icon="gear-six",
                do=lambda key=one.key: show(key),  # type: ignore[misc]
            )
            for one in SETTINGS
            if one.is_shown
        ]
        keys = Entry("setting", self.tr("Change shortcuts"), self.tr("Settings"), icon="keyboard", do=show_keys)
        return [*entries, keys]

    def _page_entries(self, wanted: str) -> list[Entry]:
        """Return the first pages whose path holds a text."""

        def show(page_id: int) -> None:
            self._window.show_workspace("annotate")
            self._document.open_page(page_id)

        wanted = wanted.casefold()
        found = (page for page in self._document.pages if wanted in page.path.casefold())
        return [
            Entry(
                "page",
                shown_name(page.path),
                str(PurePosixPath(page.path).parent).removeprefix("."),
                icon="image",
                do=lambda page_id=page.id: show(page_id),  # type: ignore[misc]
            )
            for page in islice(found, MOST_FOUND)
        ]
