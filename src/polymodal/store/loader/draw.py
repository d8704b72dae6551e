"""Which rows are dealt in an epoch, and how often: all, those that meet a condition, or some more than others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polymodal.errors import SettingError

BALANCES = ("class", "group", "pattern")


def balancing_weights(keys: Sequence[np.ndarray]) -> np.ndarray:
    """`[N]` weights under which every combination of the keys that occurs is drawn alike; each key is `[N]` codes.

    A row whose key is not known (a code below 0) gets weight 0.

    >>> balancing_weights([np.array([0, 0, 0, 1, -1])]).round(3).tolist()
    [0.333, 0.333, 0.333, 1.0, 0.0]
    """
    table = np.stack([np.asarray(one) for one in keys], axis=1)
    _, joint, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    return np.where((table < 0).any(axis=1), 0.0, 1.0 / counts[joint.ravel()])


def checked_weights(weights: np.ndarray, rows: int) -> np.ndarray:
    """Weights as float64 `[N]`. Raises SettingError unless they are one finite number from 0 a row, not all 0."""
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (rows,) or not np.isfinite(found).all() or (found < 0).any() or not found.any():
        raise SettingError(
            f"weights are one finite number from 0 for each of {rows:,} rows, not all 0; {list(found.shape)} came"
            + ("" if found.shape != (rows,) else f", from {found.min():g} to {found.max():g}")
        )
    return found


def drawn(weights: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """`[N]` ascending positions, a row as often as its weight asks for; as many as there are rows.

    Systematic sampling (Madow & Madow 1944): each row comes its expected number of times, rounded up or down, and
    which way hangs on (seed, epoch).

    >>> drawn(np.array([1.0, 0.0, 3.0, 0.0]), seed=0, epoch=0).tolist()
    [0, 2, 2, 2]
    """
    rows = len(weights)
    random = np.random.default_rng((seed, epoch))
    # In another order each epoch, or neighbours would never be rounded up together.
    turn = random.permutation(rows)
    cumulated = np.cumsum(weights[turn])
    passed = np.floor(cumulated * (rows / cumulated[-1]) + random.random()).astype(np.int64)
    passed[np.flatnonzero(weights[turn])[-1] :] = rows  # whatever was lost in rounding
    counts = np.empty(rows, dtype=np.int64)
    counts[turn] = np.diff(passed, prepend=np.int64(0))
    found: np.ndarray = np.repeat(np.arange(rows), counts)
    return found
