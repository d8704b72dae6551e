"""Plain figures of equally long signals: level, shape, period, pitch, and how channels go together."""

from __future__ import annotations

import numpy as np

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_PITCHES = np.geomspace(1 / 256, 1 / 2, 64)  # turns a sample; fixed, so that they do not depend on the length
_PER_BAND = 4
_LAGS = (5, 15)
_BANDS = ((0.0, 0.01), (0.01, 0.025), (0.025, 0.06), (0.06, 0.2))  # turns a sample
_SMALL = 1e-6
_ALL_PAIRS = 8  # channels up to which each is compared with each other one


def levels(signal: np.ndarray) -> np.ndarray:
    """`[n, 17]` of `[n, T]`: mean, spread, quantiles, root mean square, shape, crossings of the mean, steps.

    >>> levels(np.array([[1.0, -1.0, 1.0, -1.0]]))[0, :3].round(3).tolist()
    [0.0, 0.0, 1.0]
    """
    mean = signal.mean(axis=1)
    centred = signal - mean[:, None]
    spread = centred.std(axis=1)
    low, *inner, high = np.quantile(signal, _QUANTILES, axis=1)
    skewness = (centred**3).mean(axis=1) / (spread**3 + _SMALL)
    kurtosis = (centred**4).mean(axis=1) / (spread**4 + _SMALL)
    figures = [mean, np.abs(mean), spread, low, *inner, high, high - low, np.sqrt((signal**2).mean(axis=1))]
    figures += [skewness, np.abs(skewness), kurtosis]
    if signal.shape[1] < 2:
        return np.concatenate([np.stack(figures, axis=1), np.full((len(signal), 4), np.nan)], axis=1)
    steps = np.diff(signal, axis=1)
    step = np.abs(steps).mean(axis=1)
    crossings = (centred[:, 1:] * centred[:, :-1] < 0).mean(axis=1)
    figures += [crossings, step, step / (spread + _SMALL), steps.std(axis=1) / (spread + _SMALL)]
    return np.stack(figures, axis=1)


def periods(signal: np.ndarray) -> np.ndarray:
    """`[n, 4]`: first zero of the autocorrelation, its next peak (lag, height), its lowest value after that zero.

    NaN below 8 samples.

    >>> periods(np.sin(2 * np.pi * np.arange(200) / 25)[None])[0, 1]
    np.float64(25.0)
    """
    n, length = signal.shape
    if length < 8:
        return np.full((n, 4), np.nan)
    centred = signal - signal.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, 2 * length, axis=1)) ** 2
    most = length * 3 // 4
    falling = np.fft.irfft(power, axis=1)[:, :most]  # falls with the lag, so that the first of equal peaks is highest
    alike = falling / (falling[:, :1] + _SMALL) * (length / (length - np.arange(most)))
    below = alike < 0
    found = np.zeros((n, 4))
    found[:, 0] = np.where(below.any(axis=1), below.argmax(axis=1), length // 2)
    for row in np.flatnonzero(found[:, 0] < most - 2):
        first = int(found[row, 0])
        peak = first + int(falling[row, first:].argmax())
        found[row, 1:] = peak, alike[row, peak], alike[row, first:].min()
    return found


def pitches(signal: np.ndarray) -> np.ndarray:
    """`[n, 16]`: log energy of bands of fixed pitches from one turn in 256 samples to one in two, after a Hann window.

    NaN below 4 samples.
    """
    n, length = signal.shape
    if length < 4:
        return np.full((n, len(_PITCHES) // _PER_BAND), np.nan)
    centred = (signal - signal.mean(axis=1, keepdims=True)) * np.hanning(length)
    angle = 2 * np.pi * np.outer(np.arange(length), _PITCHES)
    energy = ((centred @ np.cos(angle)) ** 2 + (centred @ np.sin(angle)) ** 2) / length
    return np.log(energy.reshape(n, -1, _PER_BAND).sum(axis=2) + _SMALL)


def relations(signals: np.ndarray) -> np.ndarray:
    """`[n, R]` of `[n, T, C]`: correlations of the channels, of their steps, and lagged ones (which goes first), each
    with and without sign; eigenvalues of the covariance, which no rotation changes; each channel's share of the spread.

    NaN below 2 samples. No columns for one channel.
    """
    n, length, channels = signals.shape
    left, right = pairs(channels)
    if channels < 2:
        return np.zeros((n, 0))
    columns = 8 * len(left) + 3 * channels
    if length < 2:
        return np.full((n, columns), np.nan)
    centred = signals - signals.mean(axis=1, keepdims=True)
    covariance = _products(centred, centred)
    spread = _spreads(covariance)
    steps = np.diff(signals, axis=1)
    moving = _products(steps, steps)
    linked = [(covariance / _outer(spread))[:, left, right], (moving / _outer(_spreads(moving)))[:, left, right]]
    for lag in _LAGS:
        behind = _products(centred[:, lag:], centred[:, :-lag]) if length > lag else np.zeros_like(covariance)
        linked.append(((behind - behind.transpose(0, 2, 1)) / _outer(spread))[:, left, right])
    energy = np.linalg.eigvalsh(covariance)[:, ::-1].clip(0)
    share = energy / (energy.sum(axis=1, keepdims=True) + _SMALL)
    of_each = spread / np.sqrt((spread**2).sum(axis=1, keepdims=True))
    signed = np.concatenate(linked, axis=1)
    return np.concatenate([signed, np.abs(signed), np.log(energy + _SMALL), share, of_each], axis=1)


def coherences(signals: np.ndarray) -> np.ndarray:
    """`[n, 4 * 3 * pairs]` of `[n, T, C]`: what two channels share in four bands of pitch, in step, a quarter turn
    apart, and in all. NaN below 4 samples."""
    n, length, channels = signals.shape
    left, right = pairs(channels)
    if length < 4:
        return np.full((n, 3 * len(_BANDS) * len(left)), np.nan)
    centred = (signals - signals.mean(axis=1, keepdims=True)) * np.hanning(length)[:, None]
    points = max(512, length)
    parts, pitch = np.fft.rfft(centred, points, axis=1), np.fft.rfftfreq(points)
    columns = [np.zeros((n, 0))]
    for low, high in _BANDS:
        band = parts[:, (pitch >= low) & (pitch < high)]
        shared = np.einsum("nkc,nkd->ncd", band, band.conj())
        both = (shared / _outer(_spreads(shared.real)))[:, left, right]
        columns += [both.real, both.imag, np.abs(both)]
    return np.concatenate(columns, axis=1)


def pairs(channels: int) -> tuple[np.ndarray, np.ndarray]:
    """Every pair of channels, or of neighbours when there are many.

    >>> [side.tolist() for side in pairs(3)]
    [[0, 0, 1], [1, 2, 2]]
    """
    if channels <= _ALL_PAIRS:
        left, right = np.triu_indices(channels, 1)
        return left, right
    return np.arange(channels - 1), np.arange(1, channels)


def _products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("ntc,ntd->ncd", one, other) / one.shape[1]


def _spreads(covariance: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("ncc->nc", covariance).clip(0)) + _SMALL


def _outer(spread: np.ndarray) -> np.ndarray:
    return spread[:, :, None] * spread[:, None]
