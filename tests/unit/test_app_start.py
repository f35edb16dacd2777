"""What a person is told when the program cannot start."""

from __future__ import annotations

import subprocess
import sys

_BROKEN = """
from pathlib import Path
import sys
from crnn_gui import app

def build(*_):
    raise RuntimeError("no window today")

app.build = build
sys.exit(app.run(None, demo=False, log_file=Path("log")))
"""


def test_error_while_the_window_is_built_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", _BROKEN], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "RuntimeError: no window today" in done.stderr
    assert "QThread" not in done.stderr
