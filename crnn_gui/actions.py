"""Everything a person can ask for, in one table: menus, shortcuts, tool tips and the overlay are built from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication, Qt, SignalInstance
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from crnn_gui import resources


class Scope(StrEnum):
    """Where the keys of an action work.

    Single letters belong to the canvas alone, so no letter that is typed into a field is ever taken for a wish.
    """

    WINDOW = "everywhere"
    CANVAS = "on the page"
    FIELD = "in a word's text"
    WORD = "on the page and in a word's text"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One wish.

    Attributes:
        id: its name in the program.
        text: what menus and the overlay say. An ``&`` marks the letter that opens it in a menu.
        keys: its shortcuts in Qt's portable notation; the first one is shown.
        wish: the method that fulfils it, or the signal that tells of it, as ``target.name``; the targets are handed to
            :func:`build_actions`.
        menu: the menu and the overlay's group it stands in.
        is_toggle: the action is on or off, and its method takes the new state.
        is_listed: False for aliases that would only crowd the menus. The overlay shows them all the same.
        arguments: what the method is called with.
        needs: what must be there for it to be enabled: "project", "page", "word" or nothing.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    wish: str
    menu: str
    icon: str = ""
    scope: Scope = Scope.WINDOW
    is_toggle: bool = False
    is_listed: bool = True
    needs: str = ""
    arguments: tuple[int | str, ...] = ()


MENUS = ("File", "Edit", "Word", "Box", "Page", "View", "Help")

_W, _C, _F, _E = Scope.WINDOW, Scope.CANVAS, Scope.FIELD, Scope.WORD

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_folder", "Open &folder…", ("Ctrl+U",), "window.ask_folder", "File", "folder-open"),
    ActionSpec("open_file", "Open &image or project…", ("Ctrl+O",), "window.ask_file", "File", "file-search"),
    ActionSpec("open_demo", "Open &sample project", (), "window.demo_requested", "File", "flask"),
    ActionSpec("import", "&Import…", ("Ctrl+Shift+I",), "window.import_requested", "File", "download-simple"),
    ActionSpec("export", "&Export…", ("Ctrl+Shift+E",), "window.export_requested", "File", "export", needs="project"),
    ActionSpec("close_project", "&Close project", ("Ctrl+W",), "document.close_project", "File", "x", needs="project"),
    ActionSpec("quit", "&Quit", ("Ctrl+Q",), "window.close", "File", "sign-out"),
    ActionSpec("undo", "&Undo", ("Ctrl+Z",), "document.undo", "Edit", "arrow-counter-clockwise"),
    ActionSpec("redo", "&Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "document.redo", "Edit", "arrow-clockwise"),
    ActionSpec(
        "replace",
        "Search and re&place…",
        ("Ctrl+Shift+H",),
        "window.review_requested",
        "Edit",
        "swap",
        needs="project",
        arguments=("replace",),
    ),
    ActionSpec(
        "accept_above",
        "Acce&pt readings above…",
        ("Ctrl+Shift+A",),
        "window.review_requested",
        "Word",
        "stack",
        needs="project",
        arguments=("accept",),
    ),
    ActionSpec("trash", "&Trash…", (), "window.trash_requested", "Edit", "trash-simple", needs="project"),
    ActionSpec("settings", "&Settings…", ("Ctrl+,",), "guides.show_settings", "Edit", "gear-six"),
    ActionSpec("cut", "Cu&t words", ("Ctrl+X",), "words.cut", "Edit", "scissors", _C, needs="word"),
    ActionSpec("copy", "&Copy words", ("Ctrl+C",), "words.copy", "Edit", "copy", _C, needs="word"),
    ActionSpec("paste", "&Paste words", ("Ctrl+V",), "words.paste", "Edit", "clipboard", _C, needs="page"),
    ActionSpec("duplicate", "D&uplicate words", ("Ctrl+Shift+D",), "words.duplicate", "Edit", "stack", needs="word"),
    ActionSpec(
        "select_all", "Select &all words", ("Ctrl+A",), "annotate.select_all", "Edit", "selection-all", _C, needs="page"
    ),
    ActionSpec(
        "delete", "&Delete words", ("Del", "Backspace"), "annotate.delete_selected", "Edit", "trash", _C, needs="word"
    ),
    ActionSpec(
        "draw",
        "Dra&w word box",
        ("W", "R"),
        "canvas.toggle_tool",
        "Word",
        "bounding-box",
        _C,
        needs="page",
        arguments=("rectangle",),
    ),
    ActionSpec(
        "draw_corners",
        "Draw box of &four corners",
        ("Q",),
        "canvas.toggle_tool",
        "Word",
        "polygon",
        _C,
        needs="page",
        arguments=("corners",),
    ),
    ActionSpec("edit_text", "Edit &text", ("F2", "Ctrl+E"), "editor.edit", "Word", "text-t", needs="word"),
    ActionSpec(
        "verify_next",
        "&Verify and go to next",
        ("Return", "Enter"),
        "editor.verify_next",
        "Word",
        "check",
        _E,
        needs="word",
    ),
    ActionSpec(
        "verify_stay",
        "Verify and sta&y",
        ("Ctrl+Return", "Ctrl+Enter"),
        "editor.verify_stay",
        "Word",
        "check-square",
        _E,
        needs="word",
    ),
    ActionSpec(
        "leave",
        "Keep text, hand keys to the page; again: deselect",
        ("Esc",),
        "editor.leave",
        "Word",
        scope=_E,
        is_listed=False,
    ),
    ActionSpec(
        "revert",
        "Re&vert to the reading",
        ("Ctrl+Backspace",),
        "editor.revert",
        "Word",
        "arrow-u-up-left",
        _E,
        needs="word",
    ),
    ActionSpec(
        "characters", "Insert &character…", ("F4",), "annotate.show_characters", "Word", "asterisk", _E, needs="word"
    ),
    ActionSpec("ignore", "&Ignore word", ("I",), "annotate.toggle_ignored", "Word", "prohibit", _C, needs="word"),
    ActionSpec("next_word", "Ne&xt word", ("Tab",), "annotate.next_word", "Word", "arrow-right", _E, needs="page"),
    ActionSpec(
        "previous_word",
        "&Previous word",
        ("Shift+Tab",),
        "annotate.previous_word",
        "Word",
        "arrow-left",
        _E,
        needs="page",
    ),
    ActionSpec(
        "next_unverified",
        "Next &unverified word",
        ("F8",),
        "editor.next_waiting",
        "Word",
        "skip-forward",
        needs="page",
    ),
    ActionSpec(
        "previous_unverified",
        "Previous unverified word",
        ("Shift+F8",),
        "editor.previous_waiting",
        "Word",
        "skip-back",
        needs="page",
    ),
    ActionSpec("read_word", "Read word a&gain", ("Ctrl+R",), "reading.read_selected", "Word", "eye", needs="word"),
    *(
        ActionSpec(
            f"alternative_{n}",
            f"Take alternative {n}",
            (f"Alt+{n}",),
            "editor.take_alternative",
            "Word",
            scope=_E,
            is_listed=False,
            needs="word",
            arguments=(n,),
        )
        for n in range(1, 10)
    ),
    *(
        ActionSpec(
            f"{method}_{key.lower()}{'_far' if far > 1 else ''}",
            f"{text}{' by 10 pixels' if far > 1 else ''} {key.lower()}",
            (prefix + shift + key,),
            f"boxes.{method}",
            "Box",
            scope=_C,
            is_listed=False,
            needs="word",
            arguments=(far * dx, far * dy),
        )
        for method, text, prefix in (("nudge", "Move box", ""), ("resize_by", "Resize box", "Alt+"))
        for far, shift in ((1, ""), (10, "Shift+"))
        for key, (dx, dy) in (("Left", (-1, 0)), ("Right", (1, 0)), ("Up", (0, -1)), ("Down", (0, 1)))
    ),
    ActionSpec(
        "snap_to_ink", "&Fit box to the writing", ("F",), "boxes.snap_to_ink", "Box", "magnet", _C, needs="word"
    ),
    *(
        ActionSpec(name, text, keys, f"boxes.{method}", "Box", icon, _C, needs="word", arguments=(step,))
        for name, text, keys, method, icon, step in (
            ("turn_left", "Turn box by 1° to the &left", (",",), "turn", "arrow-counter-clockwise", -1),
            ("turn_right", "Turn box by 1° to the &right", (".",), "turn", "arrow-clockwise", 1),
            ("turn_left_far", "Turn box by 15° to the left", ("Shift+,",), "turn", "", -15),
            ("turn_right_far", "Turn box by 15° to the right", ("Shift+.",), "turn", "", 15),
            ("turn_reading", "Turn the &reading by 90°", ("O",), "turn_reading", "arrow-bend-right-down", 1),
            ("turn_reading_back", "Turn the reading by 90° back", ("Shift+O",), "turn_reading", "", -1),
        )
    ),
    ActionSpec(
        "split", "&Split word", ("S",), "annotate.split_word", "Word", "arrows-out-line-horizontal", _C, needs="word"
    ),
    ActionSpec(
        "split_at_caret",
        "Split word at the caret",
        ("Ctrl+D",),
        "annotate.split_word",
        "Word",
        scope=_F,
        is_listed=False,
        needs="word",
    ),
    ActionSpec(
        "merge", "&Merge words", ("M",), "annotate.merge_words", "Word", "arrows-in-line-horizontal", _C, needs="word"
    ),
    ActionSpec(
        "merge_with_next",
        "Merge with the next word",
        ("Ctrl+M",),
        "annotate.merge_words",
        "Word",
        scope=_F,
        is_listed=False,
        needs="word",
    ),
    ActionSpec("next_page", "&Next page", ("PgDown",), "annotate.next_page", "Page", "caret-down", needs="project"),
    ActionSpec(
        "previous_page", "&Previous page", ("PgUp",), "annotate.previous_page", "Page", "caret-up", needs="project"
    ),
    ActionSpec(
        "next_page_letter",
        "Next page",
        ("D",),
        "annotate.next_page",
        "Page",
        scope=_C,
        is_listed=False,
        needs="project",
    ),
    ActionSpec(
        "previous_page_letter",
        "Previous page",
        ("A",),
        "annotate.previous_page",
        "Page",
        scope=_C,
        is_listed=False,
        needs="project",
    ),
    ActionSpec(
        "delete_pages",
        "&Delete page",
        (),
        "annotate.delete_pages",
        "Page",
        "trash",
        needs="page",
    ),
    ActionSpec(
        "verify_page",
        "&Verify page",
        ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"),
        "annotate.verify_page",
        "Page",
        "checks",
        needs="page",
    ),
    ActionSpec(
        "read_page", "&Read page again", ("Ctrl+Shift+R",), "reading.read_page", "Page", "text-align-left", needs="page"
    ),
    ActionSpec(
        "find_words",
        "&Find words on this page",
        (),
        "window.find_words_requested",
        "Page",
        "magic-wand",
        needs="page",
        arguments=("page",),
    ),
    ActionSpec(
        "find_all_words",
        "Find words on all pages &without words",
        (),
        "window.find_words_requested",
        "Page",
        "selection-plus",
        needs="project",
        arguments=("project",),
    ),
    ActionSpec(
        "read_project",
        "Read a&ll pages",
        (),
        "window.read_all_requested",
        "Page",
        "books",
        needs="project",
        arguments=("unread",),
    ),
    ActionSpec(
        "read_project_again",
        "Read all pages a&gain where older weights read",
        (),
        "window.read_all_requested",
        "Page",
        "clock-counter-clockwise",
        needs="project",
        arguments=("older",),
    ),
    ActionSpec(
        "second_opinions",
        "Ask a secon&d reader about all suggestions",
        (),
        "window.opinions_requested",
        "Page",
        "users",
        needs="project",
    ),
    ActionSpec(
        "annotate", "&Annotate", ("Ctrl+1",), "window.show_workspace", "View", "bounding-box", arguments=("annotate",)
    ),
    ActionSpec(
        "review", "&Review", ("Ctrl+2",), "window.show_workspace", "View", "squares-four", arguments=("review",)
    ),
    ActionSpec("train", "&Train", ("Ctrl+3",), "window.show_workspace", "View", "trend-up", arguments=("train",)),
    ActionSpec("zoom_fit", "&Fit page", ("Ctrl+F",), "canvas.zoom_fit", "View", "arrows-out", needs="page"),
    ActionSpec("zoom_full", "&100 %", ("Ctrl+0",), "canvas.zoom_full", "View", "frame-corners", needs="page"),
    ActionSpec(
        "zoom_in", "Zoom &in", ("Ctrl++", "Ctrl+="), "canvas.zoom_in", "View", "magnifying-glass-plus", needs="page"
    ),
    ActionSpec("zoom_out", "Zoom &out", ("Ctrl+-",), "canvas.zoom_out", "View", "magnifying-glass-minus", needs="page"),
    ActionSpec("zoom_word", "Zoom to &word", ("Ctrl+G",), "canvas.zoom_word", "View", "crosshair", needs="word"),
    ActionSpec(
        "show_word_list",
        "Show the &list of words",
        ("L",),
        "annotate.show_word_list",
        "View",
        "list-numbers",
        _C,
        is_toggle=True,
    ),
    ActionSpec(
        "show_texts", "Show te&xt at boxes", ("T",), "annotate.show_texts", "View", "text-aa", _C, is_toggle=True
    ),
    ActionSpec(
        "search_pages",
        "&Search pages",
        ("Ctrl+P",),
        "annotate.search_pages",
        "View",
        "magnifying-glass",
        needs="project",
    ),
    ActionSpec(
        "scheme_system", "Look of the s&ystem", (), "window.use_look", "View", "circle-half", arguments=("system",)
    ),
    ActionSpec("scheme_light", "&Light", (), "window.use_look", "View", "sun", arguments=("light",)),
    ActionSpec("scheme_dark", "&Dark", (), "window.use_look", "View", "moon", arguments=("dark",)),
    ActionSpec(
        "palette", "&Find an action, a page or a setting", ("Ctrl+K",), "guides.show_palette", "Help", "command"
    ),
    ActionSpec("machine", "This &machine…", (), "window.machine_requested", "Help", "cpu"),
    ActionSpec("shortcuts", "&Keyboard shortcuts", ("F1", "?", "Shift+?"), "guides.show_shortcuts", "Help", "keyboard"),
)


def build_actions(
    parent: QWidget, *, targets: Mapping[str, object], widgets: Mapping[Scope, Iterable[QWidget]]
) -> dict[str, QAction]:
    """Make every action of the table, connected to its wish and listening on the widgets of its scope.

    Args:
        parent: owns the actions.
        targets: the objects that fulfil wishes, by the name before the dot.
        widgets: where the keys of each scope work.

    Raises:
        AttributeError: a target has no such method, which is a slip in the table.
    """
    made: dict[str, QAction] = {}
    for spec in ACTIONS:
        action = QAction(menu_text(spec), parent)
        action.setObjectName(spec.id)
        action.setIconText(plain_text(spec))
        if spec.icon:
            action.setIcon(resources.icon(spec.icon))
        action.setCheckable(spec.is_toggle)
        window = spec.scope == Scope.WINDOW
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut if window else Qt.ShortcutContext.WidgetShortcut)
        set_keys(action, spec, spec.keys)
        target, method = spec.wish.split(".")
        wish = getattr(targets[target], method)
        if isinstance(wish, SignalInstance):
            wish = wish.emit
        if spec.is_toggle:
            action.toggled.connect(wish)
        else:
            action.triggered.connect(lambda _checked, wish=wish, arguments=spec.arguments: wish(*arguments))
        for widget in widgets[spec.scope]:
            widget.addAction(action)
        made[spec.id] = action
    return made


def set_keys(action: QAction, spec: ActionSpec, keys: Sequence[str]) -> None:
    """Let these keys trigger an action, and its tool tip tell the first of them."""
    action.setShortcuts([QKeySequence(key) for key in keys])
    shown = shown_keys(keys)
    action.setToolTip(f"{plain_text(spec)}  ({shown})" if shown else plain_text(spec))


def fill_menu_bar(bar: QMenuBar, actions: Mapping[str, QAction]) -> None:
    """Make a menu of each group, with the actions that are not mere aliases."""
    for name in MENUS:
        title = QCoreApplication.translate("Menus", name)
        menu = bar.addMenu(title if "&" in title else f"&{title}")
        for spec in ACTIONS:
            if spec.menu == name and spec.is_listed:
                menu.addAction(actions[spec.id])


def menu_title(name: str) -> str:
    """Return the name of a menu in the language of the interface."""
    return unmarked(QCoreApplication.translate("Menus", name))


def scope_text(scope: Scope) -> str:
    """Return where keys work, in the language of the interface."""
    return QCoreApplication.translate("Scopes", scope.value)


def menu_text(spec: ActionSpec) -> str:
    """Return the action's text in the language of the interface, with the marks a menu needs."""
    return QCoreApplication.translate("Actions", spec.text)


def plain_text(spec: ActionSpec) -> str:
    """Return the action's text without the marks a menu needs."""
    return unmarked(menu_text(spec)).removesuffix("…")


def unmarked(text: str) -> str:
    """Return a text without the marks of the letters that open it."""
    # Languages whose letters are not on the keys put the mark behind the text, in brackets.
    return re.sub(r"\(&\w\)|&", "", text)


def shown_keys(keys: Iterable[str]) -> str:
    """Return shortcuts as this platform writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    # Keyboards have two Enter keys, and some systems report the Shift that makes a question mark: one key to people.
    plain = (QKeySequence(key.replace("Return", "Enter").replace("Shift+?", "?")).toString(native) for key in keys)
    either = QCoreApplication.translate("Actions", " or ")
    return either.join(dict.fromkeys(plain))
