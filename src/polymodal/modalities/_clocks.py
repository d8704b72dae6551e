"""Times of many makes, and channels by clocks of their own brought onto one line of time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from polymodal.schema.cells import Unreadable

UNITS = {"ns": 10**-9, "us": 10**-6, "ms": 10**-3, "s": 1.0, "min": 60.0, "h": 3600.0, "D": 86_400.0}
_TICKS = 10**9  # a second
_OFF_GRID = 0.25  # of a step, that a time may lie off an even grid
DENSE = 0.4  # share of an even grid that is filled; from about there on, gaps on a grid tell more than lone times
_LONGEST = 100  # times as many steps as measurements, that an even grid may have


@dataclass(frozen=True)
class Block:
    """Channels by one clock.

    Attributes:
        values: `[T, C]` float64, NaN where nothing was measured.
        names: of the channels; None where they go by position.
        times: `[T]` int64 nanoseconds or float64 seconds; None where the cell says none.
        is_dated: whether times count from a date rather than from some zero.
        rate: samples a second, where the cell says that instead.
    """

    values: np.ndarray
    names: tuple[str, ...] | None = None
    times: np.ndarray | None = None
    is_dated: bool = False
    rate: float | None = None

    @property
    def is_timed(self) -> bool:
        """Whether the cell itself says when its values were."""
        return self.times is not None or self.rate is not None


@dataclass(frozen=True)
class Line:
    """Channels side by side: `seconds [T]` ascending, `values [T, C]` with something in each row; what was put right.

    `unsorted` says whether times were out of order, `repeated` how many rows had the time of another.
    """

    seconds: np.ndarray
    values: np.ndarray
    unsorted: bool
    repeated: int


def instants(raw: Any, unit: str) -> tuple[np.ndarray, bool]:
    """Times as `[T]` int64 nanoseconds or float64 seconds, and whether they are dates; NaN or NaT stays what it is.

    Numbers count in `unit`; dates are `datetime`, NumPy's, pandas' or ISO 8601, with an offset or in UTC.

    >>> instants([0, 0.5], "min")
    (array([ 0., 30.]), False)
    >>> instants(["2024-05-01T10:00+02:00"], "s")
    (array([1714550400000000000]), True)
    """
    index = raw if isinstance(raw, pd.Index) else None
    if index is None:
        plain = raw.array if isinstance(raw, pd.Series) else raw
        some = next((one for one in plain if one is not None and one is not pd.NaT), None)
        dates = isinstance(some, (str, datetime.date, np.datetime64))
        lengths = isinstance(some, (datetime.timedelta, np.timedelta64))
        try:
            if dates:
                index = pd.to_datetime(pd.Index(plain), utc=True, format="ISO8601" if isinstance(some, str) else None)
            elif lengths:
                index = pd.to_timedelta(pd.Index(plain))
        except (TypeError, ValueError, OverflowError) as error:
            raise Unreadable(f"times do not read as numbers, dates or ISO 8601: {_first_line(error)}") from error
    if isinstance(index, (pd.DatetimeIndex, pd.TimedeltaIndex)):
        try:
            return np.array(index.as_unit("ns").asi8), isinstance(index, pd.DatetimeIndex)
        except ValueError as error:
            raise Unreadable(f"times lie outside the years 1678 to 2261: {error}") from error
    return _counted(raw, unit), False


def _counted(raw: Any, unit: str) -> np.ndarray:
    array = np.asarray(raw)
    if array.dtype.kind in "iu" and array.size and unit in ("ns", "us", "ms", "s"):
        ticks = round(UNITS[unit] * _TICKS)
        if max(abs(int(array.min())), abs(int(array.max()))) < 2**63 // ticks:
            return array.astype(np.int64) * ticks  # exact, which a float of so many digits would not be
    try:
        found = np.array([np.nan if one is None or one is pd.NA else one for one in raw], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unreadable(f"times do not read as numbers, dates or ISO 8601: {_first_line(error)}") from error
    return found * UNITS[unit]


def on_one_line(blocks: Sequence[Block], relative: bool, rate: float | None) -> Line:
    """All channels of a cell by one clock, in order, a time once; a time at which nothing was measured is left out.

    Values of one channel at one time are averaged. With `relative`, seconds count from the first measurement. A block
    without times has `rate`. Raises Unreadable when values have no time, or clocks cannot be compared.
    """
    measured = [_measured(block, rate) for block in blocks]
    if len({block.is_dated for block, times in zip(blocks, measured, strict=True) if len(times[0])}) > 1:
        raise Unreadable("some channels have dates and others numbers for times; give all of them one clock")
    clocks = [times for times, _ in measured]
    if any(clock.dtype.kind == "f" for clock in clocks):
        clocks = [clock / _TICKS if clock.dtype.kind == "i" else clock for clock in clocks]
    every, places = np.unique(np.concatenate(clocks), return_inverse=True)
    unsorted = any(bool((clock[1:] < clock[:-1]).any()) for clock in clocks)
    repeated, columns, start = 0, [], 0
    for clock, (_, values) in zip(clocks, measured, strict=True):
        here = places[start : start + len(clock)]
        start += len(clock)
        repeated += len(here) - len(np.unique(here))
        columns.append(_averaged(values, here, len(every)))
    if relative and len(every):
        every = every - every[0]
    seconds = every / _TICKS if every.dtype.kind == "i" else every
    return Line(seconds, np.concatenate(columns, axis=1), unsorted, repeated)


def _measured(block: Block, rate: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of the rows with a value in them."""
    times = block.times
    if times is None:
        rate = block.rate or rate
        if rate is None:
            raise Unreadable("neither times nor a rate are given; say pm.Series(rate=...) for what has no times")
        times = np.arange(len(block.values)) / rate
    here = ~np.isnan(block.values).all(axis=1)
    wrong = np.isnat(times.view("M8[ns]")) if times.dtype.kind == "i" else ~np.isfinite(times)
    lost = int((wrong & here).sum())
    if lost:
        raise Unreadable(f"{lost} of {len(times)} times are missing or infinite; leave out values without a time")
    return times[here], block.values[here]


def _averaged(values: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """`[n, C]`: the mean of what is at each place, NaN where nothing is."""
    found = np.full((n, values.shape[1]), np.nan)
    if len(np.unique(places)) == len(places):
        found[places] = values  # as they came, to the last bit
        return found
    for channel, column in enumerate(values.T):
        here = ~np.isnan(column)
        counts = np.bincount(places[here], minlength=n)
        sums = np.bincount(places[here], column[here], minlength=n)
        found[counts > 0, channel] = sums[counts > 0] / counts[counts > 0]
    return found


def common_rate(lines: Sequence[Line], filled: float = DENSE) -> float | None:
    """Samples a second, if the times of all cells lie on even grids of one step, of which that share is filled.

    >>> even = Line(np.array([0.0, 0.1, 0.2, 0.4, 0.5]), np.zeros((5, 1)), False, 0)
    >>> common_rate([even])
    10.0
    """
    known = [line for line in lines if len(line.seconds) > 1]
    if not known:
        return None
    steps = np.concatenate([np.diff(line.seconds) for line in known])
    short = np.quantile(steps, 0.1)  # steps over gaps are longer, and those that waver a little shorter
    step = float(np.median(steps[steps <= 1.5 * short]))
    counts = [np.rint(np.diff(line.seconds) / step).sum() for line in known]
    rate = float(f"{sum(counts) / steps.sum():.9g}")
    if not rate or any(_places(line.seconds, rate) is None for line in known):
        return None
    measured = sum(int((~np.isnan(line.values)).sum()) for line in known)
    room = sum((count + 1) * line.values.shape[1] for count, line in zip(counts, known, strict=True))
    return rate if measured >= filled * room else None


def is_even(line: Line, rate: float) -> bool:
    """Whether `on_grid` takes it."""
    places = _places(line.seconds, rate)
    return places is not None and int(places[-1]) <= _LONGEST * len(places)


def on_grid(line: Line, rate: float) -> np.ndarray:
    """`[T, C]` at `rate` samples a second from the first measurement on, NaN where there is none.

    Raises Unreadable when times do not lie on such a grid, or on one that is nearly empty.
    """
    places = _places(line.seconds, rate)
    if places is None:
        raise Unreadable(
            f"its times are not those of {rate:g} samples a second; say pm.Series(irregular=True) to take them as "
            "they are"
        )
    if places[-1] > _LONGEST * len(places):
        raise Unreadable(
            f"{len(places)} measurements over {places[-1] + 1} steps at {rate:g} a second; say "
            "pm.Series(irregular=True) to take times as they are"
        )
    array = np.full((int(places[-1]) + 1, line.values.shape[1]), np.nan)
    array[places] = line.values
    return array


def _places(seconds: np.ndarray, rate: float) -> np.ndarray | None:
    """The steps of a grid on which times lie, each on its own; None where they do not."""
    steps = (seconds - seconds[0]) * rate
    steps = steps - np.median(steps - np.rint(steps))
    places = np.rint(steps)
    if (np.abs(steps - places) > _OFF_GRID).any() or (np.diff(places) < 1).any() or places[-1] > 2**53:
        return None
    return np.asarray(places - places[0], dtype=np.int64)


def _first_line(error: Exception) -> str:
    return str(error).partition(". You might")[0].partition("\n")[0]
