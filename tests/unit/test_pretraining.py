"""Pretraining: periods that add up to one run, a decay that leaves no trace, and the stream of words behind them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.utils.data import Dataset

from model.calibration import fit_temperature
from model.charset import Charset
from model.checkpoint import Weights, load_weights, save_weights
from model.cli import main
from model.errors import TrainingError
from model.events import Batch, Checkpoint, Decision, Epoch, Finished, Started, TrainEvent
from model.images import Preprocessing
from model.networks import build
from model.pretraining import PretrainConfig, pretrain
from model.schedules import WarmupStableDecay
from model.stream import Deal, Drawn, Ramp, Stream
from model.synth import FontFace, FontList

DIGITS = Charset.named("digits")
FONTS = FontList((FontFace(Path()),))
"""The font built into Pillow: the same on every machine."""


def small(folder: Path, **changes: Any) -> PretrainConfig:
    """Return a configuration with which a step takes a moment; a stage has 32 words."""
    usual = {"options": {"hidden": 4}, "batch": 1, "val": 4, "cooldown": 0.0, "difficulty": (0.0, 0.0)}
    machine = {"device": "cpu", "threads": 1, "fonts": FONTS}
    return PretrainConfig(out=folder / "w.safetensors", charset=DIGITS, **(usual | machine | changes))


def run(config: PretrainConfig) -> list[TrainEvent]:
    """Let a period run to its end."""
    return list(pretrain(config))


def state(config: PretrainConfig) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Return the tensors and the progress that a run has kept."""
    path = config.state or config.out.with_name(f"{config.out.name}.run")
    with safe_open(path / "last.safetensors", framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        progress = json.loads(file.metadata()["run"])["progress"]
    return tensors, {name: value for name, value in progress.items() if name not in ("seconds", "losses", "accuracies")}


def assert_same_state(one: PretrainConfig, other: PretrainConfig) -> None:
    """Compare what two runs have kept, bit for bit."""
    (tensors, progress), (others, other_progress) = state(one), state(other)
    assert progress == other_progress
    assert tensors.keys() == others.keys()
    assert not [name for name, value in tensors.items() if not torch.equal(value, others[name])]


def test_periods_add_up_to_one_run(tmp_path: Path) -> None:
    whole, parts = small(tmp_path / "whole", steps=36), small(tmp_path / "parts", steps=18)
    run(whole)
    run(parts)
    started = run(parts)[0]
    assert isinstance(started, Started)
    assert started.resumed_at == 18
    assert state(whole)[1]["step"] == 36
    assert state(whole)[1]["epoch"] == 1  # into the second stage
    assert_same_state(whole, parts)


def test_the_decay_leaves_no_trace_in_the_state(tmp_path: Path) -> None:
    decayed = small(tmp_path / "decayed", steps=12, cooldown=0.5, save_seconds=0.0)
    plain = small(tmp_path / "plain", steps=7)
    events = run(decayed)
    run(plain)
    assert_same_state(decayed, plain)
    rates = [event.learning_rate / (event.step / 300) for event in events if isinstance(event, Batch)]
    assert rates[:7] == pytest.approx([decayed.stable_rate] * 7)
    assert rates[7:] == sorted(rates[7:], reverse=True)
    assert rates[-1] < 0.2 * decayed.stable_rate
    steps = [event.step for event in events if isinstance(event, Checkpoint)]
    assert max(steps) == 7
    before, after = load_weights(plain.out), load_weights(decayed.out)
    assert any(not torch.equal(value, after.state[name]) for name, value in before.state.items())


def test_the_rate_rises_stays_and_sinks_by_the_square_root() -> None:
    schedule = WarmupStableDecay(lambda step: step / 10_000, cooldown=0.2)
    assert schedule.rate(0) == pytest.approx(1 / 300)
    assert {schedule.rate(step) for step in range(299, 8_000, 100)} == {1.0}
    assert schedule.rate(8_500) == pytest.approx(0.5)
    assert schedule.rate(10_000) == pytest.approx(0)
    assert [schedule.is_settled(step) for step in (0, 8_900, 9_100)] == [False, False, True]
    assert WarmupStableDecay(lambda _: 1.0, cooldown=0.0).rate(9_999) == 1


def test_a_period_that_is_stopped_keeps_its_state_and_writes_no_weights(tmp_path: Path) -> None:
    config = small(tmp_path, steps=20, cooldown=0.5)
    taken: list[Batch] = []
    for event in pretrain(config, should_stop=lambda: len(taken) == 4):
        if isinstance(event, Batch):
            taken.append(event)
    assert isinstance(event, Finished)
    assert (event.decision, event.out) == (Decision.STOPPED, None)
    assert not config.out.exists()
    assert state(config)[1]["step"] == 4


def test_a_period_that_is_stopped_before_its_first_step_does_no_work_in_vain(tmp_path: Path) -> None:
    config = small(tmp_path, steps=3)
    run(config)
    kept = {path.name: path.read_bytes() for path in tmp_path.rglob("*.safetensors")}
    *_, started, finished = pretrain(replace(config, val=1_000_000), should_stop=lambda: True)
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    assert (finished.decision, finished.steps, finished.before) == (Decision.STOPPED, 3, None)
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*.safetensors")} == kept


def test_other_batches_go_on_with_words_not_seen_yet(tmp_path: Path) -> None:
    config = small(tmp_path, steps=3)
    run(config)
    wider = replace(config, batch=2, repeats=1)
    events = run(wider)
    assert state(config)[1]["step"] == 6
    assert [event.step for event in events if isinstance(event, Batch)] == [4, 5, 6]
    # 32 words were drawn for batches of 1, and 64 more for batches of 2.
    assert [entry["rendered"] for entry in load_weights(config.out).ancestry] == [96]


def test_the_run_of_another_charset_is_not_taken_up(tmp_path: Path) -> None:
    run(small(tmp_path, steps=1))
    with pytest.raises(TrainingError, match="had different characters"):
        run(replace(small(tmp_path, steps=1), charset=Charset("01")))


def test_rows_of_the_first_weights_move_by_character(tmp_path: Path) -> None:
    torch.manual_seed(3)
    network = build("crnn-lite", 4, hidden=4)
    base = Weights(
        network="crnn-lite",
        options=network.options,
        charset=Charset("a75"),
        preprocessing=Preprocessing(),
        ancestry=({"steps": 7},),
        state=network.state_dict(),
    )
    save_weights(base, tmp_path / "base.safetensors")
    config = small(tmp_path, steps=1, init=tmp_path / "base.safetensors", learning_rate=1e-12)
    run(config)
    made = load_weights(config.out)
    rows, old = made.state["fc.weight"], base.state["fc.weight"]
    torch.testing.assert_close(rows[[0, 6, 8]], old[[0, 3, 2]])  # the blank, "5" and "7"
    assert [entry.get("steps") for entry in made.ancestry] == [7, 1]


def test_weights_say_what_they_were_made_of(tmp_path: Path) -> None:
    config = small(tmp_path, steps=2, seed=5)
    events = run(config)
    (entry,) = load_weights(config.out).ancestry
    assert (entry["steps"], entry["crops"], entry["rendered"], entry["seed"]) == (2, 2, 32, 5)
    assert entry["fonts"] == FONTS.digest
    assert load_weights(config.out).metrics["words"] == 4
    assert [type(event) for event in events] == [Started, Batch, Batch, Epoch, Checkpoint, Finished]


def test_a_period_too_short_for_a_step_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="allow more --minutes"):
        run(small(tmp_path, minutes=1e-6))


def test_the_command_pretrains_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("model.pretraining.find_fonts", lambda: FONTS)
    out, told = tmp_path / "w.safetensors", tmp_path / "events.jsonl"
    options = ["--steps", "2", "--batch", "1", "--val", "4", "--charset", "digits", "--device", "cpu", "--threads", "1"]
    for steps in (2, 4):
        assert main(["pretrain", str(out), *options, "--events", str(told), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["steps"] == steps
    types = [json.loads(line)["type"] for line in told.read_text().splitlines()]
    assert types.count("started") == types.count("finished") == 2
    assert len(load_weights(out).charset.characters) == 10


def test_the_command_tells_no_figures_of_steps_that_were_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("model.pretraining.find_fonts", lambda: FONTS)
    length = ["--steps", "2", "--minutes", "60", "--cooldown", "1"]  # the decay begins before the first step
    options = ["--batch", "1", "--val", "4", "--charset", "digits", "--device", "cpu", "--threads", "1"]
    assert main(["pretrain", str(tmp_path / "w.safetensors"), *length, *options]) == 0
    told = capsys.readouterr().err
    assert re.search(r"step 0, [\d.]+ min: held-out words", told)
    assert "nan" not in told


@pytest.mark.parametrize("difficulty", ["hard", "0..2", "..", "nan"])
def test_the_command_refuses_a_difficulty_that_is_none(
    difficulty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pretrain", str(tmp_path / "w.safetensors"), "--difficulty", difficulty]) == 2
    assert "difficulty" in capsys.readouterr().err


# --- the stream ---


class Numbered(Dataset[Drawn]):
    """Strips of a few widths whose pixels tell their index; every seventh is too narrow for its text."""

    spec = Preprocessing()

    def __getitem__(self, index: int) -> Drawn:
        width = 16 * (1 + index % 3)
        return np.full((32, width), index % 251, np.uint8), "111111" if index % 7 == 0 and width == 16 else "12"


def dealt(dealing: Deal, stages: int, *, first: int = 0) -> list[list[int]]:
    """Return the crops of each stage, batch after batch."""
    network = build("crnn-lite", len(DIGITS), hidden=4)
    stream = Stream(Numbered(), charset=DIGITS, network=network, dealing=dealing, stage=first)  # type: ignore[arg-type]
    found: list[list[int]] = []
    for stage in range(first, stages):
        while not stream.is_ready(stage):
            stream.draw()
        batches = [stream.batch(i, torch.device("cpu"))[0] for i in range(stream.begin(stage))]
        assert all(len(batch) <= dealing.batch for batch in batches)
        found.append([index for batch in batches for index in batch.indices])
    return found


@pytest.mark.parametrize("repeats", [1, 2, 3])
@pytest.mark.parametrize("origin", [0, 320])
def test_every_word_that_fits_is_dealt_as_often_as_wanted(repeats: int, origin: int) -> None:
    dealing = Deal(seed=4, origin=origin, batch=2, repeats=repeats)
    times = Counter(index for stage in dealt(dealing, 5) for index in stage)
    complete = range(origin, dealing.start(5))  # what no later stage will deal again
    assert {times[i] for i in complete if not (i % 7 == 0 and i % 3 == 0)} == {repeats}
    assert not [i for i in times if i % 7 == 0 and i % 3 == 0]


def test_a_stream_can_be_taken_up_at_any_stage() -> None:
    dealing = Deal(seed=4, origin=0, batch=2, repeats=3)
    assert dealt(dealing, 5)[3:] == dealt(dealing, 5, first=3)


def test_a_word_dealt_again_is_varied_anew() -> None:
    dealing = Deal(seed=4, origin=0, batch=4, repeats=2)
    network = build("crnn-lite", len(DIGITS), hidden=4)
    stream = Stream(Numbered(), charset=DIGITS, network=network, dealing=dealing)  # type: ignore[arg-type]
    seen: dict[int, torch.Tensor] = {}
    for stage in range(2):
        while not stream.is_ready(stage):
            stream.draw()
        for i in range(stream.begin(stage)):
            batch, crops = stream.batch(i, torch.device("cpu"))
            assert [crop.text for crop in crops] == ["12"] * len(batch)
            for index, image in zip(batch.indices, batch.images, strict=True):
                if index in seen:
                    assert not torch.equal(image, seen[index])
                    return
                seen[index] = image
    pytest.fail("no word was dealt twice")


def test_the_ramp_goes_from_easy_to_hard() -> None:
    ramp = Ramp(0.2, 1.0, 100)
    assert [ramp.at(i) for i in (0, 50, 100, 10**6)] == pytest.approx([0.2, 0.6, 1.0, 1.0])
    assert Ramp(0.2, 1.0, 0).at(0) == 1.0


# --- processes ---

_KILLED = """
import sys
from pathlib import Path
from tests.unit.test_pretraining import pretrain, small
from model.events import Checkpoint
if __name__ == "__main__":
    for event in pretrain(small(Path(sys.argv[1]), steps=10_000, save_seconds=0.0, workers=int(sys.argv[2]))):
        if isinstance(event, Checkpoint):
            print(event.step, flush=True)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", [0, 1])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(workers: int, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    killed, whole = small(tmp_path / "killed", steps=5), small(tmp_path / "whole", steps=40)
    command = [sys.executable, str(script), str(tmp_path / "killed"), str(workers)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert any(int(line) >= 7 for line in process.stdout)
        children = _children(process.pid)
        process.kill()
    reached = state(killed)[1]["step"]
    run(replace(killed, steps=40 - reached))
    run(whole)
    assert_same_state(whole, killed)
    deadline = time.monotonic() + 20
    while any(map(_is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not [child for child in children if _is_alive(child)]


def _children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_easy_digits_are_learnt_and_the_weights_are_calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[float | None] = []

    def fit(batches: Any) -> float | None:
        fitted.append(fit_temperature(batches))
        return fitted[-1]

    monkeypatch.setattr("model.pretraining.fit_temperature", fit)
    learning = {"options": {}, "batch": 16, "repeats": 6, "learning_rate": 3e-3, "seed": 1}
    config = small(tmp_path, steps=240, cooldown=0.3, val=120, **learning)
    finished = run(config)[-1]
    assert isinstance(finished, Finished)
    assert finished.before is not None
    assert finished.after is not None
    assert finished.after.accuracy >= 0.8
    assert finished.after.loss < finished.before.loss
    weights = load_weights(config.out)  # refuses what is not finite
    assert [weights.temperature] == fitted
