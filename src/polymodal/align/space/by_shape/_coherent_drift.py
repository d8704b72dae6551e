"""Coherent point drift: one cloud flows onto another, neighbours together."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

_ROUNDS = 100
_SETTLED = 1e-4  # relative change of the variance


def drifted(moving: np.ndarray, fixed: np.ndarray, width: float, stiffness: float, outliers: float) -> np.ndarray:
    """`[n, d]` where moving points flow to, by the non-rigid coherent point drift (Myronenko & Song 2010).

    Moving points are the middles of a mixture of Gaussians, under which the fixed ones become likely while the flow
    stays smooth. Coordinates are of spread about 1 and lie on each other already.

    Args:
        width: how far points flow together (beta of the paper).
        stiffness: how much smoothness counts (lambda).
        outliers: the share of fixed points that belong to nothing (w).
    """
    n, d = moving.shape
    m = len(fixed)
    kernel = np.exp(-cdist(moving, moving, "sqeuclidean") / (2 * width**2))
    weights = np.zeros((n, d))
    landed = moving
    variance = float(cdist(moving, fixed, "sqeuclidean").mean() / d)
    for _ in range(_ROUNDS):
        likely = np.exp(-cdist(landed, fixed, "sqeuclidean") / (2 * variance))
        noise = (2 * np.pi * variance) ** (d / 2) * outliers / (1 - outliers) * n / m
        likely /= likely.sum(axis=0) + noise + 1e-300
        share, other = likely.sum(axis=1), likely.sum(axis=0)
        aim = likely @ fixed
        weights = np.linalg.solve(
            share[:, None] * kernel + stiffness * variance * np.eye(n), aim - share[:, None] * moving
        )
        landed = moving + kernel @ weights
        before = variance
        total = share.sum()
        spread = (other[:, None] * fixed**2).sum() - 2 * (aim * landed).sum() + (share[:, None] * landed**2).sum()
        variance = max(float(spread / (total * d)), 1e-10)
        if abs(before - variance) <= _SETTLED * before:
            break
    return landed
