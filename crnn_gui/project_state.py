"""What is true of the open project: the values widgets read, the signals that tell of changes, and looking around.

:class:`crnn_gui.document.ProjectDocument` adds opening and editing. Widgets take the document and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from crnn_gui.project_values import WITHOUT_WORDS, Notice, ProjectInfo, count_states, minus, plus, total
from crnn_gui.services.survey import Survey
from model.annotations import Page, PageChange, PageContent, PageMark, Prediction, State, Word, reading_order
from model.store import Counts

if TYPE_CHECKING:
    from crnn_gui.services.pages import PageImage, PageImages
    from crnn_gui.services.store_service import StoreService
    from model.store_rows import HistoryEntry

UNDO_STEPS = 1000
PREFETCHED_PAGES = 2


class ProjectState(QObject):
    """The open project, its current page and the selection: all that can be done without changing a word.

    Signals (all in the GUI thread):
        project_changed: ProjectInfo, or None when no project is open.
        pages_changed: pages were added, or what is known of one has changed.
        page_left: the words of the current page are about to go; what is typed but not handed in is handed in now.
        page_opened: the Page whose words are current now, or None.
        image_ready: PageImage of the current page.
        order_changed: the current page's words are to be read in another order.
        words_changed: frozenset of the ids of words of the current page that came, went or changed, or whose prediction
            did.
        selection_changed: tuple of the selected word ids.
        counts_changed: Counts of the project.
        page_counts_changed: frozenset of page ids.
        edited: Edit that was made or taken back, with both sides of each word; for lists of words of all pages.
        words_taken_in: words of any pages came by an import, or came and went with their page; lists of words are to
            be read again.
        predicted: tuple of (word id, box, Prediction) that were kept, for the same lists.
        saved_changed: SaveState.
        notice: Notice.
    """

    project_changed = Signal(object)
    pages_changed = Signal()
    page_left = Signal()
    page_opened = Signal(object)
    image_ready = Signal(object)
    order_changed = Signal()
    words_changed = Signal(object)
    selection_changed = Signal(object)
    counts_changed = Signal(object)
    page_counts_changed = Signal(object)
    edited = Signal(object)
    words_taken_in = Signal()
    predicted = Signal(object)
    saved_changed = Signal(object)
    notice = Signal(object)

    def __init__(self, store: StoreService, images: PageImages, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._images = images
        self._undo_stack = QUndoStack(self)
        self._undo_stack.setUndoLimit(UNDO_STEPS)
        self._actions: dict[tuple[str, str], Callable[[], None]] = {}
        self._forget_project()
        store.saved_changed.connect(self.saved_changed)
        images.ready.connect(self._on_image_ready)
        images.failed.connect(self._on_image_failed)

    def _forget_project(self) -> None:
        self._images.clear()
        self._undo_stack.clear()
        self._actions.clear()
        self._project: ProjectInfo | None = None
        self._pages: dict[int, Page] = {}
        self._trash: dict[int, Page] = {}
        self._page_counts: dict[int, Counts] = {}
        self._counts = Counts()
        self._page_id: int | None = None
        self._wanted_page: int | None = None
        self._wanted_selection: tuple[int, ...] = ()
        self._wanted_problem = ""
        self._words: dict[int, Word] = {}
        self._ordered: dict[int, Word] | None = None
        self._order: tuple[int, ...] = ()
        self._given_order: tuple[int, ...] = ()
        self._predictions: dict[int, Prediction] = {}
        self._selection: tuple[int, ...] = ()
        self._page_image: PageImage | None = None

    @property
    def project(self) -> ProjectInfo | None:
        """The open project, if any."""
        return self._project

    @property
    def read_only(self) -> bool:
        """Whether wishes that change something are refused."""
        return self._project is None or self._project.read_only

    @property
    def pages(self) -> list[Page]:
        """All pages, in the natural order of the folder they were found in."""
        return list(self._pages.values())

    @property
    def page_ids(self) -> list[int]:
        """The ids of the pages, in the same order."""
        return list(self._pages)

    @property
    def page(self) -> Page | None:
        """The current page."""
        # One that was deleted a moment ago is current until the next one is read.
        return None if self._page_id is None else self._pages.get(self._page_id) or self._trash[self._page_id]

    @property
    def words(self) -> Mapping[int, Word]:
        """The current page's words by id, in order of creation."""
        return MappingProxyType(self._words)

    @property
    def order(self) -> tuple[int, ...]:
        """Ids of the current page's words in reading order: what the keys walk along, and what numbers count."""
        if self._ordered is not self._words:
            # Each edit makes another mapping.
            self._ordered = self._words
            words = reading_order(self._words.values(), self._given_order)
            self._order = tuple(word.id for word in words)
        return self._order

    @property
    def predictions(self) -> Mapping[int, Prediction]:
        """The newest prediction of each of the current page's words."""
        return MappingProxyType(self._predictions)

    @property
    def page_image(self) -> PageImage | None:
        """The current page's pixels, once they are decoded."""
        image = self._page_image
        return image if image is not None and image.page_id == self._page_id else None

    @property
    def selection(self) -> tuple[int, ...]:
        """Ids of the selected words; the last one is current."""
        return self._selection

    @property
    def current_word(self) -> Word | None:
        """The word whose text is being looked at; None also while it has gone and the selection has not followed."""
        return self._words.get(self._selection[-1]) if self._selection else None

    @property
    def undo_stack(self) -> QUndoStack:
        """For the texts and states of Undo and Redo, and for a history view."""
        return self._undo_stack

    @property
    def counts(self) -> Counts:
        """The whole project in numbers."""
        return self._counts

    def page_of(self, page_id: int) -> Page:
        """Return a page by its id."""
        return self._pages[page_id]

    def survey(self, parent: QObject) -> Survey:
        """Return a reader of the words of all pages, with its edits as far as they are in the file."""
        return Survey(self._store, parent)

    def read_history(self, word_id: int, on_done: Callable[[list[HistoryEntry]], None]) -> None:
        """Have it told what happened to a word, the oldest first, with the edits that are not in the file yet."""
        self._store.read(lambda store: store.word_history(word_id), on_done)

    def page_counts(self, page_id: int) -> Counts:
        """One page in numbers."""
        return self._page_counts.get(page_id, WITHOUT_WORDS)

    def page_path(self, page: Page) -> Path:
        """Return where a page's image lies."""
        assert self._project is not None, "a page belongs to a project"
        return self._project.folder / page.path

    def state(self, word_id: int) -> State:
        """The state of one of the current page's words."""
        return self._words[word_id].state(self._predictions.get(word_id))

    def open_page(self, page_id: int, select: Sequence[int] = ()) -> None:
        """Make a page current and select words on it. The page before stays until this one's words are read."""
        if page_id not in self._pages:
            return
        self._wanted_page = page_id
        self._wanted_selection = tuple(select)
        self._wanted_problem = ""
        self._store.read_page(page_id, self._on_page_read)
        order = list(self._pages)
        place = order.index(page_id)
        nearby = [i for i in order[max(0, place - 1) : place + 1 + PREFETCHED_PAGES] if i != page_id]
        paths = [(i, self.page_path(self._pages[i])) for i in nearby]
        self._images.request(page_id, self.page_path(self._pages[page_id]), paths)

    def step_page(self, step: int) -> None:
        """Open the page ``step`` places further on, stopping at either end."""
        if self._wanted_page is None:
            return
        order = list(self._pages)
        place = min(max(order.index(self._wanted_page) + step, 0), len(order) - 1)
        if order[place] != self._wanted_page:
            self.open_page(order[place])

    def _on_page_read(self, content: PageContent) -> None:
        if content.page.id != self._wanted_page:
            return
        if self._page_id is not None:
            self.page_left.emit()
        self._page_id = content.page.id
        self._words = {word.id: word for word in content.words}
        self._predictions = dict(content.predictions)
        self._given_order = content.order
        self._selection = ()
        self._recount_page()
        self.page_opened.emit(self.page)
        self.selection_changed.emit(())
        self.select(self._wanted_selection)
        if self.page_image is not None:
            self.image_ready.emit(self.page_image)
        if self._wanted_problem:
            self.notice.emit(Notice("error", self._wanted_problem, is_of_page=True))

    @Slot(object)
    def _on_image_ready(self, image: PageImage) -> None:
        if image.page_id != self._wanted_page or image.page_id not in self._pages:
            return
        self._page_image = image
        page = self._pages[image.page_id]
        size = image.pixels.size
        if (page.width, page.height) != size or page.problem:
            self._change_page(replace(page, width=size[0], height=size[1], problem=""))
        if self.page_image is not None:
            self.image_ready.emit(image)

    @Slot(int, str)
    def _on_image_failed(self, page_id: int, problem: str) -> None:
        page = self._pages.get(page_id)
        if page is None:
            return
        if page.problem != problem:
            self._change_page(replace(page, problem=problem))
        if page_id == self._page_id:
            self.notice.emit(Notice("error", problem, is_of_page=True))
        elif page_id == self._wanted_page:
            self._wanted_problem = problem  # told when the words are there as well, or it would go with the page before

    def _change_page(self, page: Page) -> None:
        self._pages[page.id] = page
        if not self.read_only:
            self._store.write(lambda store: store.update_page(page))
        self.pages_changed.emit()

    def select(self, ids: Iterable[int]) -> None:
        """Select these words of the current page; the last one becomes current."""
        selection = tuple(dict.fromkeys(i for i in ids if i in self._words))
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def step_word(self, step: int, states: Collection[State] = tuple(State)) -> bool:
        """Select the next (+1) or previous (-1) word in reading order that is in one of these states.

        Returns:
            False when there is none in that direction; the selection stays then.
        """
        order = self.order[:: 1 if step > 0 else -1]
        current = self.current_word
        rest = order[order.index(current.id) + 1 :] if current is not None else order
        found = next((i for i in rest if self.state(i) in states), None)
        if found is not None:
            self.select((found,))
        return found is not None

    def act_on_notice(self, notice: Notice, action: str) -> None:
        """Do what the user chose in a notice's bar. Choosing twice does nothing more."""
        chosen = self._actions.pop((notice.text, action), None)
        if chosen is not None:
            chosen()

    def _tell(self, severity: str, text: str, actions: Mapping[str, Callable[[], None]] | None = None) -> None:
        actions = actions or {}
        self._actions |= {(text, name): act for name, act in actions.items()}
        self.notice.emit(Notice(severity, text, tuple(actions)))

    def _announce_project(self) -> None:
        self.project_changed.emit(self._project)
        self.pages_changed.emit()
        self.counts_changed.emit(self._counts)
        self.page_opened.emit(None)
        self.selection_changed.emit(())

    def _add_pages(self, pages: Iterable[Page]) -> None:
        self._pages |= {page.id: page for page in pages}

    def _mark_pages(self, changes: Iterable[PageChange]) -> None:
        """Show which marks pages have now, and the next page where the current one went to the trash."""
        order = list(self._pages)
        for change in changes:
            page_id = change.page_id
            if change.mark is PageMark.VERIFIED:
                self._pages[page_id] = replace(self._pages[page_id], verified=change.is_set)
            elif change.is_set:
                self._trash[page_id] = self._pages.pop(page_id)
                self._counts = minus(self._counts, self.page_counts(page_id))
            else:
                self._pages[page_id] = self._trash.pop(page_id)
                self._counts = plus(self._counts, self.page_counts(page_id))
        self._pages = dict(sorted(self._pages.items()))  # a page that comes back returns to its place
        self.pages_changed.emit()
        if any(change.mark is PageMark.TRASHED for change in changes):
            self.counts_changed.emit(self._counts)
            self.words_taken_in.emit()
            self._leave_trash(order)

    def _leave_trash(self, order: Sequence[int]) -> None:
        """Open the page after the one that is in the trash now, or the one before it. ``order`` is that of before."""
        if self._wanted_page is None:
            if self._pages:
                self.open_page(next(iter(self._pages)))
            return
        if self._wanted_page in self._pages:
            return
        place = order.index(self._wanted_page)
        nearby = next((i for i in (*order[place:], *order[place::-1]) if i in self._pages), None)
        if nearby is not None:
            self.open_page(nearby)
            return
        self.page_left.emit()
        self._page_id = self._wanted_page = self._page_image = None
        self._words, self._predictions, self._selection = {}, {}, ()
        self.page_opened.emit(None)
        self.selection_changed.emit(())

    def _recount_page(self) -> None:
        assert self._page_id is not None, "there is a current page"
        self._set_counts({self._page_id: count_states(map(self.state, self._words), pages=1)})

    def _set_counts(self, counts: Mapping[int, Counts]) -> None:
        """Take over the numbers of some pages; a page that had none was not counted before."""
        changed = {i: new for i, new in counts.items() if new != self._page_counts.get(i)}
        if not changed:
            return
        before = total(self._page_counts.get(page_id, Counts()) for page_id in changed)
        self._counts = plus(minus(self._counts, before), total(changed.values()))
        self._page_counts |= changed
        self.page_counts_changed.emit(frozenset(changed))
        self.counts_changed.emit(self._counts)
