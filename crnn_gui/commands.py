"""The undo stack's commands: one kind, because every change of words is one :class:`~model.annotations.Edit`."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QUndoCommand

from crnn_gui.wording import marked

if TYPE_CHECKING:
    from model.annotations import Edit

_NEVER_MERGES = -1


_gestures = itertools.count(1)


def new_gesture() -> int:
    """Return a number that no other gesture has: see :class:`EditCommand`."""
    return next(_gestures)


class Editor(Protocol):
    """Who carries edits out: the document."""

    def perform(self, edit: Edit, *, gesture: int = 0) -> bool:
        """Make the edit true on the screen and in the file.

        Returns:
            Whether it became one transaction with the step of the same gesture before it.
        """

    def show(self, edit: Edit) -> None:
        """Bring what the edit changed before the user's eyes."""


class EditCommand(QUndoCommand):
    """One step of the undo stack.

    It keeps the transactions of a long gesture apart, because the file's journal has them apart too: each is taken
    back by an edit of its own, so that what can be undone after a restart is what could be undone before.

    Args:
        editor: carries the edit and its inverse out.
        edit: what the step does.
        gesture: commands of one gesture (all moves of one drag) that follow each other become one step; 0 stands alone.
        is_done: the edit was made in an earlier run of the app; pushing it must not make it again.
    """

    def __init__(self, editor: Editor, edit: Edit, *, gesture: int = 0, is_done: bool = False) -> None:
        super().__init__(edit.title)
        self._editor = editor
        self._edits = [edit]
        self._gesture = gesture
        self._is_done = is_done
        self._is_pushed = False
        self._was_joined = False

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What the step does, one edit for each transaction."""
        return tuple(self._edits)

    def redo(self) -> None:
        """Make the edit. Pushing calls this too; then the user is looking at it already."""
        if self._is_pushed:
            for edit in self._edits:
                self._editor.perform(edit)
            self._editor.show(self._edits[-1])
        elif not self._is_done:
            self._was_joined = self._editor.perform(self._edits[0], gesture=self._gesture)
        self._is_pushed = True

    def undo(self) -> None:
        """Take the edit back and show where."""
        inverted = [edit.inverted() for edit in reversed(self._edits)]
        for edit in inverted:
            self._editor.perform(edit)
        self._editor.show(inverted[-1])

    def id(self) -> int:
        """Name the gesture to the stack, which offers only commands of one id for merging."""
        return self._gesture or _NEVER_MERGES

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a later step of the same gesture on the same words into this one."""
        if not isinstance(other, EditCommand) or other._edits[0].word_ids != self._edits[0].word_ids:
            return False
        if other._was_joined:
            self._edits[-1] = self._edits[-1].merged(other._edits[0])
        else:
            self._edits.append(other._edits[0])
        return True


class Orderer(Protocol):
    """Who puts the words of a page in order: the document."""

    def give_order(self, page_id: int, order: tuple[int, ...]) -> None:
        """Make the order true on the screen and in the file, and show the page."""


class OrderCommand(QUndoCommand):
    """Another order of a page's words. It is no edit of a word, so the file's journal has nothing of it.

    Args:
        before, after: ids as a person ordered them; empty where nobody did.
    """

    def __init__(self, orderer: Orderer, page_id: int, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        super().__init__(marked("Edits", "Change reading order"))
        self._orderer = orderer
        self._page_id = page_id
        self._before = before
        self._after = after

    def redo(self) -> None:
        """Give the new order."""
        self._orderer.give_order(self._page_id, self._after)

    def undo(self) -> None:
        """Give the order before."""
        self._orderer.give_order(self._page_id, self._before)
