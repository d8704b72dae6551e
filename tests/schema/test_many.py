"""Cells of several items: what counts as an item, what is a gap, and what cannot be read."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.schema.cells import State
from polymodal.schema.many import Many, ManyStatistics
from polymodal.schema.modality import Modality

SHADE = np.full((8, 8, 3), 90, dtype=np.uint8)


def read(of: Modality, cells: list, files=None):
    column = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        column[row] = cell
    return Many(of=of).read("x", pd.DataFrame({"x": column}), files)


def objects(*items) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        (["a", None, "b"], ["a", None, "b"]),
        (("a", float("nan")), ["a", None]),
        ({"b", "a"}, ["a", "b"]),
        (objects("a", None), ["a", None]),
        (np.array(["a", "b"]), ["a", "b"]),
        ('["a", null, 3]', ["a", None, 3]),
        ("a|b", ["a|b"]),
        ("[no list", ["[no list"]),
        ('{"a": 1}', ['{"a": 1}']),
        ("", [""]),
        (None, [None]),
        ([], []),
    ],
)
def test_items_of_a_cell(raw, items):
    assert Many(of=pm.Text()).items(raw) == items


@pytest.mark.parametrize(
    ("raw", "items"),
    [
        ("a.png", ["a.png"]),
        ("a.png|b.png", ["a.png", "b.png"]),
        ("a.png | |b.png", ["a.png", None, "b.png"]),
        ("a.png;b.png", ["a.png", "b.png"]),
        ("a;1.png|b.png", ["a;1.png", "b.png"]),
        ('["a|1.png"]', ["a|1.png"]),
    ],
)
def test_paths_in_one_string(raw, items):
    assert Many(of=pm.Image()).items(raw) == items


@pytest.mark.parametrize(
    ("of", "shape", "n"),
    [(pm.Image(), (8, 8, 3), 1), (pm.Image(), (4, 8, 8, 3), 4), (pm.Vector(), (5, 3), 5), (pm.Volume(), (4, 4, 4), 1)],
)
def test_an_array_is_a_stack_if_it_has_an_axis_more(of, shape, n):
    assert len(Many(of=of).items(np.zeros(shape))) == n


def test_a_list_of_nothing_is_an_absent_cell():
    cells = read(pm.Text(), [None, [], [None, float("nan"), []], float("nan"), "", ["", None]])
    assert cells.state.tolist() == [0, 0, 0, 0, 1, 1]
    assert cells.samples == [None, None, None, None, [""], ["", None]]


def test_an_unreadable_item_leaves_the_others(tmp_path):
    Pillow.fromarray(SHADE).save(tmp_path / "a.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    cells = read(pm.Image(), [["a.png", None, "bad.png"], ["bad.png", "gone.png"], "a.png|a.png", 7.5], tmp_path)
    assert cells.state.tolist() == [State.PRESENT, State.UNREADABLE, State.PRESENT, State.UNREADABLE]
    told = [(fault.row, fault.column, fault.item, fault.path) for fault in cells.faults]
    bad, gone = str(tmp_path / "bad.png"), str(tmp_path / "gone.png")
    assert told == [(0, "x", 3, bad), (1, "x", 1, bad), (1, "x", 2, gone), (3, "x", 1, None)]
    assert str(cells.faults[2]) == f"row 1, column 'x', file {gone}: item 2: no such file"
    assert [None if one is None else len(one) for one in cells.samples] == [3, None, 2, None]


def test_one_broken_item_makes_one_cell_of_the_share(tmp_path):
    rows = {"x": [["a", object(), object()]] + [["a", "b"]] * 19, "y": ["u", "v"] * 10}
    table = pm.Table.read(rows, target="y", types={"x": pm.Text(many=True)})
    assert len(table.report().unreadable) == 2
    model = pm.Model(preset="fast", folds=1).fit(table, max_unreadable=0.05, progress=False)  # 1 of 20 cells
    found = model.predict([{"x": ["b", object()]}])
    assert found.used.tolist() == [[True]]
    assert [fault.item for fault in found.faults] == [2]


def test_an_item_that_does_not_fit_what_was_learnt_is_named():
    many = Many(of=pm.Vector(scale="standard"))
    statistics = many.measure([[np.zeros(2), np.ones(2)]])
    array, unfit = many.attempt([np.ones(2), None, np.ones(3)], statistics)
    assert len(array) == 1
    assert [fault.item for fault in unfit] == [3]
    assert many.attempt([np.ones(3)], statistics)[0] is None


def test_settings_are_those_of_one_item():
    schema = pm.Schema(modalities={"x": pm.Image(many=True, size=32, encoder="image")})
    assert schema.modalities["x"] == Many(of=pm.Image(size=32))
    written = json.loads(schema.model_dump_json())["modalities"]["x"]
    assert written["kind"] == "image"
    assert written["many"] is True
    assert pm.Schema.model_validate(written and {"modalities": {"x": written}}) == schema


def test_statistics_are_read_back():
    many = Many(of=pm.Vector(scale="standard"))
    statistics = many.measure([[np.zeros(2)], [np.ones(2), None]])
    assert many.statistics_of(json.loads(statistics.model_dump_json())) == statistics
    with pytest.raises(ValueError, match="statistics_of"):
        ManyStatistics.model_validate(statistics.model_dump())


@pytest.mark.parametrize("types", [pm.Tabular(many=True), pm.Vector(many=True, prefix="x")])
def test_columns_side_by_side_cannot_be_many(types):
    with pytest.raises(SchemaError, match="many=True is for kinds read from one column"):
        pm.Table.read({"x": [1.0, 2.0], "x2": [1.0, 2.0]}, types={"x": types})


def test_a_bag_of_ids_reads_its_delimiter_off_the_items():
    table = pm.Table.read({"x": [["milk;eggs", "rye"], ["tea;milk"]]}, types={"x": pm.Tokens(many=True)})
    assert table.cells("x").samples[0] == [{"eggs": 1.0, "milk": 1.0}, {"rye": 1.0}]


def test_nothing_given_is_changed():
    cell = ["a", None, "b"]
    frame = pd.DataFrame({"x": [cell]})
    Many(of=pm.Text()).read("x", frame, None)
    assert cell == ["a", None, "b"]
    assert frame["x"].iloc[0] is cell


def test_shown_by_the_first_item_and_the_count():
    assert Many(of=pm.Text()).html([None, "calm", "storm"]).endswith("1 of 2</span>")
    assert "1 of" not in Many(of=pm.Text()).html(["<calm>"])
    assert "<calm>" not in Many(of=pm.Text()).html(["<calm>"])


def test_rows_without_the_column_are_absent():
    assert Many(of=pm.Text()).read("x", pd.DataFrame(index=range(3)), None).state.tolist() == [0, 0, 0]
