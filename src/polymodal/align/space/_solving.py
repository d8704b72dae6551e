"""Where a smooth map takes a given value: Newton's method for many points at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_ROUNDS = 60
_HALVINGS = 8
_EXACT = 1e-11  # of the size of the values


def solved(
    move: Callable[[np.ndarray], np.ndarray],
    slope: Callable[[np.ndarray], np.ndarray],
    wanted: np.ndarray,
    start: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """`[n, d]` places that `move` takes to what is wanted, and which were found `[n]`.

    Steps are halved until they help; where none does, a step of the residual itself, as in fixed-point iteration.

    >>> solved(lambda x: x**3, lambda x: 3 * x[:, :, None] ** 2, np.array([[8.0]]), np.array([[1.0]]))
    (array([[2.]]), array([ True]))
    """
    places = start.copy()
    scale = 1.0 + (float(np.abs(wanted).max()) if len(wanted) else 0.0)
    rest = wanted - move(places)
    length = np.linalg.norm(rest, axis=1)
    open_ = np.flatnonzero(length > _EXACT * scale)
    for _ in range(_ROUNDS):
        if not len(open_):
            break
        steps = _newton(slope(places[open_]), rest[open_])
        left = np.arange(len(open_))
        for halving in range(_HALVINGS + 1):
            rows = open_[left]
            tried = places[rows] + steps[left] / 2**halving if halving < _HALVINGS else places[rows] + rest[rows]
            there = wanted[rows] - move(tried)
            far = np.linalg.norm(there, axis=1)
            better = far < length[rows]
            places[rows[better]], rest[rows[better]], length[rows[better]] = tried[better], there[better], far[better]
            left = left[~better]
            if not len(left):
                break
        stuck = np.zeros(len(open_), dtype=bool)
        stuck[left] = True
        open_ = open_[~stuck & (length[open_] > _EXACT * scale)]
    return places, length <= 1e-6 * scale


def _newton(slopes: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Newton's steps; the residual itself where the slope is singular."""
    singular = np.abs(np.linalg.det(slopes)) < 1e-12
    safe = np.where(singular[:, None, None], np.eye(slopes.shape[1]), slopes)
    return np.linalg.solve(safe, rest[:, :, None])[:, :, 0]
