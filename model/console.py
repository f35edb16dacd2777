"""How the command line speaks: results on standard output, progress and remarks on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

Advance = Callable[[int, int | None], None]
"""``advance(done, total)``; the total is None while it is unknown."""

_remarks = Console(stderr=True, soft_wrap=True, highlight=False)
_results = Console(soft_wrap=True, highlight=False)


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
        text = f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
        table.add_row(name.replace("_", " "), text)
    _results.print(table)


def show_list(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Write a table with a heading to standard output; nothing when it has no rows."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    _results.print(table)


@contextmanager
def progress(title: str) -> Iterator[Advance]:
    """Show a progress bar on standard error while the block runs; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=_remarks, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
