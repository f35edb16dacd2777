"""The window: rail, workspaces, inspector, bars. It builds and wires; every part keeps its own rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.actions import ACTIONS, MENUS, Scope, build_actions
from crnn_gui.document import Notice, ProjectDocument, ProjectInfo
from crnn_gui.reading import Reading
from crnn_gui.settings import Settings
from crnn_gui.theme import Scheme, Theme
from crnn_gui.widgets.annotate import AnnotateWorkspace
from crnn_gui.widgets.empty_state import EmptyState
from crnn_gui.widgets.inspector import WIDTH_PX, Inspector
from crnn_gui.widgets.notice_bar import NoticeBars
from crnn_gui.widgets.page_list import PageList
from crnn_gui.widgets.rail import Rail
from crnn_gui.widgets.shortcuts_overlay import ShortcutsOverlay
from crnn_gui.widgets.status_bar import StatusBar
from model.images import IMAGE_SUFFIXES

TITLE = "crnn-gui"
_WORKSPACES = ("annotate", "review", "train")


class MainWindow(QMainWindow):
    """One window for one project.

    Signals:
        demo_requested: the sample project is wanted.
        export_requested: the export panel is wanted.
        closing: the window is about to go; services stop now.
    """

    demo_requested = Signal()
    export_requested = Signal()
    closing = Signal()

    def __init__(
        self, document: ProjectDocument, reading: Reading, *, pages: PageList, settings: Settings, theme: Theme
    ) -> None:
        super().__init__()
        self._document = document
        self._settings = settings
        self._theme = theme
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.resize(1440, 900)
        self.inspector = Inspector(document)
        self.annotate = AnnotateWorkspace(document, reading, self.inspector, pages=pages)
        self.status = StatusBar()
        self.notices = NoticeBars()
        self.workspaces = QStackedWidget()
        self.workspaces.addWidget(self.annotate)
        self._built: dict[str, QWidget] = {"annotate": self.annotate}
        self._factories: dict[str, Callable[[], QWidget]] = {}
        self.actions_by_id = self._build_actions(reading)
        self.empty = EmptyState(self.actions_by_id["open_folder"], self.actions_by_id["open_demo"])
        self._build_menus()
        self._lay_out()
        self.overlay = ShortcutsOverlay(self)
        self._connect()
        self._restore()
        self._on_project_changed(document.project)

    def _build_actions(self, reading: Reading) -> dict[str, QAction]:
        canvas, editor = self.annotate.canvas, self.annotate.editor
        fields = (self.annotate.field, self.inspector.field)
        return build_actions(
            self,
            targets={
                "window": self,
                "document": self._document,
                "annotate": self.annotate,
                "canvas": canvas,
                "editor": editor,
                "reading": reading,
            },
            widgets={
                Scope.WINDOW: (self,),
                Scope.CANVAS: (canvas,),
                Scope.FIELD: fields,
                Scope.WORD: (canvas, *fields),
            },
        )

    def _build_menus(self) -> None:
        for name in MENUS:
            menu = self.menuBar().addMenu(f"&{name}")
            for spec in ACTIONS:
                if spec.menu == name and spec.is_listed:
                    menu.addAction(self.actions_by_id[spec.id])
        for names in (_WORKSPACES, ("scheme_system", "scheme_light", "scheme_dark")):
            group = QActionGroup(self)
            for name in names:
                self.actions_by_id[name].setCheckable(True)
                group.addAction(self.actions_by_id[name])
        self.actions_by_id["draw"].setCheckable(True)
        self.actions_by_id["shortcuts"].setIconText("Keys")

    def _lay_out(self) -> None:
        by_id = self.actions_by_id
        self.annotate.add_tools(by_id)
        rail = Rail([by_id[name] for name in _WORKSPACES], [by_id["shortcuts"]])
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.workspaces)
        self._splitter.addWidget(self.inspector)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1440 - WIDTH_PX, WIDTH_PX])
        project = QWidget()
        row = QHBoxLayout(project)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(rail)
        row.addWidget(self._splitter, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(project)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        document = self._document
        document.project_changed.connect(self._on_project_changed)
        document.page_opened.connect(self._on_what_is_there_changed)
        document.selection_changed.connect(self._on_what_is_there_changed)
        document.counts_changed.connect(self.status.show_counts)
        document.saved_changed.connect(self.status.show_saved)
        document.notice.connect(self.notices.show_notice)
        self.notices.action_chosen.connect(document.act_on_notice)
        self.annotate.told.connect(self._on_told)
        self.annotate.canvas.drawing_changed.connect(self.actions_by_id["draw"].setChecked)
        self.empty.project_requested.connect(document.open_path)
        stack = document.undo_stack
        for name, possible, changed in (
            ("undo", stack.canUndo(), stack.canUndoChanged),
            ("redo", stack.canRedo(), stack.canRedoChanged),
        ):
            self.actions_by_id[name].setEnabled(possible)
            changed.connect(self.actions_by_id[name].setEnabled)
        stack.undoTextChanged.connect(self._on_undo_text_changed)
        stack.redoTextChanged.connect(self._on_redo_text_changed)

    def add_workspace(self, name: str, factory: Callable[[], QWidget]) -> None:
        """Put ``review`` or ``train`` on the rail. It is built when it is shown first, not before the first page."""
        self._factories[name] = factory
        self._on_what_is_there_changed()

    def _restore(self) -> None:
        self.restoreGeometry(self._settings.geometry("window"))
        self._splitter.restoreState(self._settings.geometry("inspector"))
        self.annotate.splitter.restoreState(self._settings.geometry("pages"))
        self.actions_by_id["show_texts"].setChecked(self._settings.value("look/text_at_boxes"))
        self.actions_by_id[f"scheme_{self._theme.scheme}"].setChecked(True)
        self.actions_by_id["annotate"].setChecked(True)
        self.empty.show_recent([p for p in self._settings.recent if p.exists()])

    # What is true now

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self.notices.clear()
        self._pages.setCurrentIndex(0 if project is None else 1)
        name = project.folder.name or str(project.folder) if project is not None else ""
        self.setWindowTitle(f"{name} — {TITLE}" if name else TITLE)
        if project is None:
            self.status.show_saved(None)
            self.empty.show_recent([p for p in self._settings.recent if p.exists()])
        else:
            self._settings.add_recent(project.folder if project.file.parent == project.folder else project.file)
            self.annotate.canvas.setFocus()
        self._on_what_is_there_changed()

    @Slot()
    def _on_what_is_there_changed(self) -> None:
        document = self._document
        there = {
            "project": document.project is not None,
            "page": document.page is not None,
            "word": bool(document.selection),
        }
        for spec in ACTIONS:
            if spec.needs:
                self.actions_by_id[spec.id].setEnabled(there[spec.needs])
        for name in _WORKSPACES:
            self.actions_by_id[name].setEnabled(name in self._built or name in self._factories)

    @Slot(str)
    def _on_undo_text_changed(self, text: str) -> None:
        self.actions_by_id["undo"].setText(f"&Undo {text}".rstrip())

    @Slot(str)
    def _on_redo_text_changed(self, text: str) -> None:
        self.actions_by_id["redo"].setText(f"&Redo {text}".rstrip())

    @Slot(str)
    def _on_told(self, sentence: str) -> None:
        self.notices.show_notice(Notice("info", sentence))

    # Wishes of the table of actions

    @Slot()
    def ask_folder(self) -> None:
        """Let the user choose a folder of images."""
        chosen = QFileDialog.getExistingDirectory(self, "Open a folder of photographs", self._start_folder())
        if chosen:
            self._document.open_path(Path(chosen))

    @Slot()
    def ask_file(self) -> None:
        """Let the user choose an image or an annotation file."""
        kinds = " ".join(f"*{suffix}" for suffix in (".crnn", *sorted(IMAGE_SUFFIXES)))
        chosen, _ = QFileDialog.getOpenFileName(self, "Open", self._start_folder(), f"Images and projects ({kinds})")
        if chosen:
            self._document.open_path(Path(chosen))

    def _start_folder(self) -> str:
        return str(next((p for p in self._settings.recent if p.exists()), Path.home()))

    @Slot()
    def request_demo(self) -> None:
        """Ask for a copy of the sample project."""
        self.demo_requested.emit()

    @Slot()
    def request_export(self) -> None:
        """Ask for the export panel."""
        self.annotate.editor.keep()
        self.export_requested.emit()

    def show_workspace(self, name: str) -> None:
        """Go to a workspace; one that was not needed so far is built now."""
        self.annotate.editor.keep()
        if name not in self._built:
            self._built[name] = self._factories[name]()
            self.workspaces.addWidget(self._built[name])
        self.workspaces.setCurrentWidget(self._built[name])
        self.actions_by_id[name].setChecked(True)
        self._built[name].setFocus()

    @Slot()
    def show_shortcuts(self) -> None:
        """Cover the window with the sheet of shortcuts."""
        self.overlay.open()

    def use_look(self, name: str) -> None:
        """Show the light or the dark look, or follow the system."""
        self._theme.set_scheme(Scheme(name))
        self._settings.set_value("look/scheme", name)

    # Drag and drop, and the end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_path(event.mimeData()) is not None:
            self.empty.set_drop_near(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.empty.set_drop_near(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.empty.set_drop_near(False)
        path = _dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self._document.open_path(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.annotate.editor.keep()
        self._settings.set_geometry("window", self.saveGeometry())
        self._settings.set_geometry("inspector", self._splitter.saveState())
        self._settings.set_geometry("pages", self.annotate.splitter.saveState())
        self._settings.set_value("look/text_at_boxes", self.actions_by_id["show_texts"].isChecked())
        self.closing.emit()


def _dropped_path(data: QMimeData) -> Path | None:
    """Return the first local file or folder among what is dragged."""
    return next((Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()), None)
