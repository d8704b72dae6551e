"""Robust lines: Theil-Sen and Huber, with an interval for the slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

_HUBER = 1.345  # spreads, beyond which a point pulls no harder (Huber 1964)
_NORMAL = 1.4826  # median absolute deviation to standard deviation
_ROUNDS = 50


@dataclass(frozen=True)
class Line:
    """`level` at `middle`, `slope`, its 95 % interval, and the residuals `[n]`."""

    middle: float
    level: float
    slope: float
    low: float
    high: float
    residuals: np.ndarray


def theil_sen(x: np.ndarray, y: np.ndarray) -> Line:
    """The median of the slopes between all pairs (Theil 1950, Sen 1968); up to 29 % of the points may be anything.

    >>> theil_sen(np.arange(5.0), np.array([0.0, 2, 4, 6, 99])).slope
    2.0
    """
    middle = float(np.median(x))
    slope, _, low, high = stats.theilslopes(y, x, 0.95)
    level = float(np.median(y - slope * (x - middle)))
    return Line(middle, level, float(slope), float(low), float(high), y - level - slope * (x - middle))


def huber(x: np.ndarray, y: np.ndarray) -> Line:
    """Least squares in which points far off weigh less (Huber 1964), started from Theil-Sen.

    >>> round(huber(np.arange(9.0), np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 60])).slope, 2)
    1.0
    """
    start = theil_sen(x, y)
    level, slope, middle = start.level, start.slope, start.middle
    design = np.stack([np.ones_like(x), x - middle], axis=1)
    weights = np.ones_like(x)
    for _ in range(_ROUNDS):
        residuals = y - level - slope * (x - middle)
        scale = _NORMAL * float(np.median(np.abs(residuals)))
        if scale <= 0:
            return start
        weights = np.minimum(1, _HUBER * scale / np.maximum(np.abs(residuals), 1e-300))
        solved = np.linalg.lstsq(design * np.sqrt(weights)[:, None], y * np.sqrt(weights), rcond=None)[0]
        if np.allclose(solved, [level, slope], rtol=1e-10, atol=1e-15):
            break
        level, slope = (float(one) for one in solved)
    residuals = y - level - slope * (x - middle)
    spread = float((weights * (x - middle) ** 2).sum())
    error = np.sqrt((weights * residuals**2).sum() / max(len(x) - 2, 1) / spread) if spread > 0 else np.inf
    reach = float(stats.t.ppf(0.975, max(len(x) - 2, 1)) * error)
    return Line(middle, level, slope, slope - reach, slope + reach, residuals)


def spread_of(residuals: np.ndarray) -> float:
    """The standard deviation of normal values with this median absolute deviation."""
    return float(_NORMAL * np.median(np.abs(residuals - np.median(residuals)))) if len(residuals) else 0.0
