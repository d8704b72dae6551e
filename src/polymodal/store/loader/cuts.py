"""Cuts: where the order of an epoch is cut into batches, worked out when asked for, so that many take no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import overload

from polymodal.store.loader.plan import share_of


@dataclass(frozen=True)
class Cuts(Sequence[tuple[int, tuple[int, int]]]):
    """For each step, up to where all ranks have then dealt, and which rows of the order are this rank's.

    Attributes:
        starts: the first row of each step.
        total: rows that are dealt in the epoch.
        step: rows that all ranks together take at once.
        rank, world: which of how many.

    >>> cuts = Cuts(range(0, 10, 4), total=10, step=4, rank=1, world=2)
    >>> list(cuts)
    [(4, (2, 4)), (8, (6, 8)), (10, (9, 10))]
    >>> list(cuts.within(3, 10))
    [(3, 4), (6, 8), (9, 10)]
    """

    starts: range
    total: int
    step: int
    rank: int = 0
    world: int = 1

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> tuple[int, tuple[int, int]]: ...
    @overload
    def __getitem__(self, at: slice) -> Cuts: ...
    def __getitem__(self, at: int | slice) -> tuple[int, tuple[int, int]] | Cuts:
        if isinstance(at, slice):
            return replace(self, starts=self.starts[at])
        start = self.starts[at]
        stop = min(start + self.step, self.total)
        share = share_of(stop - start, self.rank, self.world)
        return stop, (start + share.start, start + share.stop)

    def within(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The stretches of this rank between two rows of the order."""
        starts = self.starts
        begun = max((first - starts.start) // starts.step, 0)  # the last step that begins at `first` or before
        for at in range(begun, len(starts)):
            if starts[at] >= last:
                return
            _, (begin, end) = self[at]
            if max(begin, first) < min(end, last):
                yield max(begin, first), min(end, last)
