"""How often the weights were right about the words a person verified: a sentence, and a small curve per weights."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.theme import GRID_PX
from crnn_gui.yardstick import Measured, Tested
from model.metrics import wilson_interval

SHOWN_VERSIONS = 4
HEIGHT_PX = 96
_GAP = 4
"""Words left free between two curves."""


class YardstickCard(QWidget):
    """Shows what the live yardstick has measured; hidden until there is anything."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured = Measured()
        title = QLabel(self.tr("Right on your words"))
        title.setFont(theme.ui_font(bold=True))
        self._sentence = QLabel()
        self._sentence.setWordWrap(True)
        self._plot = pg.PlotWidget()
        self._plot.setFixedHeight(HEIGHT_PX)
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.hideButtons()
        self._plot.hideAxis("bottom")
        self._plot.setYRange(0, 100, padding=0.1)
        self._plot.getAxis("left").setWidth(28)
        self._plot.getAxis("left").setTicks([[(share, f"{share}") for share in (0, 50, 100)]])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX // 2)
        layout.addWidget(title)
        layout.addWidget(self._sentence)
        layout.addWidget(self._plot)
        self.hide()

    @property
    def sentence(self) -> str:
        """What is said above the curve."""
        return self._sentence.text()

    @property
    def curves(self) -> tuple[str, ...]:
        """The names of the weights that have a curve, the newest tested last."""
        return tuple(tested.name for tested in self._measured.versions[-SHOWN_VERSIONS:])

    @Slot(object)
    def show_measured(self, measured: Measured) -> None:
        """Show the figures of now."""
        self._measured = measured
        self._sentence.setText(measured.sentence or self.tr("No word was verified with these weights yet."))
        self.setVisible(bool(measured.versions))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        look = theme.tokens()
        self._plot.clear()
        self._plot.setBackground(look.color("window"))
        axis = self._plot.getAxis("left")
        axis.setPen(look.color("line"))
        axis.setTextPen(look.color("muted"))
        self._plot.showGrid(x=False, y=True, alpha=0.35)
        start, told = 0, []
        for tested in self._measured.versions[-SHOWN_VERSIONS:]:
            self._draw_version(tested, start, "accent" if tested == self._measured.current else "muted")
            start += len(tested.right) + _GAP
            words = len(tested.right)
            low, high = wilson_interval(sum(tested.right), words)
            told.append(f"{tested.name}: {tested.share:.0%} of {words:,} ({low:.0%} to {high:.0%})".replace("%", " %"))
        self._plot.setXRange(0, max(1, start - _GAP), padding=0.02)
        self._plot.setToolTip("\n".join([*told, self.tr("The band holds the true share with 95 % confidence.")]))

    def _draw_version(self, tested: Tested, start: int, token: str) -> None:
        """Draw the share after each word, and the band its interval leaves."""
        color = theme.tokens().color(token)
        count = np.arange(1, len(tested.right) + 1)
        right = np.cumsum(tested.right)
        low, high = np.array([wilson_interval(int(r), int(n)) for r, n in zip(right, count, strict=True)]).T * 100
        steps = start + count
        band = theme.tokens().color(token)
        band.setAlpha(45)
        edges = [pg.PlotCurveItem(steps, bound) for bound in (low, high)]
        self._plot.addItem(pg.FillBetweenItem(*edges, brush=band))
        self._plot.plot(steps, 100 * right / count, pen=pg.mkPen(color, width=2))
        if len(count) == 1:
            self._plot.plot(steps, 100 * right, pen=None, symbol="o", symbolSize=6, symbolBrush=color, symbolPen=None)
