"""Law 7, on disk: Table -> Store -> Table keeps every gap, what is unreadable, and every value to the last bit."""

import ast
import inspect

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import polymodal as pm
from polymodal.registry import MODALITIES
from polymodal.schema.cells import State
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_frame, tables

ROWS = 12


def assert_same_rows(table: pm.Table, stored: pm.Table) -> None:
    """The rows of a store that was shuffled are those of the table, by their names."""
    assert stored.schema == table.schema
    order = table.frame.index.get_indexer(stored.frame.index)
    assert sorted(order) == list(range(len(table)))
    for name in table.schema.names:
        here, there = table.cells(name), stored.cells(name)
        np.testing.assert_array_equal(here.state[order], there.state)
        for row, place in enumerate(order):
            np.testing.assert_equal(there.samples[row], here.samples[place])
        told = {(fault.row, fault.column, fault.reason) for fault in here.faults}
        assert {(fault.row, fault.column, fault.reason) for fault in there.faults} == told


@given(table=tables())
def test_through_a_store(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("store") / "table.lance"
    assert_same_rows(table, pm.Store.create(folder, table).table())


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_prepared_samples_are_equal_bit_for_bit(kind, tmp_path):
    frame = random_frame(np.random.default_rng(1), {kind: kind}, ROWS, missing=0.3)
    table = pm.Table.read(frame, types={kind: kind})
    stored = pm.Store.create(tmp_path / "table.lance", table, shuffle=False).table()
    preprocessor = Preprocessor.measure(table, {})
    before, after = preprocessor.prepare(table), preprocessor.prepare(stored)
    np.testing.assert_array_equal(before.present, after.present)
    for one, other in zip(before.arrays[kind], after.arrays[kind], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_the_unreadable_stays_unreadable(kind, tmp_path):
    frame = random_frame(np.random.default_rng(2), {kind: kind}, ROWS, missing=0.3)
    schema = pm.Table.read(frame, types={kind: kind}).schema
    cells = frame[kind].astype(object).tolist()
    cells[7] = object()
    table = pm.Table(pd.DataFrame({kind: pd.Series(cells, dtype=object)}), schema)
    store = pm.Store.create(tmp_path / "table.lance", table)
    assert_same_rows(table, store.table())
    assert store.quarantine()["row"].tolist() == [7]
    states = dict(zip(store.table().frame.index, store.states()[:, 0], strict=True))
    assert states[7] == State.UNREADABLE
    assert states == dict(enumerate(table.cells(kind).state))


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_a_kind_says_whether_it_reads_files(kind):
    """A store has no folder beside it: what a path names must be taken in, and only the kind knows what a path is."""
    modality = MODALITIES.get(kind)
    names = {
        node.id
        for node in ast.walk(ast.parse(inspect.getsource(inspect.getmodule(modality))))
        if isinstance(node, ast.Name)
    }
    assert modality.reads_files == ("resolve" in names)
