"""A bar on stderr for searches that take seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(is_shown: bool, n_steps: int) -> Iterator[Callable[[str], None]]:
    """Something to call with what is done next, at most `n_steps` times; shown on a terminal only."""
    if not is_shown or not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console  # slow to import
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task, done = shown.add_task("", total=n_steps), iter(range(n_steps))
        yield lambda name: shown.update(task, completed=next(done, n_steps), description=name)
