"""The effort meter in the status bar, and what it says when it is clicked."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPoint, QSize, Qt, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from crnn_gui import resources, theme
from crnn_gui.effort import Effort, EffortMeter

LEAST_WORDS = 5
"""Before so many words, the figures say nothing."""


class EffortButton(QToolButton):
    """Shows the pace of today; a click tells it in full."""

    def __init__(self, meter: EffortMeter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._meter = meter
        self._popover: EffortPopover | None = None
        self.setIcon(resources.icon("gauge", "muted"))
        self.setIconSize(QSize(14, 14))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(self.tr("How fast you get on today; click for more"))
        self.clicked.connect(self.show_popover)
        meter.changed.connect(self._show_effort)
        self._show_effort()

    @Slot()
    def _show_effort(self) -> None:
        today = self._meter.today
        self.setVisible(today.words >= LEAST_WORDS)
        told = self.tr("{pace} words a minute")
        self.setText(told.format(pace=f"{today.words_a_minute:.0f}"))

    @Slot()
    def show_popover(self) -> None:
        """Say everything that is counted, above the button."""
        if self._popover is None:
            self._popover = EffortPopover(self._meter, self)
        self._popover.open_above(self)


class EffortPopover(QFrame):
    """Today and this project, side by side."""

    def __init__(self, meter: EffortMeter, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._meter = meter
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * theme.GRID_PX)
        grid.setVerticalSpacing(theme.GRID_PX // 2)
        self._figures: list[tuple[QLabel, QLabel]] = []
        for column, text in enumerate((self.tr("Today"), self.tr("This project")), start=1):
            head = QLabel(text)
            head.setFont(theme.ui_font(bold=True))
            grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignRight)
        rows = (self.tr("Words a minute"), self.tr("Keys a word"), self.tr("Words decided"), self.tr("Time at work"))
        for row, text in enumerate(rows, start=1):
            name = QLabel(text)
            name.setProperty("muted", True)
            grid.addWidget(name, row, 0)
            pair = (QLabel(), QLabel())
            for column, label in enumerate(pair, start=1):
                grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignRight)
            self._figures.append(pair)
        hint = QLabel(self.tr("Pauses of more than 15 seconds and words accepted in bulk do not count."))
        hint.setProperty("muted", True)
        hint.setWordWrap(True)
        self.reset_button = QPushButton(resources.icon("arrow-counter-clockwise"), self.tr("Count anew"))
        self.reset_button.clicked.connect(meter.reset)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addWidget(hint)
        layout.addWidget(self.reset_button, alignment=Qt.AlignmentFlag.AlignLeft)
        meter.changed.connect(self._show_figures)
        self._show_figures()

    @Slot()
    def _show_figures(self) -> None:
        for column, effort in enumerate((self._meter.today, self._meter.project)):
            for row, text in enumerate(_figures(effort)):
                self._figures[row][column].setText(text)

    def open_above(self, button: QWidget) -> None:
        """Open with the right edge at the button's."""
        self._show_figures()
        self.adjustSize()
        corner = button.mapToGlobal(QPoint(button.width(), -4))
        self.move(corner - QPoint(self.width(), self.height()))
        self.show()


def _figures(effort: Effort) -> tuple[str, ...]:
    if not effort.words:
        return "–", "–", "0", duration(effort.seconds)
    pace, keys = f"{effort.words_a_minute:.1f}", f"{effort.keys_a_word:.1f}"
    return pace, keys, f"{effort.words:,}", duration(effort.seconds)


def duration(seconds: float) -> str:
    """Return a time at work: seconds under a minute, minutes under an hour, then hours and minutes."""
    translate, whole = QCoreApplication.translate, round(seconds)
    if whole < 60:
        return translate("Effort", "{seconds} s").format(seconds=whole)
    if whole < 3600:
        return translate("Effort", "{minutes} min").format(minutes=whole // 60)
    return translate("Effort", "{hours} h {minutes} min").format(hours=whole // 3600, minutes=whole % 3600 // 60)
