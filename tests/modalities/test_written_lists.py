"""Lists of numbers that stand as text, as a CSV file has them, are the same as lists."""

import json

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.schema.cells import State

RANDOM = np.random.default_rng(0)
PANEL = [[float(one) for one in row] for row in RANDOM.normal(size=(12, 4))]
WALKS = [[float(one) for one in RANDOM.normal(size=length)] for length in range(20, 32)]
TWO = [[[one, -one] for one in walk] for walk in WALKS]
PANEL[1][2] = None


def as_text(cells):
    return [None if one is None else json.dumps(one) for one in cells]


@pytest.mark.parametrize(
    ("cells", "kind"), [(PANEL, "vector"), (WALKS, "series"), (TWO, "series")], ids=["panel", "walks", "two"]
)
def test_they_are_recognised_and_read_alike(tmp_path, cells, kind) -> None:
    cells = [*cells[:5], None, *cells[6:]]
    pd.DataFrame({"v": as_text(cells), "x": range(12)}).to_csv(tmp_path / "rows.csv", index=False)
    table = pm.Table.read(tmp_path / "rows.csv")
    assert table.schema.modalities["v"].kind == kind
    given = pm.Table.read({"v": cells, "x": range(12)}).cells("v")
    assert table.cells("v").state.tolist() == given.state.tolist()
    for one, other in zip(table.cells("v").samples, given.samples, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["vector", "series"])
def test_other_text_is_no_list(tmp_path, kind) -> None:
    cells = ["[1, 2]", "[1 2]", "[true, 1]", '["a", 1]', "[[[1]]]", "[" * 5000, f"[{10**400}, 1]", "[]"]
    table = pm.Table.read({"v": cells, "x": range(8)}, types={"v": kind}, files=tmp_path)
    assert table.cells("v").state.tolist() == [State.PRESENT] + [State.UNREADABLE] * 6 + [State.ABSENT]
