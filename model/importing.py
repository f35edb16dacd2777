"""Takes a data set into an annotation file: its images become pages, its texts labels.

Importing again adds only what is new. What a person has said of a word already is never changed: a data set that says
otherwise is reported.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from model.annotations import Box, ImageSource, LabelledCrop, PackedImage, Page, Source, Word
from model.atomic import atomic_file, write_bytes
from model.errors import DatasetError, ImageError, StoreError
from model.events import Cause, Problem, Severity
from model.images import MissingImageError, image_bytes, image_size, image_suffix
from model.store import FILE_NAME, AnnotationStore
from model.store_rows import clean_text

if TYPE_CHECKING:
    from model.formats import Dataset

AUTHOR = "import"
COPIES = "images"

_BATCH = 1000
"""Crops that are committed together."""

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Conflict:
    """A word of the project whose label the data set contradicts. ``label`` is the project's, None without one."""

    key: str
    page: str
    word_id: int
    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did with every row: added + known + conflicts + refused.

    Attributes:
        added: words that are new; ``unlabelled`` of them came without a text.
        known: words that the project had with the same label.
        pages: pages that are new.
        conflicts: words that the project has with another label, or without one. They were left alone.
        refused: rows that could not be taken in.
        problems: why, for the first ten thousand rows that the format refused and all images.
        stopped: it was cancelled; what is reported was imported, and importing again adds the rest.
    """

    added: int
    unlabelled: int
    known: int
    pages: int
    conflicts: tuple[Conflict, ...]
    refused: int
    problems: tuple[Problem, ...]
    stopped: bool = False


def project_file(project: Path) -> Path:
    """Return the annotation file that a project's path means: itself, or the one that a folder holds or gets.

    Raises:
        DatasetError: the path is a file of another kind.
    """
    if project.suffix.lower() == ".crnn" and not project.is_dir():
        return project
    if project.is_file():
        raise DatasetError(f"{project} is no annotation file; name a file that ends in .crnn, or a folder.")
    return project / FILE_NAME


def import_dataset(
    dataset: Dataset,
    project: Path,
    *,
    copy: bool = False,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Take a data set into an annotation file, which is made where there is none. See :func:`import_into`.

    Args:
        dataset: what to take in.
        project: an annotation file (.crnn), or a folder that holds or gets ``annotations.crnn``.
        copy: copy the images beside the annotation file instead of pointing to them.
        progress: told (crops done, None).
        should_stop: polled between batches.

    Raises:
        KnownError: the data set or the annotation file cannot be read, or the disk refuses.
    """
    _require_files(dataset, copy)
    with AnnotationStore.open(project_file(project), create=True) as store:
        return import_into(store, dataset, copy=copy, progress=progress, should_stop=should_stop)


def import_into(
    store: AnnotationStore,
    dataset: Dataset,
    *,
    copy: bool = False,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ImportReport:
    """Take a data set into an annotation file that is open for writing; arguments as of :func:`import_dataset`.

    A crop becomes a page with one word whose box is the whole image. A word is the same when its page and box are; on
    a page of a crop with one word, that word is the same wherever its box was moved to.
    """
    _require_files(dataset, copy)
    run = _Run(store, dataset.root, copy)
    crops = dataset.crops()
    done = 0
    stopped = False
    while batch := list(islice(crops, _BATCH)):
        if stopped := should_stop is not None and should_stop():
            break
        run.add(batch)
        done += len(batch)
        if progress:
            progress(done, None)
    return ImportReport(
        added=run.added,
        unlabelled=run.unlabelled,
        known=run.known,
        pages=run.pages_added,
        conflicts=tuple(run.conflicts),
        refused=dataset.refused + len(run.problems),
        problems=(*dataset.problems, *run.problems),
        stopped=stopped,
    )


def _require_files(dataset: Dataset, copy: bool) -> None:
    """Refuse images that lie inside a container and are not to be copied out of it: a page is a file."""
    first = None if copy else next(dataset.crops(), None)
    if first is not None and isinstance(first.image, PackedImage):
        raise DatasetError(f"The images of {dataset.path} lie inside other files; import them with --copy.")


@dataclass
class _Run:
    """One import in progress. A page is known by its place: the absolute path of its image."""

    store: AnnotationStore
    source: Path
    copy: bool
    added: int = 0
    unlabelled: int = 0
    known: int = 0
    pages_added: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._root = str(self.store.root)
        self._folders: dict[str, str | None] = {}  # the folder without links, None inside the project
        self._pages = {self._place_of(page): page for page in self.store.pages()}
        self._trashed = frozenset(map(self._place_of, self.store.trashed_pages()))

    def add(self, batch: list[LabelledCrop]) -> None:
        """Take in some crops: first their pages, then their words, each in one transaction."""
        pages, new = self._pages_of(batch)
        words: dict[int, dict[Box, Word]] = {page_id: {} for page_id in new}
        fresh: list[Word] = []
        clashes: list[tuple[LabelledCrop, Page, Word]] = []
        for crop in batch:
            page = pages[crop.image]
            if isinstance(page, ImageError):
                self._refuse(crop, Cause.MISSING if isinstance(page, MissingImageError) else Cause.UNREADABLE, page)
                continue
            try:
                label = clean_text(crop.text) or None
            except StoreError as error:
                self._refuse(crop, Cause.UNREADABLE, error)
                continue
            if page.id not in words:
                words[page.id] = {word.box: word for word in self.store.words(page.id)}
            box = crop.box or Box.from_bounds(0, 0, page.width, page.height)
            known = words[page.id].get(box)
            if known is None and crop.box is None and len(words[page.id]) == 1:
                [known] = words[page.id].values()
            if known is None:
                source = Source.IMPORTED if label else None
                words[page.id][box] = Word(0, page.id, box, label, source=source, author=AUTHOR)
                fresh.append(words[page.id][box])
            elif known.label == label:
                self.known += 1
            else:
                clashes.append((crop, page, known))
        ids = self._store_words(fresh)
        for crop, page, word in clashes:
            word_id = word.id or ids[word.page_id, word.box]
            self.conflicts.append(Conflict(crop.key, page.path, word_id, word.label, crop.text))

    def _store_words(self, fresh: list[Word]) -> dict[tuple[int, Box], int]:
        """Add new words and return their ids by page and box."""
        by_page: dict[int, list[Word]] = {}
        for word in fresh:
            by_page.setdefault(word.page_id, []).append(word)
        ids = self.store.add_words(by_page) if fresh else range(0)
        self.added += len(fresh)
        self.unlabelled += sum(word.label is None for word in fresh)
        ordered = (word for words in by_page.values() for word in words)
        return {(word.page_id, word.box): word_id for word, word_id in zip(ordered, ids, strict=True)}

    def _pages_of(self, batch: list[LabelledCrop]) -> tuple[dict[ImageSource, Page | ImageError], list[int]]:
        """Return the page of every image in the batch, or why it has none, and the ids of those that were added."""
        failed: dict[ImageSource, ImageError] = {}
        places: dict[ImageSource, str] = {}
        new: dict[str, tuple[int, int]] = {}
        for image in dict.fromkeys(crop.image for crop in batch):
            try:
                place = self._place(image)
                if place in self._trashed:
                    raise ImageError(f"{image} is a page in the trash; take it back first.")
                page = self._pages.get(place)
                if page is None:
                    new[place] = image_size(Path(place))
                elif not page.width:
                    self._measure(place, page)
                places[image] = place
            except ImageError as error:
                failed[image] = error
        added = self.store.add_pages(map(Path, new), new.values())
        self._pages.update((self._place_of(page), page) for page in added)
        self.pages_added += len(added)
        unnamed = ImageError("The file name is not valid UTF-8; rename the file.")
        pages = {image: self._pages.get(place, unnamed) for image, place in places.items()}
        return failed | pages, [page.id for page in added]

    def _measure(self, place: str, page: Page) -> None:
        width, height = image_size(Path(place))
        self._pages[place] = replace(page, width=width, height=height)
        self.store.update_page(self._pages[place])

    def _place_of(self, page: Page) -> str:
        return os.path.normpath(os.path.join(self._root, page.path))  # noqa: PTH118  a string, for every page there is

    def _absolute(self, image: Path) -> str:
        """Return an image's place as the store would: links are followed unless they lie inside the project."""
        absolute = os.path.abspath(image)  # noqa: PTH100  resolve() would follow links inside the project
        folder, name = os.path.split(absolute)
        if folder not in self._folders:
            inside = Path(folder).is_relative_to(self.store.root)
            self._folders[folder] = None if inside else os.path.realpath(folder)
        real = self._folders[folder]
        if real is None:
            return absolute
        return os.path.realpath(absolute) if os.path.islink(absolute) else os.path.join(real, name)  # noqa: PTH114, PTH118

    def _place(self, image: ImageSource) -> str:
        """Return the absolute path under which an image is, or becomes, a page."""
        if isinstance(image, PackedImage):
            return self._extracted(image)
        return self._copied(image) if self.copy else self._absolute(image)

    def _copied(self, image: Path) -> str:
        """Return the place of an image's copy beside the annotation file, making the copy if it is not there yet.

        Raises:
            ImageError: the image cannot be read, or another one has the copy's name.
        """
        image_size(image)  # what is no image is not copied
        target = self._copies / (image.relative_to(self.source) if image.is_relative_to(self.source) else image.name)
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                with atomic_file(target) as beside:
                    shutil.copyfile(image, beside)
            elif not filecmp.cmp(image, target, shallow=False):
                raise ImageError(f"{image} was not copied: another image is already at {target}.")
        except OSError as error:
            raise StoreError(f"{image} cannot be copied to {target}: {error.strerror or error}.") from error
        return str(target)

    def _extracted(self, image: PackedImage) -> str:
        """Return the place of a packed image's copy; raises as :meth:`_copied`."""
        data = image_bytes(image)
        inside = image.container.relative_to(self.source) if image.container != self.source else Path()
        name = "".join(char if char.isalnum() or char in "-." else "_" for char in image.parts[-1])
        target = self._copies / inside / f"{name.removesuffix(image_suffix(image))}{image_suffix(image)}"
        try:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, data)
            elif target.read_bytes() != data:
                raise ImageError(f"{image} was not copied: another image is already at {target}.")
        except OSError as error:
            raise StoreError(f"{image} cannot be copied to {target}: {error.strerror or error}.") from error
        return str(target)

    @property
    def _copies(self) -> Path:
        return self.store.root / COPIES / self.source.name

    def _refuse(self, crop: LabelledCrop, cause: Cause, error: Exception) -> None:
        self.problems.append(Problem(crop.key, cause, Severity.ERROR, str(error)))
