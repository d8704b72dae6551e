"""Keys of two tables as numbers: the same for the same values, whatever they are made of."""

import numpy as np
import pandas as pd
import pytest

from polymodal.align._columns import columns_of, one_each
from polymodal.errors import SchemaError, SettingError

RANDOM = np.random.default_rng(0)
KEYS = {
    "close together": (RANDOM.integers(5, 9, 30), RANDOM.integers(7, 12, 20)),
    "far apart": (RANDOM.choice([1, 2**60, 2**60 + 1], 30), RANDOM.choice([2**60, 2**60 + 1, -5], 20)),
    "text": (RANDOM.choice(["a", "b", None], 30), RANDOM.choice(["b", "c", None], 20)),
    "categories": (pd.Categorical(RANDOM.choice(list("ab"), 30)), pd.Categorical(RANDOM.choice(list("cba"), 20))),
    "categories and text": (pd.Categorical(RANDOM.choice(["a", None], 30)), RANDOM.choice(list("ab"), 20)),
    "whole and with gaps": (RANDOM.integers(0, 4, 30), RANDOM.choice([0.0, 3.0, np.nan], 20)),
    "large and with fractions": (np.array([2**53 + 1, 2**53, 4]), np.array([2.0**53, 4.0, 0.5])),
    "dates": tuple(RANDOM.choice(pd.date_range("2024-01-01", periods=4), n) for n in (30, 20)),
    "yes and no": (RANDOM.random(30) < 0.5, RANDOM.random(20) < 0.5),
    "none at all": (np.array([None] * 30, dtype=object), RANDOM.choice(list("ab"), 20)),
}


def agree(left: pd.DataFrame, right: pd.DataFrame, names: list[str]) -> np.ndarray:
    """`[n, m]`: whether rows have the same values; an absent one is like nothing."""
    found = np.ones((len(left), len(right)), dtype=bool)
    for name in names:
        one, other = left[name].astype(object), right[name].astype(object)
        same = np.array([[bool(a == b) for b in other] for a in one])
        found &= same & one.notna().to_numpy()[:, None] & other.notna().to_numpy()
    return found


@pytest.mark.parametrize(
    "names", [[one] for one in KEYS] + [["text", "far apart"], ["close together", "text", "dates"]]
)
def test_equal_numbers_for_equal_values(names: list[str]) -> None:
    left, right = (pd.DataFrame({name: KEYS[name][side] for name in names}) for side in (0, 1))
    own, others = columns_of(left, names, right, names)
    assert np.array_equal((own[:, None] == others) & (own[:, None] >= 0), agree(left, right, names))
    assert np.array_equal(own == -1, left.isna().any(axis=1))
    assert max(own.max(), others.max()) <= 4 * (len(left) + len(right))


def test_kinds_that_never_agree() -> None:
    left = pd.DataFrame({"id": [1], "on": ["2024"]})
    with pytest.raises(SchemaError, match="'id' holds numbers on the left, 'id' holds text") as raised:
        columns_of(left, ["id", "on"], left.assign(id=pd.Categorical(["1"]), on=[True]), ["id", "on"])
    assert len(raised.value.faults) == 2
    zoned = pd.DataFrame({"id": pd.to_datetime(["2024-01-01"]).tz_localize("UTC")})
    with pytest.raises(SchemaError, match="'id' holds dates on the left, 'id' holds dates with an offset"):
        columns_of(pd.DataFrame({"id": pd.to_datetime(["2024-01-01"])}), ["id"], zoned, ["id"])
    with pytest.raises(SchemaError, match="'id' holds lists or tables, which are no keys"):
        columns_of(pd.DataFrame({"id": [[1]]}), ["id"], pd.DataFrame({"id": [[2]]}), ["id"])


@pytest.mark.parametrize("wrong", [(), ("a",), ("a", "b", "c"), {"a": "b", "c": "d"}, (1, 2), {"a": None}])
def test_one_column_of_each_side(wrong: object) -> None:
    assert one_each("a", "on") == ("a", "a")
    assert one_each(["a", "b"], "on") == one_each({"a": "b"}, "on") == ("a", "b")
    with pytest.raises(SettingError, match=r"on=.* has to name one column, or one of each side"):
        one_each(wrong, "on")
