"""What jobs on all pages have in common: how far they are, how long they will take, and what they could not do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from crnn_gui.document import Notice
from crnn_gui.wording import marked
from model.annotations import Page

COPY_COMMAND = marked("NoticeActions", "Copy the command")
"""What a notice offers where a library has to be installed first."""

SHOW_PAGES = marked("NoticeActions", "Show pages")
"""What a notice offers where pages were left out."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is, for the status bar: ``fraction`` in [0, 1], or None; ``is_paused`` None for what is short."""

    text: str
    fraction: float | None
    is_paused: bool | None = None


@dataclass(frozen=True, slots=True)
class PageProblem:
    """A page that a job could not work on, and the reason in one sentence."""

    page: Page
    reason: str


@dataclass(slots=True)
class Pace:
    """How long a job has worked, pauses left out, and how long it will at that pace."""

    _spent: float = 0.0
    _since: float | None = field(default_factory=time.monotonic)

    def pause(self) -> None:
        """Stop the clock."""
        self._spent, self._since = self.seconds, None

    def go_on(self) -> None:
        """Let the clock run again."""
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """The time at work so far."""
        return self._spent + (time.monotonic() - self._since if self._since is not None else 0.0)

    def left(self, done: int, total: int) -> str:
        """Return the time for the rest as "3:20" (minutes and seconds), given what was done in this time."""
        minutes, seconds = divmod(round(self.seconds / max(done, 1) * max(total - done, 0)), 60)
        return f"{minutes}:{seconds:02d}"


@dataclass(slots=True, eq=False, kw_only=True)
class Job:
    """One way through the pages."""

    is_paused: bool = False
    failures: int = 0
    pace: Pace = field(default_factory=Pace)
    problems: dict[int, PageProblem] = field(default_factory=dict)


class PageJobs(QObject):
    """Does one job at a time that can be paused and given up, and that tells at its end what it left out.

    Signals:
        progress_changed: JobProgress, or None when nothing is done any more.
        told: Notice: that a job goes on, has ended or had to stop.
        problems_requested: tuple of PageProblem the user wants to see.
    """

    progress_changed = Signal(object)
    told = Signal(object)
    problems_requested = Signal(object)

    _job: Job | None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = None
        self._report: Notice | None = None
        self._problems: tuple[PageProblem, ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether a job is under way, or paused."""
        return self._job is not None

    def pause(self, flag: bool) -> None:
        """Begin nothing further, or go on. What is at hand is finished."""
        job = self._job
        if job is None or job.is_paused == flag:
            return
        job.is_paused = flag
        if flag:
            job.pace.pause()
        else:
            job.pace.go_on()
            self._proceed()
        self._tell_progress()

    @Slot()
    def cancel(self) -> None:
        """Give it up; what was done stays."""
        if self._job is not None:
            self._end()

    def act_on_notice(self, notice: Notice, action: str) -> None:
        """Do what the user chose in the newest bar of these jobs."""
        if notice is not self._report:
            return
        if action == SHOW_PAGES:
            self.problems_requested.emit(self._problems)
        else:
            self._act(action)

    def _tell(self, notice: Notice) -> None:
        """Show a bar whose actions are ours."""
        self._report = notice
        self.told.emit(notice)

    def _tell_end(self, outcome: str, problems: Mapping[int, PageProblem], *actions: str) -> None:
        """Tell what came of a job, and what it left out."""
        self._problems = tuple(problems.values())
        level = "warning" if problems else "info"
        offered = (SHOW_PAGES, *actions) if problems else actions
        self._tell(Notice(level, outcome + told_problems(problems), offered))

    # What the jobs themselves are

    def _proceed(self) -> None:
        """Begin what comes next, unless enough is under way."""
        raise NotImplementedError

    def _tell_progress(self) -> None:
        """Tell how far the job is."""
        raise NotImplementedError

    def _end(self) -> None:
        """Forget the job."""
        self._job = None
        self.progress_changed.emit(None)

    def _act(self, action: str) -> None:
        """Do what was chosen in a bar and is no action of all jobs."""


def told_problems(problems: Mapping[int, PageProblem]) -> str:
    """Return the sentence about pages that were left out; empty when none was."""
    if not problems:
        return ""
    one = QCoreApplication.translate("Jobs", "1 page could not be read.")
    many = QCoreApplication.translate("Jobs", "{count} pages could not be read.")
    return " " + (one if len(problems) == 1 else many.format(count=f"{len(problems):,}"))
