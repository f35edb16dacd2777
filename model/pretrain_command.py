"""``crnn pretrain``: trains weights on rendered words for a while, and goes on from there the next time."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Annotated

import typer

from model import console
from model.errors import TrainingError
from model.events import BadBatch, Checkpoint, Decision, Epoch, Finished, Started, TrainEvent
from model.processes import keep_freed_memory
from model.train_command import DEFAULT_NETWORK, INTERRUPTED, on_interrupt, refuse_nonsense, written


def pretrain(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Where the weights go at the end of the period.")],
    minutes: Annotated[float | None, typer.Option(min=0.05, help="Length of this period; 60 without --steps.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of this period in batches.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder of the state to go on from; default OUT.run.")] = None,
    init: Annotated[Path | None, typer.Option(help="Weights to begin with where there is no state yet.")] = None,
    network: Annotated[str | None, typer.Option(help="Network to build without --init; default crnn-lite.")] = None,
    charset: Annotated[str, typer.Option(help="Preset or file of characters.")] = "ascii",
    cooldown: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the period in which the learning rate sinks to zero.")
    ] = 0.2,
    batch: Annotated[int, typer.Option(min=1, help="Crops a step.")] = 32,
    learning_rate: Annotated[float | None, typer.Option(help="Learning rate; chosen by the batch when absent.")] = None,
    difficulty: Annotated[
        str, typer.Option(metavar="A..B", help="Of the first words, and of those later on.")
    ] = "0.3..1",
    ramp: Annotated[int, typer.Option(min=0, help="Words over which the difficulty rises.")] = 50_000,
    repeats: Annotated[int, typer.Option(min=1, help="Times each word is learnt from, varied.")] = 2,
    workers: Annotated[int, typer.Option(min=0, help="Processes that draw words; 0 for none beside this one.")] = 0,
    val: Annotated[int, typer.Option(min=1, help="Held-out words to measure with.")] = 1000,
    seed: Annotated[int, typer.Option(help="Same seed, same words.")] = 0,
    events: Annotated[Path | None, typer.Option(help="Append every event to this file as JSON lines.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the training process.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Train on rendered words for a period; the next period goes on from the state of this one."""
    from model.charset import Charset
    from model.pretraining import PretrainConfig
    from model.pretraining import pretrain as run_period

    if minutes is None and steps is None:
        minutes = 60.0
    if network and init:
        raise TrainingError("--network says what to build without --init; leave one of the two out.")
    config = PretrainConfig(
        out=out,
        charset=Charset.named(charset),
        state=state,
        init=init,
        network=network or DEFAULT_NETWORK,
        minutes=minutes,
        steps=steps,
        cooldown=cooldown,
        batch=batch,
        learning_rate=learning_rate,
        difficulty=_difficulty(difficulty),
        ramp=ramp,
        repeats=repeats,
        workers=workers,
        val=val,
        seed=seed,
        device=device,
        precision=precision,
        threads=threads,
    )
    refuse_nonsense(config, events)
    keep_freed_memory()
    interruption = threading.Event()
    run = run_period(config, should_stop=interruption.is_set)
    finished = None
    with console.progress("Pretraining") as advance, on_interrupt(interruption.set, kept_for="the next period"):
        for event in written(run, events, append=True):
            advance(round(getattr(event, "seconds", 0)), None)
            _tell(event)
            if isinstance(event, Finished):
                finished = event
    assert finished is not None, "pretraining ends with a Finished event"
    _summarise(finished, as_json=as_json)
    return INTERRUPTED if finished.decision is Decision.STOPPED else 0


def _difficulty(text: str) -> tuple[float, float]:
    """Return what --difficulty says: two numbers in [0, 1] with two dots between them, or one that stands for both."""
    first, _, last = text.partition("..")
    try:
        numbers = float(first), float(last or first)
    except ValueError:
        numbers = math.nan, math.nan
    if not all(0 <= number <= 1 for number in numbers):
        raise TrainingError(f"A difficulty is a number from 0 to 1, or two as in 0.3..1, not {text!r}.")
    return numbers


def _tell(event: TrainEvent) -> None:
    """Tell the person at the terminal how the period begins, and of evaluations, states and bad batches."""
    if isinstance(event, Started):
        where = f"from step {event.resumed_at}" if event.resumed_at else f"from {event.base or 'the beginning'}"
        console.remark(f"{event.network} on {event.device}; learning rate {event.learning_rate:.3g}, {where}")
    elif isinstance(event, Epoch):
        held_out = f"held-out words: loss {event.val_loss:.3f}, right {event.val_accuracy:.1%}"
        nothing_new = math.isnan(event.loss)
        learnt = "" if nothing_new else f"loss {event.loss:.3f}, words right {event.accuracy:.1%}; "
        console.remark(f"step {event.step}, {event.seconds / 60:.1f} min: {learnt}{held_out}")
    elif isinstance(event, Checkpoint):
        console.remark(f"step {event.step}: the state is in {event.path}")
    elif isinstance(event, BadBatch):
        console.remark(f"step {event.step}: no step was taken ({event.cause}): {event.advice}")


def _summarise(finished: Finished, *, as_json: bool) -> None:
    """Print how the period ended; accuracies are percent of held-out words."""
    before, after = finished.before, finished.after
    summary = {
        "reason": finished.reason,
        "before_decay": round(100 * before.accuracy, 2) if before else None,
        "word_accuracy": round(100 * after.accuracy, 2) if after else None,
        "steps": finished.steps,
        "bad_batches": finished.bad_batches,
        "crops_per_second": round(finished.crops_per_second, 1),
        "seconds": round(finished.seconds, 1),
        "out": finished.out,
    }
    if as_json:
        console.emit(summary)
    else:
        console.show({name: "-" if value is None else value for name, value in summary.items()})
