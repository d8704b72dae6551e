"""An index on disk: the same answers as in memory, rows that come and go, and what another model built."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import polymodal as pm
from polymodal.crossmodal import of_store, shelf, stored
from polymodal.crossmodal.index import Index
from polymodal.crossmodal.shelf import NAME
from polymodal.errors import ArtifactError, SchemaError, SettingError


@pytest.fixture(scope="module")
def index(model: pm.Model, test: pm.Table) -> Index:
    return model.index(test)


@pytest.fixture(scope="module")
def store(test: pm.Table, tmp_path_factory: pytest.TempPathFactory) -> pm.Store:
    return pm.Store.create(tmp_path_factory.mktemp("rows") / "views.lance", test)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one, other, check_dtype=False, atol=1e-5)


@pytest.mark.parametrize("query", [{"note": "letter2 shade0"}, {"panel": np.arange(10.0), "note": "letter1"}])
def test_what_was_saved_answers_as_before(
    model: pm.Model, index: Index, query: dict[str, object], tmp_path: Path
) -> None:
    index.save(tmp_path / "rows.index")
    again = model.open_index(tmp_path / "rows.index")
    assert len(again) == len(index)
    same(again.search(query, k=5)[0], index.search(query, k=5)[0])


def test_a_store_keeps_its_index(model: pm.Model, index: Index, store: pm.Store) -> None:
    first = model.index(store)
    hits = first.search(note="letter4 shade2", k=6)
    assert set(hits[0]["row"]) == set(index.search(note="letter4 shade2", k=6)[0]["row"])
    assert (hits.rows().frame["letter"] == "l4").mean() >= 0.6
    again = model.index(store.uri)
    assert again.path == first.path
    assert again.shelf.dataset.version == first.shelf.dataset.version
    assert len(pm.Store.open(store.uri)) == len(store)


def test_conditions_are_sql(model: pm.Model, store: pm.Store, index: Index) -> None:
    found = model.index(store).search(note="letter4", k=200, where="price < 30 AND letter <> 'l1'")
    frame = found.rows().frame
    assert (frame["price"] < 30).all()
    expected = index.search(note="letter4", k=200, where="price < 30 and letter != 'l1'")[0]
    assert set(found[0]["row"]) == set(expected["row"])
    assert model.index(store).search(note="letter4", where="price < -1")[0].empty
    with pytest.raises(SettingError, match=r"where='cost < 3' is not understood.*Columns: .*price"):
        model.index(store).search(note="a", where="cost < 3")
    for where in ("price < 30 nonsense", "price < 30; DROP TABLE t", "", 3):
        with pytest.raises(SettingError, match="where="):
            model.index(store).search(note="a", where=where)


@pytest.mark.parametrize("on_disk", [False, True])
def test_rows_come_and_go(model: pm.Model, test: pm.Table, tmp_path: Path, on_disk: bool) -> None:
    head, tail = test.take(np.arange(100)), test.take(np.arange(100, 120))
    index = model.index(head, path=tmp_path / "rows.index") if on_disk else model.index(head)
    more = index.add(tail)
    assert (len(index), len(more)) == (100, 120)
    assert set(range(100, 120)) & set(more.search(note="letter3", k=120)[0]["row"])
    fewer = more.delete([0, 119])
    assert len(fewer) == 118
    assert not {0, 119} & set(fewer.search(note="letter3", k=120)[0]["row"])
    assert len(fewer.add(test.take(np.array([119])))) == 119
    with pytest.raises(SchemaError, match="row 101 is there already; delete it first"):
        more.add(tail.take(np.array([1])))
    with pytest.raises(SettingError, match="no row 500 in the index"):
        more.delete([500])


def test_what_does_not_fit_or_is_damaged(model: pm.Model, index: Index, test: pm.Table, tmp_path: Path) -> None:
    saved = index.save(tmp_path / "rows.index")
    row = test.take(np.array([0])).frame
    with pytest.raises(SettingError, match="rows of the index are called by whole numbers"):
        saved.add(row.set_axis(["new"], axis=0))
    with pytest.raises(SettingError, match="column 'price' of the index holds double"):
        saved.add(row.assign(price="dear").set_axis([999], axis=0))
    assert len(model.open_index(saved.path)) == 120
    for file in (tmp_path / "rows.index" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ArtifactError, match="is damaged and cannot be read"):
        model.open_index(saved.path).search(note="letter1")


def test_rows_in_memory_that_came_are_as_if_they_had_been_there(model: pm.Model, test: pm.Table, index: Index) -> None:
    parts = model.index(test.take(np.arange(50))).add(test.take(np.arange(50, 120)))
    same(parts.search(note="letter2")[0], index.search(note="letter2")[0])
    fewer = index.delete(list(range(30, 120)))
    same(fewer.search(note="letter2")[0], model.index(test.take(np.arange(30))).search(note="letter2")[0])


def test_many_rows_are_found_by_an_index(
    model: pm.Model, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (shelf, stored):
        monkeypatch.setattr(module, "EXACT", 100)
    monkeypatch.setattr(shelf, "QUERIES", 10)
    large = index.save(tmp_path / "rows.index")
    assert {one.field_names[0] for one in large.shelf.dataset.describe_indices()} == {NAME, *large.shelf.vectors}
    for query in ({"note": "letter2 shade0"}, {"panel": np.arange(10.0), "note": "letter1"}):
        [found], [expected] = large.search(query, k=5), index.search(query, k=5)
        assert len(set(found["row"]) & set(expected["row"])) >= 4
    assert (large.search(note="letter4", k=9, where="price < 30").rows().frame["price"] < 30).all()


def test_a_store_that_grew_since_is_caught_up_with(
    model: pm.Model, store: pm.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_store, "_BLOCK", 50)
    every = model.index(store, path=tmp_path / "every.index")
    names = store.table(columns=[]).row_names()
    # As if the last rows had come after the index was made.
    shorter = every.delete(names[90:].tolist())
    again = model.index(store, path=tmp_path / "every.index")
    assert (len(shorter), len(again)) == (90, 120)
    same(again.search(note="letter4")[0], every.search(note="letter4")[0])


def test_all_together_in_memory_and_on_disk(
    make_table: Callable[..., pm.Table], test: pm.Table, tmp_path: Path
) -> None:
    model = pm.Model(objective="align", contrast="total_correlation", width=16, epochs=2)
    model.fit(make_table(150, seed=0), progress=False)
    index = model.index(test)
    for query in ({"note": "letter2 shade0"}, {"panel": np.arange(10.0), "note": "letter1"}):
        saved = index.save(tmp_path / f"{len(query)}.index")
        same(saved.search(query)[0], index.search(query)[0])
    with pytest.raises(ArtifactError, match="is there already"):
        index.save(tmp_path / "1.index")


def test_what_another_model_built_is_refused(model: pm.Model, index: Index, tmp_path: Path) -> None:
    index.save(tmp_path / "rows.index")
    other = pm.load(model.save(tmp_path / "space.pm"))
    assert len(other.open_index(tmp_path / "rows.index")) == len(index)
    with torch.no_grad():
        next(other.space.parameters()).add_(1e-3)
    with pytest.raises(ArtifactError, match=r"was built by another model.*open it with that model"):
        other.open_index(tmp_path / "rows.index")
    with pytest.raises(ArtifactError, match="no store at"):
        model.open_index(tmp_path / "nowhere")
    with pytest.raises(ArtifactError, match=r"is an index already; open it with model.open_index"):
        model.index(tmp_path / "rows.index")
    pm.Store.create(tmp_path / "plain.lance", {"x": [1.0, 2.0]})
    with pytest.raises(ArtifactError, match="is no index that polymodal made"):
        model.open_index(tmp_path / "plain.lance")
