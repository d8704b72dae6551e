"""Columns of a frame as columns on disk: numbers, dates and text as such, all other cells as bytes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import SchemaError
from polymodal.modalities._numbers import shown
from polymodal.schema.cells import Broken, is_absent
from polymodal.schema.schema import Schema
from polymodal.store.disk.cell import from_bytes, to_bytes
from polymodal.store.disk.views import views

KEY = b"polymodal"  # of what is ours in the metadata of a field and of a store
ROW, LABEL, STATES, FAULTS, SAME, CONTENT = "_row", "_label", "_states", "_faults", "_same_as", "_content"
SUMS = "_sums"
OURS = (ROW, LABEL, STATES, FAULTS, SAME, CONTENT, SUMS)
_WIDE = 64  # columns of one panel, from which on they are one column on disk
_NOT_ALLOWED = str.maketrans({".": "_", "`": "_", "\n": "_"})  # in names on disk and in conditions


@dataclass(frozen=True)
class Column:
    """A column on disk, and the columns of a frame that are in it.

    Attributes:
        name: on disk; that of the frame but for characters that cannot be there.
        form: "native" (numbers, truth values, dates), "text", "cells" (bytes), "panel" (many columns of numbers side by
            side) or "vector" (an array a row).
        type: in Arrow.
        columns: of the frame; several for a panel.
        modality: settings of a modality that was added with the column.
    """

    name: str
    form: str
    type: pa.DataType
    columns: tuple[str, ...]
    modality: Mapping[str, Any] | None = None

    @property
    def field(self) -> pa.Field:
        """The field of an Arrow schema that says all of this."""
        told: dict[str, Any] = {"form": self.form, "columns": list(self.columns)}
        if self.modality is not None:
            told["modality"] = dict(self.modality)
        return pa.field(self.name, self.type, metadata={KEY: json.dumps(told).encode()})

    @classmethod
    def of_field(cls, field: pa.Field) -> Column:
        """What `field` wrote."""
        told = json.loads(field.metadata[KEY])
        return cls(field.name, told["form"], field.type, tuple(told["columns"]), told.get("modality"))

    def to_arrow(self, frame: pd.DataFrame) -> pa.Array:
        """The cells of some rows; absent ones are null, and one that cannot be written down is `Broken`."""
        if self.form == "panel":
            wide = frame[list(self.columns)].to_numpy()
            flat = pa.array(np.ascontiguousarray(wide).ravel())
            return pa.FixedSizeListArray.from_arrays(flat, len(self.columns)).cast(self.type)
        values = frame[self.columns[0]]
        if self.form == "cells":
            return pa.array([None if is_absent(raw) else _written(raw) for raw in values.tolist()], self.type)
        plain = values.astype(object) if isinstance(values.dtype, pd.CategoricalDtype) else values
        return pa.array(plain, self.type, from_pandas=True)

    def to_pandas(self, cells: pa.ChunkedArray) -> dict[str, Any]:
        """Columns of a frame by name."""
        if self.form == "panel":
            wide = cells.combine_chunks()
            values = wide.flatten().to_numpy(zero_copy_only=False).reshape(len(wide), len(self.columns))
            return {column: values[:, place] for place, column in enumerate(self.columns)}
        if self.form in ("cells", "vector"):
            restored = np.empty(len(cells), dtype=object)
            if self.form == "cells":
                for row, data in enumerate(views(cells)):
                    restored[row] = None if data is None else _restored(data)
            else:
                kind = self.type.value_type.to_pandas_dtype()
                for row, values in enumerate(cells):
                    restored[row] = np.asarray(values.as_py(), dtype=kind) if values.is_valid else None
            return {self.columns[0]: pd.Series(restored, dtype=object)}
        return {self.columns[0]: cells.to_pandas()}


def plan(frame: pd.DataFrame, schema: Schema, heavy: Mapping[str, str], ignored: Collection[str]) -> list[Column]:
    """The columns on disk of a frame: what the schema reads, and what else is a number, a date or text.

    `heavy` are columns of which the frame holds samples only, and their form. Raises SchemaError for names that a store
    uses itself.
    """
    taken = [column for column in frame.columns if column in OURS]
    if taken:
        raise SchemaError(f"a store has columns of its own named {', '.join(taken)}; rename yours")
    files = {name for name, one in schema.modalities.items() if (one.reads_files or one.many) and not one.columns}
    names = _names(frame.columns)
    planned = _panels(frame, schema, names, heavy)
    packed = {column for one in planned for column in one.columns}
    for column in frame.columns:
        if column in packed or column in ignored:
            continue
        values = frame[column]
        if column in heavy or column in files:
            form = "cells" if column in files else heavy[column]
            found = form, pa.large_string() if form == "text" else pa.large_binary()
        else:
            found = form_of(values)
        if found[0] == "cells" and not schema.readers(column):
            continue  # what nobody reads is kept where it may help to choose rows, and no further
        planned.append(Column(names[column], *found, (column,)))
    return planned


def form_of(values: pd.Series) -> tuple[str, pa.DataType]:
    """The form of a column on disk and its type in Arrow.

    >>> form_of(pd.Series([1.5, None])), form_of(pd.Series(["a", [1]], dtype=object))[0]
    (('native', DataType(double)), 'cells')
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return form_of(pd.Series(dtype.categories)) if len(dtype.categories) else ("text", pa.large_string())
    if isinstance(dtype, pd.DatetimeTZDtype) or (isinstance(dtype, np.dtype) and dtype.kind in "biufmM"):
        return "native", pa.array(values.iloc[:0]).type
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "boolean":
        return "native", pa.bool_()
    if kind == "date":
        return "native", pa.date32()
    if kind == "string":
        try:
            pa.array(values, pa.large_string(), from_pandas=True)
            return "text", pa.large_string()
        except (pa.ArrowException, UnicodeEncodeError):  # half a surrogate pair, as broken exports hold
            pass
    return "cells", pa.large_binary()


def frame_of(table: pa.Table, columns: Sequence[Column], index: pd.Index) -> pd.DataFrame:
    """The rows of an Arrow table as a frame whose rows are called as in `index`."""
    held: dict[str, Any] = {}
    for one in columns:
        held |= one.to_pandas(table[one.name])
    series = {name: pd.Series(values) for name, values in held.items()}
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(len(index)))
    frame.columns = pd.Index(list(held), dtype=object)
    return frame.set_axis(index, axis=0)


def _names(columns: Iterable[str]) -> dict[str, str]:
    """The name on disk of each column; two that would be the same are told apart by a number."""
    given: dict[str, str] = {}
    taken = set(columns)
    for column in columns:
        name = column.translate(_NOT_ALLOWED)
        if name != column:
            tries = (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3)))
            name = next(one for one in tries if one not in taken)
            taken.add(name)
        given[column] = name
    return given


def _panels(frame: pd.DataFrame, schema: Schema, names: Mapping[str, str], heavy: Mapping[str, str]) -> list[Column]:
    """Wide groups of numbers, which as columns of their own would each cost as much as a file."""
    panels, packed = [], set[str]()
    for one in schema.modalities.values():
        plain = [
            column
            for column in one.columns
            if column in frame.columns and column not in heavy and frame[column].dtype.kind == "f"
        ]
        kinds = {frame[column].dtype for column in plain}
        if len(plain) < _WIDE or len(kinds) > 1 or packed & set(plain) or kinds == {np.dtype(np.float16)}:
            continue
        kind = pa.list_(pa.from_numpy_dtype(kinds.pop()), len(plain))
        name = names[plain[0]] + "_and_more"
        while name in names.values():
            name += "_"
        panels.append(Column(name, "panel", kind, tuple(plain)))
        packed |= set(plain)
    return panels


def _restored(data: memoryview) -> Any:
    try:
        return from_bytes(data)
    except ValueError as error:
        return Broken(str(error))


def _written(raw: Any) -> bytes:
    try:
        return to_bytes(raw)
    except TypeError:
        return to_bytes(Broken(shown(raw)))
