"""The document with its real services: what is on the screen, what is in the file, and what Undo makes of both."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crnn_gui import recounting
from crnn_gui.document import Notice, ProjectDocument
from model.annotations import Box, Prediction, Source, State, Word, WordChange
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room, draw_page

Until = Callable[..., None]
OpenRoom = Callable[[], Room]


def listen(signal: object) -> list:
    heard: list = []
    signal.connect(lambda *values: heard.append(values[0] if values else None))
    return heard


def opened(open_room: OpenRoom, until: Until, path: Path) -> Room:
    room = open_room()
    room.document.open_path(path)
    until(lambda: room.document.page_image is not None and not room.tasks.running)
    return room


def settled(room: Room, until: Until) -> None:
    until(lambda: room.store.saved.pending == 0)


def words_in_file(folder: Path) -> dict[int, tuple[Box, str | None]]:
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        return {word.id: (word.box, word.label) for word in store.words()}


BOX = Box.from_bounds(10, 10, 60, 30)


def test_pages_of_a_project_that_was_closed_are_not_counted(
    open_room: OpenRoom, until: Until, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "RECOUNT_MILLISECONDS", 50)
    room = opened(open_room, until, tiny_folder)
    room.document.change_words("Draw word", [WordChange(None, Word(7, 2, BOX))])
    assert room.document.is_being_counted(2)
    room.document.close_project()
    assert not room.document.is_being_counted(2)
    closed_at = time.monotonic()
    until(lambda: time.monotonic() > closed_at + 0.2)  # it would log that no project is open


def test_a_folder_opens_with_its_pages_and_the_first_one_shown(
    open_room: OpenRoom, until: Until, tiny_folder: Path
) -> None:
    document = opened(open_room, until, tiny_folder).document
    assert [page.path for page in document.pages] == ["first.png", "second.png"]
    assert document.page == document.pages[0]
    assert document.page_image.image.width() == document.page_image.pixels.width == 400
    assert document.counts.pages == 2


def test_an_image_opens_its_folder_at_that_page(open_room: OpenRoom, until: Until, tiny_folder: Path) -> None:
    document = opened(open_room, until, tiny_folder / "second.png").document
    until(lambda: document.page.path == "second.png")
    assert len(document.pages) == 2


def test_pages_below_the_folder_are_found_and_files_that_are_no_images_are_not(
    open_room: OpenRoom, until: Until, tiny_folder: Path
) -> None:
    (tiny_folder / "below").mkdir()
    draw_page(tiny_folder / "below" / "third.png")
    (tiny_folder / "notes.txt").write_text("no image")
    document = opened(open_room, until, tiny_folder).document
    assert [page.path for page in document.pages] == ["first.png", "second.png", "below/third.png"]


@pytest.mark.parametrize("name", ["nowhere", "notes.txt"])
def test_what_cannot_be_opened_is_told_and_the_open_project_stays(
    open_room: OpenRoom, until: Until, tiny_project: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    document = opened(open_room, until, tiny_project).document
    before = document.project
    notices = listen(document.notice)
    document.open_path(tmp_path / name)
    until(lambda: notices)
    assert notices[0].severity == "error"
    assert name in notices[0].text
    assert document.project is before
    assert document.add_word(BOX)


def test_an_edit_is_shown_at_once_and_saved_soon(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    settled(room, until)
    saved = listen(document.saved_changed)
    word_id = document.add_word(BOX)
    document.set_label(word_id, "  cafe\u0301 ")
    assert document.words[word_id].label == "caf\u00e9"
    assert document.current_word.id == word_id
    assert saved[0].pending == 1
    settled(room, until)
    assert words_in_file(tiny_project)[word_id] == (BOX, "caf\u00e9")


def test_undo_and_redo_are_inverse_on_the_screen_and_in_the_file(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    states = [dict(document.words)]

    def step(act: Callable[[], object]) -> None:
        act()
        states.append(dict(document.words))

    def essence(words: dict) -> dict:
        return {i: (w.box, w.label, w.ignored) for i, w in words.items()}

    step(lambda: document.add_word(BOX))
    step(lambda: document.move_word(3, BOX.moved(5, 5)))
    step(lambda: document.set_label(3, "text"))
    step(lambda: document.ignore_words([1, 3], True))
    step(lambda: document.clear_label(1))
    step(lambda: document.delete_words([2, 3]))
    for state in reversed(states[:-1]):
        document.undo()
        assert essence(document.words) == essence(state)
    for state in states[1:]:
        document.redo()
        assert essence(document.words) == essence(state)
    settled(room, until)
    assert words_in_file(tiny_project) == {i: (w.box, w.label) for i, w in document.words.items()}
    assert list(document.words) == sorted(document.words)


def test_a_drag_is_one_undo_step_even_after_a_restart(
    open_room: OpenRoom, until: Until, tiny_project: Path, qtbot: object
) -> None:
    room = opened(open_room, until, tiny_project)
    word_id = room.document.add_word(BOX)
    for pause in (0, 500):  # the second part of the drag comes after the first was committed
        qtbot.wait(pause)
        for step in range(1, 6):
            room.document.move_word(word_id, BOX.moved(step + pause / 10, 0), gesture=9)
    assert room.document.undo_stack.count() == 2
    settled(room, until)
    room.document.undo()
    assert room.document.words[word_id].box == BOX
    room.document.redo()
    room.stop()

    document = opened(open_room, until, tiny_project).document
    assert document.words[word_id].box == BOX.moved(55, 0)
    while document.undo_stack.canUndo():
        document.undo()
    assert word_id not in document.words


def test_undo_of_an_edit_on_another_page_shows_it_there(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    document = opened(open_room, until, tiny_project).document
    first = document.page
    document.delete_words([1])
    document.step_page(1)
    until(lambda: document.page.id != first.id)
    document.undo()
    until(lambda: document.page == first and document.selection == (1,))
    assert document.words[1].label == "first"


def test_counts_follow_every_edit_and_agree_with_the_file(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    assert document.counts[1:] == (2, 1, 0, 0, 1)
    word_id = document.add_word(BOX)
    document.record_prediction(word_id, BOX, Prediction("abc", 0.5, weights="w"))
    assert document.state(word_id) is State.SUGGESTED
    document.accept_prediction(word_id)
    assert document.words[word_id].source is Source.ACCEPTED
    document.undo()
    document.ignore_words([2], True)
    document.delete_words([1])
    settled(room, until)
    with AnnotationStore.open(tiny_project / FILE_NAME, read_only=True) as store:
        assert document.counts == store.counts()
        assert document.page_counts(document.page.id) == store.page_counts()[document.page.id]


def test_a_prediction_for_a_box_that_has_moved_is_dropped(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    document = opened(open_room, until, tiny_project).document
    word_id = document.add_word(BOX)
    document.move_word(word_id, BOX.moved(1, 0))
    document.record_prediction(word_id, BOX, Prediction("stale", 0.9, weights="w"))
    assert word_id not in document.predictions
    document.record_prediction(word_id, BOX.moved(1, 0), Prediction("fresh", 0.9, weights="w"))
    assert document.predictions[word_id].text == "fresh"
    document.move_word(word_id, BOX)
    assert word_id not in document.predictions


def test_a_prediction_never_touches_a_label(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    document = opened(open_room, until, tiny_project).document
    document.record_prediction(1, document.words[1].box, Prediction("wrong", 1.0, weights="w"))
    assert document.words[1].label == "first"
    assert document.state(1) is State.VERIFIED


def test_words_of_another_page_can_be_changed_and_read(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    room = opened(open_room, until, tiny_project)
    document = room.document
    word = document.words[2]
    document.step_page(1)
    until(lambda: 2 not in document.words)
    document.record_predictions([(2, word.box, Prediction("far", 0.7, weights="w"))])
    until(lambda: document.counts.suggested == 1)
    from dataclasses import replace

    document.change_words("Accept above", [WordChange(word, replace(word, label="far", source=Source.ACCEPTED))])
    settled(room, until)
    assert words_in_file(tiny_project)[2][1] == "far"
    assert 2 not in document.words


def test_a_read_only_project_changes_nothing_and_says_why(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    with AnnotationStore.open(tiny_project / FILE_NAME):
        room = open_room()
        document = room.document
        notices = listen(document.notice)
        document.open_path(tiny_project)
        until(lambda: document.page_image is not None)
        assert document.read_only
        assert str(os.getpid()) in document.project.owner
        assert document.project.owner in notices[0].text
        notices.clear()
        words = dict(document.words)
        assert document.add_word(BOX) == 0
        document.set_label(1, "other")
        document.delete_words([1])
        document.move_word(1, BOX)
        document.ignore_words([1], True)
        document.verify_page(True)
        document.undo()
        assert document.words == words
        assert len(notices) == 7
        room.stop()


def test_a_damaged_file_is_kept_and_a_new_one_started_on_demand(
    open_room: OpenRoom, until: Until, tiny_project: Path, expect_warning: Callable[[str], None]
) -> None:
    file = tiny_project / FILE_NAME
    damaged = b"this is no database" * 1000
    file.write_bytes(damaged)
    document = open_room().document
    notices: list[Notice] = listen(document.notice)
    document.open_path(tiny_project)
    until(lambda: notices)
    assert document.project is None
    assert file.read_bytes() == damaged
    assert [copy.read_bytes() for copy in tiny_project.glob("*.damaged-*")] == [damaged]
    assert notices[0].actions == ("Start a new file",)
    document.act_on_notice(notices[0], "Start a new file")
    until(lambda: document.page_image is not None)
    assert not document.read_only
    assert any(copy.read_bytes() == damaged for copy in tiny_project.glob("*.damaged-*"))


def test_a_damaged_file_can_be_replaced_by_its_backup(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    room = opened(open_room, until, tiny_project)
    room.document.set_label(2, "second")  # the first change of a day makes the backup
    settled(room, until)
    room.stop()
    file = tiny_project / FILE_NAME
    file.write_bytes(b"this is no database" * 1000)
    document = open_room().document
    notices: list[Notice] = listen(document.notice)
    document.open_path(tiny_project)
    until(lambda: notices)
    assert notices[0].actions[0] == f"Restore {date.today().isoformat()}: 2 words, 1 verified"
    document.act_on_notice(notices[0], notices[0].actions[0])
    until(lambda: document.page_image is not None)
    assert document.words[1].label == "first"


def test_a_folder_that_cannot_be_written_keeps_its_annotations_elsewhere_and_says_where(
    open_room: OpenRoom, until: Until, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tiny_folder and real(path, mode))
    room = open_room()
    notices = listen(room.document.notice)
    room.document.open_path(tiny_folder)
    until(lambda: room.document.page_image is not None)
    document = room.document
    assert not list(tiny_folder.glob("*.crnn"))
    assert document.project.file.exists()
    assert str(document.project.file) in notices[0].text
    assert document.add_word(BOX)
    assert document.page_path(document.page).resolve() == tiny_folder / "first.png"


def test_a_folder_of_crops_becomes_one_word_an_image_until_that_is_taken_back(
    open_room: OpenRoom, until: Until, tmp_path: Path
) -> None:
    folder = tmp_path / "crops"
    folder.mkdir()
    for i in range(60):
        draw_page(folder / f"{i}.png", size=(80 + i, 30), text=str(i))
    document = open_room().document
    notices: list[Notice] = listen(document.notice)
    document.open_path(folder)
    until(lambda: notices)
    until(lambda: document.counts[:2] == (60, 60))
    until(lambda: document.page_image is not None and document.words)
    [word] = document.words.values()
    assert word.box == Box.from_bounds(0, 0, document.page.width, document.page.height)
    document.act_on_notice(notices[0], "Undo")
    until(lambda: document.counts[:2] == (60, 0))


def test_a_few_small_images_or_one_large_among_them_stay_pages(tmp_path: Path) -> None:
    from crnn_gui.services.projects import look_like_crops

    crops = [draw_page(tmp_path / f"{i}.png", size=(100, 30)) for i in range(21)]
    assert look_like_crops(crops)
    near = draw_page(tmp_path / "near.png", size=(900, 300))
    assert look_like_crops([*crops, near]), "one word was photographed from near"
    assert not look_like_crops([*crops[:15], *[near] * 6])
    assert not look_like_crops(crops[:20])
    assert not look_like_crops([*crops[:20], draw_page(tmp_path / "photo.png", size=(1200, 800))])


def test_an_unreadable_page_is_marked_and_stays_in_the_list(
    open_room: OpenRoom, until: Until, tiny_project: Path
) -> None:
    (tiny_project / "second.png").write_bytes(b"no image")
    room = opened(open_room, until, tiny_project)
    room.document.step_page(1)
    until(lambda: room.document.pages[1].problem)
    settled(room, until)
    room.stop()
    document = opened(open_room, until, tiny_project).document
    assert "second.png" in document.pages[1].problem


def test_stepping_goes_in_reading_order_and_by_state(open_room: OpenRoom, until: Until, tiny_project: Path) -> None:
    document: ProjectDocument = opened(open_room, until, tiny_project).document
    below = document.add_word(Box.from_bounds(5, 100, 50, 120))
    document.select(())
    visited = []
    while document.step_word(1):
        visited.append(document.current_word.id)
    assert visited == [1, 2, below]
    assert document.step_word(-1, (State.VERIFIED,))
    assert document.current_word.id == 1
    assert not document.step_word(-1)


def test_closing_frees_the_file_and_opening_another_project_leaves_the_first_alone(
    open_room: OpenRoom, until: Until, tiny_project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_project, other)
    room = opened(open_room, until, tiny_project)
    document = room.document
    document.set_label(2, "mine")
    document.open_path(other)
    document.set_label(2, "still mine")  # the other project is not there yet
    until(lambda: document.project.folder == other.resolve() and document.page_image is not None)
    document.set_label(2, "other")
    settled(room, until)
    document.close_project()
    settled(room, until)
    assert document.project is None
    for folder, label in ((tiny_project, "still mine"), (other, "other")):
        with AnnotationStore.open(folder / FILE_NAME) as store:
            assert [word.label for word in store.words()] == ["first", label]
