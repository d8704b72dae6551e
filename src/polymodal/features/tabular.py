"""Numbers and categories as they stand, for models that are no networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix

from polymodal.features._features import Features, Matrix
from polymodal.modalities.tabular import TabularStatistics
from polymodal.registry import FEATURES

_DENSE = 256  # columns up to which a full matrix is the faster one


@FEATURES.register("tabular")
@dataclass(frozen=True)
class TabularFeatures(Features):
    """Compact: numbers with their gaps, then category codes. Wide: numbers, their gaps, one column a category.

    `mean` and `std` `[n_numbers]` are those of the rows measured; `gappy` lists the numbers that had gaps there.
    """

    kinds: ClassVar[tuple[str, ...]] = ("tabular",)

    mean: np.ndarray
    std: np.ndarray
    gappy: np.ndarray
    n_codes: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: TabularStatistics, seed: int) -> Self:
        n_numbers = len(statistics.mean)
        numbers = np.stack(arrays)[:, :n_numbers].astype(np.float64)
        gaps = np.isnan(numbers)
        counts = np.maximum((~gaps).sum(axis=0), 1)
        mean = np.where(gaps, 0.0, numbers).sum(axis=0) / counts
        spread = np.sqrt(np.where(gaps, 0.0, (numbers - mean) ** 2).sum(axis=0) / counts)
        return cls(
            mean=mean,
            std=np.where(spread > 1e-6, spread, 1.0),
            gappy=np.flatnonzero(gaps.any(axis=0)),
            n_codes=np.array([len(values) + 1 for values in statistics.values], dtype=np.int64),
        )

    @property
    def categorical(self) -> tuple[int, ...]:
        return tuple(range(len(self.mean), len(self.mean) + len(self.n_codes)))

    def wide(self, arrays: Sequence[np.ndarray]) -> Matrix:
        cells = np.stack(arrays)
        n_numbers = len(self.mean)
        gaps = np.isnan(cells[:, :n_numbers])
        numbers = np.where(gaps, 0.0, (cells[:, :n_numbers] - self.mean) / self.std).clip(-10, 10)
        plain = np.concatenate([numbers, gaps[:, self.gappy]], axis=1).astype(np.float32)
        width = plain.shape[1] + int(self.n_codes.sum())
        starts = plain.shape[1] + np.concatenate([[0], np.cumsum(self.n_codes)[:-1]]) if len(self.n_codes) else []
        rows, columns = [], []
        for position, start in enumerate(starts):
            codes = cells[:, n_numbers + position]
            here = np.flatnonzero(~np.isnan(codes))
            rows.append(here)
            columns.append(int(start) + codes[here].astype(np.int64))
        at = (np.concatenate(rows), np.concatenate(columns)) if rows else (np.zeros(0, int), np.zeros(0, int))
        if width <= _DENSE:
            found = np.zeros((len(cells), width), dtype=np.float32)
            found[:, : plain.shape[1]] = plain
            found[at] = 1.0
            return found
        some = np.nonzero(plain)
        data = np.concatenate([plain[some], np.ones(len(at[0]), dtype=np.float32)])
        where = (np.concatenate([some[0], at[0]]), np.concatenate([some[1], at[1]]))
        return csr_matrix((data, where), shape=(len(cells), width), dtype=np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(arrays).astype(np.float32)
