"""What a training run leaves on the disk so that it can be taken up again exactly where it was.

`last.safetensors` in the run's folder holds tensors and, in its metadata, plain values as JSON; `best.safetensors`
beside it is an ordinary weights file, and `crops.json`, where the data set is one that a person works on meanwhile, the
crops as they were when the run began. Each is replaced as a whole, so a kill at any moment leaves the one or the other.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.annotations import Box, LabelledCrop, Point
from model.atomic import write_bytes
from model.errors import TrainingError
from model.events import BadBatch, Batch, Cause, Epoch, Offender, Score

if TYPE_CHECKING:
    from torch import Tensor

    from model.learner import Outcome

_KEY = "run"


@dataclass(slots=True)
class Progress:
    """Where a run is. It is written with every state, and a resumed run goes on with it.

    Attributes:
        step: batches dealt so far, whatever became of them.
        epoch, position: the pass, and the next batch of it.
        crops: trained on so far.
        evaluated_at: step of the last evaluation.
        best: (character error rate, loss) of the best evaluation.
        stale: evaluations since the best one.
        troubles: batches in a row without a step though their crops were sound.
        recoveries: returns to the last good state.
        losses, accuracies: of the batches since the last evaluation.
        quarantine: crops found to be bad, as [index, cause, detail].
    """

    step: int = 0
    epoch: int = 0
    position: int = 0
    crops: int = 0
    evaluated_at: int = 0
    best: tuple[float, float] | None = None
    stale: int = 0
    bad_batches: int = 0
    troubles: int = 0
    recoveries: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    quarantine: list[tuple[int, str, str]] = field(default_factory=list)

    def learnt(self, outcome: Outcome, *, crops: int, learning_rate: float, seconds: float) -> Batch:
        """Take note of a step with so many crops, and tell of it."""
        self.troubles = 0
        self.crops += crops
        self.losses.append(outcome.loss)
        self.accuracies.append(outcome.accuracy)
        return Batch(
            step=self.step,
            epoch=self.epoch + 1,
            loss=outcome.loss,
            accuracy=outcome.accuracy,
            gradient_norm=outcome.gradient_norm,
            learning_rate=learning_rate,
            crops=crops,
            seconds=seconds,
        )

    def failed(
        self,
        cause: Cause,
        advice: str,
        offenders: tuple[Offender, ...],
        *,
        restored: bool,
        learning_rate: float,
        seconds: float,
    ) -> BadBatch:
        """Take note of a batch that was not learnt from, and tell of it."""
        self.bad_batches += 1
        return BadBatch(
            step=self.step,
            epoch=self.epoch + 1,
            cause=cause,
            advice=advice,
            offenders=offenders,
            learning_rate=learning_rate,
            restored=restored,
            seconds=seconds,
        )

    def evaluated(self, score: Score | None, *, is_best: bool, seconds: float) -> Epoch:
        """Tell of an evaluation, None where there was nothing to read, and of the batches since the last one."""
        losses, accuracies = self.losses, self.accuracies
        self.losses, self.accuracies = [], []
        return Epoch(
            epoch=self.epoch + 1,
            step=self.step,
            loss=_mean(losses),
            accuracy=_mean(accuracies),
            val_loss=score.loss if score else math.nan,
            val_accuracy=score.accuracy if score else math.nan,
            val_cer=score.cer if score else math.nan,
            is_best=is_best,
            seconds=seconds,
        )


class RunFolder:
    """The folder in which a run keeps its state."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last = self.path / "last.safetensors"
        self.best = self.path / "best.safetensors"
        self._crops = self.path / "crops.json"

    @classmethod
    def of(cls, out: Path) -> RunFolder:
        """Return the folder `OUT.run` of the run that writes the weights `OUT`."""
        return cls(out.with_name(f"{out.name}.run"))

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Keep other runs away from the folder while the block runs; the system frees it when the process dies.

        Raises:
            TrainingError: another run has it, or its place cannot be written to.
        """
        from filelock import FileLock, Timeout

        file = self.path.with_name(f".{self.path.name}.lock")
        lock = FileLock(file, timeout=0, thread_local=False)  # a generator may be closed by another thread
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise TrainingError(
                f"Another run is at work in {self.path}; wait for its end, or write to another place."
            ) from None
        except OSError as error:
            raise TrainingError(f"{file} cannot be written: {error.strerror or error}.") from error
        try:
            yield
        finally:
            with suppress(OSError):  # Windows removes it on release, and not before
                file.unlink()
            lock.release()

    def clear(self) -> None:
        """Remove what an earlier run left."""
        if self.path.exists():
            shutil.rmtree(self.path)

    def save(self, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
        """Replace the state.

        Raises:
            TrainingError: it cannot be written.
        """
        from safetensors.torch import save

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_bytes(self.last, save(dict(tensors), metadata={_KEY: json.dumps(values, sort_keys=True)}))
        except OSError as error:
            raise TrainingError(f"The run state {self.last} cannot be written: {error.strerror or error}.") from error

    def save_crops(self, crops: Iterable[LabelledCrop]) -> None:
        """Keep the crops of a project, so that the run can go on with them whatever becomes of the words.

        Raises:
            TrainingError: they cannot be written.
        """
        rows = [[c.key, str(c.file), c.box and c.box.points, c.text, c.part, c.word_id] for c in crops]
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            write_bytes(self._crops, json.dumps(rows, ensure_ascii=False).encode())
        except OSError as error:
            raise TrainingError(f"The run state {self._crops} cannot be written: {error.strerror or error}.") from error

    def load_crops(self) -> tuple[LabelledCrop, ...]:
        """Return the crops that were kept.

        Raises:
            TrainingError: there are none, or they cannot be read.
        """
        try:
            rows = json.loads(self._crops.read_bytes())
            return tuple(
                LabelledCrop(key, Path(image), box and Box(_points(box)), text, part, word_id)
                for key, image, box, text, part, word_id in rows
            )
        except (OSError, ValueError, TypeError) as error:
            raise TrainingError(
                f"The words of the interrupted run cannot be read from {self._crops} ({error}); start a new run."
            ) from error

    def load(self, identity: Mapping[str, str]) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Return the state's tensors and values, or None where there is none.

        Args:
            identity: what makes a run the same run; a state of a different one is refused.

        Raises:
            TrainingError: the state cannot be read or belongs to another run.
        """
        from safetensors import SafetensorError, safe_open

        if not self.last.exists():
            return None
        try:
            with safe_open(self.last, framework="pt") as file:
                values: dict[str, Any] = json.loads(file.metadata()[_KEY])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no mapping
        except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(
                f"The run state {self.last} is damaged ({error}); remove its folder, or train without --resume."
            ) from error
        different = [name for name, value in identity.items() if values["identity"].get(name) != value]
        if different:
            raise TrainingError(
                f"The interrupted run in {self.path} had different {', '.join(different)}; "
                "repeat its options; to start anew remove that folder, or train without --resume."
            )
        return tensors, values


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _points(values: list[list[float]]) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((x, y) for x, y in values)
    return a, b, c, d


def fingerprint(crops: Iterable[LabelledCrop]) -> str:
    """Return a hash of the crops' keys, boxes and labels, in their order."""
    digest = hashlib.sha256()
    for crop in crops:
        box = crop.box.points if crop.box else None
        digest.update(json.dumps([crop.key, box, crop.text]).encode())
    return digest.hexdigest()[:16]
