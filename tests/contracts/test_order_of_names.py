"""Law 2: the order in which modalities are named changes nothing, bit for bit."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.registry import FUSIONS


def reordered(table, order):
    frame = table.frame[[table.frame.columns[place] for place in order]]
    modalities = list(table.schema.modalities.items())[::-1]
    targets = list(table.schema.targets.items())[::-1]
    return pm.Table.read(frame, target=dict(targets), types=dict(modalities))


@pytest.mark.parametrize("fusion", [*FUSIONS.names(), None])
def test_order_of_columns_and_types(everything, few, make_model, answers, fusion):
    """Of few kinds with every fusion, and of every kind with one."""
    table, fusion = (few, fusion) if fusion else (everything, "transformer")
    order = np.random.default_rng(0).permutation(table.frame.shape[1])
    other = reordered(table, order)
    assert other.schema.names == table.schema.names
    one, two = make_model(table, fusion), make_model(other, fusion)
    np.testing.assert_array_equal(answers(one, table), answers(two, other))
    np.testing.assert_array_equal(answers(one, table), answers(one, other))


def test_order_of_keys_in_a_row(model, table, answers, as_row):
    row = as_row(table, 0)
    backwards = dict(reversed(row.items()))
    np.testing.assert_array_equal(answers(model, row), answers(model, backwards))


def test_order_of_inferred_columns(answers):
    random = np.random.default_rng(0)
    columns = {"b": random.normal(size=16), "a": random.normal(size=16), "c": ["red one", "blue one"] * 8}
    labels = {"y": ["no", "yes"] * 8}
    fits = [
        pm.Model(folds=1, epochs=2, width=8).fit(pm.Table.read({**given, **labels}, target="y"))
        for given in (columns, dict(sorted(columns.items())))
    ]
    np.testing.assert_array_equal(answers(fits[0], columns), answers(fits[1], columns))


def test_order_of_encoders(everything, answers):
    kinds = {"vector": "vector", "series": "series"}
    few = pm.Table.read(everything.frame[[*kinds, "to category"]], target="to category", types=kinds)
    fits = [
        pm.Model(encoders=dict(order), folds=1, epochs=1, width=8).fit(few)
        for order in (kinds.items(), reversed(kinds.items()))
    ]
    np.testing.assert_array_equal(answers(fits[0], few), answers(fits[1], few))
