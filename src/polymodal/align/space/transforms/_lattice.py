"""Values on a regular grid, read between its points: linear along each axis, constant beyond the edge."""

from __future__ import annotations

import itertools

import numpy as np


def between(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`[n, c]` of values `[(depth,) height, width, c]` at places `[n, d]`, (x, y(, z)) in steps of the grid.

    >>> between(np.array([[[0.0], [2.0]], [[4.0], [6.0]]]), np.array([[0.5, 0.5], [9.0, 0.0]]))
    array([[3.],
           [2.]])
    """
    corner, part, _ = _cell(values, places)
    total = np.zeros((len(places), values.shape[-1]))
    for ends in itertools.product((0, 1), repeat=places.shape[1]):
        weight = np.prod([part[:, axis] if end else 1 - part[:, axis] for axis, end in enumerate(ends)], axis=0)
        total += weight[:, None] * _at(values, corner, ends)
    return total


def slopes(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`[n, c, d]`: how the same changes with each step of the grid; 0 beyond the edge."""
    corner, part, inside = _cell(values, places)
    n, d = places.shape
    total = np.zeros((n, values.shape[-1], d))
    for ends in itertools.product((0, 1), repeat=d):
        found = _at(values, corner, ends)
        for along in range(d):
            weights = [part[:, axis] if end else 1 - part[:, axis] for axis, end in enumerate(ends) if axis != along]
            weight = np.prod(weights, axis=0) if weights else np.ones(n)
            total[:, :, along] += (1 if ends[along] else -1) * weight[:, None] * found
    return total * inside[:, None, :]


def _cell(values: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower corner of the cell of each place, how far in it is, and along which axes it is within the grid."""
    last = np.array(values.shape[-2::-1]) - 1.0
    kept = np.clip(places, 0, last)
    corner = np.minimum(np.floor(kept), np.maximum(last - 1, 0)).astype(np.int64)
    return corner, kept - corner, (places >= 0) & (places <= last) & (last > 0)


def _at(values: np.ndarray, corner: np.ndarray, ends: tuple[int, ...]) -> np.ndarray:
    last = np.array(values.shape[-2::-1]) - 1
    index = np.minimum(corner + np.array(ends), last)
    found: np.ndarray = values[tuple(index[:, ::-1].T)]
    return found
