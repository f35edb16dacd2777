"""What jobs on all pages have in common: how far they are, how long they will take, and what they could not do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication

from crnn_gui.wording import marked
from model.annotations import Page

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


def told_problems(problems: Mapping[int, PageProblem]) -> str:
    """Return the sentence about pages that were left out; empty when none was."""
    if not problems:
        return ""
    one = QCoreApplication.translate("Jobs", "1 page could not be read.")
    many = QCoreApplication.translate("Jobs", "{count} pages could not be read.")
    return " " + (one if len(problems) == 1 else many.format(count=f"{len(problems):,}"))
