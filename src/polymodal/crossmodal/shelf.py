"""Vectors of rows on disk beside the columns that conditions are about; exact when rows are few, else by an index."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from polymodal.crossmodal.probing import QUERIES, GroundTruth, Probing, measured
from polymodal.errors import ArtifactError, SettingError
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.places import Places

EXACT = 50_000  # rows below which every one is looked at
FORMAT = 1
NAME, PLACE = "_name", "_place"
_KEY = b"polymodal.index"
_KIND = "IVF_RQ"
_READING = "LanceError(IO)"  # in a message that is not about what was asked
_FEW = 2000  # rows that meet a condition, up to which reading them is quicker than the index
_MOST_COUNTS = 64  # conditions of which it is remembered how many rows meet them
_MORE_ROWS = 20  # times the queries are read to find them, as rows may lack a cell
_USUAL = Probing(steps=((10, 16), (100, 64)), refine=5, parts=256)  # of an index that does not say


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
    _counts: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

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
        """With an index of names and of each column of vectors where rows are many, and of those that came since."""
        if len(self) < EXACT:
            return self
        there = {one.field_names[0]: one.num_rows_indexed for one in self.dataset.describe_indices()}
        missing = [name for name in self.vectors if name not in there]
        is_behind = bool(there) and len(self) - min(there.values()) >= EXACT
        with disk.writing(self.path):
            if NAME not in there:
                self.dataset.create_scalar_index(NAME, "BTREE")
            for name in missing:
                self.dataset.create_index(name, _KIND, metric="L2", num_partitions=_parts(len(self)))
            if is_behind:
                self.dataset.optimize.optimize_indices()
        found = Shelf.open(self.path)
        return found.probed() if missing or is_behind else found

    def probed(self) -> Shelf:
        """With how much of each index is to be looked into, found by looking for some rows and comparing with all."""
        probing = {name: self._probing(name).to_dict() for name in self.vectors}
        told = json.dumps({**self.told, "probing": probing})
        with disk.writing(self.path):
            self.dataset.update_schema_metadata({_KEY.decode(): told})
        return Shelf.open(self.path)

    def _probing(self, column: str) -> Probing:
        """Looked for are cells of this column, and those that other modalities have in the same space."""
        random, most = np.random.default_rng(0), QUERIES * _MORE_ROWS
        places = np.sort(random.choice(len(self), min(most, len(self)), replace=False))
        asked = self._beside(column)
        read = Places(self.dataset).read(places, asked)
        vectors, is_own = [], []
        for name in asked:
            values, known = matrix(read[name])
            some = random.permutation(np.flatnonzero(known))[: -(-QUERIES // len(asked))]
            vectors.append(values[some])
            is_own += [name == column] * len(some)
        truth = GroundTruth.of(np.concatenate(vectors), np.array(is_own), self._blocks(column))

        def near(vector: np.ndarray, k: int, probes: int, refine: int) -> np.ndarray:
            nearest = {"column": column, "q": vector, "k": k, "nprobes": probes, "refine_factor": refine}
            return np.asarray(self._read(None, columns=["_distance"], nearest=nearest)["_distance"].to_numpy())

        known_parts = int(self.told.get("probing", {}).get(column, {}).get("parts", 0))
        return measured(truth, near, max(_parts(len(self)), known_parts))

    def _beside(self, column: str) -> list[str]:
        """The columns of all modalities that hold what this one holds."""
        for kind in ("centred", "whole"):
            found = [one[kind] for one in self.told.get("modalities", {}).values()]
            if column in found:
                return found
        return [column]

    def _blocks(self, column: str) -> Iterator[np.ndarray]:
        for batch in self.dataset.to_batches(columns=[column]):
            values, known = matrix(pa.chunked_array([batch[column]]))
            yield values[known]

    def near(self, column: str, vector: np.ndarray, k: int, where: str | None, columns: Sequence[str]) -> pa.Table:
        """The k rows nearest to a direction, with some columns; by the index, so that one may be missed.

        Where few rows meet the condition all of them are compared.
        """
        unit = (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
        kept = len(self) if where is None else self.count(where)
        if kept <= _FEW:
            return self._nearest(column, unit, k, where, columns)
        told = self.told.get("probing", {}).get(column)
        probing = _USUAL if told is None else Probing.of(told)
        nearest = {
            "column": column,
            "q": unit,
            "k": k,
            # Among the rows that meet a condition, the k nearest are so many times deeper among all.
            "nprobes": probing.probes(k * len(self) / kept),
            "refine_factor": probing.refine,
        }
        return self._read(where, columns=[*columns, "_distance"], nearest=nearest, prefilter=True)

    def _nearest(self, column: str, unit: np.ndarray, k: int, where: str | None, columns: Sequence[str]) -> pa.Table:
        every = self.every(where, list(dict.fromkeys([*columns, column])))
        values, known = matrix(every[column])
        far = np.where(known, 2 - 2 * values @ unit, np.inf)
        first = np.argsort(far, kind="stable")[: min(k, int(known.sum()))]
        return every.take(pa.array(first)).select(list(columns)).append_column("_distance", pa.array(far[first]))

    def count(self, where: str) -> int:
        """Rows that meet a condition."""
        whole = _whole(where)
        if whole not in self._counts:
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            with self._asking(where):
                self._counts[whole] = int(self.dataset.count_rows(whole))
        return self._counts[whole]

    def every(self, where: str | None, columns: Sequence[str]) -> pa.Table:
        """All rows that meet a condition, with some columns, in their order."""
        return self._read(where, columns=list(columns), scan_in_order=True)

    def named(self, names: Sequence[Any], columns: Sequence[str]) -> pa.Table:
        """Rows by what they are called, those that are there, in no order."""
        return self._read(self._called(names), columns=[NAME, *columns])

    @property
    def is_numbered(self) -> bool:
        """Whether rows are called by whole numbers."""
        return bool(pa.types.is_integer(self.dataset.schema.field(NAME).type))

    def _called(self, names: Sequence[Any]) -> str:
        if self.is_numbered:
            said = [str(int(one)) for one in names if isinstance(one, (int, np.integer)) and not isinstance(one, bool)]
        else:
            said = ["'" + str(one).replace("'", "''") + "'" for one in names]
        return f"{NAME} IN ({', '.join(said)})" if said else "false"

    def _read(self, where: str | None, **request: Any) -> pa.Table:
        with self._asking(where):
            return self.dataset.to_table(filter=None if where is None else _whole(where), **request)

    @contextmanager
    def _asking(self, where: str | None) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            if where is None or _READING in str(error):
                raise ArtifactError(f"{self.path} is damaged and cannot be read: {error}") from error
            raise SettingError(
                f"where={where!r} is not understood: {str(error).split(', /')[0]}. Columns: {', '.join(self.columns)}"
            ) from error
        except OSError as error:
            raise ArtifactError(f"{self.path} is damaged and cannot be read: {error}") from error


def is_index(path: object) -> bool:
    """Whether a path is that of an index on this machine.

    >>> is_index("nowhere.index")
    False
    """
    return disk.is_store(path) and _KEY in (disk.opened(str(path), None, None).schema.metadata or {})


def _whole(where: str) -> str:
    """In brackets, as Lance reads a condition up to where it ends and leaves out what follows."""
    if not isinstance(where, str):
        raise SettingError(f"where= is a condition as text, such as 'price < 50'; {where!r} came")
    return f"({where})"


def _parts(n: int) -> int:
    return max(1, round(n**0.5))


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
