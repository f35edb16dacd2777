"""The undo stack's commands: one kind, because every change of words is one :class:`~model.annotations.Edit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QUndoCommand

if TYPE_CHECKING:
    from model.annotations import Edit

_NEVER_MERGES = -1


class Editor(Protocol):
    """Who carries edits out: the document."""

    def perform(self, edit: Edit, *, gesture: int = 0) -> None:
        """Make the edit true on the screen and in the file."""

    def show(self, edit: Edit) -> None:
        """Bring what the edit changed before the user's eyes."""


class EditCommand(QUndoCommand):
    """One step of the undo stack.

    Args:
        editor: carries the edit and its inverse out.
        edit: what the step does.
        gesture: commands of one gesture (all moves of one drag) that follow each other become one step; 0 stands alone.
        is_done: the edit was made in an earlier run of the app; pushing it must not make it again.
    """

    def __init__(self, editor: Editor, edit: Edit, *, gesture: int = 0, is_done: bool = False) -> None:
        super().__init__(edit.title)
        self._editor = editor
        self._edit = edit
        self._gesture = gesture
        self._is_pushed = False
        self._is_done = is_done

    @property
    def edit(self) -> Edit:
        """What the step does, with all steps that were merged into it."""
        return self._edit

    def redo(self) -> None:
        """Make the edit. Pushing calls this too; then the user is looking at it already."""
        if self._is_pushed or not self._is_done:
            self._editor.perform(self._edit, gesture=0 if self._is_pushed else self._gesture)
        if self._is_pushed:
            self._editor.show(self._edit)
        self._is_pushed = True

    def undo(self) -> None:
        """Take the edit back and show where."""
        inverse = self._edit.inverted()
        self._editor.perform(inverse)
        self._editor.show(inverse)

    def id(self) -> int:
        """Name the gesture to the stack, which offers only commands of one id for merging."""
        return self._gesture or _NEVER_MERGES

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a later step of the same gesture on the same words into this one."""
        if not isinstance(other, EditCommand) or _words(other.edit) != _words(self._edit):
            return False
        self._edit = self._edit.merged(other.edit)
        return True


def _words(edit: Edit) -> set[int]:
    return {change.word_id for change in edit.changes}
