"""Panels of numbers from columns or lists, with gaps, on the scale that suits them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix

from polymodal.errors import SchemaError
from polymodal.modalities.vector import Vector
from polymodal.schema.cells import State, Unreadable

FRAME = pd.DataFrame({"g:A": [1.0, None, 3.0], "g:B": [2.0, None, None], "age": [1.0, 2.0, 3.0]})


def test_columns_by_prefix() -> None:
    kind = Vector(prefix="g:").resolve("genes", FRAME)
    assert kind.columns == ("g:A", "g:B")
    cells = kind.read("genes", FRAME, None)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, State.PRESENT]
    np.testing.assert_array_equal(cells.samples[2], [3.0, np.nan])
    with pytest.raises(SchemaError, match="no column starts with 'x:'"):
        Vector(prefix="x:").resolve("genes", FRAME)


def test_columns_that_are_not_there_are_absent() -> None:
    kind = Vector(columns=("g:A", "g:Z"))
    assert np.isnan(kind.read("genes", FRAME, None).samples[0][1])


@pytest.mark.parametrize("value", ["high", np.inf])
def test_one_bad_number_makes_the_panel_unreadable_and_is_named(value: Any) -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0], "b": [2.0, value]})
    cells = Vector(columns=("a", "b")).read("genes", frame, None)
    assert cells.state.tolist() == [State.PRESENT, State.UNREADABLE]
    assert f"{value!r} in 'b' is no finite number" in cells.faults[0].reason


def test_rows_of_sparse_matrices_and_numbers_with_names() -> None:
    cells = pd.Series(
        [csr_array([[0.0, 3.0]]), csr_matrix((1, 0)), pd.Series({"a": 1, "b": None}), csr_array(np.eye(2))]
    )
    read = Vector().read("x", pd.DataFrame({"x": cells}), None)
    assert read.state.tolist() == [1, 0, 1, 2]
    np.testing.assert_array_equal(np.stack([read.samples[0], read.samples[2]]), [[0, 3], [1, np.nan]])
    np.testing.assert_array_equal(Vector().storable(cells[0], Path), [0, 3])


def test_lists_in_one_column() -> None:
    cells = Vector().read("x", pd.DataFrame({"x": [[1, None], [None, None], "text", [[1], [2]]]}), None)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, State.UNREADABLE, State.UNREADABLE]
    np.testing.assert_array_equal(cells.samples[0], [1.0, np.nan])


@pytest.mark.parametrize("scale", ["standard", "log"])
def test_standardised_over_what_is_there(scale: Any) -> None:
    panel = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, 8.0]])
    kind = Vector(scale=scale)
    statistics = kind.measure(list(panel))
    values, mask = kind.collate([kind.prepare(one, statistics) for one in panel], statistics)
    reference = np.log1p(panel) if scale == "log" else panel
    reference = (reference - np.nanmean(reference, axis=0)) / np.nanstd(reference, axis=0)
    assert mask is not None
    np.testing.assert_array_equal(mask, ~np.isnan(panel))
    np.testing.assert_allclose(values, np.where(mask, reference, 0), rtol=1e-5, atol=1e-6)


def test_counts_are_seen_to_be_counts() -> None:
    random = np.random.default_rng(0)
    assert Vector().measure(list(random.lognormal(5, 2, (50, 20)))).is_log
    assert not Vector().measure(list(random.normal(size=(50, 20)))).is_log
    assert not Vector().measure(list((random.random((50, 20)) < 0.05).astype(float))).is_log


def test_constant_features_stay_finite() -> None:
    kind = Vector(scale="standard")
    statistics = kind.measure([np.array([1.0, 2.0])] * 3)
    np.testing.assert_array_equal(kind.prepare(np.array([1.0, 2.0]), statistics), [0.0, 0.0])


def test_another_width_is_refused() -> None:
    kind = Vector()
    with pytest.raises(Unreadable, match="2 numbers were learnt, 3 came"):
        kind.prepare(np.zeros(3), kind.measure([np.zeros(2)]))


def test_the_unit_of_a_feature_does_not_matter() -> None:
    samples = [np.array([1e-13 * row, 5e-13 + 1e-14 * row]) for row in range(4)]
    statistics = Vector(scale="standard").measure(samples)
    prepared = np.stack([Vector(scale="standard").prepare(sample, statistics) for sample in samples])
    np.testing.assert_allclose(prepared[:, 0], (np.arange(4) - 1.5) / np.arange(4.0).std(), rtol=1e-5)
    np.testing.assert_allclose(prepared[:, 0], prepared[:, 1], rtol=1e-5)
