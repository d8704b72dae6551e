"""Bad input to `fit`: each test reads what the caller would read."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import FitError, SchemaError, SettingError, UnreadableError

ROWS = 24
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=ROWS)
Y = ["a", "b"] * (ROWS // 2)
SMALL = {"folds": 1, "epochs": 2, "width": 8}


def fit(columns, target="y", max_unreadable=0.1, **read):
    return pm.Model(**SMALL).fit(pm.Table.read(columns, target=target, **read), max_unreadable=max_unreadable)


@pytest.fixture
def photos(tmp_path):
    """24 pictures of different shades, with their paths."""
    for row in range(ROWS):
        Image.new("RGB", (8, 8), (10 * row, 100, 200)).save(tmp_path / f"{row}.png")
    return tmp_path, [f"{row}.png" for row in range(ROWS)]


def test_a_corrupt_picture_is_its_own_rows(photos):
    folder, paths = photos
    (folder / "7.png").write_bytes((folder / "7.png").read_bytes()[:50])
    table = pm.Table.read({"photo": paths, "y": Y}, target="y", files=folder)
    model = pm.Model(**SMALL).fit(table)
    found = model.predict(table)
    assert [(fault.row, fault.column, fault.path) for fault in found.faults] == [(7, "photo", str(folder / "7.png"))]
    assert "not a readable picture" in str(found.faults[0])
    assert np.flatnonzero(~found.used[:, 0]).tolist() == [7]
    assert found.to_pandas()["used"].iloc[7] == "nothing: prior"
    # Its neighbours are read as themselves, and row 7 is neither blank nor row 8.
    shades = [None if sample is None else int(sample[0, 0, 0]) for sample in table.cells("photo").samples]
    assert shades == [None if row == 7 else 10 * row for row in range(ROWS)]


def test_too_many_corrupt_pictures_are_refused_and_listed(photos):
    folder, paths = photos
    for row in (3, 7, 20):
        (folder / f"{row}.png").write_bytes(b"no picture")
    columns = {"photo": paths, "x": X, "y": Y}
    with pytest.raises(
        UnreadableError, match=r"more than 10 % of the filled cells cannot be read in 'photo': 3 of 24"
    ) as raised:
        fit(columns, files=folder)
    message = str(raised.value)
    assert all(f"row {row}, column 'photo', file {folder / f'{row}.png'}" in message for row in (3, 7, 20))
    assert "raise max_unreadable" in message
    assert fit(columns, files=folder, max_unreadable=0.2).is_fitted
    with pytest.raises(UnreadableError, match="more than 0 %"):
        fit(columns, files=folder, max_unreadable=0.0)


def test_a_long_list_is_cut_in_the_message_but_not_in_the_error():
    with pytest.raises(UnreadableError, match=r"and 10 more in `\.cells`") as raised:
        fit({"x": [object()] * 30 + [[1.0, 2.0]] * 10, "z": range(40), "y": ["a", "b"] * 20}, types={"x": "vector"})
    assert len(raised.value.cells) == 30


@pytest.mark.parametrize(
    "given", [None, {"x": [1.0]}, [1, 2], "table.csv", np.zeros((3, 2))], ids=lambda v: type(v).__name__
)
def test_what_is_no_table(given):
    told = r"fit takes a Table, a Store or the path of one, \w+ came; read it first: pm\.Table\.read"
    with pytest.raises(SettingError, match=told):
        pm.Model().fit(given)


def test_no_target():
    with pytest.raises(SettingError, match=r"the table has no target; name it: pm\.Table\.read\(data, target="):
        pm.Model().fit(pm.Table.read({"x": X}))


def test_no_target_column():
    table = pm.Table.read({"x": X, "y": Y}, target="y")
    with pytest.raises(FitError, match="the table has no column for target 'y'"):
        pm.Model().fit(pm.Table(table.frame.drop(columns="y"), table.schema))


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_too_few_rows(rows):
    table = pm.Table.read({"x": X, "y": Y}, target="y")
    with pytest.raises(FitError, match=f"{rows} of {rows} rows have a known label and .*; at least 8 are needed"):
        pm.Model().fit(table.take(np.arange(rows)))


def test_labels_where_the_cells_are_not():
    half = ROWS // 2
    columns = {"x": [None] * half + list(X[:half]), "y": Y[:half] + [None] * half}
    with pytest.raises(FitError, match="0 of 24 rows have a known label and at least one readable cell"):
        fit(columns)


def test_one_class_in_the_table():
    with pytest.raises(SchemaError, match="target 'y' has one class only, 'a'; a category needs at least two"):
        fit({"x": X, "y": ["a"] * ROWS})


def test_one_class_among_the_rows_to_learn_from():
    columns = {"x": [1.0 * row if row % 2 else None for row in range(ROWS)], "y": Y}
    with pytest.raises(FitError, match="target 'y' has the same label everywhere among the 12 rows"):
        fit(columns)


def test_no_event_among_the_rows_to_learn_from():
    columns = {"x": [1.0 * row if row % 2 else None for row in range(ROWS)], "t": X**2, "e": [1, 0] * (ROWS // 2)}
    with pytest.raises(FitError, match="has no event among the 12 rows"):
        fit(columns, target=pm.Survival("t", "e"))


def test_constant_columns_do_no_harm():
    model = fit({"five": [5.0] * ROWS, "word": ["same words"] * ROWS, "v": [[1.0, 2.0]] * ROWS, "z": X, "y": Y},
                types={"word": "text"})  # fmt: skip
    assert np.isfinite(model.predict([{"five": 7.0}, {"word": "other"}, {"v": [0.0, 9.0]}]).outputs["y"]).all()


def test_a_column_with_nothing_in_it():
    with pytest.raises(FitError, match=r"modality 'note' has no readable cell in the training rows.*ignore=\['note'\]"):
        fit({"note": [None] * ROWS, "x": X, "y": Y}, types={"note": "text"})


def test_everything_missing():
    with pytest.raises(FitError, match="0 of 24 rows"):
        fit({"note": [None] * ROWS, "y": Y}, types={"note": "text"})


def test_rows_with_nothing_are_left_out():
    frame = {"x": [None] * 4 + list(X[4:]), "y": Y}
    assert fit(frame).predict({"x": 1.0}).used.all()


@pytest.mark.parametrize("value", [np.inf, -np.inf, 10**400], ids=["inf", "-inf", "10**400"])
def test_numbers_without_end_are_unreadable(value):
    columns = {"x": pd.Series([value, *X[1:]], dtype=object), "z": X, "y": Y}
    model = fit(columns)
    found = model.predict({"x": value, "z": 0.0})
    assert "is no finite number" in str(found.faults[0])
    assert np.isfinite(found.outputs["y"]).all()


@pytest.mark.parametrize("value", [1e12, 1e300, -1e308, 5e-324])
@pytest.mark.parametrize("kind", ["tabular", "vector"])
def test_huge_and_tiny_numbers_are_borne(value, kind):
    cells = [value, *X[1:]] if kind == "tabular" else [[value, 0.0], *([x, 1.0] for x in X[1:])]
    model = fit({"x": cells, "y": Y}, types={"x": kind})
    again = value if kind == "tabular" else [value, value]
    assert np.isfinite(model.predict([{"x": again}, {"x": cells[3]}]).outputs["y"]).all()


def test_a_huge_text_is_borne():
    model = fit({"x": ["w " * 500_000, *["red one"] * (ROWS - 1)], "y": Y}, types={"x": "text"})
    assert np.isfinite(model.predict({"x": "z" * 1_000_000}).outputs["y"]).all()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([np.inf, *X[1:]], "column 'y' is infinite in 1 rows"),
        ([1e200, *X[1:]], r"column 'y' is beyond 1e\+140 in 1 rows"),
        ([1.5] * ROWS, "target 'y' never varies"),
        (["1.5", "high", *map(str, X[2:])], "'y'"),
    ],
)
def test_labels_that_are_no_numbers(labels, message):
    with pytest.raises(SchemaError, match=message):
        fit({"x": X, "y": labels}, target={"y": pm.Number()})


def test_gaps_in_the_labels_are_gaps():
    assert fit({"x": X, "y": [np.nan, None, *X[2:]]}, target={"y": pm.Number()}).is_fitted


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1.0, None, "much"])
def test_weights_that_are_none(weight):
    with pytest.raises(SchemaError, match="weight column 'w': weights are finite numbers from 0") as raised:
        fit({"x": X, "y": Y, "w": [1.0, 1.0, weight, *[1.0] * (ROWS - 3)]}, weight="w")
    assert "row 2" in str(raised.value)


def test_a_huge_weight_is_borne():
    model = fit({"x": X, "y": Y, "w": [1e300] + [1.0] * (ROWS - 1)}, weight="w")
    assert np.isfinite(model.predict({"x": 1.0}).outputs["y"]).all()


def test_names_of_any_kind(tmp_path):
    """Names with dots, quotes, emoji, slashes, and those that modules of torch have themselves."""
    names = ["a.b", "🌧 łódź", "type", "train", "o'\"q", "of x", " ", "forward", "a/b", "x%2Ey", "_modules"]
    columns = {
        name: [["red one", "blue two"][(row + place) % 2] for row in range(ROWS)] for place, name in enumerate(names)
    }
    model = fit({**columns, "target": X, "y.z": Y}, target="y.z", types=dict.fromkeys(names, "text"))
    assert set(model.schema.names) == {*names, "tabular"}
    row = {"type": "red one", "🌧 łódź": "雨 🌧", " ": "blue"}
    before = model.predict(row)
    assert before.used.sum() == 3
    np.testing.assert_array_equal(
        pm.load(model.save(tmp_path / "ü.pm")).predict(row).outputs["y.z"], before.outputs["y.z"]
    )


def test_unicode_values():
    words = ["日本語", "naïve café", "🌧🌧", "\u0000", "e\u0301", "\ud800"]
    columns = {"c": [words[row % 5] for row in range(ROWS)], "n": [words[row % 6] for row in range(ROWS)], "y": Y}
    model = fit(columns, types={"c": "tabular", "n": "text"})
    assert np.isfinite(model.predict([{"c": word, "n": word} for word in words]).outputs["y"]).all()


def test_repeated_ids_stay_together():
    ids = [f"p{row // 3}" for row in range(ROWS)]
    assert fit({"x": X, "y": Y, "who": ids}, id="who").is_fitted


def test_one_group_cannot_be_held_out():
    with pytest.raises(SchemaError, match="at least 2 groups"):
        fit({"x": X, "y": Y, "ward": ["A"] * ROWS}, group="ward")


def test_a_failed_fit_leaves_the_model_as_it_was():
    model = fit({"x": X, "y": Y})
    before = model.predict({"x": 1.0}).outputs["y"]
    with pytest.raises(SchemaError):
        model.fit(pm.Table.read({"x": X, "y": Y, "ward": ["A"] * ROWS}, target="y", group="ward"))
    np.testing.assert_array_equal(model.predict({"x": 1.0}).outputs["y"], before)
    assert not pm.Model().is_fitted
