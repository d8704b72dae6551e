"""The presence patterns of rows: which there are, and how often."""

from __future__ import annotations

import numpy as np


def pattern_codes(present: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Presence patterns `[K, M]`, the most frequent first, which one each row has `[N]`, and their counts `[K]`.

    >>> kinds, which, counts = pattern_codes(np.array([[True], [False], [False]]))
    >>> kinds.tolist(), which.tolist(), counts.tolist()
    ([[False], [True]], [1, 0, 0], [2, 1])
    """
    kinds, which, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return kinds[order], place[which.reshape(-1)], counts[order]
