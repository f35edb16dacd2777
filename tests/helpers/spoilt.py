"""Labels that belong to other crops, and crops to give them to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import ImageOps

from model.annotations import LabelledCrop
from model.synth.fonts import FontFace, FontList
from model.synth.render import Style, render_word


def passed_on(crops: Sequence[LabelledCrop], share: float, *, seed: int) -> list[LabelledCrop]:
    """Return the crops with a share of their labels passed on from each to the next, in an order of the seed."""
    chosen = random.Random(seed).sample(range(len(crops)), round(share * len(crops)))
    spoilt = list(crops)
    for here, there in zip(chosen, chosen[1:] + chosen[:1], strict=True):
        spoilt[here] = replace(crops[here], text=crops[there].text)
    return spoilt


def numbers(folder: Path, count: int, *, mirrored: bool = False) -> list[LabelledCrop]:
    """Draw numbers of three to five digits. The starter weights read most of them, and none in a mirror.

    The folder is made, and should always have the same name: what a training holds out depends on it.
    """
    folder.mkdir()
    fonts, crops = FontList((FontFace(Path()),)), []
    for i in range(count):
        rng = np.random.default_rng((17, i))
        number = "".join(rng.choice(list("0123456789"), int(rng.integers(3, 6))))
        image = render_word(number, rng, fonts, style=Style.SCENE, difficulty=0.3)
        file = folder / f"{i:05}.png"
        (ImageOps.mirror(image) if mirrored else image).save(file)
        crops.append(LabelledCrop(file.name, file, None, number[::-1] if mirrored else number))
    return crops
