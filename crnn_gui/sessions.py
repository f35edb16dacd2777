"""Where a person was in each project: the page, the words, the zoom, the workspace and the window, for the next time.

It is kept with the settings of the person, not in the annotation file: others who open the project were elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, QPointF, QTimer, Slot

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.settings import Settings
from crnn_gui.widgets.page_view import Outlook

if TYPE_CHECKING:
    from crnn_gui.services.pages import PageImage
    from crnn_gui.widgets.main_window import MainWindow
    from model.annotations import Page

_WORKSPACES = ("annotate", "review", "train")


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody was.

    Attributes:
        page: id of the page.
        words: ids of the words that were selected.
        workspace: its name.
        window: the window's geometry as Qt keeps it, in base64.
        outlook: zoom, left and top of the page's view; None where the whole page was shown.
    """

    page: int
    words: tuple[int, ...] = ()
    workspace: str = _WORKSPACES[0]
    window: str = ""
    outlook: tuple[float, float, float] | None = None


class Sessions(QObject):
    """Remembers the place when a page or the window is left, and goes there when the project is opened again."""

    def __init__(self, document: ProjectDocument, settings: Settings, window: MainWindow) -> None:
        super().__init__(window)
        self._document, self._settings, self._window = document, settings, window
        self._going_to: Place | None = None
        document.project_changed.connect(self._on_project_changed)
        document.page_left.connect(self._remember)
        document.page_opened.connect(self._on_page_opened)
        document.image_ready.connect(self._on_image_ready)
        window.closing.connect(self._remember)

    @Slot()
    def _remember(self) -> None:
        project, page = self._document.project, self._document.page
        if project is None or page is None:
            return
        look = self._window.annotate.canvas.outlook
        place = Place(
            page.id,
            self._document.selection,
            next(name for name in _WORKSPACES if self._window.actions_by_id[name].isChecked()),
            self._window.saveGeometry().toBase64().toStdString(),
            (look.zoom, look.corner.x(), look.corner.y()) if look is not None else None,
        )
        self._settings.set_geometry(_key(project), QByteArray(json.dumps(asdict(place)).encode()))

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._going_to = place = _read(self._settings.geometry(_key(project))) if project is not None else None
        if place is None:
            return
        self._window.restoreGeometry(QByteArray.fromBase64(place.window.encode()))
        self._document.open_page(place.page, place.words)
        if place.workspace != _WORKSPACES[0]:
            QTimer.singleShot(0, self._window, lambda: self._window.show_workspace(place.workspace))

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        if page is not None and self._going_to is not None and page.id != self._going_to.page:
            self._going_to = None  # an image was asked for, or the page is gone

    @Slot(object)
    def _on_image_ready(self, image: PageImage) -> None:
        place, self._going_to = self._going_to, None
        if place is not None and place.outlook is not None and image.page_id == place.page:
            zoom, left, top = place.outlook
            canvas = self._window.annotate.canvas
            # After the canvas has taken the image, which it hears of in the same moment.
            QTimer.singleShot(0, canvas, lambda: canvas.take_outlook(Outlook(zoom, QPointF(left, top))))


def _key(project: ProjectInfo) -> str:
    return "session-" + hashlib.sha256(str(project.place).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _read(kept: QByteArray) -> Place | None:
    """Return a place that was kept; one that another version of the program kept counts as none."""
    try:
        values = json.loads(bytes(kept.data()))
        outlook = values.pop("outlook")
        return Place(**values | {"words": tuple(values["words"]), "outlook": outlook and tuple(map(float, outlook))})
    except (ValueError, TypeError, KeyError):
        return None
