"""Recordings as timbre, spectrum and length, for models that are no networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.fft import dct

from polymodal.features._features import Features
from polymodal.features._kept import Kept, Row
from polymodal.modalities.audio import AudioStatistics
from polymodal.registry import FEATURES

_CEPSTRA = 16
_FINE, _COARSE = 8, 4  # parts of the time, for linear models and for trees
_BANDS = 32  # the most of the whole recording
_TREE_BANDS = 16
_KEPT: Kept[Row] = Kept()
_AUDIBLE = np.log(1e-4)  # below the loudest frame by 40 dB, an end of the recording is left out


@FEATURES.register("audio")
@dataclass(frozen=True)
class AudioFeatures(Features):
    """Cepstra (Davis & Mermelstein 1980), their mean, spread and step over several parts of the time from the first to
    the last audible frame; bands over the whole; centroid, bandwidth, flatness and zero crossings (Rice 1945, from
    the spectrum); level and length.

    Wide: eight parts, standardised. Compact: four parts and fewer bands, as they are. `mean` `[M]` and `std` `[1]`
    undo what preparing did; `pitches` are `[M]`, `centre` and `spread` `[W]`.

    >>> from polymodal.modalities.audio import Audio
    >>> sounds = [np.random.default_rng(seed).normal(size=4000) for seed in range(3)]
    >>> statistics = Audio().measure(sounds)
    >>> arrays = [Audio().prepare(sound, statistics) for sound in sounds]
    >>> AudioFeatures.measure(arrays, statistics, seed=0).compact(arrays).shape
    (3, 125)
    """

    kinds: ClassVar[tuple[str, ...]] = ("audio",)

    mean: np.ndarray
    std: np.ndarray
    pitches: np.ndarray
    centre: np.ndarray
    spread: np.ndarray

    @classmethod
    def measure(cls, arrays: Sequence[np.ndarray], statistics: AudioStatistics, seed: int) -> Self:
        empty = np.zeros(0)
        known = np.array(statistics.mean), np.array([statistics.std]), np.array(statistics.centres)
        figures = cls(*known, empty, empty)._fine(arrays)
        spread = figures.std(axis=0)
        # A column that does not move in training says nothing, however it may move later.
        return cls(*known, figures.mean(axis=0), np.where(spread > 1e-6, spread, np.inf))

    def wide(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return ((self._fine(arrays) - self.centre) / self.spread).clip(-6, 6).astype(np.float32)

    def compact(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return self._figures(arrays, _COARSE, 1, _TREE_BANDS)

    def _fine(self, arrays: Sequence[np.ndarray]) -> np.ndarray:
        return self._figures(arrays, _FINE, _COARSE, _BANDS)

    def _figures(self, arrays: Sequence[np.ndarray], *detail: int) -> np.ndarray:
        def compute(some: list[np.ndarray]) -> list[Row]:
            return [(_figures(array * self.std + self.mean, self.pitches, *detail),) for array in some]

        levels = self.mean.tobytes() + self.std.tobytes() + self.pitches.tobytes()
        return np.stack([figures for (figures,) in _KEPT.of(arrays, compute, levels, detail)])


def _figures(log_power: np.ndarray, pitches: np.ndarray, parts: int, spread_parts: int, bands: int) -> np.ndarray:
    """`[F]` float32 of one recording `[L, M]`."""
    heard = _audible(log_power)
    level = log_power.mean()
    few = _fewer(heard, bands)
    # Of fewer bands than cepstra the rest is zero.
    cepstra = np.zeros((len(heard), _CEPSTRA))
    found = dct(_fewer(heard, _BANDS) - level, axis=1, norm="ortho")[:, :_CEPSTRA]
    cepstra[:, : found.shape[1]] = found
    steps = np.abs(np.diff(cepstra, axis=0, prepend=cepstra[:1]))
    spectrum = shape_of_spectrum(heard, pitches)
    loudness = log_power.mean(axis=1)
    blocks = [
        means_of_parts(cepstra, parts),
        np.sqrt(np.maximum(means_of_parts(cepstra**2, spread_parts) - means_of_parts(cepstra, spread_parts) ** 2, 0)),
        means_of_parts(steps, spread_parts),
        np.pad(few.mean(axis=0) - level, (0, bands - few.shape[1])),
        spectrum.mean(axis=0),
        spectrum.std(axis=0),
        [level, loudness.std(), loudness.max() - level, np.log(len(log_power)), np.log(len(heard))],
    ]
    return np.concatenate([np.ravel(block) for block in blocks]).astype(np.float32)


def shape_of_spectrum(log_power: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """`[L, 4]` of `[L, M]`: centroid, bandwidth and zero crossings in log Hz, and log flatness from -inf to 0.

    A Gaussian signal of that spectrum crosses zero twice for each turn of the root mean square pitch (Rice 1945).

    >>> found = shape_of_spectrum(np.log([[1e-9, 1.0, 1e-9]]), np.array([500.0, 1000.0, 2000.0]))
    >>> found[0].round(2).tolist()
    [6.91, 0.69, 7.6, -12.72]
    """
    power = np.exp(log_power - log_power.max(axis=1, keepdims=True))
    share = power / power.sum(axis=1, keepdims=True)
    centroid = share @ pitches
    square = share @ pitches**2
    bandwidth = np.sqrt(np.maximum(square - centroid**2, 1.0))
    flatness = np.log(power).mean(axis=1) - np.log(power.mean(axis=1))
    return np.stack([np.log(centroid), np.log1p(bandwidth), np.log(2 * np.sqrt(square)), flatness], axis=1)


def means_of_parts(values: np.ndarray, parts: int) -> np.ndarray:
    """`[parts, K]`: means of `[L, K]` over equal parts of the time, a frame on a border counting for both by its share.

    >>> means_of_parts(np.array([[0.0], [1.0], [2.0]]), 2).ravel().round(2).tolist()
    [0.33, 1.67]
    """
    total = np.concatenate([np.zeros((1, values.shape[1])), values.cumsum(axis=0)])
    borders = np.linspace(0, len(values), parts + 1)
    whole = np.minimum(borders.astype(int), len(values) - 1)
    reached = total[whole] + (borders - whole)[:, None] * values[whole]
    return np.asarray(np.diff(reached, axis=0) * parts / len(values))


def _audible(log_power: np.ndarray) -> np.ndarray:
    loudness = log_power.max(axis=1)
    loud = np.flatnonzero(loudness >= loudness.max() + _AUDIBLE)
    return log_power[loud[0] : loud[-1] + 1]


def _fewer(values: np.ndarray, most: int) -> np.ndarray:
    """Neighbouring bands averaged down to at most so many."""
    if values.shape[1] <= most:
        return values
    return means_of_parts(values.T, most).T
