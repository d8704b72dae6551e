"""For each time the row of another clock that belongs to it: sorted search, by key, no row looked at by a loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from polymodal.align.clock._last_known import LeastOfBlocks
from polymodal.align.clock._order import ascending
from polymodal.align.clock._timeline import Timeline

Direction = Literal["backward", "forward", "nearest"]
_MANY = 100_000  # times, from which on it pays to bring them into order first


@dataclass(frozen=True)
class Matches:
    """Positions `[n]` in the other table and how much earlier they are `[n]`, meaningful where `found [n]`."""

    rows: np.ndarray
    found: np.ndarray
    lags: np.ndarray

    def put(self, places: np.ndarray, n: int) -> Matches:
        """The same at places among n, elsewhere none."""
        rows, found = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
        lags = np.zeros(n, dtype=self.lags.dtype)
        rows[places], found[places], lags[places] = self.rows, self.found, self.lags
        return Matches(rows, found, lags)


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
    if not len(line) or not len(times):
        return Matches(np.zeros(len(times), dtype=np.int64), np.zeros(len(times), dtype=bool), np.zeros_like(times))
    if len(times) >= _MANY:
        order = ascending(times)
        if order is not None:
            ordered, kept, limits = times[order], *(None if one is None else one[order] for one in (keys, cutoff))
            return _found(ordered, line, direction, exact, tolerance, kept, limits).put(order, len(times))
    return _found(times, line, direction, exact, tolerance, keys, cutoff)


def _found(
    times: np.ndarray,
    line: Timeline,
    direction: Direction,
    exact: bool,
    tolerance: float | int | None,
    keys: np.ndarray | None,
    cutoff: np.ndarray | None,
) -> Matches:
    is_walked = len(times) >= _MANY and cutoff is None
    rows, found = (
        _walked(times, line, direction, exact, keys)
        if is_walked
        else _searched(times, line, direction, exact, keys, cutoff)
    )
    lags = times - line.raw_times[rows]
    if tolerance is not None:
        found &= np.abs(lags) <= tolerance
    return Matches(rows, found, lags)


def _walked(
    times: np.ndarray, line: Timeline, direction: Direction, exact: bool, keys: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Both clocks in the order of their times, walked along once: what `merge_asof` does, here for positions."""
    order = line.by_time
    other_times, other_keys = (
        one if one is None or order is None else one[order] for one in (line.raw_times, line.raw_keys)
    )
    first, second = {"time": times}, {"time": other_times, "row": np.arange(len(line))}
    is_keyed = keys is not None and other_keys is not None
    if is_keyed:
        first["key"], second["key"] = keys, other_keys  # type: ignore[assignment]
    asked: Any = {"on": "time", "by": "key" if is_keyed else None, "direction": direction}
    both = pd.merge_asof(
        pd.DataFrame(first, copy=False), pd.DataFrame(second, copy=False), allow_exact_matches=exact, **asked
    )
    rows = both["row"].to_numpy()
    found = rows >= 0  # NaN is not
    if rows.dtype.kind == "f":
        rows = np.where(found, rows, 0).astype(np.int64)
    return (rows if order is None else order[rows]), found


def _searched(
    times: np.ndarray,
    line: Timeline,
    direction: Direction,
    exact: bool,
    keys: np.ndarray | None,
    cutoff: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """In any order of times, and with a limit to what was known."""
    sides = {}
    if direction in ("backward", "nearest"):
        sides["backward"] = _backward(times, line, exact, keys, cutoff)
    if direction in ("forward", "nearest"):
        sides["forward"] = _forward(times, line, exact, keys, cutoff)
    if direction != "nearest":
        ordered, found = sides[direction]
        return line.positions(ordered), found
    (before, has_before), (after, has_after) = sides["backward"], sides["forward"]
    is_closer = has_after & (~has_before | (line.times[after] - times < times - line.times[before]))
    return line.positions(np.where(is_closer, after, before)), has_before | has_after


def _backward(
    times: np.ndarray, line: Timeline, exact: bool, keys: np.ndarray | None, cutoff: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    ends = line.ends(times, keys, "right" if exact else "left")
    if cutoff is not None:
        ends = np.minimum(ends, line.ends(cutoff, keys, "right"))
    first, _ = line.span(keys)
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
    _, last = line.span(keys)
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
