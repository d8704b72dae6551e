"""Times of any make in one scale; what is not comparable is refused with a way out."""

import datetime

import numpy as np
import pandas as pd
import pytest

from polymodal.align.clock.lengths import tolerance_in
from polymodal.align.clock.stamps import backwards, comparable, stamps
from polymodal.errors import DataError, SettingError

NOON = 1_714_564_800_000_000_000  # 2024-05-01 12:00 UTC


@pytest.mark.parametrize(
    "raw",
    [
        pd.Series(pd.to_datetime(["2024-05-01 12:00"])),
        np.array(["2024-05-01T12:00"], dtype="M8[s]"),
        [datetime.datetime(2024, 5, 1, 12)],
        ["2024-05-01T12:00:00"],
        ["2024-05-01T14:00:00+02:00"],
        pd.Series(pd.to_datetime(["2024-05-01 12:00"])).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        [1_714_564_800],
        [pd.Timedelta(NOON, "ns")],
    ],
)
def test_every_make_is_read(raw: object) -> None:
    assert stamps(raw).ticks.tolist() == [NOON]


def test_gaps_are_told_apart() -> None:
    assert stamps([1.0, None, float("nan")]).known.tolist() == [True, False, False]
    assert stamps(["2024-05-01", None]).known.tolist() == [True, False]
    assert stamps(pd.Series([pd.NaT, pd.Timestamp("2024-05-01")])).known.tolist() == [False, True]


def test_daylight_saving_goes_by_the_order_where_that_tells() -> None:
    local = pd.date_range("2024-10-27 00:30", periods=4, freq="1h", tz="Europe/Berlin").tz_localize(None)
    assert np.diff(stamps(local, zone="Europe/Berlin").ticks).tolist() == [3_600_000_000_000] * 3


@pytest.mark.parametrize("local", [["2024-10-27 02:30"], ["2024-03-31 02:30"]])
def test_an_hour_that_is_there_twice_or_never_is_named(local: list[str]) -> None:
    with pytest.raises(DataError, match=r"twice or not at all in Europe/Berlin.*02:30.*with their offset"):
        stamps(local, zone="Europe/Berlin", name="seen")


def test_a_clock_set_back_an_hour_looks_like_daylight_saving() -> None:
    wall = pd.Series(pd.to_datetime(["2024-10-27 02:59", "2024-10-27 02:00"]))
    assert "daylight saving" in backwards(stamps(wall))


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (["yesterday"], "does not read as times"),
        ([True], "yes and no"),
        ([1.0, np.inf], "1 infinite times, the first at 1"),
        (["2024-05-01T10:00+02:00", "2024-05-01T10:00"], "some times"),
        (["1066-10-14"], "1678"),
        (5, "a list or an array"),
    ],
)
def test_no_times(raw: object, says: str) -> None:
    with pytest.raises(DataError, match=says):
        stamps(raw)


def test_unknown_unit_and_zone() -> None:
    with pytest.raises(SettingError, match="Did you mean 'ms'"):
        stamps([1], unit="mss")
    with pytest.raises(SettingError, match="is no time zone"):
        stamps(["2024-05-01"], zone="Europe/Bärlin")


def test_local_time_and_time_with_a_zone_are_not_compared() -> None:
    with pytest.raises(DataError, match="zone='Europe/Berlin'"):
        comparable(stamps(["2024-05-01"]), stamps(["2024-05-01T00:00Z"]))
    with pytest.raises(DataError, match=r"holds numbers and .* dates"):
        comparable(stamps([1]), stamps(["2024-05-01"]))


def test_tolerances() -> None:
    assert tolerance_in(np.zeros(1, np.int64), pd.Timedelta("1s"), "ms") == 10**9
    assert tolerance_in(np.zeros(1), 5, "ms") == 0.005
    assert [tolerance_in(np.zeros(1), one, "ms") for one in ("300", " 2.5 ", "1e3")] == [0.3, 0.0025, 1.0]
    for wrong in (-1, "soon", float("nan")):
        with pytest.raises(SettingError, match="length of time"):
            tolerance_in(np.zeros(1), wrong, "s")
