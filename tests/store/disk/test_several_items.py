"""Lists of files in a store: every item and every gap comes back, and what cannot be read is named by its place."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.schema.cells import State

SEVERAL = {"photos": pm.Image(many=True)}
CELLS = [["0.png", None, "1.png"], ["2.png"], None, ["bad.png", "gone.png"], "3.png|bad.png|4.png", [None]]


@pytest.fixture
def table(pictures):
    (pictures / "bad.png").write_bytes(b"\x89PNG and no more")
    frame = pd.DataFrame({"photos": pd.Series(CELLS, dtype=object), "age": np.arange(6.0)})
    return pm.Table.read(frame, files=pictures, types=SEVERAL)


def test_items_and_gaps_come_back(table, make):
    store = make(table, shuffle=False)
    here, there = table.cells("photos"), store.table().cells("photos")
    assert there.state.tolist() == [State.PRESENT, State.PRESENT, 0, State.UNREADABLE, State.PRESENT, 0]
    np.testing.assert_equal(list(there.samples), list(here.samples))
    assert there.samples[0][1] is None
    raws = store.table().frame["photos"]
    assert [type(one) for one in raws[0]] == [bytes, type(None), bytes]
    assert raws[5] == [None]


def test_what_cannot_be_read_is_named_by_its_place(table, make, pictures):
    store = make(table, shuffle=False)
    told = {(fault.row, fault.item, fault.bare) for fault in table.faults()}
    assert {(fault.row, fault.item, fault.bare) for fault in store.table().faults()} == told
    noted = store.quarantine()
    assert noted["row"].tolist() == [3, 3, 4]
    assert noted["path"].tolist() == ["bad.png", str(pictures / "gone.png"), "bad.png"]
    assert noted["reason"].str.startswith("item ").tolist() == [True] * 3


def test_what_cannot_be_written_down_takes_nothing_with_it(make):
    rows = pd.DataFrame({"notes": pd.Series([["calm", object(), "storm"], ["rain"]] * 4, dtype=object)})
    table = pm.Table.read(rows, types={"notes": pm.Text(many=True)})
    stored = make(table, shuffle=False).table().cells("notes")
    assert stored.samples[0] == ["calm", None, "storm"]
    assert [fault.item for fault in stored.faults] == [2] * 4


def test_each_picture_is_made_smaller(table, make):
    store = make(table, shuffle=False, pictures={"longest_side": 8})
    sizes = [None if one is None else max(one.shape) for one in store.table().cells("photos").samples[0]]
    assert sizes == [8, None, 8]


def test_a_fit_from_the_store_is_that_from_the_folder(pictures, make):
    rows = pd.DataFrame(
        {"photos": [[f"{row}.png", f"{(row + 1) % 40}.png"][: 1 + row % 2] for row in range(24)], "y": ["u", "v"] * 12}
    )
    table = pm.Table.read(rows, files=pictures, target="y", types=SEVERAL)
    store = make(table, shuffle=False)
    settings = {"folds": 1, "epochs": 1, "width": 8, "learners": ["network", "linear"]}
    answers = [pm.Model(**settings).fit(one, progress=False).predict(one) for one in (table, store.table())]
    np.testing.assert_array_equal(answers[0].outputs["y"], answers[1].outputs["y"])


def test_the_settings_are_in_the_store(table, make):
    assert make(table).schema == table.schema
    assert "image, many" in str(make(table, name="again.lance").report())


def test_what_was_given_is_known_apart_from_what_was_not(table, make):
    assert "size" not in make(table).schema.modalities["photos"].item.model_fields_set
    chosen = pm.Table(table.frame, pm.Schema(modalities={"photos": pm.Image(many=True, size=32)}), table.files)
    assert make(chosen, name="chosen.lance").schema.modalities["photos"].item.model_fields_set >= {"size"}


def test_a_column_of_lists_may_be_added(make):
    store = make().add_column("views", [["a note", None, "another"]] * 40, type=pm.Text(many=True))
    assert store.table().cells("views").samples[0] == ["a note", None, "another"]


def test_lists_in_text_files(pictures, tmp_path):
    text = 'photos,notes\n0.png|1.png,"[""calm"", null]"\n2.png,rain\n,\n'
    (tmp_path / "rows.csv").write_text(text)
    types = {"notes": pm.Text(many=True), **SEVERAL}
    table = pm.Table.read(tmp_path / "rows.csv", files=pictures, types=types)
    assert table.cells("notes").samples == [["calm", None], ["rain"], None]
    assert [one and len(one) for one in table.cells("photos").samples] == [2, 1, None]
    stored = pm.Store.create(tmp_path / "rows.lance", tmp_path / "rows.csv", files=pictures, types=types, shuffle=False)
    np.testing.assert_equal(list(stored.table().cells("photos").samples), list(table.cells("photos").samples))
    np.testing.assert_equal(list(stored.table().cells("notes").samples), list(table.cells("notes").samples))


def test_lists_in_columns_of_arrow(pictures, tmp_path):
    frame = pd.DataFrame({"photos": [["0.png", None], ["1.png", "2.png"], None], "age": [1.0, 2.0, 3.0]})
    frame.to_parquet(tmp_path / "rows.parquet")
    table = pm.Table.read(tmp_path / "rows.parquet", files=pictures, types=SEVERAL)
    assert [one and len(one) for one in table.cells("photos").samples] == [2, 2, None]
