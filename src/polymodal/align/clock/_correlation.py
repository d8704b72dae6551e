"""Correlation of two gridded signals over lags, with gaps left out, and its peak between the samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

_FLOOR = 0.01  # of the strongest frequency, below which the phase transform whitens no further
_LEAST_SHARE = 0.25  # of the shorter signal, that has to overlap at a lag
_LEAST_SAMPLES = 8
_STEPS = 12  # of Newton's method


@dataclass(frozen=True)
class Correlogram:
    """Likeness over lags; at lag k, sample n of the second lies on sample n + k of the first.

    Attributes:
        lags: `[L]` in samples, ascending.
        correlation: `[L]`, of what overlaps, from -1 to 1.
        overlap: `[L]`, samples that both have.
        score: `[L]`, the same weighed by how much overlaps, or the phase transform; its highest place is the lag.
        spectrum: of the cross-correlation, to look between samples.
        size: of its transform.
    """

    lags: np.ndarray
    correlation: np.ndarray
    overlap: np.ndarray
    score: np.ndarray
    spectrum: np.ndarray
    size: int


@dataclass(frozen=True)
class Peak:
    """Where two signals agree best.

    Attributes:
        lag: in samples, between them.
        correlation, overlap: there.
        score, second, second_lag: its height, and the highest place outside its lobe (None where all is lobe).
    """

    lag: float
    correlation: float
    overlap: float
    score: float
    second: float | None
    second_lag: float | None


def correlogram(
    first: np.ndarray,
    second: np.ndarray,
    first_here: np.ndarray,
    second_here: np.ndarray,
    *,
    lowest: float = -np.inf,
    highest: float = np.inf,
    phase: bool = False,
    weights: np.ndarray | None = None,
    least_share: float = _LEAST_SHARE,
) -> Correlogram | None:
    """Of `[N, C]` and `[M, C]` with their masks, over lags from `lowest` to `highest`; None where nothing overlaps.

    Each channel is centred and brought to spread 1 first. `phase` weighs all frequencies alike (GCC-PHAT, Knapp &
    Carter 1976), down to a hundredth of the strongest; `weights` weighs each as it says.
    """
    n, m = len(first), len(second)
    size = fft.next_fast_len(n + m, real=True)
    x, y = standard(first, first_here), standard(second, second_here)
    masks = first_here.astype(np.float64), second_here.astype(np.float64)
    fx, fy, fmx, fmy = (fft.rfft(one, size, axis=0) for one in (x, y, *masks))
    spectrum = (fx * fy.conj()).sum(axis=1)
    lags = np.arange(-(m - 1), n)

    def back(one: np.ndarray) -> np.ndarray:
        whole = fft.irfft(one, size)
        return np.concatenate([whole[size - (m - 1) :], whole[:n]])

    overlap = back((fmx * fmy.conj()).sum(axis=1))
    energies = [
        back((fft.rfft(x * x, size, axis=0) * fmy.conj()).sum(axis=1)),
        back((fmx * fft.rfft(y * y, size, axis=0).conj()).sum(axis=1)),
    ]
    width = first.shape[1]
    least = max(_LEAST_SAMPLES * width, least_share * min(masks[0].sum(), masks[1].sum()))
    norm = np.sqrt(np.maximum(energies[0], 0) * np.maximum(energies[1], 0))
    allowed = (lags >= lowest) & (lags <= highest) & (overlap >= least - 0.5) & (norm > 1e-9 * norm.max(initial=1e-300))
    if not allowed.any():
        return None
    correlation = np.where(allowed, back(spectrum) / np.where(norm > 0, norm, 1), 0.0).clip(-1, 1)
    score = correlation * np.sqrt(np.clip(overlap / overlap.max(), 0, 1))
    if phase:
        power = np.abs(spectrum)
        spectrum = spectrum / np.maximum(power, _FLOOR * power.max())
    elif weights is not None:
        spectrum = spectrum * weights
    if phase or weights is not None:
        score = back(spectrum) / max(float(np.abs(fft.irfft(np.abs(spectrum), size)).max()), 1e-300)
    kept = np.flatnonzero(allowed)
    some = slice(int(kept[0]), int(kept[-1]) + 1)
    hidden = ~allowed[some]
    return Correlogram(
        lags[some],
        np.where(hidden, 0.0, correlation[some]),
        np.where(hidden, 0.0, overlap[some] / width),
        np.where(hidden, 0.0, score[some]),
        spectrum,
        size,
    )


def peak_of(found: Correlogram) -> Peak:
    """The highest place, between the samples, and the highest one outside its lobe."""
    at = int(np.argmax(found.score))
    top = float(found.score[at])
    low, high = _lobe(found.score, at)
    outside = np.concatenate([np.arange(low), np.arange(high + 1, len(found.score))])
    other = int(outside[np.argmax(found.score[outside])]) if len(outside) else None
    return Peak(
        lag=_between(found, int(found.lags[at])),
        correlation=float(found.correlation[at]),
        overlap=float(found.overlap[at]),
        score=top,
        second=None if other is None else max(float(found.score[other]), 0.0),
        second_lag=None if other is None else float(found.lags[other]),
    )


def _lobe(score: np.ndarray, at: int) -> tuple[int, int]:
    """The first and last place of the hill around a peak: down to its half, then to where it rises again."""
    ends = []
    for side in (score[at::-1], score[at:]):
        below = np.flatnonzero(side < score[at] / 2)
        if not len(below):
            ends.append(len(side) - 1)
            continue
        rises = np.flatnonzero(np.diff(side[below[0] :]) > 0)
        ends.append(int(below[0] + rises[0]) if len(rises) else len(side) - 1)
    return at - ends[0], at + ends[1]


def _between(found: Correlogram, lag: int) -> float:
    """The lag at which the cross-correlation, as the band-limited curve through its samples, is highest (Newton)."""
    turns = 2 * np.pi * np.arange(len(found.spectrum)) / found.size
    weights = np.full(len(found.spectrum), 2.0)
    weights[0] = 1.0
    if found.size % 2 == 0:
        weights[-1] = 1.0
    strength = weights * found.spectrum
    place = float(lag)
    for _ in range(_STEPS):
        wave = strength * np.exp(1j * turns * place)
        slope, bend = float(-(turns * wave.imag).sum()), float(-(turns**2 * wave.real).sum())
        if bend >= 0:
            break
        step = -slope / bend
        place = float(np.clip(place + np.clip(step, -0.5, 0.5), lag - 1, lag + 1))
        if abs(step) < 1e-7:
            break
    return place


def standard(values: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Each channel around 0 with spread 1; 0 in gaps."""
    counts = np.maximum(here.sum(axis=0), 1)
    centred = np.where(here, values - (values * here).sum(axis=0) / counts, 0.0)
    spread = np.sqrt((centred**2).sum(axis=0) / counts)
    return centred / np.where(spread > 0, spread, 1.0)
