"""The page with its words as the document has them: a projection that can be rebuilt at any time."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QPointF, QRectF, QTimer, Slot
from PySide6.QtWidgets import QWidget

from crnn_gui.document import PageImage, ProjectDocument
from crnn_gui.item_models import DOUBT_BELOW
from crnn_gui.widgets.box_item import BoxItem
from crnn_gui.widgets.canvas_tools import free_places
from crnn_gui.widgets.grips import DrawnBox, Grips
from crnn_gui.widgets.page_view import Outlook, PageView
from model.annotations import Box, Page, Point, Word
from model.ink import cut_sides

VIEW_MARGIN_PX = 48
VIEW_MARGINS_PX = (VIEW_MARGIN_PX, VIEW_MARGIN_PX, -VIEW_MARGIN_PX, -VIEW_MARGIN_PX)
TAGS_MILLISECONDS = 40
CUTS_MILLISECONDS = 200
"""So long a box rests before it is looked at for characters that it cuts."""


class Paging(StrEnum):
    """How a page is looked at when it is opened."""

    REMEMBER = "remember"
    """As it was left, and at first like the page before it."""
    KEEP = "keep"
    """Like the page before it: the same zoom and place."""
    FIT = "fit"
    """As a whole."""


class WordsView(PageView):
    """Shows boxes, texts, selection and grips; what the mouse does with them is up to :class:`~.canvas.Canvas`."""

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._doubt_below = DOUBT_BELOW
        self._shows_texts = True
        self._paging = Paging.REMEMBER
        self._outlooks: dict[int, Outlook | None] = {}
        self._items: dict[int, BoxItem] = {}
        self._shown_selection: tuple[int, ...] = ()
        self._grips = Grips()
        self._drawn = DrawnBox()
        for item in (self._drawn, *self._grips.items):
            self.scene().addItem(item)
        self._free: set[int] = set()
        self._tags_soon = QTimer(self)
        self._tags_soon.setSingleShot(True)
        self._tags_soon.setInterval(TAGS_MILLISECONDS)
        self._tags_soon.timeout.connect(self._place_tags)
        self._cuts_soon = QTimer(self)
        self._cuts_soon.setSingleShot(True)
        self._cuts_soon.setInterval(CUTS_MILLISECONDS)
        self._cuts_soon.timeout.connect(self._show_cuts)
        self.zoom_changed.connect(self._place_tags)
        self.view_changed.connect(self._place_grips)
        document.project_changed.connect(self._on_project_changed)
        document.page_left.connect(self._on_page_left)
        document.page_opened.connect(self._on_page_opened)
        document.pages_changed.connect(self._on_pages_changed)
        document.image_ready.connect(self._on_image_ready)
        document.words_changed.connect(self._on_words_changed)
        document.selection_changed.connect(self._on_selection_changed)

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self._doubt_below = confidence
        self._on_words_changed(frozenset(self._items))

    def set_paging(self, paging: Paging) -> None:
        """Choose how the next pages are looked at when they are opened."""
        self._paging = paging

    def set_texts_shown(self, shown: bool) -> None:
        """Show or hide the texts at the boxes."""
        self._shows_texts = shown
        self._place_tags()

    @property
    def drawn(self) -> DrawnBox:
        """The box that is being drawn."""
        return self._drawn

    @Slot(object)
    def _on_project_changed(self, project: object) -> None:
        self._outlooks.clear()  # the same ids are other pages now

    @Slot()
    def _on_page_left(self) -> None:
        page = self._document.page
        if page is not None:
            self._outlooks[page.id] = self.outlook

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        self._page_item.show_levels(())
        if page is not None and (page.width or page.problem):
            self.set_page_size(page.width, page.height)
        if page is not None:
            self._take_outlook_of(page)
        self._rebuild()

    def _take_outlook_of(self, page: Page) -> None:
        if self._paging is Paging.FIT:
            self.zoom_fit()
        elif self._paging is Paging.REMEMBER and page.id in self._outlooks:
            self.take_outlook(self._outlooks[page.id])

    @Slot()
    def _on_pages_changed(self) -> None:
        page = self._document.page
        if page is not None and page.problem and not page.width:
            self.set_page_size(0, 0)  # nothing can be drawn on an image that nobody has ever seen

    @Slot(object)
    def _on_image_ready(self, page: PageImage) -> None:
        before = self._page_rect
        self.show_image(page.image, *page.smaller)
        if self._page_rect != before and not self.has_gesture:
            self.show_word()  # it was selected before anybody knew how large its page is

    def _rebuild(self) -> None:
        for item in self._items.values():
            self.scene().removeItem(item)
        self._items.clear()
        self._free.clear()
        self._shown_selection = ()
        self._on_words_changed(frozenset(self._document.words))
        self._place_tags()
        self._on_selection_changed(self._document.selection)

    @Slot(object)
    def _on_words_changed(self, ids: frozenset[int]) -> None:
        words, predictions, scale = self._document.words, self._document.predictions, self.zoom
        for word_id in ids:
            word, item = words.get(word_id), self._items.get(word_id)
            if word is None:
                if item is not None:
                    self.scene().removeItem(self._items.pop(word_id))
            elif item is None:
                item = BoxItem(word, predictions.get(word_id), doubt_below=self._doubt_below)
                self._scale_item(item, scale)
                self._items[word_id] = item
                self.scene().addItem(item)
            else:
                item.show_word(word, predictions.get(word_id), doubt_below=self._doubt_below)
                self._scale_item(item, scale)
        self._tags_soon.start()
        self._look_for_cuts()
        self._place_grips()
        self.view_changed.emit()

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        current, chosen = ids[-1] if ids else 0, set(ids)
        # On a page of thousands the others are not even asked; only the current word's text moves into its field.
        for word_id in chosen.symmetric_difference(self._shown_selection).union(ids[-1:], self._shown_selection[-1:]):
            item = self._items.get(word_id)
            if item is not None:
                item.set_selected(is_selected=word_id in chosen, is_current=word_id == current)
        for word_id in (*ids[-1:], *self._shown_selection[-1:]):
            if word_id in self._items:
                self._scale_item(self._items[word_id], self.zoom)
        self._shown_selection = ids
        self._look_for_cuts()
        self._place_grips()
        if current and not self.has_gesture:
            self.show_word()
        self.view_changed.emit()

    @property
    def has_gesture(self) -> bool:
        """Whether the mouse is doing something, so that the page must not move under it."""
        return False

    @Slot()
    def _place_grips(self) -> None:
        word = self._held
        self._grips.show_at(word.box if word is not None else None, self.zoom, self._seen)

    def _look_for_cuts(self) -> None:
        """Take the warning of the box before away, and look at the box that stays."""
        self._grips.show_cuts(None, ())
        self._cuts_soon.start()

    @Slot()
    def _show_cuts(self) -> None:
        word, image = self._held, self._document.page_image
        if word is not None and image is not None:
            self._grips.show_cuts(word.box, cut_sides(image.pixels, word.box))

    @property
    def _seen(self) -> QRectF:
        """The part of the scene that is in the viewport."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    @Slot()
    def _place_tags(self) -> None:
        """Find out which texts hide no other word; in the place of the others only their signs are shown."""
        self._tags_soon.stop()
        order = sorted(self._items.items(), key=lambda one: (not one[1].waits, one[0])) if self._shows_texts else ()
        scale = self.zoom
        areas = {word_id: item.tag_area(scale) for word_id, item in order}
        wanted = {word_id: area for word_id, area in areas.items() if area is not None}
        self._free = free_places(wanted, {i: item.word.box.bounds for i, item in self._items.items()})
        self._rescale_items()

    def _rescale_items(self) -> None:
        scale = self.zoom
        for item in self._items.values():
            self._scale_item(item, scale)

    def _scale_item(self, item: BoxItem, scale: float) -> None:
        item.set_scale(scale, tags=item.word.id in self._free)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for item in self._items.values():
                item.refresh()
            self._place_grips()
            self.scene().update()

    @Slot()
    def zoom_word(self) -> None:
        """Look at the current word from near."""
        word = self._current
        if word is not None:
            self.zoom_to(_area(word.box))

    def show_word(self) -> None:
        """Scroll, no more than needed, until the current word and its field are in view; zoom out for one too large."""
        word = self._current
        if word is None:
            return
        area, room = _area(word.box), self.viewport().rect().adjusted(*VIEW_MARGINS_PX)
        scale = min(room.width() / max(area.width(), 1.0), room.height() / max(area.height(), 1.0))
        if scale < self.zoom and not area.intersects(self._seen):
            self.take_outlook(Outlook(scale, area.topLeft() - QPointF(VIEW_MARGIN_PX, VIEW_MARGIN_PX) / scale))
        self.ensureVisible(area, VIEW_MARGIN_PX, VIEW_MARGIN_PX)

    def word_rect(self) -> QRectF | None:
        """Return the current word's outer rectangle in the viewport, or None."""
        word = self._current
        if word is None:
            return None
        area = _area(word.box)
        return QRectF(QPointF(self.mapFromScene(area.topLeft())), QPointF(self.mapFromScene(area.bottomRight())))

    # Small things

    @property
    def _current(self) -> Word | None:
        # While a deletion is being told, the selection still names the word that went.
        selection = self._document.selection
        return self._document.words.get(selection[-1]) if selection else None

    @property
    def _held(self) -> Word | None:
        """The word that wears the grips: the only one that is selected, where something can be changed."""
        return self._current if len(self._document.selection) == 1 and not self._document.read_only else None

    @property
    def _page_size(self) -> Point:
        return self._page_rect.width(), self._page_rect.height()


def _area(box: Box) -> QRectF:
    left, top, right, bottom = box.bounds
    return QRectF(left, top, right - left, bottom - top)
