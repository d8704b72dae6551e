"""Annotated matrices, stood in for by objects of the same shape."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

import polymodal as pm
from polymodal.errors import SchemaError, SettingError


@dataclass
class AnnData:
    X: object
    obs: pd.DataFrame
    obsm: dict = field(default_factory=dict)

    @property
    def obs_names(self):
        return self.obs.index


@dataclass
class MuData:
    mod: dict
    obs: pd.DataFrame
    obsm: dict = field(default_factory=dict)

    @property
    def obs_names(self):
        return self.obs.index


@pytest.fixture
def cells():
    random = np.random.default_rng(0)
    obs = pd.DataFrame({"kind": ["T", "B"] * 10, "age": np.arange(20.0)}, index=[f"cell{n}" for n in range(20)])
    return AnnData(random.poisson(1.0, (20, 30)).astype(np.float32), obs, {"X_pca": random.normal(size=(20, 3))})


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_matrices_are_panels_and_obs_columns(cells, kind, tmp_path):
    dense, cells.X = cells.X, kind(cells.X)
    store = pm.Store.create(tmp_path / "rows.lance", cells, target="kind")
    assert {name: one.kind for name, one in store.schema.modalities.items()} == {
        "X": "vector",
        "X_pca": "vector",
        "tabular": "tabular",
    }
    table = store.table()
    places = [int(name.removeprefix("cell")) for name in table.frame.index]
    assert sorted(places) == list(range(20))
    np.testing.assert_array_equal(np.stack(table.frame["X"]), dense[places])
    assert table.frame["X"].iloc[0].dtype == np.float32
    np.testing.assert_array_equal(np.stack(table.frame["X_pca"]), cells.obsm["X_pca"][places])


def test_parts_with_other_rows(cells, tmp_path):
    proteins = AnnData(np.arange(20.0).reshape(10, 2), pd.DataFrame(index=[f"cell{n}" for n in range(18, -2, -2)]))
    both = MuData({"rna": cells, "protein": proteins}, cells.obs)
    table = pm.Store.create(tmp_path / "rows.lance", both, target="kind", shuffle=False).table()
    assert table.schema.names == ("protein", "rna", "rna:X_pca", "tabular")
    assert table.cells("protein").present.tolist() == [True, False] * 10
    assert table.frame["protein"].iloc[18].tolist() == [0.0, 1.0]
    assert table.frame["protein"].iloc[0].tolist() == [18.0, 19.0]


def test_files_and_names_that_do_not_fit(cells, tmp_path):
    with pytest.raises(SettingError, match="leave files= out"):
        pm.Store.create(tmp_path / "rows.lance", cells, files=tmp_path)
    cells.obs["X"] = 1.0
    with pytest.raises(SchemaError, match="two columns named 'X'"):
        pm.Store.create(tmp_path / "rows.lance", cells)


def test_other_content_is_another_source(cells, tmp_path):
    pm.Store.create(tmp_path / "rows.lance", cells, target="kind")
    cells.X[10, 3] += 1
    with pytest.raises(OSError, match="another source"):
        pm.Store.create(tmp_path / "rows.lance", cells, target="kind")


@pytest.mark.parametrize("kind", [np.asarray, csr_matrix])
def test_genes_have_their_names(cells, kind, tmp_path):
    counts, cells.X = cells.X, kind(cells.X)
    cells.var_names = pd.Index([f"G{n}" for n in range(30)])
    store = pm.Store.create(tmp_path / "rows.lance", cells, target="kind", types={"X": pm.Expression()}, shuffle=False)
    assert store.states()[:, 0].tolist() == [1] * 20
    sample = store.table().cells("X").samples[3]
    assert dict(zip(sample.genes, sample.counts, strict=True)) == {f"G{n}": counts[3, n] for n in range(30)}
    panel = pm.Store.create(tmp_path / "panel.lance", cells, target="kind", shuffle=False).table().frame["X"]
    np.testing.assert_array_equal(np.stack(panel), counts)
