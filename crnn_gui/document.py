"""The project as the widgets see it: the only writer. Every wish a person can have about pages and words is here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from crnn_gui.commands import EditCommand, OrderCommand
from crnn_gui.project_state import ProjectState
from crnn_gui.project_values import WITHOUT_WORDS, Notice, ProjectInfo
from crnn_gui.recounting import Recount
from crnn_gui.services.pages import PageImage, PageImages
from crnn_gui.services.projects import DamagedFile, OpenedProject, ProjectOpener
from crnn_gui.services.store_service import SaveState, StoreService
from crnn_gui.wording import marked
from model.annotations import (
    Box,
    Edit,
    Page,
    PageChange,
    PageMark,
    Prediction,
    Source,
    Word,
    WordChange,
)
from model.errors import StoreError
from model.locking import user_name
from model.store import Counts
from model.store_rows import clean_text

if TYPE_CHECKING:
    from crnn_gui.services.tasks import Tasks
    from model.importing import ImportPlan, ImportReport
    from model.store import AnnotationStore

__all__ = ["Counts", "Notice", "PageImage", "ProjectDocument", "ProjectInfo", "SaveState"]


class ProjectDocument(ProjectState):
    """The open project and everything that can be done to it.

    Wishes show their effect at once and are made durable by the store's thread. On a read-only project they emit a
    notice and change nothing.
    """

    def __init__(self, store: StoreService, images: PageImages, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(store, images, parent)
        self._opener = ProjectOpener(store, tasks, self)
        self._author = user_name()
        self._next_word_id = 1
        self._wanted_image: Path | None = None
        self._recount = Recount(store, self)
        self._recount.counted.connect(self._on_pages_counted)
        self.project_changed.connect(self._recount.forget)
        store.refused.connect(self._on_edit_refused)
        self._opener.opened.connect(self._on_project_opened)
        self._opener.pages_found.connect(self._on_pages_found)
        self._opener.crops_found.connect(self._on_crops_found)
        self._opener.image_wanted.connect(self._on_image_wanted)
        self._opener.refused.connect(self._on_opening_refused)
        self._opener.damaged.connect(self._on_file_damaged)

    # Opening

    @Slot(Path)
    def open_path(self, path: Path) -> None:
        """Open a folder, an image or an annotation file. What is open stays open until that has worked."""
        self.page_left.emit()
        self._opener.open(Path(path))

    @Slot()
    def close_project(self) -> None:
        """Show no project. The annotation file is closed once everything is in it."""
        self.page_left.emit()
        self._opener.close()
        self._forget_project()
        self._wanted_image = None
        self._announce_project()

    @Slot(object)
    def _on_project_opened(self, opened: OpenedProject) -> None:
        file = opened.file
        self._forget_project()
        self._wanted_image = None
        self._project = ProjectInfo(file.root, file.path, opened.folder or file.path, file.read_only, opened.owner)
        self._add_pages(file.pages)
        self._trash = {page.id: page for page in file.trashed}
        self._page_counts = {**dict.fromkeys(self._pages, WITHOUT_WORDS), **file.page_counts}
        self._counts = file.counts
        self._next_word_id = file.next_word_id
        self._remember(file.history)
        self._announce_project()
        if file.read_only:
            self._tell("warning", self._project.why_read_only)
        for told in opened.notices:
            self._tell("info", told)
        self._wanted_image = opened.image
        # Who heard of the project may have gone to a page already.
        if not self._open_wanted_image() and self._wanted_page is None and file.pages:
            self.open_page(file.pages[0].id)

    def _remember(self, history: Iterable[Edit]) -> None:
        for edit in history:
            self._undo_stack.push(EditCommand(self, edit, is_done=True))

    @Slot(object)
    def _on_image_wanted(self, path: Path) -> None:
        self._wanted_image = path
        self._open_wanted_image()

    def _open_wanted_image(self) -> bool:
        """Open the page of the image the user pointed at, once it is known."""
        page_id = self._wanted_image and self._page_of(self._wanted_image)
        if page_id:
            self._wanted_image = None
            self.open_page(page_id)
        return bool(page_id)

    def _page_of(self, image: Path) -> int | None:
        assert self._project is not None, "a page belongs to a project"
        path = Path(os.path.relpath(image, self._project.folder)).as_posix()
        return next((page.id for page in self._pages.values() if page.path == path), None)

    @Slot(object)
    def _on_pages_found(self, pages: Sequence[Page]) -> None:
        new = [page for page in pages if page.id not in self._pages]
        if not new:
            return
        self._add_pages(new)
        self._set_counts({page.id: Counts(pages=1) for page in new})
        self.pages_changed.emit()
        if not self._open_wanted_image() and self._wanted_page is None:
            self.open_page(new[0].id)

    @Slot(object)
    def _on_crops_found(self, pages: Sequence[Page]) -> None:
        """Make each image of a folder of crops one word, and offer to take that back."""
        empty = [page for page in pages if page.id in self._pages and not self.page_counts(page.id).words]
        changes = tuple(WordChange(None, self._new_word(p.id, Box.from_bounds(0, 0, p.width, p.height))) for p in empty)
        if not changes:
            return
        self._push("Make each image one word", changes)
        index = self._undo_stack.index()

        def undo() -> None:
            if self._undo_stack.index() == index:
                self.undo()
            else:
                self._tell("info", self.tr("More was changed since then; take it back step by step with Undo."))

        told = self.tr("These {count} images look like crops of one word each, so each is one word now.")
        self._tell("info", told.format(count=f"{len(changes):,}"), {self.tr("Undo"): undo})

    @Slot(str)
    def _on_opening_refused(self, sentence: str) -> None:
        self._tell("error", sentence)

    @Slot(object)
    def _on_file_damaged(self, damaged: DamagedFile) -> None:
        self._tell("error", damaged.sentence, self._opener.remedies(damaged))

    # Edits

    def verify_page(self, flag: bool) -> None:
        """Say that the current page is complete, or take that back."""
        if self.page is not None and self.page.verified != flag and self._may_write():
            change = PageChange(self.page.id, PageMark.VERIFIED, flag)
            self._push_edit(
                Edit(marked("Edits", "Verify page") if flag else marked("Edits", "Reopen page"), (), pages=(change,))
            )

    def delete_pages(self, ids: Collection[int]) -> None:
        """Move pages with their words to the trash. Their images stay as they are."""
        changes = tuple(PageChange(i, PageMark.TRASHED, True) for i in ids if i in self._pages)
        if changes and self._may_write():
            self._push_edit(
                Edit(
                    marked("Edits", "Delete page") if len(changes) == 1 else marked("Edits", "Delete pages"),
                    (),
                    pages=changes,
                )
            )

    def restore(self, pages: Collection[int], words: Sequence[Word] = ()) -> None:
        """Take pages and deleted words out of the trash, as one undo step, and show them."""
        marks = tuple(PageChange(i, PageMark.TRASHED, False) for i in pages if i in self._trash)
        changes = tuple(WordChange(None, word) for word in words if word.page_id in self._pages)
        if (marks or changes) and self._may_write():
            edit = Edit(marked("Edits", "Restore from the trash"), changes, pages=marks)
            self._push_edit(edit)
            self.show(edit)

    def forget_trash(self, history: Iterable[Edit]) -> None:
        """Know no trashed pages any more: they were emptied from the file, which has this undo history left."""
        self._trash.clear()
        self._undo_stack.clear()
        self._remember(history)

    def add_word(self, box: Box) -> int:
        """Draw a word on the current page and select it. Returns its id, or 0 when nothing can be changed."""
        page = self.page
        if page is None or not self._may_write():
            return 0
        word = self._new_word(page.id, self._on_page(box))
        self._push("Draw word", (WordChange(None, word),))
        self.select((word.id,))
        return word.id

    def reorder_words(self, order: Sequence[int]) -> None:
        """Let the current page's words be read in this order."""
        if self._page_id is not None and tuple(order) != self.order and self._may_write():
            self._undo_stack.push(OrderCommand(self, self._page_id, self._given_order, tuple(order)))

    def give_order(self, page_id: int, order: tuple[int, ...]) -> None:
        """Show an order and hand it to the store: see :class:`crnn_gui.commands.Orderer`."""
        self._store.write(lambda store: store.set_order(page_id, order))
        if page_id != self._page_id:
            self.open_page(page_id)
            return
        self._given_order, self._ordered = order, None
        self.order_changed.emit()

    def new_word(self, box: Box, page_id: int | None = None) -> Word:
        """Return a word with an id of its own, for the current page if not told; :meth:`change_words` brings it in."""
        page_id = self._page_id if page_id is None else page_id
        assert page_id is not None, "a word belongs to a page"
        page = self.page_of(page_id)
        return self._new_word(page_id, box.clamped(page.width, page.height) if page.width else box)

    def move_word(self, word_id: int, box: Box, gesture: int = 0) -> None:
        """Give a word another box. Moves with one gesture number, such as those of one drag, are one undo step."""
        self.move_words({word_id: box}, gesture)

    def move_words(self, boxes: Mapping[int, Box], gesture: int = 0) -> None:
        """Give words of the current page other boxes; gestures as with :meth:`move_word`."""
        wanted = {word_id: self._on_page(box) for word_id, box in boxes.items()}
        title = marked("Edits", "Move word") if len(wanted) == 1 else marked("Edits", "Move words")
        self._edit_words(title, wanted, lambda word: replace(word, box=wanted[word.id]), gesture=gesture)

    def delete_words(self, ids: Collection[int]) -> None:
        """Delete words of the current page."""
        changes = tuple(WordChange(self._words[i], None) for i in ids if i in self._words)
        if changes and self._may_write():
            self._push("Delete word" if len(changes) == 1 else "Delete words", changes)

    def set_label(self, word_id: int, text: str, source: Source = Source.TYPED) -> None:
        """Let a human's text stand for a word; an empty one takes the label away."""
        try:
            label = clean_text(text.strip()) or None
        except StoreError as error:
            self._tell("error", str(error))
            return
        if label is None:
            self.clear_label(word_id)
            return
        title = marked("Edits", "Accept reading") if source is Source.ACCEPTED else marked("Edits", "Type label")
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
        self.make(Edit(title, tuple(WordChange(c.before, c.after and self.signed(c.after)) for c in changes)))

    def make(self, edit: Edit) -> None:
        """Make an edit of words of any pages that was prepared elsewhere, with words that are signed."""
        if edit.changes and self._may_write():
            self._push_edit(edit)

    def take_in(self, plan: ImportPlan, on_done: Callable[[ImportReport], None]) -> None:
        """Add the pages and words of an import, whose images are in place. It is no edit, so Undo knows nothing of it.

        Args:
            plan: what to add to the open project.
            on_done: called with the report once it is in the file.
        """
        if not self._may_write():
            return
        self._next_word_id += plan.report.added  # the file gives the imported words the ids before it

        def commit(store: AnnotationStore) -> tuple[ImportReport, list[Page], dict[int, Counts]]:
            return plan.commit(store), store.pages(), store.page_counts()

        def taken_in(result: tuple[ImportReport, list[Page], dict[int, Counts]]) -> None:
            report, pages, counts = result
            self._add_pages(pages)
            self._set_counts({page.id: counts.get(page.id, Counts(pages=1)) for page in pages})
            self.pages_changed.emit()
            self.words_taken_in.emit()
            if self._page_id is not None:
                self.open_page(self._page_id, self._selection)
            elif pages:
                self.open_page(pages[0].id)
            on_done(report)

        self._store.write(commit, taken_in)

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
        pairs = [(self._words[i], change(self._words[i])) for i in ids if i in self._words]
        changes = tuple(WordChange(old, self.signed(new)) for old, new in pairs if old != new)
        if changes and self._may_write():
            self._push(title, changes, gesture=gesture)

    def _new_word(self, page_id: int, box: Box) -> Word:
        word = self.signed(Word(self._next_word_id, page_id, box))
        self._next_word_id += 1
        return word

    def _on_page(self, box: Box) -> Box:
        page = self.page
        return box.clamped(page.width, page.height) if page is not None and page.width else box

    def signed(self, word: Word) -> Word:
        """Return the word as this user's of this moment; any thread may ask."""
        return replace(word, author=self._author, changed_at=time.time())

    def _may_write(self) -> bool:
        if self._project is not None and self._project.read_only:
            self._tell("warning", self._project.why_read_only)
        return not self.read_only

    def _push(self, title: str, changes: tuple[WordChange, ...], *, gesture: int = 0) -> None:
        self._push_edit(Edit(title, changes), gesture=gesture)

    def _push_edit(self, edit: Edit, *, gesture: int = 0) -> None:
        self._undo_stack.push(EditCommand(self, edit, gesture=gesture))

    def perform(self, edit: Edit, *, gesture: int = 0) -> bool:
        """Show an edit and hand it to the store: see :class:`crnn_gui.commands.Editor`. Everybody else has wishes."""
        was_joined = self._store.apply(edit, gesture=gesture)
        if edit.pages:
            self._mark_pages(edit.pages)
        # An edit may change a hundred thousand words: nothing here looks long at those of other pages.
        if self._page_id in edit.page_ids:
            here = [change for change in edit.changes if change.page_id == self._page_id]
            for change in here:
                self._replace_word(change)
            self._words = dict(sorted(self._words.items()))  # a word brought back by undo returns to its place
            self._recount_page()
            self.words_changed.emit(frozenset(change.word_id for change in here))
        # Which words of other pages have a prediction is known to the store alone.
        self._recount.add(pages=edit.page_ids.union(change.page_id for change in edit.pages) - {self._page_id})
        self.edited.emit(edit)
        self.select(self._selection)
        return was_joined

    def _replace_word(self, change: WordChange) -> None:
        before, after = change.before, change.after
        if after is None:
            self._words.pop(change.word_id, None)
        else:
            self._words[after.id] = after
        if before is None or after is None or before.box != after.box:
            self._predictions.pop(change.word_id, None)  # it speaks about other pixels; the store drops it as well

    def show(self, edit: Edit) -> None:
        """Bring what an edit changed before the user's eyes: its page, and the words that are there now."""
        shown = next((c.page_id for c in edit.pages if c.page_id in self._pages), None)
        if shown is not None and (shown != self._wanted_page or not edit.changes):
            self.open_page(shown)
            return
        if not edit.changes:
            return
        page_id = self._page_id if self._page_id in edit.page_ids else edit.changes[0].page_id
        ids = [c.word_id for c in edit.changes if c.page_id == page_id and c.after is not None]
        if page_id == self._page_id:
            self.select(ids)
        else:
            self.open_page(page_id, ids)

    @Slot(object)
    def _on_edit_refused(self, error: Exception) -> None:
        """Show again what the file holds: an edit contradicts it, so what is on the screen and in Undo is not true."""
        self._undo_stack.clear()
        self._tell("error", str(error))
        self._recount.add(pages=self._pages)
        if self._page_id is not None:
            self.open_page(self._page_id, self._selection)

    # Predictions

    def record_prediction(self, word_id: int, box: Box, prediction: Prediction) -> None:
        """Keep what was read from ``box`` beside the word. It is dropped when the box has changed since."""
        self.record_predictions([(word_id, box, prediction)])

    def record_predictions(self, read: Sequence[tuple[int, Box, Prediction]]) -> None:
        """Keep readings of words of any pages, as a reading of the whole project brings them."""
        if self.read_only:
            return
        # The store compares the boxes of other pages' words.
        kept = [r for r in read if r[0] not in self._words or self._words[r[0]].box == r[1]]
        here = {word_id: prediction for word_id, _, prediction in kept if word_id in self._words}
        if kept:
            self._store.save_predictions(kept)
        self._recount.add(words=[word_id for word_id, _, _ in kept if word_id not in here])
        if here:
            self._predictions |= here
            self._recount_page()
            self.words_changed.emit(frozenset(here))
        if kept:
            self.predicted.emit(tuple(kept))

    def is_being_counted(self, page_id: int) -> bool:
        """Whether the numbers of a page other than the current one may be those from before an edit."""
        return self._recount.is_due(page_id)

    @Slot(object)
    def _on_pages_counted(self, counts: Mapping[int, Counts]) -> None:
        self._set_counts({i: new for i, new in counts.items() if i in self._pages and i != self._page_id})
