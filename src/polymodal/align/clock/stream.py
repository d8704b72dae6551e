"""Stream: what one device recorded, by its own clock; at a fixed rate or at times of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from polymodal.align._wording import count, duration, paragraphs
from polymodal.align.clock.lengths import samples_a_second
from polymodal.align.clock.stamps import backwards, stamps
from polymodal.errors import DataError, SchemaError, SettingError, near_miss
from polymodal.schema.read import read_frame

_JITTER = 1e-3  # of a step, that times of a fixed rate may lie off their grid


@dataclass(frozen=True)
class Stream:
    """Values over time; made by `Stream.of` or `Stream.read`.

    Attributes:
        values: `[T, C]` float64; what is not `present` means nothing.
        present: `[T, C]` bool.
        seconds: `[T]` float64, ascending, from `zero`.
        zero: nanoseconds since 1970 in UTC, or in local time of a clock without a zone; None for a clock without dates.
        rate: samples a second where that is fixed; None where times are irregular, which they then stay.
        name: for messages and figures.
        channels: a name each.
        is_local: whether it has dates that do not say their offset from UTC.
    """

    values: np.ndarray
    present: np.ndarray
    seconds: np.ndarray
    zero: int | None
    rate: float | None
    name: str
    channels: tuple[str, ...]
    is_local: bool = False

    @classmethod
    def of(
        cls,
        values: Any,
        *,
        times: Any = None,
        rate: float | None = None,
        start: float = 0.0,
        unit: str = "s",
        zone: str | None = None,
        name: str = "stream",
        channels: Sequence[str] | None = None,
    ) -> Stream:
        """From numbers `[T]` or `[T, C]`, None or NaN where nothing was measured, with their times or their rate.

        `times` are anything that `stamps` reads; of several samples at one time the mean is taken. With `rate`, samples
        a second, the first is at `start` seconds. Raises DataError for times that run backwards or are absent and for
        lengths that differ, SettingError unless exactly one of `times` and `rate` is given.

        >>> Stream.of([1.0, None, 4.0], rate=50).seconds.tolist()
        [0.0, 0.02, 0.04]
        """
        array, present = _numbers(values, name)
        if (times is None) == (rate is None):
            raise SettingError(f"{name!r} needs times= or rate= (samples a second), one of the two")
        names = tuple(channels) if channels is not None else tuple(f"{name}{i}" for i in range(array.shape[1]))
        if len(names) != array.shape[1]:
            raise SettingError(f"{name!r} has {array.shape[1]} channels and channels= names {len(names)}")
        if rate is not None:
            rate = samples_a_second(rate, f"{name!r}: rate")
            return cls(array, present, start + np.arange(len(array)) / rate, None, rate, name, names)
        return _timed(array, present, times, unit, zone, name, names)

    @classmethod
    def read(
        cls,
        source: Any,
        *,
        time: str = "time",
        columns: Sequence[str] | None = None,
        unit: str = "s",
        zone: str | None = None,
        name: str = "stream",
    ) -> Stream:
        """From a table that `pm.Table.read` takes: a column of times, and columns of numbers (all unless named).

        >>> Stream.read({"time": [0, 1, 5], "pulse": [70, 71, 80]}).rate is None
        True
        """
        frame, _ = read_frame(source)
        wanted = [time, *(columns or ())]
        gone = [one for one in wanted if one not in frame.columns]
        if gone:
            raise SchemaError(
                f"{name!r} has no such column:", [f"{one!r}. {near_miss(one, map(str, frame.columns))}" for one in gone]
            )
        if columns is None:
            columns = [one for one in frame.columns if one != time and pd.api.types.is_numeric_dtype(frame[one].dtype)]
        if not columns:
            raise SchemaError(f"{name!r} has no column of numbers beside {time!r}")
        values = frame[list(columns)].to_numpy(dtype=np.float64, na_value=np.nan)
        return cls.of(values, times=frame[time], unit=unit, zone=zone, name=name, channels=list(columns))

    def __len__(self) -> int:
        return len(self.seconds)

    def __str__(self) -> str:
        pace = f"at {self.rate:.6g} a second" if self.rate else f"irregular, {duration(self.step)} apart in the middle"
        gaps = int((~self.present).sum())
        told = [f"{count(gaps, 'value')} absent"] if gaps else []
        return paragraphs(
            f"{self.name}: {count(len(self), 'sample')} of {count(len(self.channels), 'channel')}, {pace}, "
            f"{duration(self.seconds[-1] - self.seconds[0])} from {self.moment(self.seconds[0])}",
            told,
        )

    @property
    def step(self) -> float:
        """Seconds from a sample to the next, in the middle; 0 for a single one."""
        return 1 / self.rate if self.rate else float(np.median(np.diff(self.seconds))) if len(self) > 1 else 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Seconds of the first and the last sample."""
        return float(self.seconds[0]), float(self.seconds[-1])

    def moment(self, seconds: float) -> str:
        """A time of this clock as it is written."""
        if self.zero is None:
            return f"{seconds:.6g} s"
        return str(pd.Timestamp(self.zero + round(seconds * 1e9)))

    def moved(self, seconds: np.ndarray) -> Stream:
        """The same values at other times; an even grid stays one where it is moved or stretched as a whole."""
        return replace(self, seconds=seconds, rate=_rate_of(seconds))

    def from_zero(self, zero: int | None) -> np.ndarray:
        """Seconds from another zero."""
        return self.seconds if self.zero is None or zero is None else self.seconds + (self.zero - zero) / 1e9

    def to_pandas(self) -> pd.DataFrame:
        """A row a sample: `time` and the channels, NaN where nothing was measured."""
        times: Any = self.seconds
        if self.zero is not None:
            times = pd.to_datetime(self.zero + np.rint(self.seconds * 1e9).astype(np.int64))
        columns = dict(zip(self.channels, np.where(self.present, self.values, np.nan).T, strict=True))
        return pd.DataFrame({"time": times, **columns})


def as_stream(given: Any, name: str) -> Stream:
    """A Stream, or a pandas Series or frame with times or seconds for an index. Raises DataError for anything else."""
    if isinstance(given, Stream):
        return given
    if isinstance(given, (pd.Series, pd.DataFrame)):
        channels = None if isinstance(given, pd.Series) else [str(one) for one in given.columns]
        return Stream.of(given.to_numpy(), times=given.index, name=name, channels=channels)
    raise DataError(
        f"the {name} stream is a {type(given).__name__}; give pm.align.clock.Stream.of(values, rate=...) or times=..., "
        "Stream.read(table), or a pandas Series with times for an index"
    )


def two_streams(first: Any, second: Any) -> tuple[Stream, Stream]:
    """Both as streams, called "first" and "second" where they have one name. Raises DataError as `as_stream` does."""
    one, other = as_stream(first, "first"), as_stream(second, "second")
    if one.name == other.name:
        return replace(one, name="first"), replace(other, name="second")
    return one, other


def one_zero(first: Stream, second: Stream) -> int | None:
    """A zero that both clocks count from. Raises DataError where one has dates and the other none."""
    if (first.zero is None) != (second.zero is None):
        dated, plain = (first, second) if second.zero is None else (second, first)
        raise DataError(
            f"{dated.name!r} has dates and {plain.name!r} counts from a zero of its own; give both dates, or take "
            "seconds from the start of each to find their offset"
        )
    return None if first.zero is None or second.zero is None else min(first.zero, second.zero)


def _timed(
    array: np.ndarray, present: np.ndarray, times: Any, unit: str, zone: str | None, name: str, names: tuple[str, ...]
) -> Stream:
    read = stamps(times, unit=unit, zone=zone, name=f"times of {name}")
    if len(read) != len(array):
        raise DataError(f"{name!r} has {len(array)} samples and {len(read)} times; each sample needs one")
    gone = np.flatnonzero(~read.known)
    if len(gone):
        raise DataError(
            f"{len(gone)} of {len(read)} times of {name!r} are absent, the first at position {gone[0]}; leave those "
            "samples out"
        )
    back = backwards(read)
    if back:
        raise DataError(
            f"{back}. Sort the samples if they are only out of order; cut the recording where the clock was set back"
        )
    zero = None
    ticks = read.ticks
    if read.kind != "numbers" and ticks.dtype.kind == "i":
        zero = int(ticks[0])
        ticks = ticks - zero
    seconds = ticks / 1e9 if ticks.dtype.kind == "i" else ticks.astype(np.float64)
    if (np.diff(seconds) == 0).any():
        seconds, array, present = _averaged(seconds, array, present)
    return Stream(array, present, seconds, zero, _rate_of(seconds), name, names, read.kind == "dates")


def _numbers(values: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name!r} does not hold numbers [time] or [time, channels]: {error}") from error
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or not array.size:
        raise DataError(f"{name!r} has to be [time] or [time, channels] with at least one sample; {array.shape} came")
    if np.isinf(array).any():
        raise DataError(f"{name!r} holds {int(np.isinf(array).sum())} infinite values; they are no measurements")
    present = ~np.isnan(array)
    return np.where(present, array, 0.0), present


def _rate_of(seconds: np.ndarray) -> float | None:
    if len(seconds) < 3:
        return None
    step = (seconds[-1] - seconds[0]) / (len(seconds) - 1)
    if step <= 0:
        return None
    off = np.abs(seconds - seconds[0] - np.arange(len(seconds)) * step).max()
    return float(1 / step) if off <= max(_JITTER * step, 2e-9) else None


def _averaged(seconds: np.ndarray, array: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, ...]:
    every, places = np.unique(seconds, return_inverse=True)
    sums, counts = np.zeros((len(every), array.shape[1])), np.zeros((len(every), array.shape[1]))
    np.add.at(sums, places, np.where(present, array, 0.0))
    np.add.at(counts, places, present)
    return every, sums / np.maximum(counts, 1), counts > 0
