"""The order of many numbers, faster than by comparing them: NumPy sorts 16 bits at a time in one run each."""

from __future__ import annotations

import numpy as np

_MANY = 100_000  # numbers, from which on it pays
_STEPS = 65_535


def ascending(values: np.ndarray) -> np.ndarray | None:
    """Positions `[n]` by value, of equal ones as they came; None where they are in order.

    >>> ascending(np.array([2.0, 1.0, 2.0])).tolist(), ascending(np.array([1, 1]))
    ([1, 0, 2], None)
    """
    if not len(values) or bool((values[1:] >= values[:-1]).all()):
        return None
    if len(values) < _MANY:
        return np.argsort(values, kind="stable")
    low, high = float(values.min()), float(values.max())
    scale = _STEPS / (high - low) if high > low else 0.0
    coarse = ((values.astype(np.float64) - low) * scale).clip(0, _STEPS).astype(np.uint16)
    order = np.argsort(coarse, kind="stable")
    # What is nearly in order already is sorted in few merges.
    return order[np.argsort(values[order], kind="stable")]


def by_key(keys: np.ndarray) -> np.ndarray:
    """Positions `[n]` by whole numbers from 0 on, of equal ones as they came.

    >>> by_key(np.array([70_000, 0, 70_000])).tolist()
    [1, 0, 2]
    """
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    high = keys >> 16
    if high.any():
        order = order[np.argsort(high[order], kind="stable")]
    return order
