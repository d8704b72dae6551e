"""Bags as counted ids, weighed by how rare each is, and by the main directions of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from polymodal.features._features import Features
from polymodal.features._reduction import principal_directions
from polymodal.modalities.tokens import FIRST, TokensStatistics
from polymodal.registry import FEATURES

_DIRECTIONS = 64


@FEATURES.register("tokens")
@dataclass(frozen=True)
class TokensFeatures(Features):
    """Wide: TF-IDF of the ids with damped counts (Salton & Buckley 1988), each bag of length one; and the size.

    Compact: the weights of up to 64 ids or else 64 directions of the wide matrix; the size, and the damped counts added
    up. `idf` has a place for each code, ids that share one by hash included; 0 where no training bag has it.
    `size` holds mean and spread of the log of the number of different ids.
    """

    kinds: ClassVar[tuple[str, ...]] = ("tokens",)

    idf: np.ndarray
    directions: np.ndarray
    size: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: TokensStatistics, seed: int) -> Self:
        codes = np.concatenate([np.unique(array[1:, 0]) for array in arrays]).astype(np.int64) - FIRST
        bags = np.bincount(codes, minlength=statistics.n_codes - FIRST)
        idf = np.where(bags > 0, np.log((1 + len(arrays)) / (1 + bags)) + 1, 0.0).astype(np.float32)
        sizes = _log_sizes(arrays)
        spread = sizes.std()
        bare = cls(idf, np.zeros((0, 0), dtype=np.float32), np.array([sizes.mean(), spread if spread > 1e-6 else 1.0]))
        met = np.flatnonzero(bags)
        if len(met) <= _DIRECTIONS:
            directions = np.zeros((len(idf), len(met)), dtype=np.float32)
            directions[met, np.arange(len(met))] = 1.0
        else:
            directions = principal_directions(bare._counted(arrays), _DIRECTIONS, seed)
        return cls(idf, directions, bare.size)

    @property
    def n_counted(self) -> int:
        """The first columns of the wide matrix, which count ids."""
        return len(self.idf)

    def wide(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        return csr_matrix(hstack([self._counted(arrays), csr_matrix(0.1 * self._sizes(arrays))]), dtype=np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        totals = np.array([[array[1:, 1].sum()] for array in arrays])
        directed = self._counted(arrays) @ self.directions
        return np.concatenate([directed, self._sizes(arrays), totals], axis=1).astype(np.float32)

    def _counted(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        items = np.concatenate([array[1:] for array in arrays])
        rows = np.repeat(np.arange(len(arrays)), [len(array) - 1 for array in arrays])
        codes = items[:, 0].astype(np.int64) - FIRST
        matrix = csr_matrix((items[:, 1] * self.idf[codes], (rows, codes)), shape=(len(arrays), len(self.idf)))
        matrix.sum_duplicates()
        norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        matrix.data /= np.repeat(np.maximum(norms, 1e-12), np.diff(matrix.indptr)).astype(np.float32)
        return matrix

    def _sizes(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return ((_log_sizes(arrays) - self.size[0]) / self.size[1])[:, None]


def _log_sizes(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.log([float(len(array)) for array in arrays])
