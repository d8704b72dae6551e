"""In which order rows are dealt: blocks of neighbours shuffled, then rows shuffled within a window of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Plan:
    """The order of one epoch, a pure function of these numbers: of no thread, rank or batch size.

    Reading neighbours together costs a tenth of reading rows one by one, and a window of many blocks is nearly as
    well mixed as all rows, the more so where rows were shuffled once as they came in.

    Attributes:
        rows: N, to be dealt once each.
        seed, epoch: of the shuffles.
        block: rows read together.
        window: blocks whose rows are mixed.
        is_shuffled: False leaves the rows in their order.

    >>> plan = Plan(rows=10, seed=0, block=2, window=3)
    >>> plan.window_count, sorted(np.concatenate([plan.dealt(k) for k in range(2)]).tolist())
    (2, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """

    rows: int
    seed: int = 0
    epoch: int = 0
    block: int = 128
    window: int = 32
    is_shuffled: bool = True

    @property
    def window_count(self) -> int:
        """How many windows there are."""
        return -(-self._block_count // self.window)

    @cached_property
    def starts(self) -> np.ndarray:
        """`[windows + 1]` how many rows are dealt before each window, and in all."""
        sizes = np.full(self._block_count, self.block, dtype=np.int64)
        sizes[-1:] = self.rows - (self._block_count - 1) * self.block  # the last block may be shorter
        sizes = sizes[self._blocks]
        cuts = np.arange(0, self._block_count, self.window)
        return np.concatenate([[0], np.cumsum(np.add.reduceat(sizes, cuts))]) if self.rows else np.zeros(1, np.int64)

    def members(self, window: int) -> np.ndarray:
        """`[m]` ascending positions of the rows of one window."""
        blocks = np.sort(self._blocks[window * self.window : (window + 1) * self.window])
        found = (blocks[:, None] * self.block + np.arange(self.block)).ravel()
        return found[found < self.rows]

    def order(self, window: int, size: int) -> np.ndarray:
        """`[m]` in which order the `size` members of a window are dealt."""
        if not self.is_shuffled:
            return np.arange(size)
        return np.random.default_rng((self.seed, self.epoch, 1 + window)).permutation(size)

    def dealt(self, window: int) -> np.ndarray:
        """`[m]` positions of the rows of one window in the order in which they are dealt."""
        members = self.members(window)
        return members[self.order(window, len(members))]

    @property
    def _block_count(self) -> int:
        return -(-self.rows // self.block)

    @cached_property
    def _blocks(self) -> np.ndarray:
        if not self.is_shuffled:
            return np.arange(self._block_count)
        return np.random.default_rng((self.seed, self.epoch, 0)).permutation(self._block_count)


def bucketed(order: np.ndarray, lengths: np.ndarray, size: int, seed: tuple[int, ...]) -> np.ndarray:
    """The rows of a window in an order in which `size` after each other are of about the same length.

    `lengths[i]` is that of row i of the window. Which lengths come when stays a matter of chance, as does which of the
    rows of one length come together.

    >>> bucketed(np.arange(6), np.array([9, 1, 5, 1, 9, 5]), 2, (0,)).reshape(3, 2).tolist()
    [[0, 4], [1, 3], [2, 5]]
    """
    sorted_rows = order[np.argsort(lengths[order], kind="stable")]
    whole = len(order) // size
    shuffled = np.random.default_rng(seed).permutation(whole)
    together = sorted_rows[: whole * size].reshape(whole, size)[shuffled]
    return np.concatenate([together.ravel(), sorted_rows[whole * size :]])


def share_of(step_rows: int, rank: int, world: int) -> slice:
    """Which of the rows of one step are of one rank; together the ranks have each once.

    >>> [share_of(5, rank, 2) for rank in range(2)]
    [slice(0, 2, None), slice(2, 5, None)]
    """
    return slice(step_rows * rank // world, step_rows * (rank + 1) // world)
