"""The window: rail, workspaces, inspector, bars. It builds and wires; every part keeps its own rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.actions import ACTIONS, Scope, build_actions, fill_menu_bar
from crnn_gui.document import Notice, ProjectDocument, ProjectInfo, SaveState
from crnn_gui.reading import Reading
from crnn_gui.settings import Settings
from crnn_gui.theme import Theme
from crnn_gui.widgets.annotate import AnnotateWorkspace
from crnn_gui.widgets.canvas_tools import Tool
from crnn_gui.widgets.cover_stack import CoverStack
from crnn_gui.widgets.empty_state import EmptyState
from crnn_gui.widgets.guides import Guides
from crnn_gui.widgets.inspector import WIDTH_PX, Inspector
from crnn_gui.widgets.notice_bar import NoticeBars
from crnn_gui.widgets.opening import ask_file, ask_folder, dropped_path
from crnn_gui.widgets.page_list import PageList
from crnn_gui.widgets.rail import Rail
from crnn_gui.widgets.status_bar import StatusBar
from crnn_gui.wording import marked

if TYPE_CHECKING:
    from crnn_gui.widgets.train_workspace import TrainWorkspace

TITLE = "crnn-gui"
FIRST_SIZE_PX = QSize(1440, 900)
LEAST_SIZE_PX = (800, 560)
FRAME_PX = QSize(16, 48)
"""Room for what the system draws around a window, which nobody knows before the window is shown."""
_LOSE = marked("NoticeActions", "Close without them")
_WORKSPACES = ("annotate", "review", "train")
_TOOLS = {"draw": Tool.RECTANGLE, "draw_corners": Tool.CORNERS}


class MainWindow(QMainWindow):
    """One window for one project.

    Signals:
        demo_requested: the sample project is wanted.
        import_requested: the import panel is wanted.
        export_requested: the export panel is wanted.
        trash_requested: the trash is wanted.
        review_requested: "replace" or "accept", which is wanted on the review wall.
        find_words_requested: words are to be found, on the "page" or in the "project".
        opinions_requested: a second reader is to be asked about all suggestions.
        machine_requested: the facts about this machine are wanted.
        read_all_requested: which words of all pages are to be read, a value of :class:`model.suggesting.Which`.
        dropped: path that was dropped on the window, to be opened or imported.
        closing: the window is about to go; services stop now.
    """

    demo_requested = Signal()
    import_requested = Signal()
    export_requested = Signal()
    trash_requested = Signal()
    review_requested = Signal(str)
    find_words_requested = Signal(str)
    opinions_requested = Signal()
    machine_requested = Signal()
    read_all_requested = Signal(str)
    dropped = Signal(Path)
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
        self.setMinimumSize(*LEAST_SIZE_PX)
        self.resize(first_size(self.screen().availableGeometry().size()))
        self._saved: SaveState | None = None
        self._asked = ""
        self._may_lose_edits = False
        self._may_close: Callable[[], bool] = lambda: True
        self.inspector = Inspector(document)
        self.annotate = AnnotateWorkspace(document, reading, self.inspector, pages=pages)
        self.status = StatusBar()
        self.notices = NoticeBars()
        self.workspaces = QStackedWidget()
        self.workspaces.addWidget(self.annotate)
        self._built: dict[str, QWidget] = {"annotate": self.annotate}
        self._factories: dict[str, Callable[[], QWidget]] = {}
        self.guides = Guides(self, document, settings)
        self.actions_by_id = self._build_actions(reading)
        self.guides.attach(self.actions_by_id)
        self.empty = EmptyState(self.actions_by_id["open_folder"], self.actions_by_id["open_demo"])
        self._build_menus()
        self._lay_out()
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
                "boxes": self.annotate.boxes,
                "words": self.annotate.words,
                "editor": editor,
                "reading": reading,
                "guides": self.guides,
            },
            widgets={
                Scope.WINDOW: (self,),
                Scope.CANVAS: (canvas,),
                Scope.FIELD: fields,
                Scope.WORD: (canvas, *fields),
            },
        )

    def _build_menus(self) -> None:
        fill_menu_bar(self.menuBar(), self.actions_by_id)
        for names in (_WORKSPACES, ("scheme_system", "scheme_light", "scheme_dark")):
            group = QActionGroup(self)
            for name in names:
                self.actions_by_id[name].setCheckable(True)
                group.addAction(self.actions_by_id[name])
        for name in _TOOLS:
            self.actions_by_id[name].setCheckable(True)
        self.actions_by_id["shortcuts"].setIconText(self.tr("Keys"))

    def _lay_out(self) -> None:
        by_id = self.actions_by_id
        self.annotate.add_tools(by_id)
        self.rail = Rail({name: by_id[name] for name in _WORKSPACES}, [by_id["settings"], by_id["shortcuts"]])
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
        row.addWidget(self.rail)
        row.addWidget(self._splitter, 1)
        self._pages = CoverStack(self.annotate)
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
        document.page_opened.connect(self.notices.leave_page)
        document.saved_changed.connect(self._on_saved_changed)
        document.notice.connect(self.notices.show_notice)
        self.notices.action_chosen.connect(document.act_on_notice)
        self.notices.action_chosen.connect(self._on_notice_action_chosen)
        self.annotate.told.connect(self.tell)
        self.annotate.canvas.tool_changed.connect(self._on_tool_changed)
        self.empty.project_requested.connect(document.open_path)
        self.empty.forget_requested.connect(self._on_forget_requested)
        self._theme.changed.connect(self._on_look_changed)
        stack = document.undo_stack
        for name, possible, changed in (
            ("undo", stack.canUndo(), stack.canUndoChanged),
            ("redo", stack.canRedo(), stack.canRedoChanged),
        ):
            self.actions_by_id[name].setEnabled(possible)
            changed.connect(self.actions_by_id[name].setEnabled)
        stack.undoTextChanged.connect(self._on_undo_text_changed)
        stack.redoTextChanged.connect(self._on_redo_text_changed)
        self._on_undo_text_changed(stack.undoText())
        self._on_redo_text_changed(stack.redoText())

    def add_workspace(self, name: str, factory: Callable[[], QWidget]) -> None:
        """Put ``review`` or ``train`` on the rail. It is built when it is shown first, not before the first page."""
        self._factories[name] = factory
        self._on_what_is_there_changed()

    def _restore(self) -> None:
        self.restoreGeometry(self._settings.geometry("window"))
        self._splitter.restoreState(self._settings.geometry("inspector"))
        self.annotate.splitter.restoreState(self._settings.geometry("pages"))
        self.actions_by_id["show_texts"].setChecked(self._settings.value("look/text_at_boxes"))
        self.actions_by_id["show_word_list"].setChecked(self._settings.value("look/word_list"))
        self.actions_by_id[f"scheme_{self._theme.scheme}"].setChecked(True)
        self.actions_by_id["annotate"].setChecked(True)
        self.empty.show_recent(self._settings.recent_projects)

    # What is true now

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self.notices.clear()
        self._pages.setCurrentIndex(0 if project is None else 1)
        name = project.name if project is not None else ""
        self.setWindowTitle(f"{name} — {TITLE}" if name else TITLE)
        if project is None:
            self.status.show_saved(None)
            self.empty.show_recent(self._settings.recent_projects)
        else:
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

    @Slot(object)
    def _on_tool_changed(self, tool: Tool) -> None:
        for name, one in _TOOLS.items():
            self.actions_by_id[name].setChecked(tool is one)

    @Slot(object)
    def _on_saved_changed(self, state: SaveState) -> None:
        before, self._saved = self._saved, state
        self.status.show_saved(state if self._document.project is not None else None)
        if state.problem and not state.is_replaced and (before is None or not before.problem):
            self.notices.show_notice(Notice("error", state.problem))
        if before is not None and before.problem and not state.problem:
            self.notices.withdraw(before.problem)
            self.notices.withdraw(self._asked)

    @Slot(Path)
    def _on_forget_requested(self, path: Path) -> None:
        self._settings.forget_recent(path)
        self.empty.show_recent(self._settings.recent_projects)

    @Slot()
    def _on_look_changed(self) -> None:
        self.actions_by_id[f"scheme_{self._theme.scheme}"].setChecked(True)

    @Slot(str)
    def _on_undo_text_changed(self, text: str) -> None:
        edit = QCoreApplication.translate("Edits", text) if text else ""
        self.actions_by_id["undo"].setText(self.tr("&Undo {edit}").format(edit=edit).rstrip())

    @Slot(str)
    def _on_redo_text_changed(self, text: str) -> None:
        edit = QCoreApplication.translate("Edits", text) if text else ""
        self.actions_by_id["redo"].setText(self.tr("&Redo {edit}").format(edit=edit).rstrip())

    @Slot(str)
    def tell(self, sentence: str) -> None:
        """Show a sentence that goes by itself."""
        self.notices.show_notice(Notice("info", sentence))

    # Wishes of the table of actions

    @Slot()
    def ask_folder(self) -> None:
        """Let the user choose a folder to open."""
        self._open(ask_folder(self, self._start_folder()))

    @Slot()
    def ask_file(self) -> None:
        """Let the user choose an image or an annotation file to open."""
        self._open(ask_file(self, self._start_folder()))

    def _open(self, path: Path | None) -> None:
        if path is not None:
            self._document.open_path(path)

    def _start_folder(self) -> Path:
        return next((p for p in self._settings.recent if p.exists()), Path.home())

    def show_workspace(self, name: str) -> None:
        """Go to a workspace."""
        self.annotate.editor.keep()
        workspace = self.workspace(name)
        self.uncover()
        self.workspaces.setCurrentWidget(workspace)
        self.actions_by_id[name].setChecked(True)
        self.rail.mark(name, False)
        workspace.setFocus()

    def is_built(self, name: str) -> bool:
        """Whether a workspace has been shown so far."""
        return name in self._built

    def workspace(self, name: str) -> QWidget:
        """Return a workspace, built if it was not needed so far."""
        if name not in self._built:
            self._built[name] = self._factories[name]()
            self.workspaces.addWidget(self._built[name])
        return self._built[name]

    @property
    def train(self) -> TrainWorkspace:
        """The Train workspace."""
        return cast("TrainWorkspace", self.workspace("train"))

    def cover(self, page: QWidget) -> None:
        """Show a page in place of the workspaces, until :meth:`uncover`."""
        self.annotate.editor.keep()
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        page.setFocus()

    @Slot()
    def uncover(self) -> None:
        """Show the workspaces again, or the empty start."""
        self._pages.setCurrentIndex(0 if self._document.project is None else 1)
        workspace = self.workspaces.currentWidget()
        if workspace is not None:
            workspace.setFocus()

    def use_look(self, name: str) -> None:
        """Show the light or the dark look, or follow the system."""
        self._settings.set_value("look/scheme", name)

    # Drag and drop, and the end

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            self.empty.set_drop_near(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.empty.set_drop_near(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.empty.set_drop_near(False)
        event.acceptProposedAction()
        if (path := dropped_path(event.mimeData())) is not None:
            self.dropped.emit(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.annotate.editor.keep()
        if self._saved is not None and self._saved.problem and not self._may_lose_edits:
            self._ask_before_losing(self._saved)
            event.ignore()
            return
        if not self._may_close():
            event.ignore()
            return
        self.remember_layout()
        self.closing.emit()

    def remember_layout(self) -> None:
        """Keep what the next window begins with."""
        self.annotate.editor.keep()
        self._settings.set_geometry("window", self.saveGeometry())
        self._settings.set_geometry("inspector", self._splitter.saveState())
        self._settings.set_geometry("pages", self.annotate.splitter.saveState())
        self._settings.set_value("look/text_at_boxes", self.actions_by_id["show_texts"].isChecked())
        self._settings.set_value("look/word_list", self.actions_by_id["show_word_list"].isChecked())

    def take_place_of(self, other: MainWindow) -> None:
        """Stand where another window stands, with the same workspace and the same page of settings before it."""
        self.resize(other.size())
        name = next(name for name, built in other._built.items() if built is other.workspaces.currentWidget())
        self.show_workspace(name)
        self.show()
        if other._pages.currentIndex() > 1:
            self.guides.show_settings()
            self.guides.settings_page.go_to(other.guides.settings_page.place)

    def guard_closing(self, may_close: Callable[[], bool]) -> None:
        """Ask ``may_close`` before the window closes. Where it says no the window stays, and it sees to the rest."""
        self._may_close = may_close

    def _ask_before_losing(self, state: SaveState) -> None:
        one = self.tr("1 edit is not saved yet. {problem}")
        edits = one if state.pending == 1 else self.tr("{count} edits are not saved yet. {problem}")
        self.notices.withdraw(self._asked)
        self._asked = edits.format(count=f"{state.pending:,}", problem=state.problem)
        self.notices.show_notice(Notice("error", self._asked, (_LOSE,)))

    @Slot(object, str)
    def _on_notice_action_chosen(self, notice: Notice, action: str) -> None:
        if action == _LOSE:
            self._may_lose_edits = True
            self.close()


def first_size(screen: QSize) -> QSize:
    """Return the window's size at the very first start, on a screen with this much free room."""
    return FIRST_SIZE_PX.boundedTo(screen - FRAME_PX)
