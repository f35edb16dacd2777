"""Pictures of words for lists: cut in the pool, page by page, so that no page is decoded once for each word on it."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from crnn_gui.services.pages import to_qimage
from crnn_gui.services.tasks import Task, Tasks
from model.annotations import Box
from model.errors import ImageError
from model.images import cut_crop, read_image

CROPS_IN_MEMORY = 2000
CROP_LIMIT_PX = (384, 64)
PAGES_UNDER_WAY = 2

_Key = tuple[int, Box]


class Crops(QObject):
    """Makes the pictures that views ask for, newest page first.

    Signals:
        ready: frozenset of the ids of words whose pictures can be had from :meth:`get` now.
    """

    ready = Signal(object)

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._cache: OrderedDict[_Key, QImage] = OrderedDict()
        self._waiting: OrderedDict[Path, dict[_Key, None]] = OrderedDict()
        self._under_way: dict[Path, Task] = {}

    def get(self, word_id: int, box: Box, page: Path) -> QImage | None:
        """Return the picture, or None and make it; ``ready`` follows. A null image stands for unreadable pixels."""
        key = (word_id, box)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        self._waiting.setdefault(page, {})[key] = None
        self._waiting.move_to_end(page)
        while sum(map(len, self._waiting.values())) > CROPS_IN_MEMORY and len(self._waiting) > 1:
            self._waiting.popitem(last=False)  # scrolled past long ago
        self._start_next()
        return None

    def clear(self) -> None:
        """Forget everything: another project is open, whose word ids mean other words."""
        for task in self._under_way.values():
            task.cancel()
        self._under_way.clear()
        self._waiting.clear()
        self._cache.clear()

    def _start_next(self) -> None:
        for page in [page for page in reversed(self._waiting) if page not in self._under_way]:
            if len(self._under_way) >= PAGES_UNDER_WAY:
                return
            self._start(page, self._waiting.pop(page))

    def _start(self, page: Path, wanted: dict[_Key, None]) -> None:
        keys = tuple(key for key in wanted if key not in self._cache)
        if not keys:
            return

        def made(images: list[QImage]) -> None:
            self._under_way.pop(page, None)
            self._cache |= dict(zip(keys, images, strict=True))
            while len(self._cache) > CROPS_IN_MEMORY:
                self._cache.popitem(last=False)
            self.ready.emit(frozenset(word_id for word_id, _ in keys))
            self._start_next()

        self._under_way[page] = self._tasks.run(lambda task: _cut(page, [box for _, box in keys]), made, priority=-1)


def _cut(page: Path, boxes: list[Box]) -> list[QImage]:
    try:
        image = read_image(page)
    except ImageError:
        return [QImage()] * len(boxes)
    return [_picture(image, box) for box in boxes]


def _picture(image: Image.Image, box: Box) -> QImage:
    try:
        crop = cut_crop(image, box)
    except ImageError:
        return QImage()
    crop.thumbnail(CROP_LIMIT_PX)
    return to_qimage(crop)
