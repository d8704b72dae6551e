"""A store gives back the table it was made from, in part or as a whole, and says what it holds."""

import json

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, SchemaError, SettingError
from polymodal.store.disk.columns import KEY


def test_rows_and_schema_are_those_of_the_table(make, rows, pictures):
    table = pm.Table.read(rows, files=pictures, target="ill")
    store = make()
    assert len(store) == len(rows)
    assert store.schema == table.schema
    assert repr(store) == repr(table).replace("Table", "Store")
    stored = store.table()
    frame = stored.frame.loc[rows.index]
    pd.testing.assert_frame_equal(frame[["age", "ill"]], rows[["age", "ill"]], check_column_type=False)
    np.testing.assert_array_equal(stored.present()[np.argsort(stored.frame.index)], table.present())
    np.testing.assert_array_equal(store.states() == 1, stored.present())


def test_files_are_inside(make, rows, pictures):
    store = make()
    before = pm.Table.read(rows, files=pictures, target="ill").cells("photo").samples
    for file in pictures.iterdir():
        file.unlink()
    table = store.table()
    assert table.files is None
    for row, sample in zip(table.frame.index, table.cells("photo").samples, strict=True):
        np.testing.assert_equal(sample, before[row])
    assert table.frame["photo"].dropna().map(type).eq(bytes).all()


def test_rows_are_shuffled_once_by_the_seed(make):
    one, other, ordered = (
        make(name=f"{n}.lance", **how) for n, how in enumerate(({}, {"seed": 1}, {"shuffle": False}))
    )
    orders = [store.table(columns=[]).frame.index.tolist() for store in (one, other, ordered)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == orders[2]


def test_rows_keep_their_names(make, rows):
    named = rows.drop(columns="photo").set_axis([f"P{n}" for n in range(len(rows))], axis=0)
    store = make(named, target="ill")
    assert set(store.table().frame.index) == set(named.index)
    assert store.table(where="age = 7").frame.index.tolist() == ["P7"]


def test_conditions(make):
    store = make()
    found = store.table(where="age > 30 AND ward = 'B' AND note IS NOT NULL").frame
    assert sorted(found.index) == [31, 37]
    assert len(store.table(where="photo IS NULL").frame) == 10
    with pytest.raises(SettingError, match=r"where='agee > 3' is not understood.*agee.*Columns: .*age"):
        store.table(where="agee > 3")
    with pytest.raises(SettingError, match="not understood"):
        store.table(where="age > 3 nonsense")
    with pytest.raises(SchemaError, match="no row of the store meets"):
        store.table(where="age > 1000")


def test_names_that_sql_has_no_room_for(make):
    frame = pd.DataFrame({"rna.TP53": [1.0, 2.0, None], "rna_TP53": [4.0, 5.0, 6.0], "y`s": [1, 0, 1]})
    store = make(frame, target="y`s", shuffle=False)
    pd.testing.assert_frame_equal(store.table().frame, frame, check_column_type=False)
    assert store.table(where="`rna.TP53` > 1").frame["rna_TP53"].tolist() == [5.0]


def test_some_columns(make):
    table = make().table(columns=["note", "ward"])
    assert table.schema.names == ("note",)
    assert sorted(table.frame.columns) == ["ill", "note", "ward"]
    with pytest.raises(SettingError, match="Did you mean 'note'"):
        make().table(columns="not")


def test_some_rows(make):
    store = make()
    whole = store.table().frame
    pd.testing.assert_frame_equal(store.take([5, 3, 5]).frame, whole.iloc[[5, 3, 5]])
    with pytest.raises(SettingError, match="places run from 0 to 39"):
        store.take([40])


def test_wide_panels_are_one_column(make):
    random = np.random.default_rng(0)
    panel = pd.DataFrame(random.normal(size=(30, 100)), columns=[f"rna_{n}" for n in range(100)]).astype(np.float32)
    panel = panel.mask(random.random(panel.shape) < 0.2)
    panel.loc[4] = np.nan
    store = make(panel, shuffle=False)
    pd.testing.assert_frame_equal(store.table().frame, panel, check_column_type=False)
    assert len(store._columns) == 1
    assert store.report().presence["rna"] == {"present": 29, "absent": 1, "unreadable": 0}


def test_columns_of_every_plain_type(make):
    frame = pd.DataFrame(
        {
            "whole": np.arange(4, dtype=np.uint8),
            "small": np.float32([0.1, np.nan, 2, np.inf]),
            "yes": [True, False, True, True],
            "maybe": pd.Series([True, None, False, None], dtype=object),
            "when": pd.to_datetime(["2024-05-01", None, "2024-05-03", "2024-05-04"]),
            "zoned": pd.to_datetime(["2024-05-01", None, "2024-05-03", "2024-05-04"]).tz_localize("Europe/Berlin"),
            "ward": pd.Categorical(["a", None, "b", "a"]),
            "grade": pd.Categorical([1, 2, None, 1], ordered=True),
            "mixed": pd.Series([1, "x", None, 2.5], dtype=object),
            "long": ["one two three", None, "", "NA"],
        }
    )
    types = {"numbers": pm.Tabular(columns=("whole", "small", "yes", "maybe", "ward", "mixed")), "long": "text"}
    table = pm.Table.read(frame, target="grade", types=types)
    stored = make(table, shuffle=False).table()
    for name in table.schema.names:
        np.testing.assert_array_equal(stored.cells(name).state, table.cells(name).state)
        np.testing.assert_equal(list(stored.cells(name).samples), list(table.cells(name).samples))
        assert [str(fault) for fault in stored.cells(name).faults] == [str(f) for f in table.cells(name).faults]
    before, after = table.labels("grade"), stored.labels("grade")
    np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(before.known, after.known)


def test_what_it_says_of_itself(make, pictures):
    (pictures / "1.png").write_bytes(b"")
    store = make()
    report = store.report()
    assert report.presence["photo"] == {"present": 29, "absent": 10, "unreadable": 1}
    assert sum(count for _, count in report.patterns) == report.rows == 40
    assert report.sizes["photo"] > report.sizes["age"] > 0
    assert [one["rows"] for one in report.versions] == [40]
    assert report.worst_unreadable == pytest.approx(1 / 30)
    assert json.loads(json.dumps(report.to_dict()))["quarantine"][0]["path"] == str(pictures / "1.png")
    for said in ("40 rows", "photo", "Unreadable (1)", "the file is empty", "Versions"):
        assert said in str(report)


def test_a_model_takes_it_where_it_takes_a_table(make):
    store = make()
    model = pm.Model(preset="fast", learners=["linear"], folds=1).fit(store, progress=False)
    answers = model.predict(store)
    assert len(answers) == len(store)
    assert answers.notes == []
    np.testing.assert_array_equal(model.predict(store.uri).outputs["ill"], answers.outputs["ill"])
    assert model.evaluate(store, resamples=0).targets["ill"].metric == "auc"


def test_no_store(tmp_path):
    with pytest.raises(ArtifactError, match="no store at"):
        pm.Store.open(tmp_path / "nowhere.lance")
    (tmp_path / "file").write_text("text")
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(ArtifactError, match="is no store"):
            pm.Store.open(place)


def test_a_foreign_dataset_is_no_store(tmp_path):
    import lance
    import pyarrow as pa

    lance.write_dataset(pa.table({"x": [1]}), str(tmp_path / "other.lance"))
    with pytest.raises(ArtifactError, match="not a store that polymodal made"):
        pm.Store.open(tmp_path / "other.lance")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 99}, "has format 99.*newer polymodal"),
        ({"schema": {"modalities": {"x": {"kind": "smell"}}}}, "not installed here: smell"),
        ({"schema": {"modalities": {"x": {"kind": "text", "nose": 1}}}}, "is damaged"),
        ({"unknown": 1}, "is damaged"),
    ],
)
def test_a_description_that_is_not_understood(make, change, says):
    store = make()
    told = json.loads(store._dataset.schema.metadata[KEY])
    store._dataset.update_schema_metadata({KEY.decode(): json.dumps(told | change)})
    with pytest.raises(ArtifactError, match=says):
        _ = pm.Store.open(store.uri).schema


def test_damaged_rows_are_said_to_be(make, tmp_path):
    store = make()
    for file in (tmp_path / "rows.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ArtifactError, match="damaged"):
        pm.Store.open(store.uri).table()


def test_which_settings_were_given(make):
    """A pretrained encoder chooses the size of pictures where nobody did."""
    assert "size" not in pm.Store.open(make().uri).schema.modalities["photo"].model_fields_set
    chosen = make(name="chosen.lance", types={"photo": pm.Image(size=64)})
    assert pm.Store.open(chosen.uri).schema.modalities["photo"].model_fields_set >= {"size"}
    assert chosen.schema.modalities["photo"] == pm.Image()
