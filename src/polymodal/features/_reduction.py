"""Many columns to their main directions."""

from __future__ import annotations

import numpy as np
from sklearn.utils.extmath import randomized_svd

from polymodal.features._features import Matrix


def principal_directions(matrix: Matrix, most: int, seed: int) -> np.ndarray:
    """`[F, k]` float32: the leading right singular vectors of `[n, F]`, k at most `most` (Halko et al. 2011).

    >>> principal_directions(np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 0.1]]), 1, seed=0).round(3).ravel().tolist()
    [1.0, 0.0]
    """
    k = min(most, *matrix.shape)
    if k == 0:
        return np.zeros((matrix.shape[1], 0), dtype=np.float32)
    _, _, directions = randomized_svd(matrix, n_components=k, random_state=seed)
    # A direction has no sign of its own; this fixes one.
    signs = np.sign(directions[np.arange(k), np.abs(directions).argmax(axis=1)])
    return np.ascontiguousarray((directions * np.where(signs == 0, 1.0, signs)[:, None]).T, dtype=np.float32)
