"""Clouds of points by their figures: where, how large, how flat, how high."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.modalities.points import AXES, PointsStatistics
from polymodal.registry import FEATURES

_LEVELS = 10  # of the height histogram
_RINGS = np.linspace(0, 2.5, 9)  # of the histogram of distances from the middle, in radii
_TINY = 1e-6


@FEATURES.register("points")
@dataclass(frozen=True)
class PointsFeatures(Features):
    """Compact: number, share left out, centre, extents, moments; the eigenvalues of the covariance and how linear,
    flat, round and upright they make the cloud (Weinmann et al. 2015); a histogram of heights; one of distances from
    the middle (D1 of Osada et al. 2002); mean and spread of the further figures. Wide: the ranks of all of these.

    `levels [11]` are the edges of the heights, `knots [k, C]` quantiles over the clouds measured.
    """

    kinds: ClassVar[tuple[str, ...]] = ("points",)

    levels: np.ndarray
    knots: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: PointsStatistics, seed: int) -> Self:
        heights = np.concatenate([array[1:, 2] for array in arrays])
        low, high = np.quantile(heights, [0.01, 0.99]).tolist()
        levels = np.linspace(low, high, _LEVELS + 1)
        return cls(levels, rank_knots(np.stack([described(array, levels) for array in arrays])))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return normal_ranks(self.compact(arrays).astype(np.float64), self.knots)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([described(array, self.levels) for array in arrays]).astype(np.float32)


def described(array: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """`[39 + 2 F]` figures of one prepared cloud."""
    points, more = array[1:, :AXES].astype(np.float64), array[1:, AXES:].astype(np.float64)
    centre = points.mean(axis=0)
    about = points - centre
    spread = np.maximum(about.std(axis=0), _TINY)
    radius = max(float(np.sqrt((about**2).sum(axis=1).mean())), _TINY)
    values, vectors = np.linalg.eigh(about.T @ about / len(about))
    least, middle, most = np.maximum(values, _TINY**2).tolist()
    form = [(most - middle) / most, (middle - least) / most, least / most, 1 - abs(float(vectors[2, 0]))]
    heights = _shares(points[:, 2], levels)
    rings = _shares(np.sqrt((about**2).sum(axis=1)) / radius, _RINGS)
    parts = [
        array[0, :2],
        centre,
        np.ptp(points, axis=0),
        np.log(spread),
        (about**3).mean(axis=0) / spread**3,
        np.log([least, middle, most]) / 2,
        form,
        heights,
        rings,
        more.mean(axis=0),
        more.std(axis=0),
    ]
    return np.concatenate(parts)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The share of values in each step; what lies beyond the ends counts to the last ones."""
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(place, minlength=len(edges) - 1) / len(values)
