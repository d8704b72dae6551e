"""Series with times of their own: every way to say them, what is put right, what is refused, what is kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError, SettingError
from polymodal.modalities.series import Series
from polymodal.schema.cells import Cells, State
from polymodal.schema.inference import infer_schema
from polymodal.store.disk.cell import from_bytes, to_bytes

TIMES = np.array([0.0, 0.5, 3.0, 3.25, 8.0])
PULSE = np.array([70.0, np.nan, 72.0, 75.0, 71.0])
OXYGEN = np.array([np.nan, np.nan, 97.0, 96.0, 98.0])
NOON = pd.Timestamp("2024-05-01 12:00")
STAMPS = NOON + pd.to_timedelta(TIMES, unit="s")
ONE = np.array([[0.0, 70.0], [3.0, 72.0], [3.25, 75.0], [8.0, 71.0]])
TWO = np.array([[0.0, 70.0, np.nan], [3.0, 72.0, 97.0], [3.25, 75.0, 96.0], [8.0, 71.0, 98.0]])

ONE_CHANNEL: dict[str, Any] = {
    "times and values": (TIMES, PULSE),
    "lists with None": (TIMES.tolist(), [70, None, 72, 75, 71]),
    "dates": (STAMPS.to_numpy(), PULSE),
    "strings": ([f"{stamp.isoformat()}+02:00" for stamp in STAMPS], PULSE.tolist()),
    "Timestamps": (list(STAMPS), PULSE),
    "lengths of time": (pd.to_timedelta(TIMES, unit="s"), PULSE),
    "dict": {"time": TIMES, "hr": PULSE},
    "its own clock": {"hr": (TIMES, PULSE)},
    "series": pd.Series(PULSE, index=STAMPS.tz_localize("Europe/Paris")),
    "frame": pd.DataFrame({"hr": PULSE, "timestamp": STAMPS.tz_localize("UTC")}),
    "index of a frame": pd.DataFrame({"hr": PULSE}, index=STAMPS),
    "records": [
        {"t": t, "hr": None if np.isnan(v) else v} for t, v in zip(TIMES.tolist(), PULSE.tolist(), strict=True)
    ],
    "records of Arrow": np.array([{"time": t, "hr": v} for t, v in zip(TIMES, PULSE, strict=True)], dtype=object),
    "named fields": np.array(list(zip(TIMES, PULSE, strict=True)), dtype=[("time", "f8"), ("hr", "f4")]),
}
TWO_CHANNELS: dict[str, Any] = {
    "side by side": (TIMES, np.stack([PULSE, OXYGEN], axis=1)),
    "dict": {"spo2": OXYGEN, "time": TIMES, "hr": PULSE},
    "clocks of their own": {"spo2": (TIMES[2:], OXYGEN[2:]), "hr": (TIMES, PULSE)},
    "one clock and another": {"time": TIMES, "hr": PULSE, "spo2": (TIMES[2:], OXYGEN[2:])},
    "frame": pd.DataFrame({"time": STAMPS, "hr": PULSE, "spo2": OXYGEN}),
}


def frame(*raws: Any) -> pd.DataFrame:
    cells = np.empty(len(raws), dtype=object)
    for row, raw in enumerate(raws):
        cells[row] = raw
    return pd.DataFrame({"x": cells})


def read(*raws: Any, files: Path | None = None, **settings: Any) -> Cells:
    return Series(**settings).read("x", frame(*raws), files)


@pytest.mark.parametrize("way", ONE_CHANNEL)
def test_every_way_to_say_times_is_the_same(way: str) -> None:
    raw = ONE_CHANNEL[way]
    schema = infer_schema(frame(raw))
    found = schema.modalities["x"]
    assert isinstance(found, Series)
    assert found.irregular
    np.testing.assert_array_equal(found.read("x", frame(raw), None).samples[0], ONE)


@pytest.mark.parametrize("way", TWO_CHANNELS)
def test_channels_by_their_own_clocks_are_laid_side_by_side(way: str) -> None:
    raw = TWO_CHANNELS[way]
    found = Series().resolve("x", frame(raw))
    assert found.channels in ((), ("hr", "spo2"))
    np.testing.assert_array_equal(found.read("x", frame(raw), None).samples[0], TWO)


@pytest.mark.parametrize("raw", [*ONE_CHANNEL.values(), *TWO_CHANNELS.values()], ids=[*ONE_CHANNEL, *TWO_CHANNELS])
def test_a_store_keeps_every_gap_and_time(raw: Any) -> None:
    kind = Series(irregular=True)
    stored = from_bytes(to_bytes(kind.storable(raw, Path)))
    np.testing.assert_array_equal(read(stored, irregular=True).samples[0], read(raw, irregular=True).samples[0])


def test_nanoseconds_since_1970_are_kept_to_the_last() -> None:
    ticks = 1_714_550_400_000_000_001 + np.array([0, 5, 12])
    (sample,) = read((ticks, [1.0, 2.0, 3.0]), irregular=True, unit="ns").samples
    np.testing.assert_array_equal(sample[:, 0], np.array([0, 5, 12]) / 10**9)


def test_rates_of_their_own_and_one_for_what_has_no_times() -> None:
    raw = {"ecg": (np.arange(4.0), 2.0), "hr": (TIMES[2:], PULSE[2:]), "spo2": [90.0, None, 92.0]}
    (sample,) = read(raw, irregular=True, rate=1.0, channels=("ecg", "hr", "spo2")).samples
    np.testing.assert_array_equal(sample[:, 0], [0, 0.5, 1, 1.5, 2, 3, 3.25, 8])
    np.testing.assert_array_equal(sample[:, 1][~np.isnan(sample[:, 1])], np.arange(4.0))
    np.testing.assert_array_equal(sample[[0, 4], 3], [90, 92])
    assert "rate" in read([1.0, 2.0], irregular=True).faults[0].reason


def test_out_of_order_is_sorted_what_repeats_is_averaged_and_both_are_told() -> None:
    back = ([2.0, 0.0, 1.0, 1.0], [[5, 1], [1, 1], [2, None], [4, 7]])
    table = pm.Table.read(frame((TIMES, np.stack([PULSE, OXYGEN], axis=1)), back), types={"x": Series(irregular=True)})
    np.testing.assert_array_equal(table.cells("x").samples[1], [[0, 1, 1], [1, 3, 7], [2, 5, 1]])
    odd = dict(table.report().odd[::-1]), [finding for _, finding in table.report().odd]
    assert "1 cell with times out of order, sorted: rows 1" in odd[1]
    assert "1 cell with times that repeat, averaged: rows 1" in odd[1]
    assert table.take(np.array([0])).report().odd == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (([0.0, np.nan], [1.0, 2.0]), "1 of 2 times are missing"),
        (([0.0, np.inf], [1.0, 2.0]), "1 of 2 times are missing or infinite"),
        ((["2024-05-01", None], [1.0, 2.0]), "1 of 2 times are missing"),
        (([0.0, 1.0], [1.0, np.inf]), "1 values are infinite"),
        (([0.0, 1.0], [1.0]), "2 times came for 1 values"),
        (({"time": ["soon", "later"], "hr": [1, 2]}), "ISO 8601"),
        ({"time": [0, 1], "hr": ["fast", "slow"]}, "'hr' is not made of numbers"),
        ({"time": [0, 1], "hr": [1, 2, 3]}, "'hr' has 3 values where 2"),
        ({"hr": ([0, 1], [1, 2]), "spo2": (STAMPS[:2], [1, 2])}, "one clock"),
        ({"hr": ([1, 2], -1.0)}, "a rate is a number above 0"),
        (([0, 10**30], [1, 2]), None),
        ((["0001-01-01", "0001-01-02"], [1, 2]), "years"),
    ],
)
def test_what_cannot_be_dated_is_refused(raw: Any, reason: str | None) -> None:
    cells = read(raw, irregular=True)
    assert cells.state.tolist() == [State.PRESENT if reason is None else State.UNREADABLE]
    if reason is not None:
        assert reason in cells.faults[0].reason


def test_a_time_without_a_value_is_as_if_it_were_not_there() -> None:
    cells = read(([0.0, 1.0, np.nan, 9.0], [1.0, 2.0, None, None]), ([0.0], [None]), irregular=True)
    np.testing.assert_array_equal(cells.samples[0], [[0, 1], [1, 2]])
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT]


def test_files_with_a_column_of_times(tmp_path: Path) -> None:
    some = pd.DataFrame({"when": STAMPS, "hr": PULSE})
    some.to_csv(tmp_path / "a.csv", index=False)
    some.to_parquet(tmp_path / "a.parquet")
    some.set_index("when").to_parquet(tmp_path / "index.parquet")
    np.savez(tmp_path / "a.npz", when=TIMES, hr=PULSE)
    np.save(tmp_path / "a.npy", np.array(list(zip(TIMES, PULSE, strict=True)), dtype=[("when", "f8"), ("hr", "f8")]))
    names = ["a.csv", "a.parquet", "index.parquet", "a.npz", "a.npy"]
    kind = Series(irregular=True, time="when")
    cells = read(*names, files=tmp_path, irregular=True, time="when")
    for name, sample in zip(names, cells.samples, strict=True):
        np.testing.assert_array_equal(sample, ONE)
        np.testing.assert_array_equal(
            kind.read("x", frame(kind.storable(name, tmp_path.joinpath)), None).samples[0], ONE
        )
    (fault,) = read("a.csv", files=tmp_path, irregular=True, time="hour").faults
    assert "no column 'hour' of times; there are 'when', 'hr'" in fault.reason
    assert fault.path == str(tmp_path / "a.csv")


def test_times_on_an_even_grid_are_a_regular_series() -> None:
    values = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    times = 7 + np.arange(40) / 50
    holes = np.delete(np.arange(40), [3, 4, 20])
    given = frame({"time": times, "a": values[:, 0], "b": values[:, 1]}, (times[holes], values[holes]), values)
    kind = Series().resolve("x", given)
    assert (kind.irregular, kind.rate, kind.encoder) == (False, 50.0, "series")
    named, gappy, plain = kind.read("x", given, None).samples
    np.testing.assert_array_equal(named, values)
    np.testing.assert_array_equal(gappy[holes], values[holes])
    assert np.isnan(gappy[[3, 4, 20]]).all()
    np.testing.assert_array_equal(plain, values)
    (fault,) = kind.read("x", frame((TIMES**2 / 3, TWO[[0, 0, 1, 2, 3], 1:])), None).faults
    assert "irregular=True" in fault.reason


def test_an_even_grid_is_taken_as_one_from_two_fifths_on() -> None:
    random = np.random.default_rng(0)
    for share, irregular in ((0.5, False), (0.25, True)):
        times = [np.sort(random.choice(200, int(200 * share), replace=False)) / 50 for _ in range(9)]
        found = Series().resolve("x", frame(*[(one, np.ones(len(one))) for one in times]))
        assert isinstance(found, Series)
        assert found.irregular is irregular
        assert found.rate == (None if irregular else 50.0)
    wavering = np.arange(400) / 50 + random.normal(0, 0.001, 400)  # as the clock of a telephone does
    found = Series().resolve("x", frame((wavering, np.ones(400))))
    assert isinstance(found, Series)
    assert found.rate == pytest.approx(50, rel=1e-3)


def test_a_grid_that_was_asked_for() -> None:
    with pytest.raises(SchemaError, match="not those of one rate"):
        Series(irregular=False).resolve("x", frame((np.array([0, 1, 2.4, 3.4, 9]), np.arange(5.0))))
    sparse = Series(irregular=False).resolve("x", frame((np.array([0.0, 1, 2, 9]), np.arange(4.0))))
    assert isinstance(sparse, Series)
    assert sparse.rate == 1.0
    assert "steps at 1 a second" in read(([0.0, 1e9], [1, 2]), rate=1.0).faults[0].reason
    assert "times of its own" in read(([0.0, 1.0], [1, 2])).faults[0].reason


def test_channels_are_chosen_by_name() -> None:
    raw = {"time": TIMES, "hr": PULSE, "spo2": OXYGEN}
    cells = read(raw, {"hr": (TIMES, PULSE)}, {"temp": (TIMES, PULSE)}, irregular=True, channels=("spo2", "hr"))
    np.testing.assert_array_equal(cells.samples[0], TWO[:, [0, 2, 1]])
    assert np.isnan(cells.samples[1][:, 1]).all()
    assert "channels spo2, hr are expected, temp came" in cells.faults[0].reason
    regular = read({"hr": [1, 2], "spo2": [3, 4]}, [[3, 1], [4, 2]], [1, 2], channels=("spo2", "hr"))
    np.testing.assert_array_equal(regular.samples[0], regular.samples[1])
    assert "2 channels are expected, 1 came" in regular.faults[0].reason


def test_columns_that_are_not_read_may_hold_anything() -> None:
    raw = pd.DataFrame({"time": TIMES, "hr": PULSE, "ward": ["A"] * 5})
    assert "'ward' is not made of numbers" in read(raw, irregular=True).faults[0].reason
    np.testing.assert_array_equal(read(raw, irregular=True, channels=("hr",)).samples[0], ONE)


def test_units_zero_and_length() -> None:
    late = (TIMES + 60, PULSE)
    (sample,) = read(late, irregular=True, unit="h", relative=False).samples
    np.testing.assert_array_equal(sample[:, 0], (ONE[:, 0] + 60) * 3600)
    long = (np.arange(20.0), np.arange(20.0))
    np.testing.assert_array_equal(
        read(long, irregular=True, max_length=10).samples[0], [[t, t] for t in np.arange(0.5, 20, 2)]
    )


@pytest.mark.parametrize("settings", [{"relative": False}, {"channels": ("a", "a")}, {"channels": ("t",), "time": "t"}])
def test_settings_that_would_say_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        Series(**settings)


@pytest.mark.parametrize(
    "raw",
    [
        (np.zeros(1600), 8000),
        (48.1, 11.5),
        (1.0, 2.0, 3.0),
        ("milk", "eggs"),
        {"milk": 2, "eggs": 1},
        {"nodes": 3, "edges": [[0, 1]]},
        (["TP53", "EGFR"], [3, 5]),
        (np.zeros((4, 4, 4)), (1.0, 1.0, 1.0)),
        {"a", "b"},
    ],
    ids=range(9),
)
def test_cells_of_other_kinds_are_left_to_them(raw: Any) -> None:
    assert Series.recognises(frame(raw, raw)["x"], None) is None


def test_parts_are_hidden_and_sizes_are_those_of_values() -> None:
    random = np.random.default_rng(0)
    cells = [(np.sort(random.uniform(0, 9, 40)), np.full(40, float(row))) for row in range(8)]
    table = pm.Table.read(frame(*cells))
    hidden = pm.hide(table, 0.5, "segment")
    assert hidden.shares["x"] == pytest.approx(0.5, abs=0.05)
    for one, two in zip(table.cells("x").samples, hidden.table.cells("x").samples, strict=True):
        assert 18 <= len(two) <= 22
        assert set(two[:, 1]) <= set(one[:, 1])
    assert pm.hide(table, 0.5, "mnar", strength=50).cells[:, 0].tolist() == [False] * 4 + [True] * 4


def test_from_fit_to_store_and_file(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    cells = [
        {
            "time": np.sort(random.uniform(0, 9, 12)),
            "hr": random.normal(row % 2, 0.1, 12),
            "spo2": random.normal(size=12),
        }
        for row in range(24)
    ]
    table = pm.Table.read(frame(*cells).assign(y=["a", "b"] * 12), target="y")
    model = pm.Model(epochs=2, folds=2, width=8).fit(table, progress=False)
    stored = pm.Store.create(tmp_path / "ward.lance", table, shuffle=False).table()
    for one, two in zip(table.cells("x").samples, stored.cells("x").samples, strict=True):
        np.testing.assert_array_equal(one, two)
    model.save(tmp_path / "ward.pm")
    again = pm.load(tmp_path / "ward.pm")
    np.testing.assert_array_equal(again.predict(stored).outputs["y"], model.predict(table).outputs["y"])
    answer = again.predict({"x": {"time": [0, 60], "hr": [1.0, None], "spo2": [None, 0.5]}})
    assert answer.used.all()
    assert len(pm.duplicates(table).clusters) == 0
