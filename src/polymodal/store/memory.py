"""Rows held in memory, dealt out as packed batches: what is absent is not in the batch at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from polymodal.errors import CellError
from polymodal.schema.batch import Batch, KnownLabels
from polymodal.schema.modality import Modality, Statistics
from polymodal.schema.target import Labels


@dataclass(frozen=True)
class Memory:
    """N prepared rows.

    Attributes:
        arrays: for each modality one array a row, None where the cell is not there.
        collate: for each modality the kind that packs it and its statistics.
        present: `[N, M]` bool.
        labels: for each target found in the table, its N labels.
        weight: `[N]` sample weights, or None.
        faults: the cells that could not be read.
        most_held: rows of which `held` may be asked at once; None for any number.
        same: `[N]` equal for rows that are said to show the same thing, below 0 where nothing is said; or None.
    """

    arrays: Mapping[str, Sequence[np.ndarray | None]]
    collate: Mapping[str, tuple[Modality, Statistics]]
    present: np.ndarray
    labels: Mapping[str, Labels] = field(default_factory=dict)
    weight: np.ndarray | None = None
    faults: Sequence[CellError] = ()
    most_held: int | None = None
    same: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.present)

    def digest(self) -> str:
        """What tells these rows, labels and weights from others."""
        content = hashlib.blake2b(self.present.tobytes(), digest_size=16)
        for name, (modality, statistics) in self.collate.items():
            content.update(f"{name} {modality.kind} {modality!r} {statistics!r}".encode("utf-8", "surrogatepass"))
            for array in self.arrays[name]:
                if array is not None:
                    content.update(content_of(array))
        for name, labels in self.labels.items():
            content.update(name.encode("utf-8", "surrogatepass") + labels.values.tobytes() + labels.known.tobytes())
        content.update(b"" if self.weight is None else self.weight.tobytes())
        content.update(b"" if self.same is None else self.same.tobytes())
        return content.hexdigest()

    def take(self, rows: np.ndarray) -> Memory:
        """Some of the rows, by position; their arrays are shared, not copied."""
        return replace(
            self,
            arrays={name: [held[row] for row in rows] for name, held in self.arrays.items()},
            present=self.present[rows],
            labels={name: labels.take(rows) for name, labels in self.labels.items()},
            weight=None if self.weight is None else self.weight[rows],
            same=None if self.same is None else self.same[rows],
        )

    def batch(self, rows: np.ndarray, with_labels: bool = False) -> Batch:
        """The rows at the given positions, packed; row i of the batch is `rows[i]`."""
        fields = {}
        for position, (name, (modality, statistics)) in enumerate(self.collate.items()):
            here = np.flatnonzero(self.present[rows, position])
            if len(here):
                arrays = [self.arrays[name][row] for row in rows[here]]
                fields[name] = modality.pack(arrays, statistics, here)
        if not with_labels:
            return Batch(fields, len(rows))
        labels = {
            name: KnownLabels(torch.from_numpy(held.values[rows]), torch.from_numpy(held.known[rows]))
            for name, held in self.labels.items()
        }
        weight = None if self.weight is None else torch.from_numpy(self.weight[rows]).float()
        same = None if self.same is None else torch.from_numpy(self.same[rows])
        return Batch(fields, len(rows), labels, weight, same=same)

    def held(self) -> Memory:
        """The same rows with all their cells in memory, where these are."""
        return self

    def shuffled(self, shown: np.ndarray, size: int, seed: int, epoch: int) -> Iterator[tuple[np.ndarray, Batch]]:
        """Batches of the rows `shown` with labels, shuffled by torch's own generator, which the loop has seeded."""
        order = shown[torch.randperm(len(shown)).numpy()]
        for start in range(0, len(order), size):
            yield order[start : start + size], self.batch(order[start : start + size], with_labels=True)

    def batches(self, size: int, with_labels: bool = False) -> Iterator[tuple[np.ndarray, Batch]]:
        """All rows in order, `size` at a time, each with their positions."""
        for start in range(0, len(self), size):
            rows = np.arange(start, min(start + size, len(self)))
            yield rows, self.batch(rows, with_labels)


def content_of(array: np.ndarray) -> bytes:
    """What tells a prepared array, or a vector of such, from others.

    >>> content_of(np.zeros(2)) == content_of(np.zeros((2, 1))), len(content_of(np.float32([[1, 2]])))
    (False, 21)
    """
    if array.dtype == object:
        return b"".join([f"{len(array)} ".encode(), *map(content_of, array)])
    return f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
