"""Commands that are stopped, killed, or started twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from model.cli import main
from model.run_state import RunFolder
from tests.conftest import CHECKOUT
from tests.helpers.long_project import project_of_crops, read_so_far
from tests.helpers.poison import write_sound

ENVIRONMENT = os.environ | {"PYTHONPATH": str(CHECKOUT)}


def wait_for(what: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what() and time.monotonic() < deadline:
        time.sleep(0.05)
    return what()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a whole console there")
def test_ctrl_c_while_the_command_is_loaded_ends_it_quietly(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "model", "synth", "drawn", "--count", "100000"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stderr is not None
        assert any(b"typer" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="a process that is terminated there hears nothing of it")
def test_a_command_that_is_terminated_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model", "synth", "drawn", "--count", "100000", "--charset", "digits"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert wait_for(lambda: any(tmp_path.glob(".drawn.*.part/*/*/*")), seconds=120)
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err, list(tmp_path.iterdir())) == (130, b"", [])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a whole console there")
def test_ctrl_c_reaches_no_process_that_is_being_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model", "synth", "drawn", "--count", "100000", "--workers", "2"]
    error = tmp_path / "error.txt"
    with error.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=stderr, start_new_session=True)
    parent = psutil.Process(process.pid)
    assert wait_for(lambda: sum("spawn_main" in " ".join(c.cmdline()) for c in parent.children()) == 2, seconds=120)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) == 130
    assert error.read_bytes() == b""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL])
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a whole console there")
def test_drawing_processes_end_with_the_command(end: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "model", "synth", "drawn", "--count", "100000", "--workers", "2"]
    error = tmp_path / "error.txt"
    with error.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=stderr, start_new_session=True)
    assert wait_for(lambda: any(tmp_path.glob(".drawn.*.part/*/*/*")), seconds=120)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    if end == signal.SIGINT:
        os.killpg(process.pid, end)  # as a terminal does
    else:
        process.kill()
    status = process.wait(60)
    assert not psutil.wait_procs(children, timeout=30)[1]
    assert b"Traceback" not in error.read_bytes()
    assert (status, any(tmp_path.glob(".drawn.*"))) == ((130, False) if end == signal.SIGINT else (-end, True))


def test_an_unfinished_folder_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    left = tmp_path / ".drawn.0123abcd.part"
    left.mkdir()
    command = [sys.executable, "-m", "model", "synth", "drawn", "--count", "1", "--charset", "digits"]
    subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, check=True, timeout=120)
    assert capfd.readouterr().err == (
        ".drawn.0123abcd.part was left by a run that was killed; remove it unless another run is writing it.\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [".drawn.0123abcd.part", "drawn"]


@pytest.mark.parametrize(
    "command",
    [
        "train digits --base none --val 0 --epochs 1 --out o.safetensors",
        "pretrain o.safetensors --steps 1",
        "pretrain p.safetensors --state o.safetensors.run --steps 1",
    ],
)
def test_a_second_run_in_the_same_place_is_refused(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_sound(tmp_path / "digits")
    with RunFolder.of(Path("o.safetensors")).claimed():
        assert main(command.split()) == 2
    assert "Another run is at work in o.safetensors.run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["digits"]


def test_the_place_of_a_run_that_was_killed_is_free(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from model.run_state import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).claimed(): print('claimed', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "o.run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"claimed\n"
        process.kill()
    with RunFolder(tmp_path / "o.run").claimed():
        pass


@pytest.mark.slow
def test_c30_predict_write_goes_on_behind_the_image_it_was_killed_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = 1000
    file = project_of_crops(tmp_path, pages)
    command = [sys.executable, "-m", "model", "predict", str(tmp_path), "--write"]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        assert wait_for(lambda: read_so_far(file) >= pages // 2, seconds=120)
        process.kill()
    done = read_so_far(file)
    assert pages // 2 <= done < pages
    assert main(["predict", str(tmp_path), "--write"]) == 0
    told = capsys.readouterr()
    assert f"Goes on at page {done + 1:,} of {pages:,}" in told.err
    assert json.loads(told.out) == {"read": pages - done, "known": done, "left_out": []}
    assert read_so_far(file) == pages
