"""Bad input to `predict`: answered from what can be read, flagged, and told what differs."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import DataError, FitError, SchemaError, SettingError

ROWS = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for row in range(ROWS):
        Image.new("RGB", (8, 8), (10 * row, 100, 200)).save(folder / f"{row}.png")
    return folder


@pytest.fixture(scope="module")
def model(folder) -> pm.Model:
    random = np.random.default_rng(0)
    columns = {
        "age": random.normal(size=ROWS),
        "ward": ["A", "B", "C"] * (ROWS // 3),
        "note": ["chest pain", "all is well", "cough"] * (ROWS // 3),
        "photo": [f"{row}.png" for row in range(ROWS)],
        "panel": list(random.normal(size=(ROWS, 4))),
        "y": ["no", "yes"] * (ROWS // 2),
    }
    table = pm.Table.read(columns, target="y", files=folder, types={"note": "text"})
    return pm.Model(folds=1, epochs=2, width=8).fit(table)


def test_before_fit():
    for call in (lambda: pm.Model().predict({"x": 1}), lambda: pm.Model().schema, lambda: pm.Model().save("x.pm")):
        with pytest.raises(FitError, match=r"not fitted yet; call fit\(table\) first, or pm\.load\(path\)"):
            call()


def test_a_corrupt_picture_is_answered_from_the_rest(model, folder, tmp_path):
    (tmp_path / "ok.png").write_bytes((folder / "3.png").read_bytes())
    (tmp_path / "broken.png").write_bytes(b"\x89PNG broken")
    rows = [{"age": 1.0, "photo": "ok.png"}] * 9
    rows[7] = {"age": 1.0, "photo": "broken.png"}
    found = model.predict(rows, files=tmp_path)
    assert [(fault.row, fault.column, fault.path) for fault in found.faults] == [
        (7, "photo", str(tmp_path / "broken.png"))
    ]
    np.testing.assert_allclose(found.outputs["y"][7], model.predict({"age": 1.0}).outputs["y"][0], atol=1e-5)
    table = found.to_pandas()
    assert table["used"].tolist() == [*["photo, tabular"] * 7, "tabular", "photo, tabular"]
    assert table["unreadable"].iloc[7].startswith("photo: not a readable picture")
    assert (table["unreadable"].drop(index=7) == "").all()
    assert "unreadable: row 7, column 'photo'" in str(found)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"age": "old"}, "'old' is no finite number"),
        ({"age": np.inf}, "inf is no finite number"),
        ({"age": 10**400}, "is no finite number"),
        ({"note": {"a": 1}}, "text is expected, dict came"),
        ({"note": 10**5000}, "digits"),
        ({"panel": [1.0, 2.0]}, "4 numbers were learnt, 2 came"),
        ({"panel": [1.0, np.inf, 0.0, 0.0]}, "1 values are infinite"),
        ({"panel": "abcd"}, "a list of numbers is expected, as text '[0.5, 2]'; 'abcd' came"),
        ({"panel": [10**400, 1, 1, 1]}, "a list of numbers is expected"),
        ({"photo": "https://example.org/a.png"}, "addresses are not fetched"),
        ({"photo": "../secret.png"}, "the path leads out of files="),
        ({"photo": 3.5}, "a picture is expected"),
        ({"photo": np.zeros((2, 2, 7), dtype=np.uint8)}, "a picture array is"),
        ({"ward": ["A", "B"]}, "a category is text or a number, list came"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else next(iter(value)),
)
def test_a_cell_of_the_wrong_type(model, folder, row, reason):
    found = model.predict([row, {"age": 1.0}], files=folder)
    [fault] = found.faults
    assert fault.row == 0
    assert reason in str(fault)
    assert list(found.faulty_rows) == [0]
    assert not found.used[0].any()
    assert np.isfinite(found.outputs["y"]).all()


def test_a_path_without_a_folder(model):
    found = model.predict({"photo": "1.png", "age": 1.0})
    assert "a path needs the folder it starts from; give files=FOLDER" in str(found.faults[0])


def test_an_unseen_category_is_an_other_one(model):
    found = model.predict([{"ward": "Z"}, {"ward": "never seen either"}, {"ward": "A"}, {}])
    assert not found.faults
    assert found.used.any(axis=1).tolist() == [True, True, True, False]
    np.testing.assert_allclose(found.outputs["y"][0], found.outputs["y"][1], atol=1e-6)


def test_columns_too_many_and_too_few(model):
    found = model.predict(pd.DataFrame({"age": [1.0, 2.0], "pulse": [60, 70], "sex": ["f", "m"]}))
    assert set(found.notes) == {
        "column 'ward' (modality 'tabular') is not there: taken as absent",
        "column 'note' (modality 'note') is not there: taken as absent",
        "column 'photo' (modality 'photo') is not there: taken as absent",
        "column 'panel' (modality 'panel') is not there: taken as absent",
        "column 'pulse' was not there when the model was fitted: ignored",
        "column 'sex' was not there when the model was fitted: ignored",
    }
    assert "note: column 'pulse' was not there" in str(found)


def test_the_same_columns_differ_in_nothing(model):
    columns = {"age": [1.0], "ward": ["A"], "note": ["well"], "photo": [None], "panel": [[1.0] * 4]}
    assert list(model.predict(pd.DataFrame(columns)).notes) == []


def test_none_of_the_columns(model):
    with pytest.raises(SchemaError, match="the table has none of the columns that the model reads") as raised:
        model.predict(pd.DataFrame({"Age": [1.0]}))
    assert "column 'Age' was not there when the model was fitted" in str(raised.value)


def test_an_unknown_key_suggests_the_near_miss(model):
    with pytest.raises(SchemaError, match=r"no 'agee'\. Did you mean 'age'\?"):
        model.predict({"agee": 1.0})


def test_every_unknown_key_of_every_row_at_once(model):
    with pytest.raises(SchemaError) as raised:
        model.predict([{"agee": 1.0, "Note": "x"}, {"fotos": "x"}, {"agee": 2.0}])
    assert len(raised.value.faults) == 3
    assert [fault.split("'")[1] for fault in raised.value.faults] == ["agee", "Note", "fotos"]
    assert "(2 rows)" in raised.value.faults[0]


def test_a_group_of_columns_given_whole(model):
    whole = model.predict([{"tabular": {"age": 1.0, "ward": "A"}}, {"tabular": [1.0, "A"]}, {"age": 1.0, "ward": "A"}])
    np.testing.assert_allclose(whole.outputs["y"], whole.outputs["y"][[0, 0, 0]], atol=1e-6)
    with pytest.raises(SchemaError, match=r"'tabular' has no 'agee'.*Did you mean 'age'"):
        model.predict({"tabular": {"agee": 1.0}})
    with pytest.raises(SchemaError, match="'tabular' takes 2 values or a dict of them"):
        model.predict({"tabular": [1.0, "A", 3.0]})


def test_labels_and_weights_are_not_looked_at(model):
    plain = model.predict({"age": 1.0}).outputs["y"]
    np.testing.assert_array_equal(model.predict({"age": 1.0, "y": "no such class"}).outputs["y"], plain)
    np.testing.assert_array_equal(model.predict(pd.DataFrame({"age": [1.0], "y": [object()]})).outputs["y"], plain)


@pytest.mark.parametrize("rows", [None, 3, 2.5, object(), [1, 2], b"bytes"], ids=lambda one: type(one).__name__)
def test_what_is_no_rows(model, rows):
    with pytest.raises(DataError, match="Give a path"):
        model.predict(rows)


def test_a_file_that_is_not_there(model):
    with pytest.raises(DataError, match=r"no such file: nowhere\.csv"):
        model.predict("nowhere.csv")


def test_no_rows_at_all(model):
    assert len(model.predict([])) == 0
    assert model.predict([]).to_pandas().empty
    assert len(model.predict(pd.DataFrame({"age": []}))) == 0


def test_everything_missing(model):
    found = model.predict([{}, {"age": None, "note": None}, {"age": np.nan}])
    assert found.to_pandas()["used"].tolist() == ["nothing: prior"] * 3
    assert np.isfinite(found.outputs["y"]).all()


def test_rows_of_like_labels_keep_their_own_faults(model):
    frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "note": ["well", {"a": 1}, "pain"]}, index=["p", "p", "p"])
    for rows in (frame, pm.Table(frame, model.schema)):
        found = model.predict(rows)
        assert list(found.faulty_rows) == [1]
        assert found.used[:, model.schema.names.index("note")].tolist() == [True, False, True]


def test_columns_as_lists_series_and_arrays(model):
    expected = model.predict([{"age": 1.0, "ward": "A"}, {"age": 2.0, "ward": "B"}]).outputs["y"]
    for wrap in (list, pd.Series, np.array):
        found = model.predict({"age": wrap([1.0, 2.0]), "ward": wrap(["A", "B"])})
        np.testing.assert_array_equal(found.outputs["y"], expected)


def test_a_target_that_is_not_there(model):
    found = model.predict({"age": 1.0})
    with pytest.raises(SettingError, match="no target 'z'"):
        found.values("z")
    with pytest.raises(SettingError, match="is a category and has no survival curve"):
        found.curves("y")


def test_one_row_of_a_frame(model):
    frame = pd.DataFrame({"age": [0.5, -1.0], "note": ["chest pain", "cough"]})
    both = model.predict(frame).outputs["y"]
    assert np.allclose(model.predict(frame.iloc[0]).outputs["y"], both[:1], atol=1e-6)
