"""What one does with whole words of a page: copy, cut, paste, duplicate, split and merge. Each is one step of Undo."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.canvas_tools import moved_within
from crnn_gui.widgets.word_look import shown_text
from crnn_gui.word_clipboard import CopiedWord, from_clipboard, to_clipboard
from crnn_gui.wording import marked
from model import geometry, splitting
from model.annotations import Box, Page, Source, Word, WordChange

SHIFT_PX = 12
"""How far a pasted word is moved off the one that has its place already."""
SAME_PLACE_PX = 4.0


class WordTools(QObject):
    """Works on the selected words of the current page.

    Signals:
        told: a sentence that says why a wish comes to nothing, or what became of it.
    """

    told = Signal(str)

    def __init__(self, document: ProjectDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document

    # The clipboard

    @Slot()
    def copy(self) -> None:
        """Put the selected words on the clipboard."""
        page = self._document.page
        if page is not None and self._selected:
            path = str(self._document.page_path(page))
            QGuiApplication.clipboard().setMimeData(to_clipboard(self._selected, path))

    @Slot()
    def cut(self) -> None:
        """Put the selected words on the clipboard and take them off the page."""
        self.copy()
        self._document.change_words(marked("Edits", "Cut words"), [WordChange(w, None) for w in self._selected])

    @Slot()
    def paste(self) -> None:
        """Put the words of the clipboard where they were on their page, or beside a word that is there already."""
        page, copied = self._document.page, from_clipboard(QGuiApplication.clipboard().mimeData())
        if copied is None or not copied.words:
            self.told.emit(self.tr("No words have been copied; select some and press Ctrl+C on the page."))
        elif page is not None and page.width:
            is_same_image = copied.page == str(self._document.page_path(page))
            words = [w if is_same_image else replace(w, label=None) for w in copied.words]
            self._add(page, words, marked("Edits", "Paste words"))
            if any(w.label for w in copied.words) and not is_same_image:
                self.told.emit(self.tr("The boxes were pasted without their texts, as this is another image."))

    @Slot()
    def duplicate(self) -> None:
        """Put each selected word on the page once more, beside itself."""
        page = self._document.page
        if page is not None and self._selected:
            copied = [CopiedWord(w.box, w.label, w.ignored) for w in self._selected]
            self._add(page, copied, marked("Edits", "Duplicate words"))

    def _add(self, page: Page, copied: Sequence[CopiedWord], title: str) -> None:
        boxes = self._free_places(dict(enumerate(one.box for one in copied)), (page.width, page.height))
        new = [
            replace(
                self._document.new_word(boxes[i]),
                label=one.label,
                source=Source.TYPED if one.label is not None else None,
                ignored=one.ignored,
            )
            for i, one in enumerate(copied)
        ]
        self._document.change_words(title, [WordChange(None, word) for word in new])
        if not self._document.read_only:
            self._document.select([word.id for word in new])

    def _free_places(self, boxes: Mapping[int, Box], size: tuple[int, int]) -> Mapping[int, Box]:
        taken = [geometry.centre(word.box) for word in self._document.words.values()]
        boxes = fitted(boxes, size)
        while any(math.dist(geometry.centre(box), c) < SAME_PLACE_PX for box in boxes.values() for c in taken):
            moved = moved_within(boxes, SHIFT_PX, SHIFT_PX, size=size)
            if moved == boxes:
                break  # in the corner of the page there is no room left
            boxes = moved
        return boxes

    # Splitting and merging

    def split(self, caret: int | None = None) -> bool:
        """Make two words of the current one, at a caret in its text, or in the middle. The first half is selected.

        Returns:
            Whether there are two words now.
        """
        word = self._selected[0] if len(self._selected) == 1 else None
        if word is None:
            self.told.emit(self.tr("Select one word to split it."))
            return False
        prediction = self._document.predictions.get(word.id)
        text = shown_text(word, prediction)
        if caret is None:
            caret = splitting.middle_caret(text, prediction)
        texts: tuple[str | None, str | None] = splitting.texts_at(text, caret)
        can_guess = word.label is None and not caret
        if not all(texts) and not can_guess:
            self.told.emit(self.tr("Put the caret between the characters where the word is to be split."))
            return False
        share = splitting.share_at(text, caret, prediction) if all(texts) else 0.5
        labels = texts if word.label is not None else (None, None)
        halves = list(zip(geometry.cut(word.box, share), labels, strict=True))
        return self._replace(marked("Edits", "Split word"), [word], halves)

    @Slot()
    def merge(self) -> bool:
        """Make one word of the selected ones; of a single one and the next on its line.

        Returns:
            Whether they are one word now.
        """
        words = splitting.in_line(self._selected) if len(self._selected) > 1 else self._with_next()
        if len(words) < 2:
            self.told.emit(self.tr("No word follows on this line; select the words that are to become one."))
            return False
        boxes = [word.box for word in words]
        labels = [word.label for word in words if word.label]
        text = splitting.joined_text(boxes, labels) if len(labels) == len(words) else None
        done = self._replace(marked("Edits", "Merge words"), words, [(geometry.smallest_around(boxes), text)])
        if done and labels and text is None:
            self.told.emit(self.tr("Not all of the words had been verified, so the new one is to be verified again."))
        return done

    def _with_next(self) -> list[Word]:
        order = [self._document.words[i] for i in self._document.order]
        for word, following in pairwise(order):
            if word.id in self._document.selection:
                _, top, _, bottom = word.box.bounds
                _, y = geometry.centre(following.box)
                return [word, following] if top <= y <= bottom else [word]
        return []

    def _replace(self, title: str, words: Sequence[Word], parts: Sequence[tuple[Box, str | None]]) -> bool:
        """Put boxes with their labels in the place of words; the first keeps the first word's id and history."""
        document = self._document
        first, *others = words
        made = [first, *(document.new_word(box) for box, _ in parts[1:])]
        new = [
            replace(
                word, box=box, label=label, source=Source.TYPED if label is not None else None, ignored=first.ignored
            )
            for word, (box, label) in zip(made, parts, strict=True)
        ]
        changes = [WordChange(first, new[0]), *(WordChange(None, word) for word in new[1:])]
        document.change_words(title, [*changes, *(WordChange(word, None) for word in others)])
        if not document.read_only:
            document.select((first.id,))
        return not document.read_only

    # Small things

    @property
    def _selected(self) -> list[Word]:
        return [self._document.words[i] for i in self._document.selection]


def fitted(boxes: Mapping[int, Box], size: tuple[int, int]) -> Mapping[int, Box]:
    """Return boxes moved onto a page that may be smaller than theirs: together if they fit, else one by one."""
    width, height = size
    together = moved_within(boxes, 0, 0, size=size)
    if all(box == box.clamped(width, height) for box in together.values()):
        return together
    return {i: moved_within({i: box}, 0, 0, size=size)[i].clamped(width, height) for i, box in boxes.items()}
