"""Fine-tuning and training as a plain iterator of events.

    for event in fine_tune(plan, TrainConfig(out=Path("mine.safetensors"), base=starter)):
        ...

Who pulls the iterator sets the pace: not pulling pauses the run, closing it ends it at once and leaves the state of
the last save. Everything random depends on the seed and a position, never on what was drawn before, so a run that
was killed goes on exactly as it would have.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from model import distributed
from model.checkpoint import Weights, load_weights, save_weights
from model.concluding import concluded, outlook, suspects, whole, written
from model.devices import torch_threads
from model.diagnosis import diagnose_unread, structural_problems
from model.doubts import Doubts
from model.events import (
    BadBatch,
    Batch,
    Cause,
    Checkpoint,
    Decision,
    Epoch,
    Finished,
    Forecast,
    Offender,
    Score,
    Started,
    Suspect,
    TrainEvent,
)
from model.examining import Examiner
from model.gate import Comparison, Marks
from model.pace import Pace
from model.recovery import MAX_RECOVERIES, put_back, recover
from model.run_state import Progress, RunFolder
from model.training_setup import TrainConfig, calibrated, identity, prepare, trained_weights

if TYPE_CHECKING:
    from model.dataset import Indices
    from model.diagnosis import Diagnosis
    from model.planning import TrainingPlan

__all__ = ["TrainConfig", "fine_tune"]

PAUSE_SECONDS = 1.0
"""Longer than this between two events, the run was paused: that time is not taken off its time limit."""

_GOOD_EVERY = 100  # steps between two states to fall back on
_BATCHES_AHEAD = 16  # that are read before their turn, where strips do not fit into memory


def fine_tune(
    plan: TrainingPlan,
    config: TrainConfig,
    *,
    should_stop: Callable[[], bool] | None = None,
    spent: float = 0.0,
) -> Iterator[TrainEvent]:
    """Train on a plan and yield what happens: ``Started`` first, ``Finished`` last.

    Of several processes that torchrun has started, see :mod:`model.distributed`, the first alone decides at the end,
    yields ``Finished`` and writes; the others leave off before that.

    Args:
        plan: what to train on.
        config: how.
        should_stop: asked before every batch. A run that is stopped keeps its state for a resume. Its best weights
            so far are written, decision BETTER, if they pass the gate on held-out words; else it is STOPPED.
        spent: seconds of the time limit that are gone already.

    Raises:
        TrainingError: training cannot start, or its state cannot be written.
        WeightsError: the base weights cannot be read, or the new ones not be written.
    """
    stop = should_stop or (lambda: False)
    config = replace(config, batch=config.batch * distributed.size())
    with torch_threads(config.threads):
        run = _Run(plan, config, should_stop=stop, began=time.monotonic() - spent)
        try:
            for event in run.events():
                told_at = time.monotonic()
                yield event
                run.rest(time.monotonic() - told_at)
        finally:
            run.close()


class _Run:
    """One run of training: one method for each thing the loop does."""

    def __init__(
        self, plan: TrainingPlan, config: TrainConfig, *, should_stop: Callable[[], bool], began: float
    ) -> None:
        self._plan, self._config, self._began = plan, config, began
        self._should_stop = should_stop
        self._stopped = False
        self._folder = RunFolder.of(config.out)
        self._identity = identity(plan, config)
        distributed.require_same(self._identity)
        saved = distributed.of_leader(lambda: self._folder.load(self._identity)) if config.resume else None
        pace = Pace(**saved[1]["pace"]) if saved else None
        self._setup = prepare(plan, config, began=began, should_stop=should_stop, pace=pace)
        self._pace, self._learner, self._material = self._setup.pace, self._setup.learner, self._setup.material
        self._progress, self._doubts = Progress(), Doubts(len(self._material.crops))
        self._best: Weights | None = None
        if saved is None:
            if distributed.leads():
                self._folder.clear()
        else:
            tensors, values = saved
            self._learner.load_state(tensors, values["learner"])
            self._doubts.load_state(tensors)
            self._progress = Progress(**values["progress"])
            for index, cause, detail in self._progress.quarantine:
                self._material.crops.refuse(index, Cause(cause), detail)
            if self._progress.best:
                self._best = distributed.of_leader(lambda: load_weights(self._folder.best))
        self._examiner = Examiner(self._setup)
        self._resumed_at, self._resumed_crops = self._progress.step, self._progress.crops
        self._seconds_before = self._progress.seconds
        self._saved_at = time.monotonic()
        self._setup_seconds = self._saved_at - began
        self._batches: list[Indices] = self._material.deal(self._progress.epoch)

    def events(self) -> Iterator[TrainEvent]:
        """Train to the end, telling what happens."""
        yield self.started()
        while not (self.is_over() or self.wants_stop()):
            if event := self.take_step():
                yield event
            if self.is_evaluation_due():
                yield from self.evaluate()
            if self.is_keeping_due():
                yield from self.keep()
        if distributed.leads():
            yield from self.finish()

    def close(self) -> None:
        """End the processes that the run has started."""
        self._material.crops.close()

    def rest(self, seconds: float) -> None:
        """Take note of the time between two events: a pause does not use up the time limit."""
        if seconds > PAUSE_SECONDS:
            self._began += seconds

    def started(self) -> Started:
        """Say what is about to be trained."""
        setup, score = self._setup, _score(self._examiner.before)
        return Started(
            train=len(self._plan.train),
            val=len(setup.exam),
            left_out=(*self._plan.left_out, *self._material.crops.problems.values()),
            new_characters=self._plan.new_characters,
            steps=self._pace.steps,
            epochs=math.ceil(self._pace.steps / self._pace.epoch_steps),
            batch=self._config.batch,
            learning_rate=self._config.peak_rate,
            network=setup.start.network,
            device=setup.device,
            base=str(self._config.base) if self._config.base else None,
            loss=score.loss if score else math.nan,
            accuracy=score.accuracy if score else math.nan,
            cer=score.cer if score else math.nan,
            resumed_at=self._resumed_at,
            warnings=(*self._plan.warnings, *structural_problems(self._learner.network, setup.start.preprocessing)),
        )

    def is_over(self) -> bool:
        """Whether all steps are done, time is up, nothing gets better any more, or recovery is hopeless."""
        progress, patience = self._progress, self._config.patience
        return (
            progress.step >= self._pace.steps
            or distributed.anywhere(time.monotonic() > self._ends(-self._examiner.sitting - self._pace.routing))
            or (patience is not None and progress.stale >= patience)
            or progress.recoveries > MAX_RECOVERIES
        )

    def _ends(self, later: float) -> float:
        """Return the `time.monotonic` moment so many seconds after the end of the time limit."""
        return self._began + self._config.time_limit + later

    def wants_stop(self) -> bool:
        """Ask whether the user wants the run to end here."""
        self._stopped = distributed.anywhere(self._stopped or self._should_stop())
        return self._stopped

    def take_step(self) -> Batch | BadBatch | None:
        """Train on the next batch. None when all of its crops have been left out meanwhile."""
        progress, crops = self._progress, self._material.crops
        if progress.position >= len(self._batches):
            progress.epoch, progress.position = progress.epoch + 1, 0
            self._batches = self._material.deal(progress.epoch)
        self._material.read_ahead(self._batches[progress.position : progress.position + _BATCHES_AHEAD])
        known = set(crops.problems)
        indices = self._batches[progress.position]
        batch = self._material.batch(indices, epoch=progress.epoch, device=self._learner.device)
        progress.position += 1
        progress.step += 1
        if unread := crops.problems.keys() - known:
            return self._bad(diagnose_unread(crops, sorted(unread)))
        if batch is None:
            return None
        members = [crops.crops[i] for i in batch.indices]
        outcome = self._learner.learn(batch, members, step=progress.step - 1)
        if outcome.diagnosis:
            return self._bad(outcome.diagnosis)
        self._doubts.add(batch.everyone, outcome.margins, crops.labels(batch.everyone)[1])
        rate = self._learner.current_rate(progress.step - 1)
        return progress.learnt(outcome, crops=len(batch.everyone), learning_rate=rate, seconds=self._seconds())

    def is_evaluation_due(self) -> bool:
        """Whether so many steps were taken since the last evaluation, or the last one of all."""
        since = self._progress.step - self._progress.evaluated_at
        return since >= self._pace.evaluate_every or (since > 0 and self.is_over())

    def evaluate(self) -> Iterator[Epoch | Checkpoint | BadBatch]:
        """Read the held-out words with the averaged weights, and keep these if they are the best so far."""
        progress = self._progress
        progress.evaluated_at = progress.step
        exam = self._setup.exam
        after = distributed.of_leader(
            lambda: exam.mark(self._learner.average, self._plan.charset) if len(exam) else None
        )
        result = (after.score.cer, after.score.loss) if after and self._learner.is_finite() else None
        is_best = result is not None and (progress.best is None or result < tuple(progress.best))
        progress.stale = 0 if is_best else progress.stale + 1
        yield progress.evaluated(_score(after), is_best=is_best, seconds=self._seconds())
        if is_best:
            progress.best = result
            self._best = self._candidate(after)
            if distributed.leads():
                save_weights(self._best, self._folder.best)
            yield Checkpoint(progress.step, str(self._folder.best), "best", self._seconds())
        elif self._reads() and exam.is_collapsed(after):
            yield self._collapsed()

    def _reads(self) -> bool:
        """Whether anything was read right in held-out words so far, by the base weights or in an evaluation."""
        before, best = self._examiner.before, self._progress.best
        return (before is not None and before.score.cer < 1) or (best is not None and best[0] < 1)

    def _collapsed(self) -> BadBatch:
        """Go back to the best weights from ones that write the same, nothing most often, for every crop."""
        advice = put_back(self._learner, (self._best or self._setup.start).state, self._progress)
        return self._bad_batch(Cause.COLLAPSED, advice, (), restored=True)

    def is_keeping_due(self) -> bool:
        """Whether it is time for a new state to fall back on."""
        return self._progress.step % _GOOD_EVERY == 0

    def keep(self) -> Iterator[Checkpoint]:
        """Remember the present state if it is good, and write it if the last time is long enough ago."""
        due = time.monotonic() - self._saved_at >= self._config.save_seconds
        if self._learner.keep_good() and due and distributed.leads():
            yield self._save()

    def finish(self) -> Iterator[Checkpoint | Finished]:
        """Compare the best weights with the base and write them where they belong."""
        self._progress.seconds = self._seconds()
        if self._stopped and self._learner.keep_good():
            yield self._save()
        if not self._learner.is_finite():
            self._learner.fall_back()
        if self._stopped and self._best is None:
            reason = "Stopped before any weights were evaluated."
            yield self._finished(Decision.STOPPED, reason, Comparison(), None, suspects=())
            return
        candidate = whole(self._setup, self._best or self._candidate(None))
        comparison = self._examiner.compare(candidate)
        steps, score = candidate.ancestry[-1]["steps"], _score(comparison.after)
        candidate = trained_weights(self._setup, candidate, steps=steps, score=score)
        stopped_of = self._pace.steps if self._stopped else None
        decision, reason = concluded(comparison, self._progress, gate=self._config.gate, stopped_of=stopped_of)
        fit = comparison.after.fit if comparison.after else None
        out = written(calibrated(candidate, fit), decision, self._config.out)
        if not self._stopped:
            self._folder.clear()
        doubtful = suspects(self._setup, self._doubts, candidate)
        yield self._finished(decision, reason, comparison, out, suspects=doubtful, outlook=outlook(candidate))

    def _finished(
        self,
        decision: Decision,
        reason: str,
        comparison: Comparison,
        out: Path | None,
        *,
        suspects: tuple[Suspect, ...],
        outlook: Forecast | None = None,
    ) -> Finished:
        progress = self._progress
        seconds = max(1e-9, progress.seconds - self._seconds_before - self._setup_seconds)
        return Finished(
            decision=decision,
            reason=reason,
            out=str(out) if out else None,
            before=_score(comparison.before),
            after=_score(comparison.after),
            general_before=_score(comparison.general_before),
            general_after=_score(comparison.general_after),
            fixed=comparison.fixed,
            broken=comparison.broken,
            left_out=len(self._plan.left_out) + len(self._material.crops.problems),
            steps=progress.step,
            bad_batches=progress.bad_batches,
            crops_per_second=(progress.crops - self._resumed_crops) / seconds,
            seconds=self._seconds(),
            gain=comparison.gain,
            mislabelled=suspects,
            forecast=outlook,
        )

    def _bad(self, diagnosis: Diagnosis) -> BadBatch:
        """Do what a diagnosis calls for: leave crops out, or go back to the last good state."""
        if diagnosis.guilty:
            self._quarantine(diagnosis.guilty, diagnosis.cause, diagnosis.finding)
            advice = f"{diagnosis.finding} {_left_out(len(diagnosis.guilty))}"
            return self._bad_batch(diagnosis.cause, advice, diagnosis.offenders)
        advice, restored = recover(self._learner, diagnosis, self._progress)
        return self._bad_batch(diagnosis.cause, advice, diagnosis.offenders, restored=restored)

    def _bad_batch(
        self, cause: Cause, advice: str, offenders: tuple[Offender, ...], *, restored: bool = False
    ) -> BadBatch:
        return self._progress.failed(
            cause,
            advice,
            offenders,
            restored=restored,
            learning_rate=self._learner.current_rate(self._progress.step - 1),
            seconds=self._seconds(),
        )

    def _quarantine(self, indices: Sequence[int], cause: Cause, detail: str) -> None:
        for i in indices:
            self._material.crops.refuse(i, cause, detail)
            self._progress.quarantine.append((i, cause.value, detail))

    def _candidate(self, marks: Marks | None) -> Weights:
        """Return the averaged weights as they are now, ready to be saved."""
        weights = replace(self._setup.start, state=self._learner.averaged_state())
        return trained_weights(self._setup, weights, steps=self._progress.step, score=_score(marks))

    def _save(self) -> Checkpoint:
        self._progress.seconds = self._seconds()
        tensors, learner = self._learner.state()
        values = {
            "identity": self._identity,
            "pace": asdict(self._pace),
            "progress": asdict(self._progress),
            "learner": learner,
        }
        self._folder.save(tensors | self._doubts.state(), values)
        self._saved_at = time.monotonic()
        return Checkpoint(self._progress.step, str(self._folder.last), "last", self._seconds())

    def _seconds(self) -> float:
        """Seconds since the run started, those before an interruption included."""
        return self._seconds_before + time.monotonic() - self._began


def _score(marks: Marks | None) -> Score | None:
    return marks.score if marks else None


def _left_out(count: int) -> str:
    return "It is left out from now on." if count == 1 else f"These {count} crops are left out from now on."
