"""Rows by their place: the same however they are read, and found where they are when others were deleted."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.store.disk import dataset as disk
from polymodal.store.disk import places as of_places
from polymodal.store.disk.places import Places

lance = pytest.importorskip("lance")
N = 120


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    """A store of several fragments, of which a third of the rows were deleted; one column has large cells."""
    random = np.random.default_rng(0)
    sounds = [random.integers(0, 9, 3000, dtype=np.int16) if row % 5 else None for row in range(N)]
    frame = pd.DataFrame({"number": np.arange(N, dtype=float), "sound": sounds, "note": [f"n {n}" for n in range(N)]})
    found = str(tmp_path_factory.mktemp("places") / "rows.lance")
    pm.Store.create(found, frame, types={"sound": "series", "note": "text"}, shuffle=False, rows_per_fragment=50)
    lance.dataset(found).delete("number % 3 = 0 AND number > 20")
    return found


@pytest.fixture
def rows(uri):
    return Places(disk.opened(uri, None, None))


@pytest.mark.parametrize("chosen", [slice(None), slice(3, 80), slice(5, None, 20), slice(0, None, 2), slice(7, 8)])
@pytest.mark.parametrize("long", [1, 1000])
def test_as_lance_reads_them(rows, chosen, long, monkeypatch):
    monkeypatch.setattr(of_places, "_LONG", long)
    monkeypatch.setattr(of_places, "_PIECE", 7)
    names = ["sound", "_states", "number", "note"]
    everything = rows.dataset.to_table(columns=names)
    places = np.arange(len(everything))[chosen]
    assert rows._large == {"sound"}
    read = rows.read(places, names)
    assert read.schema.names == names
    assert read.to_pylist() == everything.take(places).to_pylist()


@pytest.mark.parametrize(
    "condition", ["number > 50", "number < 21", "number % 2 = 0", "number > 999", "note = 'n 100'"]
)
def test_where_others_were_deleted(rows, condition):
    everything = rows.dataset.to_table(columns=["number"])["number"].to_pylist()
    met = set(rows.dataset.to_table(columns=["number"], filter=condition)["number"].to_pylist())
    assert rows.where(condition).tolist() == [place for place, number in enumerate(everything) if number in met]


def test_loaders_deal_the_rows_that_are_left(uri):
    store = pm.Store.open(uri)
    kept = sorted(store.table(where="number > 60").frame["number"])
    loader = pm.Loader(store, 16, form="decoded", columns="tabular", where="number > 60", threads=1)
    assert sorted(value for batch in loader for value in batch.fields["tabular"].values[:, 0].tolist()) == kept
