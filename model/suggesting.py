"""Reads the words of a project that no human has decided on, page by page, and keeps the readings as suggestions.

The command and the app go the same way: :func:`pages_to_read` says what is left, :func:`read_words` reads it, and the
annotation file keeps it. What has been read is not read again, so a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from model.annotations import Page, PageContent, Prediction, Word
from model.detecting import SECOND_READER
from model.errors import ImageError
from model.images import cut_crop, read_image
from model.messages import WordPlace, WordReading
from model.rules import FREE, ReadingRules, load_rules

if TYPE_CHECKING:
    from PIL import Image

    from model.inference import Recognizer
    from model.store import AnnotationStore


class Which(StrEnum):
    """Which of the words that no human has decided on are read."""

    UNREAD = "unread"
    """Words that nothing has read yet."""
    OLDER = "older"
    """Words that these weights have not read: the unread ones, and those that other weights have read."""
    EARLIER = "earlier"
    """Words that nothing has read since a given moment, as when other rules hold from then on."""


@dataclass(frozen=True, slots=True)
class PageToRead:
    """A page on the way through a project.

    Attributes:
        number: its place, from 1, among so many ``pages``.
        words: what is to be read on it; often nothing.
        known: words that no human has decided on and that need no reading.
        older: those of them that other weights have read.
    """

    number: int
    pages: int
    page: Page
    words: tuple[Word, ...]
    known: int
    older: int

    def places(self, root: Path) -> tuple[WordPlace, ...]:
        """Return where the words to read are; ``root`` is what page paths are relative to."""
        return tuple(WordPlace(word.id, root / self.page.path, word.box) for word in self.words)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a run did: words read, words that had been read before, and (page, reason) of what cannot be read."""

    read: int
    known: int
    left_out: tuple[tuple[str, str], ...]


def pages_to_read(
    store: AnnotationStore, weights: str, which: Which = Which.OLDER, *, since: float = 0.0
) -> Iterator[PageToRead]:
    """Yield every page with the words that are to be read on it. The annotation file may be changed meanwhile.

    Args:
        store: the project.
        weights: hash of the weights that will read.
        which: which words are wanted. Verified and ignored ones never are.
        since: the moment of :attr:`Which.EARLIER`, in seconds since the epoch.
    """
    pages = store.pages()
    for number, page in enumerate(pages, start=1):
        earlier = store.read_before(page.id, since) if which is Which.EARLIER else frozenset()
        yield _page_to_read(store.content(page.id), weights, which, earlier, place=(number, len(pages)))


def _page_to_read(
    content: PageContent, weights: str, which: Which, earlier: frozenset[int], *, place: tuple[int, int]
) -> PageToRead:
    undecided = [word for word in content.words if word.label is None and not word.ignored]
    readers = {word_id: prediction.weights for word_id, prediction in content.predictions.items()}
    # What the second reader read is a second opinion: the recogniser's own is still wanted.
    unread = [word for word in undecided if readers.get(word.id) in (None, SECOND_READER)]
    older = [word for word in undecided if readers.get(word.id) not in (None, SECOND_READER, weights)]
    also = {Which.UNREAD: (), Which.OLDER: older, Which.EARLIER: [w for w in undecided if w.id in earlier]}[which]
    words = [word for word in undecided if word in unread or word in also]
    return PageToRead(*place, content.page, tuple(words), len(undecided) - len(words), len(older))


def read_words(
    recognizer: Recognizer, places: Sequence[WordPlace], *, top: int, rules: ReadingRules = FREE
) -> Iterator[WordReading]:
    """Yield a reading of each place, or the reason why there is none; not always in order.

    Args:
        recognizer: reads the crops.
        places: words, best page by page: one image is kept at a time.
        top: how many texts to tell of each.
        rules: what may be read.

    Raises:
        PatternError, CharsetError: these weights cannot read by the rules.
    """
    crops: list[Image.Image] = []
    readable: list[WordPlace] = []
    pages: dict[Path, Image.Image | str] = {}
    for place in places:
        if place.image not in pages:
            pages = {place.image: _page(place.image)}
        page = pages[place.image]
        if isinstance(page, str):
            yield WordReading(place.word_id, place.box, None, page)
            continue
        try:
            crops.append(cut_crop(page, place.box))
        except ImageError as error:
            yield WordReading(place.word_id, place.box, None, str(error))
        else:
            readable.append(place)
    for place, prediction in zip(readable, _predictions(recognizer, crops, top, rules), strict=True):
        yield WordReading(place.word_id, place.box, prediction)


def _predictions(
    recognizer: Recognizer, crops: Sequence[Image.Image], top: int, rules: ReadingRules
) -> Iterator[Prediction]:
    if not rules:
        return recognizer.read_many(crops, top=top)
    ruled = recognizer.read_many(crops, top=top, lexicon=rules.lexicon or None, pattern=rules.pattern or None)
    free = recognizer.read_many(crops, top=1)
    return (rules.weighed(said, allowed, top=top) for said, allowed in zip(free, ruled, strict=True))


def _page(path: Path) -> Image.Image | str:
    """Return the image, or the sentence that says why it cannot be read."""
    try:
        return read_image(path)
    except ImageError as error:
        return str(error)


def suggest(
    store: AnnotationStore,
    recognizer: Recognizer,
    *,
    which: Which = Which.OLDER,
    top: int = 5,
    progress: Callable[[int, int | None], None] | None = None,
    resumed: Callable[[int, int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Suggestions:
    """Read the words of the project that no human has decided on and store the predictions.

    Args:
        store: open for writing; labels are never touched. Each page is one transaction. Its lexicon and pattern apply.
        recognizer: reads the crops.
        which: which of the words.
        top: how many alternatives to keep beside each text.
        progress: told (pages done, pages).
        resumed: told (page, pages), counted from 1, where reading begins behind words that had been read before.
        should_stop: polled before each page; what was read until then is kept.
    """
    rules = load_rules(store)
    read = known = 0
    left_out: list[tuple[str, str]] = []
    for todo in pages_to_read(store, recognizer.weights_hash, which):
        if should_stop():
            break
        if resumed and todo.words and known and not read and not left_out:
            resumed(todo.number, todo.pages)
        known += todo.known
        readings = list(read_words(recognizer, todo.places(store.root), top=top, rules=rules))
        store.save_predictions((r.word_id, r.box, r.prediction) for r in readings if r.prediction is not None)
        read += sum(reading.prediction is not None for reading in readings)
        left_out += dict.fromkeys((todo.page.path, r.problem) for r in readings if r.prediction is None)
        if progress:
            progress(todo.number, todo.pages)
    return Suggestions(read, known, tuple(left_out))
