"""Turns to begin a search with, evenly spread over all there are."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

_SOLIDS = {12: "T", 24: "O", 60: "I"}


def turns(dimensions: int, n: int, mirrored: bool = False) -> np.ndarray:
    """`[n, d, d]` rotations: equal steps in the plane, those of a regular solid in space (n 12, 24 or 60).

    With `mirrored`, each after the first axis has been flipped.

    >>> turns(2, 4)[1].round(6) + 0.0
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    if dimensions == 2:
        angles = 2 * np.pi * np.arange(n) / n
        cosine, sine = np.cos(angles), np.sin(angles)
        made = np.stack([np.stack([cosine, -sine], axis=1), np.stack([sine, cosine], axis=1)], axis=1)
    else:
        made = Rotation.create_group(_SOLIDS[n]).as_matrix()
    flip = np.ones(dimensions)
    flip[0] = -1 if mirrored else 1
    turned: np.ndarray = made * flip
    return turned
