"""Complex numbers are none, and harm no other row."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.schema.numeric import to_numbers


def test_what_stands_beside_a_complex_number_is_no_memory_of_something_else() -> None:
    values = pd.Series([1.5, 3 + 4j, "x", None, np.complex64(1), "2.5", [1]] * 50, dtype=object)
    found = to_numbers(values).to_numpy(dtype=float)
    np.testing.assert_array_equal(found.reshape(50, 7), [[1.5, np.nan, np.nan, np.nan, np.nan, 2.5, np.nan]] * 50)
    assert to_numbers(pd.Series([1 + 2j, 2.0])).isna().all()


def test_in_a_table() -> None:
    table = pm.Table.read({"age": [1.5, 3 + 4j, "x", 2.0] * 5, "y": [0, 1] * 10}, target="y", types={"age": "tabular"})
    assert [fault.reason for fault in table.faults()[:2]] == ["(3+4j) is no finite number", "'x' is no finite number"]
    assert table.cells("age").samples[:4] == [(1.5,), None, None, (2.0,)]
    with pytest.raises(SchemaError, match="not a number"):
        pm.Table.read({"x": [1.0, 2.0], "y": [1.0, 2j]}, target={"y": pm.Number()}).labels("y")
