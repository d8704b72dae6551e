"""Rows of a Lance dataset by their place: read together as fast as their cells allow, or found by a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

_LARGE = 2**11  # bytes on disk of a cell, on average, from which on Lance keeps each by itself
_LONG = 32  # rows of a stretch, on average, from which on large cells are read stretch by stretch
_PIECE = 256  # rows of large cells taken at once: more is memory that the system hands out anew each time
_AHEAD = 16  # stretches of rows read at the same time


@dataclass(frozen=True)
class Places:
    """The N rows of a Lance dataset, without those that were deleted.

    Attributes:
        dataset: of Lance.
        dense: from one row in so many on, neighbours of large cells are read with it rather than passed over.
    """

    dataset: Any
    dense: int = 8

    def read(self, places: np.ndarray, columns: Sequence[str]) -> pa.Table:
        """The rows at ascending places, each once.

        Small cells, which Lance packs, cost least when all rows are asked for at once; large ones when they are read
        stretch by stretch or, where stretches are short, taken some at a time.
        """
        large = [name for name in columns if name in self._large]
        small = [name for name in columns if name not in self._large]
        parts = [self.dataset.take(places.tolist(), columns=small)] if small else []
        if large:
            parts.append(self._stretches(places, large))
        found = {name: part[name] for part in parts for name in part.schema.names}
        return pa.table([found[name] for name in columns], schema=self._schema(columns))

    def where(self, condition: str) -> np.ndarray:
        """`[n]` ascending places of the rows that meet a condition. Raises ValueError for one that cannot be."""
        scanner = self.dataset.scanner(columns=[], filter=condition, with_row_address=True, scan_in_order=True)
        met = np.sort(scanner.to_table()["_rowaddr"].to_numpy())
        found, before = [np.zeros(0, dtype=np.int64)], 0
        for fragment in self.dataset.get_fragments():
            start = np.uint64(fragment.fragment_id) << np.uint64(32)
            first, last = np.searchsorted(met, [start, start + np.uint64(2**32)])
            rows = (met[first:last] - start).astype(np.int64)
            if fragment.num_deletions and len(rows):  # an address counts the rows that were deleted, a place does not
                kept = fragment.scanner(columns=[], with_row_address=True).to_table()["_rowaddr"].to_numpy()
                rows = np.searchsorted(kept, met[first:last])
            found.append(before + rows)
            before += fragment.count_rows()
        return np.concatenate(found)

    @cached_property
    def _large(self) -> frozenset[str]:
        rows = max(self.dataset.count_rows(), 1)
        sizes = {one.id: one.bytes_on_disk for one in self.dataset.stats.data_stats().fields}
        fields = self.dataset.lance_schema.fields()
        return frozenset(one.name() for one in fields if sizes.get(one.id(), 0) >= _LARGE * rows)

    def _stretches(self, places: np.ndarray, columns: list[str]) -> pa.Table:
        starts, stops = runs(places, self.dense)
        if len(starts) * _LONG > (stops - starts).sum() or not hasattr(self.dataset._ds, "take_scan"):
            pieces = [places[start : start + _PIECE].tolist() for start in range(0, max(len(places), 1), _PIECE)]
            return pa.concat_tables([self.dataset.take(piece, columns=columns) for piece in pieces])
        # Not part of Lance's public face; `take` reads the same, at more cost.
        ranges = list(zip(starts.tolist(), stops.tolist(), strict=True))
        read = pa.Table.from_batches(self.dataset._ds.take_scan(ranges, columns=columns, batch_readahead=_AHEAD))
        if len(read) == len(places):
            return read
        return read.take(pa.array(np.searchsorted(np.concatenate([np.arange(*one) for one in ranges]), places)))

    def _schema(self, columns: Sequence[str]) -> pa.Schema:
        return pa.schema([self.dataset.schema.field(name) for name in columns])


def runs(places: np.ndarray, dense: int) -> tuple[np.ndarray, np.ndarray]:
    """Where stretches of ascending places start and stop, which gaps of `dense` rows and more keep apart.

    >>> runs(np.array([3, 4, 6, 20]), 4)
    (array([ 3, 20]), array([ 7, 21]))
    """
    cuts = np.flatnonzero(np.diff(places) > dense)
    return places[np.concatenate([[0], cuts + 1])], places[np.concatenate([cuts, [len(places) - 1]])] + 1
