"""What is true behind the scenes: saved, device, weights, counts, and the tasks that run."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from crnn_gui import resources
from crnn_gui.document import Counts, SaveState
from crnn_gui.wording import counted

ICON_PX = 14


class StatusBar(QStatusBar):
    """Facts on the left, running tasks on the right.

    Signals:
        cancel_requested: key of the task whose cross was clicked.
        pause_requested: key of the task, and whether it is to pause or to go on.
        machine_requested: the device was clicked: the facts about this machine are wanted.
    """

    cancel_requested = Signal(str)
    pause_requested = Signal(str, bool)
    machine_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 8, 0)
        self._saved = _Fact()
        self._recogniser = _Fact()
        self._weights = _Fact()
        self._counts = _Fact()
        self._yardstick = _Fact()
        for fact in (self._saved, self._recogniser, self._weights, self._counts, self._yardstick):
            self.addWidget(fact)
            fact.hide()
        self._recogniser.setCursor(Qt.CursorShape.PointingHandCursor)
        self._recogniser.clicked.connect(self.machine_requested)
        self._tasks: dict[str, _Running] = {}
        self.show_loading()

    def show_loading(self) -> None:
        """Say that nothing can be read yet."""
        self._recogniser.show_fact("hourglass", "muted", self.tr("Loading the recogniser…"))
        self._weights.hide()

    def show_recogniser(self, device: str, reason: str, weights: str, detail: str = "") -> None:
        """Say which device reads and why, and with which weights."""
        self._recogniser.show_fact("cpu", "muted", f"{device}: {reason}" if reason else device, reason)
        self._weights.show_fact("brain", "muted", weights, detail)

    def show_recogniser_problem(self, sentence: str) -> None:
        """Say why nothing can be read."""
        self._recogniser.show_fact("warning-octagon", "error", self.tr("No recogniser"), sentence)
        self._weights.hide()

    @Slot(object)
    def show_saved(self, state: SaveState | None) -> None:
        """Say whether all edits are in the file; None stands for no project."""
        if state is None:
            self._saved.hide()
        elif state.problem:
            told = self.tr("Not saved: {count} edits wait").format(count=f"{state.pending:,}")
            self._saved.show_fact("warning-octagon", "error", told, state.problem)
        elif state.pending:
            self._saved.show_fact("floppy-disk", "muted", self.tr("Saving…"))
        else:
            self._saved.show_fact(
                "check", "verified", self.tr("Saved"), self.tr("Every edit is in the annotation file.")
            )

    @Slot(object)
    def show_counts(self, counts: Counts) -> None:
        """Say how far the project is."""
        if counts.pages:
            told = self.tr("{pages} · {verified} of {words} words verified")
            figures = {"verified": f"{counts.verified:,}", "words": f"{counts.words:,}"}
            self._counts.show_fact("stack", "muted", told.format(pages=counted(counts.pages, "page"), **figures))
        else:
            self._counts.hide()

    def show_yardstick(self, right: int, words: int, detail: str = "") -> None:
        """Say about how many of the last words the weights in use were right; of none, nothing is said."""
        self._yardstick.setVisible(bool(words))
        if words:
            told = self.tr("right on {right} of your last {words}")
            self._yardstick.show_fact(
                "target", "muted", told.format(right=f"{right:,}", words=counted(words, "word")), detail
            )

    @property
    def yardstick(self) -> str:
        """What is said of the last words; empty when nothing is."""
        return "" if self._yardstick.isHidden() else self._yardstick.text

    def show_task(
        self,
        key: str,
        text: str,
        fraction: float | None,
        *,
        cancellable: bool = True,
        is_paused: bool | None = None,
    ) -> None:
        """Show a running task.

        Args:
            key: names the task.
            text: what it does and how far it is.
            fraction: in [0, 1], or None where the end is not known.
            cancellable: give it a cross.
            is_paused: give it a button that pauses it, or lets it go on; None where it cannot be paused.
        """
        if key not in self._tasks:
            running = _Running(key, cancellable=cancellable)
            running.cancelled.connect(self.cancel_requested)
            running.pause_requested.connect(self.pause_requested)
            self._tasks[key] = running
            self.addPermanentWidget(running)
        self._tasks[key].show_progress(text, fraction)
        self._tasks[key].show_paused(is_paused)

    def end_task(self, key: str) -> None:
        """Take a task away: it is done, failed or cancelled."""
        running = self._tasks.pop(key, None)
        if running is not None:
            self.removeWidget(running)
            running.deleteLater()


class _Fact(QWidget):
    clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._icon_name = ("", "")
        self._icon = QLabel()
        self._text = QLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 16, 2)
        layout.setSpacing(6)
        layout.addWidget(self._icon)
        layout.addWidget(self._text)

    def show_fact(self, icon: str, token: str, text: str, tip: str = "") -> None:
        self._icon_name = (icon, token)
        self._icon.setPixmap(resources.icon(icon, token).pixmap(QSize(ICON_PX, ICON_PX)))
        self._text.setText(text)
        self.setToolTip(tip)
        self.show()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    @property
    def text(self) -> str:
        return self._text.text()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._icon_name[0]:
            self._icon.setPixmap(resources.icon(*self._icon_name).pixmap(QSize(ICON_PX, ICON_PX)))


class _Running(QWidget):
    cancelled = Signal(str)
    pause_requested = Signal(str, bool)

    def __init__(self, key: str, *, cancellable: bool) -> None:
        super().__init__()
        self._key = key
        self._is_paused: bool | None = None
        self._pause = QToolButton()
        self._pause.setIconSize(QSize(12, 12))
        self._pause.clicked.connect(self._ask_for_pause)
        self._pause.hide()
        self._text = QLabel()
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(96)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._text)
        layout.addWidget(self._bar, alignment=Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._pause)
        if cancellable:
            cross = QToolButton()
            cross.setIcon(resources.icon("x"))
            cross.setIconSize(QSize(12, 12))
            cross.setToolTip(self.tr("Cancel"))
            cross.setAccessibleName(self.tr("Cancel"))
            cross.clicked.connect(self._cancel)
            layout.addWidget(cross)

    def show_progress(self, text: str, fraction: float | None) -> None:
        self._text.setText(text)
        self._bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self._bar.setValue(round(fraction * 1000))

    def show_paused(self, is_paused: bool | None) -> None:
        if is_paused == self._is_paused:
            return
        self._is_paused = is_paused
        self._pause.setVisible(is_paused is not None)
        self._pause.setIcon(resources.icon("play" if is_paused else "pause"))
        says = self.tr("Go on") if is_paused else self.tr("Pause")
        self._pause.setToolTip(says)
        self._pause.setAccessibleName(says)

    @Slot()
    def _ask_for_pause(self) -> None:
        self.pause_requested.emit(self._key, not self._is_paused)

    @Slot()
    def _cancel(self) -> None:
        self.cancelled.emit(self._key)
