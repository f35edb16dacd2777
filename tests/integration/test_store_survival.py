"""What the annotation file survives: killed processes, full disks, folders without permission, damaged files."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from model import schema
from model.annotations import Box, Edit, Prediction, Source, Word, WordChange
from model.errors import StoreCorruptError, StoreError, StoreLockedError
from model.store import FILE_NAME, AnnotationStore, copy_aside, newest_backup, restore_backup
from tests.conftest import CHECKOUT

BOX = Box.from_bounds(10, 20, 110, 52)

# Draws a word, labels it, and says so only when both edits are committed.
CHILD = """
import sys
from dataclasses import replace
from pathlib import Path
from model.annotations import Box, Edit, Word, WordChange
from model.store import AnnotationStore

store = AnnotationStore.open(Path(sys.argv[1]), author="child")
while True:
    word = Word(store.next_word_id(), 1, Box.from_bounds(10, 20, 110, 52), author="child", changed_at=1.0)
    store.apply(Edit("Draw word", (WordChange(None, word),)))
    store.apply(Edit("Type label", (WordChange(word, replace(word, label=f"word {word.id}")),)))
    sys.stdout.write(f"{word.id}\\n")
    sys.stdout.flush()
"""


def new_project(folder: Path) -> Path:
    with AnnotationStore.open(folder, create=True) as store:
        store.add_pages([folder / "a.jpg"])
        return store.path


def draw(store: AnnotationStore, label: str) -> None:
    store.apply(Edit("Draw word", (WordChange(None, Word(store.next_word_id(), 1, BOX, label)),)))


def labels(store: AnnotationStore) -> list[str | None]:
    return [word.label for word in store.words()]


@contextmanager
def writing_child(path: Path):
    """A process that edits the file until it is killed, which happens at the latest at the end of the block."""
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def kill_while_editing(path: Path, rng: random.Random) -> list[int]:
    """Let a child edit, kill it at a moment that is not tied to its edits, and return the ids it had committed."""
    with writing_child(path) as child:
        told = [int(child.stdout.readline())]
        time.sleep(rng.uniform(0, 0.15))
        child.kill()
        # The last line is whole or missing: a pipe takes so short a write at once.
        return told + [int(line) for line in child.stdout]


def survives_kills(folder: Path, kills: int) -> None:
    path = new_project(folder)
    rng = random.Random(20240229)
    told: list[int] = []
    for _ in range(kills):
        told += kill_while_editing(path, rng)
        with AnnotationStore.open(path) as store:
            words = {word.id: word.label for word in store.words()}
            assert {i: words.get(i) for i in told} == {i: f"word {i}" for i in told}
            assert len(words) <= len(told) + kills, "at most the word in hand is there without having been told"
            typed = sum(label is not None for label in words.values())
            assert len(store.undo_history(10**6)) == len(words) + typed, "an edit and its journal row came together"
            assert schema.is_sound(store._db)


def test_every_edit_that_was_told_survives_kill_9(tmp_path):
    survives_kills(tmp_path, 3)


@pytest.mark.slow
def test_every_edit_that_was_told_survives_kill_9_many_times(tmp_path):
    survives_kills(tmp_path, 60)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_every_edit_that_was_told_survives_200_kills(tmp_path):
    survives_kills(tmp_path, 200)


def test_a_second_process_is_told_who_writes_and_may_read(tmp_path):
    path = new_project(tmp_path)
    with writing_child(path) as child:
        first = int(child.stdout.readline())
        with pytest.raises(StoreLockedError) as caught:
            AnnotationStore.open(path)
        assert caught.value.owner.pid == child.pid
        with AnnotationStore.open(path, read_only=True) as reader:
            assert f"word {first}" in labels(reader)
            assert reader.owner.pid == child.pid


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path):
    path = new_project(tmp_path)
    with writing_child(path) as child:
        child.stdout.readline()
    record = tmp_path / f".{FILE_NAME}.owner.json"
    assert json.loads(record.read_text())["pid"] == child.pid, "kill -9 leaves the record behind"
    with AnnotationStore.open(path) as store:
        assert store.owner.pid == os.getpid()
    assert not record.exists()


def test_a_full_disk_leaves_the_last_good_state_and_the_next_edit_works(tmp_path):
    path = new_project(tmp_path)
    with AnnotationStore.open(path) as store:
        draw(store, "before")
        [(pages,)] = store._db.execute("PRAGMA page_count").fetchall()
        store._db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="disk is full"):
            draw(store, "x" * 100_000)
        with pytest.raises(StoreError, match="disk is full"):
            store.add_words({1: [Word(0, 0, BOX, "imported")] * 5000})
        assert labels(store) == ["before"]
        assert [e.title for e in store.undo_history()] == ["Draw word"]
        store._db.execute("PRAGMA max_page_count = 100000")
        draw(store, "x" * 100_000)
    with AnnotationStore.open(path) as store:
        assert [label and label[:6] for label in labels(store)] == ["before", "xxxxxx"]


@pytest.fixture
def unprivileged_folder():
    """A folder that anybody can reach, with this process under a user id that permissions apply to."""
    if not hasattr(os, "setresuid"):
        pytest.skip("needs POSIX permissions")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        try:
            yield folder
            folder.chmod(0o755)
        finally:
            if is_root:
                os.setresuid(0, 0, 0)


def test_a_folder_without_write_permission_can_be_read(unprivileged_folder):
    path = new_project(unprivileged_folder)
    with AnnotationStore.open(path) as store:
        draw(store, "here")
    unprivileged_folder.chmod(0o555)
    with pytest.raises(StoreError, match="does not take files"):
        AnnotationStore.open(path)
    with AnnotationStore.open(path, read_only=True) as store:
        assert labels(store) == ["here"]


def test_a_file_in_wal_mode_can_be_read_without_write_permission_when_it_lies_alone(unprivileged_folder):
    path = new_project(unprivileged_folder)
    with AnnotationStore.open(path) as store:
        draw(store, "here")
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copy = path.with_name("copy.crnn")
        copy.write_bytes(path.read_bytes())  # in WAL mode, as a writer that was killed leaves it
    unprivileged_folder.chmod(0o555)
    with AnnotationStore.open(copy, read_only=True) as store:
        assert labels(store) == ["here"]


def test_a_project_in_a_folder_that_takes_nothing_is_refused_in_a_sentence(unprivileged_folder):
    unprivileged_folder.chmod(0o555)
    with pytest.raises(StoreError, match="does not take files"):
        AnnotationStore.open(unprivileged_folder, create=True)
    with pytest.raises(StoreError, match="cannot be made"):
        AnnotationStore.open(unprivileged_folder / "new" / FILE_NAME, create=True)


def test_edits_are_durable_where_there_is_no_shared_memory(tmp_path, monkeypatch):
    path = new_project(tmp_path)
    connect = schema._connect
    monkeypatch.setattr(schema, "_connect", lambda path, options: connect(path, f"{options}&vfs=unix-dotfile"))
    with AnnotationStore.open(path) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        draw(store, "shared")
    with AnnotationStore.open(path, read_only=True) as store:
        assert labels(store) == ["shared"]


@pytest.fixture
def damaged(tmp_path):
    """A file of two days with a backup of the first, whose middle is overwritten with zeros."""
    path = new_project(tmp_path)
    with AnnotationStore.open(path) as store:
        store.add_words({1: [Word(0, 0, BOX, f"imported {i}", source=Source.IMPORTED) for i in range(2000)]})
        draw(store, "today")
    content = bytearray(path.read_bytes())
    content[8192:40960] = bytes(32768)
    path.write_bytes(content)
    return path


def test_a_damaged_file_is_refused_untouched_and_can_be_copied_aside(damaged):
    content = damaged.read_bytes()
    for read_only in (False, True):
        with pytest.raises(StoreCorruptError, match="damaged"):
            AnnotationStore.open(damaged, read_only=read_only)
    assert damaged.read_bytes() == content
    aside = [copy_aside(damaged), copy_aside(damaged)]
    assert len(set(aside)) == 2
    assert all(copy.read_bytes() == content for copy in aside)


def test_the_backup_takes_the_place_of_a_damaged_file_which_is_kept(damaged):
    content = damaged.read_bytes()
    damaged.with_name(FILE_NAME + "-wal").write_bytes(b"a log of the damaged file")
    assert restore_backup(damaged) == newest_backup(damaged)
    assert not damaged.with_name(FILE_NAME + "-wal").exists(), "it would be played into the restored file"
    [aside] = damaged.parent.glob("*.damaged-????????-??????")
    assert aside.read_bytes() == content
    with AnnotationStore.open(damaged) as store:
        assert store.counts().words == 2000
        draw(store, "goes on")


def test_a_damaged_backup_is_passed_over(damaged):
    good = newest_backup(damaged)
    good.with_name("9999-01-01.crnn").write_bytes(damaged.read_bytes())
    assert newest_backup(damaged) == good


def test_without_a_backup_a_damaged_file_stays_where_it_is(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_bytes(b"damaged")
    assert newest_backup(path) is None
    with pytest.raises(StoreError, match="no backup"):
        restore_backup(path)
    assert path.read_bytes() == b"damaged"


def test_damage_below_an_open_store_never_becomes_a_backup(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "_CHECKED_AT_OPENING_BYTES", 0)  # as for a large file
    path = new_project(tmp_path)
    with AnnotationStore.open(path) as store:
        store.add_words({1: [Word(0, 0, BOX, f"imported {i}") for i in range(2000)]})
    content = bytearray(path.read_bytes())
    content[8192 * 4 : 8192 * 6] = bytes(8192 * 2)
    path.write_bytes(content)
    with AnnotationStore.open(path) as store, pytest.raises(StoreCorruptError):
        draw(store, "on top")
    assert list(path.with_name(FILE_NAME + ".backups").iterdir()) == []


def test_a_hundred_thousand_words_are_added_in_one_transaction(tmp_path, record_property):
    path = new_project(tmp_path)
    with AnnotationStore.open(path) as store:
        pages = store.add_pages([tmp_path / f"{i}.jpg" for i in range(1000)])
        word = Word(0, 0, BOX, "wörd", source=Source.IMPORTED)
        start = time.perf_counter()
        ids = store.add_words({page.id: [word] * 100 for page in pages})
        record_property("words_per_second", round(len(ids) / (time.perf_counter() - start)))
        assert store.counts().verified == 100_000
        last = next(store.words(pages[-1].id))
        assert last == replace(word, id=ids[-100], page_id=pages[-1].id, author=last.author, changed_at=last.changed_at)
        assert store.save_predictions([(last.id, BOX, Prediction("wörd", 0.9))]) == 1
