"""A bar on stderr for long work on a store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(noun: str, asked: bool | Callable[[int, int], None]) -> Iterator[Callable[[int, int], None] | None]:
    """Something to call with how many are done and of how many; None when it would be seen by nobody."""
    if callable(asked):
        yield asked
        return
    if not asked or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(noun), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(noun, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
