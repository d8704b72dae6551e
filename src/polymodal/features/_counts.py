"""What stands in cells, counted under names that mean the same in every column."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

_BESIDE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two first names fall together


@dataclass(frozen=True)
class Counts:
    """How often each of K things stands in each of n cells: `times [n, K]`, and `keys [K]`, ascending, their names.

    >>> Counts.of(np.array([0, 0, 1]), np.array([7, 7, 3]), 2).times.toarray().tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """

    times: csr_matrix
    keys: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, keys: np.ndarray, n: int) -> Self:
        """From the cell and the name of every single thing."""
        found, columns = np.unique(keys, return_inverse=True)
        times = csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns.ravel())), shape=(n, len(found)))
        times.sum_duplicates()
        return cls(times, found)

    def under(self, keys: np.ndarray) -> csr_matrix:
        """`[n, K]` counts of the things of these names (ascending) only."""
        place = np.searchsorted(keys, self.keys)
        known = np.flatnonzero(place < len(keys))
        known = known[keys[place[known]] == self.keys[known]]
        found = self.times[:, known]
        return csr_matrix((found.data, place[known][found.indices], found.indptr), shape=(found.shape[0], len(keys)))


def word_names(words: Sequence[str]) -> np.ndarray:
    """`[V]` a whole number for each word, the same in every column and every process; of two words next to never."""
    digests = b"".join(hashlib.blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8).digest() for one in words)
    return np.frombuffer(digests, dtype="<i8").astype(np.int64)


def pair_names(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """`[n]` names of two things side by side, in this order."""
    return (first.view(np.uint64) * _BESIDE + second.view(np.uint64)).view(np.int64)
