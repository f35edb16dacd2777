"""From a plan and a configuration to everything a training run works with: weights, crops, exams, number of steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from model.annotations import LabelledCrop
from model.augment import augment
from model.checkpoint import Weights, build_network, load_weights, weights_hash, with_charset
from model.dataset import CropBatch, CropSet, Indices, deal, normalized
from model.devices import bf16_pays, choose
from model.errors import TrainingError
from model.gate import Exam
from model.learner import Cosine, Learner
from model.networks import Network, build
from model.run_state import fingerprint
from model.synth.general import general_crops

if TYPE_CHECKING:
    from model.calibration import Fit
    from model.charset import Charset
    from model.events import Score
    from model.images import Preprocessing
    from model.planning import TrainingPlan

DEFAULT_MINUTES = 5.0
LEARNING_RATE, FINE_TUNE_RATE = 1e-3, 5e-4
"""Peak rates from scratch and from trained weights, for batches of 32."""

_SMALL_SET = 2_000  # below this many crops the batch normalisation keeps the statistics of the base weights
_EXAM_LIMIT = 2_000  # held-out words that are read at each evaluation: they settle the accuracy to one point
_LOADING_SHARE, _EXAM_SHARE, _TRAINING_SHARE = 0.25, 0.05, 0.85  # of the time there is
_EVALUATION_SHARE = 0.15
_READS_PER_STEP = 3  # crops that are read in the time in which one is trained on, about
_LEAST_STEPS = 20  # between two evaluations
_TRIAL = 256  # crops that new weights are tried on where no words are held out
_LONG_EPOCH = 8_000  # crops; longer passes are evaluated in between


Drawn = tuple[Image.Image, str]
"""A crop without a file, and its text."""


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
        batch: crops a step.
        learning_rate: peak, of the head; None chooses.
        width: stretch all crops to this many pixels.
        freeze: leave the convolutional body as it is.
        augment: vary the crops.
        replay: general crops mixed in for each crop of the plan when there is a base, so that little is forgotten.
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
    replay: float = 1.0
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
        return self.learning_rate or (FINE_TUNE_RATE if self.base else LEARNING_RATE)


@dataclass(slots=True)
class Pace:
    """How long a run is, fixed at its start and kept for a resume.

    Attributes:
        steps: batches of the whole run.
        epoch_steps: batches of one pass, about.
        evaluate_every: steps between two evaluations. A count, not a time: a run must not depend on the clock.
        exam: how many held-out words are read.
    """

    steps: int
    epoch_steps: int
    evaluate_every: int
    exam: int


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a run works with.

    Attributes:
        device: what it runs on, and why.
        start: the weights before the first step, in the plan's charset.
        base: the weights that the new ones must beat, as they are; None from scratch.
        exam: the held-out words that are read at every evaluation.
        general: general words, for what is forgotten.
        trial: some of the crops trained on, to see whether anything is read where no words are held out.
    """

    plan: TrainingPlan
    config: TrainConfig
    device: str
    start: Weights
    base: Weights | None
    material: Material
    exam: Exam
    general: Exam
    trial: Exam
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
    replay, general = general_words(plan.charset) if base else ((), ())
    material = Material(plan, config, spec=spec, replay=replay)
    material.load(until=began + _LOADING_SHARE * limit, should_stop=should_stop)
    held_out = crop_set(plan.val, None, spec=spec)
    held_out.load(until=began + (_LOADING_SHARE + _EXAM_SHARE) * limit, should_stop=should_stop)
    general_set = crop_set((), None, spec=spec, drawn=general)
    general_set.load()

    def learner(steps: int) -> Learner:
        network = build_network(start).to(place)
        return new_learner(network, config, steps=steps, crops=len(plan.train))

    if pace is None:
        left = limit - (time.monotonic() - began)
        pace = set_pace(material, learner(1), config, held_out=len(held_out), left=left)
    return Setup(
        plan=plan,
        config=config,
        device=f"{device.kind}: {device.reason}",
        start=start,
        base=base,
        material=material,
        exam=Exam(held_out, _some(len(held_out), pace.exam, config.seed), preprocessing=spec, device=place),
        general=Exam(general_set, range(len(general_set)), preprocessing=spec, device=place),
        trial=Exam(
            material.crops, material.crops.usable(range(len(plan.train)))[:_TRIAL], preprocessing=spec, device=place
        ),
        pace=pace,
        learner=learner(pace.steps),
    )


class Material:
    """The crops a run learns from, and the order in which they are dealt.

    Args:
        plan: its crops come first.
        config: of the run.
        spec: how strips are made.
        replay: general crops to mix in, with their texts.
    """

    def __init__(
        self, plan: TrainingPlan, config: TrainConfig, *, spec: Preprocessing, replay: Sequence[Drawn]
    ) -> None:
        self._config, self._spec = config, spec
        self._own = len(plan.train)
        self.crops = crop_set(plan.train, plan.charset, spec=spec, drawn=replay)
        self._members = np.empty(0, np.int64)

    def load(self, *, until: float, should_stop: Callable[[], bool]) -> None:
        """Read the crops, see :meth:`CropSet.load`.

        Raises:
            TrainingError: none of the plan's crops can be read.
        """
        self.crops.load(until=until, should_stop=should_stop)
        self._members = self.crops.usable()
        if not (self._members < self._own).any():
            raise TrainingError("None of the crops to train on can be read.")

    def deal(self, epoch: int) -> list[Indices]:
        """Return the batches of an epoch: every crop of the plan once, and as many general crops as wanted.

        Crops that turn out to be bad later stay in their batch and are left out when it is made, so that an
        interrupted run finds the same batches again.
        """
        own = self._members[self._members < self._own]
        general = self._members[self._members >= self._own]
        count = min(len(general), round(self._config.replay * len(own)))
        drawn = np.random.default_rng((self._config.seed, epoch, 1)).choice(general, count, replace=False)
        members = np.concatenate([own, drawn])
        return deal(members, self.crops.widths, batch=self._config.batch, seed=self._config.seed, epoch=epoch)

    def batch(self, indices: Indices, *, epoch: int, device: torch.device) -> CropBatch | None:
        """Return the network's input for these crops, varied if the run asks for it; None if none can be read."""
        found, strips = self.crops.strips(self.crops.usable(indices))
        if not found:
            return None
        images = strips.to(device).float()
        if self._config.augment:
            images = augment(images, found, seed=self._config.seed, epoch=epoch)
        return CropBatch(tuple(found), normalized(images, self._spec), *self.crops.labels(found))


def crop_set(
    crops: Sequence[LabelledCrop], charset: Charset | None, *, spec: Preprocessing, drawn: Sequence[Drawn] = ()
) -> CropSet:
    """Return the set of these crops, followed by drawn ones that have no file."""
    general = [LabelledCrop(f"general {i}", Path(), None, text) for i, (_, text) in enumerate(drawn)]
    pixels = {len(crops) + i: image for i, (image, _) in enumerate(drawn)}
    return CropSet((*crops, *general), charset, preprocessing=spec, pixels=pixels)


def first_weights(plan: TrainingPlan, config: TrainConfig) -> tuple[Weights, Weights | None]:
    """Return the weights training starts from, in the plan's charset, and the base weights as they are."""
    if config.base is None:
        fresh = fresh_weights(config.network, plan.charset, seed=config.seed, **config.options)
        return replace(fresh, preprocessing=preprocessing_of(fresh.preprocessing, config)), None
    base = load_weights(config.base)
    moved = base if base.charset == plan.charset else with_charset(base, plan.charset)
    return replace(moved, preprocessing=preprocessing_of(base.preprocessing, config)), base


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


def trained_weights(
    setup: Setup, state: Mapping[str, Tensor], *, steps: int, score: Score | None, blend: float = 1.0
) -> Weights:
    """Return the weights that training has made: with this state, after so many steps, scored on held-out words.

    ``blend`` is the share of what was learnt in the state; the rest is as it was before.

    They keep the temperature of the weights they come from. They hold no date and no speed: the same training gives
    the same bytes.
    """
    config, start = setup.config, setup.start
    origin = {"base": weights_hash(config.base)} if config.base else {}
    crops = len(setup.plan.train)
    entry = origin | {"crops": crops, "steps": steps, "seed": config.seed, "learning_rate": config.peak_rate}
    entry |= {"blend": blend} if blend < 1 else {}
    figures = {"words": score.words, "word_accuracy": score.accuracy, "cer": score.cer} if score else {}
    return replace(start, state=state, metrics=figures, ancestry=(*start.ancestry, entry))


def calibrated(weights: Weights, fit: Fit | None) -> Weights:
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


def set_pace(material: Material, trial: Learner, config: TrainConfig, *, held_out: int, left: float) -> Pace:
    """Decide how many steps a run has and how often it is evaluated.

    Args:
        material: loaded.
        trial: a learner to measure with; it is spoilt.
        config: says steps, epochs or a time.
        held_out: words to evaluate on.
        left: seconds until training must end, where it must.
    """
    batches = material.deal(0)
    exam = min(held_out, _EXAM_LIMIT)
    if config.steps:
        steps = config.steps
    elif math.isinf(left):
        assert config.epochs is not None
        steps = sum(len(material.deal(epoch)) for epoch in range(config.epochs))
    else:
        seconds = _seconds_per_batch(material, trial, batches, limit=min(5.0, 0.05 * left))
        crop_seconds = seconds / np.mean([len(batch) for batch in batches])
        exam = min(exam, max(64, int(_EXAM_SHARE * left * _READS_PER_STEP / crop_seconds)))
        steps = max(1, int(_TRAINING_SHARE * left / seconds))
        if config.epochs:
            steps = min(steps, sum(len(material.deal(epoch)) for epoch in range(config.epochs)))
    least = max(_LEAST_STEPS, exam / _READS_PER_STEP / _EVALUATION_SHARE / config.batch)
    often = min(len(batches), max(1, _LONG_EPOCH // config.batch))
    return Pace(steps, len(batches), often * math.ceil(max(1, least / often)), exam)


def _seconds_per_batch(material: Material, trial: Learner, batches: list[Indices], *, limit: float) -> float:
    """Return the mean time of a step, after one to warm up."""
    start, done = time.perf_counter(), 0
    for n, indices in enumerate(batches * 2):
        if n == 1:
            start, done = time.perf_counter(), 0
        batch = material.batch(indices, epoch=0, device=trial.device)
        if batch is not None:
            trial.learn(batch, [material.crops.crops[i] for i in batch.indices], step=0)
            done += 1
        if n and done and time.perf_counter() - start > limit:
            break
    return (time.perf_counter() - start) / max(1, done)


def identity(plan: TrainingPlan, config: TrainConfig) -> dict[str, str]:
    """Return what an interrupted run must have in common with the one that takes it up, by the name to tell."""
    names = ("network", "epochs", "minutes", "steps", "batch", "learning_rate", "width", "freeze", "augment", "seed")
    return {name.replace("_", " "): str(getattr(config, name)) for name in names} | {
        "base weights": weights_hash(config.base) if config.base else "none",
        "crops or labels": fingerprint(plan.train),
        "held-out words": fingerprint(plan.val),
        "characters": plan.charset.characters,
    }


def preprocessing_of(spec: Preprocessing, config: TrainConfig) -> Preprocessing:
    """Return how a run prepares crops, given how its network or base weights do."""
    return replace(spec, widths=(config.width,)) if config.width else spec


def general_words(charset: Charset) -> tuple[list[Drawn], list[Drawn]]:
    """Return general crops this charset can write, to replay; and others, all of them, for the general exam."""
    crops = general_crops()
    return [crop for crop in crops[1::2] if not charset.unknown(crop[1])], list(crops[::2])


def _some(total: int, count: int, seed: int) -> list[int]:
    """Return ``count`` of the numbers below ``total``, ascending; for a seed always the same ones."""
    return sorted(np.random.default_rng(seed).permutation(total)[:count].tolist())


def half_precision(precision: str, device: torch.device) -> bool:
    """Whether to compute in bfloat16: as told, else where a trial shows that it is clearly quicker."""
    if precision != "auto":
        return precision == "bf16"
    return bf16_pays(device.type)
