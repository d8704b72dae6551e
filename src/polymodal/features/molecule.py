"""Molecules by their Morgan fingerprints and by descriptors that chemists go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from polymodal.features._distinct import distinct
from polymodal.features._features import Features
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.features._reduction import principal_directions
from polymodal.features._tfidf import vocabulary, weighed
from polymodal.modalities._chemistry import DESCRIPTORS
from polymodal.modalities._graphs import length_of
from polymodal.modalities.graph import GraphStatistics
from polymodal.registry import FEATURES

_DIRECTIONS = 64
_FIGURES = 0.3  # of the length of the fingerprint


@FEATURES.register("molecule")
@dataclass(frozen=True)
class MoleculeFeatures(Features):
    """Wide: counts of the Morgan fingerprint of radius 2 (Rogers & Hahn 2010), damped, weighed by how rare each bit is
    and of length one; and the ranks of 16 descriptors, such as weight, logP and polar surface. Compact: the
    descriptors, and 64 directions of the fingerprint.

    Whatever repeats is measured once, with the weight of one. `bits` are those that have a column, `idf` their
    weights, `directions [W, k]`, `knots [q, 16]` quantiles of the descriptors.
    """

    kinds: ClassVar[tuple[str, ...]] = ("molecule",)

    bits: np.ndarray
    idf: np.ndarray
    directions: np.ndarray
    knots: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: GraphStatistics, seed: int) -> Self:
        once, _ = distinct(arrays)
        found = vocabulary(*_bits(once), len(once), 1)
        bare = cls(*found, np.zeros((0, 0), dtype=np.float32), rank_knots(_descriptors(once)))
        return cls(*found, principal_directions(bare._counted(once), _DIRECTIONS, seed), bare.knots)

    @property
    def n_counted(self) -> int:
        """The first columns of the wide matrix, which count bits."""
        return len(self.bits)

    def wide(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        once, which = distinct(arrays)
        ranks = csr_matrix(_FIGURES * normal_ranks(_descriptors(once), self.knots))
        return csr_matrix(hstack([self._counted(once), ranks]), dtype=np.float32)[which]

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        once, which = distinct(arrays)
        blocks = [_descriptors(once), self._counted(once) @ self.directions]
        return np.concatenate(blocks, axis=1).astype(np.float32)[which]

    def _counted(self, arrays: Sequence[np.ndarray]) -> csr_matrix:
        return weighed(*_bits(arrays), len(arrays), self.bits, self.idf)


def _descriptors(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack([array[length_of(array) :][: len(DESCRIPTORS), 1] for array in arrays]).astype(np.float64)


def _bits(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The row and the number of each bit, as often as it is counted."""
    found = [array[length_of(array) + len(DESCRIPTORS) :, :2].astype(np.int64) for array in arrays]
    rows = np.repeat(np.arange(len(arrays)), [int(bits[:, 1].sum()) for bits in found])
    return rows, np.concatenate([np.repeat(bits[:, 0], bits[:, 1]) for bits in found])
