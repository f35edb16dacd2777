"""What is done about a step that failed though no crop is to blame. `docs/adr/0007-nan-policy.md` has the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.events import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from model.diagnosis import Diagnosis
    from model.learner import Learner
    from model.run_state import Progress

MAX_RECOVERIES = 8
"""Returns to the last good state after which training ends: by then the learning rate is a hundred-millionth."""


def recover(learner: Learner, diagnosis: Diagnosis, progress: Progress) -> tuple[str, bool]:
    """Do what a diagnosis that blames no crop calls for: skip the batch or, when trouble repeats, fall back.

    Returns:
        what was done in a sentence or two for the user, and whether the last good weights were put back.
    """
    progress.troubles += 1
    if diagnosis.cause is Cause.INITIAL_VALUES:
        learner.fall_back()
        progress.recoveries += 1
        return f"{diagnosis.finding} They were put back; no learning rate will help.", True
    if diagnosis.cause is Cause.BATCH_TOO_LARGE:
        progress.recoveries += 1
        return f"{diagnosis.finding} The batch was skipped.", False
    if diagnosis.cause is Cause.HALF_PRECISION:
        learner.use_full_precision()
        return f"{diagnosis.finding} From now on it computes in full precision.", False
    if diagnosis.cause not in (Cause.BAD_PARAMETERS, Cause.LEARNING_RATE) and progress.troubles == 1:
        return f"{diagnosis.finding} The batch was skipped.", False
    progress.troubles = 0
    progress.recoveries += 1
    if diagnosis.cause is Cause.EXPLODING_GRADIENT and diagnosis.layer:
        part = learner.part_of(diagnosis.layer)
        learner.fall_back(part)
        advice = f"The last good weights were put back, and the learning rate of its {part} was divided by 10."
        return f"{diagnosis.finding} {advice}", True
    learner.fall_back()
    advice = (
        f"{diagnosis.finding} The last good weights were put back, and the learning rate was divided by 10: "
        f"its peak is {learner.peak_rate:.3g} now. If the result is poor, train again with this rate."
    )
    return advice, True


def put_back(learner: Learner, state: Mapping[str, Tensor], progress: Progress) -> str:
    """Go back to the best weights from ones that write the same, nothing most often, for every crop; say so."""
    learner.fall_back(to=state)
    progress.recoveries += 1
    return (
        "The network began to write the same for every crop: the training has collapsed. The best weights so far "
        f"were put back, and the learning rate was divided by 10: its peak is {learner.peak_rate:.3g} now."
    )
