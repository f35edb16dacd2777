"""Synthetic crops as a sequence, and as a data set on disk.

Crop i depends on the seed, i, the fonts and the texts only, never on the crops before it.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from model.atomic import atomic_folder, tell_unfinished
from model.errors import DatasetError, ExportError
from model.formats.base import EncodedCrop, get_format
from model.processes import deaf_to_interrupts, follow_parent
from model.synth.fonts import FontList, find_fonts
from model.synth.render import Style, render_word
from model.synth.texts import TextSource, read_words

if TYPE_CHECKING:
    from PIL import Image

    from model.charset import Charset

_PARTS = ("train",) * 8 + ("val", "test")
_JPEG = {"quality": 92, "subsampling": 0}
_CHUNK = 64
_BLOCK = 8192

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyntheticCrops:
    """An endless sequence of crops with their texts, for training on the fly.

    ``crops[i]`` may be called in any order and from any process, and is quickest for runs of neighbouring i: crops of
    the same block of 8,192 share some hundred families of fonts.

    Attributes:
        seed: another seed is another sequence.
        fonts: the faces to draw with.
        texts: where the texts come from.
        difficulty: 0 (large, upright, sharp) to 1 (as photographs are).
        style: one look for all crops; None mixes them.
    """

    seed: int
    fonts: FontList
    texts: TextSource
    difficulty: float = 1.0
    style: Style | None = None

    def __getitem__(self, index: int) -> tuple[Image.Image, str]:
        rng = np.random.default_rng((self.seed, index))
        text = self.texts.text(rng)
        fonts = self.fonts.window(self.seed + index // _BLOCK)
        return render_word(text, rng, fonts, style=self.style, difficulty=self.difficulty), text


@dataclass(frozen=True, slots=True)
class SynthReport:
    """What was written.

    Attributes:
        crops: how many.
        fonts: how many faces could be chosen from.
        font_list: names the list of faces; with the same list and seed the same bytes are written.
    """

    crops: int
    fonts: int
    font_list: str


def synthesise(
    out: Path,
    *,
    count: int,
    charset: Charset,
    words: Path | None = None,
    seed: int = 0,
    fonts: FontList | None = None,
    difficulty: float = 0.3,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
) -> SynthReport:
    """Write ``count`` crops as an MJSynth data set (8 of 10 train, 1 val, 1 test); the folder appears whole.

    Args:
        out: a folder that does not exist yet or is empty.
        charset: every text is written with its characters.
        words: a UTF-8 file with one text a line to draw from; None draws a general mixture.
        fonts: the faces; None finds this machine's.
        difficulty: see :class:`SyntheticCrops`.
        progress: called with (done, count).
        workers: processes that draw.

    Raises:
        DatasetError: ``out`` is in use, or the word file holds nothing the charset can write.
        ExportError: the folder cannot be written.
        KnownError: no font on this machine can draw a text.
    """
    _refuse_used(out)
    texts = TextSource(charset.characters, words=read_words(words) if words else None)
    fonts = fonts or find_fonts()
    crops = SyntheticCrops(seed, fonts, texts, difficulty)
    written = 0
    for written, _ in enumerate(_write(out, _encoded(crops, count, workers)), 1):
        if progress:
            progress(written, count)
    return SynthReport(written, len(fonts.faces), fonts.digest)


def write_crops(out: Path, crops: Iterable[tuple[Image.Image, str]]) -> int:
    """Write crops that are there already as an MJSynth data set, and return how many; see :func:`synthesise`."""
    return sum(1 for _ in _write(out, (_encode(image, text, index) for index, (image, text) in enumerate(crops))))


def _refuse_used(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DatasetError(f"{out} exists already; choose a new or empty folder.")


def _write(out: Path, crops: Iterable[EncodedCrop]) -> Iterator[EncodedCrop]:
    """Write crops into a folder that takes its name when all are there; yield each after it was written."""
    _refuse_used(out)
    tell_unfinished(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic_folder(out) as folder:
            writer = get_format("mjsynth").writer(folder)
            try:
                for crop in crops:
                    writer.add_crop(crop)
                    yield crop
            finally:
                writer.finish()
    except OSError as error:
        raise ExportError(f"{out} cannot be written: {error.strerror or error}.") from error


def _encoded(crops: SyntheticCrops, count: int, workers: int) -> Iterator[EncodedCrop]:
    if workers <= 1:
        yield from (_encode(*crops[index], index) for index in range(count))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(crops,))
    try:
        with deaf_to_interrupts():
            encoded = pool.map(_encode_here, range(count), chunksize=_CHUNK)
        yield from encoded
    finally:
        pool.shutdown(cancel_futures=True)  # as a context manager it would wait for all that is asked for already


def _encode(image: Image.Image, text: str, index: int) -> EncodedCrop:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **_JPEG)
    return EncodedCrop(buffer.getvalue(), ".jpg", text, _PARTS[index % len(_PARTS)])


_crops_here: SyntheticCrops


def _start(crops: SyntheticCrops) -> None:
    """Keep the crops in a worker process, so that fonts and words travel there once."""
    global _crops_here
    follow_parent()
    _crops_here = crops


def _encode_here(index: int) -> EncodedCrop:
    return _encode(*_crops_here[index], index)
