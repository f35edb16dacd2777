"""What a second reader says of words: the recogniser that comes with the word detector (the extra ``assist``).

Two readers seldom make the same mistake, so a word that they read differently is worth a look, however sure the first
one is. The opinion stands beside the recogniser's reading and never in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.annotations import Page, Prediction, Word
from model.detecting import SECOND_READER, load_library
from model.errors import ImageError
from model.images import cut_crop, read_image
from model.messages import WordPlace, WordReading

if TYPE_CHECKING:
    from PIL import Image

    from model.store import AnnotationStore

WORDS_AT_ONCE = 64


class SecondReader:
    """Reads crops of words with PP-OCR's recogniser.

    Args:
        threads: the processor's cores it may use; all where it is not given.

    Raises:
        MissingLibraryError: the extra is not installed.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._engine: Any = load_library("A second opinion", threads)

    def read(self, crop: Image.Image) -> Prediction:
        """Return what stands in a crop; an empty text with confidence 0 where it reads nothing."""
        import numpy as np

        pixels = np.asarray(crop.convert("RGB"))[:, :, ::-1]
        result = self._engine(pixels, use_det=False, use_cls=False, use_rec=True)
        text, score = next(zip(result.txts or (), result.scores or (), strict=False), ("", 0.0))
        return Prediction(text, float(score) if text else 0.0, weights=SECOND_READER)


def opinions(reader: SecondReader, places: Sequence[WordPlace]) -> Iterator[WordReading]:
    """Yield what a second reader says of words of one image, or the reason why it says nothing."""
    try:
        page = read_image(places[0].image) if places else None
    except ImageError as error:
        yield from (WordReading(place.word_id, place.box, None, str(error)) for place in places)
        return
    for place in places:
        assert page is not None, "there are places on it"
        try:
            yield WordReading(place.word_id, place.box, reader.read(cut_crop(page, place.box)))
        except ImageError as error:
            yield WordReading(place.word_id, place.box, None, str(error))


@dataclass(frozen=True, slots=True)
class PageToAsk:
    """A page on the way through a project: its place, from 1, among so many ``pages``, and the words to ask about."""

    number: int
    pages: int
    page: Page
    words: tuple[Word, ...]

    def places(self, root: Path) -> tuple[WordPlace, ...]:
        """Return where the words are; ``root`` is what page paths are relative to."""
        return tuple(WordPlace(word.id, root / self.page.path, word.box) for word in self.words)


def pages_to_ask(store: AnnotationStore) -> Iterator[PageToAsk]:
    """Yield every page with its suggestions that have no second opinion. The annotation file may be changed meanwhile.

    A page of many words comes several times, so that what was said of some is kept while others are read.
    What has an opinion is not asked about again, so a way that was interrupted goes on where it stopped.
    """
    pages = store.pages()
    for number, page in enumerate(pages, start=1):
        content = store.content(page.id)
        waiting = [w for w in content.words if w.label is None and not w.ignored and w.id in content.predictions]
        known = store.predictions_for([word.id for word in waiting], weights=SECOND_READER) if waiting else {}
        words = tuple(word for word in waiting if word.id not in known)
        for start in range(0, max(len(words), 1), WORDS_AT_ONCE):
            yield PageToAsk(number, len(pages), page, words[start : start + WORDS_AT_ONCE])
