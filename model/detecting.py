"""Finds words on pages that nobody has drawn yet, with a detector that installs offline (the extra ``assist``).

The detector is PP-OCR's, run by rapidocr. It brings opencv, whose other wheel has broken Qt programs, so it is only
ever imported by the command and by a child process of the app (:mod:`model.assisting`), never by the app itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model import extras
from model.annotations import Box, Edit, Page, Prediction, Word, WordChange
from model.errors import ImageError
from model.images import read_image

if TYPE_CHECKING:
    from PIL import Image

    from model.store import AnnotationStore

EXTRA = "assist"
LIBRARY = "rapidocr"

SECOND_READER = "rapidocr"
"""Stands where predictions have the hash of the weights they come from: what the detector's own recogniser read."""

EDIT_TITLE = "Find words"

MOST_OVERLAP = 0.5
"""A found box is left out where it shares more than this with a word that is there, measured on the smaller one.

Boxes of neighbouring lines share up to a third where lines are set close; a box of the same word shares nearly all.
"""


@dataclass(frozen=True, slots=True)
class FoundWord:
    """A word on an image, with what the detector's own recogniser read there and its confidence in [0, 1]."""

    box: Box
    text: str
    confidence: float

    @property
    def prediction(self) -> Prediction:
        """The text as the prediction of the second reader."""
        return Prediction(self.text, self.confidence, weights=SECOND_READER)


class WordFinder:
    """The detector. It finds lines, reads them, and tells where in a line each word stands.

    Args:
        threads: for the networks; None takes one for each core.

    Raises:
        MissingLibraryError: the extra is not installed.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._engine: Any = load_library("Finding words", threads)

    def find(self, image: Image.Image) -> tuple[FoundWord, ...]:
        """Return the words on an image, line by line."""
        import numpy as np

        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
        result = self._engine(pixels, return_word_box=True)
        lines = getattr(result, "word_results", None) or ()
        words = (word for line in lines for word in line if len(word) == 3)
        return tuple(
            FoundWord(_box(corners), text, float(score))
            for text, score, corners in words
            if text and corners is not None
        )


def load_library(purpose: str, threads: int | None) -> Any:
    """Return an engine of rapidocr, whose models are loaded when they are needed.

    Raises:
        MissingLibraryError: the extra is not installed; ``purpose`` begins the sentence.
    """
    rapidocr = extras.require(LIBRARY, extra=EXTRA, purpose=purpose)
    parameters = {
        "Global.log_level": "error",
        "Global.text_score": 0.0,  # a line that is hard to read has words all the same
        "Global.use_cls": False,  # it turns lines by 180 degrees that it is unsure of
        "EngineConfig.onnxruntime.intra_op_num_threads": threads or os.cpu_count() or 1,
    }
    return rapidocr.RapidOCR(params=parameters)


def _box(corners: Sequence[Sequence[float]]) -> Box:
    a, b, c, d = ((float(x), float(y)) for x, y in corners)
    return Box((a, b, c, d))


def free_words(found: Iterable[FoundWord], words: Iterable[Word]) -> list[FoundWord]:
    """Return the found words that overlap no word that is there.

    Ignored words count: somebody has decided on them. See :data:`MOST_OVERLAP` for the measure; it looks at the
    smallest upright rectangles around the boxes.
    """
    taken = [word.box for word in words]
    return [one for one in found if one.box.area > 0 and all(_overlap(one.box, box) <= MOST_OVERLAP for box in taken)]


def _overlap(a: Box, b: Box) -> float:
    """Return the share of the smaller rectangle that both have in common, in [0, 1]."""
    (l1, t1, r1, b1), (l2, t2, r2, b2) = a.bounds, b.bounds
    shared = max(0.0, min(r1, r2) - max(l1, l2)) * max(0.0, min(b1, b2) - max(t1, t2))
    smaller = min((r1 - l1) * (b1 - t1), (r2 - l2) * (b2 - t2))
    return shared / smaller if smaller > 0 else float(shared > 0)


@dataclass(frozen=True, slots=True)
class PageToSearch:
    """A page on the way through a project: its place, from 1, among so many; nothing is wanted of most."""

    number: int
    pages: int
    page: Page
    is_wanted: bool


def pages_to_search(store: AnnotationStore, *, every: bool = False) -> Iterator[PageToSearch]:
    """Yield every page, and whether words are to be found on it. The annotation file may be changed meanwhile.

    Wanted are pages without words that nobody has verified as empty, so a search that was interrupted goes on where it
    stopped; with ``every`` also those that have words.
    """
    pages = store.pages()
    for number, page in enumerate(pages, start=1):
        is_wanted = not page.verified and (every or not store.content(page.id).words)
        yield PageToSearch(number, len(pages), page, is_wanted)


@dataclass(frozen=True, slots=True)
class Findings:
    """What a search did.

    Attributes:
        pages: that were searched.
        words: that were added.
        overlapping: found words that were left out, because words are there.
        skipped: pages that have words, or are verified as empty.
        left_out: (page, reason) of pages that cannot be read.
    """

    pages: int
    words: int
    overlapping: int
    skipped: int
    left_out: tuple[tuple[str, str], ...]


def find_words(
    store: AnnotationStore,
    finder: WordFinder,
    *,
    every: bool = False,
    texts: bool = True,
    progress: Callable[[int, int | None], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Findings:
    """Add the words that are found on the pages of a project; each page is one step of Undo.

    Args:
        store: open for writing. Words that are there stay as they are.
        finder: looks at the images.
        every: search pages that have words as well.
        texts: keep what the detector's recogniser read, as predictions of :data:`SECOND_READER`.
        progress: told (pages done, pages).
        should_stop: polled before each page; what was found until then is kept.
    """
    searched = added = overlapping = skipped = 0
    left_out: list[tuple[str, str]] = []
    for todo in pages_to_search(store, every=every):
        if should_stop():
            break
        if not todo.is_wanted:
            skipped += 1
        else:
            try:
                found = finder.find(read_image(store.root / todo.page.path))
            except ImageError as error:
                left_out.append((todo.page.path, str(error)))
            else:
                free = free_words(found, store.content(todo.page.id).words)
                _add(store, todo.page, free, texts=texts)
                searched, added, overlapping = searched + 1, added + len(free), overlapping + len(found) - len(free)
        if progress:
            progress(todo.number, todo.pages)
    return Findings(searched, added, overlapping, skipped, tuple(left_out))


def _add(store: AnnotationStore, page: Page, found: Sequence[FoundWord], *, texts: bool) -> None:
    if not found:
        return
    first = store.next_word_id()
    words = [Word(first + place, page.id, one.box) for place, one in enumerate(found)]
    store.apply(Edit(EDIT_TITLE, tuple(WordChange(None, word) for word in words)))
    if texts:
        store.save_predictions((w.id, w.box, one.prediction) for w, one in zip(words, found, strict=True))
