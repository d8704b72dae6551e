"""Moments as calendar figures for trees, as seasonal waves and days of the week for linear models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.modalities.moment import CYCLES, MomentStatistics
from polymodal.registry import FEATURES

_WAVES = 3
_DAYS = 7
_WEEK = 1 + CYCLES.index("week")
_ROUNDING = 1e-4  # of a day; midnight may come out just before it in single precision


@FEATURES.register("moment")
@dataclass(frozen=True)
class MomentFeatures(Features):
    """Wide: the trend, three waves of each cycle (the Fourier terms of Taylor & Letham 2018), each day of the week.

    Compact: the trend and the place in each cycle. `mean` and `std` are those of the wide columns over the rows
    measured.
    """

    kinds: ClassVar[tuple[str, ...]] = ("moment",)

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: MomentStatistics, seed: int) -> Self:
        columns = _columns(arrays)
        spread = columns.std(axis=0)
        return cls(columns.mean(axis=0), np.where(spread > 1e-6, spread, 1.0))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return ((_columns(arrays) - self.mean) / self.std).clip(-10, 10).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack(arrays).astype(np.float32)


def _columns(arrays: Sequence[np.ndarray]) -> np.ndarray:
    moments = np.stack(arrays).astype(np.float64)
    angles = 2 * np.pi * moments[:, 1:, None] * np.arange(1, _WAVES + 1)
    weekday = np.floor(_DAYS * moments[:, _WEEK] + _ROUNDING).astype(np.int64) % _DAYS
    waves = [np.sin(angles).reshape(len(moments), -1), np.cos(angles).reshape(len(moments), -1)]
    return np.concatenate([moments[:, :1], *waves, np.eye(_DAYS)[weekday]], axis=1)
