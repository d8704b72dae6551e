"""Whether the rows of a source are of the kind that a store holds, with every difference in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa

from polymodal.errors import SchemaError
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.columns import Column, form_of
from polymodal.store.disk.reading import Reading
from polymodal.store.disk.sources._rows import Rows


def fits(reading: Reading, rows: Rows, schema: Schema | None) -> list[Column]:
    """The columns on disk that the source fills; what nobody reads, and what came later, may be empty in new rows.

    Args:
        reading: of the store.
        rows: of the source.
        schema: of the source, where it is a Table.

    Raises SchemaError that lists every difference.
    """
    frame = rows.frame
    faults = [] if schema is None else list(_differing(reading.first, schema))
    filled = []
    for one in reading.columns:
        gone = [column for column in one.columns if column not in frame.columns]
        if not gone:
            filled.append(one)
            faults += _of_type(one, rows)
        elif any(reading.first.readers(column) for column in gone):
            faults.append(f"{_named(gone)} not there")
    held = {column for one in reading.columns for column in one.columns} | reading.first.reasons.keys()
    beyond = [column for column in frame.columns if column not in held and column not in rows.heavy]
    kept = [column for column in beyond if form_of(frame[column])[0] != "cells"]
    if kept:
        faults.append(f"{_named(kept)} not in the store; leave out what is beyond it, or make the store anew")
    if not faults:
        faults += _unfit_labels(reading.first, rows)
    if faults:
        raise SchemaError(f"these rows are not of the kind that {reading.uri} holds", faults)
    return filled


def with_dates(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """The frame, its dates as dates where the store has them and text (ISO 8601) came, as `pd.read_csv` leaves them."""
    changed = {}
    for one in columns:
        name = one.columns[0]
        if not pa.types.is_temporal(one.type) or name not in frame.columns or frame[name].dtype.kind == "M":
            continue
        known = frame[name].dropna()
        if not len(known) or not all(isinstance(value, str) for value in known):
            continue
        try:
            read = pd.to_datetime(frame[name], format="ISO8601")
        except ValueError:
            continue  # told as a column of another type
        changed[name] = read.dt.date.astype(object) if pa.types.is_date(one.type) else read
    return frame.assign(**changed) if changed else frame


def _differing(there: Schema, here: Schema) -> Iterator[str]:
    for what, ours, theirs in (
        ("modality", {n: (one.label, one.sources(n)) for n, one in there.modalities.items()},
         {n: (one.label, one.sources(n)) for n, one in here.modalities.items()}),
        ("target", {n: (one.kind, one.sources(n)) for n, one in there.targets.items()},
         {n: (one.kind, one.sources(n)) for n, one in here.targets.items()}),
    ):  # fmt: skip
        for name in sorted({*ours, *theirs}):
            if name not in theirs:
                yield f"{what} {name!r} ({ours[name][0]} in the store) is not in the table"
            elif name not in ours:
                yield f"{what} {name!r} ({theirs[name][0]} in the table) is not in the store"
            elif ours[name][0] != theirs[name][0]:
                yield f"{what} {name!r} is {ours[name][0]} in the store and {theirs[name][0]} in the table"
            elif ours[name][1] != theirs[name][1]:
                listed = [", ".join(map(repr, sources[1])) for sources in (ours[name], theirs[name])]
                yield f"{what} {name!r} reads {listed[0]} in the store and {listed[1]} in the table"
    for role in sorted({*there.roles, *here.roles}):
        if there.roles.get(role) != here.roles.get(role):
            yield f"{role} is {there.roles.get(role)!r} in the store and {here.roles.get(role)!r} in the table"


def _of_type(column: Column, rows: Rows) -> list[str]:
    """Whether all cells of a column can be written; those that stay on disk are looked at when they come in."""
    name = column.columns[0]
    if column.form == "cells":
        return []
    if name in rows.heavy:
        is_same = rows.heavy[name] == column.form
        return [] if is_same else [f"column {name!r} is {column.type} in the store, and cells of another kind came"]
    try:
        column.to_arrow(rows.frame)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        return [f"column {name!r} is {column.type} in the store: {str(error).splitlines()[0]}"]
    return []


def _unfit_labels(schema: Schema, rows: Rows) -> list[str]:
    """Labels and weights that the targets of the store do not know."""
    table, found = Table(rows.frame, schema, rows.files), []
    for name in schema.targets:
        try:
            table.labels(name)
        except SchemaError as error:
            found.append(str(error))
    try:
        table.weights()
    except SchemaError as error:
        found.append(str(error))
    return found


def _named(columns: Sequence[str]) -> str:
    listed = ", ".join(map(repr, columns[:10])) + (f" and {len(columns) - 10} more" if len(columns) > 10 else "")
    return f"column {listed} is" if len(columns) == 1 else f"columns {listed} are"
