"""What is damaged on disk is told, whatever it holds."""

import lance
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError
from polymodal.store.disk.sums import sums_of

ARRAYS = [
    pa.array([b"calm", None, b"", b"storm"], pa.large_binary()),
    pa.array(["calm", None, "", "雨"], pa.large_string()),
    pa.array([1.5, None, -0.0, 0.0]),
    pa.array([True, None, False, True]),
    pa.array([1, None, 2, 3], pa.int8()),
    pa.array(np.array(["2020-01-01", "NaT", "2020-01-02", "2021-01-01"], dtype="M8[ns]"), from_pandas=True),
    pa.FixedSizeListArray.from_arrays(pa.array(np.arange(6.0)), 2, mask=pa.array([False, True, False])),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: str(array.type))
def test_a_sum_is_of_the_value_alone(array):
    sums = sums_of(array)
    assert len(set(sums.tolist())) == len({str(one) for one in array.to_pylist()})
    np.testing.assert_array_equal(sums_of(array.slice(1, 2)), sums[1:3])
    np.testing.assert_array_equal(sums_of(pa.chunked_array([array.slice(0, 1), array.slice(1)])), sums)
    assert len(sums_of(array.slice(0, 0))) == 0


def changed(store: pm.Store, values: dict[str, str], where: str) -> pm.Store:
    """As a disk would: behind the back of the store."""
    dataset = lance.dataset(store.uri)
    dataset.update(values, where)
    return pm.Store.open(store.uri)


def test_a_damaged_cell_is_unreadable_and_the_others_stay(make):
    store = changed(make(), {"note": "'case 7 of mang'"}, "note = 'case 7 of many'")
    table = store.table()
    (fault,) = table.faults()
    assert (fault.row, fault.column) == (7, "note")
    assert "not what came in" in fault.reason
    assert table.present().sum() == make(name="sound.lance").table().present().sum() - 1
    assert len(store.table(columns=["note"]).faults()) == 1
    assert not store.table(columns=["photo"]).faults()
    place = store.table().frame.index.tolist().index(7)
    assert len(store.take([place]).faults()) == 1


def test_a_picture_and_a_number(make):
    store = changed(make(), {"photo": "X'89504E47'"}, "ward = 'A' AND photo IS NOT NULL")
    table = store.table()
    assert {fault.column for fault in table.faults()} == {"photo"}
    assert not table.cells("photo").present[table.frame["ward"] == "A"].any()
    store = changed(make(name="two.lance"), {"age": "1e9"}, "age = 9")
    assert {(fault.row, fault.column) for fault in store.table().faults()} == {(9, "age"), (9, "ward")}


def test_a_damaged_target_is_refused(make):
    store = changed(make(), {"ill": "7"}, "age = 9")
    with pytest.raises(ArtifactError, match=r"1 rows \(row 9\) the name, target or role is not what came in"):
        store.table()
    assert len(store.table(where="age <> 9 OR age IS NULL")) == 39


def test_a_panel(make):
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(6, 80)), columns=[f"g{n}" for n in range(80)])
    store = make(wide, types={"genes": {"kind": "vector", "prefix": "g"}})
    assert not store.table().faults()
