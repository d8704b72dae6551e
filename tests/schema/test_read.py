import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import polymodal as pm
from polymodal.errors import DataError, SchemaError
from polymodal.schema.read import read_frame

COLUMNS = {"a": [1.5, None, 3.0], "b": ["x", None, "łódź"], "c": [[1, 2], None, [3]]}


def rows_of(frame):
    def plain(cell):
        if isinstance(cell, np.ndarray):
            return cell.tolist()
        return None if not isinstance(cell, list) and pd.isna(cell) else cell

    return [[plain(cell) for cell in row] for row in frame.itertuples(index=False)]


EXPECTED = [[1.5, "x", [1, 2]], [None, None, None], [3.0, "łódź", [3]]]


@pytest.mark.parametrize(
    "source",
    [
        COLUMNS,
        [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)],
        pd.DataFrame(COLUMNS),
        pl.DataFrame(COLUMNS),
        pa.table(COLUMNS),
        pa.table(COLUMNS).to_reader(),
    ],
    ids=["dict", "rows", "pandas", "polars", "arrow", "stream"],
)
def test_every_source_gives_the_same_rows(source):
    frame, files = read_frame(source)
    assert frame.columns.tolist() == ["a", "b", "c"]
    assert rows_of(frame) == EXPECTED
    assert files is None


def test_files_and_folders(tmp_path):
    pl.DataFrame(COLUMNS).write_parquet(tmp_path / "one.parquet")
    (tmp_path / "photo.png").write_bytes(b"")
    (tmp_path / "pictures").mkdir()
    for source in (tmp_path, tmp_path / "one.parquet", str(tmp_path)):
        frame, files = read_frame(source)
        assert rows_of(frame) == EXPECTED
        assert files == tmp_path
    assert read_frame(tmp_path, tmp_path / "pictures")[1] == tmp_path / "pictures"
    (tmp_path / "two.csv").write_text("a\n1\n")
    with pytest.raises(DataError, match=r"exactly one table file .*found: one\.parquet, two\.csv"):
        read_frame(tmp_path)


def test_missing_keys_of_rows_are_gaps():
    frame, _ = read_frame([{"a": 1}, {"b": "x"}])
    assert rows_of(frame) == [[1.0, None], [None, "x"]]


def test_cells_that_are_arrays_of_one_shape_stay_cells():
    frame, _ = read_frame({"m": np.zeros((2, 3)), "p": [np.zeros((4, 4, 3))] * 2})
    assert [cell.shape for cell in frame["m"]] == [(3,), (3,)]
    assert [cell.shape for cell in frame["p"]] == [(4, 4, 3)] * 2


def test_polars_and_arrow_categoricals_stay_categories():
    words = pl.DataFrame({"c": pl.Series(["u", "v", None], dtype=pl.Categorical), "e": ["s", None, "t"]})
    for source in (words, pa.table({"c": pa.array(["u", "v", None]).dictionary_encode(), "e": ["s", None, "t"]})):
        frame, _ = read_frame(source)
        assert isinstance(frame["c"].dtype, pd.CategoricalDtype)
        assert rows_of(frame) == [["u", "s"], ["v", None], [None, "t"]]


def test_what_a_join_made_is_read_as_its_table():
    joined = pm.align.pair.by_key({"id": [1, 2]}, {"id": [1, 1], "note": ["a", "b"]}, "id", several="list")
    frame, _ = read_frame(joined)
    assert rows_of(frame) == [[1, ["a", "b"]], [2, None]]


def test_index_levels_become_role_columns_and_repeated_labels_are_renumbered():
    frame, _ = read_frame(pd.DataFrame({"a": [1, 2]}, index=pd.Index(["p", "p"], name="patient")), roles=["patient"])
    assert frame["patient"].tolist() == ["p", "p"]
    assert frame.index.tolist() == [0, 1]


def test_the_caller_s_frame_is_not_changed():
    mine = pd.DataFrame({1: pd.array([1, None], "Int64"), "b": [[1], None]})
    before = mine.copy(deep=True)
    frame, _ = read_frame(mine)
    frame["1"] = 0
    pd.testing.assert_frame_equal(mine, before)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (3, DataError, "cannot be read from int. Give a path"),
        (np.zeros((2, 2)), DataError, "cannot be read from ndarray"),
        (pl.Series([1]), DataError, "is no table"),
        (pl.LazyFrame({"a": [1]}), DataError, r"Call \.collect\(\)"),
        ([1, 2], DataError, "row 0 is int"),
        ({"a": "x"}, DataError, r"'a' holds one str. For one row"),
        ({"a": [1, 2], "b": [1]}, SchemaError, "'b' has 1 cells"),
        ([], SchemaError, "no rows"),
        ({}, SchemaError, "no rows"),
        (pd.DataFrame({"a": []}), SchemaError, "no rows"),
        (pd.DataFrame(index=[0, 1]), SchemaError, "no columns"),
        (pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]), SchemaError, "'a' is column 1 and 3"),
        (pd.DataFrame([[1, 2]], columns=[1, "1"]), SchemaError, "'1' is column 1 and 2"),
        (pa.table([[1], [2]], names=["a", "a"]), SchemaError, "'a' is column 1 and 2"),
        (pd.DataFrame({("a", "b"): [1]}), SchemaError, "several levels"),
        ("https://example.org/t.csv", DataError, "addresses are not fetched"),
    ],
)
def test_wrong_sources_say_what_is_allowed(source, error, message):
    with pytest.raises(error, match=message):
        read_frame(source)


def test_wrong_files_say_what_is_allowed(tmp_path):
    pd.DataFrame({"a": range(100)}).to_parquet(tmp_path / "patients.parquet")
    whole = (tmp_path / "patients.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "sheet.xlsx").write_bytes(b"PK")
    (tmp_path / "twice.csv").write_text("a,b,a\n1,2,3\n")
    (tmp_path / "header.csv").write_text("a,b\n")
    for name, message in {
        "patient.parquet": r"no such file: .*Did you mean 'patients\.parquet'\?",
        "no/patients.parquet": "the folder .* does not exist",
        "cut.parquet": "cut short",
        "sheet.xlsx": "read from .csv, .tsv",
        "twice.csv": "'a' is column 1 and 3",
        "header.csv": "no rows",
    }.items():
        with pytest.raises(DataError, match=message):
            read_frame(tmp_path / name)
    (tmp_path / "pictures").mkdir()
    with pytest.raises(DataError, match=r"is not a folder. Did you mean 'pictures'\?"):
        read_frame(tmp_path / "patients.parquet", tmp_path / "picture")


def test_files_inside_a_table_are_their_bytes_or_paths(tmp_path):
    """As data sets of the hub hold pictures and sound."""
    files = [{"bytes": b"GIF89a", "path": "a.gif"}, None, {"bytes": None, "path": "b.gif"}]
    table = pa.table({"photo": pa.array(files), "photos": pa.array([files, None, [None]]), "n": [1, 2, 3]})
    pq.write_table(table, tmp_path / "rows.parquet")
    for source in (tmp_path / "rows.parquet", table, table.to_pandas()):
        frame, _ = read_frame(source)
        assert frame["photo"].tolist() == [b"GIF89a", None, "b.gif"]
        assert frame["photos"].tolist()[:2] == [[b"GIF89a", None, "b.gif"], None]
