"""Pretraining on rendered words without end, in as many periods as one likes, as a plain iterator of events.

    for event in pretrain(PretrainConfig(out=Path("starter.safetensors"), charset=Charset.named("ascii"), minutes=60)):
        ...

The learning rate warms up, stays where it is, and sinks to zero in the last part of the period: "warmup, stable,
decay" (Hu et al. 2024, MiniCPM; the decay by the square root is that of Haegele et al. 2024). The state from before
the decay is kept, and the next period goes on from there as if there had been no decay; the decayed weights are what
the period is for. So nobody needs to know beforehand how long all of it will take.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import count, takewhile

import numpy as np
import torch
from numpy.typing import NDArray

from model.calibration import fit_temperature
from model.checkpoint import Weights, build_network, load_weights, save_weights, weights_hash, with_charset
from model.ctc import greedy_indices
from model.dataset import deal, normalized
from model.devices import choose, torch_threads
from model.diagnosis import Diagnosis
from model.errors import TrainingError
from model.events import BadBatch, Batch, Checkpoint, Decision, Epoch, Finished, Score, Started, TrainEvent
from model.gate import Exam
from model.learner import Learner
from model.material import Drawn, crop_set
from model.pretraining_options import PretrainConfig
from model.recovery import MAX_RECOVERIES, recover
from model.run_state import Progress, RunFolder
from model.schedules import WarmupStableDecay
from model.specialists import general_part
from model.stream import Deal, Ramp, Stream, SyntheticStrips
from model.synth import SyntheticCrops, TextSource, find_fonts
from model.training_setup import fresh_weights, half_precision

__all__ = ["PretrainConfig", "pretrain"]

VAL_SEED = 7_301_984_455
"""Seed of the held-out words, the same for all runs, so that their figures compare."""

_GOOD_EVERY = 100  # steps between two states to fall back on


def pretrain(config: PretrainConfig, *, should_stop: Callable[[], bool] | None = None) -> Iterator[TrainEvent]:
    """Learn from rendered words for one period and yield what happens: ``Started`` first, ``Finished`` last.

    ``Epoch`` tells of each evaluation of the averaged weights; its ``epoch`` counts the stages of the stream. In
    ``Finished``, ``before`` are the averaged weights before the decay and ``after`` those that were written.

    Args:
        config: how.
        should_stop: asked before every batch, and before that for every held-out word that is drawn. A period that is
            stopped keeps its state and writes no weights.

    Raises:
        TrainingError: the state belongs to another run, is in use or cannot be written, or learning failed for good.
        WeightsError: weights cannot be read or written.
        KnownError: no font on this machine can draw the characters.
    """
    stop = should_stop or (lambda: False)
    folder = RunFolder(config.state) if config.state else RunFolder.of(config.out)
    with folder.claimed(), torch_threads(config.threads):
        period = _Period(config, folder, stop)
        try:
            yield from period.events()
        finally:
            period.close()


class _Period:
    """One period of a run: one method for each thing the loop does."""

    def __init__(self, config: PretrainConfig, folder: RunFolder, should_stop: Callable[[], bool]) -> None:
        self._config, self._folder, self._should_stop = config, folder, should_stop
        self._began = self._kept_at = time.monotonic()
        self._stopped = self._decaying = False
        saved = self._folder.load(config.identity)
        self._start = self._weights_before(resumed=saved is not None)
        self._device = choose(config.device)
        network = build_network(self._start).to(torch.device(self._device.kind))
        self._schedule = WarmupStableDecay(self._spent, config.cooldown)
        self._learner = Learner(
            network,
            learning_rate=config.stable_rate,
            schedule=self._schedule,
            batch=config.batch,
            seed=config.seed,
            half=half_precision(config.precision, torch.device(self._device.kind)),
        )
        self._progress = Progress()
        self._deal = Deal(config.seed, 0, config.batch, config.repeats)
        if saved:
            tensors, values = saved
            self._learner.load_state(tensors, values["learner"])
            self._progress = Progress(**values["progress"])
            self._deal = self._deal_after(Deal(**values["deal"]))
        self._first, self._first_crops = self._progress.step, self._progress.crops
        self._seconds_before = self._progress.seconds
        self._fonts = config.fonts or find_fonts()
        texts = TextSource(config.charset.characters)
        ramp, spec = Ramp(*config.difficulty, config.ramp), self._start.preprocessing
        held_out = SyntheticCrops(VAL_SEED, self._fonts, texts, ramp.last)
        self._val = crop_set((), None, spec=spec, drawn=self._drawn(held_out))
        self._val.load()
        self._exam = Exam(self._val, range(len(self._val)), preprocessing=spec, device=self._learner.device)
        self._before: Score | None = None
        self._stream = Stream(
            SyntheticStrips(SyntheticCrops(config.seed, self._fonts, texts), ramp, spec),
            charset=config.charset,
            network=network,
            dealing=self._deal,
            stage=self._progress.epoch,
            workers=config.workers,
        )

    def events(self) -> Iterator[TrainEvent]:
        """Learn to the end of the period, telling what happens."""
        yield self.started()
        for position in self.positions():
            if self.is_over():
                break
            if not self._decaying and self._schedule.is_decaying(self._progress.step):
                yield from self.keep()
                self._decaying = True
            if position is None:
                continue
            yield self.take_step(position)
            if self._progress.step % _GOOD_EVERY == 0:
                self._learner.keep_good()
            if time.monotonic() - self._kept_at >= self._config.save_seconds:
                yield from self.keep()
        yield from self.finish()

    def close(self) -> None:
        """End what the period has started."""
        self._stream.close()

    def started(self) -> Started:
        """Say what is about to be learnt; what has no end or is not known is told as 0."""
        config = self._config
        return Started(
            train=0,
            val=len(self._exam),
            left_out=(),
            new_characters="",
            steps=config.steps or 0,
            epochs=0,
            batch=config.batch,
            learning_rate=config.stable_rate,
            network=self._start.network,
            device=f"{self._device.kind}: {self._device.reason}",
            base=str(config.init) if config.init else None,
            resumed_at=self._first,
        )

    def positions(self) -> Iterator[int | None]:
        """Yield each batch's position in its stage, and None whenever a few crops were drawn; without end."""
        progress = self._progress
        for stage in count(progress.epoch):
            progress.epoch = stage
            while not self._stream.is_ready(stage):
                self._stream.draw()
                yield None
            yield from range(progress.position, self._stream.begin(stage))
            progress.position = 0

    def is_over(self) -> bool:
        """Whether the period has passed, or the user wants it to end."""
        return self.wants_stop() or self._spent(self._progress.step) >= 1

    def wants_stop(self) -> bool:
        """Ask whether the user wants the period to end here."""
        self._stopped = self._stopped or self._should_stop()
        return self._stopped

    def take_step(self, position: int) -> Batch | BadBatch:
        """Learn from the batch at this position of the stage."""
        progress = self._progress
        batch, crops = self._stream.batch(position, self._learner.device)
        progress.position = position + 1
        progress.step += 1
        outcome = self._learner.learn(batch, crops, step=progress.step - 1)
        if outcome.diagnosis:
            return self._bad(outcome.diagnosis)
        rate = self._learner.current_rate(progress.step - 1)
        return progress.learnt(outcome, crops=len(batch), learning_rate=rate, seconds=self._seconds())

    def keep(self) -> Iterator[Epoch | Checkpoint]:
        """Evaluate the averaged weights and, unless the rate is sinking or they are not sound, write the state."""
        score = self._exam.mark(self._learner.average, self._config.charset).score
        yield self._progress.evaluated(score, is_best=False, seconds=self._seconds())
        self._kept_at = time.monotonic()
        if not self._decaying and self._learner.keep_good():
            self._before = score
            yield self._save()

    def finish(self) -> Iterator[TrainEvent]:
        """Write the decayed weights, calibrated; of a period that was stopped only the state, if it is a new one."""
        has_learnt = self._progress.step > self._first
        if has_learnt and not self._decaying:
            yield from self.keep()
        if self._stopped:
            reason = "the next period goes on from the state" if has_learnt else "no word was learnt from"
            yield self._finished(Decision.STOPPED, f"Stopped; {reason}.", None)
            return
        if not has_learnt:
            raise TrainingError("The period was over before a word could be learnt from; allow more --minutes.")
        if not self._learner.is_finite():
            self._learner.fall_back()
        score = self._exam.mark(self._learner.average, self._config.charset).score
        save_weights(replace(self._weights(score), temperature=self._temperature()), self._config.out)
        reason = f"{score.accuracy:.1%} of {score.words} held-out words are read right."
        yield self._finished(Decision.BETTER, reason, score)

    def _drawn(self, held_out: SyntheticCrops) -> list[Drawn]:
        """Draw the held-out words; none are needed any more once the user wants the period to end."""
        return [held_out[i] for i in takewhile(lambda _: not self.wants_stop(), range(self._config.val))]

    def _spent(self, step: int) -> float:
        """Return the share of the period that is gone, by its steps or by the clock, whichever is further."""
        by_steps = (step - self._first) / (self._config.steps or math.inf)
        by_clock = (time.monotonic() - self._began) / (60 * (self._config.minutes or math.inf))
        return max(by_steps, by_clock)

    def _weights_before(self, *, resumed: bool) -> Weights:
        """Return what the run began with; of an interrupted one the averaged weights beside its state say it."""
        config = self._config
        if resumed:
            kept = load_weights(self._folder.best)
            return replace(kept, ancestry=kept.ancestry[:-1])
        if config.init is None:
            return fresh_weights(config.network, config.charset, seed=config.seed, **config.options)
        base = general_part(load_weights(config.init))
        return base if base.charset == config.charset else with_charset(base, config.charset)

    def _deal_after(self, deal: Deal) -> Deal:
        """Return how to go on dealing after an interruption: as before or, with other options, from the next block."""
        config, progress = self._config, self._progress
        if (deal.batch, deal.repeats) == (config.batch, config.repeats):
            return deal
        changed = replace(deal, origin=deal.end(progress.epoch), batch=config.batch, repeats=config.repeats)
        progress.epoch = progress.position = 0
        return changed

    def _bad(self, diagnosis: Diagnosis) -> BadBatch:
        """Pass over a batch that crops are to blame for, or let the learner recover."""
        progress = self._progress
        advice, restored = f"{diagnosis.finding} The batch was skipped.", False
        if not diagnosis.guilty:
            advice, restored = recover(self._learner, diagnosis, progress)
        if progress.recoveries > MAX_RECOVERIES:
            raise TrainingError(
                f"Pretraining was given up after {progress.recoveries} recoveries; "
                f"go on from the state in {self._folder.path} with a lower --learning-rate."
            )
        return progress.failed(
            diagnosis.cause,
            advice,
            diagnosis.offenders,
            restored=restored,
            learning_rate=self._learner.current_rate(progress.step - 1),
            seconds=self._seconds(),
        )

    def _save(self) -> Checkpoint:
        """Write the state, and beside it the averaged weights, to read with at any time."""
        self._progress.seconds = self._seconds()
        tensors, learner = self._learner.state()
        values = {
            "identity": self._config.identity,
            "deal": asdict(self._deal),
            "progress": asdict(self._progress),
            "learner": learner,
        }
        save_weights(self._weights(self._before), self._folder.best)
        self._folder.save(tensors, values)
        return Checkpoint(self._progress.step, str(self._folder.last), "last", self._seconds())

    def _weights(self, score: Score | None) -> Weights:
        """Return the averaged weights with what made them."""
        config, progress = self._config, self._progress
        origin = {"base": weights_hash(config.init)} if config.init else {}
        entry = origin | {
            "rendered": self._deal.end(progress.epoch),
            "crops": progress.crops,
            "steps": progress.step,
            "minutes": round(self._seconds() / 60, 1),
            "seed": config.seed,
            "batch": config.batch,
            "learning_rate": config.stable_rate,
            "difficulty": list(config.difficulty),
            "fonts": self._fonts.digest,
        }
        figures = {"words": score.words, "word_accuracy": score.accuracy, "cer": score.cer} if score else {}
        return replace(
            self._start,
            state=self._learner.averaged_state(),
            metrics=figures,
            ancestry=(*self._start.ancestry, entry),
            temperature=1.0,
        )

    @torch.no_grad()
    def _temperature(self) -> float:
        """Return the temperature that the held-out words call for; 1 where they are too few to tell."""
        network, spec, charset = self._learner.average, self._start.preprocessing, self._config.charset

        def batches() -> Iterator[tuple[NDArray[np.float32], list[bool]]]:
            for members in deal(self._val.usable(), self._val.widths, batch=64, seed=0, epoch=0):
                found, strips = self._val.strips(members)
                logits = network(normalized(strips.to(self._learner.device), spec)).float()
                texts = map(charset.text, greedy_indices(logits))
                yield (
                    logits.cpu().numpy(),
                    [self._val.crops[i].text == text for i, text in zip(found, texts, strict=True)],
                )

        return fit_temperature(batches()) or 1.0

    def _finished(self, decision: Decision, reason: str, after: Score | None) -> Finished:
        progress = self._progress
        return Finished(
            decision=decision,
            reason=reason,
            out=str(self._config.out) if after else None,
            before=self._before,
            after=after,
            general_before=None,
            general_after=None,
            fixed=(),
            broken=(),
            left_out=0,
            steps=progress.step,
            bad_batches=progress.bad_batches,
            crops_per_second=(progress.crops - self._first_crops) / (time.monotonic() - self._began),
            seconds=self._seconds(),
        )

    def _seconds(self) -> float:
        """Seconds of this period and those before it."""
        return self._seconds_before + time.monotonic() - self._began
