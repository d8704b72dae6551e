"""Joins by key: equal to pandas, every rule for several partners, and nothing dropped silently."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import polymodal as pm
from polymodal.errors import SchemaError, SettingError

by_key = pm.align.pair.by_key
KEYS = st.lists(st.none() | st.sampled_from("abcd"), min_size=1, max_size=8)
SCANS = {"id": ["a", "b", "a", None, "z"], "scan": [1, 2, 3, 4, 5]}


@settings(max_examples=25, deadline=None)
@given(KEYS, KEYS)
def test_rows_are_those_of_pandas(left: list, right: list) -> None:
    first = pd.DataFrame({"id": left, "a": range(len(left))})
    second = pd.DataFrame({"id": right, "b": range(len(right))})
    found = by_key(first, second, "id", several="rows")
    expected = first.merge(second.dropna(subset="id"), on="id", how="left")
    assert found.table["a"].tolist() == expected["a"].tolist()
    assert found.table["b"].astype("Float64").equals(expected["b"].astype("Float64"))
    listed = by_key(first, second, "id", several="list").table
    for row, key in enumerate(left):
        partners = [place for place, other in enumerate(right) if other == key and key is not None]
        assert (listed["b"][row] or []) == partners
    assert {*found.pairs[:, 0], *found.left.rows} == set(range(len(left)))
    assert {*found.pairs[:, 1], *found.right.rows} == set(range(len(right)))


@pytest.mark.parametrize(
    ("several", "expected"), [("list", [[1, 3], None]), ("first", [1, pd.NA]), ("last", [3, pd.NA])]
)
def test_rules_for_several(several, expected) -> None:
    found = by_key({"id": ["a", "q"]}, SCANS, "id", several=several)
    assert found.table["scan"].tolist() == expected
    if several != "list":
        assert found.right.counts()["another row was taken"] == 1
        assert f"1 pair not taken: the {several}" in found.notes[0]


def test_lists_are_read_as_several_items() -> None:
    notes = {"id": ["a", "a", "b"], "note": ["calm", "storm", "rain"]}
    joined = by_key({"id": ["a", "b", "c"]}, notes, "id", several="list")
    table = pm.Table.read(joined.table, types={"note": pm.Text(many=True)}, ignore=["id"])
    assert table.cells("note").samples == [["calm", "storm"], ["rain"], None]


def test_several_without_a_rule_is_an_error_that_names_them() -> None:
    with pytest.raises(SchemaError, match=r"1 row of the left has several partners \(row 0 has 2\).*several='list'"):
        by_key({"id": ["a", "b"]}, SCANS, "id")
    with pytest.raises(SettingError, match="Did you mean 'first'"):
        by_key({"id": ["a"]}, SCANS, "id", several="frist")
    with pytest.raises(SettingError, match="unknown here"):
        by_key({"id": ["a"]}, SCANS, "id", several="nearest")


def test_who_is_left_alone_and_why() -> None:
    found = by_key({"id": ["b", None, "q", "b"]}, SCANS, "id", several="first")
    listed = found.unmatched()
    assert listed["reason"].tolist() == [
        "no id", "id not on the other side", "id not on the other side", "id not on the other side", "no id",
        "id not on the other side",
    ]  # fmt: skip
    assert "1 row of the left repeats the id of another" in found.notes
    assert "2 of 4 rows of the left have a partner" in str(found)


def test_two_columns_and_other_names() -> None:
    left = {"site": [1, 1, 2], "id": ["a", "b", "a"]}
    right = {"place": [1, 2], "who": ["a", "a"], "dose": [0.5, 0.7], "site": ["x", "y"]}
    found = by_key(left, right, {"site": "place", "id": "who"}, columns=["dose", "site"])
    assert found.table["dose"].tolist()[::2] == [0.5, 0.7]
    assert np.isnan(found.table["dose"][1])
    assert list(found.table.columns) == ["site", "id", "dose", "site_right"]


def test_numbers_and_text_are_not_taken_for_each_other() -> None:
    with pytest.raises(SchemaError, match="'id' holds numbers on the left, 'id' holds text"):
        by_key({"id": [1]}, {"id": ["1"]}, "id")
    with pytest.raises(SchemaError, match="has no rows"):
        by_key({"id": [1]}, pd.DataFrame({"id": []}), "id")
