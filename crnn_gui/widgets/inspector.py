"""All about the current word, the same in every workspace: its crop, what the network sees, text, state, history."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.document import ProjectDocument
from crnn_gui.item_models import DOUBT_BELOW
from crnn_gui.services.pages import to_qimage
from crnn_gui.widgets.strip_view import StripView
from crnn_gui.widgets.word_field import WordField
from crnn_gui.widgets.word_look import Look, look_of, other_readings, shown_text
from model.annotations import Box, Prediction, Source, Word, reading_order
from model.charset import Charset, describe, frames_needed
from model.checking import MIN_CHARACTER_WIDTH, REFERENCE_HEIGHT
from model.errors import ImageError
from model.images import DEFAULT_WIDTHS, Preprocessing, cut_crop, to_strip

WIDTH_PX = 320
CROP_HEIGHT_PX = 112
CROP_LARGEST_SCALE = 6.0
MOST_ALTERNATIVES = 5
ICON_PX = 16


@dataclass(frozen=True, slots=True)
class Sight:
    """How the recogniser that is loaded looks at crops.

    Attributes:
        frames: the network's time steps at each width of its preprocessing.
        charset: what it can write; None while none is loaded.
    """

    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    frames: Mapping[int, int] = field(default_factory=lambda: {width: width // 4 for width in DEFAULT_WIDTHS})
    charset: Charset | None = None


def trainability(word: Word, text: str, sight: Sight) -> tuple[str, str]:
    """Return whether a word can teach the network, as a colour token and a sentence."""
    if word.ignored:
        return "ignored", "Ignored: not read, trained on or exported."
    if not text:
        return "muted", "No text yet, nothing to learn from."
    strip_px = sight.preprocessing.width_for(max(round(word.box.width), 1), max(round(word.box.height), 1))
    frames, needed = sight.frames[strip_px], frames_needed(text)
    character_px = word.box.width * REFERENCE_HEIGHT / max(word.box.height, 1.0) / len(text)
    if frames < needed:
        return "error", f"Cannot be trained on: {frames} time steps, the text needs {needed}. Is the box too narrow?"
    if character_px < MIN_CHARACTER_WIDTH:
        return "error", "Cannot be trained on: under 2 pixels a character at a height of 32."
    unknown = sight.charset.unknown(text) if sight.charset is not None else ()
    if unknown:
        return "doubtful", f"New to these weights: {describe(unknown)}. Training adds it."
    if word.label is None:
        return "muted", f"Fits the network ({frames} time steps for {needed}); verify it to train on it."
    return "verified", f"Ready for training ({frames} time steps for {needed})."


class Inspector(QFrame):
    """The column at the right edge.

    Signals:
        alternative_chosen: number of the alternative, from 1.
    """

    alternative_chosen = Signal(int)

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._sight = Sight()
        self._doubt_below = DOUBT_BELOW
        self.setObjectName("side")
        self.setMinimumWidth(WIDTH_PX - 40)
        self.field = WordField(points=4)
        self.field.setPlaceholderText("Text of the word")
        self._title = QLabel()
        self._title.setFont(theme.ui_font(bold=True))
        self._state = _Line()
        self._crop = _CropView()
        self._strip = StripView()
        self._strip_title = _caption("What the network sees")
        self._alternatives = _Alternatives()
        self._alternatives.chosen.connect(self.alternative_chosen)
        self._training = _Line()
        self._history = _Line()
        self._lay_out()
        document.selection_changed.connect(self._on_selection_changed)
        document.words_changed.connect(self._on_words_changed)
        document.image_ready.connect(self._on_image_ready)
        self.refresh()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 16)
        layout.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._state)
        layout.addLayout(head)
        layout.addWidget(self._crop)
        layout.addWidget(self._strip_title)
        layout.addWidget(self._strip)
        layout.addSpacing(4)
        layout.addWidget(self.field)
        layout.addWidget(self._alternatives)
        layout.addSpacing(8)
        layout.addWidget(self._training)
        layout.addWidget(self._history)
        layout.addStretch(1)

    # What is shown

    @property
    def crop_image(self) -> QImage:
        """The pixels of the current word as they are shown, exported and read; a null image without any."""
        return self._crop.image

    def set_sight(self, sight: Sight) -> None:
        """Show strips and badges for other weights."""
        self._sight = sight
        self.refresh()

    def set_doubt_below(self, confidence: float) -> None:
        """Show readings under this confidence as doubtful."""
        self._doubt_below = confidence
        self.refresh()

    def show_live(self, box: Box, prediction: Prediction | None) -> None:
        """Show a box that is still being drawn, with what is read in it so far."""
        self._title.setText("New word")
        self._show_pixels(box, prediction)
        self.field.show_text(prediction.text if prediction is not None else "", select_all=False)
        if prediction is not None:
            look = Look.SUGGESTED if prediction.confidence >= self._doubt_below else Look.DOUBTFUL
            self._state.show_line(look.value, look.token, f"{look.name.capitalize()} {prediction.confidence:.0%}")
        self._state.setVisible(prediction is not None)
        self._show_alternatives(prediction)
        for widget in (self._training, self._history):
            widget.hide()  # they speak of a word, and this is none yet

    @Slot()
    def refresh(self) -> None:
        """Show the current word as the document has it."""
        selection = self._document.selection
        # While a deletion is being told, the selection still names the word that went.
        word = self._document.words.get(selection[0]) if len(selection) == 1 else None
        for widget in (self._strip_title, self._strip, self._state, self._training, self._history):
            widget.setVisible(word is not None)
        if word is None:
            self._title.setText(f"{len(selection)} words selected" if selection else "No word selected")
            self._crop.show_sentence(
                "" if selection else "Press W and draw a box around a word,\nor Tab to go to the first."
            )
            self._alternatives.show_texts(())
            return
        prediction = self._document.predictions.get(word.id)
        order = [w.id for w in reading_order(self._document.words.values())]
        self._title.setText(f"Word {order.index(word.id) + 1} of {len(order)}")
        self._show_pixels(word.box, prediction)
        self._show_state(word, prediction)
        self._show_alternatives(prediction)
        token, sentence = trainability(word, shown_text(word, prediction), self._sight)
        self._training.show_line(_TRAINING_ICONS[token], token, sentence)
        self._history.show_line("clock-counter-clockwise", "muted", history(word, prediction, now=time.time()))

    def _show_alternatives(self, prediction: Prediction | None) -> None:
        others = other_readings(prediction)[:MOST_ALTERNATIVES]
        self._alternatives.show_texts([(a.text, a.confidence) for a in others])

    def _show_state(self, word: Word, prediction: Prediction | None) -> None:
        look = look_of(word, prediction, doubt_below=self._doubt_below)
        text = look.name.capitalize()
        if prediction is not None and look in (Look.SUGGESTED, Look.DOUBTFUL):
            text += f" {prediction.confidence:.0%}"
        self._state.show_line(look.value, look.token, text)

    def _show_pixels(self, box: Box, prediction: Prediction | None) -> None:
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
        self._strip_title.setText(f"What the network sees · {strip.shape[1]} × {strip.shape[0]}")
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


_TRAINING_ICONS = {
    "verified": "barbell",
    "doubtful": "warning",
    "error": "warning-octagon",
    "muted": "barbell",
    "ignored": "prohibit",
}


def history(word: Word, prediction: Prediction | None, *, now: float) -> str:
    """Return in one sentence where the word's text comes from."""
    doings = {Source.TYPED: "Typed", Source.ACCEPTED: "Accepted", Source.IMPORTED: "Imported"}
    parts = []
    if word.source is not None:
        by = f" by {word.author}" if word.author and word.source is not Source.IMPORTED else ""
        parts.append(f"{doings[word.source]}{by} {ago(now - word.changed_at)}.")
        if prediction is not None and prediction.text != word.label:
            parts.append(f"The reading was “{prediction.text}” ({prediction.confidence:.0%}).")
    elif prediction is not None:
        parts.append(f"Read with weights {prediction.weights[:8] or 'of unknown origin'}.")
    else:
        parts.append(f"Drawn {ago(now - word.changed_at)}, not read yet.")
    return " ".join(parts)


def ago(seconds: float) -> str:
    """Return a span of time as people say it."""
    for unit, name in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // unit)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("muted", True)
    label.setFont(theme.ui_font(points=-1))
    return label


class _Line(QWidget):
    """An icon and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = ("", "", "")
        self._icon = QLabel()
        self._icon.setFixedWidth(ICON_PX)
        self._text = QLabel()
        self._text.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._icon, alignment=Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self._text, 1)

    def show_line(self, icon: str, token: str, text: str) -> None:
        self._shown = (icon, token, text)
        self._icon.setPixmap(resources.icon(icon, token).pixmap(QSize(ICON_PX, ICON_PX)))
        self._text.setText(text)
        # Short states stand in a row and must not be broken; sentences may.
        self._text.setWordWrap(len(text) > 20)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown[0]:
            self.show_line(*self._shown)


class _CropView(QWidget):
    """The pixels of the word, as large as fits."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self._sentence = ""
        self.setFixedHeight(CROP_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Crop")

    @property
    def image(self) -> QImage:
        return self._image

    def show_crop(self, crop: Image.Image | None) -> None:
        self._image = QImage() if crop is None else to_qimage(crop)
        self._sentence = ""
        self.update()

    def show_sentence(self, sentence: str) -> None:
        self._image = QImage()
        self._sentence = sentence
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        look = theme.tokens()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color("desk"))
        painter.drawRoundedRect(self.rect(), 4, 4)
        if self._image.isNull():
            painter.setPen(QColor(look.color("muted")))
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), int(_CENTRED), self._sentence)
            return
        room = self.rect().adjusted(8, 8, -8, -8)
        scale = min(room.width() / self._image.width(), room.height() / self._image.height(), CROP_LARGEST_SCALE)
        width, height = self._image.width() * scale, self._image.height() * scale
        place = QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)
        painter.drawImage(place, self._image)


_CENTRED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap


class _Alternatives(QWidget):
    """The recogniser's other readings; Alt and a digit takes one."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._buttons = [_AlternativeButton(n) for n in range(1, MOST_ALTERNATIVES + 1)]
        for n, button in enumerate(self._buttons):
            self._grid.addWidget(button, n, 0)
            button.clicked.connect(lambda _checked, n=n: self.chosen.emit(n + 1))
        self.show_texts(())

    def show_texts(self, texts: list[tuple[str, float]] | tuple[()]) -> None:
        for n, button in enumerate(self._buttons):
            button.setVisible(n < len(texts))
            if n < len(texts):
                button.show_alternative(*texts[n])


class _AlternativeButton(QPushButton):
    """A row: key, text, confidence."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._text, self._confidence = "", 0.0
        self.setProperty("flat", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(26)

    def show_alternative(self, text: str, confidence: float) -> None:
        self._text, self._confidence = text, confidence
        self.setAccessibleName(f"Alternative {self._number}: {text}, {confidence:.0%}")
        self.setToolTip(f"Take this reading  (Alt+{self._number})")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        look = theme.tokens()
        rect = self.rect().adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(look.color("muted"))
        painter.setFont(theme.ui_font(points=-1))
        painter.drawText(rect, int(middle | Qt.AlignmentFlag.AlignLeft), f"Alt+{self._number}")
        painter.drawText(rect, int(middle | Qt.AlignmentFlag.AlignRight), f"{self._confidence:.0%}")
        painter.setFont(theme.ui_font(points=1))
        painter.setPen(look.color("text"))
        room = rect.adjusted(52, 0, -44, 0)
        text = QFontMetrics(painter.font()).elidedText(self._text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(middle | Qt.AlignmentFlag.AlignLeft), text)
