"""The plan of a training run: what `plan_training` decides for the network and charset the run will have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from model.annotations import LabelledCrop
from model.charset import Charset
from model.checkpoint import load_weights
from model.errors import WeightsError
from model.networks import NETWORKS
from model.planning import NewCharacters, TrainingPlan, plan_training
from model.training_setup import TrainConfig, preprocessing_of


def plan_for(
    config: TrainConfig,
    crops: Iterable[LabelledCrop],
    *,
    charset: Charset | None = None,
    val: float | Sequence[LabelledCrop] | None = None,
    new_characters: NewCharacters = "extend",
    progress: Callable[[int, int | None], None] | None = None,
) -> TrainingPlan:
    """Check and divide crops for a run.

    Args:
        config: its base weights, or its network where there are none, say how crops are prepared.
        crops: what there is to learn from.
        charset: the characters to write; by default those of the base, or of the labels where there is none.
        val, new_characters, progress: as in :func:`model.planning.plan_training`.

    Raises:
        TrainingError: fewer than 8 crops can be trained on.
        WeightsError: the base cannot be read, or there is no such network.
    """
    if config.base is not None:
        base = load_weights(config.base)
        name, preprocessing, charset = base.network, base.preprocessing, charset or base.charset
    elif config.network in NETWORKS:
        name, preprocessing = config.network, NETWORKS[config.network].preprocessing
    else:
        raise WeightsError(f"There is no network called {config.network!r}; known are {', '.join(sorted(NETWORKS))}.")
    return plan_training(
        crops,
        charset=charset,
        preprocessing=preprocessing_of(preprocessing, config),
        frames=NETWORKS[name].frames,
        val=val,
        seed=config.seed,
        new_characters=new_characters,
        progress=progress,
    )
