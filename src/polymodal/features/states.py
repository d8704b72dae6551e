"""Cells with an adapted encoder: plain models see the vector of the encoder as it was pretrained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features.vector import VectorFeatures
from polymodal.modalities.vector import VectorStatistics
from polymodal.registry import FEATURES


@FEATURES.register("states")
@dataclass(frozen=True)
class StatesFeatures(VectorFeatures):
    """The features of the vector with which each array begins; what follows is for the network."""

    kinds: ClassVar[tuple[str, ...]] = ("states",)

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: VectorStatistics, seed: int) -> Self:
        return super().measure([array[: len(statistics.mean)] for array in arrays], statistics, seed)

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return super().wide([array[: len(self.mean)] for array in arrays])

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return super().compact([array[: len(self.mean)] for array in arrays])
