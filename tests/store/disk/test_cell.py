"""Raw cells as bytes: everything a modality reads comes back as it was."""

import datetime
import decimal
import math
import uuid

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from polymodal.schema.cells import Broken
from polymodal.store.disk.cell import from_bytes, to_bytes

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
CELLS = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.frozensets(st.integers())
        | st.sets(st.text())
    ),
    max_leaves=12,
)


@given(CELLS)
def test_everything_comes_back(raw):
    again = from_bytes(to_bytes(raw))
    assert again == raw
    assert type(again) is type(raw)


@pytest.mark.parametrize(
    "raw",
    [
        np.float32([[0.1, np.nan], [np.inf, -0.0]]),
        np.arange(6, dtype=">i2").reshape(3, 2),
        np.zeros((0, 3), dtype=np.float64),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(["a", "łó"]),
        np.array([True, False]),
        np.datetime64("2024-05-01T10:00"),
        np.float16(1.5),
        np.array([[1, None], ["x", 2.5]], dtype=object),
        [0.5] * 20 + [math.inf],
        list(range(20)),
    ],
    ids=repr,
)
def test_numbers_keep_type_and_shape(raw):
    again = from_bytes(to_bytes(raw))
    np.testing.assert_array_equal(again, raw)
    assert type(again) is type(raw)
    if not isinstance(raw, list):
        assert (again.dtype, again.shape) == (raw.dtype, raw.shape)


@pytest.mark.parametrize(
    "raw",
    [
        pd.Timestamp("2024-05-01T10:00:00.123456789+02:00"),
        datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC),
        datetime.date(2024, 5, 1),
        uuid.UUID(int=7),
        decimal.Decimal("0.10"),
        Broken("no such file", "a.png"),
        b"\xffPM\x01 a file that begins like our own",
        "half a pair \ud800",
    ],
    ids=repr,
)
def test_other_values(raw):
    again = from_bytes(to_bytes(raw))
    assert again == raw
    assert type(again) is type(raw)


def test_sparse_rows():
    raw = csr_array(np.array([[0, 2.5, 0], [1, 0, 0]], dtype=np.float32))
    again = from_bytes(to_bytes(raw))
    assert again.dtype == raw.dtype
    np.testing.assert_array_equal(again.toarray(), raw.toarray())


def test_files_are_kept_as_they_are():
    assert to_bytes(b"\x89PNG...") == b"\x89PNG..."


def test_equal_sets_are_equal_bytes():
    assert to_bytes({"b", "a", "c"}) == to_bytes({"c", "b", "a"})


def test_what_was_read_may_be_written_to():
    array = from_bytes(to_bytes(np.zeros(3)))
    array[0] = 1.0


@pytest.mark.parametrize("raw", [object(), lambda: 0, np.zeros(2, dtype=[("x", "f4")]), 10**5000, 1j], ids=type)
def test_nothing_else_is_written(raw):
    with pytest.raises(TypeError):
        to_bytes(raw)


def test_a_list_within_itself_is_no_cell():
    endless: list = []
    endless.append(endless)
    with pytest.raises(TypeError):
        to_bytes(endless)
