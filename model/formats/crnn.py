"""An annotation file of this program as a data set: its verified words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model.annotations import Box, LabelledCrop, Page, State, Word
from model.formats.base import Format, Kind, Refuse, register
from model.store import FILE_NAME, AnnotationStore


@register
class Crnn(Format):
    name = "crnn"
    title = "Annotation file"
    kind = Kind.PAGES
    accepts = f"an annotation file (.crnn), or a folder with {FILE_NAME}"
    rank = 0  # a folder of ours may hold other lists as well: the ones it was imported from

    def sniff(self, path: Path) -> str | None:
        if (path / FILE_NAME).is_file():
            return f"it holds {FILE_NAME}"
        return "it is an annotation file" if path.suffix.lower() == ".crnn" and path.is_file() else None

    def read(self, path: Path, part: str | None, refuse: Refuse) -> Iterator[LabelledCrop]:
        file = path / FILE_NAME if path.is_dir() else path
        with AnnotationStore.open(file, read_only=True) as store:
            pages = {page.id: page for page in store.pages()}
            for word in store.words(state=State.VERIFIED):
                if word.page_id in pages:  # a page may be added by another connection meanwhile
                    yield labelled_crop(store.root, pages[word.page_id], word)


def labelled_crop(root: Path, page: Page, word: Word) -> LabelledCrop:
    """Return a verified word as a crop of a data set."""
    assert word.label is not None, "only verified words are crops of a data set"
    box = None if is_whole_page(word.box, page) else word.box
    return LabelledCrop(f"{page.path} word {word.id}", root / page.path, box, word.label, word_id=word.id)


def is_whole_page(box: Box, page: Page) -> bool:
    """Whether the box is exactly the whole image, as for an imported crop."""
    return page.width > 0 and box == Box.from_bounds(0, 0, page.width, page.height)
