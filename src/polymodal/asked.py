"""What somebody asks the model, as a table of its schema."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError, near_miss
from polymodal.schema.cells import is_absent
from polymodal.schema.dtypes import plain_spans
from polymodal.schema.items import objects
from polymodal.schema.modality import Modality
from polymodal.schema.read import read_frame
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.dataset import is_store
from polymodal.store.disk.store import Store
from polymodal.store.loader.part import Part, whole

_BLOCK = 4096  # rows of a store that are answered at once


def as_table(rows: Any, schema: Schema, files: str | os.PathLike[str] | None) -> tuple[Table, list[str]]:
    """Anything `predict` takes as a Table of the model's schema, and what differs from the schema, one sentence each.

    Of a store only the columns that the model knows are read. Raises SchemaError for a row that names what the model
    does not know, and for a table with none of its columns.
    """
    if is_store(rows):
        rows = Store.open(rows)
    if isinstance(rows, (Store, Part)):
        columns = (rows if isinstance(rows, Store) else rows.store).columns
        rows = rows.table(columns=[column for column in columns if schema.readers(column)], embedded=True)
    if isinstance(rows, Table):
        table = rows.with_schema(schema)
        if not table.frame.index.is_unique:  # faults are filed by label
            table = Table(table.frame.reset_index(drop=True), schema, table.files, table.embedded)
        return table, _differences(table.frame, schema)
    if isinstance(rows, pd.Series):  # one row of a frame
        rows = rows.to_dict()
    if isinstance(rows, Mapping) and not _is_columns(rows, schema):
        return Table(_frame_of_rows([rows], schema), schema, _folder(files)), []
    if isinstance(rows, Sequence) and not isinstance(rows, (str, bytes)) and all(isinstance(r, Mapping) for r in rows):
        return Table(_frame_of_rows(rows, schema), schema, _folder(files)), []
    frame, folder = read_frame(rows, files, least_rows=0)  # nobody asked is nobody answered
    return Table(frame, schema, folder), _differences(frame, schema)


def in_blocks(rows: Any, schema: Schema, files: str | os.PathLike[str] | None) -> Iterator[tuple[Table, list[str]]]:
    """What `as_table` gives, of a store some rows at a time, so that their cells are never all in memory."""
    if is_store(rows):
        rows = Store.open(rows)
    if not isinstance(rows, (Store, Part)) or len(rows) <= _BLOCK:
        yield as_table(rows, schema, files)
        return
    part = whole(rows) if isinstance(rows, Store) else rows
    names = part.names()
    columns = [column for column in part.store.columns if schema.readers(column)]
    for start in range(0, len(part), _BLOCK):
        places = np.arange(start, min(start + _BLOCK, len(part)))
        some = part.take(places, columns, embedded=True)
        index = names[places] if names.is_unique else pd.RangeIndex(start, start + len(places))
        some = Table(some.frame.set_axis(index, axis=0), some.schema, some.files, some.embedded)
        yield as_table(some, schema, files)


def as_training(rows: Any, more: Sequence[str] = ()) -> Any:
    """What `fit` is given, a store as the table in it, with the columns `more` if it has them."""
    if not isinstance(rows, (Store, Part)):
        return rows
    known = (rows if isinstance(rows, Store) else rows.store).columns
    columns = [*rows.schema.names, *(one for one in more if one in known and one not in rows.schema.names)]
    return rows.table(columns=columns, embedded=True)


def _differences(frame: pd.DataFrame, schema: Schema) -> list[str]:
    columns = list(frame.columns)
    differences = schema.differences(columns)
    reads = [source for name, one in schema.modalities.items() for source in one.sources(name)]
    if reads and not set(reads) & set(columns):
        raise SchemaError("the table has none of the columns that the model reads", differences[:20])
    for name, one in schema.modalities.items():
        there = [source for source in one.sources(name) if source in frame.columns]
        if there and len(frame) > 1 and frame[there].isna().to_numpy().all():
            differences.append(f"no row has {name!r}, which the model learnt from; all are answered without it")
    return differences


def _is_columns(rows: Mapping[str, Any], schema: Schema) -> bool:
    """A dict of columns rather than one row: every value is a list, and for some modality it is not one cell.

    A dict of nothing but empty lists is a row with nothing.
    """
    values = list(rows.values())
    if not values or not all(map(_is_column, values)):
        return False
    given_whole = any(name in rows and name not in one.sources(name) for name, one in schema.modalities.items())
    return not given_whole and any(
        any(source in rows for source in one.columns) or (name in rows and not _is_cell(name, one, rows[name]))
        for name, one in schema.modalities.items()
    )


def _is_cell(name: str, modality: Modality, value: Any) -> bool:
    """Whether a modality reads a list as one cell: numbers as a vector, words as a basket, points as a cloud."""
    return modality.many or bool(modality.read(name, pd.DataFrame({name: objects([value])}), None).present[0])


def _is_column(value: Any) -> bool:
    is_list = isinstance(value, (list, pd.Series)) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_list and len(value) > 0


def _frame_of_rows(rows: Sequence[Mapping[str, Any]], schema: Schema) -> pd.DataFrame:
    faults: list[str] = []
    expanded = [_expand(row, schema, faults) for row in rows]
    if faults:
        counted = [f"{fault} ({count} rows)" if count > 1 else fault for fault, count in Counter(faults).items()]
        raise SchemaError("a row names what the model was not fitted on", counted)
    columns = list(dict.fromkeys(column for row in expanded for column in row))
    cells = np.empty((len(rows), len(columns)), dtype=object)  # cells that are arrays stay cells
    for position, row in enumerate(expanded):
        for place, column in enumerate(columns):
            cells[position, place] = row.get(column)
    frame = pd.DataFrame(cells, index=range(len(rows)), columns=pd.Index(columns, dtype=object), dtype=object)
    spans = {column: plain for column in columns if (plain := plain_spans(frame[column])) is not None}
    return frame.assign(**spans)


def _expand(row: Mapping[str, Any], schema: Schema, faults: list[str]) -> dict[str, Any]:
    """One row by column: a modality made of columns may be given whole, as a list in their order or as a dict.

    What it names wrongly is added to `faults`.
    """
    reads = {source for name, one in schema.modalities.items() for source in one.sources(name)}
    known = reads | set(schema.roles.values()) | {c for n, t in schema.targets.items() for c in t.sources(n)}
    cells: dict[str, Any] = {}
    for key, value in row.items():
        one = schema.modalities.get(key)
        if one is not None and one.columns and key not in one.columns:
            if is_absent(value):
                continue
            if isinstance(value, Mapping):
                cells |= value
                faults += [f"{key!r} has no {c!r}. {near_miss(c, one.columns)}" for c in value if c not in one.columns]
            elif np.ndim(value) == 1 and len(value) == len(one.columns):
                cells |= dict(zip(one.columns, value, strict=True))
            else:
                faults.append(f"{key!r} takes {len(one.columns)} values or a dict of them; {np.shape(value)} came")
        elif key in known:
            cells[key] = value
        else:
            faults.append(f"no {key!r}. {near_miss(key, [*schema.modalities, *known][:200])}")
    return cells


def _folder(files: str | os.PathLike[str] | None) -> Path | None:
    return None if files is None else Path(files)
