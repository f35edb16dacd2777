"""How a word's state looks everywhere: its name, colour, icon, and its text tinted by confidence."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import Enum

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from crnn_gui import theme
from crnn_gui.item_models import DOUBT_BELOW
from model.annotations import Alternative, Character, Prediction, State, Word
from model.rules import ReadingRules


class Look(Enum):
    """What a person sees of a word: its state, with doubtful readings set apart. The value is the icon's name."""

    UNLABELLED = "circle-dashed"
    SUGGESTED = "sparkle"
    DOUBTFUL = "warning"
    VERIFIED = "check-circle"
    IGNORED = "prohibit"

    @property
    def token(self) -> str:
        """Name of its colour in :class:`crnn_gui.theme.Tokens`."""
        return self.name.lower()

    @property
    def text(self) -> str:
        """Its name for a person."""
        return {
            Look.UNLABELLED: QCoreApplication.translate("Look", "Unlabelled"),
            Look.SUGGESTED: QCoreApplication.translate("Look", "Suggested"),
            Look.DOUBTFUL: QCoreApplication.translate("Look", "Doubtful"),
            Look.VERIFIED: QCoreApplication.translate("Look", "Verified"),
            Look.IGNORED: QCoreApplication.translate("Look", "Ignored"),
        }[self]

    @property
    def color(self) -> QColor:
        return theme.tokens().color(self.token)


def look_of(word: Word, prediction: Prediction | None, *, doubt_below: float = DOUBT_BELOW) -> Look:
    """Return how a word looks, given the newest prediction for it."""
    state = word.state(prediction)
    if state == State.SUGGESTED and prediction is not None and prediction.confidence < doubt_below:
        return Look.DOUBTFUL
    return Look[state.name]


def shown_text(word: Word, prediction: Prediction | None) -> str:
    """Return the text that stands for a word: its label, else what the recogniser proposes."""
    if word.label is not None:
        return word.label
    return prediction.text if prediction is not None else ""


def other_readings(prediction: Prediction | None) -> tuple[Alternative, ...]:
    """Return the recogniser's other texts, as they are offered and numbered. Reading nothing at all is none of them."""
    return tuple(a for a in prediction.alternatives if a.text) if prediction is not None else ()


def evidence(prediction: Prediction | None, rules: ReadingRules) -> str:
    """Return in one sentence what the image says by itself, where the project's rules made it another text."""
    if prediction is None or not rules or not prediction.text:
        return ""
    if not rules.allows(prediction.text):
        return QCoreApplication.translate("Look", "Nothing that is allowed fits; this is what the image says.")
    said = next((other for other in other_readings(prediction) if not rules.allows(other.text)), None)
    if said is None:
        return ""
    told = QCoreApplication.translate("Look", "The image says “{said}” ({share}); allowed is “{text}” ({own_share}).")
    return told.format(
        said=said.text, share=f"{said.confidence:.0%}", text=prediction.text, own_share=f"{prediction.confidence:.0%}"
    )


def is_right_to_left(text: str) -> bool:
    """Whether a text runs from right to left: its first letter with a direction decides, as in Qt's fields."""
    directions = (unicodedata.bidirectional(char) for char in text)
    return next((d for d in directions if d in ("L", "R", "AL")), "L") != "L"


def confidence_token(confidence: float, *, doubt_below: float = DOUBT_BELOW) -> str:
    """Return the colour token of one character's confidence."""
    if confidence >= doubt_below:
        return "text"
    return "doubtful" if confidence >= doubt_below / 2 else "error"


def draw_tinted(
    painter: QPainter, place: QPointF, text: str, *, font: QFont, characters: Sequence[Character] = (), elide: float = 0
) -> None:
    """Draw a text on a baseline, each doubtful character in its colour and underlined.

    Args:
        place: start of the baseline.
        characters: those of the prediction; ignored when they do not spell the text, as after a correction.
        elide: greatest width in pixels; 0 for no limit.
    """
    metrics = QFontMetricsF(font)
    if elide and metrics.horizontalAdvance(text) > elide:
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, elide)
    painter.setFont(font)
    look = theme.tokens()
    painter.setPen(look.color("text"))
    painter.drawText(place, text)
    if "".join(c.char for c in characters) != text:
        return
    # The whole text was drawn at once, so that shaping and kerning are right; doubtful spans are drawn over it.
    for i, character in enumerate(characters):
        token = confidence_token(character.confidence)
        if token == "text":
            continue
        left = metrics.horizontalAdvance(text[:i])
        right = metrics.horizontalAdvance(text[: i + 1])
        painter.save()
        span = QRectF(place.x() + left, place.y() - metrics.ascent(), right - left, metrics.height())
        painter.setClipRect(span, Qt.ClipOperation.IntersectClip)
        painter.setPen(look.color(token))
        painter.drawText(place, text)
        painter.setPen(QPen(look.color(token), 1.5))
        base = place.y() + metrics.descent() - 1
        painter.drawLine(QPointF(span.left() + 0.5, base), QPointF(span.right() - 0.5, base))
        painter.restore()
