"""The Review workspace: the words of all pages on one wall, doubt first, decided on with the keyboard."""

from __future__ import annotations

from pathlib import PurePosixPath

from PySide6.QtCore import QEvent, QModelIndex, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import resources, theme
from crnn_gui.document import Counts, ProjectDocument
from crnn_gui.reviewing import Reviewing
from crnn_gui.services.crops import Crops
from crnn_gui.widgets.crop_wall import CropWall
from crnn_gui.widgets.wall_model import WallFilter, WallModel
from crnn_gui.widgets.word_look import shown_text

REST_MILLISECONDS = 150
"""How long the hands rest on a word before its page is opened for the inspector."""

_CHIPS = (
    (WallFilter.TODO, "To do", "Words that wait for you: readings, the least certain first, then words without one"),
    (WallFilter.VERIFIED, "Verified", "Words whose text a human stands behind"),
    (WallFilter.IGNORED, "Ignored", "Words that are left out of reading, training and export"),
    (WallFilter.ALL, "All", "Every word of the project"),
)
_KEYS = "Enter  verify, next    ·    type or F2  correct    ·    I  ignore    ·    O  open on page"


class ReviewWorkspace(QWidget):
    """Chips and search above, the wall, and a line that says where the current word is and what the keys do.

    Signals:
        workspace_requested: name of the workspace to go to; the word is on its way there already.
        told: a sentence for the user.
    """

    workspace_requested = Signal(str)
    told = Signal(str)

    def __init__(self, document: ProjectDocument, crops: Crops, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._crops = crops
        self._reviewing = Reviewing(document, self)
        self.model = WallModel(document, self._reviewing, self)
        self.wall = CropWall(document, self.model, crops)
        self.search = QLineEdit()
        self._chips = QButtonGroup(self)
        self._tidy = QPushButton(resources.icon("checks", "verified"), "")
        self._empty = _EmptyWall()
        self._middle = QStackedWidget()
        self._where = QLabel()
        self._keys = QLabel(_KEYS)
        self._is_outdated = True
        self._asked = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._lay_out()
        self._connect()
        self._on_counts_changed(document.counts)
        self.setFocusProxy(self.wall)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._head())
        self._middle.addWidget(self.wall)
        self._middle.addWidget(self._empty)
        layout.addWidget(self._middle, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 6, 16, 6)
        for label in (self._where, self._keys):
            label.setProperty("muted", True)
            label.setFont(theme.ui_font(points=-1))
        self._where.setTextFormat(Qt.TextFormat.PlainText)
        self._where.setMinimumWidth(0)
        foot.addWidget(self._where, 1)
        foot.addWidget(self._keys)
        layout.addLayout(foot)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(8, 8, 8, 8)
        head.setSpacing(4)
        for place, (_, _, tip) in enumerate(_CHIPS):
            chip = QToolButton()
            chip.setToolTip(tip)
            chip.setCheckable(True)
            chip.setProperty("chip", True)
            chip.setFont(theme.ui_font(points=-0.5))
            self._chips.addButton(chip, place)
            head.addWidget(chip)
        self._chips.button(0).setChecked(True)
        self._tidy.setProperty("flat", True)
        self._tidy.setFont(theme.ui_font(points=-0.5))
        self._tidy.setToolTip("Take the words that are decided on off the wall")
        self._tidy.hide()
        head.addSpacing(8)
        head.addWidget(self._tidy)
        head.addStretch(1)
        self.search.setPlaceholderText("Search texts")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(240)
        self.search.addAction(resources.icon("magnifying-glass", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        head.addWidget(self.search)
        return head

    def _connect(self) -> None:
        self._chips.idClicked.connect(self._on_chip_clicked)
        self._tidy.clicked.connect(self.model.tidy)
        self.search.textChanged.connect(self.model.set_search)
        self.search.returnPressed.connect(self.wall.setFocus)
        self.model.outdated.connect(self._on_outdated)
        self.model.summary_changed.connect(self._on_summary_changed)
        self.wall.verify_requested.connect(self._on_verify_requested)
        self.wall.ignore_requested.connect(self._on_ignore_requested)
        self.wall.page_requested.connect(self.open_on_page)
        self.wall.search_requested.connect(self.focus_search)
        self.wall.refused.connect(self.told)
        self.wall.selectionModel().currentChanged.connect(self._on_current_changed)
        self._reviewing.refused.connect(self.told)
        self._empty.workspace_requested.connect(self.workspace_requested)
        self._rest.timeout.connect(self._on_hands_rested)
        self._document.project_changed.connect(self._on_project_changed)
        self._document.counts_changed.connect(self._on_counts_changed)
        self._document.selection_changed.connect(self._on_selection_changed)

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self.wall.set_doubt_below(confidence)

    # What hangs on the wall

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_outdated:
            self._load()
        else:
            self.model.tidy()

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
        self.search.clear()

    @Slot(int)
    def _on_chip_clicked(self, place: int) -> None:
        self.model.set_filter(_CHIPS[place][0])
        self.wall.setFocus()

    @Slot(object)
    def _on_counts_changed(self, counts: Counts) -> None:
        numbers = (counts.suggested + counts.unlabelled, counts.verified, counts.ignored, counts.words)
        for chip, (_, name, _), number in zip(self._chips.buttons(), _CHIPS, numbers, strict=True):
            chip.setText(f"{name}  {number:,}")
            # The style sheet takes its padding off the width that a tool button asks for.
            chip.setMinimumWidth(chip.fontMetrics().horizontalAdvance(chip.text()) + 20)
        self._on_summary_changed()

    @Slot()
    def _on_summary_changed(self) -> None:
        model = self.model
        self._tidy.setVisible(model.decided > 0)
        self._tidy.setText(f"Take down {model.decided:,} done")
        is_empty = model.rowCount() == 0
        if is_empty and not model.is_loading:
            self._empty.explain(model.chosen, self.search.text().strip(), self._document.counts)
        self._middle.setCurrentIndex(1 if is_empty and not model.is_loading else 0)
        self._keys.setVisible(not is_empty)
        self._show_where()

    def _show_where(self) -> None:
        found, rows = self.wall.current, self.model.rowCount()
        if found is None:
            self._where.clear()
            return
        path = PurePosixPath(self._document.page_of(found.word.page_id).path)
        self._where.setText(f"{self.wall.currentIndex().row() + 1:,} of {rows:,}    ·    {path.name}")
        self._where.setToolTip(str(path))

    # Wishes

    @Slot()
    def focus_search(self) -> None:
        """Put the caret into the search field."""
        self.search.setFocus()
        self.search.selectAll()

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
                self.told.emit("Nothing here waits for you any more.")

    @Slot()
    def _on_ignore_requested(self) -> None:
        self._reviewing.toggle_ignored(self.wall.chosen)

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


class _EmptyWall(QWidget):
    """What stands where no word hangs: why, and the next step.

    Signals:
        workspace_requested: name of the workspace where the next step is.
    """

    workspace_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown = ("squares-four", "muted")
        self._icon = QLabel()
        self._title = QLabel()
        self._title.setFont(theme.ui_font(points=4, bold=True))
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._text = QLabel()
        self._text.setProperty("muted", True)
        self._button = QPushButton()
        self._button.setProperty("primary", True)
        self._button.clicked.connect(self._on_button_clicked)
        self._target = ""
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(2)
        for widget in (self._icon, self._title, self._text):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    @property
    def sentence(self) -> str:
        """What is said."""
        return f"{self._title.text()} {self._text.text()}".strip()

    def explain(self, chosen: WallFilter, search: str, counts: Counts) -> None:
        """Say why the wall is empty."""
        if search:
            self._say("magnifying-glass", "muted", f"No text here holds “{search}”", "All looks through every word.")
        elif not counts.words:
            text = "Draw a box around each word; what is read in it comes here to be checked."
            self._say("squares-four", "muted", "No words yet", text, button=("Draw words", "annotate"))
        elif chosen == WallFilter.TODO:
            text = f"All {counts.words:,} words are decided on. Next: train the recogniser on what you verified."
            self._say("checks", "verified", "Nothing left to review", text, button=("Train", "train"))
        elif chosen == WallFilter.VERIFIED:
            text = "Choose To do and press Enter on every word that is read right."
            self._say("check-circle", "muted", "No verified words yet", text)
        else:
            text = "I on the wall leaves a word out of reading, training and export."
            self._say("prohibit", "muted", "No ignored words", text)

    def _say(self, icon: str, token: str, title: str, text: str, *, button: tuple[str, str] = ("", "")) -> None:
        self._shown = (icon, token)
        self._tint()
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(button[0])
        self._button.setVisible(bool(button[0]))
        self._target = button[1]

    def _tint(self) -> None:
        self._icon.setPixmap(resources.icon(*self._shown).pixmap(QSize(48, 48)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    @Slot()
    def _on_button_clicked(self) -> None:
        self.workspace_requested.emit(self._target)
