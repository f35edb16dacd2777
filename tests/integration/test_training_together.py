"""Several processes that torchrun has started learn as one would, stop over the same trouble, and outlive a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from model.charset import Charset
from model.checkpoint import load_weights, save_weights
from model.networks import NETWORKS
from model.training_setup import fresh_weights
from tests.conftest import CHECKOUT
from tests.helpers.tiny import WORDS, Tiny, draw_words
from tests.helpers.together import KILLED_AT

HELPER = str(CHECKOUT / "tests" / "helpers" / "together.py")


class Ended(NamedTuple):
    """How a training ended."""

    out: Path
    events: list[dict[str, Any]]
    said: str
    summary: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    folder = tmp_path / "words"
    folder.mkdir()
    crops = draw_words(folder)
    (folder / "labels.tsv").write_text("".join(f"{crop.key}.png\t{crop.text}\n" for crop in crops))
    return folder


def train(words: Path, name: str, *options: str, processes: int, trouble: str = "none", restarts: int = 0) -> Ended:
    """Run ``crnn train`` in as many processes."""
    out, events = words.with_name(f"{name}.safetensors"), words.with_name(f"{name}.jsonl")
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, *(launcher if processes > 1 else []), *([f"--max-restarts={restarts}"] * bool(restarts))]
    fixed = ["--width", "64", "--val", "0", "--device", "cpu", "--precision", "fp32", "--json"]
    command += [HELPER, trouble, "train", str(words), "--out", str(out), "--events", str(events), *fixed, *options]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode in ((0, 3) if processes == 1 else (0,)), ended.stderr  # torchrun has no refusals
    rows = [json.loads(line) for line in events.read_text().splitlines()]
    return Ended(out, rows, ended.stderr, [json.loads(line) for line in ended.stdout.splitlines()])


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one_with_twice_the_batch(
    words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With base weights and few crops the normalisation keeps its statistics; the first process fits a router.
    monkeypatch.setitem(NETWORKS, "tiny", Tiny)
    base = words.with_name("base.safetensors")
    save_weights(fresh_weights("tiny", Charset.from_texts(WORDS), seed=0), base)
    options = ["--base", str(base), "--epochs", "7"]
    one = train(words, "one", *options, "--batch", "8", processes=1)
    two = train(words, "two", *options, "--batch", "4", processes=2)
    losses = [[event["loss"] for event in run.of("batch")] for run in (one, two)]
    assert len(losses[0]) == 21
    assert losses[1] == pytest.approx(losses[0], abs=1e-4)
    for quantity in ("accuracy", "crops"):
        assert [event[quantity] for event in two.of("batch")] == [event[quantity] for event in one.of("batch")]
    weights = [load_weights(Path(run.of("finished")[0]["out"])).state for run in (one, two)]
    for name, value in weights[0].items():
        torch.testing.assert_close(weights[1][name], value, atol=1e-3, rtol=0.0, msg=name)
    # The first process alone speaks.
    assert len(two.summary) == 1
    assert two.said.count("crops to learn from") == 1


@pytest.mark.slow
def test_what_one_process_cannot_learn_from_none_learns_from(words: Path) -> None:
    options = ["--base", "none", "--network", "tiny", "--epochs", "10", "--batch", "4"]
    run = train(words, "troubled", *options, processes=2, trouble="batches")
    told = [(event["step"], event["cause"]) for event in run.of("bad_batch")]
    assert told == [(5, "not_finite"), (9, "batch_too_large"), (13, "exploding_gradient")]
    [guilty] = [offender["key"] for offender in run.of("bad_batch")[0]["offenders"] if offender["cause"]]
    assert guilty.removesuffix(".png") in WORDS
    assert len(run.of("batch")) == 30 - 3
    # The crop with the spoilt pixels is never dealt again, to whichever process: 19 are left in each later pass.
    passes = Counter[int]()
    for event in run.of("batch"):
        passes[event["epoch"]] += event["crops"]
    assert [passes[epoch] for epoch in range(6, 11)] == [19] * 5


@pytest.mark.slow
@pytest.mark.parametrize("process", [0, 1])
def test_a_training_goes_on_when_torchrun_starts_its_processes_anew(words: Path, process: int) -> None:
    options = ["--base", "none", "--network", "tiny", "--epochs", "16", "--batch", "4"]
    whole = train(words, "whole", *options, processes=2)
    killed = train(words, "killed", *options, processes=2, trouble=f"kill{process}", restarts=1)
    assert [event["resumed_at"] for event in killed.of("started")] == [0, KILLED_AT // 10 * 10]
    assert len(killed.of("finished")) == 1
    ends = [Path(run.of("finished")[0]["out"]).read_bytes() for run in (whole, killed)]
    assert ends[0] == ends[1]
