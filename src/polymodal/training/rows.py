"""The rows worth learning from, and when there are too few or too many of them broken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from polymodal.errors import FitError, SettingError, UnreadableError, near_miss
from polymodal.schema.table import Table

LEAST_ROWS = 8


def learners(table: Table, least: int = LEAST_ROWS) -> Table:
    """The rows that anything can be learnt from: a known label and something present; `least` of them at least.

    Raises FitError when they are too few, or a target does not vary over them.
    """
    known = np.zeros(len(table), dtype=bool)
    for name in table.schema.targets:
        labels = table.labels(name)
        if labels is None:
            raise FitError(f"the table has no column for target {name!r}")
        known |= labels.known_rows
    usable = known & table.present().any(axis=1)
    if usable.sum() < least:
        raise FitError(
            f"{int(usable.sum())} of {len(table)} rows have a known label and at least one readable cell; "
            f"at least {least} are needed"
        )
    chosen = table.take(np.flatnonzero(usable))
    for name, target in chosen.schema.targets.items():
        held = chosen.labels(name)
        assert held is not None
        if same := target.sameness(held):
            raise FitError(
                f"target {name!r} has {same} among the {len(chosen)} rows that can be learnt from; there is nothing to "
                "tell apart"
            )
    return chosen


def pairable(table: Table, hub: str | None = None, least: int = LEAST_ROWS) -> Table:
    """The rows that have anything; `least` of them have two modalities at least.

    Raises FitError when fewer do, and for modalities whose cells stand in no row with another one, or with the hub.
    """
    present = table.present()
    several = int((present.sum(axis=1) > 1).sum())
    if several < least:
        raise FitError(
            f"{several} of {len(table)} rows have cells of two modalities, which a shared space is learnt from; "
            f"at least {least} are needed"
        )
    hubs = present if hub is None else present[:, [table.schema.names.index(hub)]]
    alone = [
        f"{name!r} ({present[:, place].sum()} cells)"
        for place, name in enumerate(table.schema.names)
        if name != hub and present[:, place].any() and not (hubs[present[:, place]].sum(axis=1) > (hub is None)).any()
    ]
    if alone:
        other = "another modality" if hub is None else f"{hub!r}, the hub"
        raise FitError(
            f"no row has {' or '.join(alone)} together with {other}, so that nothing says where such cells belong in a "
            "shared space; bring rows that have both, or leave it out: Table.read(..., ignore=...)"
        )
    return table.take(np.flatnonzero(present.any(axis=1)))


def same_rows(table: Table, column: str, columns: Sequence[str] | None = None) -> np.ndarray:
    """`[N]` equal for rows with the same value in a column, -1 where it is empty.

    Raises SettingError for a column that the table does not have; `columns` is what could have been asked for, if the
    table does not hold them all.

    >>> same_rows(Table.read({"x": [1.0, 2.0, 3.0, 4.0], "kind": ["b", None, "a", "b"]}), "kind").tolist()
    [0, -1, 1, 0]
    """
    if column not in table.frame.columns:
        known = list(map(str, table.frame.columns if columns is None else columns))
        raise SettingError(f"same={column!r} is no column of the table. {near_miss(column, known)}")
    codes, _ = pd.factorize(table.frame[column])
    return np.asarray(codes, dtype=np.int64)


def settled(table: Table) -> Table:
    """The same rows, with what their targets read off them filled in, such as balanced class weights."""
    targets, weight = {}, table.weights()
    for name, target in table.schema.targets.items():
        labels = table.labels(name)
        targets[name] = target if labels is None else target.settle(labels, weight)
    return table.with_schema(table.schema.model_copy(update={"targets": targets}))


def refuse_unreadable(table: Table, limit: float) -> None:
    """Raise UnreadableError when more than a share `limit` of the filled cells of any column cannot be read.

    Raises SettingError for a limit that is no share.
    """
    if not (isinstance(limit, (int, float)) and 0 <= limit <= 1):
        raise SettingError(f"max_unreadable is a share from 0 to 1; {limit!r} came")
    over, faults = [], []
    for name in table.schema.names:
        cells = table.cells(name)
        by_column: dict[str, int] = {}
        counted: set[object] = set()
        for fault in cells.faults:
            if fault.item is not None and fault.row in counted:
                continue  # a cell of several items counts once
            counted.add(fault.row)
            by_column[fault.column] = by_column.get(fault.column, 0) + 1
        filled = int((cells.state > 0).sum())
        for column, count in by_column.items():
            if count > limit * filled:
                over.append(f"{column!r}: {count} of {filled}")
                faults += [fault for fault in cells.faults if fault.column == column]
    if over:
        raise UnreadableError(
            f"more than {100 * limit:.3g} % of the filled cells cannot be read in {', '.join(over)}. "
            "Mend them, leave the column out (ignore=), or raise max_unreadable.",
            faults,
        )
