"""docs/complaints.md names every complaint of the catalogue and only tests that there are."""

from __future__ import annotations

import re

from tests.conftest import CHECKOUT


def test_each_complaint_is_answered_by_tests_that_exist() -> None:
    rows = re.findall(
        r"^\| C(\d+) \|.*\| (.*) \|$", (CHECKOUT / "docs/complaints.md").read_text(encoding="utf-8"), re.M
    )
    assert [int(number) for number, _ in rows] == list(range(1, 41))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "tests").rglob("*.py"))
    tests = set(re.findall(r"def (test_\w+)", sources))
    for number, answer in rows:
        for name in re.findall(r"`(test_\w+)`", answer):
            beginning = f"test_c{int(number):02}_"
            assert name in tests or (name == beginning and any(test.startswith(name) for test in tests)), name
        for file in re.findall(r"`([\w/]+\.py)`", answer):
            assert list(CHECKOUT.rglob(file)) or list((CHECKOUT / "tests/benchmarks").glob(file)), file
