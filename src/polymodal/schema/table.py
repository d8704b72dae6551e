"""Table: rows of raw cells and what they are; each cell present, absent or unreadable, decoded when first asked for."""

from __future__ import annotations

import html
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import CellError, SchemaError, SettingError, near_miss
from polymodal.schema.cells import Cells
from polymodal.schema.inference import infer_schema
from polymodal.schema.numeric import to_numbers
from polymodal.schema.read import read_frame
from polymodal.schema.report import TableReport
from polymodal.schema.schema import Schema
from polymodal.schema.splitting import Splitting
from polymodal.schema.target import Labels


class Table(Splitting):
    """`n` rows of raw cells, their schema, and the folder that path cells start from.

    The frame is never changed, neither here nor by what reads it. `Table(frame, schema)` infers nothing;
    `Table.read` does.

    >>> table = Table.read({"age": [71, 30, None], "note": ["chest pain", None, None], "died": ["no", "yes", None]},
    ...                    target="died")
    >>> table
    Table(3 rows; note (text), tabular (tabular); target died (category))
    >>> table.present().tolist()
    [[True, True], [False, True], [False, False]]
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        schema: Schema,
        files: Path | None = None,
        embedded: Mapping[tuple[str, str], np.ndarray] | None = None,
    ) -> None:
        self.frame, self.schema, self.files = frame, schema, files
        self.embedded = embedded or {}  # by modality and key: vectors of a pretrained encoder, None where there is none
        self._cells: dict[str, Cells] = {}

    @classmethod
    def read(
        cls,
        source: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        target: Any = None,
        id: str | None = None,
        group: str | None = None,
        time: str | None = None,
        weight: str | None = None,
        types: Mapping[str, Any] | None = None,
        ignore: str | Iterable[str] = (),
    ) -> Table:
        """A table from a file, a folder or rows in memory; what is not declared is inferred, with the reason kept.

        Args:
            source: a path (`.csv`, `.tsv`, `.parquet`, or a folder that holds one such file), a pandas or polars
                DataFrame, an Arrow table or anything else with `__arrow_c_stream__`, a dict of columns, or a list of
                dicts, one a row. In delimited text an empty cell is absent; words such as `NA`, `None` and `null` are
                absent in columns of numbers, truth values or dates, and text in columns of text.
            files: the folder path cells start from; for a table file, its own folder unless given.
            target: a column (its kind is inferred), a Target, a list of those, or a dict of name to Target.
            id: the column that names a row or, where it repeats, the thing that several rows belong to.
            group: the column of what must not be torn apart by a split, such as the hospital.
            time: the column that orders the rows, for `split(by="time")`.
            weight: the column of row weights.
            types: modality by name, where inference is not wanted: `pm.Series(rate=500)`, `"image"`,
                `pm.Vector(prefix="rna_")`, `pm.Tabular(columns=("age", "sex"))`.
            ignore: columns to leave out.

        Raises DataError for a source that cannot be read, SchemaError (all faults at once) for what does not fit it.
        """
        roles = {"id": id, "group": group, "time": time, "weight": weight}
        named = [str(column) for column in roles.values() if column is not None]
        frame, folder = read_frame(source, files, named)
        schema = infer_schema(frame, folder, target=target, roles=roles, types=types, ignore=ignore)
        table = cls(frame, schema, folder)
        table.weights()
        return table

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        inputs = [f"{name} ({one.label})" for name, one in self.schema.modalities.items()]
        targets = [f"{name} ({one.kind})" for name, one in self.schema.targets.items()]
        more = [f"... {len(inputs) - 8} more"] if len(inputs) > 8 else []
        learnt = f"; target {', '.join(targets)}" if targets else ""
        return f"Table({len(self)} row{'s' * (len(self) != 1)}; {', '.join(inputs[:8] + more)}{learnt})"

    def _repr_html_(self) -> str:
        some = self.frame.head(10).to_html(max_cols=20, notebook=True)
        more = f"<p>... and {len(self) - 10} more rows</p>" if len(self) > 10 else ""
        return f"<p>{html.escape(repr(self))}</p>{some}{more}"

    def take(self, rows: Any) -> Table:
        """Some rows, by position or by a bool mask `[N]`, in the order asked for; what was decoded stays so.

        Raises SettingError for a position that is not there and for a mask of another length.
        """
        rows = np.asarray(rows)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise SettingError(f"a mask of {list(rows.shape)} does not fit a table of {len(self)} rows")
            rows = np.flatnonzero(rows)
        if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
            raise SettingError(
                f"rows are positions or a mask, one dimension of them; {rows.dtype} {list(rows.shape)} came"
            )
        beyond = rows[(rows < -len(self)) | (rows >= len(self))]
        if len(beyond):
            raise SettingError(f"no row at position {beyond[0]}; the table has {len(self)} rows, counted from 0")
        rows = rows.astype(np.int64)
        embedded = {key: vectors[rows] for key, vectors in self.embedded.items()}
        taken = Table(self.frame.iloc[rows], self.schema, self.files, embedded)
        if self.frame.index.is_unique:
            taken._cells = {name: cells.taken(rows, self.frame.index) for name, cells in self._cells.items()}
        return taken

    def with_schema(self, schema: Schema) -> Table:
        """The same rows read by another schema; columns it lacks are absent, columns beyond it unused."""
        table = Table(self.frame, schema, self.files, self.embedded)
        kept = self.schema.modalities
        table._cells = {n: c for n, c in self._cells.items() if schema.modalities.get(n) == kept.get(n)}
        return table

    def without(self, hidden: np.ndarray) -> Table:
        """The same rows with some cells gone: `hidden [N, M]` bool, modalities in the order of `schema.names`.

        What is no longer there is a null in the frame, all columns of a group with it; what was decoded stays so.
        Raises SettingError for a mask that does not fit, SchemaError where a column is not the modality's own.
        """
        shape = (len(self), len(self.schema.names))
        hidden = np.asarray(hidden)
        if hidden.shape != shape or hidden.dtype != bool:
            raise SettingError(f"hidden is a bool mask of {list(shape)}; {hidden.dtype} of {list(hidden.shape)} came")
        frame = self.frame.copy(deep=False)
        gone = {name: hidden[:, place] for place, name in enumerate(self.schema.names) if hidden[:, place].any()}
        for name, rows in gone.items():
            for column in self.schema.modalities[name].sources(name):
                others = self.schema.readers(column) - {name}
                if others:
                    raise SchemaError(
                        f"modality {name!r} cannot be hidden: its column {column!r} is read by {sorted(others)} too"
                    )
                if column in frame.columns:
                    kept = frame[column] if frame[column].dtype.kind == "f" else frame[column].astype(object)
                    frame[column] = kept.where(~rows, None)
        table = Table(frame, self.schema, self.files)
        table._cells = {n: c.without(gone[n], frame.index) if n in gone else c for n, c in self._cells.items()}
        return table

    def over(self, frame: pd.DataFrame, changed: Collection[str]) -> Table:
        """The same rows read from another frame, in which only the modalities `changed` have other cells."""
        table = Table(frame, self.schema, self.files)
        table._cells = {name: cells for name, cells in self._cells.items() if name not in changed}
        return table

    def with_cells(self, cells: Mapping[str, Cells]) -> Table:
        """The same rows, of some modalities of which the cells are known already."""
        table = Table(self.frame, self.schema, self.files, self.embedded)
        table._cells = {**self._cells, **cells}
        return table

    def cells(self, name: str) -> Cells:
        """The cells of one modality, decoded once and kept. Raises SchemaError for a name the schema lacks."""
        if name not in self._cells:
            if name not in self.schema.modalities:
                raise SchemaError(f"no modality {name!r}. {near_miss(name, self.schema.names)}")
            self._cells[name] = self.schema.modalities[name].read(name, self.frame, self.files)
        return self._cells[name]

    def labels(self, target: str) -> Labels | None:
        """The labels of one target, or None when the table has none of its columns.

        Raises SchemaError for a name the schema lacks and for labels that cannot be.
        """
        if target not in self.schema.targets:
            raise SchemaError(f"no target {target!r}. {near_miss(target, self.schema.targets)}")
        one = self.schema.targets[target]
        if not any(column in self.frame.columns for column in one.sources(target)):
            return None
        return one.read(target, self.frame)

    def role(self, role: str) -> pd.Series | None:
        """The column of a role: "id", "group", "time" or "weight"; None where there is none."""
        column = self.schema.roles.get(role)
        return None if column is None or column not in self.frame.columns else self.frame[column]

    def row_names(self) -> np.ndarray:
        """`[N]` what rows are called: the id column, or else the labels of the frame."""
        column = self.role("id")
        return (self.frame.index if column is None else column).to_numpy()

    def weights(self) -> np.ndarray | None:
        """`[N]` float64 row weights, or None without a weight column.

        Raises SchemaError that lists weights that are not finite numbers from 0, or says that all are 0.
        """
        column = self.role("weight")
        if column is None:
            return None
        weights = to_numbers(column).to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
        if len(wrong):
            raws = column.astype(object).where(column.notna(), None).tolist()
            faults = [f"row {self.frame.index[row]}: {raws[row]!r}" for row in wrong[:20]]
            more = [f"and {len(wrong) - 20} more"] if len(wrong) > 20 else []
            raise SchemaError(f"weight column {column.name!r}: weights are finite numbers from 0", faults + more)
        if not weights.any():
            raise SchemaError(f"weight column {column.name!r} is 0 in every row; nothing would be learnt from")
        return weights

    def present(self) -> np.ndarray:
        """`[N, M]` bool, modalities in the order of `schema.names`."""
        columns = [self.cells(name).present for name in self.schema.names]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self), 0), dtype=bool)

    def faults(self) -> list[CellError]:
        """Every cell that cannot be read, with its row, column and path."""
        return [fault for name in self.schema.names for fault in self.cells(name).faults]

    def report(self) -> TableReport:
        """What is in the table and what is wrong with it; decodes every cell."""
        return TableReport.of(self)
