"""Law 1: a row's answer depends on that row only: not on its neighbours, the batch size or the order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import polymodal.sweep
from polymodal.registry import MODALITIES

TOLERANCE = 1e-5


def test_any_rows_in_any_order(model, table, answers):
    together = answers(model, table)

    @given(rows=st.lists(st.integers(0, 23), min_size=1, max_size=10))
    def check(rows):
        np.testing.assert_allclose(answers(model, table.take(np.array(rows))), together[rows], atol=TOLERANCE)

    check()


def test_each_row_alone(model, table, answers):
    alone = np.concatenate([answers(model, table.take(np.array([row]))) for row in range(len(table))])
    np.testing.assert_allclose(alone, answers(model, table), atol=TOLERANCE)


@pytest.mark.parametrize("size", [1, 5])
def test_batch_size(model, table, answers, size, monkeypatch):
    together = answers(model, table)
    monkeypatch.setattr(polymodal.sweep, "_ROWS", size)
    monkeypatch.setattr(polymodal.sweep, "_ANSWERS", 3)
    np.testing.assert_allclose(answers(model, table), together, atol=TOLERANCE)


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_a_neighbours_cell(reader, everything, answers, as_row, kind):
    """Another one, a corrupt one, or none."""
    rows = [as_row(everything, row) for row in range(6)]
    before = answers(reader, rows)
    for cell in (MODALITIES.get(kind).example(np.random.default_rng(9)), object(), None):
        after = answers(reader, [{**rows[0], kind: cell}, *rows[1:]])
        np.testing.assert_allclose(after[1:], before[1:], atol=TOLERANCE)
        assert not np.allclose(after[0], before[0], atol=TOLERANCE)


def test_every_pattern_of_the_lattice(model, table):
    together = model.lattice(table, samples=8)
    alone = model.lattice(table.take(np.array([5])), samples=8)
    np.testing.assert_allclose(alone.values[:, 0], together.values[:, 5], atol=TOLERANCE)
