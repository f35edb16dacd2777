"""Starts the real application in a child process, driven from inside (see drive.py)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHECKOUT


class Driven:
    """The application in a child process."""

    def __init__(
        self, script: str, wishes: dict[str, Any], arguments: list[str], folder: Path, *, program: str = "drive.py"
    ) -> None:
        self.result = folder / f"{script}-{time.monotonic_ns()}.json"
        self.result.with_suffix(".wishes.json").write_text(json.dumps(wishes), encoding="utf-8")
        self._log = self.result.with_suffix(".log").open("w+", encoding="utf-8")
        command = [sys.executable, str(CHECKOUT / "tests/e2e" / program), script, str(self.result), *arguments]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "QT_QPA_PLATFORM": "offscreen"}
        self.process = subprocess.Popen(
            command, env=environment, stdout=self._log, stderr=subprocess.STDOUT, cwd=folder, stdin=subprocess.DEVNULL
        )

    @property
    def output(self) -> str:
        """What the process has printed."""
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8")

    def told(self, *, seconds: float = 240) -> dict[str, Any]:
        """Wait for the result and return it."""
        end = time.monotonic() + seconds
        while not self.result.exists():
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.output}"
            assert time.monotonic() < end, f"no result after {seconds} s: {self.output}"
            time.sleep(0.05)
        return json.loads(self.result.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._log.close()


@pytest.fixture
def start(tmp_path: Path, own_home: Path) -> Iterator[Callable[..., Driven]]:
    """start(script, *arguments, **wishes) runs the application; the user's folders are the test's own."""
    started: list[Driven] = []

    def run(script: str, *arguments: object, program: str = "drive.py", **wishes: Any) -> Driven:
        driven = Driven(script, wishes, [str(argument) for argument in arguments], tmp_path, program=program)
        started.append(driven)
        return driven

    yield run
    for driven in started:
        driven.close()
