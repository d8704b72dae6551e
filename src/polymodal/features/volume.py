"""Volumes by their figures: how large, how bright, where it is bright, how sharp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.features._reduction import principal_directions
from polymodal.modalities.volume import AXES, VolumeStatistics
from polymodal.registry import FEATURES

_KEPT: Kept[Row] = Kept()
_CUBES = 4  # along each axis, whose means are told
_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
_MOST_FIGURES, _DIRECTIONS = 80, 64  # for trees


@FEATURES.register("volume")
@dataclass(frozen=True)
class VolumeFeatures(Features):
    """The lengths; of each channel mean, spread, quantiles, skewness, kurtosis, and mean, spread and tail of its
    gradient, along each axis and in all; the means of 4 x 4 x 4 cubes. Wide: the ranks of all. Compact: the figures,
    up to 80, and the cubes, or of several channels 64 directions of them.

    `knots [q, C]` are quantiles over the volumes measured, `directions [cubes, k]` is empty for one channel.
    """

    kinds: ClassVar[tuple[str, ...]] = ("volume",)

    knots: np.ndarray
    directions: np.ndarray
    n_told: int

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: VolumeStatistics, seed: int) -> Self:
        n_told = AXES + 2 * statistics.channels
        figures, cubes = _described(arrays, n_told)
        knots = rank_knots(np.concatenate([figures, cubes], axis=1))
        bare = cls(knots, np.zeros((0, 0), dtype=np.float32), n_told)
        if statistics.channels == 1:
            return bare
        ranks = normal_ranks(cubes, knots[:, figures.shape[1] :])
        return replace(bare, directions=principal_directions(ranks, _DIRECTIONS, seed))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return normal_ranks(np.concatenate(_described(arrays, self.n_told), axis=1), self.knots)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures, cubes = _described(arrays, self.n_told)
        if self.directions.size:
            cubes = normal_ranks(cubes, self.knots[:, figures.shape[1] :]) @ self.directions
        return np.concatenate([figures[:, :_MOST_FIGURES], cubes], axis=1).astype(np.float32)


def _described(arrays: Sequence[np.ndarray], n_told: int) -> tuple[np.ndarray, np.ndarray]:
    rows = _KEPT.of(arrays, lambda some: [(figures_of(one, n_told), cubes_of(one)) for one in some], n_told)
    figures, cubes = zip(*rows, strict=True)
    return np.stack(figures), np.stack(cubes)


def figures_of(array: np.ndarray, n_told: int) -> np.ndarray:
    """`[3 + 2 C + 15 C]` figures of one prepared volume."""
    told, grid = array[0].reshape(-1)[:n_told].astype(np.float64), array[1:].astype(np.float64)
    found = [told]
    for channel in np.moveaxis(grid, -1, 0):
        slopes = np.stack(np.gradient(channel))
        steep = np.sqrt((slopes**2).sum(axis=0))
        found += [
            np.quantile(channel, _LEVELS),
            # In its own spreads already, so that these are skewness and kurtosis.
            [(channel**3).mean(), (channel**4).mean()],
            np.abs(slopes).mean(axis=(1, 2, 3)),
            [steep.mean(), steep.std(), np.quantile(steep, 0.9)],
        ]
    return np.concatenate(found)


def cubes_of(array: np.ndarray) -> np.ndarray:
    """`[64 C]` means."""
    grid = array[1:].astype(np.float64)
    at = (np.arange(_CUBES) * grid.shape[0]) // _CUBES
    sizes = np.diff([*at, grid.shape[0]])
    for axis in range(AXES):
        shape = [1] * grid.ndim
        shape[axis] = _CUBES
        grid = np.add.reduceat(grid, at, axis=axis) / sizes.reshape(shape)
    return grid.reshape(-1)
