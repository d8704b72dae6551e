"""Columns by their rank among the training rows, laid on a normal curve."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

_KNOTS = 101
_FURTHEST = 3.0


def rank_knots(columns: np.ndarray) -> np.ndarray:
    """`[k, F]` quantiles of each column of `[n, F]`; NaN is left out, and a column of nothing else stays NaN."""
    at = np.linspace(0, 1, min(_KNOTS, max(len(columns), 2)))
    knots = np.full((len(at), columns.shape[1]), np.nan)
    seen = ~np.isnan(columns).all(axis=0)
    knots[:, seen] = np.nanquantile(columns[:, seen], at, axis=0)
    return knots


def normal_ranks(columns: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """`[n, F]` float32 of about unit spread; zero for gaps and for columns that never moved.

    A skewed figure and its outliers then weigh no more than any other (rank-based inverse normal transform,
    van der Waerden 1952).

    >>> normal_ranks(np.array([[1.0], [2.0], [1e9]]), rank_knots(np.array([[1.0], [2.0], [1e9]]))).ravel().tolist()
    [-3.0, 0.0, 3.0]
    """
    at = np.linspace(0, 1, len(knots))
    rank = np.full(columns.shape, 0.5)
    reach = np.abs(knots).max(axis=0)
    for number in np.flatnonzero(knots[-1] - knots[0] > 1e-6 * np.maximum(reach, 1e-6)):
        some = knots[:, number]
        values = np.nan_to_num(columns[:, number], nan=some[len(some) // 2])
        # Where many training rows share one value, its rank is the middle of theirs.
        rank[:, number] = (np.interp(values, some, at) + 1 - np.interp(-values, -some[::-1], at)) / 2
    normal = ndtri(rank.clip(1e-9, 1 - 1e-9)).clip(-_FURTHEST, _FURTHEST)
    return np.where(np.isnan(columns), 0.0, normal).astype(np.float32)
