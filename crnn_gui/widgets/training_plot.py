"""The live curves of a training run: loss above, accuracy and errors below, a mark wherever a batch went wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import cycle

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from crnn_gui import theme
from crnn_gui.curves import Curves, Row
from model.events import Started, TrainEvent

OVERLAYS = ("suggested", "error", "ignored", "text")
"""Tokens of the colours of earlier runs, in the order they are laid over."""


class TrainingPlot(QWidget):
    """Curves over the optimizer steps of one run.

    Batches whose loss is not finite leave a gap in the curve and a mark on it.

    Signals:
        bad_batch_chosen: int, the step of the mark that was clicked.
    """

    bad_batch_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loss_plot = pg.PlotWidget()
        self._score_plot = pg.PlotWidget()
        self._score_plot.setXLink(self._loss_plot)
        for plot in (self._loss_plot, self._score_plot):
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setClipToView(True)
            plot.setDownsampling(auto=True, mode="peak")
            plot.getAxis("left").setWidth(48)
            plot.getPlotItem().setContentsMargins(0, 4, 8, 4)
        self._score_plot.setYRange(0, 100, padding=0.06)
        self._score_plot.setLimits(yMin=-6, yMax=106)
        self._score_plot.getAxis("left").setTickSpacing(50, 25)
        self._loss_plot.setLimits(yMin=0)
        self._raw = self._loss_plot.plot(connect="finite")
        self._smooth = self._loss_plot.plot(connect="finite")
        self._held_out_loss = self._loss_plot.plot(connect="finite")
        self._accuracy = self._score_plot.plot(connect="finite")
        self._held_out_accuracy = self._score_plot.plot(connect="finite")
        self._held_out_errors = self._score_plot.plot(connect="finite")
        self._marks = pg.ScatterPlotItem(symbol="x", size=12, hoverable=True, tip=None)
        self._marks.sigClicked.connect(self._on_mark_clicked)
        self._loss_plot.addItem(self._marks)
        self._loss_plot.getViewBox().sigRangeChangedManually.connect(self._on_zoomed)
        self._score_plot.setLabel("bottom", self.tr("Step"))
        # Legends stand above the plots: inside they would cover what they explain.
        self._loss_legend, self._score_legend = QLabel(), QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for legend, plot, stretch in (
            (self._loss_legend, self._loss_plot, 3),
            (self._score_legend, self._score_plot, 2),
        ):
            legend.setContentsMargins(52, 4, 8, 0)
            legend.setTextFormat(Qt.TextFormat.RichText)
            legend.setWordWrap(True)
            plot.setMinimumSize(0, 0)
            layout.addWidget(legend)
            layout.addWidget(plot, stretch)
        self._overlays: list[tuple[pg.PlotWidget, pg.PlotDataItem]] = []
        self._laid_over: tuple[Curves, ...] = ()
        self.clear()
        self.restyle()

    def clear(self) -> None:
        """Forget the run that was shown."""
        self.show_curves(Curves())

    def show_curves(self, curves: Curves) -> None:
        """Show a run that is over, or that is about to go on."""
        self._is_zoomed = False
        self._curves = curves
        self._draw()

    def append(self, events: Iterable[TrainEvent]) -> None:
        """Draw what a run has told, in order. A ``Started`` begins a new picture unless it resumes the old run."""
        events = tuple(events)
        self._is_zoomed = self._is_zoomed and not any(isinstance(e, Started) and not e.resumed_at for e in events)
        self._curves.append(events)
        self._draw()

    def lay_over(self, runs: Sequence[Curves]) -> None:
        """Draw the smoothed loss and the held-out accuracy of other runs behind this one."""
        for plot, curve in self._overlays:
            plot.removeItem(curve)
        self._overlays = []
        self._laid_over = tuple(runs)
        for run, token in zip(runs, cycle(OVERLAYS), strict=False):
            pen = pg.mkPen(theme.tokens().color(token), width=1.5, style=Qt.PenStyle.DashLine)
            steps, _, loss, _ = _columns(run.batches)
            at, _, accuracy, _ = _columns(run.epochs)
            for plot, x, y in ((self._loss_plot, steps, loss), (self._score_plot, at, accuracy)):
                self._overlays.append((plot, plot.plot(x, y, pen=pen, connect="finite")))
        self._draw()

    @property
    def laid_over(self) -> int:
        """How many other runs are drawn."""
        return len(self._laid_over)

    @property
    def bad_steps(self) -> tuple[int, ...]:
        """The steps that carry a mark."""
        return tuple(int(step) for step, _ in self._curves.bad)

    @Slot()
    def restyle(self) -> None:
        """Take the colours of the look that is on now."""
        look = theme.tokens()
        for plot in (self._loss_plot, self._score_plot):
            plot.setBackground(look.color("window"))
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(look.color("line"))
                axis.setTextPen(look.color("muted"))
            plot.showGrid(x=False, y=True, alpha=0.35)
        self._raw.setPen(_faded(look.color("accent"), 70))
        self._smooth.setPen(pg.mkPen(look.color("accent"), width=2))
        self._accuracy.setPen(pg.mkPen(look.color("accent"), width=2))
        for curve, token in (
            (self._held_out_loss, "doubtful"),
            (self._held_out_accuracy, "verified"),
            (self._held_out_errors, "doubtful"),
        ):
            curve.setPen(pg.mkPen(look.color(token), width=2))
            curve.setSymbol("o")
            curve.setSymbolSize(6)
            curve.setSymbolPen(None)
            curve.setSymbolBrush(look.color(token))
        self._marks.setPen(pg.mkPen(look.color("error"), width=2))
        self._marks.setBrush(look.color("error"))
        self.lay_over(self._laid_over)
        self._loss_legend.setText(
            _legend(
                self.tr("Loss in nats per word"),
                (("accent", self.tr("training")), ("doubtful", self.tr("held-out")), ("error", self.tr("bad batch"))),
            )
        )
        self._score_legend.setText(
            _legend(
                self.tr("Percent"),
                (
                    ("accent", self.tr("words right in training")),
                    ("verified", self.tr("held-out words right")),
                    ("doubtful", self.tr("held-out character errors")),
                ),
            )
        )

    def _draw(self) -> None:
        curves = self._curves
        steps, raw, smooth, accuracy = _columns(curves.batches)
        self._raw.setData(steps, raw)
        self._smooth.setData(steps, smooth)
        self._accuracy.setData(steps, accuracy)
        steps, loss, score, errors = _columns(curves.epochs)
        self._held_out_loss.setData(steps, loss)
        self._held_out_accuracy.setData(steps, score)
        self._held_out_errors.setData(steps, errors)
        if not self._is_zoomed:
            others = [row[2] for run in self._laid_over for row in run.batches]
            self._loss_plot.setYRange(0, _ceiling((*smooth, *loss, *others)), padding=0)
            last = max(1, curves.steps, *(run.steps for run in self._laid_over))
            self._loss_plot.setXRange(0, last, padding=0.02)
        marks = [x for x, _ in curves.bad], [y for _, y in curves.bad]
        self._marks.setData(*marks, data=[int(x) for x in marks[0]])

    @Slot(object)
    def _on_zoomed(self, _axes: object) -> None:
        self._is_zoomed = True

    @Slot(object, object, object)
    def _on_mark_clicked(self, _marks: object, points: list[pg.SpotItem], _event: object) -> None:
        if len(points):
            self.bad_batch_chosen.emit(points[0].data())


def _columns(rows: list[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(rows, np.float64).reshape(-1, 4)
    return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _ceiling(losses: Iterable[float]) -> float:
    """Return the top of the loss axis: above all smoothed losses, however high a single batch has jumped."""
    return 1.3 * max((loss for loss in losses if math.isfinite(loss)), default=1.0) or 1.0


def _legend(title: str, entries: Iterable[tuple[str, str]]) -> str:
    look = theme.tokens()
    keys = "".join(
        f'&nbsp;&nbsp;&nbsp;<span style="color:{look.color(token).name()}">&#9679;</span>&nbsp;{name}'
        for token, name in entries
    )
    return f'<b>{title}</b><span style="color:{look.muted}">{keys}</span>'


def _faded(color: QColor, alpha: int) -> QColor:
    faded = QColor(color)
    faded.setAlpha(alpha)
    return faded
