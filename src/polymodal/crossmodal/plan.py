"""What of rows goes into an index on disk: their names, what conditions are about, and a vector of each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from polymodal.crossmodal.directions import Directions
from polymodal.crossmodal.shelf import NAME, PLACE, Shelf, listed
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import SchemaError, SettingError
from polymodal.schema.table import Table
from polymodal.store.disk.columns import Column, form_of

Part = tuple[Table, Vectors, np.ndarray | None]  # rows, their cells, and their places in a store
_KEPT = ("native", "text")
_NOT_ALLOWED = str.maketrans({".": "_", "`": "_", "\n": "_"})


@dataclass(frozen=True)
class Plan:
    """The columns of an index on disk.

    Attributes:
        columns: of conditions.
        modalities: by name, its columns of vectors: "centred", and "whole" where the space is searched by those too.
        middles: by modality `[E]`.
        is_numbered: whether rows are called by whole numbers.
    """

    columns: Sequence[Column]
    modalities: Mapping[str, Mapping[str, str | None]]
    middles: Mapping[str, np.ndarray]
    is_numbered: bool

    @classmethod
    def of(cls, columns: Sequence[Column], names: np.ndarray, directions: Directions) -> Plan:
        """Of conditions on those columns, and of all modalities that have a middle."""
        is_joint = directions.contrast.is_joint
        modalities = {
            name: {"centred": f"_cell_{place}", "whole": f"_whole_{place}" if is_joint else None}
            for place, name in enumerate(directions.middles)
        }
        kept = [one for one in columns if one.form in _KEPT and len(one.columns) == 1]
        is_numbered = all(isinstance(one, (int, np.integer)) and not isinstance(one, bool) for one in names.tolist())
        return cls(kept, modalities, directions.middles, is_numbered)

    @classmethod
    def of_table(cls, table: Table, vectors: Vectors, directions: Directions) -> Plan:
        """Of all columns of a table that hold numbers, dates or text. Raises SchemaError for rows that share a name."""
        if len(set(vectors.names.tolist())) < len(vectors):
            raise SchemaError("rows of an index on disk need names of their own; give the table an id, or none")
        columns = [
            Column(str(name).translate(_NOT_ALLOWED), *form_of(table.frame[name]), (name,))
            for name in table.frame.columns
        ]
        return cls.of(columns, vectors.names, directions)

    @classmethod
    def of_shelf(cls, shelf: Shelf) -> Plan:
        """Of one that is there."""
        told = shelf.told
        types = {one.name: one.type for one in shelf.dataset.schema}
        columns = [
            Column(name, "text" if types[name] == pa.large_string() else "native", types[name], (column,))
            for name, column in told["columns"].items()
        ]
        middles = {name: np.array(one["middle"], np.float32) for name, one in told["modalities"].items()}
        modalities = {
            name: {kind: one[kind] for kind in ("centred", "whole")} for name, one in told["modalities"].items()
        }
        return cls(columns, modalities, middles, pa.types.is_integer(types[NAME]))

    @property
    def schema(self) -> pa.Schema:
        """Of the rows on disk."""
        fields = [pa.field(NAME, pa.int64() if self.is_numbered else pa.large_string()), pa.field(PLACE, pa.int64())]
        fields += [pa.field(one.name, one.type) for one in self.columns]
        for name, kinds in self.modalities.items():
            type_ = pa.list_(pa.float32(), len(self.middles[name]))
            fields += [pa.field(column, type_) for column in kinds.values() if column is not None]
        return pa.schema(fields)

    def told(self, key: str) -> dict[str, Any]:
        """What is written down with the rows; `key` is that of the space."""
        modalities = {
            name: {**kinds, "middle": np.asarray(self.middles[name], np.float32).tolist()}
            for name, kinds in self.modalities.items()
        }
        return {"key": key, "modalities": modalities, "columns": {one.name: one.columns[0] for one in self.columns}}


def batches(parts: Iterable[Part], plan: Plan, directions: Directions) -> Iterator[pa.RecordBatch]:
    """Rows as they are on disk. Raises SettingError for values that are of another kind than those that are there."""
    for table, vectors, places in parts:
        n = len(vectors)
        arrays = [_names(vectors.names, plan), pa.array([None] * n if places is None else places, pa.int64())]
        arrays += [_values(table, one, n) for one in plan.columns]
        for name, kinds in plan.modalities.items():
            values = vectors.values.get(name, np.zeros((0, len(plan.middles[name])), np.float32))
            rows = vectors.rows.get(name, np.zeros(0, np.int64))
            arrays.append(listed(directions.centred(name, values), rows, n))
            if kinds["whole"] is not None:
                arrays.append(listed(values, rows, n))
        yield pa.record_batch(arrays, schema=plan.schema)


def _names(names: np.ndarray, plan: Plan) -> pa.Array:
    if not plan.is_numbered:
        return pa.array(list(map(str, names.tolist())), pa.large_string())
    try:
        return pa.array(names.tolist(), pa.int64())
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SettingError(f"rows of the index are called by whole numbers; others came: {error}") from error


def _values(table: Table, one: Column, n: int) -> pa.Array:
    column = one.columns[0]
    if column not in table.frame.columns:
        return pa.nulls(n, one.type)
    try:
        return one.to_arrow(table.frame[[column]])
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SettingError(f"column {column!r} of the index holds {one.type}; others came: {error}") from error
