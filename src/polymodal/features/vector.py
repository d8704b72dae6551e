"""Panels and embeddings: standardised as they are for linear models, by their main directions for trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.features._reduction import principal_directions
from polymodal.modalities.vector import VectorStatistics
from polymodal.registry import FEATURES

_FEW = 128  # columns that trees are given as they are
_DIRECTIONS = 50


@FEATURES.register("vector")
@dataclass(frozen=True)
class VectorFeatures(Features):
    """Wide: every column, standardised over the rows measured. Compact: the columns, or 50 principal components.

    `mean` and `std` are `[F]`; `directions` is `[F, k]`, with no columns when the panel is small enough to stay.
    """

    kinds: ClassVar[tuple[str, ...]] = ("vector",)

    mean: np.ndarray
    std: np.ndarray
    directions: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: VectorStatistics, seed: int) -> Self:
        panel = np.stack(arrays).astype(np.float64)
        gaps = np.isnan(panel)
        counts = np.maximum((~gaps).sum(axis=0), 1)
        mean = np.where(gaps, 0.0, panel).sum(axis=0) / counts
        spread = np.sqrt(np.where(gaps, 0.0, (panel - mean) ** 2).sum(axis=0) / counts)
        std = np.where(spread > 1e-6, spread, 1.0)
        if panel.shape[1] <= _FEW:
            return cls(mean, std, np.zeros((panel.shape[1], 0), dtype=np.float32))
        filled = np.where(gaps, 0.0, (panel - mean) / std).clip(-10, 10)
        return cls(mean, std, principal_directions(filled, _DIRECTIONS, seed))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        panel = (np.stack(arrays) - self.mean) / self.std
        return np.nan_to_num(panel.clip(-10, 10), nan=0.0).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        if not self.directions.shape[1]:
            return np.stack(arrays).astype(np.float32)
        return self.wide(arrays) @ self.directions
