"""Feed: the rows of one epoch for one rank, read window by window and made into batches by threads, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from polymodal.schema.batch import Batch
from polymodal.store.disk.columns import STATES
from polymodal.store.loader.cuts import Cuts
from polymodal.store.loader.decoding import Part
from polymodal.store.loader.making import Fault, Maker
from polymodal.store.loader.plan import Plan, bucketed
from polymodal.store.loader.rows import Rows
from polymodal.store.loader.window import Window

_AHEAD = 2  # batches begun for each thread, besides the one in work
_FIRST = 4  # batches whose rows are read by themselves, so that nobody waits for a large window to go on within it
_LARGE = 4  # times as many rows
Made = tuple[int, Batch, list[Fault]]  # rows of the epoch dealt to all ranks up to and with this batch


@dataclass(frozen=True)
class Feed:
    """What is dealt in one epoch.

    Attributes:
        rows: where to read.
        maker: what makes batches of them.
        plan: the order.
        chosen: `[N]` ascending places that the plan deals with; None where it deals with all.
        lengths: `[N]` by which rows are brought together, or None.
        size: rows of a batch.
        rank, world: which of how many.
        with_labels: whether labels and weights are wanted.
        drop_last: whether rows too few for a whole step are left out.
    """

    rows: Rows
    maker: Maker
    plan: Plan
    chosen: np.ndarray | None
    lengths: np.ndarray | None
    size: int
    rank: int
    world: int
    with_labels: bool
    drop_last: bool

    @property
    def step(self) -> int:
        """Rows that all ranks together take at once."""
        return self.size * self.world

    @property
    def total(self) -> int:
        """Rows that are dealt in the epoch."""
        return self.plan.rows // self.step * self.step if self.drop_last else self.plan.rows

    def made(self, done: int, threads: int, every: tuple[int, int] = (0, 1)) -> Iterator[Made]:
        """The batches of this rank after the first `done` rows of the epoch; with `every` (k, n), each n-th from k."""
        cuts = Cuts(range(done, self.total, self.step), self.total, self.step, self.rank, self.world)
        cuts = cuts[every[0] :: every[1]]
        if not cuts:
            return
        pool = ThreadPoolExecutor(threads, thread_name_prefix="polymodal-decode")
        reader = ThreadPoolExecutor(1, thread_name_prefix="polymodal-read")
        try:
            yield from self._in_order(cuts, pool, reader, threads * (1 + _AHEAD))
        finally:
            for one in (pool, reader):
                one.shutdown(wait=True, cancel_futures=True)

    def _in_order(
        self,
        cuts: Cuts,
        pool: ThreadPoolExecutor,
        reader: ThreadPoolExecutor,
        ahead: int,
    ) -> Iterator[Made]:
        starts = self.plan.starts
        whole = np.diff(starts)[np.searchsorted(starts, cuts[0][1][0], side="right") - 1]
        alone = _FIRST if whole > _LARGE * _FIRST * self.size else 0
        rest = cuts[alone:]
        windows: dict[int, Future[_Dealt]] = {}
        waiting: deque[Future[Made]] = deque()
        for stop, own in cuts[:alone]:
            mine = list(_pieces(starts, *own))
            if mine:  # a last step can have fewer rows than there are ranks
                pieces = [(reader.submit(self._read, window, [span]), *span) for window, span in mine]
                waiting.append(pool.submit(self._make, pieces, stop))
        for stop, own in rest:
            mine = list(_pieces(starts, *own))
            if not mine:
                continue
            for window in [one for one in windows if one < mine[0][0]]:
                del windows[window]
            for window in range(mine[0][0], min(mine[-1][0] + 2, self.plan.window_count)):  # the next is read meanwhile
                if window not in windows and (
                    wanted := list(rest.within(int(starts[window]), int(starts[window + 1])))
                ):
                    windows[window] = reader.submit(self._read, window, wanted)
            pieces = [(windows[window], *span) for window, span in mine]
            waiting.append(pool.submit(self._make, pieces, stop))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _read(self, number: int, wanted: Sequence[tuple[int, int]]) -> _Dealt:
        """The rows of a window that this rank needs, and where each stands in it."""
        members = self.plan.members(number)
        order = self.plan.order(number, len(members))
        if self.lengths is not None:
            seed = (self.plan.seed, self.plan.epoch, 1 + number, 1)
            order = bucketed(order, self.lengths[members], self.size, seed)
        start = int(self.plan.starts[number])
        needed = np.zeros(len(members), dtype=bool)
        for first, last in wanted:
            needed[order[first - start : last - start]] = True
        places = members if self.chosen is None else self.chosen[members]
        unique, inverse = np.unique(places[needed], return_inverse=True)
        where = np.full(len(members), -1)
        where[needed] = inverse
        learnt = self._learnt if self.with_labels else []
        checked = self.rows.checked(unique)[: None if self.with_labels else 1]
        names = dict.fromkeys(
            [STATES, *(one.name for one in self.maker.columns), *self.maker.beside, *learnt, *checked]
        )
        read = self.rows.read(unique, list(names))
        window = Window(self.rows, unique, read, self.maker.schema, self.rows.damaged(unique, read))
        self.maker.look(window)
        return _Dealt(window, where[order], start)

    @property
    def _learnt(self) -> list[str]:
        schema = self.maker.schema
        sources = {source for name, one in schema.targets.items() for source in one.sources(name)}
        sources |= {schema.weight} if schema.weight is not None else set()
        return [one.name for one in self.rows.columns if sources & set(one.columns)]

    def _make(self, pieces: Sequence[tuple[Future[_Dealt], int, int]], stop: int) -> Made:
        parts = []
        for future, first, last in pieces:
            dealt = future.result()
            parts.append(Part(dealt.window, dealt.where[first - dealt.start : last - dealt.start]))
        return (stop, *self.maker.batch(parts, self.with_labels))


@dataclass(frozen=True)
class _Dealt:
    """A window that was read: `where` in it the rows dealt one after the other stand, the first being row `start`."""

    window: Window
    where: np.ndarray
    start: int


def _pieces(starts: np.ndarray, first: int, last: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The windows over which a stretch of the order lies, with what of it is in each, from where to where."""
    at = int(np.searchsorted(starts, first, side="right")) - 1
    while first < last:
        until = min(last, int(starts[at + 1]))
        if first < until:
            yield at, (first, until)
        first, at = until, at + 1
