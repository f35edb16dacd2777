"""The annotation file is replaced below the open window: the bar, and both answers to its question."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from crnn_gui.document import Notice
from model.annotations import Edit, WordChange
from model.store import FILE_NAME, AnnotationStore
from tests.helpers.desk import Desk

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


def labels(file: Path) -> list[str | None]:
    with AnnotationStore.open(file) as store:
        return [word.label for word in store.words()]


def replace_file(desk: Desk, tmp_path: Path) -> Path:
    """Exchange the project's file for one where a colleague has deleted the second word, as a sync tool does."""
    file = desk.document.project.file
    desk.until(lambda: desk.app.services.store.saved.pending == 0)
    theirs = tmp_path / "theirs.crnn"
    with AnnotationStore.open(file, read_only=True) as store:
        store.save_copy(theirs)
    with AnnotationStore.open(theirs) as store:
        word = store.content(1).words[1]
        store.apply(Edit("Delete word", (WordChange(word, None),)))
    shutil.move(theirs, file)
    return file


def question(desk: Desk) -> Notice:
    desk.until(lambda: any(notice.actions for notice in desk.window.notices.notices))
    return desk.window.notices.notices[-1]


def answer(desk: Desk, text: str) -> None:
    def found() -> list[QPushButton]:
        return [b for b in desk.window.notices.findChildren(QPushButton) if b.text() == text and b.isVisible()]

    desk.until(found)
    QTest.mouseClick(found()[0], Qt.MouseButton.LeftButton)


def label_second_word(desk: Desk) -> None:
    desk.document.set_label(list(desk.document.words)[1], "mine")


def test_c05_a_stale_write_is_refused_and_both_versions_stay(desk: Desk, tmp_path: Path) -> None:
    file = replace_file(desk, tmp_path)
    before = file.read_bytes()
    label_second_word(desk)
    asked = question(desk)
    assert "nothing was overwritten" in asked.text
    assert asked.text.endswith("Words that are so only here: 1; only there: 0.")
    assert desk.app.services.store.saved.pending
    answer(desk, "Save my version as a copy")
    desk.until(lambda: desk.document.project is not None and desk.document.project.file != file)
    copy = desk.document.project.file
    desk.until(lambda: desk.document.page_image is not None)
    assert [word.label for word in desk.document.words.values()] == ["first", "mine"]
    assert file.read_bytes() == before
    label_second_word(desk)
    desk.document.undo()
    desk.window.close()
    assert labels(copy) == ["first", None], "Undo goes on in the copy"
    assert labels(file) == ["first"]


def test_what_is_there_now_can_be_opened_instead(desk: Desk, tmp_path: Path) -> None:
    file = replace_file(desk, tmp_path)
    label_second_word(desk)
    question(desk)
    answer(desk, "Open what is there now")
    desk.until(lambda: desk.document.counts.words == 1 and desk.document.page_image is not None)
    assert desk.document.project.file == file
    assert not [notice for notice in desk.window.notices.notices if notice.actions]
    word = next(iter(desk.document.words))
    desk.document.set_label(word, "goes on")
    desk.window.close()
    assert labels(file) == ["goes on"]
    assert [p.name for p in file.parent.glob("*.crnn")] == [FILE_NAME]


def test_a_file_that_was_deleted_is_saved_again_in_its_place(desk: Desk) -> None:
    file = desk.document.project.file
    desk.until(lambda: desk.app.services.store.saved.pending == 0)
    file.unlink()
    label_second_word(desk)
    assert "moved or deleted" in question(desk).text
    answer(desk, "Save my version")
    desk.until(lambda: file.exists() and not desk.app.services.store.saved.problem)
    desk.until(lambda: desk.document.page_image is not None and desk.document.counts.verified == 2)
    desk.window.close()
    assert labels(file) == ["first", "mine"]


def test_closing_with_a_file_that_was_replaced_asks_first_and_touches_nothing(desk: Desk, tmp_path: Path) -> None:
    file = replace_file(desk, tmp_path)
    before = file.read_bytes()
    label_second_word(desk)
    question(desk)
    desk.window.close()
    assert desk.window.isVisible()
    answer(desk, "Close without them")
    assert not desk.window.isVisible()
    assert file.read_bytes() == before
