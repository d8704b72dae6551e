"""Law 7: storing and loading keeps every gap, and every value to its declared precision."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from PIL import Image

import polymodal as pm
from polymodal.store.memory import content_of
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import tables


def storable(cell):
    """A raw cell as a file can hold it: pictures as PNG, arrays as lists, several items one by one."""
    if isinstance(cell, list):
        return [storable(item) for item in cell]
    if isinstance(cell, np.ndarray) and cell.dtype == np.uint8 and cell.ndim == 3:
        data = io.BytesIO()
        Image.fromarray(cell).save(data, format="PNG")
        return data.getvalue()
    return cell.tolist() if isinstance(cell, np.ndarray) else cell


def assert_same_cells(one: pm.Table, two: pm.Table) -> None:
    assert one.schema.names == two.schema.names
    for name in one.schema.names:
        here, there = one.cells(name), two.cells(name)
        np.testing.assert_array_equal(here.state, there.state)
        for sample, again in zip(here.samples, there.samples, strict=True):
            assert_same_samples(sample, again)


def assert_same_samples(sample, again) -> None:
    if isinstance(sample, list):
        assert len(sample) == len(again)
        for one, two in zip(sample, again, strict=True):
            assert_same_samples(one, two)
    elif isinstance(sample, np.ndarray):
        assert sample.dtype == again.dtype
        np.testing.assert_array_equal(sample, again)
    else:
        assert sample == again


def columns_of_one_kind(table: pm.Table) -> list[str]:
    """Those whose cells Parquet has a type for: an array beside its rate, as of sound and video, is none."""

    def is_plain(cell) -> bool:
        return not isinstance(cell, tuple) and not (isinstance(cell, list) and not all(map(is_plain, cell)))

    return [name for name in table.schema.names if table.frame[name].map(is_plain).all()]


@given(table=tables())
def test_through_parquet(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "table.parquet"
    kept = columns_of_one_kind(table)
    if not kept:
        return
    table = pm.Table.read(table.frame[kept], types={name: table.schema.modalities[name] for name in kept})
    stored = table.frame.astype(object).map(storable, na_action="ignore")
    for column in stored:
        stored[column] = pd.Series(stored[column].tolist(), dtype=object)
    stored.to_parquet(path)
    read = pm.Table.read(path, types=table.schema.modalities)
    assert_same_cells(table, read)


@given(table=tables())
def test_through_rows(table):
    """A frame given as a list of dicts that leave out what is absent is the same table."""
    rows = [{k: v for k, v in row.items() if v is not None} for row in table.frame.to_dict("records")]
    rows[0] = {**dict.fromkeys(table.frame.columns), **rows[0]}
    assert_same_cells(table, pm.Table.read(rows, types=table.schema.modalities))


@given(table=tables())
def test_schema_through_json(table):
    assert pm.Schema.model_validate_json(table.schema.model_dump_json()) == table.schema


@given(table=tables())
def test_statistics_through_json(table):
    for name, modality in table.schema.modalities.items():
        cells = table.cells(name)
        present = [sample for sample, here in zip(cells.samples, cells.present, strict=True) if here]
        if present:
            statistics = modality.measure(present)
            again = modality.statistics_of(json.loads(statistics.model_dump_json()))
            assert again == statistics
            for sample in present:
                assert content_of(modality.prepare(sample, again)) == content_of(modality.prepare(sample, statistics))


def test_prepared_rows_hold_what_the_table_held(everything):
    table = everything
    memory = Preprocessor.measure(table, {}).prepare(table)
    np.testing.assert_array_equal(memory.present, table.present())
    for position, name in enumerate(table.schema.names):
        held = [array is not None for array in memory.arrays[name]]
        np.testing.assert_array_equal(held, memory.present[:, position])
    rows = np.array([7, 3, 3, 0])
    taken, batch = memory.take(rows), memory.batch(rows)
    for position, name in enumerate(table.schema.names):
        assert batch.fields[name].rows.unique().tolist() == np.flatnonzero(memory.present[rows, position]).tolist()
        assert all(taken.arrays[name][place] is memory.arrays[name][row] for place, row in enumerate(rows))


def test_gaps_inside_a_cell_stay(everything):
    """What a vector or series lacks inside is neither filled nor dropped on the way to the batch."""
    memory = Preprocessor.measure(everything, {}).prepare(everything)
    batch = memory.batch(np.arange(len(everything)))
    for name in ("vector", "series", "clinic", "wide"):
        field = batch.fields[name]
        arrays = [array for array in memory.arrays[name] if array is not None]
        for row, array in enumerate(arrays):
            real = ~np.isnan(array)
            np.testing.assert_array_equal(field.mask[row].numpy()[: len(array)], real)
            np.testing.assert_array_equal(field.values[row].numpy()[: len(array)][real], array[real])


@pytest.mark.parametrize("value", [0.1, -1e-300, 1e15, 2**53 + 0.0])
def test_numbers_to_the_last_bit(value, tmp_path):
    path = tmp_path / "table.csv"
    pd.DataFrame({"x": [value, None, 1.5]}).to_csv(path, index=False)
    assert [s and s[0] for s in pm.Table.read(path, types={"x": "tabular"}).cells("x").samples] == [value, None, 1.5]
