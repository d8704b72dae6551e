"""Windows over streams of unequal rates."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import DataError, SettingError

Stream, windows = pm.align.clock.Stream, pm.align.clock.windows


def test_every_sample_is_in_one_window_and_regular_ones_have_as_many_each() -> None:
    random = np.random.default_rng(0)
    times = np.sort(random.uniform(0, 20, 57))
    streams = {
        "imu": Stream.of(np.arange(2000.0), rate=100),
        "gps": Stream.of(np.arange(67.0), rate=10 / 3, start=0.05),
        "events": Stream.of(np.arange(57.0), times=times),
    }
    cut = windows(streams, 2.5, start=0.0, end=20.0)
    assert len(cut) == 8
    assert {len(cut.cell("imu", w)) for w in range(8)} == {250}
    seen = np.concatenate([cut.cell("events", w)[1][:, 0] for w in range(8) if cut.cell("events", w)])
    assert seen.tolist() == list(range(57))
    for w in range(8):
        own, values = cut.cell("events", w)
        assert np.allclose(own + 2.5 * w, times[values[:, 0].astype(int)])
        assert ((own >= 0) & (own < 2.5)).all()


def test_windows_become_a_table_that_the_library_reads() -> None:
    streams = {"ecg": Stream.of(np.arange(40.0), rate=10), "pulse": Stream.of([1.0, 2.0], times=[0.2, 1.9])}
    frame = windows(streams, 1, partial=True).to_pandas()
    table = pm.Table.read(frame, types={"ecg": pm.Series(rate=10), "pulse": pm.Series(irregular=True)})
    assert table.present()[:, list(table.schema.names).index("pulse")].tolist() == [True, True, False, False]
    assert frame["pulse"][2] is None


def test_dates() -> None:
    dates = pd.date_range("2024-05-01", periods=6, freq="1s", tz="UTC")
    late = pd.Series(range(4), index=dates[2:])
    cut = windows({"a": pd.Series(range(6), index=dates), "b": late}, "2s")
    assert cut.to_pandas()["start"].iloc[0] == pd.Timestamp("2024-05-01 00:00:02")
    assert cut.cell("a", 0)[:, 0].tolist() == [2.0, 3.0]
    assert cut.to_dict()["samples"]["b"] == [2, 2]
    cut.plot()


def test_overlapping_windows() -> None:
    cut = windows({"x": Stream.of(np.arange(10.0), rate=1)}, 4, step=2)
    assert [cut.cell("x", w)[0, 0] for w in range(len(cut))] == [0, 2, 4, 6]


def test_faults() -> None:
    first, second = Stream.of([1.0, 2.0], rate=1), Stream.of([1.0, 2.0], rate=1, start=100)
    with pytest.raises(DataError, match=r"do not overlap: a 0 to 2 s, b 100 to 102 s.*partial=True"):
        windows({"a": first, "b": second}, 1)
    with pytest.raises(DataError, match="no window of 5 s fits"):
        windows({"a": first}, 5)
    with pytest.raises(SettingError, match="more than 0"):
        windows({"a": first}, 1, step=0)
    with pytest.raises(DataError, match="no stream"):
        windows({}, 1)
    dated = Stream.of([1.0, 2.0], times=["2024-05-01", "2024-05-02"])
    with pytest.raises(DataError, match="a have no dates"):
        windows({"a": first, "b": dated}, 1)


def test_local_time_and_time_with_an_offset_do_not_mix() -> None:
    local = Stream.of([1.0, 2.0, 3.0], times=["2024-07-01T12:00:00", "2024-07-01T12:00:01", "2024-07-01T12:00:02"])
    zoned = Stream.of([1.0, 2.0], times=["2024-07-01T10:00:00Z", "2024-07-01T10:00:02Z"])
    with pytest.raises(DataError, match="a show local time and other streams say their offset"):
        windows({"a": local, "b": zoned}, 1)
    same = Stream.of([1.0, 2.0], times=["2024-07-01T12:00:00", "2024-07-01T12:00:02"], zone="Europe/Berlin")
    assert len(windows({"a": same, "b": zoned}, 1)) == 2


def test_more_windows_than_can_be() -> None:
    with pytest.raises(SettingError, match="windows; 16,777,216 are the most"):
        windows({"a": Stream.of(range(100), rate=1)}, 5, step="1ns")
    with pytest.raises(SettingError, match="too large"):
        pm.align.clock.resample(Stream.of(range(100), rate=1), 1e12)


def test_streams_go_by_their_own_names_too() -> None:
    one, other = Stream.of(np.arange(9.0), rate=1, name="pulse"), Stream.of(np.arange(9.0), rate=1, name="ecg")
    assert list(windows([one, other], 3).to_pandas().columns) == ["start", "pulse", "ecg"]
    assert list(windows(one, 3).streams) == ["pulse"]
    with pytest.raises(DataError, match="2 streams have 1 names"):
        windows([one, one], 3)
    with pytest.raises(DataError, match=r"come by name.*list came"):
        windows([[1, 2]], 3)
    with pytest.raises(DataError, match="no stream"):
        windows([], 3)
