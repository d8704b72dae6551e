"""Rows that stay in their store while a network learns from them: the cells of a batch are read when it is due."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from polymodal.schema.batch import Batch, KnownLabels
from polymodal.schema.table import Table
from polymodal.store.disk.store import Store
from polymodal.store.loader.feed import Feed
from polymodal.store.loader.making import Prepared
from polymodal.store.loader.part import Part, whole
from polymodal.store.loader.plan import Plan
from polymodal.store.loader.rows import StoreRows
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor

_BLOCK, _WINDOW = 128, 32
_MOST_THREADS = 8
_PROBED = 256  # rows from which the size of all is told
_MOST_MEASURED = 50_000  # rows; more change vocabularies and means by little
_LEAST_HELD = 2_000


@dataclass(frozen=True)
class Streamed(Memory):
    """N rows of which labels, weights and presence are in memory, and the cells in a store.

    Attributes:
        rows: of the store.
        preprocessor: what prepares their cells.
        places: `[N]` where in the store each row is.
    """

    rows: StoreRows | None = None
    preprocessor: Preprocessor | None = None
    places: np.ndarray | None = None

    @classmethod
    def of(cls, store: Store, table: Table, preprocessor: Preprocessor, most_held: int) -> Streamed:
        """The rows of `table`, an outline of a store."""
        labels = {name: found for name in table.schema.targets if (found := table.labels(name)) is not None}
        return cls(
            arrays=dict.fromkeys(table.schema.names, ()),
            collate={name: (preprocessor.carriers[name], preprocessor.statistics[name]) for name in table.schema.names},
            present=table.present(),
            labels=labels,
            weight=table.weights(),
            rows=StoreRows(store),
            preprocessor=preprocessor,
            places=table.frame.index.to_numpy(dtype=np.int64),
            most_held=most_held,
        )

    def digest(self) -> str:
        content = hashlib.blake2b(self.present.tobytes(), digest_size=16)
        rows, places, _ = self._there
        content.update(f"{rows.store.uri} {rows.store.version}".encode("utf-8", "surrogatepass") + places.tobytes())
        for name, (modality, statistics) in self.collate.items():
            content.update(f"{name} {modality.kind} {modality!r} {statistics!r}".encode("utf-8", "surrogatepass"))
        for name, labels in self.labels.items():
            content.update(name.encode("utf-8", "surrogatepass") + labels.values.tobytes() + labels.known.tobytes())
        content.update(b"" if self.weight is None else self.weight.tobytes())
        content.update(b"" if self.same is None else self.same.tobytes())
        return content.hexdigest()

    def take(self, rows: np.ndarray) -> Streamed:
        return replace(
            self,
            present=self.present[rows],
            labels={name: labels.take(rows) for name, labels in self.labels.items()},
            weight=None if self.weight is None else self.weight[rows],
            same=None if self.same is None else self.same[rows],
            places=self._there[1][rows],
        )

    def held(self) -> Memory:
        """The same rows with their cells in memory; what then does not fit what was measured is not there."""
        rows, places, preprocessor = self._there
        unique, where = np.unique(places, return_inverse=True)
        # As a store gives them, each cell held against its sum.
        table = rows.store.take(unique, list(preprocessor.schema.names), embedded=True).with_schema(preprocessor.schema)
        index = pd.RangeIndex(len(unique))
        table = Table(table.frame.set_axis(index, axis=0), table.schema, embedded=table.embedded)
        memory = preprocessor.prepare(table, with_labels=False).take(where)
        return replace(memory, labels=self.labels, weight=self.weight, same=self.same)

    def batch(self, rows: np.ndarray, with_labels: bool = False) -> Batch:
        batch = self.take(rows).held().batch(np.arange(len(rows)))
        return self._with_labels(batch, rows) if with_labels else batch

    def batches(self, size: int, with_labels: bool = False) -> Iterator[tuple[np.ndarray, Batch]]:
        _, places, _ = self._there
        order = np.argsort(places, kind="stable")
        yield from self._fed(order, Plan(len(order), is_shuffled=False), size, with_labels)

    def shuffled(self, shown: np.ndarray, size: int, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, Batch]]:
        """Batches of the rows `shown`, in the order of a loader's plan, read ahead by threads."""
        order = shown[np.argsort(self._there[1][shown], kind="stable")]
        yield from self._fed(order, Plan(len(order), seed, epoch, _BLOCK, _WINDOW), size, True)

    def _fed(self, order: np.ndarray, plan: Plan, size: int, with_labels: bool) -> Iterator[tuple[np.ndarray, Batch]]:
        """Batches of rows whose places ascend in `order`, dealt as a plan says."""
        rows, places, preprocessor = self._there
        maker = Prepared(preprocessor, rows.columns, rows.store)
        chosen = places[order]
        feed = Feed(rows, maker, plan, chosen, None, size, 0, 1, with_labels=False, drop_last=False)
        for _, batch, _ in feed.made(0, min(os.cpu_count() or 1, _MOST_THREADS)):
            assert batch.places is not None
            at = order[np.searchsorted(chosen, batch.places.numpy())]
            yield at, self._with_labels(batch, at) if with_labels else batch

    def _with_labels(self, batch: Batch, rows: np.ndarray) -> Batch:
        labels = {
            name: KnownLabels(torch.from_numpy(held.values[rows]), torch.from_numpy(held.known[rows]))
            for name, held in self.labels.items()
        }
        weight = None if self.weight is None else torch.from_numpy(self.weight[rows]).float()
        same = None if self.same is None else torch.from_numpy(self.same[rows])
        return replace(batch, labels=labels, weight=weight, same=same)

    @property
    def _there(self) -> tuple[StoreRows, np.ndarray, Preprocessor]:
        assert self.rows is not None
        assert self.places is not None
        assert self.preprocessor is not None
        return self.rows, self.places, self.preprocessor


@dataclass(frozen=True)
class Larger:
    """Rows of a store whose prepared cells do not fit, and how many of them do."""

    part: Part
    most_held: int

    @property
    def store(self) -> Store:
        """That the rows are in."""
        return self.part.store

    def sample(self, table: Table, seed: int) -> Table:
        """Rows to measure, drawn from those of an outline, as the modalities of its schema read them."""
        places = table.frame.index.to_numpy(dtype=np.int64)
        if len(places) > self._most_measured:
            places = np.sort(np.random.default_rng(seed).choice(places, self._most_measured, replace=False))
        return self.store.take(places, columns=self.store.schema.names, embedded=True).with_schema(table.schema)

    def streamed(self, table: Table, preprocessor: Preprocessor) -> Streamed:
        """The rows of an outline, to be read as they are due."""
        return Streamed.of(self.store, table, preprocessor, self.most_held)

    def limitation(self, table: Table) -> str:
        """What was not looked at, in words."""
        measured, held = min(self._most_measured, len(table)), min(self.most_held, len(table))
        return (
            f"the store is larger than memory=, so the network read its {len(table):,} rows batch by batch; words, "
            f"means and other figures that come before it were measured on {measured:,} of them, and all other members "
            f"learnt from {held:,}, drawn from the seed"
        )

    @property
    def _most_measured(self) -> int:
        return min(self.most_held, _MOST_MEASURED)


def larger_store(source: object, most: float, seed: int) -> Larger | None:
    """The rows of a store that were given, if their cells would take more than `most` bytes once they are prepared."""
    part = whole(source) if isinstance(source, Store) else source
    if not isinstance(part, Part) or not part.store.is_complete or not len(part):
        return None
    each = bytes_a_row(part.store, seed)
    if each * len(part) <= most:
        return None
    # Features and folds of what other members learn from take a few times as much as the cells.
    return Larger(part, max(int(most / 4 / max(each, 1.0)), _LEAST_HELD))


def bytes_a_row(store: Store, seed: int) -> float:
    """About how many bytes the cells of one row take in memory once they are prepared; from a few rows."""
    n = len(store)
    places = np.sort(np.random.default_rng(seed).choice(n, min(n, _PROBED), replace=False))
    table = store.take(places, columns=store.schema.names)
    total = 0
    for name, modality in table.schema.modalities.items():
        cells = table.cells(name)
        samples = [cells.samples[row] for row in np.flatnonzero(cells.present).tolist()]
        if samples:
            statistics = modality.measure(samples)
            arrays = [modality.attempt(sample, statistics)[0] for sample in samples]
            total += sum(array.nbytes for array in arrays if array is not None)
    return total / len(places)
