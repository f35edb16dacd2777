"""Broken data sets end in a sentence: no traceback, nothing written outside the target, nothing lost, no hang."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.charset import Charset
from model.checking import check_crops
from model.errors import KnownError
from model.formats import formats, open_dataset
from model.images import Preprocessing
from model.importing import import_dataset
from model.store import AnnotationStore
from tests.helpers.fuzzing import JSON_MIN, Broken, Files, broken, tree, valid_sets

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and alarms are those of POSIX")

SECONDS_EACH = 60
MOST_MEGABYTES = 600
"""By which the process may grow: readers hold little, and a long line or a deep nesting is no reason to hold more."""

CASES_QUICK, CASES_SLOW, CASES_CAMPAIGN = 2, 18, 385  # of each of 27 sets
NAMES = (*(f.name for f in formats()), JSON_MIN)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    pytest.importorskip("lmdb")
    pytest.importorskip("pyarrow")
    return valid_sets(tmp_path_factory.mktemp("valid"))


@pytest.fixture
def bench() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of annotation files are synced to the disk in vain."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextlib.contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    def on_alarm(*_: object) -> None:
        raise AssertionError(f"it took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def megabytes() -> float:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(data: Broken, folder: Path, outside: Path) -> None:
    folder.mkdir()
    for name, content in data.files.items():
        with contextlib.suppress(OSError):  # a file stands where a folder is to be, and the other way round
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    for name, target in data.links.items():
        with contextlib.suppress(OSError):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to(target.format(outside=outside))


def is_sentence(text: str) -> bool:
    """Whether a person can read it on one line."""
    return bool(text.strip()) and len(text) < 4000 and not any(unicodedata.category(char) == "Cc" for char in text)


def bring(name: str, seed: str, files: Files, bench: Path) -> str:
    """Check and import one broken data set and look at what became of it; return how it ended."""
    data = broken(files, seed)
    outside = bench / "outside.png"
    outside.write_bytes(b"secret")
    write(data, bench / "data", outside)
    before = tree(bench)
    sentence = ""
    ended = "refused whole"
    try:
        with time_limit(SECONDS_EACH):
            ended = take_in(name, seed, bench)
    except KnownError as error:
        sentence = str(error)
        assert is_sentence(sentence), f"no sentence: {error!r}"  # noqa: PT017  either end is a good one
        assert str(bench) in sentence or "annotations.crnn" in sentence, f"it names no file: {error}"  # noqa: PT017
    after = tree(bench)
    assert {k: v for k, v in after.items() if not k.startswith("project/")} == before, "files outside were changed"
    return ended


def take_in(name: str, seed: str, bench: Path) -> str:
    """List, check and import a data set, copied or not, forced or recognised as the seed has it."""
    copy = seed.endswith(("0", "3", "6")) or name in ("lmdb", "webdataset", "parquet")
    forced = None if seed.endswith(("1", "6")) and name != "labelme-label" else name.partition(" ")[0]
    dataset = open_dataset(bench / "data", format=forced)
    rows = list(dataset.rows())
    told = list(dataset.problems)
    check = check_crops(
        dataset.crops(), charset=Charset.named("ascii"), preprocessing=Preprocessing(), frames=lambda width: width // 4
    )
    report = import_dataset(dataset, bench / "project", copy=copy)
    assert check.crops == len(rows), "rows and crops of one data set differ"
    refused = report.refused - dataset.refused
    assert report.added + report.known + len(report.conflicts) + refused == len(rows), "rows were lost"
    for problem in (*told, *report.problems):
        assert problem.key.strip(), f"a refusal names no place: {problem}"
        assert is_sentence(problem.detail), f"a refusal is no clause: {problem}"
    assert_inside(bench)
    return "refused some" if report.refused else "taken in"


def assert_inside(bench: Path) -> None:
    """No page lies outside of the data set and the project, with all links followed."""
    linked = (bench / "data" / "report.json").is_file() and b'"images": false' in (
        bench / "data" / "report.json"
    ).read_bytes()
    with AnnotationStore.open(bench / "project", read_only=True) as store:
        for page in store.pages():
            place = os.path.realpath(store.root / page.path)
            assert linked or place.startswith((f"{bench}/data/", f"{bench}/project/")), f"a page lies at {place}"


def hunt(name: str, seeds: range, valid: dict[str, Files], bench: Path) -> Counter[str]:
    ends: Counter[str] = Counter()
    before = megabytes()
    for number in seeds:
        seed = f"{name} {number}"
        try:
            ends[bring(name, seed, valid[name], bench)] += 1
        except BaseException as error:
            error.add_note(f"seed {seed!r}: {broken(valid[name], seed).told}")
            raise
        for made in bench.iterdir():
            shutil.rmtree(made) if made.is_dir() else made.unlink()
        assert megabytes() - before < MOST_MEGABYTES, f"seed {seed!r} took {megabytes() - before:.0f} MB"
    return ends


@pytest.mark.parametrize("name", NAMES)
def test_a_few_broken_data_sets_end_in_a_sentence(name: str, valid: dict[str, Files], bench: Path) -> None:
    assert hunt(name, range(CASES_QUICK), valid, bench).total() == CASES_QUICK


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_broken_data_sets_end_in_a_sentence(name: str, valid: dict[str, Files], bench: Path) -> None:
    assert hunt(name, range(CASES_QUICK, CASES_QUICK + CASES_SLOW), valid, bench).total() == CASES_SLOW


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_ten_thousand_broken_data_sets_end_in_a_sentence(
    name: str, valid: dict[str, Files], bench: Path, record_property: pytest.RecordProperty
) -> None:
    ends = hunt(name, range(10_000, 10_000 + CASES_CAMPAIGN), valid, bench)
    for end, count in ends.items():
        record_property(end, count)
