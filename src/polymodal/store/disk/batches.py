"""Batches of rows on their way to disk: a few made ready at once by threads, handed out in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from polymodal.errors import SchemaError
from polymodal.store.disk.batch import Layout, Prepared, prepared
from polymodal.store.disk.columns import CONTENT, ROW, SAME
from polymodal.store.disk.duplicates import Seen
from polymodal.store.disk.sources._rows import Rows

_FIRST_ROWS, _MOST_ROWS = 16, 1024  # of a batch; how many it will be follows from the size of the rows before
_BATCH_BYTES = 8 * 2**20
_FRAGMENT_BYTES = 2**30
_THREADS = 4

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Coming:
    """Rows that are to come in.

    Attributes:
        source: of the rows.
        layout: what becomes of each.
        order: `[N]` positions in the source, in the order on disk.
        progress: told how many rows are done, and of how many.
        first: the number of the first row of the source in the store.
        labels: what the rows of the source are called, where it is not what the source calls them.
        only_again: `[N]` bool by position in the source: rows that may come in as duplicates and not otherwise.
    """

    source: Rows
    layout: Layout
    order: np.ndarray
    progress: Progress | None = None
    first: int = 0
    labels: pd.Index | None = None
    only_again: np.ndarray | None = None

    @property
    def threads(self) -> int:
        """How many make batches ready."""
        return min(_THREADS, os.cpu_count() or 1)

    def prepared(self, rows: np.ndarray) -> Prepared:
        """Rows by position in the source."""
        frame = self.source.take(rows)
        if self.labels is not None:
            frame = frame.set_axis(self.labels[rows], axis=0)
        return prepared(frame, rows + self.first, self.layout)


class Batches:
    """The batches of one fragment: `rows` at most, from `done` on."""

    def __init__(self, coming: Coming, pool: ThreadPoolExecutor, done: int, rows: int, seen: Seen | None) -> None:
        self.coming, self.pool, self.seen = coming, pool, seen
        self.done, self.end = done, min(done + rows, len(coming.order))

    def made(self, faults: list[BaseException]) -> Iterator[pa.RecordBatch]:
        """Each batch, up to one that fails; its fault is for the caller, as Lance would make another of it."""
        waiting: deque[Future[Prepared]] = deque()
        asked, size, taken, order = self.done, _FIRST_ROWS, 0, self.coming.order
        while self.done < self.end and taken < _FRAGMENT_BYTES:
            while asked < self.end and len(waiting) <= self.coming.threads:
                rows = order[asked : min(asked + size, self.end)]
                waiting.append(self.pool.submit(self.coming.prepared, rows))
                asked += len(rows)
            first = waiting.popleft()
            fault = first.exception()
            if fault is not None:
                faults.append(fault)
                break
            batch = first.result()
            taken += batch.n_bytes
            size = int(np.clip(_BATCH_BYTES * len(batch) / max(batch.n_bytes, 1), 1, _MOST_ROWS))
            made = self._record_batch(batch, faults)
            if faults:
                break
            self.done += len(batch)
            yield made
            if self.coming.progress is not None:
                self.coming.progress(self.done, len(order))
        for one in waiting:
            one.cancel()

    def _record_batch(self, batch: Prepared, faults: list[BaseException]) -> pa.RecordBatch:
        arrays, layout = dict(batch.arrays), self.coming.layout
        if batch.content is None or self.seen is None:
            return pa.record_batch([arrays[name] for name in layout.arrow.names], schema=layout.arrow)
        rows = arrays[ROW].to_pylist()
        first = [self.seen.before(content, row) for content, row in zip(batch.content, rows, strict=True)]
        if self.coming.only_again is not None:
            places = np.asarray(rows) - self.coming.first
            alone = [row for row, before in zip(places.tolist(), first, strict=True) if before is None]
            changed = [row for row in alone if self.coming.only_again[row]]
            if changed:
                faults.append(
                    SchemaError(
                        f"row {changed[0]} of the source has an id that is in the store already, and other content; "
                        "leave it out, or give it another id"
                    )
                )
        arrays[CONTENT] = pa.array(batch.content, pa.large_binary())
        if layout.duplicates == "link":
            arrays[SAME] = pa.array(first, pa.int64())
        made = pa.record_batch([arrays[name] for name in layout.arrow.names], schema=layout.arrow)
        return made.filter(pa.array([one is None for one in first])) if layout.duplicates == "drop" else made
