"""The history of the current word: a line that says where its text comes from, and all that happened on demand."""

from __future__ import annotations

import time
from dataclasses import replace
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.document import ProjectDocument
from crnn_gui.widgets.info_line import ICON_PX, InfoLine, caption
from crnn_gui.widgets.word_history import Deed, ago, deeds, difference, history
from model.annotations import Prediction, Source, Word, WordChange
from model.store_rows import HistoryEntry

MOST_ROWS = 20


class HistoryView(QWidget):
    """A sentence and, while it is open, a row for each thing that happened, the newest first."""

    def __init__(self, document: ProjectDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._word_id = 0
        self._deeds: list[Deed] = []
        self._line = InfoLine()
        self.toggle = QToolButton()
        self.toggle.setCheckable(True)
        self.toggle.setIconSize(QSize(ICON_PX, ICON_PX))
        self.toggle.setAccessibleName(self.tr("History of the word"))
        self.toggle.setToolTip(self.tr("All that happened to this word"))
        self.toggle.toggled.connect(self._on_toggled)
        self._show_arrow()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._line, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.toggle)
        self._rows = QWidget()
        self._column = QVBoxLayout(self._rows)
        self._column.setContentsMargins(ICON_PX + 8, 0, 0, 0)
        self._column.setSpacing(8)
        self._rows.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._rows)

    @property
    def deeds(self) -> tuple[Deed, ...]:
        """What is listed, the newest first."""
        return tuple(self._deeds)

    def show_word(self, word: Word, prediction: Prediction | None) -> None:
        """Tell where a word's text comes from, and all the rest if it is wanted."""
        if word.id != self._word_id:
            self._show_deeds([])
        self._word_id = word.id
        self._line.show_line("clock-counter-clockwise", "muted", history(word, prediction, now=time.time()))
        self._look_up()

    def _look_up(self) -> None:
        word_id = self._word_id
        if not self.toggle.isChecked() or not word_id:
            return

        def show(entries: list[HistoryEntry]) -> None:
            if word_id == self._word_id:
                self._show_deeds(deeds(entries))

        self._document.read_history(word_id, show)

    @Slot(bool)
    def _on_toggled(self, is_open: bool) -> None:
        self._show_arrow()
        self._rows.setVisible(is_open)
        self._look_up()

    def _show_arrow(self) -> None:
        self.toggle.setIcon(resources.icon("caret-up" if self.toggle.isChecked() else "caret-down"))

    def _show_deeds(self, told: list[Deed]) -> None:
        self._deeds = told
        while (item := self._column.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.deleteLater()
        word = self._document.words.get(self._word_id)
        for deed in told[:MOST_ROWS]:
            self._column.addWidget(self._row(deed, word))
        if not told:
            self._column.addWidget(caption(self.tr("Nothing was changed since it came into the project.")))
        elif len(told) > MOST_ROWS:
            self._column.addWidget(caption(self.tr("And {count} earlier.").format(count=len(told) - MOST_ROWS)))

    def _row(self, deed: Deed, word: Word | None) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        label = QLabel(_html(deed))
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        layout.addWidget(label, 1)
        if deed.changed_text and deed.before and word is not None and deed.before != word.label:
            layout.addWidget(self._restore_button(deed.before), alignment=Qt.AlignmentFlag.AlignTop)
        return row

    def _restore_button(self, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(resources.icon("arrow-u-up-left"))
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setToolTip(self.tr("Let “{text}” stand again").format(text=text))
        button.setAccessibleName(button.toolTip())
        button.setEnabled(not self._document.read_only)
        button.clicked.connect(lambda _checked=False: self._restore(text))
        return button

    def _restore(self, text: str) -> None:
        word = self._document.words.get(self._word_id)
        if word is not None:
            after = replace(word, label=text, source=Source.TYPED, ignored=False)
            self._document.change_words("Restore label", [WordChange(word, after)])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_deeds(self._deeds)


def _html(deed: Deed) -> str:
    look = theme.tokens()
    what = f"{escape(deed.what)} × {deed.times}" if deed.times > 1 else escape(deed.what)
    head = f"{what}: {difference(deed.before or '', deed.after or '')}" if deed.changed_text else what
    by = f"{escape(deed.author)} · " if deed.author else ""
    return f'{head}<br><span style="color:{look.muted}">{by}{ago(time.time() - deed.at)}</span>'
