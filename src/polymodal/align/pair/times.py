"""Joins by time: all rows of the other table from around a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polymodal.align._columns import columns_of, need_columns, one_each, sided, told_apart
from polymodal.align._wording import duration
from polymodal.align.clock._timeline import Timeline
from polymodal.align.clock.lengths import length_of, tolerance_in
from polymodal.align.clock.stamps import comparable, stamps, unit_hint
from polymodal.align.joined import Joined
from polymodal.align.pair._gathering import Several, gathered, spanned
from polymodal.schema.read import read_frame


def by_time(
    left: Any,
    right: Any,
    time: str | tuple[str, str] | Mapping[str, str] = "time",
    *,
    before: object = 0,
    after: object = 0,
    by: str | Sequence[str] | Mapping[str, str] = (),
    several: Several = "list",
    columns: Sequence[str] | None = None,
    unit: str = "s",
    right_unit: str | None = None,
    zone: str | None = None,
) -> Joined:
    """To each row of `left` all rows of `right` from `before` its time to `after` it, ends included.

    For the one row that was valid at a time take `pm.align.clock.asof`. `before` and `after` are numbers in `unit` or
    text such as "2h"; with `after` 0 nothing is from the future. `several` is that of `by_key`, and "nearest" in time
    as well; the other arguments are those of `asof`. Raises what `asof` raises.

    >>> notes = {"time": [1, 4, 5, 9], "note": ["a", "b", "c", "d"]}
    >>> by_time({"time": [5, 20]}, notes, before=4).table["note"].tolist()
    [['a', 'b', 'c'], None]
    """
    first, _ = read_frame(left)
    second, _ = read_frame(right)
    left_time, right_time = one_each(time, "time")
    names, others = sided(by)
    need_columns(first, [left_time, *names], "left")
    need_columns(second, [right_time, *others, *(columns or ())], "right")
    called = told_apart(left_time, right_time)
    here = stamps(first[left_time], unit=unit, zone=zone, name=called[0])
    there = stamps(second[right_time], unit=right_unit or unit, zone=zone, name=called[1])
    ticks, other_ticks = comparable(here, there)
    back, forth = (tolerance_in(ticks, one, unit, what) for one, what in ((before, "before"), (after, "after")))
    keys, other_keys = columns_of(first, names, second, others)
    asked = np.flatnonzero(here.known & (keys >= 0) & np.isin(keys, other_keys))
    offered = np.flatnonzero(there.known & np.isin(other_keys, keys[asked]) & (other_keys >= 0))
    levels, codes = np.unique(other_keys[offered], return_inverse=True)
    asked = asked[np.isin(keys[asked], levels)]
    line = Timeline(other_ticks[offered], codes if names else None)
    own = np.searchsorted(levels, keys[asked]) if names else None
    low, high = line.ends(ticks[asked] - back, own, "left"), line.ends(ticks[asked] + forth, own, "right")
    some = spanned(line.positions(np.arange(len(offered))), low, high)
    pairs = np.stack([asked[some[:, 0]], offered[some[:, 1]]], axis=1) if len(some) else np.zeros((0, 2), np.int64)
    lags = np.abs(ticks[pairs[:, 0]] - other_ticks[pairs[:, 1]]).astype(np.float64)
    hint = unit_hint(here, there) if not len(pairs) else ""
    wanted = list(columns) if columns is not None else [one for one in second.columns if one not in others]
    told = " and ".join(names)
    spans = [duration(length_of(one, unit, "length")) for one in (before, after)]
    return gathered(
        first,
        second,
        pairs,
        several=several,
        how=f"by {left_time!r}, from {spans[0]} before to {spans[1]} after" + (f", by {told}" if told else ""),
        columns=wanted if right_time in wanted else [right_time, *wanted],
        left_checks=[
            (~here.known, "no time"),
            (keys < 0, f"no {told}"),
            (~np.isin(keys, other_keys), f"{told} not on the other side"),
            (np.ones(len(first), dtype=bool), "nothing around its time"),
        ],
        right_checks=[
            (~there.known, "no time"),
            (other_keys < 0, f"no {' and '.join(others)}"),
            (np.ones(len(second), dtype=bool), "not around any time asked for"),
        ],
        distances=lags / 1e9 if ticks.dtype.kind == "i" else lags,
        scale="s",
        notes=[hint] if hint else [],
    )
