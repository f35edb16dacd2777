"""How well a recogniser reads a data set: accuracy, character errors, speed, confidence and the usual confusions."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from model import metrics
from model.annotations import LabelledCrop, Prediction
from model.charset import normalize
from model.errors import ImageError
from model.images import cut_crops

if TYPE_CHECKING:
    from model.inference import Recognizer

CALIBRATION_WORDS = 5_000
"""Crops that are read twice at most: they settle the calibration error to half a point."""


@dataclass(frozen=True, slots=True)
class EvaluatedCrop:
    """One crop with its truth and what was read. ``text`` and ``truth`` are as compared, after any folding."""

    crop: LabelledCrop
    truth: str
    text: str
    confidence: float

    @property
    def is_correct(self) -> bool:
        return self.truth == self.text


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result. ``left_out`` holds (key, reason) of crops that could not be compared."""

    crops: tuple[EvaluatedCrop, ...]
    left_out: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(truth, text) of every compared crop."""
        return [(c.truth, c.text) for c in self.crops]

    @property
    def calibration_error(self) -> float:
        """How far confidences are from the share of crops that are right, in [0, 1]; nan without crops."""
        return metrics.expected_calibration_error(
            [c.confidence for c in self.crops], [c.is_correct for c in self.crops]
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The calibration error of confidences as they are, and without the temperature of the weights, on ``words``."""

    words: int
    error: float
    uncalibrated: float


def evaluate(
    recognizer: Recognizer,
    crops: Iterable[LabelledCrop],
    *,
    alphanumeric: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Evaluation:
    """Read every crop and compare with its label.

    Args:
        recognizer: reads the crops; the clock counts decoding, resizing, the network and the text.
        crops: what to read.
        alphanumeric: the field's protocol: case-insensitive, only [0-9a-z] compared, empty truths skipped.
        progress: told (crops done, None).
    """
    fold = metrics.alphanumeric if alphanumeric else normalize
    left_out: list[tuple[str, str]] = []
    queue: list[LabelledCrop] = []

    def images() -> Iterator[Image.Image]:
        for crop, image in readable_crops(crops, left_out):
            if alphanumeric and not fold(crop.text):
                left_out.append((crop.key, "the label has no letter or digit"))
                continue
            queue.append(crop)
            yield image

    done: list[EvaluatedCrop] = []
    start = time.perf_counter()
    for prediction in recognizer.read_many(images()):
        crop = queue[len(done)]
        done.append(EvaluatedCrop(crop, fold(crop.text), fold(prediction.text), prediction.confidence))
        if progress:
            progress(len(done), None)
    return Evaluation(tuple(done), tuple(left_out), time.perf_counter() - start)


def calibration(evaluation: Evaluation, uncalibrated: Recognizer | None, *, alphanumeric: bool = False) -> Calibration:
    """Measure what the temperature of the weights does to the confidences of an evaluation.

    At most :data:`CALIBRATION_WORDS` crops, evenly spread, are read once more.

    Args:
        evaluation: of the weights as they are.
        uncalibrated: reads with the same weights at temperature 1; None where theirs is 1.
        alphanumeric: as in the evaluation.
    """
    step = max(1, math.ceil(len(evaluation.crops) / CALIBRATION_WORDS))
    spread = replace(evaluation, crops=evaluation.crops[::step])
    plain = spread
    if uncalibrated:
        plain = evaluate(uncalibrated, (c.crop for c in spread.crops), alphanumeric=alphanumeric)
    return Calibration(len(spread.crops), spread.calibration_error, plain.calibration_error)


def readable_crops(
    crops: Iterable[LabelledCrop], refused: list[tuple[str, str]]
) -> Iterator[tuple[LabelledCrop, Image.Image]]:
    """Yield each crop with its pixels; those that cannot be read are appended to ``refused`` with the reason."""
    for crop, image in cut_crops(crops):
        if isinstance(image, ImageError):
            refused.append((crop.key, str(image)))
        else:
            yield crop, image


def prediction_json(path: str, prediction: Prediction) -> dict[str, object]:
    """Return the document `crnn predict` prints for one crop; spans are fractions of the crop's width."""
    return {
        "path": path,
        "text": prediction.text,
        "confidence": prediction.confidence,
        "characters": [
            {"char": c.char, "confidence": c.confidence, "start": c.start, "end": c.end} for c in prediction.characters
        ],
        "alternatives": [{"text": a.text, "confidence": a.confidence} for a in prediction.alternatives],
    }
