"""Copying, splitting and merging words by keys, as a person would."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication

from crnn_gui.word_clipboard import MIME_TYPE, from_clipboard
from model.annotations import Box, Source, State
from tests.helpers.desk import CTRL, SHIFT, Desk, predict

# The offscreen platform says so of every window with a least size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def labelled(desk: Desk, *words: tuple[str | None, Box]) -> list[int]:
    """Put words on the page and select them all, with the keys on the page."""
    ids = [desk.document.add_word(box) for _, box in words]
    for word_id, (text, _) in zip(ids, words, strict=True):
        if text is not None:
            desk.document.set_label(word_id, text)
    desk.document.select(ids)
    desk.canvas.setFocus()
    return ids


def to_second_page(desk: Desk) -> None:
    desk.key(Qt.Key.Key_PageDown)
    desk.until(lambda: desk.document.page is not None and desk.document.page.path == "second.png")
    desk.until(lambda: desk.document.page_image is not None)
    desk.canvas.setFocus()


# --- the clipboard ---


def test_words_are_pasted_on_another_page_at_the_same_place_without_their_texts(desk: Desk) -> None:
    desk.key(Qt.Key.Key_A, CTRL)
    boxes = [word.box for word in desk.document.words.values()]
    desk.key(Qt.Key.Key_C, CTRL)
    to_second_page(desk)
    desk.key(Qt.Key.Key_V, CTRL)
    pasted = [desk.word(i) for i in desk.document.selection]
    assert [word.box for word in pasted] == boxes
    assert [word.label for word in pasted] == [None, None], "the pixels are others, so the texts would not be true"
    assert "without their texts" in desk.window.notices.notices[-1].text
    desk.key(Qt.Key.Key_Z, CTRL)
    assert not desk.document.words, "one step of Undo"


def test_cut_and_paste_gives_the_words_back_with_their_texts(desk: Desk) -> None:
    desk.click(40, 27)
    desk.key(Qt.Key.Key_Escape)
    box = desk.word(1).box
    desk.key(Qt.Key.Key_X, CTRL)
    assert set(desk.document.words) == {2}
    desk.key(Qt.Key.Key_V, CTRL)
    (pasted,) = (desk.word(i) for i in desk.document.selection)
    assert (pasted.box, pasted.label) == (box, "first")
    desk.key(Qt.Key.Key_V, CTRL)
    (again,) = (desk.word(i) for i in desk.document.selection)
    assert again.box != box, "that place is taken"
    assert again.box == box.moved(12, 12)


def test_duplicates_lie_beside_their_words(desk: Desk) -> None:
    ids = labelled(desk, ("one", Box.from_bounds(100, 100, 160, 120)), (None, Box.from_bounds(100, 130, 160, 150)))
    desk.key(Qt.Key.Key_D, CTRL | SHIFT)
    copies = [desk.word(i) for i in desk.document.selection]
    assert [c.box for c in copies] == [desk.word(i).box.moved(12, 12) for i in ids]
    assert [c.label for c in copies] == ["one", None]


def test_words_from_a_larger_page_are_moved_onto_this_one(desk: Desk) -> None:
    data = QMimeData()
    far = '{"page": "/elsewhere.png", "words": [{"points": [[900, 50], [980, 50], [980, 70], [900, 70]], '
    data.setData(MIME_TYPE, (far + '"label": "far", "ignored": false}]}').encode())
    QGuiApplication.clipboard().setMimeData(data)
    desk.key(Qt.Key.Key_V, CTRL)
    assert desk.document.current_word is not None
    assert desk.document.current_word.box.bounds == (320, 50, 400, 70)


@pytest.mark.parametrize("content", ["[]", "{", '{"page": 1, "words": [{"points": [[0, 0]], "label": 3}]}'])
def test_what_is_not_ours_on_the_clipboard_is_refused_with_a_sentence(desk: Desk, content: str) -> None:
    known = set(desk.document.words)
    QGuiApplication.clipboard().setText("text of another program")
    desk.key(Qt.Key.Key_V, CTRL)
    data = QMimeData()
    data.setData(MIME_TYPE, content.encode())
    QGuiApplication.clipboard().setMimeData(data)
    assert from_clipboard(data) is None
    desk.key(Qt.Key.Key_V, CTRL)
    assert set(desk.document.words) == known
    assert "No words have been copied" in desk.window.notices.notices[-1].text


def test_other_programs_get_the_texts(desk: Desk) -> None:
    labelled(desk, ("one", Box.from_bounds(100, 100, 160, 120)), ("two", Box.from_bounds(100, 130, 160, 150)))
    desk.key(Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "one\ntwo"


def test_keys_of_the_clipboard_are_the_texts_own_while_a_field_is_open(desk: Desk) -> None:
    desk.click(40, 27)
    desk.key(Qt.Key.Key_X, CTRL)
    assert desk.field.text() == ""
    assert 1 in desk.document.words


# --- splitting ---


def test_split_at_the_caret_cuts_box_and_text_in_one_step(desk: Desk) -> None:
    (word_id,) = labelled(desk, (None, Box.from_bounds(100, 100, 200, 120)))
    predict(desk, word_id, "helloworld")
    desk.key(Qt.Key.Key_F2)
    desk.type("hello world")
    desk.key(Qt.Key.Key_Return, CTRL)
    steps = desk.document.undo_stack.count()
    known = set(desk.document.words)
    desk.field.setCursorPosition(5)
    desk.key(Qt.Key.Key_D, CTRL)
    left, right = desk.word(word_id), desk.only_new(known)
    assert (left.label, right.label) == ("hello", "world")
    assert left.box.bounds == pytest.approx((100, 100, 150, 120))
    assert right.box.bounds == pytest.approx((150, 100, 200, 120))
    assert desk.document.selection == (word_id,)
    assert desk.field.hasFocus()
    assert desk.field.text() == "hello"
    assert desk.document.undo_stack.count() == steps + 1
    desk.key(Qt.Key.Key_Z, CTRL)
    assert set(desk.document.words) == known
    assert desk.word(word_id).label == "hello world"


def test_what_is_only_read_is_read_anew_in_both_halves(desk: Desk) -> None:
    (word_id,) = labelled(desk, (None, Box.from_bounds(100, 100, 200, 120)))
    predict(desk, word_id, "mi")
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_S)
    halves = [desk.word(word_id), desk.only_new(known)]
    assert [half.label for half in halves] == [None, None]
    assert [half.box.width for half in halves] == pytest.approx([50, 50])
    assert word_id not in desk.document.predictions


def test_caret_at_the_end_splits_nothing_and_says_what_to_do(desk: Desk) -> None:
    desk.click(40, 27)
    desk.key(Qt.Key.Key_End)
    known = set(desk.document.words)
    desk.key(Qt.Key.Key_D, CTRL)
    assert set(desk.document.words) == known
    assert "between the characters" in desk.window.notices.notices[-1].text


# --- merging ---


def test_merged_words_are_one_with_their_texts_in_reading_order(desk: Desk) -> None:
    ids = labelled(
        desk,
        ("world", Box.from_bounds(170, 100, 230, 122)),
        ("hel", Box.from_bounds(100, 100, 130, 120)),
        ("lo", Box.from_bounds(132, 101, 160, 120)),
    )
    steps = desk.document.undo_stack.count()
    desk.key(Qt.Key.Key_M)
    (merged,) = (desk.word(i) for i in desk.document.selection)
    assert (merged.label, merged.source) == ("hello world", Source.TYPED)
    assert merged.box == Box.from_bounds(100, 100, 230, 122)
    assert merged.id == ids[1], "the first one in reading order lives on"
    assert desk.document.undo_stack.count() == steps + 1
    desk.key(Qt.Key.Key_Z, CTRL)
    assert [desk.word(i).label for i in ids] == ["world", "hel", "lo"]


def test_merging_with_an_unverified_word_makes_one_to_verify(desk: Desk) -> None:
    labelled(desk, ("sure", Box.from_bounds(100, 100, 150, 120)), (None, Box.from_bounds(152, 100, 190, 120)))
    desk.key(Qt.Key.Key_M)
    (merged,) = desk.document.selection
    assert desk.document.state(merged) is State.UNLABELLED
    assert "to be verified again" in desk.window.notices.notices[-1].text


def test_a_word_is_merged_with_the_next_on_its_line_while_its_field_is_open(desk: Desk) -> None:
    ids = labelled(desk, ("un", Box.from_bounds(100, 100, 130, 120)), ("til", Box.from_bounds(131, 100, 160, 120)))
    desk.document.select(ids[:1])
    desk.key(Qt.Key.Key_F2)
    desk.key(Qt.Key.Key_M, CTRL)
    assert desk.word(ids[0]).label == "until"
    assert desk.field.text() == "until"
    desk.key(Qt.Key.Key_M, CTRL)
    assert "No word follows" in desk.window.notices.notices[-1].text
