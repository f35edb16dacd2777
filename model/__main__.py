"""``python -m model`` is the command ``crnn``."""

import os
import signal
import sys
from typing import NoReturn


def main() -> int:
    """Run the command ``crnn`` and return its exit status; Ctrl+C while it is still being loaded ends it quietly."""
    # What torchrun ends may wait for another process, and has to go at once.
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        from model.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    """Take away what is half-written, as after Ctrl+C, where a system or a person asks the command to end."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
