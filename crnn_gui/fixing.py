"""Fix once, fix everywhere: after a correction, the same mistake in other readings is offered for correction too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import Notice, ProjectDocument
from crnn_gui.reviewing import Reviewing, typed
from crnn_gui.services.survey import FoundWord
from crnn_gui.wording import counted, marked
from model.annotations import Edit, Source, State, Word

if TYPE_CHECKING:
    from model.repeating import Confusion
    from model.review_queries import ReviewIndex
    from model.store import AnnotationStore

SHOW = marked("NoticeActions", "Show")
REPLACE_ALL = marked("NoticeActions", "Replace all")

MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered.

    Attributes:
        read, typed: the reading that was corrected, and the text that took its place.
        texts: by word id, the reading of another word and what it would become.
        same: how many of them have the same text; the others have a part of it in common.
    """

    read: str
    typed: str
    texts: Mapping[int, tuple[str, str]]
    same: int


class FixEverywhere(QObject):
    """Looks for the mistake that was just corrected. Words that a human has decided on are never touched.

    Signals:
        given: Notice.
        withdrawn: str, the text of an offer that is out of date.
        show_requested: a title, and by word id what each word would become.
        told: a sentence for the user.
    """

    given = Signal(object)
    withdrawn = Signal(str)
    show_requested = Signal(str, object)
    told = Signal(str)

    def __init__(self, document: ProjectDocument, reviewing: Reviewing, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._reviewing = reviewing
        self._notice: Notice | None = None
        self._offer: Offer | None = None
        self._round = 0
        document.edited.connect(self._on_edited)
        document.project_changed.connect(self.withdraw)

    @Slot(object)
    def _on_edited(self, edit: Edit) -> None:
        word = _corrected(edit)
        if word is None or word.label is None:
            if edit.undoes:
                self.withdraw()
            return
        self._round += 1
        current, word_id, label = self._round, word.id, word.label

        def look(store: AnnotationStore, index: ReviewIndex) -> Offer | None:
            return _looked_for(store, index, word_id, label)

        def found(offer: Offer | None) -> None:
            if current == self._round:
                self._give(offer)

        self._reviewing.words.ask(look, found)

    def _give(self, offer: Offer | None) -> None:
        self.withdraw()
        if offer is None:
            return
        self._offer = offer
        self._notice = Notice("info", self._sentence(offer), (SHOW, REPLACE_ALL))
        self.given.emit(self._notice)

    def _sentence(self, offer: Offer) -> str:
        alike = len(offer.texts) - offer.same
        if not alike:
            told = self.tr("“{read}” was also read in {same}; make it “{typed}” there too?")
        elif not offer.same:
            told = self.tr("The mistake of “{read}” for “{typed}” is also in {alike}; put it right there too?")
        else:
            told = self.tr("“{read}” was also read in {same}, and its mistake is in {alike}; put it right there too?")
        same, others = counted(offer.same, "word"), counted(alike, "word")
        return told.format(read=offer.read, typed=offer.typed, same=same, alike=others)

    @Slot()
    def withdraw(self) -> None:
        """Offer nothing any more."""
        if self._notice is not None:
            self.withdrawn.emit(self._notice.text)
        self._notice = self._offer = None

    @Slot(object, str)
    def act(self, notice: Notice, action: str) -> None:
        """Do what the user has chosen in the bar of an offer."""
        if notice is not self._notice or self._offer is None:
            return
        offer = self._offer
        self._notice = self._offer = None
        if action == SHOW:
            title = self.tr("The same mistake as “{read}”, which is “{typed}” now:")
            new_texts = {word_id: new for word_id, (_, new) in offer.texts.items()}
            self.show_requested.emit(title.format(read=offer.read, typed=offer.typed), new_texts)
        elif action == REPLACE_ALL:
            self._replace_all(offer)

    def _replace_all(self, offer: Offer) -> None:
        def make(found: FoundWord) -> Word | None:
            old, new = offer.texts[found.word.id]
            prediction = found.prediction
            waits = prediction is not None and found.word.state(prediction) == State.SUGGESTED
            return typed(found.word, new) if waits and prediction is not None and prediction.text == old else None

        def done(count: int) -> None:
            told = self.tr("{count} words were put right. Undo takes all of them back in one step.")
            self.told.emit(told.format(count=f"{count:,}"))

        self._reviewing.change(self.tr("Fix the same mistake"), offer.texts, make, done)


def _corrected(edit: Edit) -> Word | None:
    """Return the word of an edit by which a person typed the text of a word that waited."""
    if edit.undoes or len(edit.changes) != 1:
        return None
    before, after = edit.changes[0].before, edit.changes[0].after
    if before is None or after is None or before.label is not None or before.ignored:
        return None
    return after if after.source is Source.TYPED else None


def _looked_for(store: AnnotationStore, index: ReviewIndex, word_id: int, label: str) -> Offer | None:
    """Return what to offer after the correction of a word; it runs in the store's thread."""
    from model.repeating import Correction

    read = store.predictions_for([word_id]).get(word_id)
    if read is None or not read.text or read.text == label:
        return None

    @cache
    def stands(what: Confusion | str) -> bool:
        if isinstance(what, str):
            return bool(index.labels(text=what))
        return any(map(what.is_in, index.labels(holding=what.holding)))

    correction = Correction(read, label, stands)
    ids = {found.word_id for found in islice(index.readings(text=read.text), MOST_WORDS)}
    for part in correction.holding:
        ids |= {found.word_id for found in islice(index.readings(holding=part), MOST_WORDS)}
    others = store.predictions_for(ids - {word_id})
    known = index.known(correction.put_right(other.text) for other in others.values())
    proposed = {other: correction.propose(prediction, known) for other, prediction in others.items()}
    texts = {other: (others[other].text, new) for other, new in proposed.items() if new is not None}
    same = sum(old == read.text for old, _ in texts.values())
    return Offer(read.text, label, texts, same) if texts else None
