"""``python -m model`` is the command ``crnn``."""

import sys

from model.cli import main

sys.exit(main())
