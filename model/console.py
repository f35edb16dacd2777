"""How the command line speaks: results on standard output, progress and remarks on standard error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

Advance = Callable[[int, int | None], None]
"""``advance(done, total)``; the total is None while it is unknown."""

_PIPE_WIDTH = 10_000  # columns: what another program reads is not folded

_remarks = Console(stderr=True, soft_wrap=True, highlight=False)


def speak_utf8() -> None:
    """Let the standard streams carry any text, whatever the locale; a lone surrogate becomes its JSON escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def emit(value: Any) -> None:
    """Write one strict JSON document on a line of its own to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def remark(text: str) -> None:
    """Write one line for the person at the terminal to standard error."""
    _remarks.print(text, markup=False)


def show(rows: dict[str, Any], *, title: str = "") -> None:
    """Write a small two-column table of results to standard output."""
    table = Table(show_header=False, box=None, pad_edge=False, title=title or None, title_justify="left")
    table.add_column(style="dim")
    table.add_column()
    for name, value in rows.items():
        text = f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name.replace("_", " "), Text(text))
    _print(table)


def show_list(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write a table with a heading to standard output; nothing when it has no rows."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    _print(table)


def _print(table: Table) -> None:
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(width=width, soft_wrap=True, highlight=False, markup=False, emoji=False).print(table)


@contextmanager
def silent(is_silent: bool) -> Iterator[None]:
    """Say nothing to the person at the terminal while the block runs, if so: another process does."""
    _remarks.quiet = is_silent
    try:
        yield
    finally:
        _remarks.quiet = False


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs; yields the function that moves it.

    Only a terminal gets one: in a log the bar would leave control characters and blank lines.
    """
    if _remarks.quiet or not _remarks.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=_remarks, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
