"""As-of joins: to each row of a table the row of another that was valid at its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from polymodal.align._columns import columns_of, need_columns, sided
from polymodal.align._remainder import Remainder
from polymodal.align._wording import count, duration
from polymodal.align.clock._matches import Direction, Matches, Timeline, matches
from polymodal.align.clock.stamps import Stamps, comparable, stamps, tolerance_in, unit_hint
from polymodal.align.joined import Joined, beside, taken
from polymodal.errors import SettingError, near_miss
from polymodal.schema.read import read_frame


def asof(
    left: Any,
    right: Any,
    time: str | tuple[str, str] = "time",
    *,
    by: str | Sequence[str] | Mapping[str, str] = (),
    direction: Direction = "backward",
    tolerance: object = None,
    exact: bool = True,
    cutoff: str | None = None,
    known: str | None = None,
    columns: Sequence[str] | None = None,
    unit: str = "s",
    right_unit: str | None = None,
    zone: str | None = None,
) -> Joined:
    """To each row of `left` the one row of `right` that was valid at its time; every row of `left` is in the answer.

    `left` and `right` are anything that `pm.Table.read` takes, in any order of rows. `direction` is "backward" (the
    last row at or before), "forward" (the first at or after) or "nearest" (the earlier where both are as close). Of
    rows of `right` with one time, backward and nearest take the last in their order, forward the first.

    Args:
        time: the column of times; a pair where the two tables name it differently.
        by: columns that have to agree; a mapping from the names of the left to those of the right.
        tolerance: how far apart times may be: a number in `unit`, or text such as "5min". At most, not less than.
        exact: whether a row at the very time counts.
        cutoff: a column of `left` with the time at which a prediction is made; whatever the direction, no row of
            `right` from after it is taken.
        known: a column of `right` with the time at which its row became known, such as when a result came in; no row is
            taken that became known after the cutoff, which is the row's own time unless `cutoff` says otherwise.
        columns: of `right`, to be taken; all unless given.
        unit, right_unit: what numbers count; that of the right is the same unless given.
        zone: where clocks stood that show local time without an offset from UTC.

    Raises SchemaError for columns that are not there and empty tables, DataError for times that cannot be read or
    compared, SettingError for settings out of range.

    >>> doses = {"time": [0, 10, 20], "dose": [1.0, 2.0, 3.0]}
    >>> asof({"time": [5, 10, 40]}, doses, tolerance=15).table
       time  time_right  dose
    0     5           0   1.0
    1    10          10   2.0
    2    40        <NA>   NaN
    """
    if direction not in get_args(Direction):
        raise SettingError(f"direction={direction!r} is unknown. {near_miss(direction, get_args(Direction))}")
    first, _ = read_frame(left)
    second, _ = read_frame(right)
    left_time, right_time = (time, time) if isinstance(time, str) else time
    left_by, right_by = sided(by)
    need_columns(first, [left_time, *left_by, *([cutoff] if cutoff else [])], "left")
    need_columns(second, [right_time, *right_by, *([known] if known else []), *(columns or ())], "right")
    other_unit = right_unit or unit
    here = stamps(first[left_time], unit=unit, zone=zone, name=left_time)
    there = stamps(second[right_time], unit=other_unit, zone=zone, name=right_time)
    limits = stamps(first[cutoff], unit=unit, zone=zone, name=cutoff) if cutoff else here
    shown = stamps(second[known], unit=other_unit, zone=zone, name=known) if known else there

    keys, other_keys = columns_of(first, left_by, second, right_by)
    usable = here.known & limits.known & (keys >= 0)
    offered = there.known & shown.known & (other_keys >= 0)
    found, lags = _search(
        *(here, there, limits, shown, keys, other_keys, usable, offered),
        direction=direction,
        exact=exact,
        tolerance=tolerance,
        unit=unit,
        is_limited=bool(cutoff or known),
        is_known_apart=known is not None,
    )
    wanted = list(columns) if columns is not None else [one for one in second.columns if one not in right_by]
    if right_time not in wanted:
        wanted.insert(0, right_time)
    answer = beside(first, taken(second[wanted], found.rows, found.found))
    has_key_there = np.isin(keys, other_keys[offered]) if left_by else np.ones(len(first), dtype=bool)
    checks = [
        (~here.known, "no time"),
        (~limits.known, f"no {cutoff}"),
        (keys < 0, f"no {' and '.join(left_by)}"),
        (~has_key_there, f"{' and '.join(left_by)} not on the other side"),
        (~found.found, _nothing(direction, tolerance, unit, bool(cutoff or known))),
    ]
    used = np.zeros(len(second), dtype=bool)
    partners = found.rows[found.found]
    used[partners] = True
    other_checks = [
        (~there.known, "no time"),
        (~shown.known, f"no {known}"),
        (other_keys < 0, f"no {' and '.join(right_by)}"),
        (~used, "not the row of any time asked for"),
    ]
    return Joined(
        how=_how(left_time, left_by, direction, tolerance, unit, exact, cutoff, known),
        table=answer,
        pairs=np.stack([np.flatnonzero(found.found), partners]).T,  # in two runs, which are written faster than pairs
        distances=np.abs(lags),
        scale="s",
        left=Remainder.of(first.index, checks),
        right=Remainder.of(second.index, other_checks),
        notes=tuple(_notes(here, there, other_keys, offered, found)),
        near_misses=pd.DataFrame(),
    )


def _search(
    here: Stamps,
    there: Stamps,
    limits: Stamps,
    shown: Stamps,
    keys: np.ndarray,
    other_keys: np.ndarray,
    usable: np.ndarray,
    offered: np.ndarray,
    *,
    direction: Direction,
    exact: bool,
    tolerance: object,
    unit: str,
    is_limited: bool,
    is_known_apart: bool,
) -> tuple[Matches, np.ndarray]:
    """Matches `[n]` among all rows, and the lag of each that was found, in seconds."""
    ticks, other_ticks = comparable(here, there)
    limit_ticks, shown_ticks = comparable(limits, shown)
    if limit_ticks.dtype != ticks.dtype:  # one of four columns counts fractions
        ticks, other_ticks, limit_ticks, shown_ticks = (one.seconds for one in (here, there, limits, shown))
    bound = None if tolerance is None else tolerance_in(ticks, tolerance, unit)
    is_keyed = bool(len(other_keys)) and bool((other_keys > 0).any() or (keys != 0).any())
    kept, codes = None, None
    if is_keyed:
        levels, codes = np.unique(other_keys[offered], return_inverse=True)
        numbers = np.full(int(max(keys.max(), other_keys.max())) + 2, -1)  # the last stands for no key
        numbers[levels] = np.arange(len(levels))
        usable = usable & (numbers[keys] >= 0)
        kept = numbers[keys[usable]]
    line = Timeline(other_ticks[offered], codes, shown_ticks[offered] if is_known_apart else None)
    some = matches(
        ticks[usable],
        line,
        direction=direction,
        exact=exact,
        tolerance=bound,
        keys=kept,
        cutoff=limit_ticks[usable] if is_limited else None,
    )
    rows, found = some.rows, some.found
    places = np.flatnonzero(offered)
    if 0 < len(places) < len(offered):
        rows = places[rows]
    if len(rows) < len(ticks):
        every, is_found = np.zeros(len(ticks), dtype=np.int64), np.zeros(len(ticks), dtype=bool)
        every[usable], is_found[usable] = rows, found
        rows, found = every, is_found
    lags = (ticks[found] - other_ticks[rows[found]]).astype(np.float64)
    return Matches(rows, found), lags / 1e9 if ticks.dtype.kind == "i" else lags


def _notes(here: Stamps, there: Stamps, keys: np.ndarray, offered: np.ndarray, found: Matches) -> list[str]:
    told = []
    pairs = pd.DataFrame({"key": keys[offered], "time": there.ticks[offered]})
    repeated = int(pairs.duplicated().sum())
    if repeated:
        told.append(
            f"{count(repeated, 'row')} of the right {'has' if repeated == 1 else 'have'} the time of another; backward "
            "and nearest take the last of them, forward the first"
        )
    if found.found.any() or not here.known.any() or not offered.any():
        return told
    spans = [
        (one.seconds[known].min(), one.seconds[known].max()) for one, known in ((here, here.known), (there, offered))
    ]
    (start, end), (other_start, other_end) = spans
    if end < other_start or other_end < start:
        gap = max(other_start - end, start - other_end)
        told.append(f"the times of the two tables do not overlap: {duration(gap)} lie between them")
    hint = unit_hint(here, there)
    return [*told, hint] if hint else told


def _nothing(direction: str, tolerance: object, unit: str, is_limited: bool) -> str:
    side = {"backward": "no row at or before its time", "forward": "no row at or after its time", "nearest": "no row"}
    within = f" within {_shown(tolerance, unit)}" if tolerance is not None else ""
    return side[direction] + within + (" that was known by then" if is_limited else "")


def _how(
    time: str,
    by: Sequence[str],
    direction: str,
    tolerance: object,
    unit: str,
    exact: bool,
    cutoff: str | None,
    known: str | None,
) -> str:
    parts = [f"as of {time!r}, {direction}"]
    if by:
        parts.append("by " + " and ".join(map(repr, by)))
    if tolerance is not None:
        parts.append(f"within {_shown(tolerance, unit)}")
    if not exact:
        parts.append("not at the very time")
    if cutoff:
        parts.append(f"nothing from after {cutoff!r}")
    if known:
        parts.append(f"nothing before it was known ({known!r})")
    return ", ".join(parts)


def _shown(tolerance: object, unit: str) -> str:
    return f"{tolerance:g} {unit}" if isinstance(tolerance, (int, float)) else str(tolerance)
