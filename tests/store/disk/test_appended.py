"""Rows more: like those before them, verified, all of them or none."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, SchemaError
from polymodal.schema.cells import State
from polymodal.store.disk import batches
from polymodal.store.disk.sources.memory import MemoryRows


@pytest.fixture
def halves(rows):
    """The rows of the store, and those that come later, as separate files would hold them."""
    return rows.iloc[:25], rows.iloc[25:].reset_index(drop=True)


@pytest.fixture
def store(make, halves, pictures):
    return make(halves[0], files=pictures, target="ill", types={"note": "text"})


def by_row(table):
    """A table in the order of its rows' names."""
    return table.take(np.argsort(table.frame.index))


def test_two_halves_are_the_whole(make, store, halves, pictures):
    more = store.append(halves[1], files=pictures)
    whole = make(files=pictures, target="ill", types={"note": "text"}, name="whole.lance")
    assert (len(store), len(more), more.version) == (25, 40, store.version + 1)
    here, there = by_row(more.table()), by_row(whole.table())
    pd.testing.assert_frame_equal(here.frame, there.frame)
    np.testing.assert_array_equal(here.present(), there.present())
    np.testing.assert_array_equal(here.labels("ill").values, there.labels("ill").values)
    assert more.report().presence == whole.report().presence
    assert more.versions()[-1].change == "15 rows more"
    assert len(pm.Store.open(store.uri, version=store.version)) == 25
    assert more.table().frame.index.tolist()[25:] != sorted(more.table().frame.index.tolist()[25:])


def test_each_new_cell_has_its_sum(store, halves, pictures):
    more = store.append(halves[1], files=pictures)
    read = more._dataset.to_table(columns=more.reading.reads(more.reading.columns))
    assert more.vectors.is_summed
    assert more.reading.damaged(read) == {}
    assert read["_sums"].null_count == 0


def test_what_cannot_be_read_is_in_quarantine(store, halves, pictures):
    (pictures / "26.png").write_bytes(b"\x89PNG and no more")
    more = store.append(halves[1], files=pictures)
    assert more.quarantine()[["row", "column", "path"]].to_numpy().tolist() == [[26, "photo", "26.png"]]
    assert (more.states() == State.UNREADABLE).sum() == 1


def test_differences_are_told_in_words(store, halves, pictures):
    odd = halves[1].drop(columns="note").assign(age="old", height=1.8, ill=7)
    with pytest.raises(SchemaError) as said:
        store.append(odd, files=pictures)
    for words in ("column 'note' is not there", "column 'age' is double", "column 'height' is not in the store"):
        assert words in str(said.value)
    with pytest.raises(SchemaError, match="7"):
        store.append(halves[1].assign(ill=7), files=pictures)
    table = pm.Table.read(halves[1], files=pictures, target="ward", types={"note": "tabular", "age": "tabular"})
    with pytest.raises(SchemaError, match=r"'note' is text in the store|'note' \(text in the store\)"):
        store.append(table)
    assert len(pm.Store.open(store.uri).versions()) == len(store.versions())


def test_dates_may_come_as_text(make, tmp_path):
    rows = pd.DataFrame(
        {"day": ["2024-05-01", None] * 6, "at": ["2024-05-01 10:30", "2024-05-02 11:00"] * 6, "n": range(12)}
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    store = make(tmp_path / "rows.csv", target="n")
    more = store.append(rows.assign(n=3), files=tmp_path)
    frame = by_row(more.table()).frame
    pd.testing.assert_frame_equal(
        frame.iloc[:12].drop(columns="n"), frame.iloc[12:].drop(columns="n").set_axis(range(12))
    )
    with pytest.raises(SchemaError, match="column 'day' is date32"):
        more.append(rows.assign(day="soon"), files=tmp_path)


def test_the_same_source_comes_in_once(store, halves, pictures):
    with pytest.raises(SchemaError, match="was made from this source"):
        store.append(halves[0], files=pictures)
    more = store.append(halves[1], files=pictures)
    with pytest.raises(SchemaError, match=f"already, since version {more.version}"):
        more.append(halves[1], files=pictures)
    with pytest.raises(ArtifactError, match="not the last one"):
        store.append(halves[1].iloc[:3], files=pictures)


def test_a_table_with_the_schema_of_the_store(store, halves, pictures):
    table = pm.Table(halves[1], store.schema, pictures)
    assert len(store.append(table)) == 40


def patients(first, count, **more):
    ids = [f"p{number}" for number in range(first, first + count)]
    return {"patient": ids, "age": [float(number) for number in range(first, first + count)], **more}


def test_ids_that_are_there(make):
    store = make(patients(0, 20), id="patient")
    with pytest.raises(SchemaError, match=r"2 of 4 rows .*patient: p18, p19"):
        store.append(patients(18, 4))
    visits = make({"patient": ["p1", "p1", "p2"], "age": [1.0, 2.0, 3.0]}, id="patient", name="visits.lance")
    assert len(visits.append(patients(1, 2))) == 5


@pytest.mark.parametrize(("duplicates", "count"), [("drop", 22), ("link", 24)])
def test_duplicates_go_as_they_did(make, duplicates, count):
    store = make(patients(0, 20), id="patient", duplicates=duplicates)
    more = store.append(patients(18, 4))
    assert len(more) == count
    assert more.report().duplicates == (2 if duplicates == "link" else 0)
    changed = patients(18, 2) | {"age": [18.0, 99.0]}
    with pytest.raises(SchemaError, match="other content"):
        more.append(changed)


def test_rows_with_names_of_their_own(make):
    store = make(pd.DataFrame(patients(0, 10), index=[f"row {n}" for n in range(10)]))
    more = store.append(pd.DataFrame(patients(10, 2), index=["row 10", "row 11"]))
    assert set(more.table().frame.index) == {f"row {n}" for n in range(12)}
    with pytest.raises(SchemaError, match="called like rows of the store: row 11"):
        more.append(pd.DataFrame(patients(12, 1), index=["row 11"]))
    numbered = make(pd.DataFrame(patients(0, 10), index=range(100, 110)), name="numbered.lance")
    assert sorted(numbered.append(patients(10, 2)).table().frame.index)[-2:] == [110, 111]


def test_columns_that_came_later_are_empty(store, halves, pictures):
    scored = store.add_column("score", np.arange(25.0)).add_column("remark", ["a note"] * 25, type="text")
    more = scored.append(halves[1], files=pictures)
    assert more.table().frame["score"].isna().sum() == 15
    assert (more.states()[:, more.schema.names.index("remark")] == State.PRESENT).sum() == 25
    again = more.append(halves[1].assign(score=7.0).iloc[:5], files=pictures)
    assert (again.table(where="score = 7").frame["score"] == 7).sum() == 6
    assert len(again.add_column("rank", np.arange(45)).table(columns="rank").frame) == 45


def test_cut_off_it_leaves_the_store_as_it_was(store, halves, pictures, monkeypatch):
    real = MemoryRows.take

    def take(self, rows):
        if asked:
            raise KeyboardInterrupt
        asked.append(rows)
        return real(self, rows)

    asked = []
    with monkeypatch.context() as patch:
        patch.setattr(batches, "_FIRST_ROWS", 4)
        patch.setattr(MemoryRows, "take", take)
        with pytest.raises(KeyboardInterrupt):
            store.append(halves[1], files=pictures)
    again = pm.Store.open(store.uri)
    assert (len(again), again.version) == (25, store.version)
    assert len(again.append(halves[1], files=pictures)) == 40
