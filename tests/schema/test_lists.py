"""Which columns of lists are several items, and which are baskets, panels and series."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import polymodal as pm
from polymodal.schema.lists import listed_kind

SHADE = np.full((8, 8, 3), 90, dtype=np.uint8)
PLAIN = Pillow.fromarray(SHADE)


@pytest.fixture
def files(tmp_path):
    for name in ("a.png", "b.png"):
        PLAIN.save(tmp_path / name)
    np.save(tmp_path / "a.npy", np.zeros((4, 2)))
    return tmp_path


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([["a.png", "b.png"], ["a.png", None]], "image"),
        ([("a.png",), ("b.png",)], "image"),
        (["a.png|b.png", "a.png"], "image"),
        (['["a.png", "b.png"]', None], "image"),
        ([["a.npy", "a.npy"], ["a.npy"]], "series"),
        ([["gone.png", "b.png"], ["a.png"]], None),
        (["a.png", "b.png"], None),
        ([["milk", "eggs"], ["rye"]], None),
        (["milk|eggs", "rye|milk"], None),
        ([[0.5, 1.0], [2.0]], None),
        ([["one note of several words", "and another of the like"], ["a third one is here too"]], "text"),
        ([["to be or not to be"] * 4, ["to be or not to be"]], None),
        ([[PLAIN, PLAIN], [PLAIN]], "image"),
        ([[SHADE, SHADE], [SHADE]], "image"),
        ([[np.zeros(4), np.zeros(4)], [np.zeros(4)]], None),
        ([None, []], None),
    ],
)
def test_columns(cells, kind, files):
    found = listed_kind(pd.Series(cells, dtype=object), files)
    assert (found and found[0]) == kind


def test_paths_need_the_folder_they_start_from(files):
    assert listed_kind(pd.Series([["a.png", "b.png"]]), None) is None


def test_a_table_says_why(files):
    rows = {"photos": [["a.png", "b.png"], ["b.png"], None], "sold": [1.0, 2.0, 3.5]}
    table = pm.Table.read(rows, files=files, target="sold")
    assert table.schema.modalities["photos"] == pm.Schema(modalities={"x": pm.Image(many=True)}).modalities["x"]
    assert table.schema.reasons["photos"] == "lists of paths of pictures"
    assert table.cells("photos").state.tolist() == [1, 1, 0]
    assert "photos (image, many)" in repr(table)


def test_lists_of_labels_and_bags_stay_what_they_are():
    rows = {"tags": [["round", "sweet"], ["sour"]] * 10, "panel": [[1.0, 2.0], [2.0, 3.0]] * 10}
    table = pm.Table.read({**rows, "labels": [["p"], ["p", "q"]] * 10}, target="labels")
    assert {name: one.kind for name, one in table.schema.modalities.items()} == {"tags": "tokens", "panel": "vector"}
    assert table.schema.targets["labels"].kind == "multilabel"
