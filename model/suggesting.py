"""Reads every word of a project that no human has verified, and keeps the readings as suggestions.

Each page is one transaction, and a word that these weights have read already is not read again; so a run that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.annotations import Box, Page, Prediction, State, Word
from model.errors import ImageError
from model.images import cut_crop, read_image

if TYPE_CHECKING:
    from model.inference import Recognizer
    from model.store import AnnotationStore


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What a run did: words read, words these weights had read before, and (page, reason) of unreadable pages."""

    read: int
    known: int
    left_out: tuple[tuple[str, str], ...]


def suggest(
    store: AnnotationStore,
    recognizer: Recognizer,
    *,
    top: int = 5,
    progress: Callable[[int, int | None], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Suggestions:
    """Read all words of the project that are neither verified nor ignored and store the predictions.

    Args:
        store: open for writing; labels are never touched.
        recognizer: reads the crops.
        top: how many alternatives to keep beside each text.
        progress: told (pages done, pages).
        should_stop: polled before each page; what was read until then is kept.
    """
    read = known = 0
    left_out: list[tuple[str, str]] = []
    pages = store.pages()
    for done, page in enumerate(pages):
        if should_stop():
            break
        content = store.content(page.id)
        todo = [w for w in content.words if w.state() is State.UNLABELLED]
        fresh = [w for w in todo if _weights_of(content.predictions.get(w.id)) != recognizer.weights_hash]
        known += len(todo) - len(fresh)
        if fresh:
            try:
                predictions = list(_read_page(store, page, fresh, recognizer, top))
            except ImageError as error:
                left_out.append((page.path, str(error)))
            else:
                store.save_predictions(predictions)
                read += len(predictions)
        if progress:
            progress(done + 1, len(pages))
    return Suggestions(read, known, tuple(left_out))


def _read_page(
    store: AnnotationStore, page: Page, words: list[Word], recognizer: Recognizer, top: int
) -> Iterator[tuple[int, Box, Prediction]]:
    image = read_image(store.root / page.path)
    crops = (cut_crop(image, word.box) for word in words)
    for word, prediction in zip(words, recognizer.read_many(crops, top=top), strict=True):
        yield word.id, word.box, prediction


def _weights_of(prediction: Prediction | None) -> str | None:
    return prediction.weights if prediction else None
