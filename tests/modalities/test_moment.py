"""Dates and times: how they are written, by which clock they count, what is no moment."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.modalities.moment import Moment, phases
from polymodal.schema.cells import State

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()


def read(cells: list[object], **settings: object):
    return Moment(**settings).read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), None)


@pytest.mark.parametrize(
    "cell",
    [
        "2024-05-01T12:00Z",
        " 2024-05-01 12:00 ",
        "2024-05-01T14:00:00+02:00",
        "20240501T120000",
        datetime(2024, 5, 1, 12),
        datetime(2024, 5, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
        np.datetime64("2024-05-01T12:00"),
        pd.Timestamp("2024-05-01 21:00", tz="Asia/Tokyo"),
    ],
)
def test_one_moment_in_many_ways(cell: object) -> None:
    cells = read([cell])
    assert cells.state.tolist() == [State.PRESENT]
    assert cells.samples[0][1] == NOON


def test_the_clock_is_that_of_the_cell_or_of_the_zone_asked_for() -> None:
    written = ["2024-05-01T14:00+02:00", "2024-05-01T14:00"]
    hours = [sample[0] % 86_400 / 3600 for sample in read(written).samples]
    assert hours == [14, 14]
    cells = read(written, zone="America/New_York")  # four hours behind UTC in May
    assert [sample[0] % 86_400 / 3600 for sample in cells.samples] == [8, 14]
    assert [(sample[1] - NOON) / 3600 for sample in cells.samples] == [0, 6]


def test_summer_time_has_its_own_offset() -> None:
    winter, summer = read(["2024-01-15T12:00Z", "2024-07-15T12:00Z"], zone="Europe/Berlin").samples
    assert [sample[0] % 86_400 / 3600 for sample in (winter, summer)] == [13, 14]


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9), ("D", 1 / 86_400)])
def test_numbers_count_what_the_unit_says(unit: str, factor: float) -> None:
    assert read([NOON * factor], unit=unit).samples[0][1] == pytest.approx(NOON, abs=1e-3)


def test_other_notations_by_format() -> None:
    assert read(["01.05.2024 12h"], format="%d.%m.%Y %Hh").samples[0][1] == NOON
    assert read([date(2024, 5, 1)]).samples[0][1] == NOON - 12 * 3600


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("05/06/2024", "pm.Moment(format=...)"),
        ("2024-02-30", "ISO 8601"),
        ("soon", "'soon' does not read"),
        (1_700_000_000, "pm.Moment(unit='s')"),
        (True, "bool came"),
        ({"year": 2024}, "dict came"),
        (np.datetime64("30000-01-01"), "outside the years 1 to 9999"),
        ("9999-12-31T23:30-05:00", "outside the years 1 to 9999"),
    ],
)
def test_what_is_no_moment_is_unreadable(cell: object, said: str) -> None:
    cells = read([cell, None, ""])
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT]
    assert said in cells.faults[0].reason


def test_numbers_out_of_range_are_unreadable() -> None:
    assert [fault.row for fault in read([1e300, float("inf"), 0.0], unit="D").faults] == [0, 1]


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(SettingError, match=r"unknown time zone.*Did you mean 'Europe/Paris'"):
        Moment(zone="Europe/Pariss")


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)))
def test_phases_agree_with_pandas(clock: datetime) -> None:
    stamp = pd.Timestamp(clock)
    begin = [stamp.floor("h"), stamp.normalize(), stamp.normalize() - pd.Timedelta(days=stamp.weekday())]
    length = [pd.Timedelta(hours=1), pd.Timedelta(days=1), pd.Timedelta(days=7)]
    for period in ("M", "Y"):
        whole = stamp.to_period(period)
        begin.append(whole.start_time)
        length.append((whole + 1).start_time - whole.start_time)
    expected = [(stamp - first) / long for first, long in zip(begin, length, strict=True)]
    np.testing.assert_allclose(phases(clock), expected, atol=1e-9)


def test_the_trend_runs_over_the_training_range_and_stops_beyond() -> None:
    kind = Moment()
    samples = read(["2024-01-01", "2024-01-11", "2024-01-06", "2023-12-27", "2030-01-01", "1970-01-01"]).samples
    statistics = kind.measure(samples[:2])
    trend = [float(kind.prepare(sample, statistics)[0]) for sample in samples]
    np.testing.assert_allclose(trend, [0, 1, 0.5, -0.5, 2, -1], atol=1e-6)
    assert float(kind.prepare(samples[4], kind.measure(samples[:1]))[0]) == 0.0


def test_a_table_with_dates_learns_the_day_of_the_week() -> None:
    days = pd.date_range("2024-01-01", periods=120).astype(object)
    table = pm.Table.read({"day": days, "open": ["no" if day.weekday() > 4 else "yes" for day in days]}, target="open")
    assert isinstance(table.schema.modalities["day"], Moment)
    model = pm.Model(preset="fast", learners=["linear"]).fit(table.take(np.arange(90)), progress=False)
    assert (model.predict(table).values()[90:] == table.frame["open"][90:]).all()


def test_a_column_with_the_role_of_time_stays_that() -> None:
    days = pd.date_range("2024-01-01", periods=20)
    table = pm.Table.read({"day": days, "x": np.arange(20.0), "y": ["a", "b"] * 10}, target="y", time="day")
    assert table.schema.names == ("tabular",)
    _, later = table.split(test=0.25, by="time")
    assert later.frame["day"].min() == days[15]
