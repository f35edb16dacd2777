"""Training that is killed at any moment goes on to the very weights it would have made undisturbed."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from model.charset import Charset
from model.checkpoint import save_weights
from model.networks import NETWORKS
from model.planning import TrainingPlan
from model.training import TrainConfig, fine_tune
from model.training_setup import fresh_weights
from tests.conftest import CHECKOUT
from tests.helpers.tiny import WORDS, Tiny, draw_words

# Imports once, then forks a training for every number it is told, and kills it after so many seconds.
CHILD = """
import os, pickle, signal, sys, time
import torch
from model.networks import NETWORKS
from model.training import fine_tune
from tests.helpers.tiny import Tiny
NETWORKS["tiny"] = Tiny
torch.set_num_threads(1)
plan, config = pickle.load(sys.stdin.buffer)
for line in sys.stdin.buffer:
    child = os.fork()
    if not child:
        for event in fine_tune(plan, config):
            pass
        os._exit(0)
    end = time.monotonic() + float(line)
    while not (found := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.001)
    _, status = found
    sys.stdout.write("killed\\n" if os.WIFSIGNALED(status) else "ended\\n")
    sys.stdout.flush()
"""


@pytest.fixture
def plan(tmp_path: Path) -> TrainingPlan:
    folder = tmp_path / "words"
    folder.mkdir()
    crops = draw_words(folder)
    return TrainingPlan(tuple(crops[:16]), tuple(crops[16:]), (), Charset.from_texts(WORDS))


@pytest.fixture(params=["from scratch", "with a specialist"])
def config(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    monkeypatch.setitem(NETWORKS, "tiny", Tiny)
    base = None
    if request.param == "with a specialist":  # kills may come while its router is fitted, too
        base = tmp_path / "base.safetensors"
        save_weights(fresh_weights("tiny", Charset.from_texts(WORDS), seed=0), base)
    return TrainConfig(
        out=tmp_path / "new.safetensors",
        base=base,
        network="tiny",
        steps=250,
        batch=8,
        width=64,
        gate=False,
        device="cpu",
        threads=1,
        save_seconds=0.0,
    )


@contextmanager
def trainer(plan: TrainingPlan, config: TrainConfig) -> Iterator[subprocess.Popen[bytes]]:
    """A process that trains, and takes up what was interrupted, as often as it is told to."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", CHILD]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=CHECKOUT)
    with child:
        assert child.stdin
        pickle.dump((plan, replace(config, resume=True)), child.stdin)
        child.stdin.flush()
        yield child
        child.stdin.close()


def survives_kills(plan: TrainingPlan, config: TrainConfig, kills: int) -> None:
    whole = config.out.with_name("whole.safetensors")
    began = time.monotonic()
    list(fine_tune(plan, replace(config, out=whole)))
    longest = (time.monotonic() - began) / 2
    rng, killed = random.Random(20240301), 0
    with trainer(plan, config) as child:
        assert child.stdin
        assert child.stdout
        while killed < kills or not config.out.exists():
            seconds = rng.uniform(0, longest) if killed < kills else 600.0
            child.stdin.write(f"{seconds}\n".encode())
            child.stdin.flush()
            answer = child.stdout.readline()
            if answer == b"killed\n":
                killed += 1
            else:
                assert answer == b"ended\n"
                assert config.out.read_bytes() == whole.read_bytes()
                if killed < kills:
                    config.out.unlink()
    assert config.out.read_bytes() == whole.read_bytes()


@pytest.mark.slow
def test_a_training_that_is_killed_5_times_ends_in_the_same_weights(plan: TrainingPlan, config: TrainConfig) -> None:
    survives_kills(plan, config, 5)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
def test_a_training_that_is_killed_50_times_ends_in_the_same_weights(plan: TrainingPlan, config: TrainConfig) -> None:
    survives_kills(plan, config, 50)
