"""In which order rows are dealt: blocks of neighbours shuffled, then rows shuffled within a window of blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

_FIRST = (2, 6)  # sixteenths of each block of the first window at which that is cut
_SMALL = 1024  # rows of a window that is never cut


@dataclass(frozen=True)
class Plan:
    """The order of one epoch, a pure function of these numbers: of no thread, rank or batch size.

    Reading neighbours together costs a tenth of reading rows one by one, and a window of many blocks is nearly as
    well mixed as all rows, the more so where rows were shuffled once as they came in. The first blocks are dealt in
    several windows, of ever more rows of each, so that nobody waits for all of them as an epoch begins.

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
        return len(self._early) + max(-(-self._block_count // self.window) - 1, 0)

    @cached_property
    def starts(self) -> np.ndarray:
        """`[windows + 1]` how many rows are dealt before each window, and in all."""
        early = [np.clip(self._sizes[: self.window] - first, 0, last - first).sum() for first, last in self._early]
        cuts = np.arange(self.window, self._block_count, self.window)
        whole = np.add.reduceat(self._sizes, cuts) if len(cuts) else cuts
        return np.concatenate([[0], np.cumsum([*early, *whole])]).astype(np.int64)

    def members(self, window: int) -> np.ndarray:
        """`[m]` ascending positions of the rows of one window."""
        at = max(window - len(self._early) + 1, 0)
        blocks = np.sort(self._blocks[at * self.window : (at + 1) * self.window])
        first, last = (0, self.block) if at else self._early[window]
        found = (blocks[:, None] * self.block + np.arange(first, last)).ravel()
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
    def _early(self) -> list[tuple[int, int]]:
        """For each window of the first blocks, which rows of each block are in it, from where to where."""
        sizes = self._sizes[: self.window]
        is_cut = self.is_shuffled and sizes.sum() > _SMALL
        longest = int(sizes.max(initial=0))  # the last block of all may be shorter, and alone here
        edges = sorted({0, *(longest * one // 16 for one in _FIRST if is_cut), longest})
        return list(pairwise(edges))

    @cached_property
    def _sizes(self) -> np.ndarray:
        """`[blocks]` the rows of each, in the order in which blocks are dealt."""
        sizes = np.full(self._block_count, self.block, dtype=np.int64)
        sizes[-1:] = self.rows - (self._block_count - 1) * self.block
        return sizes[self._blocks]

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
