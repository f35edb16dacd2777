"""``python -m model`` is the command ``crnn``."""

import signal
import sys


def main() -> int:
    """Run the command ``crnn`` and return its exit status; Ctrl+C while it is still being loaded ends it quietly."""
    try:
        from model.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
