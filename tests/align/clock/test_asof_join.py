"""As-of joins of tables: equal to pandas, nothing from the future, nothing dropped without being listed."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import DataError, SchemaError, SettingError

asof = pm.align.clock.asof


@pytest.fixture(scope="module")
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(0)
    left = pd.DataFrame({"time": random.integers(0, 400, 300), "who": random.choice(list("abc"), 300)})
    right = pd.DataFrame(
        {"time": random.integers(0, 400, 150), "who": random.choice(list("abd"), 150), "dose": np.arange(150)}
    )
    return left, right


@pytest.mark.parametrize("by", [(), "who"])
@pytest.mark.parametrize("direction", ["backward", "forward", "nearest"])
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("kind", ["dates", "floats", "integers"])
def test_equal_to_pandas(tables, by, direction, exact, kind) -> None:
    left, right = (one.sort_values("time", kind="stable", ignore_index=True) for one in tables)
    if kind != "integers":
        make = (lambda t: pd.to_datetime(t, unit="s")) if kind == "dates" else (lambda t: t.astype(float))
        left, right = (one.assign(time=make(one["time"])) for one in (left, right))
    tolerance = pd.Timedelta("3s") if kind == "dates" else 3
    expected = pd.merge_asof(
        left, right, on="time", by=by or None, direction=direction, allow_exact_matches=exact, tolerance=tolerance
    )
    found = asof(left, right, by=by, direction=direction, exact=exact, tolerance=tolerance)
    assert found.table["dose"].astype(float).equals(expected["dose"].astype(float))


def test_rows_in_any_order_give_the_same(tables) -> None:
    left, right = tables
    once = asof(left, right.drop_duplicates(["time", "who"]), by="who").table
    shuffled = left.sample(frac=1, random_state=1)
    again = asof(shuffled, right.drop_duplicates(["time", "who"]).sample(frac=1, random_state=2), by="who").table
    assert again.loc[once.index].equals(once)


def test_nothing_from_after_the_prediction() -> None:
    left = {"time": [10, 10, 10], "predicted": [4, 12, 9]}
    right = {"time": [3, 9, 11], "drawn": ["early", "before", "after"]}
    found = asof(left, right, direction="nearest", cutoff="predicted")
    assert found.table["drawn"].tolist() == ["early", "before", "before"]
    with_result = {**right, "reported": [3, 11, 12]}
    found = asof(left, with_result, direction="nearest", cutoff="predicted", known="reported")
    assert found.table["drawn"].tolist() == ["early", "before", "early"]
    assert (found.table["reported"] <= found.table["predicted"]).all()
    assert "nothing from after 'predicted'" in str(found)


def test_whole_numbers_stay_whole_and_the_callers_tables_as_they_were() -> None:
    left, right = pd.DataFrame({"time": [1, 0]}), pd.DataFrame({"time": [1], "code": [2**60 + 1]})
    kept = right.copy()
    found = asof(left, right).table
    assert found["code"].tolist() == [2**60 + 1, pd.NA]
    assert right.equals(kept)
    assert list(left.columns) == ["time"]


def test_who_has_no_partner_is_listed_with_the_reason() -> None:
    left = {"time": [None, 5, 5, 1], "who": ["a", None, "z", "a"]}
    right = {"time": [2, None], "who": ["a", "a"]}
    found = asof(left, right, by="who")
    listed = found.unmatched()
    assert listed[listed["side"] == "left"]["reason"].tolist() == [
        "no time", "no who", "who not on the other side", "no row at or before its time"
    ]  # fmt: skip
    assert listed[listed["side"] == "right"]["reason"].tolist() == ["not the row of any time asked for", "no time"]
    assert len(found.table) == 4
    assert found.to_dict()["left"]["unmatched"][0] == {"row": 0, "reason": "no time"}
    assert "0 of 4 rows of the left have a partner" in str(found)
    found.plot()


@pytest.mark.parametrize("side", ["left", "right"])
def test_no_time_at_all_on_one_side(side: str) -> None:
    tables = {"left": {"time": ["2024-05-01"]}, "right": {"time": ["2024-05-01"], "dose": [1]}}
    tables[side]["time"] = [None]
    found = asof(tables["left"], tables["right"])
    assert found.table["dose"].isna().all()
    assert getattr(found, side).counts() == {"no time": 1}


def test_duplicate_stamps_are_told() -> None:
    right = {"time": [1, 1], "dose": [7, 8]}
    found = asof({"time": [1]}, right)
    assert found.table["dose"].tolist() == [8]
    assert "1 row of the right has the time of another" in found.notes[0]
    assert asof({"time": [1]}, right, direction="forward").table["dose"].tolist() == [7]


def test_times_that_do_not_overlap() -> None:
    found = asof({"time": [1.7e9]}, {"time": [1.7e12], "dose": [1]}, direction="backward")
    assert "do not overlap" in found.notes[0]
    assert "about 1,000 times" in found.notes[1]
    right = {"time": [1_700_000_000_000], "dose": [1]}
    assert asof({"time": [1_700_000_000]}, right, right_unit="ms").table["dose"].tolist() == [1]


def test_zones() -> None:
    left = {"time": ["2024-07-01T12:00"], "row": [0]}
    right = {"time": ["2024-07-01T09:59Z", "2024-07-01T11:00Z"], "dose": [1, 2]}
    with pytest.raises(DataError, match="say where the local clock stood"):
        asof(left, right)
    assert asof(left, right, zone="Europe/Berlin").table["dose"].tolist() == [1]


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"time": "tme"}, SchemaError, "the left table has no such column:\n  - 'tme'. Did you mean 'time'"),
        ({"by": {"who": "whom"}}, SchemaError, "the right table has no such column:\n  - 'whom'"),
        ({"by": "time", "time": ("time", "dose")}, SettingError, None),
        ({"direction": "back"}, SettingError, "Did you mean 'backward'"),
        ({"tolerance": "-5s"}, SettingError, "from 0 on"),
    ],
)
def test_faults(settings, error, says) -> None:
    left, right = {"time": [1], "who": ["a"]}, {"time": [1], "dose": [1.0]}
    if says is None:
        assert asof(left, right, **settings).table["dose"].tolist() == [1.0]
        return
    with pytest.raises(error, match=says):
        asof(left, right, **settings)


def test_empty_tables_and_keys_of_two_kinds() -> None:
    with pytest.raises(SchemaError, match="has no rows"):
        asof(pd.DataFrame({"time": []}), {"time": [1]})
    with pytest.raises(SchemaError, match="'id' holds numbers on the left, 'id' holds text on the right"):
        asof({"time": [1], "id": [1]}, {"time": [1], "id": ["1"]}, by="id")
