"""Brings what the first gestures need into memory once there is something to see, so that no gesture waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from crnn_gui.document import ProjectDocument

if TYPE_CHECKING:
    from crnn_gui.services.tasks import Task, Tasks

PAUSE_MILLISECONDS = 100
WITHOUT_QT = ("numpy", "regex", "model.closeup", "model.images", "model.patterns", "model.review_queries")
WITH_QT = (
    "crnn_gui.services.crops",
    "crnn_gui.widgets.wall_model",
    "crnn_gui.widgets.crop_wall",
    "crnn_gui.widgets.wall_head",
    "crnn_gui.widgets.accept_panel",
    "crnn_gui.widgets.replace_panel",
    "crnn_gui.widgets.review",
)
"""Classes of Qt are made in the GUI thread: one module at a time, each shorter than a frame or two."""


class Warming(QObject):
    """Imports modules after the first page has come, those without Qt in the pool."""

    def __init__(self, document: ProjectDocument, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._rest = iter(WITH_QT)
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE_MILLISECONDS)
        self._timer.timeout.connect(self._on_pause_over)
        self._document = document
        document.image_ready.connect(self._on_image_ready)

    @Slot(object)
    def _on_image_ready(self, _image: object) -> None:
        self._document.image_ready.disconnect(self._on_image_ready)
        self._tasks.run(lambda task: _import(task, WITHOUT_QT), lambda _: self._timer.start(), priority=-2)

    @Slot()
    def _on_pause_over(self) -> None:
        name = next(self._rest, None)
        if name is None:
            self._timer.stop()
        else:
            import_module(name)


def _import(task: Task, names: Iterable[str]) -> None:
    for name in names:
        if not task.is_cancelled:
            import_module(name)
