"""Which pairs of points agree with each other, where some are wrong."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
from scipy.spatial import cKDTree

from polymodal.align.space.by_landmarks._fits import Fit, errors, moved

_TRIES = 500
_ROUNDS = 20
_FAR = 3.0  # standard deviations along one axis, from which a pair is left out
_MEDIAN = {2: 1.1774, 3: 1.5382}  # of the length of a normal vector, in standard deviations along one axis
_NEIGHBOURS = 8
_ODD = 4.0  # times the usual difference from neighbours, from which a pair is left out


def agreeing(
    moving: np.ndarray, fixed: np.ndarray, fit: Fit, least: int, tolerance: float | None, seed: int
) -> np.ndarray:
    """`[n]` which pairs follow one map: least median of squares over small samples (Rousseeuw 1984), then refitted.

    `least` pairs fix the map; with a `tolerance`, the map within which the most pairs lie is taken (RANSAC; Fischler &
    Bolles 1981). Up to half of the pairs may be wrong.
    """
    n, d = moving.shape
    scores = []
    half = (n + least + 1) // 2
    for rows in _samples(n, least, seed):
        far = errors(fit(moving[rows], fixed[rows]), moving, fixed)
        score = np.partition(far, half - 1)[half - 1] if tolerance is None else -(far <= tolerance).sum()
        scores.append((score, rows, far))
    _, _, far = min(scores, key=lambda one: one[0])
    floor = 1e-9 * float(np.ptp(fixed, axis=0).max() + np.abs(fixed).max())
    spread = (1 + 5 / (n - least)) * np.partition(far, half - 1)[half - 1] / _MEDIAN[d]
    used = far <= (tolerance if tolerance is not None else max(_FAR * spread, floor))
    for _ in range(_ROUNDS):
        if used.sum() < least:
            break
        far = errors(fit(moving[used], fixed[used]), moving, fixed)
        freedom = max(used.sum() * d - least * d, 1)
        spread = float(np.sqrt((far[used] ** 2).sum() / freedom))
        now = far <= (tolerance if tolerance is not None else max(_FAR * spread, floor))
        if np.array_equal(now, used):
            break
        used = now
    return used


def smooth(moving: np.ndarray, fixed: np.ndarray, matrix: np.ndarray, tolerance: float | None) -> np.ndarray:
    """`[n]` which pairs move like their neighbours do, beyond an affine map (Westerweel & Scarano 2005).

    A pair differs when it is further from the median of its neighbours than they usually are from theirs.
    """
    rest = fixed - moved(matrix, moving)
    used = np.ones(len(moving), dtype=bool)
    floor = 1e-9 * float(np.ptp(fixed, axis=0).max() + np.abs(fixed).max())
    for _ in range(_ROUNDS):
        rows = np.flatnonzero(used)
        k = min(_NEIGHBOURS + 1, len(rows))
        _, near = cKDTree(moving[rows]).query(moving[rows], k=k)
        around = rest[rows][near[:, 1:]]
        usual = np.median(around, axis=1)
        off = np.linalg.norm(rest[rows] - usual, axis=1)
        local = np.median(np.linalg.norm(around - usual[:, None], axis=2), axis=1)
        limit = tolerance if tolerance is not None else np.maximum(_ODD * (local + np.median(off)) / 2, floor)
        odd = off - limit
        if odd.max() <= 0 or len(rows) <= len(moving) / 2:
            break
        used[rows[np.argmax(odd)]] = False  # one at a time: a wrong one makes its neighbours look odd
    return used


def _samples(n: int, k: int, seed: int) -> list[np.ndarray]:
    if comb(n, k) <= _TRIES:
        return [np.array(rows) for rows in combinations(range(n), k)]
    random = np.random.default_rng(seed)
    return [random.choice(n, k, replace=False) for _ in range(_TRIES)]
