"""A project of many small pages that nobody has read, and how far a reading of it is."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from model.annotations import Box, State, Word
from model.store import FILE_NAME, AnnotationStore


def project_of_crops(folder: Path, pages: int) -> Path:
    """Make a project of small pages with one word each, that nobody has read."""
    for number in range(pages):
        Image.new("L", (40, 16), 200).save(folder / f"{number:04}.png")
    with AnnotationStore.open(folder / FILE_NAME, create=True) as store:
        added = store.add_pages(sorted(folder.glob("*.png")), [(40, 16)] * pages)
        store.add_words({page.id: [Word(0, page.id, Box.from_bounds(0, 0, 40, 16))] for page in added})
    return folder / FILE_NAME


def read_so_far(file: Path) -> int:
    with AnnotationStore.open(file, read_only=True) as store:
        return sum(1 for _ in store.words(state=State.SUGGESTED))
