"""What stands where a project will be: the next step, and the projects of before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.actions import unmarked
from crnn_gui.services.pages import Thumbnails
from crnn_gui.settings import RecentProject
from crnn_gui.widgets.recent_row import RecentRow

AREA_WIDTH_PX = 640
MOST_WIDTH_PX = 1100
MOST_RECENT = 5
_GAP_PX = 24


class EmptyState(QWidget):
    """A place to drop a folder on, two buttons, and recent projects.

    Signals:
        project_requested: path of a recent project.
        forget_requested: path of a project that is to leave the list.
    """

    project_requested = Signal(Path)
    forget_requested = Signal(Path)

    def __init__(self, open_folder: QAction, open_demo: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_drop_near = False
        self._thumbnails: Thumbnails | None = None
        self._area = QWidget()
        self._area.setFixedWidth(min(theme.scaled(AREA_WIDTH_PX), MOST_WIDTH_PX))
        area = QVBoxLayout(self._area)
        area.setContentsMargins(48, 48, 48, 40)
        area.setSpacing(8)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(self.tr("Drop a folder of photographs here"))
        title.setFont(theme.ui_font(points=8, bold=True))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        text = QLabel(
            self.tr(
                "Draw boxes around the words, correct what is read, and train a recogniser on them.\n"
                "Your images stay as they are; everything you do is kept in one file beside them."
            )
        )
        text.setWordWrap(True)
        text.setProperty("muted", True)
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self.folder_button = _button(open_folder, is_primary=True)
        self.demo_button = _button(open_demo, is_primary=False)
        buttons.addWidget(self.folder_button)
        buttons.addWidget(self.demo_button)
        buttons.addStretch(1)
        area.addWidget(self._icon)
        area.addSpacing(8)
        area.addWidget(title)
        area.addWidget(text)
        area.addSpacing(16)
        area.addLayout(buttons)
        self._rows: list[RecentRow] = []
        self._lines: list[QWidget] = []
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        self._recent_title = QLabel(self.tr("Recent projects"))
        self._recent_title.setFont(theme.ui_font(bold=True))
        layout = QVBoxLayout(self)
        layout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(2)
        layout.addWidget(self._area, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(_GAP_PX)
        below = QWidget()
        below.setFixedWidth(min(theme.scaled(AREA_WIDTH_PX), MOST_WIDTH_PX))
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        layout.addWidget(below, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self._tint()
        self.show_recent(())

    def use_thumbnails(self, thumbnails: Thumbnails) -> None:
        """Show pages of the recent projects, as they come in."""
        self._thumbnails = thumbnails
        thumbnails.ready.connect(self._on_thumbnail_ready)
        self._ask_for_pictures()

    def show_recent(self, projects: Sequence[RecentProject]) -> None:
        """List projects that were open before; those that are gone can be taken off the list."""
        while (item := self._recent.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.deleteLater()
        self._rows = [RecentRow(project) for project in projects[:MOST_RECENT]]
        self._lines = [self._line(row) for row in self._rows]
        for line in self._lines:
            self._recent.addWidget(line)
        self._recent_title.setVisible(bool(self._rows))
        self._show_what_fits()
        self._ask_for_pictures()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_what_fits()

    def _show_what_fits(self) -> None:
        """Hide the oldest projects rather than squeeze the place to drop a folder on."""
        taken = self._area.heightForWidth(self._area.width()) + _GAP_PX + 2 * self._recent_title.sizeHint().height()
        for place, line in enumerate(self._lines):
            taken += line.sizeHint().height()
            line.setVisible(place == 0 or taken <= self.height())

    def _line(self, row: RecentRow) -> QWidget:
        row.clicked.connect(lambda: self.project_requested.emit(row.project.path))
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(row, 1)
        forget = QToolButton()
        forget.setIcon(resources.icon("x", "muted"))
        forget.setToolTip(self.tr("Take it off this list"))
        forget.setAccessibleName(self.tr("Take it off this list"))
        forget.clicked.connect(lambda: self.forget_requested.emit(row.project.path))
        layout.addWidget(forget)
        return line

    def _ask_for_pictures(self) -> None:
        for number in range(len(self._rows)):
            self._on_thumbnail_ready(-1 - number)

    @Slot(int)
    def _on_thumbnail_ready(self, number: int) -> None:
        """Show a picture. Pages of the open project have positive numbers; the rows here have those below zero."""
        place = -1 - number
        if self._thumbnails is None or not 0 <= place < len(self._rows) or not self._rows[place].project.picture:
            return
        picture = self._thumbnails.get(number, Path(self._rows[place].project.picture))
        if picture is not None:
            self._rows[place].show_picture(picture)

    def set_drop_near(self, near: bool) -> None:
        """Light the area up while something that can be opened hangs over the window."""
        self._is_drop_near = near
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    def _tint(self) -> None:
        self._icon.setPixmap(resources.icon("folder-notch-open", "accent").pixmap(QSize(56, 56)))

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(look.color("surface"))
        pen = QPen(look.color("accent" if self._is_drop_near else "line"), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(QRectF(self._area.geometry()).adjusted(1, 1, -1, -1), 8, 8)


def _button(action: QAction, *, is_primary: bool) -> QPushButton:
    button = QPushButton(unmarked(action.text()))
    button.setIcon(resources.icon(action_icon(action), "on_accent" if is_primary else ""))
    button.setProperty("primary", is_primary)
    button.setMinimumHeight(32)
    button.setToolTip(action.toolTip())
    button.clicked.connect(action.trigger)
    return button


def action_icon(action: QAction) -> str:
    """Return the icon's name of an action of the table."""
    return {"open_folder": "folder-open", "open_demo": "flask"}[action.objectName()]
