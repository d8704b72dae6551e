"""Series as plain figures and as answers of fixed convolutions, for models that are no networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from polymodal.features._features import Features
from polymodal.features._minirocket import dilations, shares_above, thresholds
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.features._reduction import principal_directions
from polymodal.features._signals import coherences, levels, periods, pitches, relations
from polymodal.features.series_timed import TimedSeriesFeatures
from polymodal.modalities.series import SeriesStatistics
from polymodal.registry import FEATURES

_MOST = 160  # columns that trees are given as they are
_DIRECTIONS = 64
_VIEWS = 8  # channels that are convolved one by one; of more, sums of a few
_BLOCK = 1 << 13  # samples handled at once
_CONVOLVED = 0.125  # weight of a convolution's column beside a figure's: there are many more of them


@FEATURES.register("series")
@dataclass(frozen=True)
class SeriesFeatures(Features):
    """Wide: figures of channels, of their length as a vector and of how they go together, as normal ranks, then
    MiniRocket (Dempster et al. 2021). Compact: the figures, by 64 principal components when over 160.

    Figures are taken in the series' own units over one common spread, so that the length of a vector of channels and
    the eigenvalues of their covariance stay what they are when a sensor is worn askew. Gaps are bridged by straight
    lines, and their share is a figure; what a channel without any sample would tell is NaN.

    `mean`, `std` `[C]` and `knots` `[k, F]` are of the rows measured; `mixing` `[C, V]` makes the signals convolved
    with `steps` `[d]` and compared with `above` `[V, d, 84, 2]`; `centre` and `spread` `[V * d * 168]` standardise
    that; `directions` `[F', k]` has no columns when the figures are few.

    >>> from polymodal.modalities.series import Series
    >>> waves = [np.sin(np.arange(60, dtype=np.float32) * pitch)[:, None] for pitch in (0.2, 0.5, 0.9)]
    >>> features = SeriesFeatures.measure(waves, Series().measure(waves), seed=0)
    >>> features.compact(waves).shape
    (3, 38)
    """

    kinds: ClassVar[tuple[str, ...]] = ("series",)

    mean: np.ndarray
    std: np.ndarray
    knots: np.ndarray
    mixing: np.ndarray
    steps: np.ndarray
    above: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    directions: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: SeriesStatistics, seed: int) -> Features:
        """Of series with times of their own, those of `series_timed`."""
        if statistics.timed:
            return TimedSeriesFeatures.measure(arrays, statistics, seed)
        mean, std = np.array(statistics.mean), np.array(statistics.std)
        mixing = _mixing(len(mean), seed)
        steps = dilations(int(np.median([len(_bridged(array)[0]) for array in arrays])))
        above = []
        for view in range(mixing.shape[1]):
            signals = [_mixed(_bridged(array)[0], mixing[:, view]) for array in arrays]
            above.append(thresholds(signals, steps, seed + view))
        empty = np.zeros((0, 0), dtype=np.float32)
        bare = cls(mean, std, empty, mixing, steps, np.stack(above), empty, empty, empty)
        figures, of_trees = bare._figures(arrays)
        knots = rank_knots(figures)
        convolved = bare._convolved(arrays)
        centre, spread = convolved.mean(axis=0), convolved.std(axis=0)
        # Below one sample in a hundred, a share that moves is chance.
        spread = np.maximum(spread, 0.01)
        directions = np.zeros((of_trees, 0), dtype=np.float32)
        if of_trees > _MOST:
            directions = principal_directions(normal_ranks(figures, knots)[:, :of_trees], _DIRECTIONS, seed)
        return cls(mean, std, knots, mixing, steps, bare.above, centre, spread, directions)

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures = normal_ranks(self._figures(arrays)[0], self.knots)
        convolved = ((self._convolved(arrays) - self.centre) / self.spread).clip(-6, 6) * _CONVOLVED
        return np.concatenate([figures, convolved], axis=1).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        figures, of_trees = self._figures(arrays)
        if not self.directions.shape[1]:
            return figures[:, :of_trees].astype(np.float32)
        return normal_ranks(figures, self.knots)[:, :of_trees] @ self.directions

    def _figures(self, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
        """`[n, F]` float64, NaN where a channel is empty, and how many of the first ones are for trees."""
        unit = np.sqrt((self.std**2).mean())
        found, of_trees = np.zeros((len(arrays), 0)), 0
        for rows, signals, gaps in _equally_long(arrays):
            blocks, of_trees = _all_figures((signals * self.std + self.mean) / unit, gaps)
            found = found if found.shape[1] else np.empty((len(arrays), blocks.shape[1]))
            found[rows] = blocks
        return found, of_trees

    def _convolved(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        found = np.empty((len(arrays), self.above.size), dtype=np.float32)
        for rows, signals, _ in _equally_long(arrays):
            views = [_mixed(signals, self.mixing[:, view]) for view in range(self.mixing.shape[1])]
            found[rows] = shares_above(np.stack(views, axis=1), self.steps, self.above).reshape(len(rows), -1)
        return found


def _all_figures(signals: np.ndarray, gaps: np.ndarray) -> tuple[np.ndarray, int]:
    """Figures `[n, F]` of `[n, T, C]`, given the share of gaps `[n, C]`, and how many of the first are for trees."""
    n, length, channels = signals.shape
    empty = gaps == 1.0
    any_empty = empty.any(axis=1)[:, None]
    lines = signals.transpose(0, 2, 1)
    if channels > 1:
        lines = np.concatenate([lines, np.sqrt((signals**2).sum(axis=2))[:, None]], axis=1)
        empty = np.concatenate([empty, any_empty], axis=1)
    flat = np.ascontiguousarray(lines).reshape(-1, length)
    each = np.concatenate([levels(flat), periods(flat), pitches(flat)], axis=1).reshape(n, lines.shape[1], -1)
    each = np.where(empty[:, :, None], np.nan, each)
    related = np.where(any_empty, np.nan, relations(signals))
    for_trees = [gaps, each[:, :channels].reshape(n, -1), related]
    more = [each[:, channels:].reshape(n, -1), np.where(any_empty, np.nan, coherences(signals))]
    return np.concatenate([*for_trees, *more], axis=1), sum(block.shape[1] for block in for_trees)


def _equally_long(arrays: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of one length: their positions, `[n, T, C]` without gaps, and the share of gaps `[n, C]`."""
    bridged = [_bridged(array) for array in arrays]
    lengths = np.array([len(signal) for signal, _ in bridged])
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        most = max(1, _BLOCK // int(length))
        for at in range(0, len(rows), most):
            some = rows[at : at + most]
            yield some, np.stack([bridged[row][0] for row in some]), np.stack([bridged[row][1] for row in some])


def _bridged(array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[T, C]` float64 with gaps on straight lines (an end stays level, an empty channel is zero), and their shares.

    A gap of all channels at the end is the end.
    """
    real = ~np.isnan(array)
    some = np.flatnonzero(real.any(axis=1))
    length = int(some[-1]) + 1 if len(some) else 1
    signal, real = array[:length].astype(np.float64), real[:length]
    for channel in np.flatnonzero(~real.all(axis=0)):
        here = np.flatnonzero(real[:, channel])
        line = np.interp(np.arange(length), here, signal[here, channel]) if len(here) else np.zeros(length)
        signal[:, channel] = line
    return signal, 1 - real.mean(axis=0)


def _mixed(signals: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """`[..., T]`: the weighted sum of the channels of `[..., T, C]`, channel by channel and so always in one order."""
    return sum((signals[..., c] * weights[c] for c in np.flatnonzero(weights)), np.zeros(signals.shape[:-1]))


def _mixing(channels: int, seed: int) -> np.ndarray:
    """`[C, V]`: each channel by itself, or of many channels eight signed sums of a few."""
    if channels <= _VIEWS:
        return np.eye(channels)
    random = np.random.default_rng(seed)
    mixing = np.zeros((channels, _VIEWS))
    for view in range(_VIEWS):
        few = random.permutation(channels)[: int(2 ** random.uniform(0, np.log2(9)))]
        mixing[few, view] = random.choice([-1.0, 1.0], len(few))
    return mixing
