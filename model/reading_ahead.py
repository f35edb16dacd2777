"""Strips of crops that do not fit into memory, read by other processes before their turn comes.

A reading process is told crops and answers with their strips, so it holds none of the data set, whatever its size.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TYPE_CHECKING

from model.errors import ImageError
from model.images import cut_crop, read_image, to_strip
from model.processes import deaf_to_interrupts, follow_parent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.annotations import LabelledCrop
    from model.images import Preprocessing

Wanted = tuple["LabelledCrop", int]
"""A crop and the width of its strip in pixels."""

Read = "NDArray[np.uint8] | ImageError"


def read_strip(crop: LabelledCrop, width: int, spec: Preprocessing) -> NDArray[np.uint8]:
    """Return a crop's strip of a width.

    Raises:
        ImageError: its image cannot be read.
    """
    return to_strip(cut_crop(read_image(crop.image), crop.box), spec, width=width)


class ReadingAhead:
    """Strips that other processes are reading.

    Args:
        spec: how strips are made.
        workers: how many processes read.
    """

    def __init__(self, spec: Preprocessing, *, workers: int) -> None:
        self._spec = spec
        self._pool = ProcessPoolExecutor(
            workers, mp_context=multiprocessing.get_context("spawn"), initializer=follow_parent
        )
        self._coming: dict[int, tuple[Future[list[NDArray[np.uint8] | ImageError]], int]] = {}

    def ask(self, wanted: Iterable[tuple[int, LabelledCrop, int]]) -> None:
        """Let crops be read, each told by its index, itself and its width; what is being read already is not."""
        new = [(i, crop, width) for i, crop, width in wanted if i not in self._coming]
        if new:
            with deaf_to_interrupts():  # a pool starts its processes as they are needed
                future = self._pool.submit(_read, [(crop, width) for _, crop, width in new], self._spec)
            self._coming |= {i: (future, place) for place, (i, _, _) in enumerate(new)}

    def take(self, i: int) -> NDArray[np.uint8] | None:
        """Return a strip that was asked for, when it is there; None where it was not asked for.

        Raises:
            ImageError: its image cannot be read.
        """
        if i not in self._coming:
            return None
        future, place = self._coming.pop(i)
        answer = future.result()[place]
        if isinstance(answer, ImageError):
            raise answer
        return answer

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)


def _read(wanted: Sequence[Wanted], spec: Preprocessing) -> list[NDArray[np.uint8] | ImageError]:
    answers: list[NDArray[np.uint8] | ImageError] = []
    for crop, width in wanted:
        try:
            answers.append(read_strip(crop, width, spec))
        except ImageError as error:
            answers.append(error)
    return answers
