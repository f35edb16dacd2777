"""A file that is replaced while it is open: noticed before the next write, nothing overwritten, nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from model import schema
from model.annotations import Box, Edit, Word, WordChange
from model.errors import StoreError, StoreReplacedError
from model.store import FILE_NAME, AnnotationStore
from model.watching import Difference, compare

BOX = Box.from_bounds(10, 20, 110, 52)


def draw(store: AnnotationStore, label: str) -> None:
    store.apply(Edit("Draw word", (WordChange(None, Word(store.next_word_id(), 1, BOX, label)),)))


def labels(path: Path) -> list[str | None]:
    with AnnotationStore.open(path, read_only=True) as store:
        assert schema.is_sound(store._db)
        return [word.label for word in store.words()]


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of one project: the open one's file, and one where a colleague went on."""
    ours = tmp_path / "project" / FILE_NAME
    with AnnotationStore.open(ours, create=True) as store:
        store.add_pages([ours.with_name("a.jpg")])
        draw(store, "both")
    theirs = tmp_path / "theirs.crnn"
    shutil.copyfile(ours, theirs)
    with AnnotationStore.open(theirs) as store:
        draw(store, "theirs " * 4000)
    return ours, theirs


def by_renaming(ours: Path, theirs: Path) -> None:
    shutil.copyfile(theirs, ours.with_name("fresh"))
    ours.with_name("fresh").replace(ours)


def in_place(ours: Path, theirs: Path) -> None:
    shutil.copyfile(theirs, ours)


@pytest.mark.parametrize("is_settled", [True, False])
@pytest.mark.parametrize("exchange", [by_renaming, in_place])
def test_c05_a_file_that_was_exchanged_is_left_as_it_is(
    versions: tuple[Path, Path], exchange: Callable[[Path, Path], None], is_settled: bool
) -> None:
    ours, theirs = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        if is_settled:
            store.settle()
        exchange(ours, theirs)
        with pytest.raises(StoreReplacedError, match="nothing was overwritten"):
            draw(store, "too late")
        with pytest.raises(StoreReplacedError):
            store.add_pages([ours.with_name("b.jpg")])
        store.settle()
    assert ours.read_bytes() == theirs.read_bytes()
    assert sorted(p.name for p in ours.parent.iterdir() if p.name.startswith("annot")) == [
        FILE_NAME,
        f"{FILE_NAME}.backups",
    ]
    assert labels(ours) == ["both", "theirs " * 4000]


def test_c05_the_version_that_was_open_can_be_saved_as_a_copy_and_compared(versions: tuple[Path, Path]) -> None:
    ours, theirs = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        by_renaming(ours, theirs)
        store.save_copy(ours.with_name("mine.crnn"))
        with AnnotationStore.look_at(ours) as other:
            assert compare(store, other) == Difference(only_mine=1, only_theirs=1)
    assert labels(ours.with_name("mine.crnn")) == ["both", "ours"]


def test_a_file_on_a_share_without_a_log_is_watched_too(
    versions: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = versions
    connect = schema._connect
    monkeypatch.setattr(schema, "_connect", lambda path, options: connect(path, f"{options}&vfs=unix-dotfile"))
    with AnnotationStore.open(ours) as store:
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        draw(store, "ours")
        draw(store, "ours again")
        by_renaming(ours, theirs)
        with pytest.raises(StoreReplacedError):
            draw(store, "too late")
    assert ours.read_bytes() == theirs.read_bytes()


def test_bytes_that_were_exchanged_in_place_are_not_mixed_into_a_copy(versions: tuple[Path, Path]) -> None:
    ours, theirs = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        in_place(ours, theirs)
        with pytest.raises(StoreError, match="restore a backup"):
            store.save_copy(ours.with_name("mine.crnn"))
    assert not ours.with_name("mine.crnn").exists()


def test_a_file_that_was_deleted_is_told_and_can_be_saved_again(versions: tuple[Path, Path]) -> None:
    ours, _ = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        ours.unlink()
        with pytest.raises(StoreReplacedError, match="moved or deleted"):
            draw(store, "too late")
        store.save_copy(ours)
    assert labels(ours) == ["both", "ours"]


def test_a_log_that_was_cleaned_away_is_noticed_before_the_next_edit_is_lost_in_it(
    versions: tuple[Path, Path],
) -> None:
    ours, _ = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        ours.with_name(FILE_NAME + "-wal").unlink()
        with pytest.raises(StoreReplacedError):
            draw(store, "too late")
        store.save_copy(ours.with_name("mine.crnn"))
    assert labels(ours.with_name("mine.crnn")) == ["both", "ours"]


def test_a_program_that_ignores_the_lock_is_noticed(versions: tuple[Path, Path]) -> None:
    ours, _ = versions
    with AnnotationStore.open(ours) as store:
        with closing(sqlite3.connect(ours)) as db, db:
            db.execute("UPDATE words SET label = 'by hand'")
        with pytest.raises(StoreReplacedError):
            draw(store, "too late")
    assert labels(ours) == ["by hand"]


def test_settling_leaves_one_file_with_everything_and_the_next_edit_goes_on(versions: tuple[Path, Path]) -> None:
    ours, _ = versions
    with AnnotationStore.open(ours) as store:
        draw(store, "ours")
        store.settle()
        assert ours.with_name(FILE_NAME + "-wal").stat().st_size == 0
        shutil.copyfile(ours, ours.with_name("synced.crnn"))
        draw(store, "next")
        os.utime(ours.with_name(FILE_NAME + "-wal"))
        draw(store, "and next")
    assert labels(ours.with_name("synced.crnn")) == ["both", "ours"]
    assert labels(ours) == ["both", "ours", "next", "and next"]
