"""Has boxes read: the newest while a drag is under way, each word when its box is new or changed, pages when opened."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal, Slot

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.services.predictor import LiveAnswer, PredictorService
from model.annotations import Box, Page, Prediction, Word
from model.errors import ImageError
from model.images import cut_crop
from model.messages import WeightsSummary, WordPlace, WordReading


class Reading(QObject):
    """Stands between the document, which knows what there is to read, and the predictor, which reads.

    Signals:
        previewed: :class:`~crnn_gui.services.predictor.LiveAnswer` for the box that is being drawn.
        word_read: :class:`~crnn_gui.services.predictor.LiveAnswer` for a word of the page, with its strip.
        refused: a sentence that says why something cannot be read.
    """

    previewed = Signal(object)
    word_read = Signal(object)
    refused = Signal(str)

    def __init__(self, document: ProjectDocument, predictor: PredictorService, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._predictor = predictor
        self._weights = ""
        self._boxes: dict[int, Box] = {}
        self._is_previewing = False
        self._is_live = True
        self._asked: set[int] = set()
        document.project_changed.connect(self._on_project_changed)
        document.page_opened.connect(self._on_page_opened)
        document.image_ready.connect(self._on_image_ready)
        document.words_changed.connect(self._on_words_changed)
        document.selection_changed.connect(self._on_selection_changed)
        predictor.loaded.connect(self._on_weights_loaded)
        predictor.live_answer.connect(self._on_live_answer)
        predictor.bulk_answer.connect(self._on_bulk_answer)

    # A box that is being drawn

    def set_live(self, flag: bool) -> None:
        """Read boxes while they are being drawn, or only once they are words."""
        self._is_live = flag

    def preview(self, box: Box) -> None:
        """Read a box that is no word yet. Only the newest is read."""
        self._is_previewing = self._is_live and self._request_live(None, box)

    def stop_preview(self) -> None:
        """The drag is over: an answer that is still under way is of no use."""
        self._is_previewing = False

    def _request_live(self, word_id: int | None, box: Box) -> bool:
        image = self._document.page_image
        if image is None:
            return False
        try:
            crop = cut_crop(image.pixels, box)
        except ImageError as error:
            if word_id is not None:
                self.refused.emit(str(error))
            return False
        self._predictor.request_live(word_id, box, crop)
        return True

    @Slot(object)
    def _on_live_answer(self, answer: LiveAnswer) -> None:
        if answer.word_id is None:
            if self._is_previewing:
                self.previewed.emit(answer)
            return
        self._document.record_prediction(answer.word_id, answer.box, answer.prediction)
        self.word_read.emit(answer)

    # Words

    @Slot()
    def read_selected(self) -> None:
        """Read the selected words again. What a human wrote stays."""
        words = [self._document.words[i] for i in self._document.selection]
        if len(words) == 1:
            self._request_live(words[0].id, words[0].box)
        else:
            self._request_bulk(words)

    @Slot()
    def read_page(self) -> None:
        """Read every word of the page again. What a human wrote stays."""
        self._request_bulk(self._document.words.values())

    def read_undecided(self) -> None:
        """Read the words of the page again that no human has decided on, as when other rules hold."""
        if self._weights and not self._document.read_only:
            self._request_bulk(word for word in self._document.words.values() if word.label is None)

    def _request_bulk(self, words: Iterable[Word]) -> None:
        document = self._document
        wanted = [(word, document.page_of(word.page_id)) for word in words if not word.ignored]
        places = [WordPlace(w.id, document.page_path(page), w.box) for w, page in wanted if not page.problem]
        if places:
            self._asked.update(place.word_id for place in places)
            self._predictor.request_many(tuple(places))

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        # The same ids are other words now, which may well have the same boxes.
        self._asked.clear()
        self._predictor.cancel_bulk()

    @Slot(object)
    def _on_bulk_answer(self, answer: tuple[WordReading, ...]) -> None:
        readings = [r for r in answer if r.word_id in self._asked]
        self._asked.difference_update(r.word_id for r in readings)
        read = [(r.word_id, r.box, r.prediction) for r in readings if r.prediction is not None]
        self._document.record_predictions(read)
        self._on_selection_changed(self._document.selection)  # the other readings of the word at hand are gone
        problem = next((r.problem for r in readings if r.prediction is None), "")
        if problem:
            self.refused.emit(problem)

    @Slot(object)
    def _on_page_opened(self, page: Page | None) -> None:
        self._is_previewing = False
        self._boxes = {word.id: word.box for word in self._document.words.values()}
        self._read_what_waits()

    def _read_what_waits(self) -> None:
        """Read the words of the page that no human has decided on and that these weights have not read."""
        if not self._weights or self._document.read_only:
            return
        words, predictions = self._document.words, self._document.predictions
        waiting = (w for w in words.values() if w.label is None and self._is_stale(predictions.get(w.id)))
        self._request_bulk(waiting)

    def _is_stale(self, prediction: Prediction | None) -> bool:
        return prediction is None or prediction.weights != self._weights

    @Slot(object)
    def _on_image_ready(self, image: object) -> None:
        word = self._document.current_word
        if word is not None and self._is_stale(self._document.predictions.get(word.id)):
            self._request_live(word.id, word.box)

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        """Read the word at hand once more where it was read in bulk, without other readings to choose from."""
        word = self._document.current_word
        if len(ids) != 1 or word is None or word.label is not None or word.ignored or self._document.read_only:
            return
        prediction = self._document.predictions.get(word.id)
        if prediction is not None and not prediction.alternatives and not self._is_stale(prediction):
            self._request_live(word.id, word.box)

    @Slot(object)
    def _on_words_changed(self, ids: frozenset[int]) -> None:
        words = self._document.words
        moved = []
        for word_id in ids:
            word = words.get(word_id)
            if word is None:
                self._boxes.pop(word_id, None)
            elif self._boxes.get(word_id) != word.box:
                self._boxes[word_id] = word.box
                moved.append(word)
        if len(moved) == 1:
            self._request_live(moved[0].id, moved[0].box)
        elif moved:
            self._request_bulk(moved)

    @Slot(object)
    def _on_weights_loaded(self, weights: WeightsSummary) -> None:
        self._weights = weights.hash
        self._read_what_waits()
