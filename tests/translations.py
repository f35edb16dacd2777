"""The strings of the interface: which there are, which were forgotten, and the files Qt reads them from.

``python -m tests.translations`` brings ``resources/translations/*.ts`` up to date: new strings come in as unfinished,
those that are gone leave, and the ``.qm`` files are made from them. Edit a ``.ts`` file with Qt Linguist or by hand,
then run it again.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = CHECKOUT / "crnn_gui"
FOLDER = CHECKOUT / "resources" / "translations"
LANGUAGES = ("zh_CN",)
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%n|%\d")

_EDITS = {"_push", "_edit_words", "change_words"}
_TAG = re.compile(r"<[^>]*>?")
_WORDS = re.compile(r"[A-Za-z]{2,}")
_SENTENCE = re.compile(r"^\W*[A-Za-z][\w'’-]*[,:]? +\w")
_SHOWING = {
    "setText": 0,
    "setToolTip": 0,
    "setPlaceholderText": 0,
    "setAccessibleName": 0,
    "setAccessibleDescription": 0,
    "setWindowTitle": 0,
    "setIconText": 0,
    "setSuffix": 0,
    "setHeaderLabels": 0,
    "setTabText": 1,
    "addTab": 1,
    "addMenu": 0,
    "addRow": 0,
    "QLabel": 0,
    "QPushButton": None,
    "QCheckBox": 0,
    "QAction": 0,
    "QGroupBox": 0,
    "Notice": 1,
    "_tell": 1,
    "tell": 0,
    "show_task": 1,
    "show_fact": 2,
    "caption": 0,
}
"""Calls that show a text, with the place of the text among their arguments; None where it may stand anywhere."""
_SILENT = {"tr", "translate", "marked", "counted", "QT_TRANSLATE_NOOP", "setObjectName", "setProperty", "setStyleSheet"}
_NOT_SHOWN = {
    "debug",
    "info",
    "warning",
    "error",
    "critical",
    "exception",
    "compile",
    "search",
    "match",
    "Until",
    "_take",
}
_SKIPPED_FILES = {"__main__.py", "demo.py", "script.py", "sample.py", "theme.py"}
"""The command's own words, scripts that stand for a person, and a style sheet."""
_SKIPPED_NAMES = {
    "ACTIONS",
    "SETTINGS",
    "MENUS",
    "PRESETS",
    "MOUSE",
    "GROUPS",
    "_DEVICE_NAMES",
    "META_KEY",
    "FILE_KIND",
    "FONTS",
    "READING",
    "FINDING",
    "OPINIONS",
    "INSTALL_COMMAND",
    "_REASONS",
}
"""Tables whose texts are translated where they are shown, and names in files; :func:`messages` takes the texts."""
_SKIPPED_PARTS = {"Scope", "log_line"}
"""A table as well, and the log of a run, which is kept in the annotation file."""
ALLOWED = {"crnn-gui", "PPOCRLabel", "labelme", "JSON (*.json)", "CER", "PNG", "JPEG"}


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """A string to be translated, and the context Qt looks for it in."""

    context: str
    source: str


def messages() -> dict[Message, str]:
    """Return every string of the interface, with a place it stands in."""
    found: dict[Message, str] = {}
    for path in sorted(SOURCES.rglob("*.py")):
        for context, source, line in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(Message(context, source), f"{path.relative_to(CHECKOUT).as_posix()}:{line}")
    for context, source in _tables():
        found.setdefault(Message(context, source), "a table")
    return found


def _marked(tree: ast.AST, owner: str = "") -> Iterator[tuple[str, str, int]]:
    for node in ast.iter_child_nodes(tree):
        yield from _marked(node, node.name if isinstance(node, ast.ClassDef) else owner)
        if not isinstance(node, ast.Call):
            continue
        name, texts = _name(node), [a.value if _is_text(a) else None for a in node.args]
        if name == "tr" and texts[:1] != [None]:
            yield owner, texts[0], node.lineno
        elif name in ("translate", "marked", "QT_TRANSLATE_NOOP") and len(texts) > 1 and texts[0] and texts[1]:
            yield texts[0], texts[1], node.lineno
        elif name == "counted" and len(texts) > 1 and texts[1]:
            yield "Nouns", texts[1], node.lineno
            yield "Nouns", (texts[2] if len(texts) > 2 else "") or texts[1] + "s", node.lineno
        elif name in _EDITS:
            for text in _leaves(node.args[0]) if node.args else ():
                yield "Edits", text, node.lineno


def _tables() -> Iterator[tuple[str, str]]:
    from crnn_gui.actions import ACTIONS, MENUS, Scope
    from crnn_gui.settings import GROUPS, SETTINGS
    from crnn_gui.widgets.shortcuts_overlay import MOUSE

    yield from (("Actions", spec.text) for spec in ACTIONS)
    yield from (("Menus", name) for name in (*MENUS, "Mouse"))
    yield from (("Scopes", scope.value) for scope in Scope)
    yield from (("Mouse", text) for row in MOUSE for text in row)
    yield from (("Settings", name) for name in (*GROUPS, "Keyboard"))
    for one in SETTINGS:
        texts = (one.label, one.hint, one.unit, *one.names)
        yield from (("Settings", text) for text in texts if text and one.is_shown)


def forgotten() -> list[str]:
    """Return every text that reaches the screen untranslated, as far as it can be seen from the source."""
    found = []
    for path in sorted(SOURCES.rglob("*.py")):
        if path.name not in _SKIPPED_FILES:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(CHECKOUT).as_posix()}:{line}: {text!r}" for line, text in _unmarked(tree)]
    return found


def _unmarked(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and _is_text(node.value):
            continue  # a docstring
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in _SKIPPED_PARTS:
            continue
        if isinstance(node, ast.Raise | ast.Assert) or (isinstance(node, ast.Assign) and _is_table(node.targets[0])):
            continue
        if isinstance(node, ast.AnnAssign) and _is_table(node.target):
            continue
        if isinstance(node, ast.Call):
            name = _name(node)
            if name in _SILENT or name in _NOT_SHOWN or name in _EDITS or name.endswith("Error"):
                continue
            if name in _SHOWING:
                yield from _shown(node, _SHOWING[name])
        if isinstance(node, ast.JoinedStr):
            whole = _TAG.sub("", "".join(part.value if _is_text(part) else "{}" for part in node.values))
            if _SENTENCE.match(whole) and _WORDS.search(whole.replace("{}", "")):
                yield node.lineno, whole
            continue
        if _is_text(node) and _SENTENCE.match(node.value) and node.value not in ALLOWED:
            yield node.lineno, node.value
        yield from _unmarked(node)


def _shown(call: ast.Call, place: int | None) -> Iterator[tuple[int, str]]:
    for argument in call.args if place is None else call.args[place : place + 1]:
        for text in _leaves(argument):
            if _WORDS.search(_TAG.sub("", text)) and text not in ALLOWED:
                yield call.lineno, text


def _leaves(node: ast.AST) -> Iterator[str]:
    """Return the texts an expression can come to, as they stand in the source."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield from (text for part in parts if _is_text(part) for text in _leaves(part))
        case ast.IfExp(body=body, orelse=other):
            yield from _leaves(body)
            yield from _leaves(other)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            yield from (text for part in parts for text in _leaves(part))
        case ast.BinOp(left=left, right=right):
            yield from _leaves(left)
            yield from _leaves(right)


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_table(target: ast.AST) -> bool:
    return isinstance(target, ast.Name) and target.id in _SKIPPED_NAMES


def placeholders(text: str) -> list[str]:
    """Return what is filled into a text, in alphabetical order."""
    return sorted(PLACEHOLDER.findall(text))


def read_ts(language: str) -> dict[Message, str]:
    """Return the finished translations of a language."""
    file = FOLDER / f"crnn_gui_{language}.ts"
    found = {}
    for context in ElementTree.parse(file).getroot().iter("context") if file.exists() else ():
        for one in context.iter("message"):
            translation = one.find("translation")
            if translation is not None and translation.get("type") != "unfinished" and translation.text:
                found[Message(context.findtext("name", ""), one.findtext("source", ""))] = translation.text
    return found


def write_ts(language: str, translations: dict[Message, str]) -> int:
    """Write the file of a language and the one that Qt loads. Returns how many strings are unfinished."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    unfinished, contexts = 0, {}
    for message in sorted(messages()):
        if message.context not in contexts:
            contexts[message.context] = ElementTree.SubElement(root, "context")
            ElementTree.SubElement(contexts[message.context], "name").text = message.context
        one = ElementTree.SubElement(contexts[message.context], "message")
        ElementTree.SubElement(one, "source").text = message.source
        translation = ElementTree.SubElement(one, "translation")
        if message in translations:
            translation.text = translations[message]
        else:
            translation.set("type", "unfinished")
            unfinished += 1
    ElementTree.indent(root, " ")
    file = FOLDER / f"crnn_gui_{language}.ts"
    text = ElementTree.tostring(root, encoding="unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")
    made = ["pyside6-lrelease", "-silent", str(file), "-qm", str(file.with_suffix(".qm"))]
    subprocess.run([str(Path(sys.executable).parent / made[0]), *made[1:]], check=True)
    return unfinished


def main() -> None:
    for language in LANGUAGES:
        unfinished = write_ts(language, read_ts(language))
        sys.stdout.write(f"{language}: {len(messages())} strings, {unfinished} unfinished\n")
    sys.stdout.write("".join(f"not translated where it is shown: {one}\n" for one in forgotten()))


if __name__ == "__main__":
    main()
