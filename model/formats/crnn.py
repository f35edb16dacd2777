"""An annotation file of this program as a data set: its verified words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.annotations import Box, LabelledCrop, Page, State, Word
from model.formats.base import Format, Kind, Refuse, register

ANNOTATIONS = "annotations.crnn"


@register
class Crnn(Format):
    name = "crnn"
    title = "Annotation file"
    kind = Kind.PAGES
    accepts = f"an annotation file (.crnn), or a folder with {ANNOTATIONS}"
    rank = 0  # a folder of ours may hold other lists as well: the ones it was imported from

    def sniff(self, path: Path) -> str | None:
        if (path / ANNOTATIONS).is_file():
            return f"it holds {ANNOTATIONS}"
        return "it is an annotation file" if path.suffix.lower() == ".crnn" and path.is_file() else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        from model.store import AnnotationStore

        file = path / ANNOTATIONS if path.is_dir() else path
        with AnnotationStore.open(file, read_only=True) as store:
            for page in store.pages():
                for word in store.words(page.id):
                    if word.state() is State.VERIFIED:
                        yield labelled_crop(store.root, page, word)


def labelled_crop(root: Path, page: Page, word: Word) -> LabelledCrop:
    """Return a verified word as a crop of a data set."""
    assert word.label is not None, "only verified words are crops of a data set"
    box = None if is_whole_page(word.box, page) else word.box
    return LabelledCrop(f"{page.path} word {word.id}", root / page.path, box, word.label, word_id=word.id)


def is_whole_page(box: Box, page: Page) -> bool:
    """Whether the box is exactly the whole image, as for an imported crop."""
    return page.width > 0 and box == Box.from_bounds(0, 0, page.width, page.height)
