"""All rows around a time, against a loop over all pairs."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import DataError, SchemaError

by_time = pm.align.pair.by_time
RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("by", [(), "who"])
def test_equal_to_looking_at_every_pair(by) -> None:
    left = pd.DataFrame({"time": RANDOM.integers(0, 50, 40), "who": RANDOM.choice(list("abc"), 40)})
    right = pd.DataFrame({"time": RANDOM.integers(0, 50, 30), "who": RANDOM.choice(list("abd"), 30)})
    found = by_time(left, right, before=5, after=2, by=by)
    expected = [
        [i, j]
        for i in range(40)
        for j in range(30)
        if -5 <= right["time"][j] - left["time"][i] <= 2 and (not by or left["who"][i] == right["who"][j])
    ]
    assert found.pairs.tolist() == expected


def test_nearest_and_reasons() -> None:
    right = {"time": ["2024-05-01T10:00", "2024-05-01T10:09", None], "note": ["a", "b", "c"]}
    left = {"time": ["2024-05-01T10:06", "2024-06-01", None]}
    found = by_time(left, right, before="10min", after="10min", several="nearest")
    assert found.table["note"].tolist()[0] == "b"
    assert found.left.counts() == {"nothing around its time": 1, "no time": 1}
    assert found.right.counts() == {"another row was taken": 1, "no time": 1}
    assert found.distances.tolist() == [180.0]
    assert "from 10 min before to 10 min after" in found.how
    found.plot()


def test_units_and_faults() -> None:
    found = by_time({"time": [1.7e9]}, {"time": [1.7e12]}, before=60)
    assert "may count in another unit" in found.notes[0]
    with pytest.raises(SchemaError, match="right table has no such column"):
        by_time({"time": [1]}, {"tme": [1]}, before=1)
    with pytest.raises(DataError, match="does not read as times"):
        by_time({"time": ["noon"]}, {"time": [1]}, before=1)
