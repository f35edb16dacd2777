"""The desk in a process of its own, offscreen, with nobody's settings, used by a script that tells what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def watched(file: str, *arguments: str, timeout: float, **environment: str) -> dict[str, Any]:
    """Run ``file --watch`` with these arguments and return the JSON object that it writes last."""
    with tempfile.TemporaryDirectory() as home:
        names = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "HOME")
        own = os.environ | dict.fromkeys(names, home) | {"QT_QPA_PLATFORM": "offscreen"} | environment
        command = [sys.executable, file, "--watch", *arguments]
        done = subprocess.run(command, env=own, cwd=ROOT, stdout=subprocess.PIPE, timeout=timeout)
    if not done.stdout:
        raise SystemExit("The app showed nothing.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def use(arguments: list[str], make_script: Callable[[Any], Any]) -> None:
    """Be `crnn-gui`, used by the script that is made for the program. Runs in the process that is measured."""
    from crnn_gui import __main__, app

    run, kept = app.run, []

    def on_ended(vain: str) -> None:
        if vain:
            sys.stderr.write(f"waited in vain for {vain}\n")
            traceback.print_exc()  # of the script's own error, if that was it
            os._exit(1)

    def on_shown(program: Any) -> None:
        kept.append(make_script(program))
        kept[-1].ended.connect(on_ended)
        kept[-1].start()

    app.run = lambda *args, **options: run(*args, **options, on_shown=on_shown)
    sys.exit(__main__.main(arguments))
