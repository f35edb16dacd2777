"""What a person can get wrong: one clear sentence each, nothing lost, and the application goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from model.annotations import WeightsRecord
from model.store import FILE_NAME, AnnotationStore
from tests.conftest import CHECKOUT


def photographs(folder: Path, count: int = 3) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.effect_noise((640, 480), 40 + number).save(folder / f"page {number}.png")
    return folder


def command(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crnn_gui", *(str(argument) for argument in arguments)],
        env=os.environ | environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_one_sentence(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert all(word in result.stderr for word in words), result.stderr
    assert not result.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can be without a display server")
def test_without_a_display_it_says_so() -> None:
    result = command(QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert_one_sentence(result, "display")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert_one_sentence(command(tmp_path / "nowhere"), "nowhere", "does not exist")


def test_screenshots_without_the_demo_are_refused(tmp_path: Path) -> None:
    assert_one_sentence(command("--screenshots", tmp_path), "--demo")


@pytest.mark.slow
def test_a_text_file_called_jpg_is_named_and_the_rest_opens(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    (folder / "a note.jpg").write_text("milk, bread")
    seen = start("look", folder, pages=4, notices=1).told()
    assert len(seen["pages"]) == 4
    assert list(seen["problems"]) == ["a note.jpg"]
    assert any("a note.jpg" in notice for notice in seen["notices"])


@pytest.mark.slow
def test_a_damaged_annotation_file_is_kept_and_told_of(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    damaged = folder / "annotations.crnn"
    damaged.write_bytes(b"SQLite format 3\x00" + os.urandom(5000))
    before = damaged.read_bytes()
    seen = start("look", folder, notices=1).told()
    assert damaged.read_bytes() == before
    assert any("damaged" in notice for notice in seen["notices"]), seen
    assert seen["actions"], "there is something to do about it"
    copies = [path for path in folder.iterdir() if "damaged" in path.name]
    assert [path.read_bytes() for path in copies] == [before]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs POSIX permissions")
def test_a_folder_without_write_permission_opens_all_the_same(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder.chmod(0o555)
    try:
        seen = start("look", folder, pages=3, notices=1).told()
    finally:
        folder.chmod(0o755)
    assert len(seen["pages"]) == 3
    assert not seen["read_only"]
    assert any(str(folder) in notice for notice in seen["notices"])


@pytest.mark.slow
def test_a_folder_that_looks_unwritable_keeps_its_annotations_elsewhere(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    folder = photographs(tmp_path / "pages")
    seen = start("look", folder, pages=3, notices=1, unwritable=str(folder)).told()
    assert len(seen["pages"]) == 3
    assert not seen["read_only"]
    assert len(seen["notices"]) == 1
    assert ".crnn" in seen["notices"][0]
    assert not list(folder.glob("*.crnn"))


@pytest.mark.slow
def test_weights_of_another_program_are_named_and_the_starter_weights_read(
    tmp_path: Path, start: Callable[..., Any]
) -> None:
    folder = photographs(tmp_path / "pages")
    save_file({"weight": np.zeros((2, 2), np.float32)}, folder / "other.safetensors")
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        store.add_weights(WeightsRecord("0123", "other", "other.safetensors", created_at=1.0))
        store.activate_weights("0123")
    seen = start("look", folder, recogniser=True, notices=2).told()
    problem, way_out = seen["notices"]
    assert "other.safetensors" in problem
    assert "starter weights" in way_out
    assert "other" not in seen["weights"]


@pytest.mark.slow
def test_the_window_and_its_pages_come_before_torch(tmp_path: Path, start: Callable[..., Any]) -> None:
    seen = start("look", photographs(tmp_path / "pages", 40), pages=40).told()
    assert len(seen["pages"]) == 40
    assert not seen["torch"]


@pytest.mark.slow
def test_a_second_window_on_the_same_project_is_read_only(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    first = start("look", folder, pages=3, stay=True)
    assert not first.told()["read_only"]
    second = start("look", folder, pages=3, notices=1).told()
    assert second["read_only"]
    assert any(str(first.process.pid) in notice for notice in second["notices"]), second["notices"]


@pytest.mark.slow
def test_a_lock_left_by_a_killed_process_is_taken_over(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    first = start("look", folder, pages=3, stay=True)
    first.told()
    first.kill()
    assert not start("look", folder, pages=3).told()["read_only"]


@pytest.mark.slow
def test_an_unplugged_project_is_told_of_at_the_next_start(tmp_path: Path, start: Callable[..., Any]) -> None:
    folder = photographs(tmp_path / "pages")
    before = start("look", folder, pages=3)
    before.told()
    assert before.process.wait(60) == 0, before.output
    shutil.rmtree(folder)
    seen = start("look").told()
    assert (seen["pages"], seen["gone"]) == ([], ["pages"])
