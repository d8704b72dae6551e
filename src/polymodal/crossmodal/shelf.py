"""Vectors of rows on disk beside the columns that conditions are about; exact when rows are few, else by an index."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from polymodal.errors import ArtifactError, SettingError
from polymodal.store.disk import dataset as disk

EXACT = 50_000  # rows below which every one is looked at
FORMAT = 1
NAME, PLACE = "_name", "_place"
_KEY = b"polymodal.index"
_KIND, _REFINE = "IVF_RQ", 5  # how many times k are compared in full
_PROBES, _PROBES_WHERE = 16, 64  # parts of the index looked into; what meets a condition lies further apart


@dataclass(frozen=True)
class Shelf:
    """A Lance dataset of vectors; every change is a new one, and the former stays as it is.

    Attributes:
        dataset: with a column of row names, those of conditions, and vectors of length one.
        path: where it is.
        told: what its maker wrote down about it.
    """

    dataset: Any
    path: str
    told: Mapping[str, Any]

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], batches: Iterable[pa.RecordBatch], schema: pa.Schema, told: Mapping[str, Any]
    ) -> Shelf:
        """A new one, there as a whole or not at all. Raises ArtifactError where there is something already."""
        uri = disk.settled(path)
        folder = disk.local(uri)
        if folder is not None and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ArtifactError(f"{uri} is there already; delete it, or give another path")
        written = schema.with_metadata({_KEY: json.dumps({"format": FORMAT, **told}).encode()})
        reader = pa.RecordBatchReader.from_batches(written, iter(batches))
        package = disk.lance()
        with disk.writing(uri):
            if folder is not None:
                folder.parent.mkdir(parents=True, exist_ok=True)
            package.write_dataset(reader, uri, schema=written)
        return cls.open(path).indexed()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Shelf:
        """The one at a place. Raises ArtifactError when there is none, or something else."""
        uri = disk.settled(path)
        dataset = disk.opened(uri, None, None)
        written = (dataset.schema.metadata or {}).get(_KEY)
        try:
            told = json.loads(written or b"null")
        except json.JSONDecodeError as error:
            raise ArtifactError(f"{uri} is damaged: its description cannot be read ({error})") from error
        if not isinstance(told, dict):
            raise ArtifactError(f"{uri} is no index that polymodal made")
        if told.get("format", 0) > FORMAT:
            raise ArtifactError(
                f"{uri} has format {told['format']}, this version reads up to {FORMAT}; install a newer polymodal"
            )
        return cls(dataset, uri, told)

    def __len__(self) -> int:
        return int(self.dataset.count_rows())

    @property
    def vectors(self) -> list[str]:
        """The columns of vectors."""
        return [one.name for one in self.dataset.schema if pa.types.is_fixed_size_list(one.type)]

    @property
    def columns(self) -> list[str]:
        """The columns that conditions can be about."""
        return [name for name in self.dataset.schema.names if name not in (NAME, PLACE, *self.vectors)]

    def appended(self, batches: Iterable[pa.RecordBatch]) -> Shelf:
        """With further rows, all of them or none."""
        reader = pa.RecordBatchReader.from_batches(self.dataset.schema, iter(batches))
        with disk.writing(self.path):
            disk.lance().write_dataset(reader, self.path, mode="append")
        return Shelf.open(self.path).indexed()

    def without(self, names: Sequence[Any]) -> Shelf:
        """Without some rows."""
        with disk.writing(self.path):
            disk.opened(self.path, None, None).delete(self._called(names))
        return Shelf.open(self.path)

    def indexed(self) -> Shelf:
        """With an index of each column of vectors where rows are many, and of those that came since."""
        if len(self) < EXACT:
            return self
        there = {one.field_names[0]: one.num_rows_indexed for one in self.dataset.describe_indices()}
        missing = [name for name in self.vectors if name not in there]
        with disk.writing(self.path):
            for name in missing:
                self.dataset.create_index(name, _KIND, metric="L2", num_partitions=round(len(self) ** 0.5))
            if there and len(self) - min(there.values()) >= EXACT:
                self.dataset.optimize.optimize_indices()
        return Shelf.open(self.path)

    def near(self, column: str, vector: np.ndarray, k: int, where: str | None, columns: Sequence[str]) -> pa.Table:
        """The k rows nearest to a direction, with some columns; by the index, so that one may be missed."""
        unit = vector / max(float(np.linalg.norm(vector)), 1e-12)
        nearest = {
            "column": column,
            "q": unit.astype(np.float32),
            "k": k,
            "nprobes": _PROBES if where is None else _PROBES_WHERE,
            "refine_factor": _REFINE,
        }
        return self._read(where, columns=[*columns, "_distance"], nearest=nearest, prefilter=True)

    def every(self, where: str | None, columns: Sequence[str]) -> pa.Table:
        """All rows that meet a condition, with some columns, in their order."""
        return self._read(where, columns=list(columns), scan_in_order=True)

    def named(self, names: Sequence[Any], columns: Sequence[str]) -> pa.Table:
        """Rows by what they are called, those that are there, in no order."""
        return self._read(self._called(names), columns=[NAME, *columns])

    def _called(self, names: Sequence[Any]) -> str:
        if pa.types.is_integer(self.dataset.schema.field(NAME).type):
            said = [str(int(one)) for one in names if isinstance(one, (int, np.integer)) and not isinstance(one, bool)]
        else:
            said = ["'" + str(one).replace("'", "''") + "'" for one in names]
        return f"{NAME} IN ({', '.join(said)})" if said else "false"

    def _read(self, where: str | None, **request: Any) -> pa.Table:
        try:
            return self.dataset.to_table(filter=where, **request)
        except ValueError as error:
            raise SettingError(
                f"where={where!r} is not understood: {str(error).split(', /')[0]}. Columns: {', '.join(self.columns)}"
            ) from error
        except OSError as error:
            raise ArtifactError(f"{self.path} is damaged and cannot be read: {error}") from error


def matrix(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """`[n, E]` vectors of a column, and `[n]` whether each is there; what is not is anything."""
    held = column.combine_chunks()
    if isinstance(held, pa.ChunkedArray):  # of no chunks at all
        return np.zeros((0, column.type.list_size), np.float32), np.zeros(0, bool)
    size = held.type.list_size
    flat = held.values.slice(held.offset * size, len(held) * size).to_numpy(zero_copy_only=False)
    return flat.reshape(len(held), size), held.is_valid().to_numpy(zero_copy_only=False)


def listed(values: np.ndarray, rows: np.ndarray, n: int) -> pa.Array:
    """The column of n rows, of which `rows` have the vectors `values`."""
    wide, lacks = np.zeros((n, values.shape[1]), dtype=np.float32), np.ones(n, dtype=bool)
    wide[rows], lacks[rows] = values, False
    return pa.FixedSizeListArray.from_arrays(pa.array(wide.ravel()), values.shape[1], mask=pa.array(lacks))
