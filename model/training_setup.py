"""From a plan and a configuration to everything a training run works with: weights, crops, exams, number of steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from model import distributed
from model.checkpoint import Weights, build_network, load_weights, weights_hash, with_charset
from model.devices import bf16_pays, choose
from model.gate import Exam
from model.images import Fit
from model.learner import Learner
from model.material import Drawn, Material, crop_set
from model.networks import Network, build
from model.pace import EXAM_LIMIT, VIEWS, Pace, exact_pace, measured_pace
from model.run_state import fingerprint
from model.schedules import Cosine
from model.specialists import Generalist, general_part, specialist_part
from model.synth.general import general_crops

if TYPE_CHECKING:
    from model import calibration
    from model.charset import Charset
    from model.dataset import CropSet
    from model.events import Score
    from model.images import Preprocessing
    from model.planning import TrainingPlan

DEFAULT_MINUTES = 5.0
LEARNING_RATE = 1e-3
"""Peak rate for batches of 32."""

_SMALL_SET = 2_000  # below this many crops the batch normalisation keeps the statistics of the base weights
_LOADING_SHARE, _EXAM_SHARE = 0.25, 0.05  # of the time there is, for reading crops from files
_TRIAL = 256  # crops that new weights are tried on where no words are held out


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """How to train. `--minutes`, `--epochs` and so on of `crnn train`.

    Attributes:
        out: where better weights are written; `out.run/` beside it keeps the state of the run.
        base: weights to start from; None trains the ``network`` from scratch.
        network, options: what to build without a base.
        epochs: exact passes over the crops.
        minutes: time for everything; the number of steps that fits is measured. 5 without epochs or steps.
        steps: exact number of batches; goes before the other two.
        batch: crops a step; of each process, where there are several.
        learning_rate: peak; None chooses.
        width: stretch all crops to this many pixels.
        freeze: leave the convolutional body as it is.
        augment: vary the crops.
        specialist: leave crops unlike those of the plan to the base weights, so that little is forgotten. Without it
            the new weights read them, and forget.
        patience: evaluations without a better one after which training ends; None for never.
        gate: refuse worse weights.
        seed: of everything random.
        resume: go on with an interrupted run of the same ``out``, if there is one.
        device, precision: "auto", or as in `crnn train`.
        threads: of torch; None leaves its choice.
        save_seconds: the least time between two states written for a resume.
    """

    out: Path
    base: Path | None = None
    network: str = "crnn-lite"
    options: Mapping[str, Any] = field(default_factory=dict)
    epochs: int | None = None
    minutes: float | None = None
    steps: int | None = None
    batch: int = 32
    learning_rate: float | None = None
    width: int | None = None
    freeze: bool = False
    augment: bool = True
    specialist: bool = True
    patience: int | None = None
    gate: bool = True
    seed: int = 0
    resume: bool = False
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    save_seconds: float = 20.0

    @property
    def time_limit(self) -> float:
        """Seconds after which training must end; infinite where passes or steps are exact."""
        if self.minutes is not None:
            return 60 * self.minutes
        return math.inf if self.epochs or self.steps else 60 * DEFAULT_MINUTES

    @property
    def peak_rate(self) -> float:
        """The learning rate asked for, or the one chosen."""
        return self.learning_rate or LEARNING_RATE


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a run works with.

    Attributes:
        device: what it runs on, and why.
        start: the weights before the first step, plain, in the plan's charset.
        base: the weights that the new ones must beat, as they are; None from scratch.
        generalist: what goes on reading crops unlike the plan's; None where the new weights read everything.
        exam: the held-out words that are read at every evaluation.
        general: general words that the plan's charset can write, for what is forgotten.
        trial: some of the crops trained on, to see whether anything is read where no words are held out.
        sit: makes an exam of crops and indices.
        pace: how long it is.
        learner: the network with its optimizer.
    """

    plan: TrainingPlan
    config: TrainConfig
    device: str
    start: Weights
    base: Weights | None
    generalist: Generalist | None
    material: Material
    exam: Exam
    general: Exam
    trial: Exam
    sit: Callable[[CropSet, Sequence[int]], Exam]
    pace: Pace
    learner: Learner


def prepare(
    plan: TrainingPlan,
    config: TrainConfig,
    *,
    began: float,
    should_stop: Callable[[], bool],
    pace: Pace | None,
) -> Setup:
    """Load weights and crops and decide how long to train.

    Args:
        plan, config: what and how to train.
        began: the `time.monotonic` moment from which the time limit counts.
        should_stop: ends the loading of crops early.
        pace: of the run that is taken up again; None to set one.

    Raises:
        TrainingError: no crop can be read.
        WeightsError: the base weights cannot be read.
    """
    device = choose(config.device)
    place = torch.device(device.kind)
    start, base = first_weights(plan, config)
    spec, limit = start.preprocessing, config.time_limit
    material = Material(plan, spec=spec, batch=config.batch, varied=config.augment, seed=config.seed)
    material.load(until=began + _LOADING_SHARE * limit, should_stop=should_stop)
    held_out = crop_set(plan.val, None, spec=spec)
    likely = _some(len(held_out), EXAM_LIMIT, config.seed)  # the rest is never read
    held_out.load(likely, until=began + (_LOADING_SHARE + _EXAM_SHARE) * limit, should_stop=should_stop)
    routing, examined = general_words() if base else ([], [])
    # Who leaves characters out of the charset does not want to have them read.
    writable = [(image, text) for image, text in examined if not plan.charset.unknown(text)]
    general = crop_set((), None, spec=spec, drawn=writable)
    general.load()
    generalist = _generalist(base, plan, config, routing) if base and config.specialist else None

    def learner(steps: int) -> Learner:
        return new_learner(build_network(start).to(place), config, steps=steps, crops=len(plan.train))

    sit = partial(Exam, preprocessing=spec, device=place)
    trial = sit(material.crops, material.crops.usable()[:_TRIAL])
    if pace is None:
        counts = {"exam": len(held_out), "general": len(general), "views": VIEWS if generalist else 0}
        if math.isinf(limit) or config.steps:
            pace = exact_pace(material, steps=config.steps, epochs=config.epochs, **counts)
        else:
            left = limit - (time.monotonic() - began)
            reading = partial(_reading_seconds, trial, start)
            measured = measured_pace(material, learner(1), reading, epochs=config.epochs, left=left, **counts)
            pace = distributed.of_leader(lambda: measured)
    return Setup(
        plan=plan,
        config=config,
        device=f"{device.kind}: {device.reason}",
        start=start,
        base=base,
        generalist=generalist,
        material=material,
        exam=sit(held_out, _some(len(held_out), pace.exam, config.seed)),
        general=sit(general, _some(len(general), pace.general, config.seed)),
        trial=trial,
        sit=sit,
        pace=pace,
        learner=learner(pace.steps),
    )


def first_weights(plan: TrainingPlan, config: TrainConfig) -> tuple[Weights, Weights | None]:
    """Return the plain weights training starts from, in the plan's charset, and the base weights as they are."""
    if config.base is None:
        fresh = fresh_weights(config.network, plan.charset, seed=config.seed, **config.options)
        return replace(fresh, preprocessing=preprocessing_of(fresh.preprocessing, config)), None
    base = load_weights(config.base)
    return _moved(specialist_part(base), plan, config), base


def fresh_weights(network: str, charset: Charset, *, seed: int, **options: Any) -> Weights:
    """Return weights with the initial values that a seed gives a network, see :func:`model.networks.build`."""
    torch.manual_seed(seed)
    built = build(network, len(charset), **options)
    return Weights(
        network=network,
        options=dict(built.options),
        charset=charset,
        preprocessing=built.preprocessing,
        state=built.state_dict(),
    )


def trained_weights(setup: Setup, weights: Weights, *, steps: int, score: Score | None) -> Weights:
    """Return the weights that training has made with what is told of it: its steps, its score on held-out words.

    They keep the temperature of the weights they come from. They hold no date and no speed: the same training gives
    the same bytes.
    """
    config = setup.config
    origin = {"base": weights_hash(config.base)} if config.base else {}
    crops = len(setup.plan.train)
    entry = origin | {"crops": crops, "steps": steps, "seed": config.seed, "learning_rate": config.peak_rate}
    figures = {"words": score.words, "word_accuracy": score.accuracy, "cer": score.cer} if score else {}
    return replace(weights, metrics=figures, ancestry=(*setup.start.ancestry, entry | figures))


def calibrated(weights: Weights, fit: calibration.Fit | None) -> Weights:
    """Return the weights with the temperature that held-out words call for, and with the error it leaves on them.

    Weights without a fit stay as they are: their words were too few.
    """
    if fit is None:
        return weights
    return replace(weights, temperature=fit.temperature, metrics={**weights.metrics, "ece": fit.error})


def new_learner(network: Network, config: TrainConfig, *, steps: int, crops: int) -> Learner:
    """Return the learner for a run of this many steps over this many crops."""
    few = config.base is not None and crops < _SMALL_SET
    return Learner(
        network,
        learning_rate=config.peak_rate,
        schedule=Cosine(steps, settled=0.0) if few else Cosine(steps),
        batch=config.batch,
        seed=config.seed,
        fine_tune=config.base is not None,
        freeze=config.freeze,
        half=half_precision(config.precision, next(network.parameters()).device),
    )


def _generalist(base: Weights, plan: TrainingPlan, config: TrainConfig, drawn: Sequence[Drawn]) -> Generalist:
    """Return what reads crops unlike the plan's, with general crops to tell the plan's from."""
    weights = _moved(general_part(base), plan, config)
    crops = crop_set((), None, spec=weights.preprocessing, drawn=drawn)
    crops.load()
    return Generalist(weights, crops)


def _moved(weights: Weights, plan: TrainingPlan, config: TrainConfig) -> Weights:
    """Return plain weights in a plan's charset that look at crops as a run does."""
    moved = weights if weights.charset == plan.charset else with_charset(weights, plan.charset)
    return replace(moved, preprocessing=preprocessing_of(weights.preprocessing, config))


def _reading_seconds(exam: Exam, weights: Weights) -> float:
    """Return the time in which weights read one word of an exam, in seconds."""
    start = time.perf_counter()
    exam.mark_weights(weights)
    return (time.perf_counter() - start) / len(exam)


def identity(plan: TrainingPlan, config: TrainConfig) -> dict[str, str]:
    """Return what an interrupted run must have in common with the one that takes it up, by the name to tell."""
    names = ("network", "epochs", "minutes", "steps", "batch", "learning_rate", "width", "freeze", "augment", "seed")
    return {name.replace("_", " "): str(getattr(config, name)) for name in (*names, "specialist")} | {
        "base weights": weights_hash(config.base) if config.base else "none",
        "crops or labels": fingerprint(plan.train),
        "held-out words": fingerprint(plan.val),
        "characters": plan.charset.characters,
    }


def preprocessing_of(spec: Preprocessing, config: TrainConfig) -> Preprocessing:
    """Return how a run prepares crops, given how its network or base weights do.

    Small writing is looked at from near from then on: general words lose nothing by it (docs/fine-tuning.md).
    """
    return replace(spec, widths=(config.width,) if config.width else spec.widths, closeup=spec.fit is Fit.STRETCH)


def general_words() -> tuple[list[Drawn], list[Drawn]]:
    """Return general crops for a router to learn from, and others for the general exam."""
    crops = general_crops()
    return crops[1::2], crops[::2]


def _some(total: int, count: int, seed: int) -> list[int]:
    """Return ``count`` of the numbers below ``total``, ascending; for a seed always the same ones."""
    return sorted(np.random.default_rng(seed).permutation(total)[:count].tolist())


def half_precision(precision: str, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as told, else where a trial shows that it is clearly quicker."""
    if precision != "auto":
        return precision == "bf16"
    return bf16_pays(device.type)
