"""Maps that bring points nearest to others, by least squares; and how far off each point is when it is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from polymodal.align.space.transforms.thin_plate_spline import bump

Fit = Callable[[np.ndarray, np.ndarray], np.ndarray]
_MOST_LEFT_OUT = 300
_AS_ONE = 1e-12  # least eigenvalue of a spline's equations in parts of the greatest, from which they have no answer


def matched(moving: np.ndarray, fixed: np.ndarray, *, scaled: bool, mirrored: bool = False) -> np.ndarray:
    """`[d, d + 1]` rotation, shift and one scale where `scaled`, of least squares (Umeyama 1991).

    >>> square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    >>> matched(square, square * 2 + [5, 0], scaled=True).round(6) + 0.0
    array([[2., 0., 5.],
           [0., 2., 0.]])
    """
    middle, other = moving.mean(axis=0), fixed.mean(axis=0)
    here, there = moving - middle, fixed - other
    left, values, right = np.linalg.svd(there.T @ here)
    signs = np.ones(len(values))
    if (np.linalg.det(left) * np.linalg.det(right) < 0) != mirrored:
        signs[-1] = -1
    turned = (left * signs) @ right
    spread = (here**2).sum()
    factor = (values * signs).sum() / spread if scaled and spread > 0 else 1.0
    linear = factor * turned
    return np.concatenate([linear, (other - linear @ middle)[:, None]], axis=1)


def affine(moving: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """`[d, d + 1]` of least squares."""
    middle, unit = _normal(moving)
    design = np.concatenate([(moving - middle) / unit, np.ones((len(moving), 1))], axis=1)
    solved = np.linalg.lstsq(design, fixed, rcond=None)[0].T
    linear = solved[:, :-1] / unit
    return np.concatenate([linear, solved[:, -1:] - (linear @ middle)[:, None]], axis=1)


def moved(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points `[n, d]` by a matrix `[d, d + 1]`."""
    placed: np.ndarray = points @ matrix[:, :-1].T + matrix[:, -1]
    return placed


def errors(matrix: np.ndarray, moving: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """`[n]` distances that are left."""
    far: np.ndarray = np.linalg.norm(moved(matrix, moving) - fixed, axis=1)
    return far


def left_out_errors(fit: Fit, moving: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """`[k]` by how far points are missed by the map that the others give; of many, some hundreds spread evenly."""
    rows = np.arange(len(moving))
    tried = rows if len(rows) <= _MOST_LEFT_OUT else np.linspace(0, len(rows) - 1, _MOST_LEFT_OUT).astype(np.int64)
    return np.concatenate(
        [errors(fit(moving[rows != row], fixed[rows != row]), moving[[row]], fixed[[row]]) for row in tried]
    )


@dataclass(frozen=True)
class Spline:
    """Bumps and an affine part, and `[n]` by how far each landmark is missed by the spline through the others."""

    weights: np.ndarray
    matrix: np.ndarray
    unit: float
    left_out: np.ndarray


def spline(moving: np.ndarray, fixed: np.ndarray, smoothing: float) -> Spline | None:
    """That of one smoothing; None where its equations have no answer."""
    solved = splines(moving, fixed, [smoothing])
    return solved[0][1] if solved else None


def splines(moving: np.ndarray, fixed: np.ndarray, smoothings: Sequence[float]) -> list[tuple[float, Spline]]:
    """Of least bending (Bookstein 1989), with each `smoothing` a trade of bending against distance (Wahba 1990).

    The errors of points left out come from the same equations (Rippa 1999). Smoothings whose equations have no answer
    are left out: 0, where points lie one upon another.
    """
    n, d = moving.shape
    middle, unit = _normal(moving)
    here = (moving - middle) / unit
    kernel = bump(cdist(here, here), d)
    design = np.concatenate([here, np.ones((n, 1))], axis=1)
    basis, upper = np.linalg.qr(design, mode="complete")
    plane, bends = basis[:, : d + 1], basis[:, d + 1 :]  # what the affine part can do, and what it cannot
    values, turns = np.linalg.eigh(bends.T @ kernel @ bends)
    modes = bends @ turns
    solved = []
    for smoothing in smoothings:
        stiff = values + n * smoothing
        if len(stiff) and stiff[0] <= _AS_ONE * stiff[-1]:
            continue
        weights = (modes / stiff) @ (modes.T @ fixed)
        rest = fixed - kernel @ weights - n * smoothing * weights
        flat = np.linalg.solve(upper[: d + 1], plane.T @ rest).T
        linear = flat[:, :-1] / unit
        matrix = np.concatenate([linear, flat[:, -1:] - (linear @ middle)[:, None]], axis=1)
        own = (modes**2 / stiff).sum(axis=1)
        free = own > _AS_ONE * own.max()  # else the affine part alone hangs on this landmark
        left_out = np.linalg.norm(weights, axis=1) / np.where(free, own, 1.0)
        solved.append((smoothing, Spline(weights, matrix, unit, left_out)))
    return solved


def flatness(points: np.ndarray) -> float:
    """Extent across, in parts of that along: 0 for points on a line (in 3-D on a plane).

    >>> flatness(np.array([[0.0, 0], [1, 1], [2, 2]])) < 1e-12
    True
    """
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    across = values[points.shape[1] - 1] if len(values) >= points.shape[1] else 0.0
    return float(across / values[0]) if values[0] > 0 else 0.0


def _normal(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Middle and size, by which equations are kept well posed."""
    middle = points.mean(axis=0)
    size = float(np.sqrt(((points - middle) ** 2).sum(axis=1).mean()))
    return middle, size if size > 0 else 1.0
