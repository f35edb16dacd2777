"""All about the current word, the same in every workspace: its crop, what the network sees, text, state, history."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.document import ProjectDocument
from crnn_gui.item_models import DOUBT_BELOW
from crnn_gui.widgets.alternatives import MOST_ALTERNATIVES, Alternatives
from crnn_gui.widgets.column import Column
from crnn_gui.widgets.crop_view import CropView
from crnn_gui.widgets.history_view import HistoryView
from crnn_gui.widgets.info_line import ICON_PX, InfoLine, caption
from crnn_gui.widgets.opinion_line import OpinionLine
from crnn_gui.widgets.rules_view import RulesView
from crnn_gui.widgets.spelling_hint import SpellingHint
from crnn_gui.widgets.strip_view import StripView
from crnn_gui.widgets.trainability import ICONS, Sight, trainability
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_look import Look, evidence, look_of, other_readings, shown_text
from model.annotations import Box, Prediction, Word
from model.errors import ImageError
from model.images import cut_crop, to_strip
from model.rules import FREE, ReadingRules

WIDTH_PX = 320
_TOOLS = ("snap_to_ink", "turn_reading")
MOST_PX = 560
"""With large text its lines break rather than that it takes the page's room."""


class Inspector(QFrame):
    """The column at the right edge.

    Signals:
        alternative_chosen: number of the alternative, from 1.
        crop_shown: QImage of the current word's pixels; a null image without any.
        sight_changed: :class:`~crnn_gui.widgets.trainability.Sight` of the weights in use.
    """

    alternative_chosen = Signal(int)
    crop_shown = Signal(QImage)
    sight_changed = Signal(object)

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._sight = Sight()
        self._doubt_below = DOUBT_BELOW
        self.setObjectName("side")
        self.setMinimumWidth(min(theme.scaled(WIDTH_PX - 40), MOST_PX))
        self.field = WordField()
        self.field.setPlaceholderText(self.tr("Text of the word"))
        self._title = QLabel()
        self._title.setFont(theme.ui_font(bold=True))
        self._state = InfoLine()
        self._crop = CropView()
        self._strip = StripView()
        self._strip_title = caption(self.tr("What the network sees"))
        self._strip_head = QHBoxLayout()
        self._strip_head.setSpacing(0)
        self._strip_head.addWidget(self._strip_title, 1)
        self._hint = SpellingHint(self.field)
        self._alternatives = Alternatives()
        self._evidence = InfoLine()
        self.opinion = OpinionLine(document, tells_agreement=True)
        self._rules = FREE
        self.rules = RulesView()
        self._alternatives.chosen.connect(self.alternative_chosen)
        self._training = InfoLine()
        self.history = HistoryView(document)
        self._lay_out()
        document.selection_changed.connect(self._on_selection_changed)
        document.words_changed.connect(self._on_words_changed)
        document.order_changed.connect(self.refresh)
        document.image_ready.connect(self._on_image_ready)
        self.refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._state)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._crop)
        layout.addLayout(self._strip_head)
        layout.addWidget(self._strip)
        layout.addSpacing(4)
        layout.addWidget(self.field)
        layout.addWidget(self._hint)
        layout.addWidget(self._alternatives)
        layout.addWidget(self._evidence)
        layout.addWidget(self.opinion)
        layout.addSpacing(8)
        layout.addWidget(self._training)
        layout.addWidget(self.history)
        layout.addWidget(self.rules)
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Column(content))

    def add_tools(self, actions: Mapping[str, QAction]) -> None:
        """Put what changes the crop beside it."""
        for name in _TOOLS:
            button = QToolButton()
            button.setIconSize(QSize(ICON_PX, ICON_PX))
            button.setDefaultAction(actions[name])
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._strip_head.addWidget(button)

    # What is shown

    @property
    def crop_image(self) -> QImage:
        """The pixels of the current word as they are shown, exported and read; a null image without any."""
        return self._crop.image

    @property
    def sight(self) -> Sight:
        """How the recogniser that is loaded looks at crops."""
        return self._sight

    def set_sight(self, sight: Sight) -> None:
        """Show strips and badges for other weights."""
        self._sight = sight
        self._hint.set_charset(sight.charset)
        self.rules.set_charset(sight.charset)
        self.sight_changed.emit(sight)
        self.refresh()

    @Slot(object)
    def show_rules(self, rules: ReadingRules) -> None:
        """Show what words are read by, and beside it what the image says by itself."""
        self._rules = rules
        self.rules.show_rules(rules)
        self.refresh()

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self._doubt_below = confidence
        self.refresh()

    def show_live(self, box: Box, prediction: Prediction | None) -> None:
        """Show a box that is still being drawn, with what is read in it so far."""
        self._title.setText(self.tr("New word"))
        self._show_pixels(box, prediction)
        self.field.show_text(prediction.text if prediction is not None else "", select_all=False)
        if prediction is not None:
            look = Look.SUGGESTED if prediction.confidence >= self._doubt_below else Look.DOUBTFUL
            self._state.show_line(look.value, look.token, f"{look.text} {prediction.confidence:.0%}")
        self._state.setVisible(prediction is not None)
        self._show_alternatives(prediction)
        for widget in (self._training, self.history):
            widget.hide()  # they speak of a word, and this is none yet

    @Slot()
    def refresh(self) -> None:
        """Show the current word as the document has it."""
        selection = self._document.selection
        # While a deletion is being told, the selection still names the word that went.
        word = self._document.words.get(selection[0]) if len(selection) == 1 else None
        for widget in (self._strip_title, self._strip, self._state, self._training, self.history):
            widget.setVisible(word is not None)
        if word is None:
            several = self.tr("{count} words selected").format(count=len(selection))
            self._title.setText(several if selection else self.tr("No word selected"))
            self._crop.show_sentence(
                "" if selection else self.tr("Press W and draw a box around a word,\nor Tab to go to the first.")
            )
            self._show_alternatives(None)
            return
        prediction = self._document.predictions.get(word.id)
        order = self._document.order
        place = self.tr("Word {number} of {count}").format(number=order.index(word.id) + 1, count=len(order))
        self._title.setText(place)
        self._show_pixels(word.box, prediction)
        self._show_state(word, prediction)
        self._show_alternatives(prediction)
        token, sentence = trainability(word, shown_text(word, prediction), self._sight)
        self._training.show_line(ICONS[token], token, sentence)
        self.history.show_word(word, prediction)

    def _show_alternatives(self, prediction: Prediction | None) -> None:
        others = other_readings(prediction)[:MOST_ALTERNATIVES]
        told = evidence(prediction, self._rules)
        self._evidence.show_line("scales", "muted", told)
        self._evidence.setVisible(bool(told))
        self._alternatives.show_texts([(a.text, a.confidence) for a in others])

    def _show_state(self, word: Word, prediction: Prediction | None) -> None:
        look = look_of(word, prediction, doubt_below=self._doubt_below)
        text = look.text
        if prediction is not None and look in (Look.SUGGESTED, Look.DOUBTFUL):
            text += f" {prediction.confidence:.0%}"
        self._state.show_line(look.value, look.token, text)

    def _show_pixels(self, box: Box, prediction: Prediction | None) -> None:
        self._show_crop_and_strip(box, prediction)
        self.crop_shown.emit(self._crop.image)

    def _show_crop_and_strip(self, box: Box, prediction: Prediction | None) -> None:
        page = self._document.page_image
        if page is None:
            self._crop.show_crop(None)
            self._strip.show_strip(None)
            return
        try:
            crop = cut_crop(page.pixels, box)
            strip = to_strip(crop, self._sight.preprocessing)
            content = self._sight.preprocessing.content_width(*crop.size)
        except ImageError as error:
            self._crop.show_sentence(str(error))
            self._strip.show_strip(None)
            return
        self._crop.show_crop(crop)
        self._strip.show_strip(strip, prediction.characters if prediction is not None else (), content=content)
        size = f"{strip.shape[1]} × {strip.shape[0]}"
        self._strip_title.setText(self.tr("What the network sees · {size}").format(size=size))
        self._strip_title.show()
        self._strip.show()

    @Slot(object)
    def _on_selection_changed(self, ids: tuple[int, ...]) -> None:
        self.refresh()

    @Slot(object)
    def _on_words_changed(self, ids: frozenset[int]) -> None:
        if self._document.selection:
            self.refresh()

    @Slot(object)
    def _on_image_ready(self, page: object) -> None:
        self.refresh()
