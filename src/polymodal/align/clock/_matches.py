"""For each time the row of another clock that belongs to it: sorted search, by key, no row looked at by a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from polymodal.align.clock._last_known import LeastOfBlocks

Direction = Literal["backward", "forward", "nearest"]
_MANY = 100_000  # rows, from which on it pays to sort them first


@dataclass(frozen=True)
class Matches:
    """Positions `[n]` in the other table, meaningful where `found [n]`."""

    rows: np.ndarray
    found: np.ndarray


class Timeline:
    """Rows in the order of their keys and times; of one time, in the order they came.

    `times [m]` are of one dtype with what is asked for later; `keys [m]` are int64 from 0 on without gaps, or None.
    `known [m]` says when a row became known, where that is not its time.
    """

    def __init__(self, times: np.ndarray, keys: np.ndarray | None = None, known: np.ndarray | None = None) -> None:
        if keys is None:
            is_sorted = not len(times) or bool((times[1:] >= times[:-1]).all())
            self.order = None if is_sorted else np.argsort(times, kind="stable")
        else:
            self.order = np.lexsort((times, keys))
        self.times = times if self.order is None else times[self.order]
        self.known = known if known is None or self.order is None else known[self.order]
        self.levels: np.ndarray | None = None
        if keys is not None and self.order is not None:
            ordered = keys[self.order]
            self.levels = np.unique(times)
            # One number for key and time, so that one search finds both.
            self.places = ordered * (len(self.levels) + 1) + np.searchsorted(self.levels, self.times)
            self.bounds = np.searchsorted(ordered, np.arange(int(ordered[-1]) + 2 if len(ordered) else 1))

    def ends(self, times: np.ndarray, keys: np.ndarray | None, side: Literal["left", "right"]) -> np.ndarray:
        """How many ordered rows come before each time, those of smaller keys included."""
        if self.levels is None or keys is None:
            return np.searchsorted(self.times, times, side)
        wanted = keys * (len(self.levels) + 1) + np.searchsorted(self.levels, times, side)
        if len(wanted) < _MANY:
            return np.searchsorted(self.places, wanted)
        # What is asked for in order is found several times as fast, since it lies close together.
        order = _in_order(keys)
        found = np.empty(len(wanted), dtype=np.int64)
        found[order] = np.searchsorted(self.places, wanted[order])
        return found

    def span(self, keys: np.ndarray | None, n: int) -> tuple[np.ndarray | int, np.ndarray | int]:
        """The first ordered row of each key, and the one after its last."""
        if self.levels is None or keys is None:
            return 0, len(self.times)
        return self.bounds[keys], self.bounds[keys + 1]

    def positions(self, ordered: np.ndarray) -> np.ndarray:
        """Of ordered rows, as they came."""
        return ordered if self.order is None else self.order[ordered]


def _in_time_order(
    times: np.ndarray,
    line: Timeline,
    direction: Direction,
    exact: bool,
    tolerance: float | int | None,
    keys: np.ndarray | None,
    cutoff: np.ndarray | None,
) -> Matches:
    """The same in order, which is faster by more than the sorting takes."""
    order = np.argsort(times)
    kept, limits = (None if one is None else one[order] for one in (keys, cutoff))
    sorted_ = matches(
        times[order], line, direction=direction, exact=exact, tolerance=tolerance, keys=kept, cutoff=limits
    )
    rows, found = np.empty(len(times), dtype=np.int64), np.empty(len(times), dtype=bool)
    rows[order], found[order] = sorted_.rows, sorted_.found
    return Matches(rows, found)


def _in_order(keys: np.ndarray) -> np.ndarray:
    """Positions by key, of one key as they came: by 16 bits at a time, for which NumPy has a radix sort."""
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    high = keys >> 16
    if high.any():
        order = order[np.argsort(high[order], kind="stable")]
    return order


def matches(
    times: np.ndarray,
    line: Timeline,
    *,
    direction: Direction,
    exact: bool = True,
    tolerance: float | int | None = None,
    keys: np.ndarray | None = None,
    cutoff: np.ndarray | None = None,
) -> Matches:
    """For each of `times [n]` one row of `line`.

    Backward takes the last row at or before it (of one time, the last that came), forward the first at or after it (of
    one time, the first), nearest the closer of the two and the earlier if both are as close. Without `exact` a row at
    the very time does not count. With `cutoff [n]` no row counts that is from later, or became known later.

    >>> found = matches(np.array([2.0, 9.0]), Timeline(np.array([1.0, 2.0, 5.0])), direction="backward", tolerance=3.0)
    >>> found.rows.tolist(), found.found.tolist()
    ([1, 2], [True, False])
    """
    if not len(line.times) or not len(times):
        return Matches(np.zeros(len(times), dtype=np.int64), np.zeros(len(times), dtype=bool))
    if len(times) >= _MANY and not (times[1:] >= times[:-1]).all():
        return _in_time_order(times, line, direction, exact, tolerance, keys, cutoff)
    sides = {}
    if direction in ("backward", "nearest"):
        sides["backward"] = _backward(times, line, exact, keys, cutoff)
    if direction in ("forward", "nearest"):
        sides["forward"] = _forward(times, line, exact, keys, cutoff)
    if direction == "nearest":
        (before, has_before), (after, has_after) = sides["backward"], sides["forward"]
        is_closer = has_after & (~has_before | (line.times[after] - times < times - line.times[before]))
        ordered, found = np.where(is_closer, after, before), has_before | has_after
    else:
        ordered, found = sides[direction]
    if tolerance is not None:
        found = found & (np.abs(times - line.times[ordered]) <= tolerance)
    return Matches(line.positions(ordered), found)


def _backward(
    times: np.ndarray, line: Timeline, exact: bool, keys: np.ndarray | None, cutoff: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    ends = line.ends(times, keys, "right" if exact else "left")
    if cutoff is not None:
        ends = np.minimum(ends, line.ends(cutoff, keys, "right"))
    first, _ = line.span(keys, len(times))
    rows = ends - 1
    if cutoff is not None and line.known is not None:
        late = np.flatnonzero((rows >= first) & (line.known[rows] > cutoff))
        if len(late):
            rows[late] = LeastOfBlocks(line.known).last_at_most(rows[late], cutoff[late])
    found = rows >= first
    rows[~found] = 0
    return rows, found


def _forward(
    times: np.ndarray, line: Timeline, exact: bool, keys: np.ndarray | None, cutoff: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    rows = line.ends(times, keys, "left" if exact else "right")
    _, last = line.span(keys, len(times))
    if cutoff is not None and line.known is not None:
        late = np.flatnonzero(rows < last)
        late = late[line.known[rows[late]] > cutoff[late]]
        if len(late):
            n = len(line.times)
            turned = LeastOfBlocks(line.known[::-1]).last_at_most(n - 1 - rows[late], cutoff[late])
            rows[late] = n - 1 - turned
    found = rows < last
    rows[~found] = 0
    if cutoff is not None:
        found = found & (line.times[rows] <= cutoff)
    return rows, found
