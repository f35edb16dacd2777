"""The Train workspace: the plan and the result at the left, the live curves and what went wrong beside them."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from crnn_gui.curves import Curves
from crnn_gui.document import ProjectDocument, ProjectInfo
from crnn_gui.remedies import FOR_WORDS, Finding, Remedy, WordRemedies, changed
from crnn_gui.resources import icon
from crnn_gui.services.trainer import TrainerState
from crnn_gui.theme import GRID_PX, Theme, scaled
from crnn_gui.training import RunSettings, Training
from crnn_gui.widgets.interrupted_card import InterruptedCard
from crnn_gui.widgets.plan_card import PlanCard
from crnn_gui.widgets.result_card import ResultCard
from crnn_gui.widgets.runs_list import RunsList
from crnn_gui.widgets.training_plot import TrainingPlot
from crnn_gui.widgets.trouble_view import TroubleView
from crnn_gui.widgets.weights_list import WeightsList
from crnn_gui.widgets.yardstick_card import YardstickCard
from crnn_gui.yardstick import Yardstick
from model.annotations import RunRecord
from model.errors import KnownError
from model.events import Batch, Epoch, Finished, Started, TrainEvent
from model.messages import PlanSummary, Usage

SIDE_PX = 320
STACKED_PX = 1040
"""Height of plan and curves where they stand one above the other; they are scrolled together then."""


class TrainWorkspace(QWidget):
    """Plans, starts, watches and judges training runs.

    Signals:
        word_requested: int, the id of a word a person wants to see on its page.
        progress_changed: sentence and fraction done of the run, or None when there is none, for the status bar.
        told: a sentence about what was done, for a bar.
    """

    word_requested = Signal(int)
    progress_changed = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        document: ProjectDocument,
        training: Training,
        theme: Theme,
        *,
        yardstick: Yardstick,
        remedies: WordRemedies,
        minutes: float = 5,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._training = training
        self._remedies = remedies
        self._started: Started | None = None
        self._usage: Usage | None = None
        self._since = math.nan
        self._crops = 0
        self._shown_run = ""
        self._is_plan_stale = True
        self.interrupted = InterruptedCard()
        self.yardstick = YardstickCard()
        self.runs = RunsList()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setFrameShape(QFrame.Shape.NoFrame)
        self.log.setPlaceholderText(self.tr("What a run tells is written down here."))
        self.plan = PlanCard()
        self.plan.set_minutes(minutes)
        self.result = ResultCard()
        self.result.hide()
        self.weights = WeightsList()
        self.plot = TrainingPlot()
        self.trouble = TroubleView(lambda: self.plan.settings)
        self._headline = QLabel()
        self._headline.setTextFormat(Qt.TextFormat.PlainText)
        self._headline.setWordWrap(True)
        self._pace = QLabel()
        self._pace.setProperty("muted", True)
        self._pace.setTextFormat(Qt.TextFormat.PlainText)
        self._pace.hide()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 1000)
        self.pause_button = QPushButton(icon("pause"), self.tr("Pause"))
        self.stop_button = QPushButton(icon("stop"), self.tr("Stop"))
        self._tabs = QTabWidget()
        self._lay_out()
        self._connect(theme, yardstick)
        self.weights.show_history(training.history)
        self._on_runs_changed(training.runs.runs)
        self.yardstick.show_measured(yardstick.measured)
        self._show_state(training.trainer.state)
        self._on_trouble_counted(0)
        if (run := training.runs.under_way) is not None:  # it began before this workspace was built
            self._started = training.runs.started
            self.trouble.append(training.runs.trouble)
            self._show_run(run)

    def _lay_out(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX, 2 * GRID_PX)
        column.setSpacing(3 * GRID_PX)
        for card in (self.interrupted, self.plan, self.result, self.yardstick, self.weights):
            column.addWidget(card)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("side")
        scroll.setWidget(side)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(scaled(SIDE_PX))
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
        curve_column.addWidget(self._pace)
        curve_column.addWidget(self.plot, 1)
        self._tabs.setDocumentMode(True)
        self._tabs.addTab(self.trouble, "")
        self._tabs.addTab(self.log, self.tr("Log"))
        self._tabs.addTab(self.runs, self.tr("Earlier runs"))
        centre = QSplitter(Qt.Orientation.Vertical)
        centre.setHandleWidth(1)
        centre.setChildrenCollapsible(False)
        centre.addWidget(curves)
        centre.addWidget(self._tabs)
        centre.setStretchFactor(0, 3)
        centre.setStretchFactor(1, 1)
        centre.setSizes([600, 220])
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(scroll)
        self._splitter.addWidget(centre)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([scaled(SIDE_PX), 720])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        whole = QScrollArea()
        whole.setWidget(self._splitter)
        whole.setWidgetResizable(True)
        whole.setFrameShape(QFrame.Shape.NoFrame)
        whole.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(whole)

    def _connect(self, theme: Theme, yardstick: Yardstick) -> None:
        training, trainer = self._training, self._training.trainer
        theme.changed.connect(self.plot.restyle)
        self.plan.plan_requested.connect(self._on_plan_requested)
        self.plan.start_requested.connect(self._on_start_requested)
        self.plan.problems_requested.connect(self._on_problems_requested)
        self.result.switch_requested.connect(training.use_result)
        self.result.keep_requested.connect(self._on_keep_requested)
        self.result.word_requested.connect(self.word_requested)
        self.weights.use_requested.connect(training.use)
        self.trouble.word_requested.connect(self.word_requested)
        self.trouble.count_changed.connect(self._on_trouble_counted)
        self.trouble.remedy_requested.connect(self._on_remedy_requested)
        self._remedies.done.connect(self._on_remedy_done)
        self.plot.bad_batch_chosen.connect(self._on_bad_batch_chosen)
        self.interrupted.resume_requested.connect(self.resume)
        self.interrupted.give_up_requested.connect(training.runs.give_up)
        self.runs.compared.connect(self.plot.lay_over)
        self.runs.chosen.connect(self._on_run_chosen)
        training.runs.changed.connect(self._on_runs_changed)
        training.runs.logged.connect(self.log.appendPlainText)
        yardstick.changed.connect(self.yardstick.show_measured)
        trainer.used.connect(self._on_used)
        self.pause_button.clicked.connect(self._on_pause_clicked)
        self.stop_button.clicked.connect(trainer.stop)
        trainer.state_changed.connect(self._show_state)
        trainer.planned.connect(self._on_planned)
        trainer.events_ready.connect(self._on_events_ready)
        training.finished.connect(self._on_finished)
        trainer.unplanned.connect(self._on_failed)
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
        is_wide = self.width() >= 2 * scaled(SIDE_PX)
        wanted = Qt.Orientation.Horizontal if is_wide else Qt.Orientation.Vertical
        if wanted != self._splitter.orientation():
            self._splitter.setOrientation(wanted)
            self._splitter.setMinimumHeight(0 if is_wide else scaled(STACKED_PX))
            side, half = scaled(SIDE_PX), scaled(STACKED_PX) // 2
            self._splitter.setSizes([side, self.width() - side] if is_wide else [half, half])

    # The plan

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._plan_if_stale()

    def _plan_if_stale(self) -> None:
        if self._is_plan_stale and self.isVisible() and not self._training.is_training:
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
        self._show_new_words()

    def _show_new_words(self) -> None:
        self.plan.show_new_words(self._training.new_words if self._training.runs.runs else 0)

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
        self.log.clear()
        self._training.start(settings)

    def start(self) -> None:
        """Train with the choices that are on the screen."""
        if not self._training.is_training:
            self._on_start_requested(self.plan.settings)

    @Slot()
    def resume(self) -> None:
        """Go on with the run that was interrupted."""
        run = self._training.runs.interrupted
        if run is not None and not self._training.is_training:
            self.result.hide()
            self.trouble.clear()
            self._show_run(run)
            self._training.resume()

    # Earlier runs

    @Slot(object)
    def _on_runs_changed(self, runs: tuple[RunRecord, ...]) -> None:
        self.runs.show_runs(runs)
        self.interrupted.show_run(None if self._training.trainer.is_busy else self._training.runs.interrupted)
        self._tabs.setTabText(self._tabs.indexOf(self.runs), self.tr("Runs ({count})").format(count=len(runs)))
        self._show_new_words()
        if runs and not self._shown_run:
            self._show_run(runs[0])

    @Slot(object)
    def _on_run_chosen(self, run: RunRecord) -> None:
        if not self._training.is_training:
            self._show_run(run)

    def _show_run(self, run: RunRecord) -> None:
        self._shown_run = run.name
        self.plot.show_curves(Curves.from_json(run.curves))
        self.log.setPlainText("\n".join(run.log))

    # What can be done about findings

    @Slot()
    def _on_problems_requested(self) -> None:
        self._tabs.setCurrentWidget(self.trouble)
        self.trouble.setFocus()

    @Slot(int)
    def _on_bad_batch_chosen(self, step: int) -> None:
        self._tabs.setCurrentWidget(self.trouble)
        self.trouble.show_step(step)

    @Slot(object, object)
    def _on_remedy_requested(self, remedy: Remedy, finding: Finding) -> None:
        if remedy in FOR_WORDS:
            self._remedies.apply(remedy, finding.words)
            return
        rate = self._started.learning_rate if self._started else finding.rate or 0.0
        self.plan.choose(changed(self.plan.settings, remedy, finding, rate=rate))
        self.told.emit(self.tr("The choices for the next run are changed."))

    @Slot(str)
    def _on_remedy_done(self, sentence: str) -> None:
        self.told.emit(sentence)
        self._is_plan_stale = True
        self._plan_if_stale()

    @Slot()
    def _on_pause_clicked(self) -> None:
        trainer = self._training.trainer
        if trainer.state is TrainerState.PAUSED:
            trainer.resume()
        else:
            trainer.pause()

    @Slot(object)
    def _show_state(self, state: TrainerState) -> None:
        running = self._training.is_training
        if state is TrainerState.STOPPING and not running:
            state = TrainerState.PLANNING  # a plan that is out of date gives way to the next
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
        self.interrupted.show_run(None if self._training.trainer.is_busy else self._training.runs.interrupted)
        self._pace.setVisible(running and bool(self._pace.text()))
        if not running:
            self._progress.setValue(0)
            self.progress_changed.emit(None)

    @Slot(object)
    def _on_events_ready(self, events: tuple[TrainEvent, ...]) -> None:
        self.plot.append(events)
        self.trouble.append(events)
        steps = [event for event in events if isinstance(event, Batch)]
        for event in events:
            if isinstance(event, Started):
                self._started, self._since, self._crops = event, math.nan, 0
            elif isinstance(event, Batch):
                self._count(event)
            elif isinstance(event, Epoch) and self._started and event.step >= self._started.steps:
                self._headline.setText(self.tr("Comparing before and after…"))
        if steps and isinstance(events[-1], Batch):
            self._show_step(steps[-1])

    def _count(self, event: Batch) -> None:
        """Take note of the pace since the first step of this session; those before an interruption do not count."""
        if math.isnan(self._since):
            self._since = event.seconds
        else:
            self._crops += event.crops

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
        self._show_pace(event.seconds)
        self._progress.setValue(round(1000 * done))
        self.progress_changed.emit((self.tr("Training, {left} left").format(left=_duration(left)), done))

    def _show_pace(self, seconds: float) -> None:
        """Say how fast it goes, where, and how much memory that takes."""
        parts = []
        if self._crops and seconds > self._since:
            parts.append(self.tr("{rate:,.0f} words a second").format(rate=self._crops / (seconds - self._since)))
        if self._started is not None:
            parts.append(self._started.device)
        if self._usage is not None:
            parts.append(self.tr("{memory} of memory").format(memory=_bytes(self._usage.memory)))
            if self._usage.device_memory:
                parts.append(self.tr("{memory} on the device").format(memory=_bytes(self._usage.device_memory)))
        self._pace.setText("  ·  ".join(parts))
        self._pace.show()

    @property
    def pace(self) -> str:
        """What is said of speed, device and memory; empty without a run."""
        return "" if self._pace.isHidden() else self._pace.text()

    @Slot(object)
    def _on_used(self, usage: Usage) -> None:
        self._usage = usage

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
        title = self.tr("Findings ({count})").format(count=count) if count else self.tr("Findings")
        self._tabs.setTabText(self._tabs.indexOf(self.trouble), title)

    @Slot(object)
    def _on_project_changed(self, project: ProjectInfo | None) -> None:
        self._started = None
        self._shown_run = ""
        self._is_plan_stale = True
        self.result.hide()
        self.plot.clear()
        self.plot.lay_over(())
        self.trouble.clear()
        self.log.clear()
        self._show_state(self._training.trainer.state)
        self._plan_if_stale()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    return f"{minutes}:{rest:02d}"


def _bytes(count: int) -> str:
    digits = 1 if count >= 2**30 else 0
    return QLocale.c().formattedDataSize(count, digits, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
