"""`polymodal check`: what is in a table, before anything is learnt."""

from __future__ import annotations

import typer

from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._table import read_table


def check(
    data: options.Data,
    target: options.AnyTargets = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    max_unreadable: options.MaxUnreadable = 0.1,
    json: options.Json = False,
) -> None:
    """Say what a table holds: types and why, presence patterns, unreadable cells, duplicates, leaks.

    Exits with 1 when more than --max-unreadable of a column's cells cannot be read.

    \b
    Example:
      polymodal check patients.csv --target outcome --files data/ --id patient --group hospital
    """
    roles = {"id": id, "group": group, "time": time, "weight": weight}
    report = read_table(
        data, files=files, targets=target or (), types=type or (), ignore=ignore or (), roles=roles
    ).report()
    answer(report, report.to_dict(), json)
    if report.worst_unreadable > max_unreadable:
        raise typer.Exit(1)
