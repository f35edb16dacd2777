"""What stands on the review wall where no word hangs: why, and the next step."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.document import Counts
from crnn_gui.widgets.wall_tally import WallFilter
from model.review_queries import ReviewQuery


class EmptyWall(QWidget):
    """What stands where no word hangs: why, and the next step.

    Signals:
        workspace_requested: name of the workspace where the next step is.
    """

    workspace_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._shown = ("squares-four", "muted")
        self._icon = QLabel()
        self._title = QLabel()
        self._title.setFont(theme.ui_font(points=4, bold=True))
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._text = QLabel()
        self._text.setProperty("muted", True)
        self._button = QPushButton()
        self._button.setProperty("primary", True)
        self._button.clicked.connect(self._on_button_clicked)
        self._target = ""
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(2)
        for widget in (self._icon, self._title, self._text):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    @property
    def sentence(self) -> str:
        """What is said."""
        return f"{self._title.text()} {self._text.text()}".strip()

    def explain(self, query: ReviewQuery, chosen: WallFilter, counts: Counts) -> None:
        """Say why the wall is empty."""
        if query.text:
            text = self.tr("All looks through every word.")
            self._say("magnifying-glass", "muted", self.tr("No text here holds “{text}”").format(text=query.text), text)
        elif query != ReviewQuery(query.states, order=query.order):
            text = self.tr("Clear the filters to see the others.")
            self._say("funnel", "muted", self.tr("No word here passes the filters"), text)
        elif not counts.words:
            text = self.tr("Draw a box around each word; what is read in it comes here to be checked.")
            button = (self.tr("Draw words"), "annotate")
            self._say("squares-four", "muted", self.tr("No words yet"), text, button=button)
        elif chosen == WallFilter.TODO:
            text = self.tr("All {count} words are decided on. Next: train the recogniser on what you verified.")
            text, button = text.format(count=f"{counts.words:,}"), (self.tr("Train"), "train")
            self._say("checks", "verified", self.tr("Nothing left to review"), text, button=button)
        elif chosen == WallFilter.VERIFIED:
            text = self.tr("Choose To do and press Enter on every word that is read right.")
            self._say("check-circle", "muted", self.tr("No verified words yet"), text)
        else:
            text = self.tr("I on the wall leaves a word out of reading, training and export.")
            self._say("prohibit", "muted", self.tr("No ignored words"), text)

    def _say(self, icon: str, token: str, title: str, text: str, *, button: tuple[str, str] = ("", "")) -> None:
        self._shown = (icon, token)
        self._tint()
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(button[0])
        self._button.setVisible(bool(button[0]))
        self._target = button[1]

    def _tint(self) -> None:
        self._icon.setPixmap(resources.icon(*self._shown).pixmap(QSize(48, 48)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()

    @Slot()
    def _on_button_clicked(self) -> None:
        self.workspace_requested.emit(self._target)
