"""Takes a data set into an annotation file: its images become pages, its texts labels.

Importing again adds only what is new. What a person has said of a word already is never changed: a data set that says
otherwise is reported. What an import would do can be asked before anything is done (:func:`plan_import`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from model.annotations import Box, ImageSource, LabelledCrop, PackedImage, Page, Source, Word
from model.atomic import write_bytes
from model.errors import DatasetError, ImageError, StoreError
from model.events import Cause, Problem, Severity
from model.images import MissingImageError, image_bytes, image_size, image_suffix
from model.store import FILE_NAME, AnnotationStore
from model.store_rows import clean_text

if TYPE_CHECKING:
    from model.formats import Dataset

AUTHOR = "import"
COPIES = "images"

LISTED = 200
"""So many words that were added, and so many that were known, are listed in the report; the rest are counted."""

_BATCH = 1000
"""Crops that are committed together."""

Progress = Callable[[int, int | None], None]


class ImportStopped(DatasetError):  # noqa: N818  a wish, not a fault
    """The import was cancelled. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A word of the project whose label the data set contradicts. ``label`` is the project's, None without one.

    ``word_id`` is 0 in a plan when the word it contradicts would be new, too.
    """

    key: str
    page: str
    word_id: int
    label: str | None
    text: str
    crop: LabelledCrop | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListedWord:
    """A word that was added or known, for a list of them; ``word_id`` is 0 in a plan when it would be new."""

    crop: LabelledCrop
    page: str
    word_id: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did with every row, or would do: added + known + conflicts + refused.

    Attributes:
        added: words that are new; ``unlabelled`` of them came without a text.
        known: words that the project had with the same label.
        pages: pages that are new.
        conflicts: words that the project has with another label, or without one. They were left alone.
        refused: rows that could not be taken in.
        problems: why, for the first ten thousand rows that the format refused and all images.
        stopped: it was cancelled; what is reported was imported, and importing again adds the rest.
        first_added, first_known: the first ``LISTED`` of those words.
    """

    added: int
    unlabelled: int
    known: int
    pages: int
    conflicts: tuple[Conflict, ...]
    refused: int
    problems: tuple[Problem, ...]
    stopped: bool = False
    first_added: tuple[ListedWord, ...] = ()
    first_known: tuple[ListedWord, ...] = ()


def project_file(project: Path) -> Path:
    """Return the annotation file that a project's path means: itself, or the one that a folder holds or gets.

    Raises:
        DatasetError: the path is a file of another kind, or no path that a system allows.
    """
    try:
        is_file, is_folder = project.is_file(), project.is_dir()
    except OSError as error:
        raise DatasetError(f"{project} cannot be a project: {error.strerror or error}.") from error
    if project.suffix.lower() == ".crnn" and not is_folder:
        return project
    if is_file:
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
    survey = _Survey(store.root, dataset.root, copy, store)
    run = _Commit(store, dataset)
    stopped = False
    for done, batch in _batches(dataset):
        if stopped := should_stop is not None and should_stop():
            break
        found = _Findings()
        survey.look(batch, found)
        with _whole(found.copies, store.root):
            for place, image in found.copies.items():
                _fetch(image, Path(place))
        run.add(found)
        survey.settle(run.pages)
        if progress:
            progress(done, None)
    return run.report(stopped=stopped)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. It is true as long as the project and the data set stay as they are.

    Attributes:
        dataset: what would be taken in.
        report: what would be reported.
        images: image files that the data set's rows name and that can be read.
        root: the project's folder.
        findings: what is to be added, in the data set's order.
    """

    dataset: Dataset
    report: ImportReport
    images: int
    root: Path
    findings: _Findings

    @property
    def copies(self) -> int:
        """How many images are to be copied."""
        return len(self.findings.copies)

    def fetch(self, *, progress: Progress | None = None, should_stop: Callable[[], bool] | None = None) -> None:
        """Make the copies that the plan needs. When it is stopped or fails, none of them is left.

        Args:
            progress: told (images done, images).
            should_stop: polled after each image.

        Raises:
            ImportStopped: ``should_stop`` said so.
            KnownError: an image cannot be read, or the disk refuses.
        """
        copies = self.findings.copies
        with _whole(copies, self.root):
            for done, (place, image) in enumerate(copies.items(), 1):
                _fetch(image, Path(place))
                if should_stop and should_stop():
                    raise ImportStopped("The import was stopped; nothing was written.")
                if progress:
                    progress(done, len(copies))

    def discard(self) -> None:
        """Take away the copies that :meth:`fetch` made, and the folders that only they were in."""
        _discard(self.findings.copies, self.root)

    def commit(self, store: AnnotationStore) -> ImportReport:
        """Write what was planned into the annotation file, once :meth:`fetch` is done.

        All words are added in one transaction, the last one, so that it can be tried again when the disk refuses.
        """
        run = _Commit(store, self.dataset)
        run.add(self.findings)
        return run.report()


def plan_import(
    dataset: Dataset,
    project: Path,
    *,
    copy: bool = False,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ImportPlan:
    """Find out what importing would do, without writing anything. The plan is held in memory whole.

    Args:
        dataset: what would be taken in.
        project: an annotation file, or a folder that holds or would get one.
        copy: as of :func:`import_dataset`. Images inside other files are planned to be copied in any case.
        progress: told (crops done, None).
        should_stop: polled between batches.

    Raises:
        ImportStopped: ``should_stop`` said so.
        KnownError: the data set or the annotation file cannot be read.
    """
    file = project_file(project)
    copy = copy or _is_packed(dataset)
    store = AnnotationStore.open(file, read_only=True) if file.exists() else None
    try:
        root = store.root if store else file.parent.resolve()
        survey = _Survey(root, dataset.root, copy, store)
        found = _Findings()
        for done, batch in _batches(dataset):
            if should_stop and should_stop():
                raise ImportStopped("The import was stopped; nothing was written.")
            survey.look(batch, found)
            if progress:
                progress(done, None)
    finally:
        if store:
            store.close()
    tally = _Tally(dataset, root)
    tally.count(found, {})
    return ImportPlan(dataset, tally.report(), survey.images, root, found)


def _batches(dataset: Dataset) -> Iterator[tuple[int, list[LabelledCrop]]]:
    """Yield a data set's crops in batches, each with how many that are so far."""
    crops = dataset.crops()
    done = 0
    while batch := list(islice(crops, _BATCH)):
        done += len(batch)
        yield done, batch


def _is_packed(dataset: Dataset) -> bool:
    first = next(dataset.crops(), None)
    return first is not None and isinstance(first.image, PackedImage)


def _require_files(dataset: Dataset, copy: bool) -> None:
    """Refuse images that lie inside a container and are not to be copied out of it: a page is a file."""
    if not copy and _is_packed(dataset):
        raise DatasetError(f"The images of {dataset.path} lie inside other files; import them with --copy.")


_Placed = tuple[LabelledCrop, str, Word]
"""A crop, the place of its page, and the word it is or becomes."""


@dataclass(slots=True)
class _Findings:
    """What some crops come to. A page is known by its place: the absolute path of its image."""

    pages: dict[str, tuple[int, int]] = field(default_factory=dict)  # new ones and their sizes
    measured: list[Page] = field(default_factory=list)
    copies: dict[str, ImageSource] = field(default_factory=dict)
    words: list[_Placed] = field(default_factory=list)
    known: list[_Placed] = field(default_factory=list)
    clashes: list[_Placed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, crop: LabelledCrop, cause: Cause, error: Exception) -> None:
        self.problems.append(Problem(crop.key, cause, Severity.ERROR, str(error)))


@dataclass
class _Survey:
    """Finds out what crops would add to a project, and changes nothing."""

    root: Path
    source: Path
    copy: bool
    store: AnnotationStore | None
    images: int = 0

    def __post_init__(self) -> None:
        self._folders: dict[str, str | None] = {}  # the folder without links, None inside the project
        self._pages = _by_place(self.root, self.store.pages() if self.store else ())
        self._trashed = frozenset(_by_place(self.root, self.store.trashed_pages() if self.store else ()))
        self._words: dict[str, dict[Box, Word]] = {}
        self._copies: dict[str, ImageSource] = {}

    def look(self, batch: list[LabelledCrop], found: _Findings) -> None:
        """Add what a batch comes to."""
        places: dict[ImageSource, str | ImageError] = {}
        for crop in batch:
            if crop.image not in places:
                places[crop.image] = self._find(crop.image, found)
            place = places[crop.image]
            if isinstance(place, ImageError):
                found.refuse(crop, Cause.MISSING if isinstance(place, MissingImageError) else Cause.UNREADABLE, place)
                continue
            try:
                label = clean_text(crop.text) or None
            except StoreError as error:
                found.refuse(crop, Cause.UNREADABLE, error)
                continue
            self._compare(crop, place, label, found)

    def settle(self, pages: Mapping[str, Page]) -> None:
        """Take over what was committed: it is asked for from the annotation file from now on."""
        self._pages = dict(pages)
        self._words.clear()
        self._copies.clear()

    def _compare(self, crop: LabelledCrop, place: str, label: str | None, found: _Findings) -> None:
        page, words = self._pages[place], self._words_on(place)
        box = crop.box or Box.from_bounds(0, 0, page.width, page.height)
        known = words.get(box)
        if known is None and crop.box is None and len(words) == 1:
            [known] = words.values()
        if known is None:
            words[box] = Word(0, page.id, box, label, source=Source.IMPORTED if label else None, author=AUTHOR)
            found.words.append((crop, place, words[box]))
        else:
            (found.known if known.label == label else found.clashes).append((crop, place, known))

    def _words_on(self, place: str) -> dict[Box, Word]:
        if place not in self._words:
            page = self._pages[place]
            stored = self.store.words(page.id) if self.store and page.id else ()
            self._words[place] = {word.box: word for word in stored}
            self.images += 1
        return self._words[place]

    def _find(self, image: ImageSource, found: _Findings) -> str | ImageError:
        """Return the place of the image's page, which is new or known, or why it can have none."""
        try:
            place = self._place(image, found)
            if place in self._trashed:
                raise ImageError(f"{image} is a page in the trash; take it back first.")
            page = self._pages.get(place)
            if page is None or not page.width:
                width, height = image_size(image)
                self._require_name(place)
                if page is None:
                    found.pages[place] = width, height
                    self._pages[place] = Page(0, _page_path(self.root, place), width, height)
                else:
                    self._pages[place] = replace(page, width=width, height=height)
                    found.measured.append(self._pages[place])
        except ImageError as error:
            return error
        return place

    def _require_name(self, place: str) -> None:
        try:
            place.encode()
        except UnicodeEncodeError as error:
            raise ImageError("The file name is not valid UTF-8; rename the file.") from error

    def _place(self, image: ImageSource, found: _Findings) -> str:
        """Return the absolute path under which an image is, or becomes, a page."""
        if not self.copy:
            assert isinstance(image, Path), "images inside other files are copied"
            return self._absolute(image)
        place = str(self._copy_of(image))
        other = self._copies.get(place) or (Path(place) if os.path.lexists(place) else None)
        if other is None:
            image_size(image)  # what is no image is not copied
            found.copies[place] = self._copies[place] = image
        elif other != image and image_bytes(image) != image_bytes(other):
            raise ImageError(f"{image} was not copied: another image is already at {place}.")
        return place

    def _absolute(self, image: Path) -> str:
        """Return an image's place as the store would: links are followed unless they lie inside the project."""
        absolute = os.path.abspath(image)  # noqa: PTH100  resolve() would follow links inside the project
        folder, name = os.path.split(absolute)
        if folder not in self._folders:
            inside = Path(folder).is_relative_to(self.root)
            self._folders[folder] = None if inside else os.path.realpath(folder)
        real = self._folders[folder]
        if real is None:
            return absolute
        return os.path.realpath(absolute) if os.path.islink(absolute) else os.path.join(real, name)  # noqa: PTH114, PTH118

    def _copy_of(self, image: ImageSource) -> Path:
        """Return where an image's copy belongs, always below the project's folder of copies."""
        copies = self.root / COPIES / self.source.name
        if isinstance(image, PackedImage):
            inside = image.container.relative_to(self.source) if image.container != self.source else Path()
            name = "".join(char if char.isalnum() or char in "-." else "_" for char in image.parts[-1])
            return copies / inside / f"{name.removesuffix(image_suffix(image))}{image_suffix(image)}"
        plain = Path(os.path.normpath(image))  # "data/../x.png" does not lie in data
        return copies / (plain.relative_to(self.source) if plain.is_relative_to(self.source) else plain.name)


@dataclass
class _Tally:
    """Counts what crops come to."""

    dataset: Dataset
    root: Path
    added: int = 0
    unlabelled: int = 0
    known: int = 0
    pages_added: int = 0
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    first_added: list[ListedWord] = field(default_factory=list)
    first_known: list[ListedWord] = field(default_factory=list)

    def count(self, found: _Findings, ids: Mapping[tuple[str, Box], int]) -> None:
        """Take findings into account; ``ids`` are those of the new words, by place and box."""
        self.added += len(found.words)
        self.unlabelled += sum(word.label is None for _, _, word in found.words)
        self.known += len(found.known)
        self.pages_added += len(found.pages)
        self.problems += found.problems
        for crop, place, word in found.clashes:
            word_id = word.id or ids.get((place, word.box), 0)
            page = _page_path(self.root, place)
            self.conflicts.append(Conflict(crop.key, page, word_id, word.label, crop.text, crop))
        for listed, placed in ((self.first_added, found.words), (self.first_known, found.known)):
            listed += (
                ListedWord(crop, _page_path(self.root, place), word.id or ids.get((place, word.box), 0))
                for crop, place, word in placed[: LISTED - len(listed)]
            )

    def report(self, *, stopped: bool = False) -> ImportReport:
        return ImportReport(
            added=self.added,
            unlabelled=self.unlabelled,
            known=self.known,
            pages=self.pages_added,
            conflicts=tuple(self.conflicts),
            refused=self.dataset.refused + len(self.problems),
            problems=(*self.dataset.problems, *self.problems),
            stopped=stopped,
            first_added=tuple(self.first_added),
            first_known=tuple(self.first_known),
        )


class _Commit:
    """Writes findings into an annotation file."""

    def __init__(self, store: AnnotationStore, dataset: Dataset) -> None:
        self._store = store
        self._tally = _Tally(dataset, store.root)
        self.pages = _by_place(store.root, store.pages())

    def add(self, found: _Findings) -> None:
        """Add the pages and the words of some crops, each in one transaction."""
        for page in found.measured:
            self._store.update_page(page)
        added = self._store.add_pages(map(Path, found.pages), found.pages.values())
        self.pages |= _by_place(self._store.root, added) | {_place_of(self._store.root, p): p for p in found.measured}
        by_page: dict[int, list[_Placed]] = {}
        for placed in found.words:
            by_page.setdefault(self.pages[placed[1]].id, []).append(placed)
        words = {page_id: [word for _, _, word in those] for page_id, those in by_page.items()}
        ids = self._store.add_words(words) if words else range(0)
        ordered = (placed for those in by_page.values() for placed in those)
        self._tally.count(found, {(place, w.box): i for (_, place, w), i in zip(ordered, ids, strict=True)})

    def report(self, *, stopped: bool = False) -> ImportReport:
        return self._tally.report(stopped=stopped)


def _by_place(root: Path, pages: Iterable[Page]) -> dict[str, Page]:
    return {_place_of(root, page): page for page in pages}


def _place_of(root: Path, page: Page) -> str:
    return os.path.normpath(os.path.join(root, page.path))  # noqa: PTH118  a string, for every page there is


def _page_path(root: Path, place: str) -> str:
    """Return a page's path as the annotation file has it."""
    try:
        return os.path.relpath(place, root).replace(os.sep, "/")
    except ValueError:  # another drive
        return place.replace(os.sep, "/")


@contextmanager
def _whole(places: Iterable[str], root: Path) -> Iterator[None]:
    """Take copies away again when the block that makes them fails or is interrupted."""
    try:
        yield
    except BaseException:
        _discard(places, root)
        raise


def _discard(places: Iterable[str], root: Path) -> None:
    for place in places:
        with suppress(OSError):
            Path(place).unlink(missing_ok=True)
            for folder in Path(place).parents:
                if folder == root:
                    break
                folder.rmdir()


def _fetch(image: ImageSource, target: Path) -> None:
    """Copy an image to where its page will be.

    Raises:
        KnownError: it cannot be read, or the disk refuses.
    """
    data = image_bytes(image)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, data)
    except OSError as error:
        raise StoreError(f"{image} cannot be copied to {target}: {error.strerror or error}.") from error
