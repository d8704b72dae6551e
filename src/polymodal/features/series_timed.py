"""Series with times of their own as plain figures that need no grid, for models that are no networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.signal import lombscargle

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.features._ranks import normal_ranks, rank_knots
from polymodal.modalities._timed import CHANNEL, TIME, VALUE
from polymodal.modalities.series import SeriesStatistics
from polymodal.registry import FEATURES

# Of each channel, those that tell most first: of many channels trees are given as many as fit.
FIGURES = (
    *("last", "mean", "count", "spread", "slope", "low", "high", "median", "lower", "upper", "first"),
    *("since last", "interval", "longest gap", "change", "pitch", "periodic"),
    *(f"band {number}" for number in range(8)),
)
PITCHES, LEAST = 64, 8  # of a periodogram; values below which there is none
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST = 160  # columns that trees are given
_KEPT: Kept[Row] = Kept()


@FEATURES.register("series_timed")
@dataclass(frozen=True)
class TimedSeriesFeatures(Features):
    """FIGURES of each channel, how many values there are in all and how long it took. Wide: all of them as normal
    ranks. Compact: as many of each channel as fit in 160, of over 160 channels those that are measured most often.

    The periodogram is that of Lomb (1976) and Scargle (1982), which needs no grid; `turns` `[P]` in a span are those
    that the steps between measurements can tell. What a channel without values would tell is NaN. `kept` are columns.

    >>> from polymodal.modalities.series import Series
    >>> kind = Series(irregular=True)
    >>> samples = [np.array([[0.0, 1.0], [1.0, 3.0], [4.0, 2.0]])]
    >>> statistics = kind.measure(samples)
    >>> arrays = [kind.prepare(sample, statistics) for sample in samples]
    >>> TimedSeriesFeatures.measure(arrays, statistics, seed=0).compact(arrays).shape
    (1, 27)
    """

    kinds: ClassVar[tuple[str, ...]] = ("series_timed",)

    channels: int
    turns: np.ndarray
    knots: np.ndarray
    kept: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: SeriesStatistics, seed: int) -> Self:
        channels = len(statistics.mean)
        fastest = max(statistics.span / (2 * statistics.step), 2.0)
        turns = np.geomspace(1.0, fastest, PITCHES)
        bare = cls(channels, turns, np.zeros((0, 0)), np.zeros(0, dtype=np.int64))
        figures = bare._figures(arrays)
        often = np.argsort(-np.nansum(figures[:, FIGURES.index("count") :: len(FIGURES)][:, :channels], axis=0))
        each = max(1, (_MOST - 2) // channels)
        some = np.sort(often[: _MOST - 2])[:, None] * len(FIGURES) + np.arange(min(each, len(FIGURES)))
        kept = np.concatenate([some.ravel(), channels * len(FIGURES) + np.arange(2)])
        return cls(channels, turns, rank_knots(figures), kept)

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return normal_ranks(self._figures(arrays), self.knots).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return self._figures(arrays)[:, self.kept].astype(np.float32)

    def _figures(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        """`[n, C * FIGURES + 2]` float64; NaN where there is nothing to tell from."""
        told = _KEPT.of(arrays, lambda some: [(self._of_cell(one),) for one in some], self.channels, self.turns[-1])
        return np.stack([figures for (figures,) in told])

    def _of_cell(self, array: np.ndarray) -> np.ndarray:
        found = np.full(self.channels * len(FIGURES) + 2, np.nan)
        found[FIGURES.index("count") : -2 : len(FIGURES)] = 0.0
        times, channels, values = array.astype(np.float64)[:, [TIME, CHANNEL, VALUE]].T
        found[-2:] = np.log1p(len(array)), times[-1] - times[0]
        for channel in np.unique(channels).astype(np.int64).tolist():
            here, start = channels == channel, channel * len(FIGURES)
            found[start : start + len(FIGURES)] = self._of_channel(times[here], values[here], times[-1])
        return found

    def _of_channel(self, times: np.ndarray, values: np.ndarray, end: float) -> np.ndarray:
        found = np.full(len(FIGURES), np.nan)
        at = np.array(_QUANTILES) * (len(values) - 1)
        low, lower, median, upper, high = np.interp(at, np.arange(len(values)), np.sort(values))
        mean, spread = values.mean(), values.std()
        slope = interval = longest = change = np.nan
        if len(values) > 1:
            since, steps = times - times.mean(), np.diff(times)
            slope = (since @ values) / (since @ since) if since.any() else 0.0
            interval, longest = steps.mean(), steps.max()
            change = np.abs(np.diff(values)).mean()
        levels = (values[-1], mean, np.log1p(len(values)), spread, slope, low, high, median, lower, upper, values[0])
        found[: len(levels)] = levels
        found[len(levels) : -10] = end - times[-1], np.log(max(interval, 1e-9)), longest, change
        found[-10:] = self._rhythm(times, values)
        return found

    def _rhythm(self, times: np.ndarray, values: np.ndarray) -> np.ndarray:
        """The strongest pitch (logarithm of turns in a span), its share of the spread, and the share in eight bands."""
        length = times[-1] - times[0]
        told = (self.turns * length >= 1) & (self.turns <= len(values) / (length or 1.0))
        if len(values) < LEAST or not told.any() or values.std() < 1e-6:
            return np.full(10, np.nan)
        power = np.full(len(self.turns), np.nan)
        power[told] = lombscargle(times, values, 2 * np.pi * self.turns[told], floating_mean=True, normalize=True)
        strongest = int(np.nanargmax(power))
        bands = power.reshape(8, -1)
        known = ~np.isnan(bands)
        top = np.where(known.any(axis=1), np.where(known, bands, -np.inf).max(axis=1), np.nan)
        return np.concatenate([[np.log(self.turns[strongest]), power[strongest]], top])
