"""The history of a word in the inspector: who, when, what, the difference, and the way back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from crnn_gui.widgets.word_history import Deed, deeds, difference
from model.annotations import Box, Source, Word, WordChange
from model.store_rows import HistoryEntry
from tests.helpers.desk import CTRL, Desk, predict

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

BOX = Box.from_bounds(0, 0, 10, 10)


def entry(before: Word | None, after: Word | None, *, author: str = "anna", undoes: bool = False) -> HistoryEntry:
    return HistoryEntry(1000.0, author, "an edit", undoes, WordChange(before, after))


def told(desk: Desk) -> list[Deed]:
    desk.until(lambda: desk.window.inspector.history.deeds)
    return list(desk.window.inspector.history.deeds)


def test_history_tells_who_did_what_to_which_text() -> None:
    drawn = Word(1, 1, BOX)
    moved = Word(1, 1, BOX.moved(1, 0))
    accepted = Word(1, 1, BOX, label="cot", source=Source.ACCEPTED)
    typed = Word(1, 1, BOX, label="cat", source=Source.TYPED)
    listed = deeds(
        [
            entry(None, drawn),
            entry(drawn, moved),
            entry(moved, drawn),
            entry(drawn, accepted),
            entry(accepted, typed, author="ben"),
            entry(typed, accepted, author="ben", undoes=True),
        ]
    )
    assert [(d.what, d.author, d.times) for d in listed] == [
        ("Reading accepted, by Undo", "ben", 1),
        ("Typed", "ben", 1),
        ("Reading accepted", "anna", 1),
        ("Box moved", "anna", 2),
        ("Drawn", "anna", 1),
    ]
    assert [(d.before, d.after) for d in listed[:3]] == [("cat", "cot"), ("cot", "cat"), (None, "cot")]


def test_difference_strikes_out_what_went_and_shows_what_came(qapp: object) -> None:
    assert difference("cot", "cat") == difference("", "") + difference("cot", "cat")
    html = difference("c<t", "c&ts")
    assert "c" in html
    assert "&lt;</s>" in html, "what is struck out is escaped"
    assert "&amp;</b>" in html


def test_an_old_text_stands_again_as_a_new_edit(desk: Desk) -> None:
    inspector = desk.window.inspector
    predict(desk, 2, "cot")
    desk.click(130, 27)
    desk.key(Qt.Key.Key_Return, CTRL)
    desk.type("cat")
    desk.key(Qt.Key.Key_Return, CTRL)
    inspector.history.toggle.click()
    listed = told(desk)
    assert [(d.what, d.before, d.after) for d in listed[:2]] == [
        ("Typed", "cot", "cat"),
        ("Reading accepted", None, "cot"),
    ]
    back = [b for b in inspector.history.findChildren(QToolButton) if "“cot”" in b.toolTip()]
    desk.until(back[0].isVisible)
    back[0].click()
    assert (desk.word(2).label, desk.word(2).source) == ("cot", Source.TYPED)
    assert desk.field.text() == "cot"
    desk.until(lambda: [d.after for d in told(desk)][:2] == ["cot", "cat"])
    desk.document.undo()
    assert desk.word(2).label == "cat"
    desk.until(lambda: told(desk)[0].what.endswith("by Undo"))


def test_history_is_of_the_word_that_is_selected(desk: Desk) -> None:
    desk.document.set_label(2, "two")
    desk.window.inspector.history.toggle.click()
    desk.click(130, 27)
    assert told(desk)[0].after == "two"
    desk.click(40, 27)
    assert not any(deed.after == "two" for deed in desk.window.inspector.history.deeds)
    desk.until(lambda: desk.window.inspector.history.deeds == ())
