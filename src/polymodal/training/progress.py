"""A progress bar on stderr with the metric that matters."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from polymodal.training.ensemble import Watch


@contextmanager
def progress_bar(is_shown: bool) -> Iterator[Watch | None]:
    """Something to call after each epoch; None when it would be seen by nobody."""
    if not is_shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.fields[figures]}"), console=Console(stderr=True)) as bar:
        tasks: dict[int, int] = {}

        def watch(member: int, members: int, epoch: int, epochs: int, figures: Mapping[str, float]) -> None:
            name = "fit" if members == 1 else f"fit {member + 1}/{members}"
            if member not in tasks:
                tasks[member] = bar.add_task(name, total=epochs, figures="")
            shown = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
            bar.update(tasks[member], completed=epoch, figures=shown)  # type: ignore[arg-type]

        yield watch
