"""Laws of cells with several items: order and gaps say nothing, and a broken one takes none of the others along."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.schema.cells import is_absent
from polymodal.store.preprocessing import Preprocessor

KINDS = ["notes", "pictures"]


def several(table: pm.Table, kind: str) -> list:
    """The cell of a row that has more than one item."""
    for cell in table.frame[kind]:
        if not is_absent(cell) and sum(one is not None for one in cell) > 1:
            return [one for one in cell if one is not None]
    raise AssertionError("the table has no cell of several items")


@pytest.mark.parametrize("kind", KINDS)
def test_order_and_gaps_say_nothing(kind, reader, everything, answers, as_row):
    row, items = as_row(everything, 0), several(everything, kind)
    cells = [items, items[::-1], [None, *items], [*items, float("nan")], tuple(items)]
    found = answers(reader, [{**row, kind: cell} for cell in cells])
    np.testing.assert_allclose(found[1:], np.broadcast_to(found[0], found[1:].shape), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_of_nothing_is_absent(kind, reader, everything, answers, as_row):
    row = {column: cell for column, cell in as_row(everything, 0).items() if column != kind}
    found = [answers(reader, [one]) for one in (row, {**row, kind: [None]}, {**row, kind: [[], None]})]
    np.testing.assert_array_equal(found[1:], [found[0]] * 2)


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_that_cannot_be_read_takes_none_along(kind, reader, everything, answers, as_row):
    row, items = as_row(everything, 0), several(everything, kind)
    rows = [{**row, kind: items}, {**row, kind: [*items, object()]}]
    found = reader.predict(rows)
    assert found.used[:, everything.schema.names.index(kind)].all()
    assert [(fault.row, fault.column, fault.item) for fault in found.faults] == [(1, kind, len(items) + 1)]
    both = answers(reader, rows)
    np.testing.assert_allclose(both[1], both[0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_item_more_says_something(kind, reader, everything, answers, as_row):
    row, items = as_row(everything, 0), several(everything, kind)
    fewer, more = answers(reader, [{**row, kind: items[:1]}, {**row, kind: items}])
    assert not np.allclose(fewer, more, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cost_follows_the_items(kind, everything):
    schema = everything.schema
    one = pm.Table(everything.frame, schema.model_copy(update={"modalities": {kind: schema.modalities[kind]}}))
    memory = Preprocessor.measure(one, {}).prepare(one)
    field = memory.batch(np.arange(len(one))).fields[kind]
    here = np.array([0 if is_absent(cell) else sum(item is not None for item in cell) for cell in one.frame[kind]])
    assert len(field.values) == here.sum()
    np.testing.assert_array_equal(np.bincount(field.rows, minlength=len(one)), here)
