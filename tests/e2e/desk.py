"""A person at the desk until somebody pulls the plug: ``python desk.py SCRIPT RESULT.json ARGUMENTS…``.

The session takes a few steps back and forth, then draws, types, accepts in bulk, verifies and deletes pages and undoes,
as its seed has it. Beside the annotation file it keeps a log of its own: what every edit leaves is written down before
the edit is handed over, and every "saved" after it was announced. The log never asks the file what it holds, except
once, when the project has been opened.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from drive import CONTROL, SCRIPTS, SHIFT, Steps, Told, drive
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from crnn_gui import app
from crnn_gui.script import Until
from crnn_gui.services.store_service import SaveState
from model.annotations import Edit, PageMark, Word
from model.store import AnnotationStore

TEXTS = ("Ampel", "Öl 5W-30", "12:45", "don't", "東京", "m²", "A-1 B", "ſtraße")
DRAG_STEPS = 4

State = dict[str, dict[str, list[object]]]


def essence(word: Word) -> list[object]:
    """Return what must survive of a word, as JSON has it."""
    return [word.page_id, [list(point) for point in word.box.points], word.label, word.ignored]


def read_state(store: AnnotationStore) -> State:
    """Return what must survive of a project, words of pages in the trash included."""
    pages = {str(page.id): [page.verified, False] for page in store.pages()}
    pages |= {str(page.id): [page.verified, True] for page in store.trashed_pages()}
    words = [word for page_id in pages for word in store.content(int(page_id)).words]
    return {"words": {str(word.id): essence(word) for word in words}, "pages": pages}


def after(state: State, edit: Edit) -> State:
    """Return the state that an edit leaves."""
    words, pages = dict(state["words"]), dict(state["pages"])
    for change in edit.changes:
        words.pop(str(change.word_id), None)
        if change.after is not None:
            words[str(change.word_id)] = essence(change.after)
    for mark in edit.pages:
        verified, trashed = pages[str(mark.page_id)]
        is_verified = mark.mark is PageMark.VERIFIED
        pages[str(mark.page_id)] = [mark.is_set, trashed] if is_verified else [verified, mark.is_set]
    return {"words": words, "pages": pages}


class Desk(Told):
    """Opens, undoes and redoes a few steps, then works at random until it is killed."""

    def __init__(self, program: app.Application, result: Path) -> None:
        super().__init__(program, result)
        if not self.wishes["recogniser"]:
            program.load_recogniser = lambda: None  # type: ignore[method-assign]
        self._log = os.open(self.wishes["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._state: State = {"words": {}, "pages": {}}
        self._rng = random.Random(self.wishes["seed"])
        self._hand_over: Callable[..., bool] = program.services.store.apply
        program.services.store.apply = self._apply  # type: ignore[method-assign]
        program.services.store.saved_changed.connect(self._on_saved_changed)
        program.services.store.refused.connect(self._on_refused)
        program.services.store.failed.connect(self._on_refused)

    def note(self, what: str, *, at_once: bool = False, **values: object) -> None:
        """Write a line into the log, and wait until it is on the disk where that matters."""
        os.write(self._log, (json.dumps({"what": what, **values}) + "\n").encode())
        if at_once:
            os.fsync(self._log)

    def _apply(self, edit: Edit, *, gesture: int = 0) -> bool:
        self._state = after(self._state, edit)
        self.note("edit", title=edit.title, undoes=edit.undoes, state=self._state)
        was_joined = self._hand_over(edit, gesture=gesture)
        if was_joined:
            self.note("joined")
        return was_joined

    def _on_saved_changed(self, saved: SaveState) -> None:
        if not saved.pending:
            self.note("saved", at_once=True)

    def _on_refused(self, error: Exception) -> None:
        self.note("refused", why=repr(error), at_once=True)

    def steps(self) -> Steps:
        document = self.program.document
        yield Until("the project", lambda: document.project is not None)
        found: list[State] = []
        self.program.services.store.read(read_state, found.append)
        yield Until("what the file holds", lambda: bool(found) and self.is_saved())
        self._state = found[0]
        self.note("opened", state=self._state, undo=document.undo_stack.count(), at_once=True)
        steps = min(self.wishes["undo"], document.undo_stack.count())
        for key in (Qt.Key.Key_Z, Qt.Key.Key_Y):
            for _ in range(steps):
                QTest.keyClick(self.window, key, CONTROL)
                yield Until("the step in the file", self.is_saved)
        self.note("working", at_once=True)
        while True:
            if not document.pages:
                yield from self._undo()
            yield Until("a page", lambda: document.page_image is not None)
            yield from self._rng.choice(self._ways)()
            if self._rng.random() < 0.3:
                yield from self.pause(self._rng.uniform(0, 0.1))

    @property
    def _ways(self) -> list[Callable[[], Steps]]:
        often, seldom = (self._draw, self._type), (self._accept_all, self._ignore_all, self._verify_page, self._turn)
        return [*often * 3, *seldom, self._delete_word, self._delete_page, *(self._undo, self._undo, self._redo)]

    def _draw(self) -> Steps:
        canvas = self.window.annotate.canvas
        canvas.setFocus()
        if not self.window.actions_by_id["draw"].isChecked():
            QTest.keyClick(canvas, Qt.Key.Key_W)
        view, image = canvas.viewport(), self.program.document.page_image
        assert image is not None, "a page is shown"
        width, height = image.pixels.size
        x, y = self._rng.uniform(0, width - 90), self._rng.uniform(0, height - 40)
        start, end = self.on_screen(x, y), self.on_screen(x + 80, y + 30)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, DRAG_STEPS + 1):
            QTest.mouseMove(view, QPoint(start + (end - start) * step / DRAG_STEPS))
            yield from self.pause(0.01)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
        yield from self._type()

    def _type(self) -> Steps:
        field = self.window.annotate.field
        if not self._has_word():
            QTest.keyClick(self.window.annotate.canvas, Qt.Key.Key_Tab)
        if field.isVisible():
            QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
            commit = QInputMethodEvent()
            commit.setCommitString(self._rng.choice(TEXTS))
            QTest.keyClick(field, Qt.Key.Key_Backspace)
            QApplication.sendEvent(field, commit)
            yield from self.pause(0.02)
            QTest.keyClick(field, Qt.Key.Key_Return, CONTROL)
        yield from self._wait_perhaps()

    def _accept_all(self) -> Steps:
        """Verify all that waits on the review wall at once."""
        QTest.keyClick(self.window, Qt.Key.Key_2, CONTROL)
        yield from self.pause(0.15)
        wall = QApplication.focusWidget()
        if wall is not None:
            QTest.keyClick(wall, Qt.Key.Key_A, CONTROL)
            QTest.keyClick(wall, Qt.Key.Key_Return, CONTROL)
        yield from self.pause(0.02)
        QTest.keyClick(self.window, Qt.Key.Key_1, CONTROL)

    def _ignore_all(self) -> Steps:
        self._press(Qt.Key.Key_A, CONTROL)
        self._press(Qt.Key.Key_I)
        yield from self._wait_perhaps()

    def _delete_word(self) -> Steps:
        if self._has_word():
            self._press(Qt.Key.Key_Delete)
        yield from self._wait_perhaps()

    def _delete_page(self) -> Steps:
        if len(self.program.document.pages) > 1:
            view = self.window.annotate.pages.view
            view.setFocus()
            QTest.keyClick(view, Qt.Key.Key_Delete)
        yield from self._wait_perhaps()

    def _verify_page(self) -> Steps:
        QTest.keyClick(self.window, Qt.Key.Key_Return, CONTROL | SHIFT)
        yield from self._wait_perhaps()

    def _turn(self) -> Steps:
        self._press(self._rng.choice((Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)))
        yield from self.pause(0.05)

    def _undo(self) -> Steps:
        QTest.keyClick(self.window, Qt.Key.Key_Z, CONTROL)
        yield from self._wait_perhaps()

    def _redo(self) -> Steps:
        QTest.keyClick(self.window, Qt.Key.Key_Y, CONTROL)
        yield from self._wait_perhaps()

    def _press(self, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        canvas = self.window.annotate.canvas
        canvas.setFocus()
        QTest.keyClick(canvas, key, held)

    def _has_word(self) -> bool:
        return self.program.document.current_word is not None

    def _wait_perhaps(self) -> Steps:
        """Now and then edits are made faster than they are saved."""
        if self._rng.random() < 0.7:
            yield Until("the edit in the file", self.is_saved)
        else:
            yield from self.pause(0.01)


SCRIPTS["desk"] = Desk

if __name__ == "__main__":
    sys.exit(drive(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
