"""What a process does to its own memory."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, numpy as np
from model.processes import keep_freed_memory
{}
faults = []
for _ in range(5):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [np.ones(250_000) for _ in range(8)]
    del blocks
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(faults))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Only glibc is told.")
def test_memory_that_is_freed_is_kept_for_the_next_step() -> None:
    def faults(statement: str) -> int:
        command = [sys.executable, "-c", PROGRAM.format(statement)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert faults("keep_freed_memory()") < 100 < 1000 < faults("")
