"""The cells of a table as vectors that can be compared across modalities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from polymodal.network import Network
from polymodal.placing import place_rows
from polymodal.store.memory import Memory, content_of


@dataclass(frozen=True)
class Vectors:
    """N rows in the space of a model; what a row lacks has no vector.

    Attributes:
        names: `[N]` ids or positions of the rows.
        values: by modality `[n, E]` float32 vectors of length one.
        rows: by modality `[n]` which row each belongs to, ascending.
        keys: by modality `[n]` equal for cells of equal content, and for those of rows said to show the same thing.
    """

    names: np.ndarray
    values: Mapping[str, np.ndarray]
    rows: Mapping[str, np.ndarray]
    keys: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, network: Network, memory: Memory, names: np.ndarray, device: torch.device | str = "cpu") -> Vectors:
        """Each present cell through its encoder and projector once."""
        placed = place_rows(network, memory, device)
        values = {name: one.values.cpu().numpy().astype(np.float32) for name, one in placed.items()}
        rows = {name: one.rows.cpu().numpy() for name, one in placed.items()}
        return cls(names, values, rows, {name: _keys(memory, name, here) for name, here in rows.items()})

    def __len__(self) -> int:
        return len(self.names)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Those that any row has."""
        return tuple(self.values)

    def pair(self, first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
        """Places in `values` of both modalities, of the rows that have both."""
        _, here, there = np.intersect1d(self.rows[first], self.rows[second], assume_unique=True, return_indices=True)
        return here, there

    def called(self, names: np.ndarray) -> Vectors:
        """The same rows under other names."""
        return replace(self, names=names)

    def take(self, places: np.ndarray) -> Vectors:
        """Some rows, by ascending place."""
        kept = {name: np.isin(rows, places) for name, rows in self.rows.items()}
        values = {name: one[kept[name]] for name, one in self.values.items()}
        rows = {name: np.searchsorted(places, one[kept[name]]) for name, one in self.rows.items()}
        keys = {name: one[kept[name]] for name, one in self.keys.items()}
        return Vectors(self.names[places], values, rows, keys)

    def with_more(self, others: Vectors) -> Vectors:
        """These rows and then others; cells of equal content are known as such among either only."""
        values, rows, keys = dict(self.values), dict(self.rows), dict(self.keys)
        for name, more in others.values.items():
            if name not in values:
                values[name], rows[name], keys[name] = more, others.rows[name] + len(self), others.keys[name]
                continue
            beyond = keys[name].max(initial=-1) + 1
            values[name] = np.concatenate([values[name], more])
            rows[name] = np.concatenate([rows[name], others.rows[name] + len(self)])
            keys[name] = np.concatenate([keys[name], others.keys[name] + beyond])
        return Vectors(np.concatenate([self.names, others.names]), values, rows, keys)


def _keys(memory: Memory, name: str, rows: np.ndarray) -> np.ndarray:
    contents = [content_of(array) for row in rows if (array := memory.arrays[name][row]) is not None]
    _, keys = np.unique(np.array([hash(one) for one in contents], dtype=np.int64), return_inverse=True)
    if memory.same is None:
        return np.asarray(keys)
    same = memory.same[rows]
    return np.where(same >= 0, same, len(memory) + keys)
