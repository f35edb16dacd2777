"""From what the user points at to a project's files: which annotation file, which folder, which images."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from PySide6.QtCore import QCoreApplication, QObject, Signal

from model.backups import Backup, backups, copy_aside, restore_backup
from model.documents import pages_of
from model.errors import ImageError, KnownError, StoreCorruptError, StoreError, StoreLockedError, StoreTooNewError
from model.images import image_size, list_images, read_image

if TYPE_CHECKING:
    from crnn_gui.services.store_service import OpenedFile, StoreService
    from crnn_gui.services.tasks import Task, Tasks
    from model.annotations import Page

ANNOTATION_FILE = "annotations.crnn"
LISTING_BATCH = 500
USUAL_CROP_PX = (800, 150)
LARGEST_CROP_PX = (1400, 600)
USUAL_SHARE = 0.9
"""A folder of crops has a few words that were photographed from near, but no photograph."""
CROPS_LOOKED_AT = 40
FEWEST_CROPS = 20
BACKUPS_OFFERED = 2


class ProjectError(KnownError):
    """A path cannot be opened as a project."""


@dataclass(frozen=True, slots=True)
class Target:
    """What opening a path comes to.

    Attributes:
        folder: where images are looked for; None when the annotation file alone says which pages there are.
        file: the annotation file, there already or to be made.
        image: the page to open first, when the path named an image.
        is_new: the annotation file does not exist yet.
        notice: a sentence the user has to know, for example that the file lies elsewhere.
    """

    folder: Path | None
    file: Path
    image: Path | None = None
    is_new: bool = False
    notice: str = ""


def locate(path: Path) -> Target:
    """Return what opening ``path`` (folder, image or annotation file) comes to.

    Raises:
        ProjectError: there is nothing, or it is neither of the three.
    """
    path = path.expanduser().absolute()
    path = path.parent.resolve() / path.name  # as the store does, so that the paths of pages can be compared
    if not path.exists():
        if path.suffix == ".crnn" and path.parent.is_dir():
            return _target(path.parent, path)
        raise ProjectError(f"{path} does not exist.")
    if path.is_dir():
        return _target(path, path / ANNOTATION_FILE)
    if path.suffix == ".crnn":
        return Target(path.parent if path.name == ANNOTATION_FILE else None, path)
    image = next(pages_of(path))
    try:
        read_image(image)
    except ImageError as error:
        raise ProjectError(f"{path.name} is neither a folder, an image nor an annotation file: {error}") from error
    return _target(path.parent, path.parent / ANNOTATION_FILE, image=image)


def _target(folder: Path, file: Path, *, image: Path | None = None) -> Target:
    if file.exists():
        return Target(folder, file, image)
    if os.access(folder, os.W_OK):
        return Target(folder, file, image, is_new=True)
    name = f"{folder.name or 'project'}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}.crnn"
    kept = platformdirs.user_data_path("crnn-gui") / "projects" / name
    kept.parent.mkdir(parents=True, exist_ok=True)
    told = QCoreApplication.translate(
        "Projects", "The folder {folder} cannot be written to, so its annotations are kept in {file}."
    )
    return Target(folder, kept, image, is_new=not kept.exists(), notice=told.format(folder=folder, file=kept))


@dataclass(frozen=True, slots=True)
class Found:
    """A batch of image files in natural order, with their sizes in pixels where those were looked up."""

    paths: tuple[Path, ...]
    sizes: tuple[tuple[int, int], ...] = ()


def list_folder(task: Task, folder: Path, *, look_for_crops: bool) -> bool:
    """Report the folder's images in :class:`Found` batches; return whether every image is the crop of one word.

    Args:
        task: gets the batches, and is asked whether to go on.
        folder: listed with all folders below it.
        look_for_crops: tell crops from pages; then the batches of crops carry sizes.
    """
    images = list_images(folder)
    are_crops = False
    size = 50  # the first screenful comes at once
    while batch := tuple(islice(images, size)):
        if task.is_cancelled:
            return False
        if look_for_crops:
            are_crops, look_for_crops = look_like_crops(batch), False
        task.report(Found(batch, _sizes(batch) if are_crops else ()))
        size = LISTING_BATCH
    return are_crops


def look_like_crops(paths: Sequence[Path]) -> bool:
    """Whether the images are crops of one word each: many, all of them small, judged by the headers of some."""
    if len(paths) <= FEWEST_CROPS:
        return False
    step = max(1, len(paths) // CROPS_LOOKED_AT)
    sizes = [size for size in _sizes(paths[::step]) if size != (0, 0)]
    usual = sum(_is_within(size, USUAL_CROP_PX) for size in sizes)
    return all(is_crop(size) for size in sizes) and usual >= max(1, USUAL_SHARE * len(sizes))


def is_crop(size: tuple[int, int]) -> bool:
    """Whether an image of this width and height (0 when unknown) may be the crop of one word."""
    return _is_within(size, LARGEST_CROP_PX)


def _is_within(size: tuple[int, int], limit: tuple[int, int]) -> bool:
    return 0 < size[0] <= limit[0] and 0 < size[1] <= limit[1]


def _sizes(paths: Sequence[Path]) -> tuple[tuple[int, int], ...]:
    return tuple(_size(path) for path in paths)


def _size(path: Path) -> tuple[int, int]:
    try:
        return image_size(path)
    except ImageError:  # the page shows what is wrong with it when it is opened
        return 0, 0


@dataclass(frozen=True, slots=True)
class OpenedProject:
    """An annotation file that is open now, and all of it that is kept in memory.

    Attributes:
        folder: the folder whose images it holds; None for an annotation file that stands alone.
        image: the image the user pointed at, to be shown first.
        notices: sentences the user has to know, for example that the annotations lie elsewhere.
        owner: who has the file open for writing, when it could be opened for reading only.
    """

    file: OpenedFile
    folder: Path | None
    image: Path | None
    notices: tuple[str, ...]
    owner: str


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """An annotation file that cannot be read. It stays where it is, with a copy beside it.

    Attributes:
        backups: the newest ones that are intact.
    """

    target: Target
    sentence: str
    backups: tuple[Backup, ...]


def look_at_damage(target: Target, sentence: str) -> DamagedFile:
    """Copy a damaged annotation file aside and look for its newest backups."""
    aside = copy_aside(target.file)
    told = QCoreApplication.translate("Projects", "{sentence} A copy is kept as {file}.")
    newest = tuple(islice(backups(target.file), BACKUPS_OFFERED))
    return DamagedFile(target, told.format(sentence=sentence, file=aside.name), newest)


def start_new(file: Path) -> None:
    """Make room for a new annotation file. The damaged one has been copied aside."""
    copy_aside(file)
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


class ProjectOpener(QObject):
    """Opens what the user points at and lists its images; the project before stays until that has worked.

    Signals:
        opened: :class:`OpenedProject`.
        pages_found: tuple of the Pages that the folder has and the annotation file did not.
        crops_found: tuple of Pages that look like the crop of one word each, in a new project.
        image_wanted: path of an image of the open project that was asked for.
        refused: the sentence that says why nothing was opened.
        damaged: :class:`DamagedFile`.
    """

    opened = Signal(object)
    pages_found = Signal(object)
    crops_found = Signal(object)
    image_wanted = Signal(object)
    refused = Signal(str)
    damaged = Signal(object)

    def __init__(self, store: StoreService, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._tasks = tasks
        self._current: Path | None = None
        self._next: Path | None = None
        self._is_busy = False
        self._listing: Task | None = None
        self._crops: list[Page] = []

    def open(self, path: Path) -> None:
        """Open a folder, an image or an annotation file. A wish that comes while one is under way waits for it."""
        if self._is_busy:
            self._next = path
            return
        self._is_busy = True
        self._tasks.run(lambda task: locate(path), self._open_target, self._refuse, title=self.tr("Opening"))

    def close(self) -> None:
        """Stop listing and let the annotation file go."""
        self._stop_listing()
        self._current = None
        self._store.close_file()

    def _stop_listing(self) -> None:
        if self._listing is not None:
            self._listing.cancel()
            self._listing = None

    def _on_settled(self) -> None:
        self._is_busy = False
        if self._next is not None:
            path, self._next = self._next, None
            self.open(path)

    def remedies(self, damaged: DamagedFile) -> dict[str, Callable[[], None]]:
        """Return what can be done about a damaged file: the button's text and what it does."""
        target = damaged.target
        actions: dict[str, Callable[[], None]] = {}
        for backup in damaged.backups:
            text = self.tr("Restore {date}: {words} words, {verified} verified").format(
                date=backup.path.stem, words=backup.words, verified=backup.verified
            )
            actions[text] = lambda backup=backup: self._mend(  # type: ignore[misc]
                target, lambda file: restore_backup(file, backup.path)
            )
        return actions | {self.tr("Start a new file"): lambda: self._mend(target, start_new)}

    def _mend(self, target: Target, remedy: Callable[[Path], object]) -> None:
        def mended(_: object) -> None:
            self._open_target(target)

        self._tasks.run(lambda task: remedy(target.file), mended, self._refuse, title=self.tr("Restoring"))

    def _open_target(self, target: Target) -> None:
        if target.file == self._current:
            if target.image is not None:
                self.image_wanted.emit(target.image)
            self._on_settled()
            return
        self._stop_listing()
        self._store.open(
            target.file,
            lambda file: self._on_file_opened(target, file),
            lambda error: self._on_file_refused(target, error),
        )

    def _on_file_refused(self, target: Target, error: Exception) -> None:
        if isinstance(error, StoreCorruptError):
            self._tasks.run(lambda task: look_at_damage(target, str(error)), self._on_damage_seen, self._refuse)
        elif isinstance(error, StoreError) and not isinstance(error, StoreTooNewError) and target.file.exists():
            owner = str(error.owner or self.tr("another program")) if isinstance(error, StoreLockedError) else ""
            self._store.open(
                target.file,
                lambda file: self._on_file_opened(target, file, owner=owner),
                self._refuse,
                read_only=True,
            )
        else:
            self._refuse(error)

    def _on_file_opened(self, target: Target, file: OpenedFile, *, owner: str = "") -> None:
        self._current = target.file
        self._crops = []
        told = (target.notice,) if target.notice else ()
        self.opened.emit(OpenedProject(file, target.folder, target.image, told, owner))
        if target.folder is not None and not file.read_only:
            folder, is_new = target.folder, not file.pages
            self._listing = self._tasks.run(
                lambda task: list_folder(task, folder, look_for_crops=is_new),
                self._on_listed,
                self._refuse,
                on_progress=self._on_found,
                title=self.tr("Listing images"),
            )
        self._on_settled()

    def _on_found(self, found: Found) -> None:
        self._store.write(
            lambda store: tuple(store.add_pages(found.paths, found.sizes, are_wanted=False)), self._on_pages_added
        )

    def _on_pages_added(self, pages: tuple[Page, ...]) -> None:
        self._crops += [page for page in pages if is_crop((page.width, page.height))]
        self.pages_found.emit(pages)

    def _on_listed(self, are_crops: bool) -> None:
        self._listing = None
        # The last batch may still be on its way into the file; an empty write comes back after it.
        self._store.write(lambda store: are_crops, self._on_listing_stored)

    def _on_listing_stored(self, are_crops: bool) -> None:
        if are_crops and self._crops:
            self.crops_found.emit(tuple(self._crops))

    def _on_damage_seen(self, damaged: DamagedFile) -> None:
        self.damaged.emit(damaged)
        self._on_settled()

    def _refuse(self, error: Exception) -> None:
        self._on_settled()
        if not isinstance(error, KnownError):
            raise error
        self.refused.emit(str(error))
