"""``crnn train``: fine-tunes or trains weights on a data set, tells every event, and refuses worse weights."""

from __future__ import annotations

import math
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from model import console
from model.assets import default_weights
from model.atomic import require_writable
from model.errors import TrainingError
from model.events import Decision, Finished, TrainEvent, to_json
from model.formats import open_dataset
from model.processes import keep_freed_memory
from model.run_state import RunFolder
from model.train_report import Teller, summarise

if TYPE_CHECKING:
    from model.annotations import LabelledCrop
    from model.planning import TrainingPlan
    from model.pretraining import PretrainConfig
    from model.training_setup import TrainConfig

REFUSED = 3
"""Exit status when the gate refused the new weights."""

INTERRUPTED = 130
"""Exit status after Ctrl+C."""

DEFAULT_NETWORK = "crnn-lite"

CROPS_A_MINUTE = 20_000
"""Looked at in the time allowed: twice as many as a core or two can train on."""


class NewCharacters(StrEnum):
    """What to do with characters the base weights cannot write."""

    EXTEND = "extend"
    SKIP = "skip"


def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A data set or a project.")],
    base: Annotated[
        str | None, typer.Option(help="Weights to start from, or none; default the starter weights.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="Network to build when --base is none; default crnn-lite.")
    ] = None,
    init: Annotated[
        str | None, typer.Option(help="Initial values when --base is none: he (the default), xavier or normal.")
    ] = None,
    pretrained: Annotated[
        str | None,
        typer.Option(
            metavar="imagenet|FILE", help="VGG16 weights that vgg16-bilstm starts from; imagenet fetches them."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where better weights go.")] = Path("trained.safetensors"),
    minutes: Annotated[float | None, typer.Option(min=0.05, help="Time budget; 5 without --epochs.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the crops.")] = None,
    val: Annotated[str | None, typer.Option(help="A data set, a fraction, or 0 to train on everything.")] = None,
    charset: Annotated[str | None, typer.Option(help="Preset or file of characters.")] = None,
    new_characters: Annotated[NewCharacters, typer.Option(help="What to do with new ones.")] = NewCharacters.EXTEND,
    events: Annotated[Path | None, typer.Option(help="Write every event to this file as JSON lines.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate; chosen when absent.")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Crops a step.")] = 32,
    width: Annotated[int | None, typer.Option(min=16, help="Stretch every crop to this width.")] = None,
    freeze: Annotated[bool, typer.Option("--freeze", help="Leave the convolutions as they are.")] = False,
    specialist: Annotated[
        bool, typer.Option(help="Leave crops unlike these to the base weights, so that little is forgotten.")
    ] = True,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run of the same --out.")] = False,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 0,
    part: Annotated[str | None, typer.Option(help="Only this part of the data set.")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="Take the data set for this format.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Fine-tune or train weights on a data set; worse weights are refused with exit status 3."""
    from model import distributed
    from model.charset import Charset
    from model.training_plan import plan_for
    from model.training_setup import TrainConfig

    began = time.monotonic()

    config = TrainConfig(
        out=out,
        base=None if base == "none" else Path(base) if base else default_weights(),
        network=network or DEFAULT_NETWORK,
        options=_network_options(network, base, init=init, pretrained=pretrained),
        minutes=minutes,
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        width=width,
        freeze=freeze,
        specialist=specialist,
        seed=seed,
        resume=resume or distributed.is_restarted(),
        device=device,
        precision=precision,
    )
    refuse_nonsense(config, events)
    with distributed.joined(device), console.silent(not distributed.leads()):
        data = open_dataset(dataset, format=format_, part=part)
        held_out = _held_out(val)
        with console.progress("Looking at crops") as advance:
            plan = plan_for(
                config,
                _enough(data.crops(), config),
                charset=Charset.named(charset) if charset else None,
                val=held_out,
                new_characters=new_characters.value,
                progress=advance,
            )
        _tell_of_share(held_out, plan)
        return _run(plan, config, events, began=began, as_json=as_json)


def _run(plan: TrainingPlan, config: TrainConfig, events: Path | None, *, began: float, as_json: bool) -> int:
    """Train, tell of it and return the exit status. Of several processes the first alone writes and speaks."""
    from model import distributed
    from model.training import fine_tune

    keep_freed_memory()
    interruption, leads = threading.Event(), distributed.leads()
    run = fine_tune(plan, config, should_stop=interruption.is_set, spent=time.monotonic() - began)
    with (
        RunFolder.of(config.out).claimed() if leads else nullcontext(),
        console.progress("Training") as advance,
        on_interrupt(interruption.set, kept_for="--resume"),
    ):
        teller, finished = Teller(advance), None
        for event in written(run, events if leads else None, append=config.resume):
            teller.tell(event)
            if isinstance(event, Finished):
                finished = event
    if finished:
        summarise(finished, as_json=as_json)
    if interruption.is_set():
        return INTERRUPTED
    # torchrun takes any other status for a breakdown, and would start the training again.
    is_refused = finished is not None and finished.decision is Decision.REFUSED and not distributed.is_launched()
    return REFUSED if is_refused else 0


def _network_options(
    network: str | None, base: str | None, *, init: str | None, pretrained: str | None
) -> dict[str, Any]:
    """Return what a new network is built with beside its defaults.

    Raises:
        TrainingError: there is no new network, or it could not be built with them.
    """
    from model.networks import NETWORKS
    from model.networks.base import INITS

    options: dict[str, Any] = {} if init is None else {"init": init}
    if pretrained is not None:
        options["pretrained"] = True if pretrained == "imagenet" else Path(pretrained)
    if (options or network) and base != "none":
        raise TrainingError("--network, --init and --pretrained say how a new network begins; they need --base none.")
    if init is not None and init not in INITS:
        raise TrainingError(f"There are no initial values called {init!r}; known are {', '.join(INITS)}.")
    network = network or DEFAULT_NETWORK
    if pretrained is not None and network in NETWORKS and "pretrained" not in signature(NETWORKS[network]).parameters:
        raise TrainingError(f"The network {network!r} has no part that --pretrained fits; vgg16-bilstm has.")
    return options


def refuse_nonsense(config: TrainConfig | PretrainConfig, events: Path | None) -> None:
    """Find what is wrong with the options before any crop is looked at.

    Raises:
        KnownError: the run could not end well.
    """
    from model.engines import PRECISIONS
    from model.networks import NETWORKS

    if config.network not in NETWORKS:
        known = ", ".join(sorted(NETWORKS))
        raise TrainingError(f"There is no network called {config.network!r}; known are {known}.")
    if config.precision not in PRECISIONS:
        raise TrainingError(f"There is no precision {config.precision!r}; known are {', '.join(PRECISIONS)}.")
    if config.learning_rate is not None and not 0 < config.learning_rate < math.inf:
        raise TrainingError(f"A learning rate is a number above 0, not {config.learning_rate:g}.")
    if config.minutes is not None and not math.isfinite(config.minutes):
        raise TrainingError(f"A time budget is a number of minutes, not {config.minutes:g}.")
    require_writable(config.out, make_folders=True)
    if config.out.suffix.lower() != ".safetensors":
        raise TrainingError(f"Weights are safetensors files: write them to {config.out.stem}.safetensors instead.")
    if events:
        require_writable(events)


def _enough(crops: Iterable[LabelledCrop], config: TrainConfig) -> list[LabelledCrop]:
    """Return all crops or, where time is short, as many as there is time to look at, drawn with the run's seed."""
    if math.isinf(config.time_limit):
        return list(crops)
    limit = max(CROPS_A_MINUTE, round(CROPS_A_MINUTE * config.time_limit / 60))
    rng = random.Random(config.seed)
    drawn: list[tuple[int, LabelledCrop]] = []
    total = 0
    for total, crop in enumerate(crops, 1):
        if len(drawn) < limit:
            drawn.append((total, crop))
        elif (place := rng.randrange(total)) < limit:
            drawn[place] = total, crop
    if total > limit:
        console.remark(
            f"{limit:,} of {total:,} crops are drawn, as many as there is time for; more --minutes take more"
        )
    return [crop for _, crop in sorted(drawn, key=lambda entry: entry[0])]


@contextmanager
def on_interrupt(stop: Callable[[], None], *, kept_for: str) -> Iterator[None]:
    """Let the first Ctrl+C or SIGTERM ask for an orderly end, which keeps the state; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    from model import distributed

    def ask(_signal: int, _frame: object) -> None:
        restore()
        console.remark(f"Stopping; the state is kept for {kept_for}. Press Ctrl+C again to end at once.")
        stop()

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    numbers = (signal.SIGINT,) if distributed.is_launched() else (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        restore()


def _held_out(val: str | None) -> float | list[LabelledCrop] | None:
    """Return what --val says: a share, or the crops of a data set."""
    if val is None:
        return None
    try:
        return float(val)
    except ValueError:
        return list(open_dataset(Path(val)).crops())


def _tell_of_share(val: float | list[LabelledCrop] | None, plan: TrainingPlan) -> None:
    """Say so where the data set's own part "val" is held out instead of the share that was asked for."""
    own = sum(crop.part == "val" for crop in plan.val)
    if own and isinstance(val, float):
        console.remark(
            f"--val {val:g} is not used, because the data set has a part for it: {own:,} crops are held out."
        )


def written(run: Iterator[TrainEvent], path: Path | None, *, append: bool) -> Iterator[TrainEvent]:
    """Yield the events after each was written to the file, which is touched only once the run has started."""
    if path is None:
        yield from run
        return
    first = next(run)
    with _told(path):
        # A lone surrogate in a file name becomes its JSON escape.
        file = path.open("a" if append else "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    with file:
        for event in chain((first,), run):
            with _told(path):
                print(to_json(event), file=file, flush=True)
            yield event


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrainingError(f"The events cannot be written to {path}: {error.strerror or error}.") from error
