"""A batch holds what is present and nothing else."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from polymodal.modalities.vector import Vector, VectorStatistics
from polymodal.schema.target import Labels
from polymodal.store.memory import Memory

NAMES, ROWS = ("a", "b"), 12
_PLACES = tuple(enumerate(NAMES))


def memory(seed: int = 0, weighted: bool = True) -> Memory:
    """Each cell holds its own row number (plus 100 in b)."""
    random = np.random.default_rng(seed)
    present = random.random((ROWS, 2)) < 0.6
    statistics = VectorStatistics(is_log=False, mean=(0.0,), std=(1.0,))
    cells = {name: [np.array([row + 100 * place], dtype=np.float32) for row in range(ROWS)] for place, name in _PLACES}
    return Memory(
        arrays={
            name: [cells[name][row] if present[row, place] else None for row in range(ROWS)] for place, name in _PLACES
        },
        collate={name: (Vector(), statistics) for name in NAMES},
        present=present,
        labels={"y": Labels(np.arange(ROWS), random.random(ROWS) < 0.5)},
        weight=np.arange(ROWS) / 2 if weighted else None,
    )


@given(seed=st.integers(0, 2**16), rows=st.lists(st.integers(0, ROWS - 1), max_size=20))
def test_a_batch_has_each_rows_cells_and_no_others(seed, rows):  # type: ignore[no-untyped-def]
    held, chosen = memory(seed), np.array(rows, dtype=np.int64)
    batch = held.batch(chosen)
    assert batch.size == len(chosen)
    for place, name in enumerate(NAMES):
        here = np.flatnonzero(held.present[chosen, place])
        if not len(here):
            assert name not in batch.fields
            continue
        assert batch.fields[name].rows.tolist() == here.tolist()
        assert batch.fields[name].values[:, 0].tolist() == (chosen[here] + 100 * place).tolist()


def test_labels_and_weights_follow_their_rows() -> None:
    held, chosen = memory(), np.array([5, 2, 5])
    batch = held.batch(chosen, with_labels=True)
    assert batch.labels["y"].values.tolist() == [5, 2, 5]
    assert batch.labels["y"].known.tolist() == held.labels["y"].known[chosen].tolist()
    assert batch.weight is not None
    assert batch.weight.tolist() == [2.5, 1.0, 2.5]
    assert memory(weighted=False).batch(chosen, with_labels=True).weight is None


def test_taking_rows_is_the_batch_of_those_rows() -> None:
    held, chosen = memory(), np.array([7, 0, 3])
    taken = held.take(chosen)
    assert len(taken) == 3
    for name, one in held.batch(chosen).fields.items():
        assert torch.equal(one.values, taken.batch(np.arange(3)).fields[name].values)


def test_batches_cover_every_row_once_in_order() -> None:
    met = [rows.tolist() for rows, _ in memory().batches(5)]
    assert met == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]
