"""Hundreds of steps of Undo across a restart, and a disk that is really full below the open project."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crnn_gui.services import store_worker
from model.annotations import Box, WordChange
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import Room

Until = Callable[..., None]
STEPS = 240


def in_file(folder: Path) -> object:
    with AnnotationStore.open(folder / FILE_NAME, read_only=True) as store:
        words = [(word.id, word.box, word.label, word.ignored) for word in store.words()]
        return words, [(page.id, page.verified) for page in store.pages()]


def opened(open_room: Callable[[], Room], until: Until, path: Path) -> Room:
    room = open_room()
    room.document.open_path(path)
    until(lambda: room.document.page_image is not None and not room.tasks.running)
    return room


def test_c04_two_hundred_steps_of_text_boxes_and_bulk_are_undone_and_redone_across_restarts(
    open_room: Callable[[], Room], until: Until, tiny_project: Path
) -> None:
    before = in_file(tiny_project)
    room = opened(open_room, until, tiny_project)
    document = room.document
    word_id = 0
    for step in range(STEPS):
        match step % 6:
            case 0:
                word_id = document.add_word(Box.from_bounds(10, 10, 60 + step % 40, 30))
            case 1 | 2:
                document.set_label(word_id, f"text {step}")
            case 3:
                document.move_word(word_id, Box.from_bounds(20, 20 + step % 50, 90, 90))
            case 4:
                words = list(document.words.values())[-5:]
                bulk = [WordChange(word, replace(word, label=f"all {step}", ignored=False)) for word in words]
                document.change_words("Replace", bulk)
            case 5:
                document.verify_page(not document.page.verified)
    assert document.undo_stack.count() == STEPS
    room.stop()
    after = in_file(tiny_project)

    again = opened(open_room, until, tiny_project)
    for _ in range(STEPS):
        again.document.undo()
    assert not again.document.undo_stack.canUndo()
    until(lambda: again.store.saved.pending == 0, seconds=30)
    assert in_file(tiny_project) == before
    for _ in range(STEPS):
        again.document.redo()
    until(lambda: again.store.saved.pending == 0, seconds=30)
    assert in_file(tiny_project) == after


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes, where this user may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small file system cannot be made here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_c03_a_full_disk_costs_no_edit_once_there_is_room(
    open_room: Callable[[], Room],
    until: Until,
    tiny_project: Path,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(store_worker, "RETRY_SECONDS", 0.1)
    project = small_disk / "project"
    shutil.copytree(tiny_project, project)
    room = opened(open_room, until, project)
    until(lambda: room.store.saved.pending == 0)
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"):
        fill(filler)
    ids = [room.document.add_word(Box.from_bounds(10, 10 + i, 60, 30 + i)) for i in range(40)]
    for i in ids:
        room.document.set_label(i, "x" * 2000)
    until(lambda: room.store.saved.problem)
    assert "full" in room.store.saved.problem
    assert "saved before is safe" in room.store.saved.problem
    filler.unlink()
    until(lambda: room.store.saved.pending == 0, seconds=20)
    assert not room.store.saved.problem
    room.stop()
    with AnnotationStore.open(project) as store:
        assert {word.id: word.label for word in store.words()}.items() >= dict.fromkeys(ids, "x" * 2000).items()
