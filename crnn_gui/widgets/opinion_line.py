"""What a second reader says of the current word, where one was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from crnn_gui import resources
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.info_line import ICON_PX, InfoLine
from crnn_gui.widgets.word_look import shown_text
from model.annotations import Prediction

if TYPE_CHECKING:
    from crnn_gui.second_reading import SecondReading


class OpinionLine(QWidget):
    """Follows the selection, and is there only when a second reader has read the word.

    Args:
        document: whose current word is meant.
        tells_agreement: be there also where both readers agree.

    Signals:
        changed: it says something else, or nothing any more.
        taken: str, the second reader's text is to be put into the field.
    """

    changed = Signal()
    taken = Signal(str)

    def __init__(self, document: ProjectDocument, *, tells_agreement: bool) -> None:
        super().__init__()
        self._document = document
        self._tells_agreement = tells_agreement
        self._second: SecondReading | None = None
        self._opinion: Prediction | None = None
        self._line = InfoLine()
        self.take_button = QToolButton()
        self.take_button.setIcon(resources.icon("arrow-line-up"))
        self.take_button.setIconSize(QSize(ICON_PX, ICON_PX))
        self.take_button.setToolTip(self.tr("Take what the second reader says"))
        self.take_button.setAccessibleName(self.take_button.toolTip())
        self.take_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._line, 1, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.take_button)
        self.take_button.clicked.connect(self._on_take_clicked)
        document.selection_changed.connect(self._look_up)
        document.words_changed.connect(self._look_up)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence; empty while there is none."""
        return "" if self.isHidden() else self._line.text

    def follow(self, second: SecondReading) -> None:
        """Show what this reader says from now on."""
        self._second = second
        second.opinions_kept.connect(self._look_up)
        self._look_up()

    @property
    def _word_id(self) -> int:
        word = self._document.current_word
        return word.id if word is not None and len(self._document.selection) == 1 else 0

    @Slot()
    def _look_up(self) -> None:
        word_id = self._word_id
        if not word_id or self._second is None:
            self._show(None)
            return

        def show(opinion: Prediction | None) -> None:
            if word_id == self._word_id:
                self._show(opinion)

        self._second.read_opinion(word_id, show)

    def _show(self, opinion: Prediction | None) -> None:
        before = self.text
        self._show_opinion(opinion)
        if self.text != before:
            self.changed.emit()

    def _show_opinion(self, opinion: Prediction | None) -> None:
        self._opinion = opinion
        word = self._document.words.get(self._word_id)
        prediction = self._document.predictions.get(self._word_id)
        is_other = prediction is not None and opinion is not None and prediction.weights != opinion.weights
        if word is None or opinion is None or not is_other or not opinion.text:
            self.hide()
            return
        is_same = opinion.text == shown_text(word, prediction)
        said = self.tr("The second reader agrees ({share}).") if is_same else self.tr("Second reader: {text} ({share})")
        told = said.format(text=opinion.text, share=f"{opinion.confidence:.0%}")
        self._line.show_line("users", "muted" if is_same else "doubtful", told)
        self.take_button.setVisible(not is_same)
        self.setVisible(self._tells_agreement or not is_same)

    @Slot()
    def _on_take_clicked(self) -> None:
        if self._opinion is not None:
            self.taken.emit(self._opinion.text)
