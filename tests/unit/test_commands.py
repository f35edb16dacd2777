"""The undo stack's command, with an editor that only writes down what it is asked."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack

from crnn_gui.commands import EditCommand
from model.annotations import Box, Edit, Word, WordChange


class Notebook:
    """An editor whose store joins steps of a gesture when told so."""

    def __init__(self) -> None:
        self.joins = False
        self.performed: list[Edit] = []
        self.shown: list[Edit] = []

    def perform(self, edit: Edit, *, gesture: int = 0) -> bool:
        self.performed.append(edit)
        return self.joins and gesture != 0

    def show(self, edit: Edit) -> None:
        self.shown.append(edit)


def word(left: float, word_id: int = 1) -> Word:
    return Word(word_id, 1, Box.from_bounds(left, 0, left + 10, 10))


def move(start: float, end: float, word_id: int = 1) -> Edit:
    return Edit("Move word", (WordChange(word(start, word_id), word(end, word_id)),))


def test_pushing_makes_the_edit_once_and_leaves_the_view_alone(qapp: object) -> None:
    editor, stack = Notebook(), QUndoStack()
    stack.push(EditCommand(editor, move(0, 5)))
    assert editor.performed == [move(0, 5)]
    assert not editor.shown


def test_an_edit_of_an_earlier_run_is_not_made_again_but_can_be_undone_and_redone(qapp: object) -> None:
    editor, stack = Notebook(), QUndoStack()
    stack.push(EditCommand(editor, move(0, 5), is_done=True))
    assert not editor.performed
    stack.undo()
    stack.redo()
    assert editor.performed == [move(0, 5).inverted(), move(0, 5)]
    assert editor.shown == editor.performed


def test_joined_steps_of_a_gesture_are_one_step_and_one_edit(qapp: object) -> None:
    editor, stack = Notebook(), QUndoStack()
    editor.joins = True
    for place in range(50):
        stack.push(EditCommand(editor, move(place, place + 1), gesture=3))
    assert stack.count() == 1
    editor.performed.clear()
    stack.undo()
    assert editor.performed == [move(0, 50).inverted()]


def test_steps_that_are_transactions_of_their_own_are_taken_back_one_by_one(qapp: object) -> None:
    editor, stack = Notebook(), QUndoStack()
    stack.push(EditCommand(editor, move(0, 1), gesture=3))
    stack.push(EditCommand(editor, move(1, 2), gesture=3))
    editor.joins = True
    stack.push(EditCommand(editor, move(2, 3), gesture=3))
    assert stack.count() == 1
    editor.performed.clear()
    stack.undo()
    assert editor.performed == [move(1, 3).inverted(), move(0, 1).inverted()]
    stack.redo()
    assert editor.performed[2:] == [move(0, 1), move(1, 3)]


def test_other_gestures_other_words_and_single_moves_stay_apart(qapp: object) -> None:
    editor, stack = Notebook(), QUndoStack()
    stack.push(EditCommand(editor, move(0, 1), gesture=3))
    stack.push(EditCommand(editor, move(1, 2), gesture=4))
    stack.push(EditCommand(editor, move(5, 6, word_id=2), gesture=4))
    stack.push(EditCommand(editor, move(6, 7, word_id=2)))
    stack.push(EditCommand(editor, move(7, 8, word_id=2)))
    assert stack.count() == 5
