"""Rows that are like others: against every pair looked at, and what is nearest to a row."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.crossmodal import alike
from polymodal.crossmodal.alike import alike_pairs
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import SettingError


def test_every_pair_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    rows = {"a": np.array([0, 1, 2, 4, 5]), "b": np.array([1, 2, 3, 5])}
    values = {name: random.normal(size=(len(here), 3)).astype(np.float32) for name, here in rows.items()}
    values = {name: one / np.linalg.norm(one, axis=1, keepdims=True) for name, one in values.items()}
    names = np.array(list("uvwxyz"))
    expected = {}
    for first in range(6):
        for second in range(first + 1, 6):
            shared = [n for n, here in rows.items() if {first, second} <= set(here)]
            near = [float(values[n][rows[n] == first][0] @ values[n][rows[n] == second][0]) for n in shared]
            if near and np.mean(near) >= 0.1:
                expected[names[first], names[second]] = np.mean(near)
    monkeypatch.setattr(alike, "_AT_ONCE", 12)  # two rows at a time
    found = alike_pairs(Vectors(names, values, rows, {}), values, 0.1)
    assert {(one.row, one.other): pytest.approx(one.score, abs=1e-5) for one in found.itertuples()} == expected
    assert found["score"].is_monotonic_decreasing
    assert alike_pairs(Vectors(names, values, rows, {}), values, 1.0).empty


def test_the_same_row_twice_is_a_duplicate(model: pm.Model, test: pm.Table) -> None:
    rows = test.take(np.array([*range(30), 3]))
    rows = pm.Table(rows.frame.reset_index(drop=True), rows.schema)
    [best] = model.index(rows).duplicates(0.99999).query("row == 3 and other == 30").to_dict("records")
    assert best["score"] == pytest.approx(1, abs=1e-5)
    with pytest.raises(SettingError, match="least is a mean cosine from -1 to 1; 2 came"):
        model.index(rows).duplicates(2)


def test_nearest_is_by_the_same_modality(model: pm.Model, test: pm.Table, tmp_path: object) -> None:
    index = model.index(test)
    row = int(np.flatnonzero(test.present().all(axis=1))[0])
    hits = index.nearest(test.take(np.array([row])), k=4)
    assert hits[0]["row"][0] == row
    assert hits[0]["score"][0] == pytest.approx(1, abs=1e-5)
    on_disk = index.save(f"{tmp_path}/rows.index").nearest(test.take(np.array([row])), k=4)
    assert on_disk[0]["row"].tolist() == hits[0]["row"].tolist()
    assert list(index.nearest(note="letter3 shade1")[0].columns) == ["rank", "row", "score", "note"]
