"""The vectors of an index on disk, read into memory to be searched there by FAISS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.crossmodal.directions import Direction
from polymodal.crossmodal.faiss_search import FaissSearch
from polymodal.crossmodal.shelf import NAME, Shelf, matrix
from polymodal.store.disk.places import Places


@dataclass(frozen=True)
class InMemory:
    """A shelf, what its rows are called, and by kind of vectors how they are searched."""

    shelf: Shelf
    names: pd.Index
    searches: Mapping[bool, FaissSearch]

    @classmethod
    def of(cls, shelf: Shelf) -> InMemory:
        """All vectors of a shelf."""
        names = pd.Index(shelf.every(None, [NAME])[NAME].to_numpy())
        searches = {}
        for is_whole, kind in ((False, "centred"), (True, "whole")):
            columns = {name: one[kind] for name, one in shelf.told["modalities"].items() if one[kind] is not None}
            held = {}
            for name, column in columns.items():
                values, known = matrix(shelf.every(None, [column])[column])
                held[name] = values[known], np.flatnonzero(known)
            if held:
                searches[is_whole] = FaissSearch(held, len(names))
        return cls(shelf, names, searches)

    def near(
        self,
        toward: Mapping[str, Direction],
        k: int,
        where: str | None,
        columns: Sequence[str],
    ) -> pa.Table:
        """Columns of the rows that are near by any modality."""
        kept = (
            None
            if where is None
            else self.names.get_indexer(pd.Index(self.shelf.every(where, [NAME])[NAME].to_numpy()))
        )
        found = [self.searches[one.is_whole].near(name, one.vector, k, kept) for name, one in toward.items()]
        rows = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
        if not len(rows):
            return self.shelf.every("false", columns)
        return Places(self.shelf.dataset).read(rows, columns)
