"""The last row before a place whose value is small enough, for many places at once."""

from __future__ import annotations

import numpy as np


class LeastOfBlocks:
    """Least value of aligned blocks of 1, 2, 4, ... rows, so that any search takes as many steps as there are sizes.

    >>> LeastOfBlocks(np.array([3, 9, 5, 8])).last_at_most(np.array([4, 2, 3]), np.array([5, 2, 9])).tolist()
    [2, -1, 2]
    """

    def __init__(self, values: np.ndarray) -> None:
        self.levels = [values]
        while len(self.levels[-1]) > 1:
            below = self.levels[-1]
            pairs = np.minimum(below[: len(below) // 2 * 2 : 2], below[1::2])
            self.levels.append(np.append(pairs, below[-1]) if len(below) % 2 else pairs)

    def last_at_most(self, ends: np.ndarray, bounds: np.ndarray) -> np.ndarray:
        """For each of `ends [n]` the greatest place below it whose value is at most its bound; -1 for none."""
        found = np.full(len(ends), -1, dtype=np.int64)
        ends = ends.astype(np.int64)
        level = np.zeros(len(ends), dtype=np.int64)
        block = np.full(len(ends), -1, dtype=np.int64)
        open_ = np.ones(len(ends), dtype=bool)
        for k, least in enumerate(self.levels):  # up, over blocks that end where the search stands
            here = np.flatnonzero(open_ & ((ends >> k) & 1 == 1))
            last = (ends[here] >> k) - 1
            holds = least[last] <= bounds[here]
            level[here[holds]], block[here[holds]] = k, last[holds]
            open_[here[holds]] = False
            ends[here[~holds]] -= 1 << k
        hit = block >= 0
        for k in range(len(self.levels) - 1, 0, -1):  # down, into the later half where it holds
            here = np.flatnonzero(hit & (level == k))
            later = 2 * block[here] + 1
            least = self.levels[k - 1]
            exists = later < len(least)
            holds = exists & (least[np.minimum(later, len(least) - 1)] <= bounds[here])
            block[here] = np.where(holds, later, later - 1)
            level[here] = k - 1
        found[hit] = block[hit]
        return found
