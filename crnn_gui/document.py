"""The project as the widgets see it: the only writer, the undo stack, and the signals that keep every view true."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from model.annotations import (
    Box,
    Edit,
    Page,
    PageContent,
    Prediction,
    Source,
    State,
    Word,
    WordChange,
    reading_order,
)
from model.charset import normalize
from model.locking import user_name
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack

from crnn_gui.commands import EditCommand
from crnn_gui.services.pages import PageImage, PageImages
from crnn_gui.services.projects import DamagedFile, OpenedProject, ProjectOpener
from crnn_gui.services.store_service import Counts, SaveState, StoreService

if TYPE_CHECKING:
    from crnn_gui.services.tasks import Tasks

__all__ = ["Counts", "Notice", "PageImage", "ProjectDocument", "ProjectInfo", "SaveState"]

UNDO_STEPS = 1000
PREFETCHED_PAGES = 2
RECOUNT_MILLISECONDS = 500

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """Which project is open.

    Attributes:
        folder: what page paths are relative to.
        file: the annotation file.
        read_only: nothing can be changed, because another program has it open or the file cannot be written.
        owner: who has it open, when that is the reason.
    """

    folder: Path
    file: Path
    read_only: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the bar above the page, with the actions it offers (see :meth:`ProjectDocument.act_on_notice`)."""

    severity: str
    text: str
    actions: tuple[str, ...] = ()


class ProjectDocument(QObject):
    """One open project, its current page and the selection.

    Wishes show their effect at once and are made durable by the store's thread. On a read-only project they emit a
    notice and change nothing.

    Signals (all in the GUI thread):
        project_changed: ProjectInfo, or None when no project is open.
        pages_changed: pages were added, or what is known of one has changed.
        page_opened: the Page whose words are current now, or None.
        image_ready: PageImage of the current page.
        words_changed: frozenset of the ids of words that came, went or changed, or whose prediction did.
        selection_changed: tuple of the selected word ids.
        counts_changed: Counts of the project.
        page_counts_changed: frozenset of page ids.
        saved_changed: SaveState.
        notice: Notice.
    """

    project_changed = Signal(object)
    pages_changed = Signal()
    page_opened = Signal(object)
    image_ready = Signal(object)
    words_changed = Signal(object)
    selection_changed = Signal(object)
    counts_changed = Signal(object)
    page_counts_changed = Signal(object)
    saved_changed = Signal(object)
    notice = Signal(object)

    def __init__(self, store: StoreService, images: PageImages, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._images = images
        self._opener = ProjectOpener(store, tasks, self)
        self._undo_stack = QUndoStack(self)
        self._undo_stack.setUndoLimit(UNDO_STEPS)
        self._actions: dict[tuple[str, str], Callable[[], None]] = {}
        self._author = user_name()
        self._recount_soon = QTimer(self)
        self._recount_soon.setSingleShot(True)
        self._recount_soon.setInterval(RECOUNT_MILLISECONDS)
        self._recount_soon.timeout.connect(self._on_recount_due)
        self._reset()
        store.saved_changed.connect(self.saved_changed)
        images.ready.connect(self._on_image_ready)
        images.failed.connect(self._on_image_failed)
        self._opener.opened.connect(self._on_project_opened)
        self._opener.pages_found.connect(self._on_pages_found)
        self._opener.crops_found.connect(self._on_crops_found)
        self._opener.image_wanted.connect(self._on_image_wanted)
        self._opener.refused.connect(self._on_opening_refused)
        self._opener.damaged.connect(self._on_file_damaged)

    def _reset(self) -> None:
        self._project: ProjectInfo | None = None
        self._pages: dict[int, Page] = {}
        self._order: list[int] = []
        self._page_counts: dict[int, Counts] = {}
        self._counts = Counts()
        self._next_word_id = 1
        self._wanted_image: Path | None = None
        self._close_page()

    def _close_page(self) -> None:
        self._page_id: int | None = None
        self._wanted_page: int | None = None
        self._select_on_open: tuple[int, ...] = ()
        self._words: dict[int, Word] = {}
        self._predictions: dict[int, Prediction] = {}
        self._selection: tuple[int, ...] = ()
        self._page_image: PageImage | None = None

    # What is true now

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
        return [self._pages[i] for i in self._order]

    @property
    def page(self) -> Page | None:
        """The current page."""
        return None if self._page_id is None else self._pages[self._page_id]

    @property
    def words(self) -> Mapping[int, Word]:
        """The current page's words by id, in order of creation."""
        return MappingProxyType(self._words)

    @property
    def predictions(self) -> Mapping[int, Prediction]:
        """The newest prediction of each of the current page's words."""
        return MappingProxyType(self._predictions)

    @property
    def selection(self) -> tuple[int, ...]:
        """Ids of the selected words; the last one is current."""
        return self._selection

    @property
    def current_word(self) -> Word | None:
        """The word whose text is being looked at."""
        return self._words[self._selection[-1]] if self._selection else None

    @property
    def undo_stack(self) -> QUndoStack:
        """For the Undo and Redo actions and the history view."""
        return self._undo_stack

    @property
    def counts(self) -> Counts:
        """The whole project in numbers."""
        return self._counts

    @property
    def page_image(self) -> PageImage | None:
        """The current page's pixels, once they are decoded."""
        return self._page_image

    def page_counts(self, page_id: int) -> Counts:
        """One page in numbers."""
        return self._page_counts.get(page_id, Counts(pages=1))

    def page_path(self, page: Page) -> Path:
        """Return where a page's image lies."""
        assert self._project is not None, "a page belongs to a project"
        return self._project.folder / page.path

    # Opening

    @Slot(Path)
    def open_path(self, path: Path) -> None:
        """Open a folder, an image or an annotation file. What is open stays open until that has worked."""
        self._opener.open(Path(path))

    @Slot()
    def close_project(self) -> None:
        """Show no project. The annotation file is closed once everything is in it."""
        self._opener.close()
        self._forget()
        self._announce()

    def _forget(self) -> None:
        self._images.clear()
        self._undo_stack.clear()
        self._actions.clear()
        self._reset()

    def act_on_notice(self, notice: Notice, action: str) -> None:
        """Do what the user chose in a notice's bar. Choosing twice does nothing more."""
        chosen = self._actions.pop((notice.text, action), None)
        if chosen is not None:
            chosen()

    def _announce(self) -> None:
        self.project_changed.emit(self._project)
        self.pages_changed.emit()
        self.counts_changed.emit(self._counts)
        self.page_opened.emit(None)
        self.selection_changed.emit(())

    def _tell(self, severity: str, text: str, actions: Mapping[str, Callable[[], None]] | None = None) -> None:
        actions = actions or {}
        self._actions |= {(text, name): act for name, act in actions.items()}
        self.notice.emit(Notice(severity, text, tuple(actions)))

    @Slot(object)
    def _on_project_opened(self, opened: OpenedProject) -> None:
        file = opened.file
        self._forget()
        self._project = ProjectInfo(file.root, file.path, file.read_only, file.owner)
        self._add_pages(file.pages)
        self._page_counts.update(file.page_counts)
        self._counts = file.counts
        self._next_word_id = file.next_word_id
        for edit in file.history:
            self._undo_stack.push(EditCommand(self, edit, is_done=True))
        self._announce()
        if file.read_only:
            self._tell("warning", _why_read_only(self._project))
        if opened.notice:
            self._tell("info", opened.notice)
        self._wanted_image = opened.image
        if file.pages and not self._open_wanted_image():
            self.open_page(file.pages[0].id)

    @Slot(object)
    def _on_image_wanted(self, path: Path) -> None:
        self._wanted_image = path
        self._open_wanted_image()

    def _open_wanted_image(self) -> bool:
        """Open the page of the image the user pointed at, once it is known."""
        path = self._wanted_image
        page = next((p for p in self._pages.values() if self.page_path(p) == path), None) if path else None
        if page is not None:
            self._wanted_image = None
            self.open_page(page.id)
        return page is not None

    def _add_pages(self, pages: Iterable[Page]) -> None:
        for page in pages:
            if page.id not in self._pages:
                self._order.append(page.id)
                self._page_counts.setdefault(page.id, Counts(pages=1))
            self._pages[page.id] = page

    @Slot(object)
    def _on_pages_found(self, pages: Sequence[Page]) -> None:
        new = [page for page in pages if page.id not in self._pages]
        self._add_pages(new)
        self._change_counts({page.id: Counts(pages=1) for page in new})
        self.pages_changed.emit()
        if not self._open_wanted_image() and self._wanted_page is None and new:
            self.open_page(new[0].id)

    @Slot(object)
    def _on_crops_found(self, pages: Sequence[Page]) -> None:
        """Make each image of a folder of crops one word, and offer to take that back."""
        changes = tuple(
            WordChange(None, self._new_word(page.id, Box.from_bounds(0, 0, page.width, page.height))) for page in pages
        )
        if not changes:
            return
        self._push("Make each image one word", changes)
        command = self._undo_stack.command(self._undo_stack.index() - 1)

        def undo() -> None:
            if self._undo_stack.index() and self._undo_stack.command(self._undo_stack.index() - 1) is command:
                self._undo_stack.undo()
            else:
                self._tell("info", "More was changed since; take it back step by step with Undo.")

        text = f"These {len(changes)} images look like crops of one word each, so each is one word now."
        self._tell("info", text, {"Undo": undo})

    @Slot(str)
    def _on_opening_refused(self, sentence: str) -> None:
        self._tell("error", sentence)

    @Slot(object)
    def _on_file_damaged(self, damaged: DamagedFile) -> None:
        self._tell("error", damaged.sentence, self._opener.remedies(damaged))

    # The current page

    def open_page(self, page_id: int, select: Sequence[int] = ()) -> None:
        """Make a page current and select words on it. The page before stays until this one's words are read."""
        if page_id not in self._pages:
            return
        self._wanted_page = page_id
        self._select_on_open = tuple(select)
        self._store.read_page(page_id, self._on_page_read)
        place = self._order.index(page_id)
        nearby = [i for i in self._order[max(0, place - 1) : place + 1 + PREFETCHED_PAGES] if i != page_id]
        paths = [(i, self.page_path(self._pages[i])) for i in nearby]
        self._page_image = None
        self._images.request(page_id, self.page_path(self._pages[page_id]), paths)

    def step_page(self, step: int) -> None:
        """Open the page ``step`` places further on, stopping at either end."""
        if self._wanted_page is None:
            return
        place = min(max(self._order.index(self._wanted_page) + step, 0), len(self._order) - 1)
        if self._order[place] != self._wanted_page:
            self.open_page(self._order[place])

    def _on_page_read(self, content: PageContent) -> None:
        if content.page.id != self._wanted_page:
            return
        image = self._page_image
        wanted, selection = self._wanted_page, self._select_on_open
        self._close_page()
        self._page_id = self._wanted_page = wanted
        self._pages[wanted] = content.page
        self._words = {word.id: word for word in content.words}
        self._predictions = dict(content.predictions)
        self._page_image = image
        self._recount_page()
        self.page_opened.emit(content.page)
        self.selection_changed.emit(())
        self.select(selection)
        if image is not None:
            self.image_ready.emit(image)

    @Slot(object)
    def _on_image_ready(self, image: PageImage) -> None:
        if image.page_id != self._wanted_page:
            return
        self._page_image = image
        page = self._pages[image.page_id]
        size = image.pixels.size
        if (page.width, page.height) != size or page.problem:
            self._change_page(replace(page, width=size[0], height=size[1], problem=""))
        if image.page_id == self._page_id:
            self.image_ready.emit(image)

    @Slot(int, str)
    def _on_image_failed(self, page_id: int, problem: str) -> None:
        page = self._pages.get(page_id)
        if page is None:
            return
        if page.problem != problem:
            self._change_page(replace(page, problem=problem))
        if page_id == self._wanted_page:
            self._tell("error", problem)

    def _change_page(self, page: Page) -> None:
        self._pages[page.id] = page
        if not self.read_only:
            self._store.write(lambda store: store.update_page(page))
        self.pages_changed.emit()

    def verify_page(self, flag: bool) -> None:
        """Say that the current page is complete, or take that back."""
        if self.page is not None and self._may_write() and self.page.verified != flag:
            self._change_page(replace(self.page, verified=flag))

    # The selection

    def select(self, ids: Iterable[int]) -> None:
        """Select these words of the current page; the last one becomes current."""
        selection = tuple(dict.fromkeys(i for i in ids if i in self._words))
        if selection != self._selection:
            self._selection = selection
            self.selection_changed.emit(selection)

    def step_word(self, step: int, state: State | None = None) -> bool:
        """Select the next (+1) or previous (-1) word in reading order, of one state if given.

        Returns:
            False when there is none in that direction; the selection stays then.
        """
        order = [word.id for word in reading_order(self._words.values())]
        if step < 0:
            order.reverse()
        current = self.current_word
        rest = order[order.index(current.id) + 1 :] if current is not None else order
        for word_id in rest:
            if state is None or self.state(word_id) is state:
                self.select((word_id,))
                return True
        return False

    def state(self, word_id: int) -> State:
        """The state of one of the current page's words."""
        return self._words[word_id].state(self._predictions.get(word_id))

    # Edits

    def add_word(self, box: Box) -> int:
        """Draw a word on the current page and select it. Returns its id, or 0 when nothing can be changed."""
        page = self.page
        if page is None or not self._may_write():
            return 0
        if page.width:
            box = box.clamped(page.width, page.height)
        word = self._new_word(page.id, box)
        self._push("Draw word", (WordChange(None, word),))
        self.select((word.id,))
        return word.id

    def move_word(self, word_id: int, box: Box, gesture: int = 0) -> None:
        """Give a word another box. Moves with one gesture number, such as those of one drag, are one undo step."""
        page = self.page
        if page is not None and page.width:
            box = box.clamped(page.width, page.height)
        self._edit_words("Move word", (word_id,), lambda word: replace(word, box=box), gesture=gesture)

    def delete_words(self, ids: Collection[int]) -> None:
        """Delete words of the current page."""
        changes = tuple(WordChange(self._words[i], None) for i in ids if i in self._words)
        if changes and self._may_write():
            self._push("Delete word" if len(changes) == 1 else "Delete words", changes)

    def set_label(self, word_id: int, text: str, source: Source = Source.TYPED) -> None:
        """Let a human's text stand for a word; an empty one takes the label away."""
        label = normalize(text).strip()
        if not label:
            self.clear_label(word_id)
            return
        title = "Accept reading" if source is Source.ACCEPTED else "Type label"
        self._edit_words(title, (word_id,), lambda word: replace(word, label=label, source=source, ignored=False))

    def accept_prediction(self, word_id: int) -> None:
        """Make what was read the word's label."""
        prediction = self._predictions.get(word_id)
        if prediction is not None and prediction.text:
            self.set_label(word_id, prediction.text, Source.ACCEPTED)

    def ignore_words(self, ids: Collection[int], flag: bool) -> None:
        """Leave words out of reading, training and export, or take them back in."""
        self._edit_words("Ignore" if flag else "Stop ignoring", ids, lambda word: replace(word, ignored=flag))

    def clear_label(self, word_id: int) -> None:
        """Take a word's label away."""
        self._edit_words("Clear label", (word_id,), lambda word: replace(word, label=None, source=None))

    def change_words(self, title: str, changes: Sequence[WordChange]) -> None:
        """Make changes to words of any pages one undo step, as search and replace and the review wall do."""
        if changes and self._may_write():
            self._push(title, tuple(WordChange(c.before, c.after and self._signed(c.after)) for c in changes))

    @Slot()
    def undo(self) -> None:
        """Take the last edit back; the page it was made on is shown with its words selected."""
        if self._may_write():
            self._undo_stack.undo()

    @Slot()
    def redo(self) -> None:
        """Make the edit that was taken back last again."""
        if self._may_write():
            self._undo_stack.redo()

    def _edit_words(
        self, title: str, ids: Collection[int], change: Callable[[Word], Word], *, gesture: int = 0
    ) -> None:
        if not self._may_write():
            return
        pairs = [(word, change(word)) for word in (self._words.get(i) for i in ids) if word is not None]
        changes = tuple(WordChange(old, self._signed(new)) for old, new in pairs if old != new)
        if changes:
            self._push(title, changes, gesture=gesture)

    def _new_word(self, page_id: int, box: Box) -> Word:
        word = self._signed(Word(self._next_word_id, page_id, box))
        self._next_word_id += 1
        return word

    def _signed(self, word: Word) -> Word:
        return replace(word, author=self._author, changed_at=time.time())

    def _may_write(self) -> bool:
        if self._project is not None and self._project.read_only:
            self._tell("warning", _why_read_only(self._project))
        return not self.read_only

    def _push(self, title: str, changes: tuple[WordChange, ...], *, gesture: int = 0) -> None:
        self._undo_stack.push(EditCommand(self, Edit(title, changes), gesture=gesture))

    def perform(self, edit: Edit, *, gesture: int = 0) -> None:
        """Show an edit and hand it to the store. For the undo stack; everybody else has the wishes above."""
        self._store.apply(edit, gesture=gesture)
        deltas: dict[int, Counts] = {}
        for change in edit.changes:
            delta = self._count(change.after) - self._count(change.before)
            deltas[change.page_id] = deltas.get(change.page_id, Counts()) + delta
            if change.page_id != self._page_id:
                continue
            if change.after is None:
                self._words.pop(change.word_id, None)
            else:
                self._words[change.word_id] = change.after
        self._words = dict(sorted(self._words.items()))  # a word brought back by undo returns to its place
        self._change_counts(deltas)
        self.words_changed.emit(frozenset(c.word_id for c in edit.changes))
        self.select(self._selection)

    def show(self, edit: Edit) -> None:
        """Bring what an edit changed before the user's eyes: its page, and the words that are there now."""
        here = [c for c in edit.changes if c.page_id == self._page_id]
        ids = [c.word_id for c in here or edit.changes if c.after is not None]
        if here:
            self.select(ids)
        elif edit.changes:
            self.open_page(edit.changes[0].page_id, ids)

    # Predictions

    def record_prediction(self, word_id: int, box: Box, prediction: Prediction) -> None:
        """Keep what was read from ``box`` beside the word. It is dropped when the box has changed since."""
        self.record_predictions([(word_id, box, prediction)])

    def record_predictions(self, read: Sequence[tuple[int, Box, Prediction]]) -> None:
        """Keep readings of words of any pages, as a reading of the whole project brings them."""
        if self.read_only:
            return
        here: dict[int, Prediction] = {}
        kept = []
        for word_id, box, prediction in read:
            word = self._words.get(word_id)
            if word is None:
                kept.append((word_id, box, prediction))  # another page's: the store compares the boxes
            elif word.box == box:
                kept.append((word_id, box, prediction))
                here[word_id] = prediction
        if not kept:
            return
        self._store.write(lambda store: store.save_predictions(kept))
        self._predictions |= here
        if len(here) < len(kept):
            self._recount_soon.start()
        if here:
            self._recount_page()
            self.words_changed.emit(frozenset(here))

    # Counts

    def _count(self, word: Word | None) -> Counts:
        return Counts() if word is None else Counts.of([word.state(self._predictions.get(word.id))])

    def _recount_page(self) -> None:
        assert self._page_id is not None, "there is a current page"
        counts = Counts.of(map(self.state, self._words), pages=1)
        self._change_counts({self._page_id: counts - self.page_counts(self._page_id)})

    def _change_counts(self, deltas: Mapping[int, Counts]) -> None:
        changed = {page_id: delta for page_id, delta in deltas.items() if delta != Counts()}
        if not changed:
            return
        for page_id, delta in changed.items():
            self._page_counts[page_id] = self._page_counts.get(page_id, Counts()) + delta
            self._counts += delta
        self.page_counts_changed.emit(frozenset(changed))
        self.counts_changed.emit(self._counts)

    @Slot()
    def _on_recount_due(self) -> None:
        self._store.read(lambda store: store.page_counts(), self._on_counts_read)

    def _on_counts_read(self, counts: Mapping[int, Counts]) -> None:
        self._change_counts({i: counts.get(i, Counts(pages=1)) - self.page_counts(i) for i in self._pages})


def _why_read_only(project: ProjectInfo) -> str:
    if project.owner:
        return f"{project.file.name} is open in another program ({project.owner}), so nothing can be changed here."
    return f"{project.file} cannot be written to, so nothing can be changed here."
