"""An index on disk: rows of a store, or those that were saved, searched without being in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.asked import as_table
from polymodal.crossmodal.directions import Direction, Directions
from polymodal.crossmodal.hits import Hits
from polymodal.crossmodal.in_memory import InMemory
from polymodal.crossmodal.plan import Part, Plan, batches
from polymodal.crossmodal.questions import Questions, ranked
from polymodal.crossmodal.searchable import Searchable, called, depth, refuse_taken
from polymodal.crossmodal.shelf import EXACT, NAME, Shelf, matrix
from polymodal.errors import ArtifactError, SettingError
from polymodal.schema.table import Table

if TYPE_CHECKING:
    from polymodal.contrastive._contrast import Contrast
    from polymodal.model import Model


class StoredIndex(Searchable):
    """Rows on disk, searched without being in memory.

    Below 50,000 rows exactly; above, an index (IVF with RaBitQ, Gao & Long 2024) finds candidates, whose scores are
    then exact. Conditions are SQL. The middles of modalities stay those of the rows it was made of.
    """

    def __init__(self, model: Model, shelf: Shelf, contrast: Contrast, backend: str | None = None) -> None:
        self._model, self.shelf, self.backend = model, shelf, backend
        middles = {name: np.array(one["middle"], np.float32) for name, one in shelf.told["modalities"].items()}
        self._directions = Directions(contrast, middles)

    @classmethod
    def open(
        cls, model: Model, key: str, path: str | os.PathLike[str], contrast: Contrast, backend: str | None = None
    ) -> StoredIndex:
        """The one at a path. Raises ArtifactError where there is none, and for one built by another model."""
        shelf = Shelf.open(path)
        if shelf.told.get("key") != key:
            raise ArtifactError(
                f"the index at {shelf.path} was built by another model, whose vectors mean something else; open it "
                "with that model, or build one with model.index(rows)"
            )
        return cls(model, shelf, contrast, backend)

    def __len__(self) -> int:
        return len(self.shelf)

    def __repr__(self) -> str:
        return f"StoredIndex({len(self):,} rows, {', '.join(self.modalities)}; {self.shelf.path})"

    @property
    def path(self) -> str:
        """Where it is, for `model.open_index`."""
        return self.shelf.path

    @property
    def modalities(self) -> tuple[str, ...]:
        return tuple(self.shelf.told["modalities"])

    @property
    def columns(self) -> list[str]:
        """What `where=` can be about."""
        return self.shelf.columns

    def _hits(self, asked: Questions, toward: Sequence[Mapping[str, Direction]], k: int, where: str | None) -> Hits:
        needed = list(dict.fromkeys(self._column(n, d) for one in toward for n, d in one.items()))
        every = self.shelf.every(where, [NAME, *needed]) if len(self) < EXACT else None
        found = []
        for one in toward:
            read = self._candidates(one, k, where) if every is None else every
            told = {name: self._scores(read, name, direction) for name, direction in one.items()}
            found.append(ranked(read[NAME].to_numpy(), told, k))
        return Hits(asked.names, tuple(found), self._rows(found), asked.faults)

    def add(self, rows: Any, *, files: str | os.PathLike[str] | None = None) -> StoredIndex:
        """The index with these rows too, which are called otherwise than those that are there.

        Raises SchemaError for rows that are called like others, SettingError for values of another kind than those that
        are there.
        """
        table, _ = as_table(rows, self._model.schema, files)
        vectors = self._model.vectors(table)
        refuse_taken(self.shelf.named(vectors.names.tolist(), [])[NAME].to_pylist())
        # Made before any is written, so that what does not fit is told as it is.
        fitting = list(batches([(table, vectors, None)], Plan.of_shelf(self.shelf), self._directions))
        return self._changed(self.shelf.appended(fitting))

    def delete(self, rows: Sequence[Any]) -> StoredIndex:
        """The index without some rows, by what they are called. Raises SettingError for one that is not there."""
        wanted = called(rows)
        there = set(self.shelf.named(wanted, [])[NAME].to_pylist())
        strange = [one for one in wanted if one not in there]
        if strange:
            raise SettingError(f"no row {strange[0]!r} in the index of {len(self):,} rows")
        return self._changed(self.shelf.without(wanted)) if wanted else self

    def with_parts(self, parts: Iterable[Part]) -> StoredIndex:
        """With rows that come in parts, whose names are not there."""
        plan = Plan.of_shelf(self.shelf)
        return self._changed(self.shelf.appended(batches(parts, plan, self._directions)))

    def _changed(self, shelf: Shelf) -> StoredIndex:
        return StoredIndex(self._model, shelf, self._directions.contrast, self.backend)

    def _column(self, name: str, direction: Direction) -> str:
        return str(self.shelf.told["modalities"][name]["whole" if direction.is_whole else "centred"])

    def _scores(self, read: pa.Table, name: str, direction: Direction) -> np.ndarray:
        values, known = matrix(read[self._column(name, direction)])
        return np.where(known, values @ direction.vector, np.nan)

    def _candidates(self, toward: Mapping[str, Direction], k: int, where: str | None) -> pa.Table:
        columns = {name: self._column(name, direction) for name, direction in toward.items()}
        most, wanted = depth(k, toward), [NAME, *columns.values()]
        if self.backend is not None:
            return self._in_memory.near(toward, most, where, wanted)
        reads = [
            self.shelf.near(columns[name], direction.vector, most, where, wanted).select(wanted)
            for name, direction in toward.items()
        ]
        if not reads:
            return self.shelf.dataset.schema.empty_table()
        together = pa.concat_tables(reads)
        _, first = np.unique(together[NAME].to_numpy(), return_index=True)
        return together.take(pa.array(np.sort(first)))

    @cached_property
    def _in_memory(self) -> InMemory:
        return InMemory.of(self.shelf)

    def _rows(self, found: Sequence[pd.DataFrame]) -> Table:
        """What is kept of the rows that were found."""
        names = list(dict.fromkeys(name for one in found for name in one["row"].tolist()))
        kept: dict[str, str] = self.shelf.told["columns"]
        read = self.shelf.named(names, [*kept]).to_pandas()
        frame = read.set_index(NAME).rename(columns=kept).rename_axis(None)
        return Table(frame, self._model.schema.model_copy(update={"id": None}))


def stored(
    model: Model,
    key: str,
    path: str | os.PathLike[str],
    parts: Iterable[Part],
    plan: Plan,
    contrast: Contrast,
    backend: str | None = None,
) -> StoredIndex:
    """A new index on disk, of rows that come in parts.

    Raises SchemaError for rows that share a name, ArtifactError where it cannot be written.
    """
    shelf = Shelf.create(path, batches(parts, plan, Directions(contrast, plan.middles)), plan.schema, plan.told(key))
    return StoredIndex(model, shelf, contrast, backend)
