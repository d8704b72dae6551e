import numpy as np

import polymodal as pm
from polymodal.schema.audit import constant_columns, duplicate_ids, duplicate_rows, oddities, shared_ids


def test_duplicate_rows_by_decoded_content():
    wave = np.arange(4.0)
    table = pm.Table.read(
        {
            "who": ["a", "b", "c", "d", "e", "f"],
            "wave": [wave, wave.tolist(), None, None, wave, None],
            "age": [1.5, 1.5, None, None, 2.5, 1.5],
        },
        id="who",
        types={"wave": "series"},
    )
    assert [rows.tolist() for rows in duplicate_rows(table)] == [[0, 1]]


def test_ids():
    table = pm.Table.read(
        {"who": ["a", "a", "b", None, "c", "c"], "where": ["x", "y", "x", "x", "y", "y"], "age": [1, 2, 3, 4, 5, 6]},
        id="who",
        group="where",
    )
    assert duplicate_ids(table) == {"a": 2, "c": 2}
    assert shared_ids(table) == {"a": ["x", "y"]}
    assert ("who", "is the id and empty in 1 rows; each of them is taken as standing alone") in list(oddities(table))


def test_constant_columns():
    table = pm.Table.read(
        {
            "a": [1.5, None, 1.5],
            "b": ["x", "x", "x"],
            "c": [1, 2, 3],
            "d": [[1, 2], [1, 2], None],
            "e": [True, True, True],
        },
        types={"b": "text", "d": "vector"},
    )
    assert constant_columns(table) == ["b", "d", "a", "e"]


def test_oddities():
    table = pm.Table.read(
        {
            "inf": [1.0, np.inf, -np.inf, 2.0],
            "mixed": [1, "x", 2, "x"],
            "numbers": ["1", "2", "3", "4"],
            "note": ["NA", "None", "", "z" * 2_000_000],
            "photo": [None] * 4,
        },
        types={"note": "text", "photo": "image", "mixed": "tabular"},
    )
    found = list(oddities(table))
    assert set(found) == {
        ("photo", "is never present"),
        ("inf", "2 cells are infinite and cannot be read"),
        ("mixed", "mixed types: 2 number, 2 text"),
        ("numbers", "numbers stored as text"),
        ("note", "1 cell is present but hold empty text; leave a cell empty (null) where nothing is known"),
        ("note", "holds 'NA' 1 times, 'None' 1 times, taken as text; leave a cell empty (null) where nothing is known"),
        ("note", "row 3 holds 2,000,000 characters"),
    }
