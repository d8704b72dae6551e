"""Rows that a loader reads: of a store, some at a time, or of a table, brought into the same form in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import ArtifactError, SettingError
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.batch import Layout, prepared
from polymodal.store.disk.columns import FAULTS, LABEL, ROW, STATES, SUMS, Column, plan
from polymodal.store.disk.places import Places
from polymodal.store.disk.store import Store
from polymodal.store.loader.marks import Marks

_AT_ONCE = 512  # rows of a table brought into form at once


class Rows(ABC):
    """N rows in columns.

    Attributes:
        schema: of the rows.
        columns: on disk, or as they would be there.
        first: the modalities whose state was noted as the rows came in, in that order.
    """

    schema: Schema
    columns: Sequence[Column]
    first: Sequence[str]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, places: np.ndarray, names: Sequence[str]) -> pa.Table:
        """The rows at ascending places, each once, with the columns `names`."""

    @abstractmethod
    def scan(self, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
        """All rows in order, some at a time, with a few of the columns."""

    @abstractmethod
    def meeting(self, where: str) -> np.ndarray:
        """`[n]` ascending places of the rows that meet a condition. Raises SettingError for one that cannot be."""

    @abstractmethod
    def states(self) -> np.ndarray:
        """`[N, M]` int8, whether each cell is absent (0), present (1) or unreadable (2)."""

    @property
    @abstractmethod
    def named(self) -> str:
        """The column that says what rows are called."""

    def names_of(self, read: pa.Table) -> pd.Index:
        """What rows are called, where `named` was read."""
        cells = read[self.named]
        if self.named == ROW:
            return pd.Index(cells.to_numpy())
        return pd.Index(Column.of_field(read.schema.field(LABEL)).to_pandas(cells)[LABEL])

    def damaged(self, places: np.ndarray, read: pa.Table) -> Mapping[str, np.ndarray]:
        """By modality, which of the rows that were read (by position) hold another cell than came in.

        Raises ArtifactError where labels or roles are not what came in.
        """
        return {}

    def checked(self, places: np.ndarray) -> Sequence[str]:
        """The columns that `damaged` needs besides those of cells: the sums, then what labels and roles need."""
        return ()

    def called(self, places: np.ndarray) -> list[Any]:
        """What the rows at ascending places are called."""
        found: list[Any] = self.names_of(self.read(places, [self.named])).tolist()
        return found

    def noted(self, places: np.ndarray) -> list[list[dict[str, str | None]]]:
        """What was noted of the unreadable cells of rows at ascending places as they came in."""
        return [found or [] for found in self.read(places, [FAULTS])[FAULTS].to_pylist()]


class StoreRows(Rows):
    """The rows of a store, which it opens again in another process."""

    def __init__(self, store: Store) -> None:
        if not store.is_complete:
            raise ArtifactError(
                f"{store.uri} is incomplete: making it was cut off. Call Store.create again with the same source first"
            )
        self.store, self.schema, self.columns = store, store.schema, store._columns
        self.first = sorted(store._record.schema["modalities"])
        self._dataset, self._places = store._dataset, Places(store._dataset)
        self._count = len(store)
        self._sound = Marks(self._count)  # rows whose cells were held against their sums

    def __len__(self) -> int:
        return self._count

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.store.uri, self.store.version, self.store._options)

    @property
    def named(self) -> str:
        return self.store.reading.named

    def read(self, places: np.ndarray, names: Sequence[str]) -> pa.Table:
        try:
            return self._places.read(places, names)
        except OSError as error:
            raise ArtifactError(f"{self.store.uri} is damaged and cannot be read: {error}") from error

    def checked(self, places: np.ndarray) -> Sequence[str]:
        return () if self._sound.have(places) else self.store.reading.checked  # once is enough

    def damaged(self, places: np.ndarray, read: pa.Table) -> Mapping[str, np.ndarray]:
        found: dict[str, list[np.ndarray]] = {}
        start = 0
        if SUMS not in read.schema.names:
            return {}
        for piece in read.to_batches():
            own = slice(start, start + len(piece))
            if not self._sound.have(places[own]):
                broken = self.store.reading.damaged(pa.Table.from_batches([piece]))
                if not broken:
                    self._sound.add(places[own])
                for name, rows in broken.items():
                    found.setdefault(name, []).append(start + rows)
            start += len(piece)
        return {name: np.concatenate(rows) for name, rows in found.items()}

    def scan(self, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
        yield from self._dataset.to_batches(columns=[one.name for one in columns], scan_in_order=True)

    def meeting(self, where: str) -> np.ndarray:
        try:
            return self._places.where(self.store.reading.condition(where) or where)
        except ValueError as error:
            raise SettingError(
                f"where={where!r} is not understood: {str(error).split(', /')[0]}. "
                f"Columns: {', '.join(one.name for one in self.columns if one.form in ('native', 'text'))}"
            ) from error

    def states(self) -> np.ndarray:
        return self.store.states()


class TableRows(Rows):
    """The rows of a table, read and checked once, their files with them."""

    def __init__(self, table: Table) -> None:
        self.schema, self.first = table.schema, table.schema.names
        frame = table.frame.set_axis(pd.RangeIndex(len(table)), axis=0)
        self.columns = plan(frame, table.schema, {}, ())
        self._names = table.frame.index
        layout = Layout(table.schema, self.columns, None, table.files)
        pieces = [
            prepared(frame.iloc[start : start + _AT_ONCE], np.arange(start, min(start + _AT_ONCE, len(frame))), layout)
            for start in range(0, max(len(frame), 1), _AT_ONCE)
        ]
        self._held = pa.concat_tables([pa.table(one.arrays) for one in pieces])

    def __len__(self) -> int:
        return len(self._held)

    @property
    def named(self) -> str:
        return ROW

    def names_of(self, read: pa.Table) -> pd.Index:
        return self._names[read[ROW].to_numpy()]

    def read(self, places: np.ndarray, names: Sequence[str]) -> pa.Table:
        return self._held.select(list(names)).take(pa.array(places))

    def scan(self, columns: Sequence[Column]) -> Iterator[pa.RecordBatch]:
        yield from self._held.select([one.name for one in columns]).to_batches()

    def meeting(self, where: str) -> np.ndarray:
        raise SettingError("where= chooses rows of a store; choose those of a table with table.take(mask)")

    def states(self) -> np.ndarray:
        return states_in(self._held[STATES], len(self.schema.names))


def states_in(noted: pa.ChunkedArray, width: int) -> np.ndarray:
    """`[n, width]` int8 of the digits noted for each row."""
    cells = noted.combine_chunks()
    digits = np.frombuffer(cells.buffers()[2] or b"", dtype=np.uint8)
    start = np.frombuffer(cells.buffers()[1], dtype=np.int32)[cells.offset] if len(cells) else 0
    return (digits[start : start + len(cells) * width].reshape(len(cells), width) - ord("0")).astype(np.int8)


def _reopened(uri: str, version: int, options: Mapping[str, str] | None) -> StoreRows:
    return StoreRows(Store.open(uri, version, options))
