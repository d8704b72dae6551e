"""Moment: one point in time a cell, as a place in the hour, day, week, month and year, and in the training range."""

from __future__ import annotations

import calendar
import html
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
from pydantic import field_validator

from polymodal.errors import near_miss
from polymodal.modalities._dates import dates
from polymodal.modalities._numbers import shown
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

CYCLES = ("hour", "day", "week", "month", "year")  # the columns of a prepared moment after the trend
_EPOCH = datetime(1970, 1, 1)
_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "D": 86_400.0}
_BEYOND = 1.0  # training ranges that a trend may lie before the first moment or after the last


class MomentStatistics(Statistics):
    """First and last moment of the training rows, in seconds since 1970 in UTC."""

    start: float
    end: float


@MODALITIES.register("moment")
class Moment(Modality):
    """A point in time: an ISO 8601 string, a `datetime`, a date, or with `unit` a number since 1970.

    Hours and days are those of the clock that a cell was written by. `zone`, such as "Europe/Paris", turns cells with
    an offset to the clock of that place, and takes those without to be in it (else in UTC). `format` reads strings that
    are not ISO, as `datetime.strptime` does: "%d/%m/%Y". Where a cell lies between the first and the last training
    moment is its trend; it stops one whole range before and after.

    >>> cells = Moment().read("seen", pd.DataFrame({"seen": ["2024-05-01T10:00+02:00", None]}), None)
    >>> cells.state.tolist(), Moment().html(cells.samples[0])
    ([1, 0], '<time datetime="2024-05-01T10:00:00">2024-05-01 10:00</time>')
    """

    kind: ClassVar[str] = "moment"
    encoder: str = "moment"
    zone: str | None = None
    format: str | None = None
    unit: Literal["s", "ms", "us", "ns", "D"] | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError(f"unknown time zone {zone!r}. {near_miss(zone, available_timezones())}")
        return zone

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return dates(values)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[2]` float64: what the clock showed and when that was in UTC, in seconds since 1970."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, self._decode, column=name, rows=frame.index)

    @classmethod
    def statistics_kind(cls) -> type[MomentStatistics]:
        return MomentStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> MomentStatistics:
        instants = [float(sample[1]) for sample in samples] or [0.0]
        return MomentStatistics(start=min(instants), end=max(instants))

    def prepare(self, sample: np.ndarray, statistics: MomentStatistics) -> np.ndarray:
        """`[6]` float32: 0 to 1 from the first training moment to the last, then from 0 to 1 through each of CYCLES."""
        span = statistics.end - statistics.start
        trend = (float(sample[1]) - statistics.start) / span if span > 0 else 0.0
        return np.array([min(max(trend, -_BEYOND), 1 + _BEYOND), *phases(_clock(sample))], dtype=np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: MomentStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, 6]`, all of it real."""
        import torch

        return torch.from_numpy(np.stack(arrays)), None

    def html(self, sample: np.ndarray) -> str:
        clock = _clock(sample).replace(microsecond=0)
        is_day = (clock.hour, clock.minute, clock.second) == (0, 0, 0)
        short = f"{clock:%Y-%m-%d}" if is_day else clock.isoformat(" ", "minutes")
        return f'<time datetime="{clock.isoformat()}">{html.escape(short)}</time>'

    @classmethod
    def example(cls, random: np.random.Generator) -> str:
        return (datetime(2020, 1, 1) + timedelta(minutes=int(random.integers(0, 2_000_000)))).isoformat()

    def _decode(self, raw: Any) -> np.ndarray | None:
        moment = self._moment(raw)
        if moment is None:
            return None
        zone = None if self.zone is None else ZoneInfo(self.zone)
        try:
            if moment.tzinfo is None:
                clock, instant = moment, moment.replace(tzinfo=zone or UTC)
            else:
                instant = moment.astimezone(zone) if zone else moment
                clock = instant.replace(tzinfo=None)
            since = instant.astimezone(UTC).replace(tzinfo=None) - _EPOCH
        except OverflowError as error:
            raise Unreadable(f"{shown(raw)} lies outside the years 1 to 9999 in its time zone") from error
        return np.array([(clock - _EPOCH).total_seconds(), since.total_seconds()])

    def _moment(self, raw: Any) -> datetime | None:
        if isinstance(raw, (np.datetime64, pd.Timestamp)):
            return _to_datetime(raw)
        if isinstance(raw, datetime):
            return raw
        if isinstance(raw, date):
            return datetime(raw.year, raw.month, raw.day)
        if isinstance(raw, str):
            return self._parsed(raw)
        if isinstance(raw, (int, float, np.integer, np.floating)) and not isinstance(raw, bool):
            return self._counted(raw)
        raise Unreadable(f"a moment is a date, a time with its date or an ISO string, {type(raw).__name__} came")

    def _parsed(self, raw: str) -> datetime | None:
        bare = raw.strip()
        if not bare:
            return None
        try:
            return datetime.strptime(bare, self.format) if self.format else datetime.fromisoformat(bare)
        except (ValueError, OverflowError) as error:
            wanted = f"{self.format!r}" if self.format else "ISO 8601, such as 2024-05-01T10:00+02:00"
            advice = "" if self.format else "; say how it is written with pm.Moment(format=...)"
            raise Unreadable(f"{shown(raw)} does not read as {wanted}{advice}") from error

    def _counted(self, raw: Any) -> datetime:
        if self.unit is None:
            raise Unreadable(f"{shown(raw)} is a number; say what it counts since 1970 with pm.Moment(unit='s')")
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=float(raw) * _UNITS[self.unit])
        except (OverflowError, ValueError) as error:
            raise Unreadable(f"{shown(raw)} {self.unit} since 1970 is outside the years 1 to 9999") from error


def phases(clock: datetime) -> tuple[float, ...]:
    """Where a clock stands in each of CYCLES, 0 at its beginning; weeks begin on Monday.

    >>> [round(phase, 2) for phase in phases(datetime(2024, 7, 1, 18, 30))]  # a Monday
    [0.5, 0.77, 0.11, 0.02, 0.5]
    """
    in_hour = (clock.minute * 60 + clock.second + clock.microsecond * 1e-6) / 3600
    in_day = (clock.hour + in_hour) / 24
    day_of_year = clock.timetuple().tm_yday - 1
    return (
        in_hour,
        in_day,
        (clock.weekday() + in_day) / 7,
        (clock.day - 1 + in_day) / calendar.monthrange(clock.year, clock.month)[1],
        (day_of_year + in_day) / (366 if calendar.isleap(clock.year) else 365),
    )


def _to_datetime(raw: np.datetime64 | pd.Timestamp) -> datetime:
    try:
        return pd.Timestamp(raw).to_pydatetime(warn=False)
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{shown(raw)} is outside the years 1 to 9999") from error


def _clock(sample: np.ndarray) -> datetime:
    return _EPOCH + timedelta(seconds=float(sample[0]))
