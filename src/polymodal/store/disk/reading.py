"""From rows on disk to a Table: which columns are read, what rows are called, and each cell held against its sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import ArtifactError, SchemaError, SettingError, near_miss
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.columns import FAULTS, LABEL, ROW, SUMS, Column, frame_of
from polymodal.store.disk.embedded import Embedded, embedded_in
from polymodal.store.disk.record import Record, schema_of
from polymodal.store.disk.sums import Sums, without_damaged
from polymodal.store.disk.vectors import Vectors


@dataclass(frozen=True)
class Reading:
    """The rows of a Lance dataset as those of tables.

    Attributes:
        dataset: of Lance.
        uri: of the store.
        record: what the store says of itself.
        columns: on disk, those of cells.
    """

    dataset: Any
    uri: str
    record: Record
    columns: Sequence[Column]

    @cached_property
    def schema(self) -> Schema:
        """What each column is."""
        return schema_of(self.record, list(self.columns), self.uri)

    @cached_property
    def first(self) -> Schema:
        """The schema of the store as it was made."""
        return schema_of(self.record, [], self.uri)

    @cached_property
    def sums(self) -> Sums:
        """What of a row was summed up together."""
        return Sums.of(self.first, self.columns, self.named)

    @cached_property
    def vectors(self) -> Vectors:
        """What `embed` kept."""
        schema = self.dataset.schema
        kept = embedded_in(schema, self.uri)
        return Vectors(self.first, self.columns, self.sums, kept, is_summed=SUMS in schema.names)

    @property
    def named(self) -> str:
        """The column on disk that says what rows are called."""
        return LABEL if LABEL in self.dataset.schema.names else ROW

    def all(self, where: str | None, columns: str | Sequence[str] | None, *, embedded: bool) -> Table:
        """See `Store.table`."""
        chosen, schema, kept = self._wanted(columns, embedded)
        try:
            read = self.dataset.to_table(columns=self.reads(chosen, kept), filter=self.condition(where))
        except ValueError as error:
            if where is None:
                raise ArtifactError(f"{self.uri} cannot be read: {error}") from error
            raise SettingError(
                f"where={where!r} is not understood: {str(error).split(', /')[0]}. "
                f"Columns: {', '.join(one.name for one in self.columns if one.form in ('native', 'text'))}"
            ) from error
        except OSError as error:
            raise ArtifactError(f"{self.uri} is damaged and cannot be read: {error}") from error
        if not len(read):
            raise SchemaError(f"no row of the store meets where={where!r}" if where else "the store has no rows")
        return self.table(read, chosen, schema, kept)

    def some(self, rows: Sequence[int] | np.ndarray, columns: str | Sequence[str] | None, *, embedded: bool) -> Table:
        """See `Store.take`."""
        places, count = np.asarray(rows, dtype=np.int64).ravel(), int(self.dataset.count_rows())
        if len(places) and not (places.min() >= 0 and places.max() < count):
            raise SettingError(f"places run from 0 to {count - 1}; {places.min()} to {places.max()} came")
        chosen, schema, kept = self._wanted(columns, embedded)
        read = self.dataset.take(places.tolist(), columns=self.reads(chosen, kept))
        return self.table(read, chosen, schema, kept)

    def reads(self, chosen: Sequence[Column], kept: Sequence[Embedded] = ()) -> list[str]:
        """The columns on disk that `table` needs."""
        noted = [SUMS] if SUMS in self.dataset.schema.names else []
        vectors = [name for one in kept for name in (one.name, one.sums)]
        return [self.named, *noted, *(one.name for one in chosen), *vectors]

    def table(self, read: pa.Table, chosen: Sequence[Column], schema: Schema, kept: Sequence[Embedded] = ()) -> Table:
        """Rows as they were read from disk, each cell held against what was noted as it came in."""
        frame = frame_of(read, chosen, self._index(read))
        if SUMS in read.schema.names:
            frame = without_damaged(frame, self.sums.damaged(read), self.first, self.uri)
        return Table(frame, schema, embedded=self.vectors.of_rows(kept, read))

    @property
    def checked(self) -> tuple[str, ...]:
        """The columns on disk that `damaged` needs: the sums, and after them what labels and roles need."""
        return (SUMS, *self.sums.groups[-1]) if self.vectors.is_summed else ()

    def damaged(self, read: pa.Table) -> Mapping[str, np.ndarray]:
        """By modality the positions of rows that were read from disk and hold another cell than came in.

        Raises ArtifactError where a row's name, targets or roles are not what came in.
        """
        found = self.sums.damaged(read)
        if len(found[-1]):
            without_damaged(pd.DataFrame(index=self._index(read)), found, self.first, self.uri)
        return {name: rows for name, rows in zip(self.first.names, found, strict=False) if len(rows)}

    def quarantine(self) -> pd.DataFrame:
        """See `Store.quarantine`."""
        read = self.dataset.to_table(columns=[self.named, FAULTS], filter=f"{FAULTS} IS NOT NULL")
        lines = [
            (row, fault["column"], fault["path"], fault["reason"])
            for row, faults in zip(self._index(read), read[FAULTS].to_pylist(), strict=True)
            for fault in faults
        ]
        return pd.DataFrame(lines, columns=["row", "column", "path", "reason"])

    def chosen(self, columns: str | Sequence[str] | None) -> tuple[Sequence[Column], Schema]:
        """The columns on disk that are wanted, and the schema of what is in them.

        Raises SettingError for one that is not there.
        """
        if columns is None:
            return self.columns, self.schema
        wanted = [columns] if isinstance(columns, str) else list(columns)
        known = {*(column for one in self.columns for column in one.columns), *self.schema.names}
        unknown = [one for one in wanted if one not in known]
        if unknown:
            raise SettingError(f"no column {unknown[0]!r}. {near_miss(unknown[0], known)}")
        kept = {name: one for name, one in self.schema.modalities.items() if name in wanted}
        sources = {source for name, one in kept.items() for source in one.sources(name)} | set(wanted)
        sources |= {source for name, one in self.schema.targets.items() for source in one.sources(name)}
        sources |= set(self.schema.roles.values())
        chosen = [one for one in self.columns if sources & set(one.columns)]
        return chosen, self.schema.model_copy(update={"modalities": kept})

    def condition(self, where: str | None) -> str | None:
        """With columns called as they are on disk, in brackets: what follows a condition Lance would leave out."""
        if where is None:
            return None
        for one in self.columns:
            if one.columns != (one.name,) and len(one.columns) == 1:
                where = where.replace(f"`{one.columns[0]}`", f"`{one.name}`")
        return f"({where})"

    def _wanted(
        self, columns: str | Sequence[str] | None, embedded: bool
    ) -> tuple[Sequence[Column], Schema, list[Embedded]]:
        chosen, schema = self.chosen(columns)
        return chosen, schema, [one for one in self.vectors.kept if embedded and one.of in schema.modalities]

    def _index(self, read: pa.Table) -> pd.Index:
        if self.named == ROW:
            return pd.Index(read[ROW].to_numpy())
        label = Column.of_field(self.dataset.schema.field(LABEL))
        return pd.Index(label.to_pandas(read[LABEL])[LABEL]).rename(None)
