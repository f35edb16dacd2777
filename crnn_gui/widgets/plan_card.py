"""What training would use, the few choices there are, and the button that starts it."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, QLocale, Signal, Slot
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from crnn_gui import theme
from crnn_gui.resources import icon
from crnn_gui.theme import GRID_PX
from crnn_gui.training import RunSettings
from crnn_gui.wording import counted, device_reason
from model.messages import PlanSummary


class PlanCard(QWidget):
    """The plan of the next run.

    Signals:
        plan_requested: RunSettings; a choice changed, so the plan must be made again.
        start_requested: RunSettings.
        problems_requested: the list of what is left out is wanted.
    """

    plan_requested = Signal(object)
    start_requested = Signal(object)
    problems_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: PlanSummary | None = None
        self._title = QLabel(self.tr("Train on your words"))
        self._title.setFont(theme.ui_font(points=3, bold=True))
        self._plan = QLabel()
        self._plan.setWordWrap(True)
        self._plan.linkActivated.connect(self._on_link_activated)
        self._new_words = QLabel()
        self._new_words.setWordWrap(True)
        self._new_words.hide()
        self._minutes = QDoubleSpinBox()
        self._minutes.setRange(0.1, 720)
        self._minutes.setDecimals(1)
        self._minutes.setValue(5)
        self._minutes.setSuffix(self.tr(" minutes"))
        self._base = QComboBox()
        self._base.addItems([self.tr("Weights in use"), self.tr("Starter weights")])
        self._new_characters = QComboBox()
        self._new_characters.addItems([self.tr("Learn them"), self.tr("Leave their words out")])
        self.rate_field = QLineEdit()
        self.rate_field.setPlaceholderText(self.tr("automatic"))
        validator = QDoubleValidator(0.0, 1e6, 8, self.rate_field)
        validator.setLocale(QLocale.c())
        self.rate_field.setValidator(validator)
        self.batch_field = QSpinBox()
        self.batch_field.setRange(1, 512)
        self.batch_field.setValue(RunSettings().batch)
        self.batch_field.setSuffix(self.tr(" words a step"))
        self.width_field = QSpinBox()
        self.width_field.setRange(0, 4096)
        self.width_field.setSingleStep(16)
        self.width_field.setSpecialValueText(self.tr("each its own"))
        self.width_field.setSuffix(self.tr(" px"))
        self._precision = QComboBox()
        for value, text in (("auto", self.tr("automatic")), ("fp32", self.tr("full")), ("bf16", self.tr("half"))):
            self._precision.addItem(text, value)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID_PX)
        form.setVerticalSpacing(GRID_PX)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Time"), self._minutes)
        form.addRow(self.tr("Start from"), self._base)
        form.addRow(self.tr("New characters"), self._new_characters)
        form.addRow(self.tr("Learning rate"), self.rate_field)
        form.addRow(self.tr("Batch"), self.batch_field)
        form.addRow(self.tr("Strip width"), self.width_field)
        form.addRow(self.tr("Precision"), self._precision)
        self.start_button = QPushButton(icon("play", "on_accent"), self.tr("Train"))
        self.start_button.setProperty("primary", True)
        self.start_button.setObjectName("train_button")
        self.start_button.clicked.connect(self._on_start_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID_PX)
        layout.addWidget(self._title)
        layout.addWidget(self._new_words)
        layout.addWidget(self._plan)
        layout.addLayout(form)
        layout.addWidget(self.start_button)
        self._base.currentIndexChanged.connect(self._on_choice_changed)
        self._new_characters.currentIndexChanged.connect(self._on_choice_changed)
        self.width_field.editingFinished.connect(self._on_choice_changed)
        self.show_message(self.tr("Looking at the words…"))

    @property
    def settings(self) -> RunSettings:
        """What is chosen now."""
        rate = self.rate_field.text().strip()
        return RunSettings(
            minutes=self._minutes.value(),
            learning_rate=float(rate) if rate and self.rate_field.hasAcceptableInput() and float(rate) > 0 else None,
            new_characters="skip" if self._new_characters.currentIndex() else "extend",
            from_starter=bool(self._base.currentIndex()),
            batch=self.batch_field.value(),
            width=self.width_field.value() or None,
            precision=self._precision.currentData(),
        )

    def choose(self, settings: RunSettings) -> None:
        """Show these choices; a plan is asked for where they need another one."""
        before = self.settings
        self._minutes.setValue(settings.minutes)
        self.rate_field.setText(f"{settings.learning_rate:g}" if settings.learning_rate else "")
        self.batch_field.setValue(settings.batch)
        self.width_field.setValue(settings.width or 0)
        self._precision.setCurrentIndex(self._precision.findData(settings.precision))
        self._new_characters.setCurrentIndex(int(settings.new_characters == "skip"))
        self._base.setCurrentIndex(int(settings.from_starter))
        if before.width != settings.width:
            self._on_choice_changed()

    def set_minutes(self, minutes: float) -> None:
        """Choose a time budget."""
        self._minutes.setValue(minutes)

    def set_startable(self, flag: bool) -> None:
        """Let the button be pressed, or not."""
        self.start_button.setEnabled(flag)

    def show_new_words(self, count: int) -> None:
        """Say how many words were verified since the last training."""
        self._new_words.setText(
            self.tr("{words} verified since the last training.").format(words=counted(count, "word"))
        )
        self._new_words.setVisible(bool(count))

    def show_message(self, text: str) -> None:
        """Say something in place of the plan: that it is being made, or why there is none."""
        self._shown = None
        self._plan.setText(escape(text))

    def show_plan(self, plan: PlanSummary) -> None:
        """Say what training would use."""
        self._shown = plan
        lines = [
            self.tr("{words} to learn from, on {pages}").format(
                words=counted(plan.train, "word"), pages=counted(plan.train_pages, "page")
            ),
            self.tr("{words} held out to measure, on {pages}").format(
                words=counted(plan.val, "word"), pages=counted(plan.val_pages, "page")
            ),
        ]
        if plan.left_out:
            left_out = self.tr("{words} left out").format(words=counted(len(plan.left_out), "word"))
            lines.append(f'<a href="problems">{left_out}</a>')
        if plan.warnings:
            lines.append(f'<a href="problems">{counted(len(plan.warnings), "warning")}</a>')
        if plan.new_characters:
            characters = escape(" ".join(plan.new_characters))
            lines.append(self.tr("New characters: {characters}").format(characters=characters))
        kind, _, reason = plan.device.partition(": ")
        lines.append(
            f'<span style="color:{theme.tokens().muted}">{kind.upper()}: {escape(device_reason(reason))}</span>'
        )
        self._plan.setText("<br>".join(lines))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown is not None:
            self.show_plan(self._shown)

    @Slot()
    def _on_choice_changed(self) -> None:
        self.plan_requested.emit(self.settings)

    @Slot()
    def _on_start_clicked(self) -> None:
        self.start_requested.emit(self.settings)

    @Slot(str)
    def _on_link_activated(self, _link: str) -> None:
        self.problems_requested.emit()
