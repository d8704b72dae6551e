"""How large a correlation two signals reach that have nothing in common, when many lags are looked at."""

from __future__ import annotations

import numpy as np
from scipy import fft

from polymodal.align.clock._correlation import standard


def by_chance(
    first: np.ndarray, second: np.ndarray, first_here: np.ndarray, second_here: np.ndarray, lags: int, overlap: float
) -> float:
    """The largest correlation to be expected over `lags` lags of `overlap` samples, from `[N, C]`, `[M, C]` and masks.

    Smooth signals have fewer independent samples than they have samples: the variance is the sum of the products of
    their autocorrelations over the overlap (Bartlett 1935), and that sum is also how many neighbouring lags say the
    same.

    >>> white = np.random.default_rng(0).normal(size=(2, 10_000, 1))
    >>> here = np.ones((10_000, 1), bool)
    >>> bool(0.03 < by_chance(white[0], white[1], here, here, 1000, 10_000) < 0.05)
    True
    """
    likeness = _autocorrelation(first, first_here), _autocorrelation(second, second_here)
    most = min(map(len, likeness))
    alike = max(2 * float((likeness[0][1:most] * likeness[1][1:most]).sum()) + 1, 1.0)
    independent = max(lags / alike, 1.0)
    return float(np.sqrt(alike / max(overlap, 1.0)) * max(np.sqrt(2 * np.log(independent)), 1.0))


def _autocorrelation(values: np.ndarray, here: np.ndarray) -> np.ndarray:
    """From lag 0 to a quarter of the length; what lies beyond rests on too few samples."""
    size = fft.next_fast_len(2 * len(values), real=True)
    power = (np.abs(fft.rfft(standard(values, here), size, axis=0)) ** 2).sum(axis=1)
    found = fft.irfft(power, size)[: max(len(values) // 4, 1)]
    return np.asarray(found / found[0]) if found[0] > 0 else np.zeros(1)
