"""Page images and thumbnails: decoded in the pool, kept within bounds, the newest wish first."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import platformdirs
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from model.documents import is_page_of_document
from model.errors import ImageError
from model.images import read_image, thumbnail

if TYPE_CHECKING:
    from PIL import Image

    from crnn_gui.services.tasks import Task, Tasks

IMAGE_CACHE_BYTES = 256 * 1024 * 1024
THUMBNAIL_SIZE_PX = 128
STRIP_ROWS = 256
SCREEN_PIXELS = 4_000_000
THUMBNAILS_IN_MEMORY = 1024
THUMBNAILS_UNDER_WAY = 4

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class PageImage:
    """The decoded image of a page: once for the screen, once as the pixels that crops are cut from.

    Attributes:
        smaller: copies of half the width, a quarter and so on, for a page that is seen from afar.
    """

    page_id: int
    image: QImage
    pixels: Image.Image
    smaller: tuple[QImage, ...] = ()


def to_qimage(pixels: Image.Image) -> QImage:
    """Return the pixels (mode L or RGB) as a QImage that owns its memory. Callable from any thread."""
    pixels = pixels if pixels.mode in ("L", "RGB") else pixels.convert("RGB")
    form = QImage.Format.Format_Grayscale8 if pixels.mode == "L" else QImage.Format.Format_RGB888
    image = QImage(pixels.width, pixels.height, form)
    bits = cast("memoryview", image.bits())
    for top in range(0, pixels.height, STRIP_ROWS):  # all at once would take the memory twice more
        strip = pixels.crop((0, top, pixels.width, min(top + STRIP_ROWS, pixels.height)))
        rows = strip.tobytes("raw", strip.mode, image.bytesPerLine())
        start = top * image.bytesPerLine()
        bits[start : start + len(rows)] = rows
    return image


def smaller_copies(pixels: Image.Image) -> tuple[QImage, ...]:
    """Return copies of half the width, a quarter and so on, the last one about as large as a screen."""
    copies = []
    while pixels.width * pixels.height > SCREEN_PIXELS:
        pixels = pixels.reduce(2)
        copies.append(to_qimage(pixels))
    return tuple(copies)


class PageImages(QObject):
    """Decodes the page that is wanted now, then its neighbours.

    Signals:
        ready: :class:`PageImage` of the page asked for last.
        failed: page id and the sentence that says why its image cannot be shown.
    """

    ready = Signal(object)
    failed = Signal(int, str)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._cache: OrderedDict[int, PageImage] = OrderedDict()
        self._under_way: dict[int, Task] = {}
        self._wanted: int | None = None

    def request(self, page_id: int, path: Path, neighbours: Iterable[tuple[int, Path]] = ()) -> None:
        """Ask for a page's image. An earlier wish that has not been answered is given up."""
        self._wanted = page_id
        nearby = dict(neighbours)
        for other in [i for i in self._under_way if i != page_id and i not in nearby]:
            self._under_way.pop(other).cancel()
        if page_id in self._cache:
            self._cache.move_to_end(page_id)
            self.ready.emit(self._cache[page_id])
        else:
            self._load(page_id, path, priority=2)
        for other, other_path in nearby.items():
            if other not in self._cache:
                self._load(other, other_path, priority=1)

    def clear(self) -> None:
        """Forget everything: another project is open, whose page ids mean other files."""
        for task in self._under_way.values():
            task.cancel()
        self._under_way.clear()
        self._cache.clear()
        self._wanted = None

    def _load(self, page_id: int, path: Path, *, priority: int) -> None:
        if page_id in self._under_way:
            return
        self._under_way[page_id] = self._tasks.run(
            lambda task: _decode(task, page_id, path),
            self._on_decoded,
            lambda error: self._on_failed(page_id, error),
            priority=priority,
        )

    def _on_decoded(self, page: PageImage) -> None:
        self._under_way.pop(page.page_id, None)
        self._cache[page.page_id] = page
        self._trim()
        if page.page_id == self._wanted:
            self.ready.emit(page)

    def _on_failed(self, page_id: int, error: Exception) -> None:
        self._under_way.pop(page_id, None)
        if not isinstance(error, ImageError):
            raise error
        self.failed.emit(page_id, str(error))

    def _trim(self) -> None:
        used = sum(_size(page) for page in self._cache.values())
        for page_id in list(self._cache):
            if used <= IMAGE_CACHE_BYTES:
                return
            if page_id != self._wanted:
                used -= _size(self._cache.pop(page_id))


def _decode(task: Task, page_id: int, path: Path) -> PageImage:
    pixels = read_image(path)
    return PageImage(page_id, to_qimage(pixels), pixels, smaller_copies(pixels))


def _size(page: PageImage) -> int:
    shown = sum(image.sizeInBytes() for image in (page.image, *page.smaller))
    return shown + page.pixels.width * page.pixels.height * len(page.pixels.getbands())


class Thumbnails(QObject):
    """Small pictures of pages, made when a view asks for them and kept on disk between starts.

    Signals:
        ready: page id whose thumbnail can be had from :meth:`get` now.
    """

    ready = Signal(int)

    def __init__(self, tasks: Tasks, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._folder = folder or platformdirs.user_cache_path("crnn-gui") / "thumbnails"
        self._cache: OrderedDict[int, QImage] = OrderedDict()
        self._waiting: OrderedDict[int, Path] = OrderedDict()
        self._under_way: dict[int, Task] = {}

    def get(self, page_id: int, path: Path) -> QImage | None:
        """Return the thumbnail, or None and make it; ``ready`` follows. A null image stands for an unreadable page."""
        if page_id in self._cache:
            self._cache.move_to_end(page_id)
            return self._cache[page_id]
        if page_id not in self._under_way:
            self._waiting[page_id] = path
            self._waiting.move_to_end(page_id)
            self._start_next()
        return None

    def clear(self) -> None:
        """Forget everything: another project is open, whose page ids mean other files."""
        for task in self._under_way.values():
            task.cancel()
        for pages in (self._under_way, self._waiting, self._cache):
            pages.clear()

    def _start_next(self) -> None:
        while len(self._waiting) > THUMBNAILS_IN_MEMORY:
            self._waiting.popitem(last=False)
        while self._waiting and len(self._under_way) < THUMBNAILS_UNDER_WAY:
            page_id, path = self._waiting.popitem()  # the newest wish is what the user looks at
            self._under_way[page_id] = self._tasks.run(
                lambda task, path=path: _thumbnail(path, self._folder),  # type: ignore[misc]
                lambda image, page_id=page_id: self._on_made(page_id, image),  # type: ignore[misc]
                priority=-1,
            )

    def _on_made(self, page_id: int, image: QImage) -> None:
        self._under_way.pop(page_id, None)
        self._cache[page_id] = image
        while len(self._cache) > THUMBNAILS_IN_MEMORY:
            self._cache.popitem(last=False)
        self.ready.emit(page_id)
        self._start_next()


def _thumbnail(path: Path, folder: Path) -> QImage:
    """Return the thumbnail of the image at ``path`` from ``folder``, or make it and keep it there."""
    try:
        status = (path.parent if is_page_of_document(path) else path).stat()
    except OSError:
        return QImage()
    name = hashlib.sha256(f"{path}\n{status.st_mtime_ns}\n{status.st_size}".encode()).hexdigest()[:32]
    kept = folder / name[:2] / f"{name}.png"
    image = QImage(str(kept)) if kept.exists() else QImage()
    if not image.isNull():
        return image
    try:
        image = to_qimage(thumbnail(path, (THUMBNAIL_SIZE_PX, THUMBNAIL_SIZE_PX)))
    except ImageError as error:
        log.info("no thumbnail: %s", error)
        return QImage()
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        log.info("the thumbnail cache cannot be written: %s", error)
        return image
    image.save(str(kept))
    return image
