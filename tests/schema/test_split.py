import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polymodal.errors import SchemaError, SettingError
from polymodal.schema.schema import Schema
from polymodal.schema.split import count_of, fold_numbers, group_codes, held_out_rows, later_rows


def everyone(n):
    return np.ones(n, dtype=bool)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=2, max_size=60), st.integers(0, 9), st.data())
def test_each_stratum_gives_its_share_to_within_a_row(rows, seed, data):
    classes, patterns = np.array(rows).T
    n_test = data.draw(st.integers(1, len(rows) - 1))
    chosen = held_out_rows([classes, patterns], None, everyone(len(rows)), n_test, seed)
    assert chosen.sum() == n_test
    for one in set(rows) | {(c, None) for c in classes}:
        members = (classes == one[0]) & ((patterns == one[1]) | (one[1] is None))
        assert abs(chosen[members].sum() - members.sum() * n_test / len(rows)) < 1


@given(st.lists(st.integers(0, 8), min_size=4, max_size=60), st.integers(0, 9), st.floats(0.05, 0.95))
def test_groups_are_never_torn(groups, seed, share):
    groups = np.array([0, 1, *groups])
    keys = [np.arange(len(groups)) % 2]
    chosen = held_out_rows(keys, groups, everyone(len(groups)), share, seed)
    assert not set(groups[chosen]) & set(groups[~chosen])
    assert 0 < chosen.sum() < len(groups)
    folds = fold_numbers(keys, groups, everyone(len(groups)), 2, seed)
    assert set(folds) == {0, 1}
    assert all(len(set(folds[groups == one])) == 1 for one in groups)


def test_many_groups_meet_share_and_strata():
    random = np.random.default_rng(0)
    groups = random.integers(0, 150, 600)
    classes = random.random(150)[groups] < 0.3  # the whole group has one class
    chosen = held_out_rows([classes.astype(int)], groups, everyone(600), 0.25, 0)
    assert chosen.mean() == pytest.approx(0.25, abs=0.01)
    assert classes[chosen].mean() == pytest.approx(classes.mean(), abs=0.02)


def test_the_seed_decides():
    keys, n = [np.arange(40) % 3], 40
    first, again, other = (held_out_rows(keys, None, everyone(n), 0.3, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_each_row_can_be_chosen():
    counts = sum(held_out_rows([np.arange(10) % 2], None, everyone(10), 0.2, seed).astype(int) for seed in range(400))
    assert counts.min() > 45  # 80 are expected of each
    assert counts.max() < 120


def test_folds_take_each_row_once_and_strata_evenly():
    classes = np.array([0] * 50 + [1] * 11)
    folds = fold_numbers([classes], None, everyone(61), 5, 0)
    assert sorted(np.bincount(folds)) == [12, 12, 12, 12, 13]
    assert set(np.bincount(folds[classes == 1])) <= {2, 3}


def test_rows_that_are_not_eligible_stay_in_train():
    eligible = np.arange(20) >= 10
    assert not held_out_rows([np.zeros(20, int)], None, eligible, 0.5, 0)[:10].any()
    assert (fold_numbers([np.zeros(20, int)], None, eligible, 5, 0)[:10] == -1).all()


def test_group_codes_fall_back_on_ids_that_repeat():
    schema = Schema(modalities={}, id="who", group="where")
    frame = pd.DataFrame({"who": ["a", "a", "b", None], "where": ["x", None, "x", None]})
    assert group_codes(frame, schema).tolist() == [0, 1, 0, 2]
    assert group_codes(frame[["who"]], schema).tolist() == [0, 0, 1, 2]
    assert group_codes(frame[["who"]].iloc[1:], schema) is None


@pytest.mark.parametrize(("test", "count"), [(0.2, 2), (0.01, 1), (0.99, 9), (3, 3), (np.int64(9), 9)])
def test_size_as_share_or_count(test, count):
    assert count_of(test, 10) == count


@pytest.mark.parametrize("test", [0, 1.0, 10, -1, True, "half", float("nan")])
def test_size_out_of_range(test):
    with pytest.raises(SettingError, match="share between 0 and 1, or a number of rows from 1 to 9"):
        count_of(test, 10)


def test_too_little_to_split():
    with pytest.raises(SchemaError, match=r"at least 2 rows.* the table has 1 row"):
        held_out_rows([], None, everyone(1), 0.5, 0)
    with pytest.raises(SchemaError, match=r"at least 2 groups.* the table has 1 group"):
        held_out_rows([], np.zeros(5, int), everyone(5), 0.5, 0)
    with pytest.raises(SchemaError, match="at least 5 groups"):
        fold_numbers([], np.arange(4), everyone(4), 5, 0)
    with pytest.raises(SettingError, match="folds is an integer from 2"):
        fold_numbers([], None, everyone(4), 1, 0)


@pytest.mark.parametrize("times", [[3, 1, 2, 2, 5], pd.to_datetime(["2023", "2021", "2022", "2022", "2025"])])
def test_later_rows_are_strictly_later(times):
    assert later_rows(pd.Series(times, name="t"), None, 0.4).tolist() == [True, False, False, False, True]


def test_times_as_text():
    times = pd.Series(["2023-01-01", "2021-06-01T10:00:00", "2022-01-01"], name="t")
    assert later_rows(times, None, 1).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("times", "groups", "message"),
    [
        ([1.0, None], None, "empty in 1 rows"),
        ([1, 1], None, "one value only"),
        (["x", "y"], None, "neither numbers nor ISO dates"),
        ([1, 2, 3], np.array([0, 1, 0]), "tear 1 groups"),
    ],
)
def test_times_that_cannot_be_split(times, groups, message):
    with pytest.raises(SchemaError, match=message):
        later_rows(pd.Series(times, name="t"), groups, 1)
