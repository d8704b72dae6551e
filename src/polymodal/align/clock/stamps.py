"""Stamps: times of any make as numbers that compare exactly; zones, units and daylight saving settled or refused."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._wording import count
from polymodal.errors import DataError, SettingError, near_miss

UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9, "D": 86_400 * 10**9}
_NANOSECONDS = 10**9
_SHOWN = 5


@dataclass(frozen=True)
class Stamps:
    """Times of rows.

    Attributes:
        ticks: `[n]` int64 nanoseconds, or float64 in seconds where a clock counts fractions.
        known: `[n]` bool; False where a row has no time, and its tick means nothing.
        kind: "dates", "dates with a zone" or "numbers".
        name: of the column, for messages.
    """

    ticks: np.ndarray
    known: np.ndarray
    kind: str
    name: str

    @property
    def seconds(self) -> np.ndarray:
        """`[n]` float64, from the clock's zero."""
        return self.ticks / _NANOSECONDS if self.ticks.dtype.kind == "i" else self.ticks

    def __len__(self) -> int:
        return len(self.ticks)


def stamps(raw: Any, *, unit: str = "s", zone: str | None = None, name: str = "time") -> Stamps:
    """Times as they come: numbers that count in `unit`, dates, times with an offset, lengths of time, ISO 8601 text.

    `zone` says where clocks stood that show local time without an offset, such as "Europe/Berlin".
    Raises DataError for what is no time, for local times that a zone has twice or never, and for dates beyond the
    years 1678 to 2261; SettingError for an unknown unit or zone.

    >>> stamps([1, 2], unit="ms").ticks.tolist(), stamps(["2024-05-01T02:00+02:00"]).ticks.tolist()
    ([1000000, 2000000], [1714521600000000000])
    """
    if unit not in UNITS:
        raise SettingError(f"unit={unit!r} is no unit of time. {near_miss(unit, UNITS)}")
    column = raw if isinstance(raw, (pd.Series, pd.Index)) else _column(raw)
    if isinstance(column, pd.Series):
        column = column.array
    dtype = column.dtype
    if isinstance(dtype, (np.dtype, pd.api.extensions.ExtensionDtype)) and getattr(dtype, "kind", "O") in "iuf":
        return _numbers(column, unit, name)
    if pd.api.types.is_bool_dtype(dtype):
        raise DataError(f"{name!r} holds yes and no, which are no times")
    if getattr(dtype, "kind", "O") == "m" or isinstance(_first(column), (datetime.timedelta, np.timedelta64)):
        return _lengths(column, name)
    if all(isinstance(one, (int, float, np.integer, np.floating)) for one in _some(column)) and len(_some(column)):
        return _numbers(pd.array(pd.to_numeric(pd.Series(column))), unit, name)
    return _dates(column, zone, name)


def comparable(first: Stamps, second: Stamps) -> tuple[np.ndarray, np.ndarray]:
    """The ticks of two clocks in one scale. Raises DataError where one has dates and the other none, or no zone."""
    if not (first.known.any() and second.known.any()):  # a column without any time is of no make
        return first.seconds, second.seconds
    if first.kind != second.kind:
        if {first.kind, second.kind} == {"dates", "dates with a zone"}:
            local, zoned = (first, second) if first.kind == "dates" else (second, first)
            raise DataError(
                f"{local.name!r} shows local time and {zoned.name!r} says its offset from UTC, so that they may be "
                "hours apart; say where the local clock stood, such as zone='Europe/Berlin' (zone='UTC' if it is UTC)"
            )
        raise DataError(
            f"{first.name!r} holds {first.kind} and {second.name!r} {second.kind}; both have to be of one make. "
            "Numbers that count from 1970 become dates with pd.to_datetime(numbers, unit='s')"
        )
    if first.ticks.dtype == second.ticks.dtype:
        return first.ticks, second.ticks
    return first.seconds, second.seconds


def unit_hint(first: Stamps, second: Stamps) -> str:
    """A sentence where two clocks lie so far apart that one seems to count in another unit; empty otherwise.

    >>> unit_hint(stamps([1.7e9], name="a"), stamps([1.7e12], name="b"))
    "'b' is about 1,000 times 'a': it may count in another unit (unit= and right_unit= say which)"
    """
    if first.kind != "numbers" or not first.known.any() or not second.known.any():
        return ""
    sizes = [float(np.median(np.abs(one.seconds[one.known]))) for one in (first, second)]
    if min(sizes) <= 0:
        return ""
    (small, low), (large, high) = sorted(zip(sizes, (first.name, second.name), strict=True))
    for factor in (10**3, 10**6, 10**9):
        if 0.8 < large / small / factor < 1.25:
            return (
                f"{high!r} is about {factor:,} times {low!r}: it may count in another unit "
                "(unit= and right_unit= say which)"
            )
    return ""


def backwards(one: Stamps) -> str:
    """A sentence that says where a clock runs backwards; empty where it does not.

    >>> backwards(stamps([0.0, 3600.0, 10.0]))
    "'time' runs backwards at 1 place, first by 3590 s at position 2"
    """
    seconds, places = one.seconds[one.known], np.flatnonzero(one.known)
    back = np.flatnonzero(np.diff(seconds) < 0)
    if not len(back):
        return ""
    step = float(seconds[back[0]] - seconds[back[0] + 1])
    daylight = (
        " (about an hour: daylight saving ends? zone= settles that)"
        if 3000 < step <= 3600 and one.kind == "dates"
        else ""
    )
    where = f"{len(back):,} place{'s' if len(back) > 1 else ''}"
    return f"{one.name!r} runs backwards at {where}, first by {step:.6g} s at position {places[back[0] + 1]}{daylight}"


def _column(raw: Any) -> Any:
    if isinstance(raw, np.ndarray) and raw.ndim == 1 and raw.dtype.kind in "iufMm":
        return pd.array(raw) if raw.dtype.kind in "Mm" else pd.Series(raw).array
    if np.ndim(raw) == 0:
        raise DataError(f"times are a list or an array, one for each row; {type(raw).__name__} came")
    return pd.Series(list(raw), dtype=None if len(raw) else np.float64).array


def _first(column: Any) -> Any:
    some = _some(column)
    return some[0] if some else None


def _some(column: Any) -> list[Any]:
    return [one for one in column[:1000] if one is not None and one is not pd.NaT and one is not pd.NA and one == one]


def _numbers(column: Any, unit: str, name: str) -> Stamps:
    known = ~np.asarray(pd.isna(column))
    if getattr(column.dtype, "kind", "f") in "iu":
        array = column.to_numpy(dtype=np.int64, na_value=0) if not known.all() else np.asarray(column, dtype=np.int64)
        ticks = UNITS[unit]
        if not len(array) or max(abs(int(array.min())), abs(int(array.max()))) < 2**63 // ticks:
            return Stamps(array * ticks if ticks != 1 else array, known, "numbers", name)
        return Stamps(array.astype(np.float64) * (ticks / _NANOSECONDS), known, "numbers", name)
    floats = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    endless = np.isinf(floats)
    if endless.any():
        raise DataError(f"{name!r} holds {int(endless.sum())} infinite times, the first at {int(endless.argmax())}")
    factor = UNITS[unit] / _NANOSECONDS
    return Stamps(floats if factor == 1 else floats * factor, known, "numbers", name)


def _lengths(column: Any, name: str) -> Stamps:
    index = pd.TimedeltaIndex(pd.Index(column))
    known = ~np.asarray(index.isna())
    return Stamps(np.array(index.as_unit("ns").asi8), known, "numbers", name)


def _dates(column: Any, zone: str | None, name: str) -> Stamps:
    index = _parsed(column, name)
    known = ~np.asarray(index.isna())
    kind = "dates" if index.tz is None else "dates with a zone"
    if zone is not None and index.tz is None:
        index, kind = _placed(index, zone, name), "dates with a zone"
    try:
        return Stamps(np.array(index.as_unit("ns").asi8), known, kind, name)
    except (ValueError, OverflowError) as error:
        raise DataError(f"{name!r}: dates lie outside the years 1678 to 2261") from error


def _parsed(column: Any, name: str) -> pd.DatetimeIndex:
    some = _some(column)
    is_text = bool(some) and isinstance(some[0], str)
    try:
        if not is_text:
            return pd.DatetimeIndex(pd.to_datetime(pd.Index(column)))
        zoned = [one for one in some if pd.Timestamp(one).tz is not None]
        if zoned and len(zoned) < len(some):
            raise DataError(f"{name!r}: some times say their offset from UTC and others do not; give all of them one")
        return pd.DatetimeIndex(pd.to_datetime(pd.Index(column), format="ISO8601", utc=bool(zoned)))
    except DataError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        told = str(error).splitlines()[0].partition(". ")[0][:120]
        raise DataError(
            f"{name!r} does not read as times ({told}); numbers, dates, lengths of time "
            "and ISO 8601 text such as 2024-05-01T10:00:00+02:00 do"
        ) from error


def _placed(index: pd.DatetimeIndex, zone: str, name: str) -> pd.DatetimeIndex:
    """Local times in their zone; an hour that is there twice goes by the order of the rows, if that tells."""
    try:
        found = index.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    except (KeyError, ValueError, TypeError) as error:
        raise SettingError(f"zone={zone!r} is no time zone; give a name such as 'Europe/Berlin' or 'UTC'") from error
    lost = np.asarray(found.isna()) & ~np.asarray(index.isna())
    if not lost.any():
        return found
    try:
        return index.tz_localize(zone, ambiguous="infer", nonexistent="raise")
    except ValueError as error:
        shown = ", ".join(str(one) for one in index[lost][:_SHOWN])
        told = count(int(lost.sum()), "local time is", "local times are")
        raise DataError(
            f"{name!r}: {told} there twice or not at all in {zone}, where clocks change: "
            f"{shown}. Give times with their offset, such as 2024-10-27T02:30:00+01:00"
        ) from error
