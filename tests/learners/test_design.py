"""Which questions are different ones, and rows packed by presence."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.features._features import Features
from polymodal.learners._design import Design, distinct_subsets


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.integers(1, 5), st.integers(1, 4), st.integers(0, 1000))
def test_distinct_subsets_against_brute_force(n_rows, n_patterns, n_modalities, seed):
    random = np.random.default_rng(seed)
    present = random.random((n_rows, n_modalities)) < 0.6
    patterns = random.random((n_patterns, n_modalities)) < 0.6
    rows, subsets, where = distinct_subsets(present, patterns)
    asked = {(row, tuple(patterns[p] & present[row])) for p in range(n_patterns) for row in range(n_rows)}
    questions = list(zip(rows.tolist(), map(tuple, subsets), strict=True))
    assert len(questions) == len(set(questions))
    assert set(questions) == asked
    for p in range(n_patterns):
        for row in range(n_rows):
            assert questions[where[p, row]] == (row, tuple(patterns[p] & present[row]))


class Doubled(Features):
    """Twice the cell, and the cell."""

    @classmethod
    def measure(cls, arrays, statistics, seed):
        return cls()

    def wide(self, arrays):
        return 2 * np.stack(arrays)

    def compact(self, arrays):
        return np.stack(arrays)


def test_rows_are_packed_by_presence():
    cells = [np.ones(2), None, np.full(2, 3.0)]
    present = np.array([[True, True, False], [False, True, False], [True, False, False]])
    arrays = {"a": cells, "no features": [np.ones(1), np.ones(1), None], "nobody": [None] * 3}
    design = Design.of({"a": Doubled(), "nobody": Doubled()}, arrays, present)
    assert design.wide["a"].tolist() == [[2, 2], [6, 6]]
    assert design.compact["a"].tolist() == [[1, 1], [3, 3]]
    assert design.rows("a").tolist() == [0, 2]
    assert set(design.wide) == {"a"}
    assert design.present.tolist() == [[True, False, False], [False, False, False], [True, False, False]]
    assert present[0, 1]  # the caller's is left as it was
    assert not Design.of({"a": Doubled()}, arrays, present, ["compact"]).wide
