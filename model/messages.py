"""What the application and its child processes say to each other: plain values, pickled as frames.

Nothing here needs torch. :mod:`model.serving` answers the requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from model.annotations import Box, Prediction
from model.events import Problem, TrainEvent
from model.rules import ReadingRules

if TYPE_CHECKING:
    import numpy as np

    from model.detecting import FoundWord
    from model.images import Preprocessing

# --- values ---


@dataclass(frozen=True, slots=True)
class WeightsSummary:
    """The weights a recogniser reads with, and what it runs on.

    Attributes:
        path: the weights file; None for the starter weights.
        device: "cpu", "cuda" or "mps", with the sentence that says why in ``reason``.
        frames: the network's time steps at each of the widths of its preprocessing.
    """

    path: Path | None
    name: str
    hash: str
    network: str
    characters: str
    licence: str
    device: str
    reason: str
    preprocessing: Preprocessing
    frames: dict[int, int]
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WordPlace:
    """Where a word's pixels are: the child reads them itself."""

    word_id: int
    image: Path
    box: Box


@dataclass(frozen=True, slots=True)
class WordReading:
    """What was read at a place; without a prediction, ``problem`` says why in one sentence."""

    word_id: int
    box: Box
    prediction: Prediction | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """How to train, as :class:`model.training.TrainConfig` without needing torch.

    Attributes:
        val: share of the words to hold out; None chooses.
        new_characters: whether characters that the base weights lack extend the charset or leave their words out.
    """

    out: Path
    base: Path | None = None
    network: str = "crnn-lite"
    minutes: float | None = None
    epochs: int | None = None
    batch: int = 32
    learning_rate: float | None = None
    width: int | None = None
    freeze: bool = False
    seed: int = 0
    resume: bool = False
    device: str = "auto"
    precision: str = "auto"
    val: float | None = None
    new_characters: Literal["extend", "skip"] = "extend"


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What training would use.

    Attributes:
        train, val: words to learn from, and words held out to measure with.
        train_pages, val_pages: pages they lie on; no page is on both sides.
        left_out: why other verified words are not used.
        warnings: what is suspect about words that are used all the same.
        new_characters: characters of the labels that the base weights cannot write yet.
        device: what training would run on, and why.
    """

    train: int
    val: int
    train_pages: int
    val_pages: int
    left_out: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    new_characters: str
    device: str

    @property
    def kept(self) -> int:
        """Words that are used on either side."""
        return self.train + self.val


# --- requests ---


@dataclass(frozen=True, slots=True)
class LoadWeights:
    """Read with these weights from now on; None stands for the starter weights. Answered by Loaded."""

    path: Path | None = None
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class Read:
    """Read crops: uint8 arrays (H, W) or (H, W, 3). Answered by Answer."""

    crops: tuple[np.ndarray[Any, Any], ...]
    top: int = 1
    with_strip: bool = False


@dataclass(frozen=True, slots=True)
class ReadWords:
    """Read words from their pages' images. Answered by WordsRead."""

    places: tuple[WordPlace, ...]
    top: int = 1


@dataclass(frozen=True, slots=True)
class UseRules:
    """Read by these rules from now on. Answered by Done, or by Failed where the weights cannot; then all is allowed."""

    rules: ReadingRules


@dataclass(frozen=True, slots=True)
class PlanTraining:
    """Say what training on a project's verified words would use. Answered by Planned and Done."""

    project: Path
    options: TrainOptions


@dataclass(frozen=True, slots=True)
class Train:
    """Train on a project's verified words. Answered as PlanTraining, then by Told and Usage frames and Done."""

    project: Path
    options: TrainOptions


@dataclass(frozen=True, slots=True)
class FindWords:
    """Find the words on an image. Answered by WordsFound, by the child of :mod:`model.assisting`."""

    image: Path


@dataclass(frozen=True, slots=True)
class GiveOpinions:
    """Say as a second reader what stands in words of one image. Answered by WordsRead, by the same child."""

    places: tuple[WordPlace, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """End planning or training early; training still answers with its last event and Done."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Take no further step until Resume or Cancel."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on after Pause."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """End training as soon as its state is written; it can be taken up again. Answered by Done."""


# --- replies ---


@dataclass(frozen=True, slots=True)
class Loaded:
    weights: WeightsSummary


@dataclass(frozen=True, slots=True)
class Answer:
    """One prediction for each crop, and the strips the network saw, uint8 (32, W) or (32, W, 3), where asked for."""

    predictions: tuple[Prediction, ...]
    strips: tuple[np.ndarray[Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class WordsRead:
    readings: tuple[WordReading, ...]


@dataclass(frozen=True, slots=True)
class WordsFound:
    words: tuple[FoundWord, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    plan: PlanSummary


@dataclass(frozen=True, slots=True)
class Told:
    event: TrainEvent


@dataclass(frozen=True, slots=True)
class Usage:
    """What training needs of the machine at this moment, told about once a second.

    Attributes:
        memory: of the process, in bytes.
        device_memory: taken on the accelerator, in bytes; 0 without one.
    """

    memory: int
    device_memory: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The training request was worked off, or given up after Cancel."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request could not be fulfilled: a sentence for the user where ``known``, otherwise a bug's traceback."""

    message: str
    known: bool
    traceback: str = ""
