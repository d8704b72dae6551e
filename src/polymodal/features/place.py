"""Places as points and smooth bumps for linear models, as degrees and points for trees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.modalities.place import PlaceStatistics
from polymodal.registry import FEATURES

_WAVES = 48  # for each length
_LENGTHS = (1.0, 0.3)  # of a bump of the kernel, in reaches of the training rows
_TURNS = 4  # of the axes in which trees cut


@FEATURES.register("place")
@dataclass(frozen=True)
class PlaceFeatures(Features):
    """Wide: the point, and random Fourier features whose products are bumps of two widths (Rahimi & Recht 2007).

    Compact: degrees, the point on the sphere, and east and north turned in steps of 22.5 degrees, so that a cut may run
    aslant. `waves [3, K]` and `shifts [K]` are drawn with the seed; `mean` and `std` are those of the point.
    """

    kinds: ClassVar[tuple[str, ...]] = ("place",)

    waves: np.ndarray
    shifts: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: PlaceStatistics, seed: int) -> Self:
        random = np.random.default_rng(seed)
        waves = np.concatenate([random.normal(size=(3, _WAVES)) / length for length in _LENGTHS], axis=1)
        near = np.stack(arrays)[:, 3:6].astype(np.float64)
        spread = near.std(axis=0)
        return cls(
            waves,
            random.uniform(0, 2 * np.pi, size=waves.shape[1:]),
            near.mean(axis=0),
            np.where(spread > 1e-6, spread, 1.0),
        )

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        near = np.stack(arrays)[:, 3:6].astype(np.float64)
        bumps = np.sqrt(2) * np.cos(near @ self.waves + self.shifts)
        return np.concatenate([((near - self.mean) / self.std).clip(-10, 10), bumps], axis=1).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        places = np.stack(arrays).astype(np.float64)
        angles = np.pi / 2 * np.arange(1, _TURNS) / _TURNS
        degrees = places[:, 6:]
        aslant = [degrees @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in angles]
        return np.concatenate([degrees, places[:, :3], *aslant], axis=1).astype(np.float32)
