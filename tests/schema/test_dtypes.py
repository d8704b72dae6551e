import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from polymodal.schema.dtypes import plain_dtype


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (pd.array([1, None], "Int64"), "float64", [1.0, None]),
        (pd.array([1, 2], "Int8"), "int64", [1, 2]),
        (pd.array([2**60 + 1, None], "Int64"), "object", [2**60 + 1, None]),
        (pd.array([1.5, None], "Float32"), "float64", [1.5, None]),
        (pd.array([True, None], "boolean"), "object", [True, None]),
        (pd.array([True, False], "boolean"), "bool", [True, False]),
        (pd.array(["x", None], "string"), "object", ["x", None]),
        (pd.arrays.SparseArray([0, 1]), "int64", [0, 1]),
        (pd.array([1, None], pd.ArrowDtype(pa.int64())), "float64", [1.0, None]),
        (pd.array([True, None], pd.ArrowDtype(pa.bool_())), "object", [True, None]),
        (np.array([decimal.Decimal("1.5"), None], dtype=object), "float64", [1.5, None]),
        (np.array([1, None], dtype=object), "float64", [1.0, None]),
        (np.array([True, False], dtype=object), "bool", [True, False]),
        (np.array([1j, 2.0]), "object", [1j, 2.0]),
        (pd.Series(["a", "b\ud800", "\ud83d\ude42"], dtype=object), "str", ["a", "b\ufffd", "\U0001f642"]),
        (pd.to_timedelta(["90s", None]), "float64", [90.0, None]),
        (pd.array([250, None], pd.ArrowDtype(pa.duration("ms"))), "float64", [0.25, None]),
        (np.array([pd.Timedelta("1h"), None], dtype=object), "float64", [3600.0, None]),
        (pd.PeriodIndex(["2024-05", None], freq="M"), "datetime64[us]", [pd.Timestamp("2024-05-01"), None]),
        (np.array([pd.Period("2024"), None], dtype=object), "datetime64[us]", [pd.Timestamp("2024-01-01"), None]),
        (pd.arrays.IntervalArray.from_tuples([(0, 1), None]), "category", ["(0.0, 1.0]", None]),
        (np.array([pd.Interval(0, 1), None], dtype=object), "category", ["(0.0, 1.0]", None]),
        (pd.cut([1.0, np.nan], [0, 2, 4]), "category", ["(0, 2]", None]),
    ],
)
def test_nullable_and_object_columns_become_plain(values, dtype, expected):
    column = plain_dtype(pd.Series(values))
    assert column.dtype == dtype
    assert [None if pd.isna(value) else value for value in column] == expected


@pytest.mark.parametrize(
    "values",
    [np.array([1.0]), pd.Categorical([1, 2]), np.array(["x", 1], dtype=object), pd.to_datetime(["2020-01-01"])],
)
def test_the_rest_stays(values):
    assert plain_dtype(pd.Series(values)) is None


def test_arrow_lists_keep_their_gaps_and_index():
    column = pd.Series(pd.array([[1, 2], None], pd.ArrowDtype(pa.list_(pa.int64()))), index=[7, 9])
    plain = plain_dtype(column)
    assert plain.index.tolist() == [7, 9]
    assert plain[7].tolist() == [1, 2]
    assert plain[9] is None
