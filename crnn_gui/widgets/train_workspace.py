"""The Train workspace: the plan and the result at the left, the live curves and what went wrong beside them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.resources import icon
from crnn_gui.services.trainer import TrainerState
from crnn_gui.theme import GRID_PX, Theme
from crnn_gui.training import RunSettings, Training
from crnn_gui.widgets.plan_card import PlanCard
from crnn_gui.widgets.result_card import ResultCard
from crnn_gui.widgets.training_plot import TrainingPlot
from crnn_gui.widgets.trouble_view import TroubleView
from crnn_gui.widgets.weights_list import WeightsList
from model.errors import KnownError
from model.events import Batch, Epoch, Finished, Started, TrainEvent
from model.messages import PlanSummary

SIDE_PX = 320
STACKED_PX = 1040
"""Height of plan and curves where they stand one above the other; they are scrolled together then."""


class TrainWorkspace(QWidget):
    """Plans, starts, watches and judges training runs.

    Signals:
        word_requested: int, the id of a word a person wants to see on its page.
        progress_changed: sentence and fraction done of the run, or None when there is none, for the status bar.
    """

    word_requested = Signal(int)
    progress_changed = Signal(object)

    def __init__(
        self,
        document: ProjectDocument,
        training: Training,
        theme: Theme,
        *,
        minutes: float = 5,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._training = training
        self._started: Started | None = None
        self._is_plan_stale = True
        self.plan = PlanCard()
        self.plan.set_minutes(minutes)
        self.result = ResultCard()
        self.result.hide()
        self.weights = WeightsList()
        self.plot = TrainingPlot()
        self.trouble = TroubleView()
        self._headline = QLabel()
        self._headline.setTextFormat(Qt.TextFormat.PlainText)
        self._headline.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self.pause_button = QPushButton(icon("pause"), self.tr("Pause"))
        self.stop_button = QPushButton(icon("stop"), self.tr("Stop"))
        self._trouble_title = QLabel()
        self._lay_out()
        self._connect(theme)
        self._show_state(training.trainer.state)
        self._on_trouble_counted(0)

    def _lay_out(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(3 * GRID_PX)
        column.addWidget(self.plan)
        column.addWidget(self.result)
        column.addWidget(self.weights)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("side")
        scroll.setWidget(side)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(SIDE_PX)
        bar = QHBoxLayout()
        bar.setSpacing(GRID_PX)
        bar.addWidget(self._headline, 1)
        bar.addWidget(self.pause_button)
        bar.addWidget(self.stop_button)
        curves = QWidget()
        curve_column = QVBoxLayout(curves)
        curve_column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, GRID_PX)
        curve_column.setSpacing(GRID_PX)
        curve_column.addLayout(bar)
        curve_column.addWidget(self._progress)
        curve_column.addWidget(self.plot, 1)
        below = QWidget()
        below_column = QVBoxLayout(below)
        below_column.setContentsMargins(2 * GRID_PX, GRID_PX, 0, 0)
        below_column.setSpacing(GRID_PX)
        below_column.addWidget(self._trouble_title)
        below_column.addWidget(self.trouble, 1)
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.setHandleWidth(1)
        centre.setChildrenCollapsible(False)
        centre.addWidget(curves)
        centre.addWidget(below)
        centre.setStretchFactor(0, 3)
        centre.setStretchFactor(1, 1)
        centre.setSizes([600, 220])
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(scroll)
        self._splitter.addWidget(centre)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([SIDE_PX, 720])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        whole = QScrollArea()
        whole.setWidget(self._splitter)
        whole.setWidgetResizable(True)
        whole.setFrameShape(QFrame.Shape.NoFrame)
        whole.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(whole)

    def _connect(self, theme: Theme) -> None:
        training, trainer = self._training, self._training.trainer
        theme.changed.connect(self.plot.restyle)
        self.plan.plan_requested.connect(self._on_plan_requested)
        self.plan.start_requested.connect(self._on_start_requested)
        self.plan.problems_requested.connect(self.trouble.setFocus)
        self.result.switch_requested.connect(training.use_result)
        self.result.keep_requested.connect(self._on_keep_requested)
        self.result.word_requested.connect(self.word_requested)
        self.weights.use_requested.connect(training.use)
        self.trouble.word_requested.connect(self.word_requested)
        self.trouble.count_changed.connect(self._on_trouble_counted)
        self.plot.bad_batch_chosen.connect(self.trouble.show_step)
        self.pause_button.clicked.connect(self._on_pause_clicked)
        self.stop_button.clicked.connect(trainer.stop)
        trainer.state_changed.connect(self._show_state)
        trainer.planned.connect(self._on_planned)
        trainer.events_ready.connect(self._on_events_ready)
        training.finished.connect(self._on_finished)
        training.failed.connect(self._on_failed)
        training.switched.connect(self._on_switched)
        training.history_changed.connect(self.weights.show_history)
        self._document.project_changed.connect(self._on_project_changed)
        self._document.counts_changed.connect(self._on_counts_changed)

    @property
    def progress(self) -> float:
        """Share of the run's steps that were taken, in [0, 1]."""
        return self._progress.value() / self._progress.maximum()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the plan above the curves where there is no room for both side by side."""
        super().resizeEvent(event)
        is_wide = self.width() >= 2 * SIDE_PX
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if wanted != self._splitter.orientation():
            self._splitter.setOrientation(wanted)
            self._splitter.setMinimumHeight(0 if is_wide else STACKED_PX)
            self._splitter.setSizes([SIDE_PX, self.width() - SIDE_PX] if is_wide else [STACKED_PX // 2] * 2)

    # The plan

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._plan_if_stale()

    def _plan_if_stale(self) -> None:
        if self._is_plan_stale and self.isVisible() and not self._training.trainer.is_busy:
            self._is_plan_stale = False
            self.plan.show_message(self.tr("Looking at the words…"))
            self._training.plan(self.plan.settings)

    @Slot(object)
    def _on_plan_requested(self, settings: RunSettings) -> None:
        self._is_plan_stale = True
        self._plan_if_stale()

    @Slot(object)
    def _on_counts_changed(self, _counts: object) -> None:
        self._is_plan_stale = True

    @Slot(object)
    def _on_planned(self, plan: PlanSummary) -> None:
        self.plan.show_plan(plan)
        if not self._training.is_training:
            self.trouble.clear()
            self.trouble.show_problems((*plan.left_out, *plan.warnings))

    # The run

    @Slot(object)
    def _on_start_requested(self, settings: RunSettings) -> None:
        self.result.hide()
        self.plot.clear()
        self.trouble.clear()
        self._training.start(settings)

    @Slot()
    def _on_pause_clicked(self) -> None:
        trainer = self._training.trainer
        if trainer.state is TrainerState.PAUSED:
            trainer.resume()
        else:
            trainer.pause()

    @Slot(object)
    def _show_state(self, state: TrainerState) -> None:
        running = state in (TrainerState.RUNNING, TrainerState.PAUSED, TrainerState.STOPPING)
        self.plan.set_startable(
            state in (TrainerState.IDLE, TrainerState.PLANNED) and self._document.project is not None
        )
        self.pause_button.setEnabled(state in (TrainerState.RUNNING, TrainerState.PAUSED))
        self.pause_button.setText(self.tr("Resume") if state is TrainerState.PAUSED else self.tr("Pause"))
        self.pause_button.setIcon(icon("play" if state is TrainerState.PAUSED else "pause"))
        self.stop_button.setEnabled(running and state is not TrainerState.STOPPING)
        sentences = {
            TrainerState.IDLE: self.tr("No training is running."),
            TrainerState.PLANNING: self.tr("Looking at the words…"),
            TrainerState.PLANNED: self.tr("Ready to train."),
            TrainerState.RUNNING: self.tr("Getting the crops and measuring the speed…"),
            TrainerState.PAUSED: self.tr("Paused. What was learnt so far is kept in memory."),
            TrainerState.STOPPING: self.tr("Stopping after this step, then comparing before and after…"),
        }
        self._headline.setText(sentences[state])
        if not running:
            self._progress.setValue(0)
            self.progress_changed.emit(None)

    @Slot(object)
    def _on_events_ready(self, events: tuple[TrainEvent, ...]) -> None:
        self.plot.append(events)
        self.trouble.append(events)
        for event in events:
            if isinstance(event, Started):
                self._started = event
            elif isinstance(event, Batch):
                self._show_step(event)
            elif isinstance(event, Epoch) and self._started and event.step >= self._started.steps:
                self._headline.setText(self.tr("Comparing before and after…"))

    def _show_step(self, event: Batch) -> None:
        started = self._started
        if started is None:
            return
        done = event.step / max(1, started.steps)
        left = event.seconds * (1 - done) / max(done, 1e-6)
        sentence = self.tr("Step {step} of {steps}  ·  {left} left  ·  loss {loss:.2f}  ·  rate {rate:.1e}")
        self._headline.setText(
            sentence.format(
                step=f"{event.step:,}",
                steps=f"{started.steps:,}",
                left=_duration(left),
                loss=event.loss,
                rate=event.learning_rate,
            )
        )
        self._progress.setValue(round(1000 * done))
        self.progress_changed.emit((self.tr("Training, {left} left").format(left=_duration(left)), done))

    @Slot(object)
    def _on_finished(self, result: Finished) -> None:
        self.result.show_result(result)
        self.result.show()

    @Slot(object)
    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, KnownError):
            self.plan.show_message(str(error))

    @Slot(str)
    def _on_switched(self, name: str) -> None:
        if self.result.out is not None and Path(self.result.out).stem == name:
            self.result.settle(self.tr("The words are read with the new weights now."))

    @Slot()
    def _on_keep_requested(self) -> None:
        self.result.settle(self.tr("The old weights stay in use; the new ones are in the list below."))

    @Slot(int)
    def _on_trouble_counted(self, count: int) -> None:
        title = (
            self.tr("What stood in the way: %n", "", count) if count else self.tr("Nothing stood in the way so far.")
        )
        self._trouble_title.setText(title)

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._started = None
        self._is_plan_stale = True
        self.result.hide()
        self.plot.clear()
        self.trouble.clear()
        self._show_state(self._training.trainer.state)
        self._plan_if_stale()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02d}"
