"""Columns of numbers and categories, each of which may be missing by itself."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from polymodal.errors import SchemaError
from polymodal.modalities.tabular import Tabular
from polymodal.schema.cells import State

FRAME = pd.DataFrame({"age": [71.0, None, 30.0], "ward": ["B", None, None], "smokes": [True, None, False]})
COLUMNS = ("age", "ward", "smokes")


def clinic(**settings: Any) -> Any:
    return Tabular(columns=COLUMNS, **settings).resolve("clinic", FRAME)


def test_text_and_truth_values_are_categories() -> None:
    assert clinic().categories == ("ward", "smokes")
    assert clinic().numbers == ("age",)
    assert clinic(categories=("ward",)).numbers == ("age", "smokes")
    with pytest.raises(SchemaError, match="not its own"):
        clinic(categories=("wards",))


def test_a_row_is_there_when_any_column_is() -> None:
    cells = clinic().read("clinic", FRAME, None)
    assert cells.state.tolist() == [State.PRESENT, State.ABSENT, State.PRESENT]
    assert cells.samples == [(71.0, "B", "True"), None, (30.0, None, "False")]


def test_a_broken_number_is_a_fault_of_its_own_and_the_row_stays() -> None:
    frame = pd.DataFrame({"age": ["old", "30"], "ward": ["B", ["C"]], "smokes": [None, None]})
    cells = clinic().read("clinic", frame, None)
    assert cells.samples == [(None, "B", None), (30.0, None, None)]
    assert [(fault.row, fault.column) for fault in cells.faults] == [(0, "age"), (1, "ward")]
    alone = clinic().read("clinic", pd.DataFrame({"age": ["old"]}), None)
    assert alone.state.tolist() == [State.UNREADABLE]


def test_whole_numbers_are_one_category_with_or_without_gaps_beside_them() -> None:
    kind = Tabular(columns=("code",), categories=("code",))
    with_gap = kind.read("t", pd.DataFrame({"code": [3.0, None]}), None)
    without = kind.read("t", pd.DataFrame({"code": [3, 4]}), None)
    assert with_gap.samples[0] == without.samples[0] == ("3",)


def test_packed_numbers_codes_and_gaps() -> None:
    kind = clinic()
    cells = kind.read("clinic", FRAME, None)
    statistics = kind.measure([one for one in cells.samples if one])
    assert statistics.values == (("B",), ("False", "True"))
    values, mask = kind.collate([kind.prepare(one, statistics) for one in cells.samples if one], statistics)
    assert mask is not None
    assert mask.tolist() == [[True, True, True], [True, False, True]]
    np.testing.assert_allclose(values, [[1.0, 1.0, 2.0], [-1.0, 0.0, 1.0]])  # mean 50.5, spread 20.5


def test_a_category_never_seen_is_other_and_not_missing() -> None:
    kind = clinic()
    statistics = kind.measure([(71.0, "B", "True")])
    array = kind.prepare((None, "Z", None), statistics)
    np.testing.assert_array_equal(array, [np.nan, 0.0, np.nan])


def test_rare_categories_of_a_large_table_share_a_code() -> None:
    kind = Tabular(columns=("ward",), categories=("ward",))
    samples = [("A",)] * 250 + [("B",)] * 3 + [("C",)] * 2
    assert kind.measure(samples).values == (("A", "B"),)


def test_quantiles_are_those_of_numpy() -> None:
    numbers = np.random.default_rng(0).normal(size=100)
    kind = Tabular(columns=("x",))
    (cuts,) = kind.measure([(one,) for one in numbers]).quantiles
    np.testing.assert_allclose(cuts, np.quantile(numbers, np.linspace(0, 1, 17)))


def test_far_outliers_are_held() -> None:
    kind = Tabular(columns=("x",))
    statistics = kind.measure([(0.0,), (1.0,)])
    assert kind.prepare((1e30,), statistics).tolist() == [10.0]
