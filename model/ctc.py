"""CTC in torch, as training needs it: each crop's loss, and what the best path reads.

`model.decoding` has the rest, on the CPU and without torch.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def ctc_losses(logits: Tensor, targets: Tensor, lengths: Tensor) -> Tensor:
    """Return each crop's CTC negative log-likelihood in nats, (N,) float32, inf where a label cannot be written.

    Half precision has no CTC, and its log-softmax is too coarse: both are computed in float32, also under autocast. On
    Apple's GPUs the loss is computed on the CPU.

    The gradient of a crop's logits depends on that crop alone; where the loss is inf it is nan, whatever the loss is
    multiplied by afterwards. So a batch with such a crop must not be learnt from, see `faults`.

    Args:
        logits: (N, T, classes) of any float type; float64 stays what it is.
        targets: (N, L) int64 class indices without the blank, padded with any.
        lengths: (N,) int64.

    Raises:
        ValueError: targets or lengths are not of that form. `ctc_loss` itself would not say so: it returns a plausible
            number and writes outside its memory.
    """
    _require_targets(targets, lengths, count=logits.shape[0], classes=logits.shape[2])
    place = torch.device("cpu") if logits.device.type == "mps" else logits.device
    with torch.autocast(logits.device.type, enabled=False):
        exact = logits.to(torch.promote_types(logits.dtype, torch.float32))
        log_probs = functional.log_softmax(exact, dim=-1).to(place).transpose(0, 1)
        frames = torch.full((logits.shape[0],), logits.shape[1], dtype=torch.int64)
        return functional.ctc_loss(
            log_probs, targets.to(place), frames, lengths, blank=0, reduction="none", zero_infinity=False
        )


def _require_targets(targets: Tensor, lengths: Tensor, *, count: int, classes: int) -> None:
    if targets.dtype != torch.int64 or lengths.dtype != torch.int64:
        raise ValueError(f"targets and lengths must be int64, got {targets.dtype} and {lengths.dtype}")
    if targets.dim() != 2 or lengths.shape != (count,) or len(targets) != count:
        shapes = f"{tuple(targets.shape)} and {tuple(lengths.shape)}"
        raise ValueError(f"targets (N, L) and lengths (N,) do not fit {count} crops: {shapes}")
    if ((lengths < 0) | (lengths > targets.shape[1])).any():
        raise ValueError(f"lengths must lie in 0..{targets.shape[1]}, got {lengths.tolist()}")
    used = torch.arange(targets.shape[1], device=targets.device) < lengths.unsqueeze(1)
    wrong = targets[used & ((targets < 1) | (targets >= classes))]
    if len(wrong):
        raise ValueError(f"targets must lie in 1..{classes - 1}, got {sorted(set(wrong.tolist()))}; 0 is the blank")


def greedy_indices(logits: Tensor) -> list[list[int]]:
    """Return the class indices of each crop's best path: repeats merged, blanks removed."""
    texts = []
    for path in logits.detach().argmax(dim=-1).tolist():
        merged = [index for index, previous in zip(path, [0, *path[:-1]], strict=True) if index != previous]
        texts.append([index for index in merged if index])
    return texts
