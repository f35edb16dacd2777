"""The Annotate workspace: pages at the left, the page in the middle, and the card under the current word."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QToolBar, QToolButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.box_tools import BoxTools
from crnn_gui.document import ProjectDocument
from crnn_gui.reading import Reading
from crnn_gui.services.predictor import LiveAnswer
from crnn_gui.widgets.angle_field import AngleField
from crnn_gui.widgets.canvas import Canvas
from crnn_gui.widgets.canvas_tools import Tool
from crnn_gui.widgets.character_map import CharacterMap
from crnn_gui.widgets.inspector import Inspector
from crnn_gui.widgets.page_list import PageList
from crnn_gui.widgets.trainability import Sight
from crnn_gui.widgets.word_card import WordCard
from crnn_gui.widgets.word_editor import WordEditor
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_list import WordList
from crnn_gui.widgets.word_look import other_readings
from crnn_gui.word_tools import WordTools
from crnn_gui.wording import counted
from model.annotations import Box, Prediction

CANVAS_LEAST_PX = 240
LIST_FROM_PX = 520
_TOOLS = (
    ("draw", "draw_corners"),
    ("undo", "redo"),
    ("previous_unverified", "next_unverified"),
    ("read_page", "verify_page"),
    ("zoom_out", "zoom_in", "zoom_fit", "zoom_full"),
)


class AnnotateWorkspace(QWidget):
    """Wires the page list, the canvas, the card and the reading of boxes to each other.

    Signals:
        told: a sentence for the user.
    """

    told = Signal(str)

    def __init__(self, document: ProjectDocument, reading: Reading, inspector: Inspector, *, pages: PageList) -> None:
        super().__init__()
        self._document = document
        self._reading = reading
        self._inspector = inspector
        self.pages = pages
        self.canvas = Canvas(document)
        self.boxes = BoxTools(document, self)
        self.words = WordTools(document, self)
        self.card = WordCard(document, self.canvas.viewport())
        self.field = self.card.field
        self.editor = WordEditor(document, self.canvas, inline=self.field, panel=inspector.field)
        self._characters: CharacterMap | None = None
        self._characters_for = self.field
        self._live_box: Box | None = None
        self._live_reading: Prediction | None = None
        self._toolbar = QToolBar()
        self._toolbar.setIconSize(QSize(theme.scaled(18), theme.scaled(18)))
        self._toolbar.setMovable(False)
        self.angle = AngleField(document)
        self.word_list = WordList(document)
        self.word_list.hide()
        self._zoom = QLabel()
        self._zoom.setProperty("muted", True)
        self._zoom.setContentsMargins(8, 0, 8, 0)
        self.setFocusProxy(self.canvas)  # so that the keys work at once when this workspace is shown
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._toolbar)
        column.addWidget(self.canvas, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self._lists = lists = QSplitter(Qt.Orientation.Vertical)
        lists.setHandleWidth(1)
        lists.setChildrenCollapsible(False)
        lists.addWidget(self.pages)
        lists.addWidget(self.word_list)
        self.splitter.addWidget(lists)
        self.splitter.addWidget(middle)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([240, 900])
        self.canvas.setMinimumWidth(CANVAS_LEAST_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)

    def _connect(self) -> None:
        self.canvas.box_previewed.connect(self._on_box_previewed)
        self.canvas.box_drawn.connect(self._on_box_drawn)
        self.canvas.word_activated.connect(self.editor.edit)
        self.canvas.refused.connect(self.told)
        self.word_list.word_activated.connect(self.editor.edit)
        self.words.told.connect(self.told)
        self.boxes.told.connect(self.told)
        self.angle.angle_chosen.connect(self.boxes.set_angle)
        self.angle.done.connect(self.canvas.setFocus)
        self.canvas.view_changed.connect(self._place_card)
        self.canvas.zoom_changed.connect(self._on_zoom_changed)
        self.field.textChanged.connect(self._place_card)
        self.card.alternative_chosen.connect(self.editor.take_alternative)
        self.card.opinion.changed.connect(self._place_card)
        self.card.opinion.taken.connect(self.editor.take_text)
        self._inspector.opinion.taken.connect(self.editor.take_text)
        self._inspector.crop_shown.connect(self.card.crop.show_crop)
        self._inspector.sight_changed.connect(self._on_sight_changed)
        self._reading.previewed.connect(self._on_reading_previewed)
        self._inspector.alternative_chosen.connect(self.editor.take_alternative)
        self.editor.all_done.connect(self._on_all_done)
        self.editor.refused.connect(self.told)
        self.pages.page_requested.connect(self._on_page_requested)
        self.pages.delete_requested.connect(self.delete_pages)
        self.pages.letter_typed.connect(self._on_letter_typed)
        self._document.selection_changed.connect(self._on_selection_changed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a narrow window the page needs the room; Page Down and the search for pages reach the list all the same.
        is_wide = event.size().width() >= theme.scaled(LIST_FROM_PX)
        self.pages.setVisible(is_wide)
        self._lists.setVisible(is_wide)

    def add_tools(self, actions: dict[str, QAction]) -> None:
        """Fill the bar above the page."""
        for group in _TOOLS:
            for name in group:
                self._toolbar.addAction(actions[name])
            self._toolbar.addSeparator()
        self._toolbar.addWidget(self.angle)
        self._toolbar.addWidget(self._zoom)
        more = cast("QToolButton", self._toolbar.findChild(QToolButton, "qt_toolbar_ext_button"))
        more.setIcon(resources.icon("caret-double-right"))  # Qt's own is black in the dark look, too
        more.setToolTip(self.tr("More tools"))
        more.setAccessibleName(more.toolTip())
        self._inspector.add_tools(actions)

    @Slot(float)
    def _on_zoom_changed(self, scale: float) -> None:
        self._zoom.setText(f"{scale:.0%}")

    # The card under the word

    @Slot()
    def _place_card(self) -> None:
        rect = self.canvas.word_rect() if len(self._document.selection) == 1 else None
        if rect is None or not rect.toRect().intersects(self.canvas.viewport().rect()):
            self._hide_card()
            return
        word = self._document.current_word
        prediction = self._document.predictions.get(word.id) if word is not None else None
        self.card.readings.show_readings([other.text for other in other_readings(prediction)])
        self.card.place(rect.toRect())

    def _hide_card(self) -> None:
        if self.field.hasFocus():
            self.canvas.setFocus()
        self.card.hide()

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        self._place_card()

    @Slot(object)
    def _on_sight_changed(self, sight: Sight) -> None:
        self.card.hint.set_charset(sight.charset)

    # Drawing and reading

    @Slot(object)
    def _on_box_previewed(self, box: Box | None) -> None:
        self._live_box = box
        if box is None:
            self._live_reading = None
            self._reading.stop_preview()
            self._inspector.refresh()
            self._place_card()
            return
        self._hide_card()
        # A reading of a box a few moves back is still the best there is, until the next one comes.
        self._inspector.show_live(box, self._live_reading)
        self._reading.preview(box)

    @Slot(object)
    def _on_reading_previewed(self, answer: LiveAnswer) -> None:
        if self._live_box is not None:
            self._live_reading = answer.prediction
            self.canvas.drawn.show_reading(answer.prediction)
            self._inspector.show_live(self._live_box, answer.prediction)

    @Slot(object)
    def _on_box_drawn(self, box: Box) -> None:
        if self._document.add_word(box):
            self.editor.edit()

    # Wishes of the table of actions

    @Slot()
    def select_all(self) -> None:
        """Select every word of the page."""
        self._document.select(tuple(self._document.words))

    @Slot()
    def delete_selected(self) -> None:
        """Delete the selected words."""
        self._document.delete_words(self._document.selection)

    @Slot()
    def split_word(self) -> None:
        """Make two words of the current one, at the caret of its open field or in the middle."""
        field = self._open_field
        caret = field.cursorPosition() if field is not None else None
        self.editor.keep()
        if self.words.split(caret) and field is not None:
            self.editor.edit()

    @Slot()
    def merge_words(self) -> None:
        """Make one word of the selected ones, or of the current one and the next on its line."""
        field = self._open_field
        self.editor.keep()
        if self.words.merge() and field is not None:
            self.editor.edit()

    @property
    def _open_field(self) -> WordField | None:
        return next((field for field in (self.field, self._inspector.field) if field.hasFocus()), None)

    @Slot()
    def show_characters(self) -> None:
        """Offer characters that no key types for the field at hand."""
        field = self._open_field or (self.field if self.field.isVisible() else self._inspector.field)
        if self._characters is None:
            self._characters = CharacterMap(self)
            self._characters.chosen.connect(self._on_character_chosen)
        self._characters_for = field
        labels = "".join(word.label or "" for word in self._document.words.values())
        charset = self._inspector.sight.charset
        usual = (*sorted(set(labels) - {" "}), *(charset.characters if charset is not None else ""))
        caret = field.cursorPosition()
        place = field.mapToGlobal(QPoint(0, field.height() + 4))
        self._characters.open_at(place, before=field.text()[max(caret - 1, 0) : caret], usual=usual)

    @Slot(str)
    def _on_character_chosen(self, char: str) -> None:
        self._characters_for.setFocus(Qt.FocusReason.PopupFocusReason)
        self._characters_for.insert(char)

    @Slot()
    def toggle_ignored(self) -> None:
        """Leave the selected words out, or take them back in when all of them are out."""
        ids = self._document.selection
        self._document.ignore_words(ids, not all(self._document.words[i].ignored for i in ids))

    @Slot()
    def next_word(self) -> None:
        """Select the next word in reading order and open its field."""
        if self._document.step_word(+1):
            self.editor.edit()

    @Slot()
    def previous_word(self) -> None:
        """Select the previous word in reading order and open its field."""
        if self._document.step_word(-1):
            self.editor.edit()

    @Slot()
    def next_page(self) -> None:
        """Open the next page."""
        self.editor.keep()
        self._document.step_page(+1)

    @Slot()
    def previous_page(self) -> None:
        """Open the previous page."""
        self.editor.keep()
        self._document.step_page(-1)

    @Slot()
    def verify_page(self) -> None:
        """Say that the page is complete and open the next one, or take that back."""
        self.editor.keep()
        page = self._document.page
        if page is not None:
            self._document.verify_page(not page.verified)
            if not page.verified:
                self._document.step_page(+1)

    @Slot()
    def delete_pages(self) -> None:
        """Move the pages that are chosen in the list to the trash."""
        self.editor.keep()
        chosen = self.pages.chosen
        if chosen and not self._document.read_only:
            pages = counted(len(chosen), self.tr("page"), self.tr("pages"))
            self.told.emit(
                self.tr("{pages} moved to the trash; Undo brings back what was deleted.").format(pages=pages)
            )
        self._document.delete_pages(chosen)

    @Slot(bool)
    def show_texts(self, shown: bool) -> None:
        """Show or hide the texts at the boxes."""
        self.canvas.set_texts_shown(shown)

    @Slot(bool)
    def show_word_list(self, shown: bool) -> None:
        """Show or hide the list of the page's words under the pages."""
        self.word_list.setVisible(shown)

    @Slot()
    def search_pages(self) -> None:
        """Put the caret into the search field above the pages."""
        self._lists.show()
        self.pages.show()
        self.pages.focus_search()

    @Slot()
    def _on_all_done(self) -> None:
        if self.canvas.tool is not Tool.SELECT:
            return  # who verifies each word as it is drawn knows, and the bar would push the page from under the mouse
        self.told.emit(self.tr("No word of this project waits for you any more."))

    @Slot(int)
    def _on_page_requested(self, page_id: int) -> None:
        self.editor.keep()
        self._document.open_page(page_id)

    @Slot(QKeySequence)
    def _on_letter_typed(self, key: QKeySequence) -> None:
        """Who clicks on a row of the pages and presses W wants to draw."""
        self.canvas.setFocus()
        for action in self.canvas.actions():
            if key in action.shortcuts():
                action.trigger()
