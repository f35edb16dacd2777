"""An LMDB database is read as its library reads it; a broken one is refused and never ends the process."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from model.lmdb_file import DATA_FILE, LmdbError, LmdbFile

lmdb = pytest.importorskip("lmdb")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Some thousand values from none to several pages long, so that the tree has branches."""
    rng = random.Random(7)
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 26) as environment:
        for _ in range(3):
            with environment.begin(write=True) as transaction:
                for _ in range(900):
                    key = f"key-{rng.randrange(10**6):06}-{'x' * rng.randrange(200)}".encode()
                    transaction.put(key, rng.randbytes(rng.choice((0, 1, 700, 3000, 20_000))))
        with environment.begin(write=True) as transaction:
            transaction.delete(next(transaction.cursor().iternext(values=False)))
    return tmp_path / "db"


def test_keys_and_values_are_those_of_the_library(database: Path) -> None:
    with lmdb.open(str(database), readonly=True, lock=False) as environment, environment.begin() as transaction:
        expected = [(bytes(key), bytes(value)) for key, value in transaction.cursor()]
    ours = LmdbFile(database)
    assert len(expected) > 2000
    assert list(ours.items(b"")) == expected
    for key, value in expected[::97]:
        assert ours.get(key) == value
        assert ours.get(key + b"!") is None
        following = [k for k, _ in expected if k > key]
        assert next(ours.keys(key + b"\0"), None) == (following[0] if following else None)
    assert ours.get(b"") is None
    assert next(ours.keys(b"zzz"), None) is None
    ours.close()


def test_an_empty_database_has_nothing(tmp_path: Path) -> None:
    lmdb.open(str(tmp_path / "db")).close()
    with closing(LmdbFile(tmp_path / "db")) as ours:
        assert list(ours.items(b"")) == []


def test_a_database_whose_download_broke_off_is_refused(database: Path) -> None:
    whole = (database / DATA_FILE).read_bytes()
    for size in (0, 10, 4096, 8192, len(whole) // 2):
        (database / DATA_FILE).write_bytes(whole[:size])
        with pytest.raises(LmdbError, match="cut off"):
            LmdbFile(database)


def test_damage_is_refused_or_read_past(database: Path) -> None:
    whole = (database / DATA_FILE).read_bytes()
    rng = random.Random(1)
    refused = 0
    for _ in range(60):
        broken = bytearray(whole)
        for _ in range(200):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        (database / DATA_FILE).write_bytes(broken)
        try:
            with closing(LmdbFile(database)) as ours:
                list(ours.items(b""))
        except LmdbError:
            refused += 1
    assert refused > 0
