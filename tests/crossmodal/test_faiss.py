"""FAISS finds what comparing with every row finds, in memory and from disk; where it is not there, it is asked for."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.crossmodal import faiss_search, of_store, shelf, stored
from polymodal.crossmodal import index as in_memory
from polymodal.crossmodal.faiss_search import FaissSearch
from polymodal.errors import MissingExtraError, SettingError

QUERIES = [
    {"query": {"note": "letter2 shade0"}},
    {"query": {"panel": np.arange(10.0)}, "where": "price < 60"},
    {"query": {"panel": np.arange(10.0), "note": "letter1"}},
    {"query": {"note": "letter4"}, "where": "price < 0"},
]


@pytest.fixture
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faiss", reason="the extra 'faiss' is not installed")
    for module in (shelf, stored, in_memory):
        monkeypatch.setattr(module, "EXACT", 50)
    monkeypatch.setattr(of_store, "EXACT", 50_000)  # how it is made is not at issue
    for module in (shelf, faiss_search):
        monkeypatch.setattr(module, "QUERIES", 20)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_dtype=False, atol=1e-5)


@pytest.mark.usefixtures("_few_are_many")
@pytest.mark.parametrize("on_disk", [False, True])
def test_the_same_as_comparing_with_all(model: pm.Model, test: pm.Table, on_disk: bool, tmp_path: Path) -> None:
    every = model.index(test)
    if on_disk:
        model.index(test, path=tmp_path / "rows.index")
        index = model.open_index(tmp_path / "rows.index", backend="faiss")
    else:
        index = model.index(test, backend="faiss")
    for query in QUERIES:
        same(index.search(**query, k=5)[0], every.search(**query, k=5)[0])
    same(index.nearest(test.take(np.array([3])), k=4)[0], every.nearest(test.take(np.array([3])), k=4)[0])
    fewer, kept = (one.delete(list(range(10, 30))) for one in (index, every))
    assert fewer.backend == "faiss"
    if not on_disk:  # on disk the middles of modalities stay
        same(fewer.search(note="letter3", k=5)[0], kept.search(note="letter3", k=5)[0])
    assert not set(range(10, 30)) & set(fewer.search(note="letter3", k=60)[0]["row"])
    again = fewer.add(test.take(np.arange(10, 30)))
    assert len(again.search(note="letter3", k=100)[0]) == len(every.search(note="letter3", k=100)[0])


@pytest.mark.usefixtures("_few_are_many")
def test_all_together(make_table: Callable[..., pm.Table], test: pm.Table, tmp_path: Path) -> None:
    model = pm.Model(objective="align", contrast="total_correlation", width=16, epochs=1)
    model.fit(make_table(100, seed=0), progress=False)
    every, index = model.index(test), model.index(test, backend="faiss")
    store = pm.Store.create(tmp_path / "views.lance", test)
    for query in QUERIES:
        same(index.search(**query, k=5)[0], every.search(**query, k=5)[0])
    found = model.index(store, backend="faiss").search(note="letter3", k=9)[0]
    assert set(found["row"]) == set(model.index(store).search(note="letter3", k=9)[0]["row"])


@pytest.mark.usefixtures("_few_are_many")
def test_vectors_in_no_clusters() -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(4000, 16)).astype(np.float32)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    rows = np.arange(0, 8000, 2)
    search = FaissSearch({"note": (values, rows)}, 8000)
    kept = np.arange(0, 8000, 10)
    shares = []
    for query in random.normal(size=(30, 16)).astype(np.float32):
        near = values @ query
        shares.append(np.isin(search.near("note", query, 10, None), rows[np.argsort(-near)[:10]]).mean())
        right = rows[np.argsort(-np.where(np.isin(rows, kept), near, -9))[:10]]
        shares.append(np.isin(search.near("note", query, 10, kept), right).mean())
    assert np.mean(shares) >= 0.99
    assert not len(search.near("note", values[0], 10, np.zeros(0, dtype=np.int64)))


def test_what_cannot_be_asked(model: pm.Model, test: pm.Table, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError, match=r"backend='fais' is unknown. Did you mean 'faiss'"):
        model.index(test, backend="fais")
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'polymodal\[faiss\]'"):
        model.index(test, backend="faiss")
