"""The Review workspace: the words of all pages on one wall, doubt first, decided on with the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.accepting import Accepting
from crnn_gui.document import ProjectDocument
from crnn_gui.replacing import Replacing
from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets.accept_panel import AcceptPanel
from crnn_gui.widgets.crop_wall import CropWall
from crnn_gui.widgets.empty_wall import EmptyWall
from crnn_gui.widgets.folding import FoldingLine
from crnn_gui.widgets.replace_panel import ReplacePanel
from crnn_gui.widgets.replace_table import ReplaceTable
from crnn_gui.widgets.wall_head import WallHead
from crnn_gui.widgets.wall_model import WallModel
from crnn_gui.widgets.word_look import shown_text
from model.documents import shown_name
from model.review_queries import Order, ReviewQuery

REST_MILLISECONDS = 150
"""How long the hands rest on a word before its page is opened for the inspector."""


class ReviewWorkspace(QWidget):
    """Filters and search above, the wall, and a line that says where the current word is and what the keys do.

    Signals:
        workspace_requested: name of the workspace to go to; the word is on its way there already.
        word_requested: id of a word that is wanted on its page.
        told: a sentence for the user.
    """

    workspace_requested = Signal(str)
    word_requested = Signal(int)
    told = Signal(str)

    def __init__(
        self, document: ProjectDocument, reviewing: Reviewing, crops: Crops, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._reviewing = reviewing
        self._crops = crops
        self.model = WallModel(document, reviewing, self)
        self.wall = CropWall(document, self.model, crops)
        self.head = WallHead(document)
        self.accepting = Accepting(document, reviewing, self)
        self.accept_panel = AcceptPanel(self.accepting)
        self.replacing = Replacing(document, reviewing, self)
        self.replace_panel = ReplacePanel(self.replacing)
        self.replace_table = ReplaceTable(document, self.replacing, crops)
        self._empty = EmptyWall()
        self._middle = QStackedWidget()
        self._where = QLabel()
        self._keys = QLabel()
        self._is_outdated = True
        self._asked = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._lay_out()
        self._connect()
        self._on_summary_changed()
        self.setFocusProxy(self.wall)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(8, 8, 8, 8)
        top.setSpacing(8)
        top.addWidget(self.head)
        top.addWidget(self.accept_panel)
        top.addWidget(self.replace_panel)
        layout.addLayout(top)
        self._middle.addWidget(self.wall)
        self._middle.addWidget(self._empty)
        self._middle.addWidget(self.replace_table)
        layout.addWidget(self._middle, 1)
        where, keys = QHBoxLayout(), QHBoxLayout()
        for label, line in ((self._where, where), (self._keys, keys)):
            label.setProperty("muted", True)
            label.setFont(theme.ui_font(points=-1))
            line.addWidget(label)
            line.addStretch()
        self._where.setTextFormat(Qt.TextFormat.PlainText)
        foot = FoldingLine(where, keys)
        foot.setContentsMargins(16, 6, 16, 6)
        layout.addWidget(foot)

    def _connect(self) -> None:
        self.head.query_changed.connect(self._on_query_changed)
        self.head.tidy_requested.connect(self.model.load)
        self.head.search_entered.connect(self.wall.setFocus)
        self.head.filter_button.toggled.connect(self._on_filters_shown)
        self.head.replace_requested.connect(self.begin_replacing)
        self.replacing.changed.connect(self._show_middle)
        self.replacing.ended.connect(self.wall.setFocus)
        self.replacing.told.connect(self.told)
        self.replace_table.left.connect(self.replacing.close)
        self.replace_table.page_requested.connect(self.word_requested)
        self.head.accept_requested.connect(self.begin_accepting)
        self.accepting.sample_drawn.connect(self._on_sample_drawn)
        self.accepting.ended.connect(self._on_accepting_ended)
        self.accepting.told.connect(self.told)
        self.accept_panel.closed.connect(self.wall.setFocus)
        self.model.outdated.connect(self._on_outdated)
        self.model.summary_changed.connect(self._on_summary_changed)
        self.model.refused.connect(self.head.complain)
        self.wall.verify_requested.connect(self._on_verify_requested)
        self.wall.ignore_requested.connect(self._on_ignore_requested)
        self.wall.page_requested.connect(self.open_on_page)
        self.wall.search_requested.connect(self.focus_search)
        self.wall.left.connect(self.accepting.cancel)
        self.wall.refused.connect(self.told)
        self.wall.selectionModel().currentChanged.connect(self._on_current_changed)
        self._reviewing.refused.connect(self.told)
        self._empty.workspace_requested.connect(self.workspace_requested)
        self._rest.timeout.connect(self._on_hands_rested)
        self._document.project_changed.connect(self._on_project_changed)
        self._document.selection_changed.connect(self._on_selection_changed)

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self.wall.set_doubt_below(confidence)

    # What hangs on the wall

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_outdated:
            self._load()
        elif self.model.decided:
            self.model.load()

    def _load(self) -> None:
        self._is_outdated = False
        self.model.load()

    @Slot()
    def _on_outdated(self) -> None:
        self._is_outdated = True
        if self.isVisible():
            self._load()

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._crops.clear()
        self._rest.stop()
        self.head.clear()

    @Slot(object)
    def _on_query_changed(self, query: ReviewQuery) -> None:
        self.accepting.cancel()
        self.model.set_query(query)
        if not self.head.isAncestorOf(self.focusWidget() or self):
            self.wall.setFocus()

    @Slot(bool)
    def _on_filters_shown(self, is_shown: bool) -> None:
        if is_shown:
            self._reviewing.words.weights(self.head.show_weights)

    @Slot()
    def _on_summary_changed(self) -> None:
        model = self.model
        self.head.show_counts(model.tally)
        self.head.show_decided(model.decided)
        is_empty = model.rowCount() == 0
        if is_empty and not model.is_loading:
            self._empty.explain(model.query, self.head.chosen, self._document.counts)
        self._show_middle()
        self._show_where()

    @Slot()
    def _show_middle(self) -> None:
        is_empty = self.model.rowCount() == 0 and not self.model.is_loading
        shown = self.replace_table if self.replacing.is_open else self._empty if is_empty else self.wall
        self._middle.setCurrentWidget(shown)
        self._where.setVisible(shown is self.wall)
        self._keys.setVisible(shown is not self._empty)
        wall_keys = self.tr("Enter  verify, next    ·    type or F2  correct    ·    I  ignore    ·    O  open on page")
        table_keys = self.tr("Space  take in or leave out    ·    Ctrl+A  all rows    ·    Esc  back to the wall")
        self._keys.setText(table_keys if self.replacing.is_open else wall_keys)

    def _show_where(self) -> None:
        found = self.wall.current
        if found is None:
            self._where.clear()
            return
        path = PurePosixPath(self._document.page_of(found.word.page_id).path)
        place = self.tr("{row} of {rows}    ·    {page}")
        row, rows = f"{self.wall.currentIndex().row() + 1:,}", f"{self.model.total:,}"
        self._where.setText(place.format(row=row, rows=rows, page=shown_name(path.as_posix())))
        self._where.setToolTip(str(path))

    # Wishes

    @Slot()
    def focus_search(self) -> None:
        """Put the caret into the search field."""
        self.head.search.setFocus()
        self.head.search.selectAll()

    @Slot()
    def open_on_page(self) -> None:
        """Show the current word on its page, in the Annotate workspace."""
        found = self.wall.current
        if found is not None:
            self._rest.stop()
            self._asked = found.word.id
            self._document.open_page(found.word.page_id, (found.word.id,))
            self.workspace_requested.emit("annotate")

    @Slot(bool)
    def _on_verify_requested(self, goes_on: bool) -> None:
        chosen = self.wall.chosen
        if len(chosen) == 1 and not shown_text(chosen[0].word, chosen[0].prediction):
            self.wall.edit_current()
            return
        self._reviewing.accept(chosen)
        if goes_on and chosen:
            last = self.model.index_of(chosen[-1].word.id)
            following = self.model.next_waiting(last.row())
            if following.isValid():
                self.wall.go_to(following)
            else:
                self.told.emit(self.tr("Nothing here waits for you any more."))

    @Slot()
    def _on_ignore_requested(self) -> None:
        self._reviewing.toggle_ignored(self.wall.chosen)

    # Changing many words

    @Slot()
    def begin_replacing(self) -> None:
        """Ask what is to be replaced in the texts of all pages."""
        self.accepting.cancel()
        self.replace_panel.begin(self.head.search.text())

    @Slot(str, object)
    def show_replacements(self, title: str, new_texts: Mapping[int, str]) -> None:
        """List what words would become; none of them is changed before the user says so."""
        self.accepting.cancel()
        self.replacing.show(title, new_texts)
        self.replace_table.setFocus()

    @Slot()
    def show_dissent(self) -> None:
        """List first what a second reader reads differently."""
        self.head.choose_order(Order.OPINION)

    @Slot()
    def begin_accepting(self) -> None:
        """Ask above which confidence readings are to stand."""
        self.replacing.close()
        self.accepting.begin(self.head.query)
        self.accept_panel.slider.setFocus()

    @Slot(object)
    def _on_sample_drawn(self, word_ids: tuple[int, ...]) -> None:
        self.model.hang(word_ids)
        self.wall.setFocus()

    @Slot()
    def _on_accepting_ended(self) -> None:
        self.model.set_query(self.head.query)

    # The document's word and the wall's are one

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, previous: QModelIndex) -> None:
        self._show_where()
        if current.isValid() and self.isVisible():
            self._rest.start()

    @Slot()
    def _on_hands_rested(self) -> None:
        """Show the current word in the inspector."""
        found = self.wall.current
        if found is None or self._document.selection == (found.word.id,):
            return
        self._asked = found.word.id
        page = self._document.page
        if page is not None and page.id == found.word.page_id:
            self._document.select((found.word.id,))
        else:
            self._document.open_page(found.word.page_id, (found.word.id,))

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        """Go where Undo and the other workspaces go, but not back to where the hands have moved on from."""
        if ids and ids[-1] != self._asked:
            self._asked = ids[-1]
            self.wall.go_to(self.model.index_of(ids[-1]))
