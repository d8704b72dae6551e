"""Procrustes: the rigid, similarity or affine map that takes points nearest to their partners."""

from __future__ import annotations

from typing import Literal

import numpy as np

from polymodal.errors import DataError

Model = Literal["rigid", "similarity", "affine"]
_FLAT = 1e-7  # spread across the thinnest direction, in parts of that along the widest


def procrustes(
    moving: np.ndarray, fixed: np.ndarray, model: Model, weights: np.ndarray | None = None, mirrored: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """`[d, d]` and `[d]` of the map from points `[n, d]` to their partners with the least weighted squares.

    Rotations (and scales) in closed form (Kabsch 1976; Umeyama 1991), of determinant -1 where `mirrored`; an affine
    map, of whatever determinant, by linear regression. Raises DataError where points are too few or too flat.

    >>> _, shift = procrustes(np.eye(2), np.array([[5.0, 7.0], [4.0, 6.0]]), "rigid")
    >>> shift.round(6).tolist()
    [5.0, 6.0]
    """
    share = np.ones(len(moving)) if weights is None else weights
    share = share / share.sum()
    middle, other = share @ moving, share @ fixed
    own, partners = moving - middle, fixed - other
    cross = (own * share[:, None]).T @ partners
    if model == "affine":
        spread = (own * share[:, None]).T @ own
        need_spread(spread, model)
        linear = np.linalg.solve(spread, cross).T
        return linear, other - linear @ middle
    left, strength, right = np.linalg.svd(cross)
    sign = np.ones(len(strength))
    sign[-1] = np.sign(np.linalg.det(right.T @ left.T)) * (-1 if mirrored else 1)
    linear = right.T @ np.diag(sign) @ left.T
    if model == "similarity":
        spread = (share * (own**2).sum(axis=1)).sum()
        scale = (sign * strength).sum() / spread if spread > 0 else 0.0
        if scale <= 0:
            raise DataError("the points fall together, so that no scale can be found; rigid needs none")
        linear = scale * linear
    return linear, other - linear @ middle


def need_spread(spread: np.ndarray, model: str) -> None:
    """Raises DataError where points with a covariance `[d, d]` do not determine a map of that kind."""
    lengths = np.sqrt(np.clip(np.linalg.eigvalsh(spread), 0, None))[::-1]
    d = len(lengths)
    needed = d if model == "affine" else d - 1
    if lengths[0] == 0:
        raise DataError("all points are at one place; they say nothing of rotation and scale")
    if lengths[needed - 1] <= _FLAT * lengths[0]:
        on = "a line" if d == 2 or lengths[1] <= _FLAT * lengths[0] else "a plane"
        told = "rigid or similarity may do" if d == 2 or on == "a plane" else "the turn about it stays open"
        raise DataError(f"all points lie on {on}, which does not determine {_named(model)} map; {told}")


def _named(model: str) -> str:
    return f"{'an' if model[0] == 'a' else 'a'} {model}"
