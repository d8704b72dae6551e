"""`polymodal check`: what is in a table, before anything is learnt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._table import read_table

if TYPE_CHECKING:
    from polymodal.quality.duplicates import Duplicates
    from polymodal.quality.suspects import Suspects
    from polymodal.schema.table import Table

_Against = Annotated[
    str | None,
    typer.Option("--against", metavar="DATA", help="Another table, such as the test rows: say which rows are in both."),
]
_Within = Annotated[bool, typer.Option("--duplicates", help="Say which rows are nearly the same.")]
_Labels = Annotated[
    bool, typer.Option("--labels", help="Say which labels look wrong: models that never saw them contradict them.")
]


def check(
    data: options.Data,
    target: options.Targets = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    max_unreadable: options.MaxUnreadable = 0.1,
    duplicates: _Within = False,
    against: _Against = None,
    labels: _Labels = False,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Say what a table holds: types and why, presence patterns, unreadable cells, duplicates, leaks.

    Exits with 1 when more than --max-unreadable of a column's cells cannot be read.

    \b
    Example:
      polymodal check patients.csv --target outcome --files data/ --id patient --group hospital
      polymodal check train.csv --target outcome --duplicates --against test.csv
      polymodal check train.csv --target outcome --labels
    """
    roles = {"id": id, "group": group, "time": time, "weight": weight}
    table = read_table(data, files=files, targets=target or (), types=type or (), ignore=ignore or (), roles=roles)
    report = table.report()
    found = dict(_near_duplicates(table, duplicates, against, files))
    doubtful = _doubtful(table, seed) if labels else []
    more: dict[str, object] = {name: one.to_dict() for name, one in found.items()}
    if labels:
        more["doubtful_labels"] = [one.to_dict() for one in doubtful]
    answer("\n\n".join(map(str, (report, *found.values(), *doubtful))), report.to_dict() | more, json)
    if report.worst_unreadable > max_unreadable:
        raise typer.Exit(1)


def _doubtful(table: Table, seed: int) -> list[Suspects]:
    """For each target whose labels can be judged. Raises SettingError where there is none."""
    from polymodal.quality.suspicious import judged_targets, suspicious

    return [suspicious(table, name, seed=seed) for name in judged_targets(table)]


def _near_duplicates(
    table: Table, within: bool, against: str | None, files: str | None
) -> Iterator[tuple[str, Duplicates]]:
    """What was asked for, under the name that it has in JSON."""
    if not within and against is None:
        return
    from polymodal.asked import as_table
    from polymodal.quality.duplicates import duplicates

    if within:
        yield "near_duplicates", duplicates(table)
    if against is not None:
        other, differences = as_table(against, table.schema, files)
        for difference in differences:
            note(f"Note: {against}: {difference}")
        yield "against", duplicates(table, other)
