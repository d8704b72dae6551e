"""Pitch: how far points are from each other."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from polymodal.errors import DataError


def pitch(places: np.ndarray) -> float:
    """The usual distance from a point to the next; raises DataError where all are at one place.

    >>> pitch(np.array([[0.0, 0.0], [2.0, 0.0], [4.0, 0.0], [4.0, 2.0]]))
    2.0
    """
    apart = np.unique(places, axis=0)
    if len(apart) < 2:
        raise DataError("all points are at one place")
    far, _ = cKDTree(apart).query(apart, k=2)
    return float(np.median(far[:, 1]))
