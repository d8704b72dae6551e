"""Streams as they come; what is no clock is refused with a way out."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.align.clock.stream import as_stream, one_zero
from polymodal.errors import DataError, SchemaError, SettingError

Stream = pm.align.clock.Stream


def test_an_even_grid_has_a_rate_and_others_do_not() -> None:
    assert Stream.of(range(5), times=[0.0, 0.1, 0.2, 0.3, 0.4]).rate == pytest.approx(10)
    assert Stream.of(range(3), times=[0.0, 0.1, 0.25]).rate is None
    dates = pd.date_range("2024-05-01", periods=4, freq="20ms", tz="UTC")
    assert as_stream(pd.Series(range(4), index=dates), "x").rate == pytest.approx(50)


def test_values_of_one_time_are_averaged_and_gaps_kept() -> None:
    found = Stream.of([1.0, 3.0, None, 5.0], times=[0, 0, 1, 2])
    assert found.values[:, 0].tolist() == [2.0, 0.0, 5.0]
    assert found.present[:, 0].tolist() == [True, False, True]


def test_a_table_as_a_stream_and_back() -> None:
    frame = pd.DataFrame({"time": pd.to_datetime(["2024-05-01", "2024-05-03"]), "hr": [70.0, None], "who": ["a", "b"]})
    found = Stream.read(frame)
    assert found.channels == ("hr",)
    assert found.to_pandas().equals(frame[["time", "hr"]].astype({"time": "M8[ns]"}))
    assert "2 samples of 1 channel, irregular" in str(found)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"times": [0, 2, 1]}, DataError, "runs backwards at 1 place, first by 1 s at position 2. Sort the samples"),
        ({"times": [0, None, 1]}, DataError, "1 of 3 times of 'stream' are absent, the first at position 1"),
        ({"times": [0, 1]}, DataError, "3 samples and 2 times"),
        ({}, SettingError, r"needs times= or rate="),
        ({"rate": 0}, SettingError, "more than 0"),
        ({"rate": 1, "channels": ["a", "b"]}, SettingError, "has 1 channels and channels= names 2"),
    ],
)
def test_faults_of_clocks(settings, error, says) -> None:
    with pytest.raises(error, match=says):
        Stream.of([1.0, 2.0, 3.0], **settings)


@pytest.mark.parametrize(
    ("values", "says"),
    [([], "at least one sample"), (["a"], "does not hold numbers"), ([1.0, np.inf], "1 infinite values")],
)
def test_faults_of_values(values, says) -> None:
    with pytest.raises(DataError, match=says):
        Stream.of(values, rate=1)


def test_faults_of_tables_and_pairs() -> None:
    with pytest.raises(SchemaError, match="Did you mean 'time'"):
        Stream.read({"time": [1], "x": [1]}, time="tim")
    with pytest.raises(SchemaError, match="no column of numbers"):
        Stream.read({"time": [1], "x": ["a"]})
    with pytest.raises(DataError, match=r"Stream.of\(values, rate=...\)"):
        as_stream([1, 2], "first")
    dated = Stream.of([1.0, 2.0], times=["2024-05-01", "2024-05-02"], name="dated")
    with pytest.raises(DataError, match="'dated' has dates and 'stream' counts from a zero of its own"):
        one_zero(dated, Stream.of([1.0], rate=1))


def test_streams_of_one_name_are_told_apart() -> None:
    random = np.random.default_rng(0)
    walk = np.convolve(random.normal(size=3000), np.hanning(20), "same")
    found = pm.align.clock.offset(Stream.of(walk, rate=100), Stream.of(walk[500:2500], rate=100))
    assert "'second'" in str(found)
    assert "'first'" in str(found)
