"""Sequences as counted groups of letters, by the main directions of those, and by which string it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from polymodal.features._distinct import distinct
from polymodal.features._features import Features
from polymodal.features._reduction import principal_directions
from polymodal.features._tfidf import vocabulary, weighed
from polymodal.modalities.sequence import SequenceStatistics
from polymodal.registry import FEATURES

_DIRECTIONS = 64
_LONGEST = 3  # tokens in a group


@FEATURES.register("sequence")
@dataclass(frozen=True)
class SequenceFeatures(Features):
    """Wide: TF-IDF of groups of one to three neighbouring tokens (the spectrum of Leslie et al. 2002), the length, a
    column for each string known as a whole. Compact: 64 directions of the groups, the length, the string as a category.

    Whatever repeats is measured once, with the weight of one: a drug tried on many targets is still one drug.
    `groups` are the sorted keys that have a column, `idf` their weights, `directions` is `[W, k]`; `length` holds mean
    and spread of the log of the number of tokens.
    """

    kinds: ClassVar[tuple[str, ...]] = ("sequence",)

    groups: np.ndarray
    idf: np.ndarray
    directions: np.ndarray
    length: np.ndarray
    n_codes: int
    n_wholes: int

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: SequenceStatistics, seed: int) -> Self:
        once, _ = distinct(arrays)
        n_codes, n_wholes = statistics.n_codes, len(statistics.wholes)
        groups, idf = vocabulary(*_keys(once, n_codes), len(once), 1 if len(once) < 1_000 else 2)
        counts = _log_length(once)
        spread = counts.std()
        length = np.array([counts.mean(), spread if spread > 1e-6 else 1.0])
        bare = cls(groups, idf, np.zeros((0, 0), dtype=np.float32), length, n_codes, n_wholes)
        return cls(groups, idf, principal_directions(bare._counted(once), _DIRECTIONS, seed), length, n_codes, n_wholes)

    @property
    def categorical(self) -> tuple[int, ...]:
        return (self.directions.shape[1] + 1,) if self.n_wholes else ()

    @property
    def n_counted(self) -> int:
        """The first columns of the wide matrix, which count groups of tokens."""
        return len(self.groups)

    def wide(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        once, which = distinct(arrays)
        codes = np.array([array[0] for array in once], dtype=np.int64)
        known = np.flatnonzero(codes)
        ones = np.ones(len(known), dtype=np.float32)
        wholes = csr_matrix((ones, (known, codes[known] - 1)), shape=(len(once), self.n_wholes))
        blocks = [self._counted(once), csr_matrix(0.1 * self._lengths(once)), wholes]
        return csr_matrix(hstack(blocks), dtype=np.float32)[which]

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        once, which = distinct(arrays)
        blocks = [self._counted(once) @ self.directions, self._lengths(once)]
        if self.n_wholes:
            codes = np.array([array[0] for array in once], dtype=np.float32)
            blocks.append(np.where(codes > 0, codes, np.nan)[:, None])
        return np.concatenate(blocks, axis=1).astype(np.float32)[which]

    def _counted(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        return weighed(*_keys(arrays, self.n_codes), len(arrays), self.groups, self.idf)

    def _lengths(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return ((_log_length(arrays) - self.length[0]) / self.length[1])[:, None]


def _keys(arrays: Sequence[np.ndarray], n_codes: int) -> tuple[np.ndarray, np.ndarray]:
    """The row and the key of each group of neighbouring tokens."""
    codes = np.concatenate([array[1:] for array in arrays]).astype(np.int64)
    rows = np.repeat(np.arange(len(arrays)), [len(array) - 1 for array in arrays])
    found_rows, found = [], []
    key = np.zeros(len(codes), dtype=np.int64)
    for size in range(_LONGEST):
        rest = len(codes) - size
        if rest <= 0:
            break
        key = key[:rest] * n_codes + codes[size:]  # codes start at one, so a group never equals a shorter one
        inside = rows[:rest] == rows[size:]
        found_rows.append(rows[:rest][inside])
        found.append(key[inside])
    empty = np.zeros(0, dtype=np.int64)
    return (np.concatenate(found_rows), np.concatenate(found)) if found else (empty, empty)


def _log_length(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.log1p(np.array([len(array) - 1 for array in arrays], dtype=np.float64))
