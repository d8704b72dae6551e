"""Annealing: partners by degrees, first from far around and then ever nearer, which passes over small traps."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from polymodal.align.space._procrustes import Model, procrustes
from polymodal.align.space.by_shape._closest_points import Cloud, Fit

_WIDTHS = np.geomspace(6, 0.7, 24)  # in distances between neighbours
_OUTLIERS = 0.2  # what a point without a partner counts, in Gaussians of their height


def annealed(moving: Cloud, fixed: Cloud, start: Fit, model: Model) -> tuple[np.ndarray, np.ndarray]:
    """`[d, d]` and `[d]` from a start nearby: expectation and maximisation with a shrinking width (Granger 2002).

    Every fixed point is a partner of every moving one, by a Gaussian of their distance.
    """
    linear, offset = start.linear, start.offset
    mirrored = bool(np.linalg.det(linear) < 0)
    for width in _WIDTHS * fixed.step:
        landed = moving.points @ linear.T + offset
        near = np.exp(-cdist(landed, fixed.points, "sqeuclidean") / (2 * width**2))
        near /= near.sum(axis=1, keepdims=True) + _OUTLIERS
        weights = near.sum(axis=1)
        used = weights > 1e-6
        if used.sum() <= moving.points.shape[1]:
            break
        aims = near[used] @ fixed.points / weights[used, None]
        linear, offset = procrustes(moving.points[used], aims, model, weights[used], mirrored)
    return linear, offset
