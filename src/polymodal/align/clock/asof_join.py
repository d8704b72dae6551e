"""As-of joins: to each row of a table the row of another that was valid at its time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
import pandas as pd

from polymodal.align._columns import columns_of, need_columns, one_each, sided, told_apart
from polymodal.align._links import OneEach
from polymodal.align._remainder import Remainder
from polymodal.align._wording import count, duration
from polymodal.align.clock._matches import Direction, Matches, matches
from polymodal.align.clock._timeline import Timeline
from polymodal.align.clock.lengths import tolerance_in
from polymodal.align.clock.stamps import Stamps, comparable, stamps, unit_hint
from polymodal.align.joined import Joined, beside, taken
from polymodal.errors import SettingError, near_miss
from polymodal.schema.read import read_frame

_ABSENT, _ALONE = -1, -2  # of keys: there is none; the other side has none like it


def asof(
    left: Any,
    right: Any,
    time: str | tuple[str, str] | Mapping[str, str] = "time",
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
    left_time, right_time = one_each(time, "time")
    left_by, right_by = sided(by)
    need_columns(first, [left_time, *left_by, *([cutoff] if cutoff else [])], "left")
    need_columns(second, [right_time, *right_by, *([known] if known else []), *(columns or ())], "right")
    other_unit = right_unit or unit
    names = told_apart(left_time, right_time)
    here = stamps(first[left_time], unit=unit, zone=zone, name=names[0])
    there = stamps(second[right_time], unit=other_unit, zone=zone, name=names[1])
    limits = stamps(first[cutoff], unit=unit, zone=zone, name=cutoff) if cutoff else here
    shown = stamps(second[known], unit=other_unit, zone=zone, name=known) if known else there

    keys, other_keys = columns_of(first, left_by, second, right_by)
    offered = there.known & shown.known & (other_keys >= 0)
    if left_by:
        keys, other_keys = _numbers(keys, other_keys, offered)
    ticks, other_ticks, limit_ticks, shown_ticks = _ticks(here, there, limits, shown)
    is_limited = bool(cutoff or known)
    usable = here.known & limits.known & (keys >= 0)
    line = Timeline(
        _some(other_ticks, offered),
        _some(other_keys, offered) if left_by else None,
        _some(shown_ticks, offered) if known else None,
    )
    found = matches(
        _some(ticks, usable),
        line,
        direction=direction,
        exact=exact,
        tolerance=None if tolerance is None else tolerance_in(ticks, tolerance, unit),
        keys=_some(keys, usable) if left_by else None,
        cutoff=_some(limit_ticks, usable) if is_limited else None,
    )
    if not offered.all() and len(line):
        found = Matches(np.flatnonzero(offered)[found.rows], found.found, found.lags)
    if not usable.all():
        found = found.put(np.flatnonzero(usable), len(first))
    wanted = list(columns) if columns is not None else [one for one in second.columns if one not in right_by]
    if right_time not in wanted:
        wanted.insert(0, right_time)
    used = np.zeros(len(second), dtype=bool)
    used[found.rows[found.found]] = True
    named, other_named = " and ".join(left_by), " and ".join(right_by)
    checks = [
        (~here.known, "no time"),
        (~limits.known, f"no {cutoff}"),
        (keys == _ABSENT, f"no {named}"),
        (keys == _ALONE, f"{named} not on the other side"),
        (~found.found, _nothing(direction, tolerance, unit, is_limited)),
    ]
    other_checks = [
        (~there.known, "no time"),
        (~shown.known, f"no {known}"),
        (other_keys == _ABSENT, f"no {other_named}"),
        (~used, "not the row of any time asked for"),
    ]
    return Joined(
        how=_how(left_time, left_by, direction, tolerance, unit, exact, cutoff, known),
        table=beside(first, taken(second[wanted], found.rows, found.found)),
        links=OneEach(found.rows, found.found, found.lags, 1e9 if ticks.dtype.kind == "i" else 1.0),
        scale="s",
        left=Remainder.of(first.index, checks),
        right=Remainder.of(second.index, other_checks),
        notes=tuple(_notes(here, there, offered, line.repeats(), bool(found.found.any()))),
        near_misses=pd.DataFrame(),
    )


def _numbers(keys: np.ndarray, other_keys: np.ndarray, offered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keys without gaps; those of the left that the right does not offer are `_ALONE`, those absent stay so."""
    is_there = np.zeros(int(max(keys.max(), other_keys.max())) + 2, dtype=bool)
    is_there[other_keys[offered]] = True
    numbers = np.where(is_there, np.cumsum(is_there) - 1, _ALONE)
    numbers[_ABSENT] = _ABSENT  # the last stands for no key
    return numbers[keys], numbers[other_keys]


def _ticks(*four: Stamps) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Those of the left, of the right, of the limit and of when rows became known, in one scale."""
    here, there, limits, shown = four
    ticks, limit_ticks = comparable(here, there), comparable(limits, shown)
    if ticks[0].dtype != limit_ticks[0].dtype:  # one of four columns counts fractions
        ticks, limit_ticks = (here.seconds, there.seconds), (limits.seconds, shown.seconds)
    return ticks[0], ticks[1], limit_ticks[0], limit_ticks[1]


def _some(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    return values if kept.all() else values[kept]


def _notes(here: Stamps, there: Stamps, offered: np.ndarray, repeated: int, is_found: bool) -> list[str]:
    told = []
    if repeated:
        told.append(
            f"{count(repeated, 'row')} of the right {'has' if repeated == 1 else 'have'} the time of another; backward "
            "and nearest take the last of them, forward the first"
        )
    if is_found or not here.known.any() or not offered.any():
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
