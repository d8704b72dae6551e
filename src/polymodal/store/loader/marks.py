"""Marks: which of many rows something was done with, a bit a row."""

from __future__ import annotations

import numpy as np


class Marks:
    """A set of whole numbers below n, in n / 8 bytes; numbers can only be added.

    >>> marks = Marks(20)
    >>> marks.add(np.array([3, 4, 17]))
    >>> marks.have(np.array([3, 17])), marks.have(np.array([3, 5]))
    (True, False)
    """

    def __init__(self, n: int) -> None:
        self._bits = np.zeros(-(-n // 8), dtype=np.uint8)

    def add(self, numbers: np.ndarray) -> None:
        np.bitwise_or.at(self._bits, numbers >> 3, np.left_shift(1, numbers & 7).astype(np.uint8))

    def have(self, numbers: np.ndarray) -> bool:
        """Whether all of these are in it."""
        return bool((self._bits[numbers >> 3] >> (numbers & 7) & 1).all())
